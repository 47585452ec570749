"""GET and POST /sign-in/link/{secret}: sign in once by a link.

Opening the page spends nothing, only its button does: messengers open links to draw previews of them.
"""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.core.accounts import use_sign_in_link
from app.core.errors import NotFound
from app.core.sentences import N_, Sentence
from app.web.dependencies import DbSession, FromOurForm, ThisPage
from app.web.known_browsers import remember_known
from app.web.sessions import sign_in

router = APIRouter()


@router.get("/sign-in/link/{secret}")
def get_link(page: ThisPage, secret: str) -> Response:
    """The button."""
    response = page.render("sign_in_link.html", secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


@router.post("/sign-in/link/{secret}", dependencies=[FromOurForm])
def post_link(page: ThisPage, session: DbSession, secret: str) -> Response:
    """Spend the link; a password is set next."""
    user = use_sign_in_link(session, secret)
    if user is None:
        raise NotFound(Sentence(N_("This sign-in link has been used before, or is not complete. Ask for a new one.")))
    response = RedirectResponse("/me/password", 303)
    sign_in(page.request, response, user)
    remember_known(page.request, response, user)
    return response
