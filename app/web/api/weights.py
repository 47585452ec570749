"""The trained weights of a finished run, as a file."""

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from app.core.blobs import chunks_of, get_blobs
from app.core.database import session_scope
from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import find_visible
from app.web.api.bodies import problems
from app.web.api.callers import Reader

router = APIRouter(tags=["submissions"])


@router.get(
    "/submissions/{number}/weights",
    operation_id="downloadWeights",
    summary="The trained weights as a safetensors file",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(401, 404, 422),
    },
)
def get_weights(number: int, reader: Reader) -> StreamingResponse:
    """Public, like the result."""
    with session_scope() as session:
        submission = find_visible(session, number, reader)
        result = result_of(session, latest_run(session, submission))
    if result is None or result.weights_sha256 is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no trained weights."), {"number": number}))
    size_bytes = get_blobs().size_bytes(result.weights_sha256)
    headers = {
        "Content-Disposition": f'attachment; filename="{submission.model}-{number}.safetensors"',
        "Content-Length": str(size_bytes),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_content(result.weights_sha256), 200, headers, "application/octet-stream")


def _content(sha256: str) -> Iterator[bytes]:
    with get_blobs().open(sha256) as file:
        yield from chunks_of(file)
