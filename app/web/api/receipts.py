"""What a result rests on: its receipt, and its predictions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.receipts import FORMAT, predictions_file
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.api.submission_bodies import Interval
from app.web.board.etags import is_known, unchanged
from app.web.file_answers import as_attachment
from app.web.finished_runs import finished_run, numbered_stem, receipt_of
from app.web.predictions_table import predictions_table

router = APIRouter(tags=["submissions"])
EXAMPLE = "image,read_as,confidence,right\n0,7,0.9998,1\n"
TABLE = {"content": {"text/csv": {"schema": {"type": "string"}, "example": EXAMPLE}}}


class ReceiptSubmission(BaseModel):
    """Which submission it is."""

    number: int
    id: str
    title: str
    author: str = Field(examples=["zhou-yi"])
    kind: str
    created: str


class ReceiptData(BaseModel):
    """What it was trained and tested on."""

    name: str = Field(examples=["mnist"])
    sha256: str | None = Field(description="train images, train labels, test images, test labels: their bytes in turn")


class ReceiptPredictions(BaseModel):
    """The digits that were read, one byte for each test image."""

    file: str = Field(examples=["lenet5-12.csv"], description="what their download is called")
    sha256: str


class ReceiptRun(BaseModel):
    """One run with its score."""

    seed: int
    id: str
    predictions: ReceiptPredictions
    correct: int
    wrong: int
    total: int
    accuracy: float
    interval: Interval
    test_loss: float
    parameters: int
    weights_sha256: str | None
    worker: str | None
    isolation: str | None
    versions: dict[str, Any] | None
    started: str | None
    finished: str | None


class ReceiptSpread(BaseModel):
    """What several seeds say together."""

    seeds: int
    mean_wrong: float
    deviation_wrong: float


class ReceiptBody(BaseModel):
    """A receipt. `sha256` is of all the rest, as JSON with sorted keys, without spaces, in UTF-8."""

    format: str = Field(examples=[FORMAT])
    submission: ReceiptSubmission
    source: dict[str, Any] = Field(
        description=(
            "what the network was built from: `file` and `uploaded_file_sha256` of an uploaded model, which is what "
            "ran; or `zoo` and `zoo_file_sha256_at_receipt`, of the zoo's file as it is when the receipt is made, "
            "which need not be what ran; `class_name` and `arguments`"
        )
    )
    uploaded_weights_sha256: str | None
    options: dict[str, Any]
    recipe: dict[str, Any]
    data: ReceiptData
    runs: list[ReceiptRun]
    spread: ReceiptSpread | None
    sha256: str


@router.get(
    "/submissions/{number}/receipt",
    operation_id="getReceipt",
    summary="What a result rests on, to be checked with `mnist-benchmark verify`",
    response_model=ReceiptBody,
    responses=problems(401, 404, 422),
)
def get_receipt(number: int, reader: Reader) -> dict[str, Any]:
    """Public, like the result."""
    with session_scope() as session:
        return receipt_of(session, get_jobs(), number, reader)


@router.get(
    "/submissions/{number}/predictions",
    operation_id="downloadPredictions",
    summary="How each test image was read, as CSV",
    response_class=Response,
    responses={200: TABLE, **problems(401, 404, 422)},
)
def get_predictions(
    number: int,
    request: Request,
    reader: Reader,
    seed: Annotated[int | None, Query(description="a repetition's; without it the recipe's own")] = None,
) -> Response:
    """Public, in the order of the test set."""
    with session_scope() as session:
        submission, run, result = finished_run(session, number, reader, seed)
    # A run's predictions never change.
    etag = f'W/"{run.id}"'
    if is_known(request, etag):
        return unchanged(etag)
    headers = as_attachment(predictions_file(numbered_stem(submission), run))
    return Response(predictions_table(result), 200, headers | {"ETag": etag}, "text/csv; charset=utf-8")
