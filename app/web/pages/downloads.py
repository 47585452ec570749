"""GET /s/{number}/weights.safetensors, predictions.csv, receipt.json and model-file.

`?seed=` names a repetition; without it, it is the run with the recipe's own seed.
"""

import json

from fastapi import APIRouter
from starlette.responses import Response

from app.core.errors import NotFound
from app.core.receipts import predictions_file
from app.core.sentences import N_, Sentence
from app.core.submissions import public_model_file
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.file_answers import as_attachment, stored_file
from app.web.finished_runs import finished_run, numbered_stem, receipt_of
from app.web.predictions_table import predictions_table

router = APIRouter(prefix="/s/{number}")


@router.get("/weights.safetensors")
def get_weights(page: ThisPage, session: DbSession, number: int, seed: int | None = None) -> Response:
    """The trained weights."""
    submission, _, result = finished_run(session, number, page.reader, seed)
    if result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    return stored_file(page.request, result.weights_sha256, f"{numbered_stem(submission)}.safetensors")


@router.get("/model-file")
def get_model_file(page: ThisPage, session: DbSession, number: int) -> Response:
    """The network as it was uploaded."""
    file = public_model_file(session, number, page.reader)
    return stored_file(page.request, file.blob.sha256, file.name)


@router.get("/predictions.csv")
def get_predictions(page: ThisPage, session: DbSession, number: int, seed: int | None = None) -> Response:
    """How each test image was read, and whether rightly; in the order of the test set."""
    submission, run, result = finished_run(session, number, page.reader, seed)
    headers = as_attachment(predictions_file(numbered_stem(submission), run))
    return Response(predictions_table(result), 200, headers, "text/csv; charset=utf-8")


@router.get("/receipt.json")
def get_receipt(page: ThisPage, session: DbSession, jobs: EngineJobs, number: int) -> Response:
    """What the result rests on; `mnist-benchmark verify` checks it."""
    receipt = receipt_of(session, jobs, number, page.reader)
    text = json.dumps(receipt, indent=2, ensure_ascii=False)
    return Response(text, 200, as_attachment(f"receipt-{number}.json"), "application/json")
