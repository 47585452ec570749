"""Files of a submission: the trained weights, and the network as it was uploaded."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from app.core.database import session_scope
from app.core.errors import NotFound
from app.core.sentences import N_, Sentence
from app.core.submissions import public_model_file
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.file_answers import stored_file
from app.web.finished_runs import finished_run, numbered_stem

router = APIRouter(tags=["submissions"])
FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/submissions/{number}/weights",
    operation_id="downloadWeights",
    summary="The trained weights as a safetensors file",
    response_class=StreamingResponse,
    responses={200: FILE, **problems(401, 404, 422)},
)
def get_weights(
    number: int,
    request: Request,
    reader: Reader,
    seed: Annotated[int | None, Query(description="a repetition's; without it the recipe's own")] = None,
) -> Response:
    """Public, like the result."""
    with session_scope() as session:
        submission, _, result = finished_run(session, number, reader, seed)
    if result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    return stored_file(request, result.weights_sha256, f"{numbered_stem(submission)}.safetensors")


@router.get(
    "/submissions/{number}/model-file",
    operation_id="downloadModelFile",
    summary="The network as it was uploaded",
    response_class=StreamingResponse,
    responses={200: FILE, **problems(401, 404, 422)},
)
def get_model_file(number: int, request: Request, reader: Reader) -> Response:
    """Public once there is a result; before that for its author and the teacher."""
    with session_scope() as session:
        file = public_model_file(session, number, reader)
    return stored_file(request, file.blob.sha256, file.name)
