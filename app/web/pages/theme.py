"""POST /theme: light, dark or as the system is set."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse

from app.web.addresses import local_or_home
from app.web.dependencies import FromOurForm
from app.web.page import PREFERENCE_S, THEME_COOKIE, THEMES
from app.web.sessions import set_cookie

router = APIRouter()


@router.post("/theme", dependencies=[FromOurForm])
def post_theme(
    request: Request,
    theme: Annotated[str, Form()] = "auto",
    next: Annotated[str, Form()] = "/",
) -> RedirectResponse:
    """Remember the choice in this browser and go back."""
    response = RedirectResponse(local_or_home(next), 303)
    set_cookie(request, response, THEME_COOKIE, theme if theme in THEMES else "auto", PREFERENCE_S)
    return response
