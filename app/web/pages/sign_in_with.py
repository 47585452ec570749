"""GET /sign-in/with/{provider} and …/callback: sign in, join or connect with an account at another provider."""

from dataclasses import asdict

from fastapi import APIRouter, Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from app.core.errors import InvalidFields, NotAllowed
from app.core.identities import Person, add_person, connect, find_by_identity
from app.core.joining import BY_CODE, check_code, check_open, guessing, the_class
from app.core.joining_pace import count_joining
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import User
from app.web.addresses import local_or_home
from app.web.csrf import check_token
from app.web.dependencies import DbSession, OptionalUser, ThisPage
from app.web.identity_providers import (
    Errand,
    authorization_url,
    confirmed_person,
    find_provider,
    new_errand,
    unconfirmed,
)
from app.web.known_browsers import host_of, remember_known
from app.web.sessions import set_cookie, sign_in

router = APIRouter(prefix="/sign-in/with/{key}")
ERRAND_COOKIE = "errand"
ERRAND_S = 600
NOT_BEGUN = N_(
    "This did not begin in this browser, or more than ten minutes ago. Go to the sign-in page and begin again."
)
CODE_NEEDED = N_("This account is new here. Open the join link of your class first, then continue with it from there.")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(get_settings().resolved_secret_key, salt="errand")


@router.get("")
def get_provider(
    request: Request, reader: OptionalUser, key: str, next: str = "/", code: str = "", connect: str = ""
) -> Response:
    """Off to the provider, with an errand in a cookie that only this browser has.

    `connect`: a form's token, from the reader's own page. Without it another site could send them to a provider where
    it has signed them in as somebody else, who could then sign in here as them.
    """
    provider = find_provider(key)
    if reader is not None:
        check_token(request, reader, connect)
    back = str(request.url.replace(path=f"/sign-in/with/{key}/callback", query=""))
    errand = new_errand(provider, back, local_or_home(next), code[:40], reader.id if reader else 0)
    response = RedirectResponse(authorization_url(provider, errand), 303)
    set_cookie(request, response, ERRAND_COOKIE, _serializer().dumps(asdict(errand)), ERRAND_S)
    return response


@router.get("/callback")
def get_callback(
    page: ThisPage, session: DbSession, key: str, code: str = "", state: str = "", error: str = "", iss: str = ""
) -> Response:
    """Back from it: who has been here before is signed in, who has not joins if the class lets them."""
    provider = find_provider(key)
    errand = _errand(page.request)
    if errand is None or errand.provider != key or not state or errand.state != state:
        raise NotAllowed(Sentence(NOT_BEGUN))
    if error or not code:
        raise unconfirmed(provider, error or "no code")
    if iss and iss.rstrip("/") != provider.issuer:
        # RFC 9207: a code that another provider gave must not be shown to this one.
        raise unconfirmed(provider, f"the answer is from {iss[:80]}")
    person = confirmed_person(provider, errand, code)
    if (page.reader.id if page.reader else 0) != errand.connects:
        raise NotAllowed(Sentence(NOT_BEGUN))
    if page.reader is not None:
        connect(session, session.get_one(User, page.reader.id), person)
        return _leave(RedirectResponse("/me", 303))
    user = find_by_identity(session, person) or _join(session, person, errand.code, host_of(page.request))
    session.flush()
    response = RedirectResponse(local_or_home(errand.next), 303)
    sign_in(page.request, response, user)
    remember_known(page.request, response, user)
    return _leave(response)


def _errand(request: Request) -> Errand | None:
    try:
        return Errand(**_serializer().loads(request.cookies.get(ERRAND_COOKIE, ""), max_age=ERRAND_S))
    except (BadSignature, TypeError):
        return None


def _join(session: Session, person: Person, code: str, host: str) -> User:
    classroom = the_class(session)
    check_open(classroom)
    if classroom.sign_up == BY_CODE:
        try:
            with guessing(host):
                check_code(classroom, code)
        except InvalidFields as error:
            raise NotAllowed(Sentence(CODE_NEEDED)) from error
    count_joining(session, host)
    return add_person(session, person)


def _leave(response: Response) -> Response:
    """An errand is run once."""
    response.delete_cookie(ERRAND_COOKIE, path="/", httponly=True, samesite="lax")
    return response
