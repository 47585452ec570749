"""GET and POST /join, GET /join/{code}: become a user."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from app.core.accounts import NewUser
from app.core.errors import InvalidFields, NotAllowed, TooMany
from app.core.joining import BY_CODE, CLOSED, join, teachers, the_class
from app.core.sentences import Sentence
from app.core.tables import User
from app.web.addresses import local_or_home
from app.web.dependencies import DbSession, FromOurForm, ThisPage
from app.web.identity_providers import shown_providers
from app.web.known_browsers import host_of, remember_known
from app.web.page import Page
from app.web.sessions import sign_in

router = APIRouter()


@router.get("/join")
def get_join(page: ThisPage, session: DbSession, next: str = "/", code: str = "") -> Response:
    """The form; who is signed in already goes where they wanted."""
    if page.reader is not None:
        return RedirectResponse(local_or_home(next), 303)
    classroom = the_class(session)
    if classroom.sign_up == CLOSED:
        return page.render("join_closed.html", 403)
    return _form(page, session, {"next": next, "code": code}, {})


@router.get("/join/{code}")
def get_join_by_link(page: ThisPage, session: DbSession, code: str, next: str = "/") -> Response:
    """The same with the class code filled in: what a teacher sends round."""
    return get_join(page, session, next, code[:40])


@router.post("/join", dependencies=[FromOurForm])
def post_join(
    page: ThisPage,
    session: DbSession,
    handle: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Make the user and sign them in."""
    given = {"handle": handle, "name": name, "code": code, "next": next}
    try:
        user = join(NewUser(handle, name, password), code, host_of(page.request))
    except InvalidFields as error:
        return _form(page, session, given, error.fields)
    except TooMany as error:
        asks_code = the_class(session).sign_up == BY_CODE
        response = _form(page, session, given, {"code" if asks_code else "handle": error.sentence}, 429)
        response.headers["Retry-After"] = str(error.retry_after_s)
        return response
    except NotAllowed:
        return page.render("join_closed.html", 403)
    return _welcome(page, user, next)


def _form(
    page: Page, session: DbSession, given: dict[str, str], errors: dict[str, Sentence], status: int = 422
) -> Response:
    """With the class's name and who teaches it: whoever was sent a link should see where it leads."""
    classroom = the_class(session)
    typed = {name: given.get(name, "") for name in ("handle", "name", "code")}
    return page.render(
        "join.html",
        status if errors else 200,
        next=local_or_home(given["next"]),
        asks_code=classroom.sign_up == BY_CODE,
        classroom=classroom,
        teachers=[teacher.name for teacher in teachers(session)],
        providers=shown_providers(),
        errors=errors,
        **typed,
    )


def _welcome(page: Page, user: User, next: str) -> Response:
    response = RedirectResponse(local_or_home(next), 303)
    sign_in(page.request, response, user)
    remember_known(page.request, response, user)
    return response
