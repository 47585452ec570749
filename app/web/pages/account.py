"""GET /me: what is mine."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.web.dependencies import CurrentUser, ThisPage

router = APIRouter()


@router.get("/me")
def get_account(page: ThisPage, reader: CurrentUser) -> HTMLResponse:
    """Name, password, tokens."""
    return page.render("account.html", me=reader)
