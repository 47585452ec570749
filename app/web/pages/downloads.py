"""GET /s/{number}/weights.safetensors, /s/{number}/predictions.csv and /s/{number}/model-file."""

import csv
import io

import numpy as np
from fastapi import APIRouter
from starlette.responses import Response

from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import find_visible, shows_model_file
from app.core.tables import Result, Submission, User
from app.web.dependencies import DbSession, ThisPage
from app.web.file_answers import as_attachment, stored_file
from app.web.model_words import file_stem

router = APIRouter(prefix="/s/{number}")
COLUMNS = ("image", "read_as", "confidence", "right")


@router.get("/weights.safetensors")
def get_weights(page: ThisPage, session: DbSession, number: int) -> Response:
    """The trained weights."""
    submission, result = _finished(page, session, number)
    if result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    return stored_file(result.weights_sha256, _file_name(submission, "safetensors"))


@router.get("/model-file")
def get_model_file(page: ThisPage, session: DbSession, number: int) -> Response:
    """The network as it was uploaded."""
    user = session.get_one(User, page.reader.id) if page.reader else None
    submission = find_visible(session, number, user)
    if submission.model_file_sha256 is None or not shows_model_file(session, submission, user):
        raise NotFound(Sentence(N_("Submission #%(number)s has no model file to show."), {"number": number}))
    return stored_file(submission.model_file_sha256, submission.model_file_name or "")


@router.get("/predictions.csv")
def get_predictions(page: ThisPage, session: DbSession, number: int) -> Response:
    """How each test image was read, and whether rightly; in the order of the test set."""
    submission, result = _finished(page, session, number)
    headers = as_attachment(_file_name(submission, "csv"))
    return Response(_table(result), 200, headers, "text/csv; charset=utf-8")


def _finished(page: ThisPage, session: DbSession, number: int) -> tuple[Submission, Result]:
    user = session.get_one(User, page.reader.id) if page.reader else None
    submission = find_visible(session, number, user)
    result = result_of(session, latest_run(session, submission))
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    return submission, result


def _file_name(submission: Submission, suffix: str) -> str:
    return f"{file_stem(submission)}-{submission.number}.{suffix}"


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
