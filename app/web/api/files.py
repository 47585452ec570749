"""Files of a submission: the trained weights, and the network as it was uploaded."""

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from app.core.database import session_scope
from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import find_visible, shows_model_file
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.file_answers import stored_file
from app.web.model_words import file_stem

router = APIRouter(tags=["submissions"])
FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/submissions/{number}/weights",
    operation_id="downloadWeights",
    summary="The trained weights as a safetensors file",
    response_class=StreamingResponse,
    responses={200: FILE, **problems(401, 404, 422)},
)
def get_weights(number: int, reader: Reader) -> StreamingResponse:
    """Public, like the result."""
    with session_scope() as session:
        submission = find_visible(session, number, reader)
        result = result_of(session, latest_run(session, submission))
    if result is None or result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    return stored_file(result.weights_sha256, f"{file_stem(submission)}-{number}.safetensors")


@router.get(
    "/submissions/{number}/model-file",
    operation_id="downloadModelFile",
    summary="The network as it was uploaded",
    response_class=StreamingResponse,
    responses={200: FILE, **problems(401, 404, 422)},
)
def get_model_file(number: int, reader: Reader) -> StreamingResponse:
    """Public once there is a result; before that for its author and the teacher."""
    with session_scope() as session:
        submission = find_visible(session, number, reader)
        is_shown = shows_model_file(session, submission, reader)
    if submission.model_file_sha256 is None or not is_shown:
        raise NotFound(Sentence(N_("Submission #%(number)s has no model file to show."), {"number": number}))
    return stored_file(submission.model_file_sha256, submission.model_file_name or "")
