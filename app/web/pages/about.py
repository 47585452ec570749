"""GET /about: how scores and ranks come about."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.web.dependencies import ThisPage

router = APIRouter()


@router.get("/about")
def get_about(page: ThisPage) -> HTMLResponse:
    """A page of text."""
    return page.render("about.html")
