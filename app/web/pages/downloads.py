"""GET /s/{number}/weights.safetensors and /s/{number}/predictions.csv."""

import csv
import io
from collections.abc import Iterator

import numpy as np
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from app.core.blobs import chunks_of, get_blobs
from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import find_visible
from app.core.tables import Result, Submission, User
from app.web.dependencies import DbSession, ThisPage

router = APIRouter(prefix="/s/{number}")
COLUMNS = ("image", "read_as", "confidence", "right")


@router.get("/weights.safetensors")
def get_weights(page: ThisPage, session: DbSession, number: int) -> Response:
    """The trained weights."""
    submission, result = _finished(page, session, number)
    if result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    headers = _as_file(submission, "safetensors")
    headers["Content-Length"] = str(get_blobs().size_bytes(result.weights_sha256))
    return StreamingResponse(_content(result.weights_sha256), 200, headers, "application/octet-stream")


@router.get("/predictions.csv")
def get_predictions(page: ThisPage, session: DbSession, number: int) -> Response:
    """How each test image was read, and whether rightly; in the order of the test set."""
    submission, result = _finished(page, session, number)
    return Response(_table(result), 200, _as_file(submission, "csv"), "text/csv; charset=utf-8")


def _finished(page: ThisPage, session: DbSession, number: int) -> tuple[Submission, Result]:
    user = session.get_one(User, page.reader.id) if page.reader else None
    submission = find_visible(session, number, user)
    result = result_of(session, latest_run(session, submission))
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    return submission, result


def _as_file(submission: Submission, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{submission.model}-{submission.number}.{suffix}"'}


def _content(sha256: str) -> Iterator[bytes]:
    with get_blobs().open(sha256) as file:
        yield from chunks_of(file)


def _table(result: Result) -> str:
    hits = np.unpackbits(np.frombuffer(result.hits, np.uint8))[: result.total]
    confidences = np.frombuffer(result.confidences, "<f2")
    predictions = np.frombuffer(result.predictions, np.uint8)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    rows = zip(predictions, confidences, hits, strict=True)
    writer.writerows((i, int(read), f"{share:.4f}", int(hit)) for i, (read, share, hit) in enumerate(rows))
    return text.getvalue()
