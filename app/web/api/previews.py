"""A text as it will be shown, before anything is said with it."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core.comments import check_text
from app.core.database import session_scope
from app.core.references import known_references
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller
from app.web.api.comment_bodies import NewComment, text_of
from app.web.notes import comment_html

router = APIRouter(tags=["discussion"])


class Preview(BaseModel):
    """A text as HTML."""

    html: str = Field(
        examples=["<p>Try <strong>padding=1</strong>.</p>\n"], description="as pages show it: safe, with its links"
    )


@router.post(
    "/preview",
    operation_id="previewComment",
    summary="See a comment before it is made",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(NewComment),
)
async def post_preview(request: Request, caller: Caller) -> Preview:
    """Nothing is kept and nobody is told."""
    return await run_in_threadpool(_preview, text_of(await read_json(request)))


def _preview(text: str) -> Preview:
    text = check_text(text)
    with session_scope() as session:
        return Preview(html=comment_html(text, known_references(session, [text])))
