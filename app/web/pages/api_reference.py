"""GET /api: how to use the API; GET /api/submit.py: a program that does."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.core.joining import the_class
from app.core.settings import get_settings
from app.web.api_reference.submit_script import submit_script
from app.web.api_reference.view import ReferenceView
from app.web.dependencies import DbSession, ThisPage
from app.web.file_answers import as_attachment

router = APIRouter(prefix="/api")


@router.get("")
def get_reference(page: ThisPage, session: DbSession) -> HTMLResponse:
    """All operations, read from the OpenAPI document."""
    view = ReferenceView(page.request.app, host_of(page.request), get_settings(), the_class(session))
    return page.render("api.html", view=view)


@router.get("/submit.py")
def get_script(request: Request) -> Response:
    """Twenty lines of Python with the reader's host in them."""
    headers = as_attachment("submit.py") | {"Cache-Control": "no-cache"}
    return Response(submit_script(host_of(request)), 200, headers, "text/x-python; charset=utf-8")


def host_of(request: Request) -> str:
    """The address under which the reader reaches us, without a slash at the end."""
    return str(request.base_url).rstrip("/")
