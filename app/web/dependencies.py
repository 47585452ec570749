"""What handlers ask FastAPI for: a database session, who is signed in, and the page around an answer."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Form, Request
from sqlmodel import Session

from app.core.database import session_scope
from app.core.errors import NotSignedIn
from app.core.heartbeats import last_beat_age_s
from app.core.jobs import Jobs, get_jobs
from app.core.notifications import unread_count
from app.core.sentences import N_, Sentence
from app.core.shown_names import read_by
from app.core.visits import is_visit_due, note_visit
from app.web.csrf import check_token
from app.web.languages import asked_language
from app.web.page import Page
from app.web.sessions import Reader, reader_of, signed_in_user


def get_session() -> Iterator[Session]:
    """A session that commits when the handler ends well."""
    with session_scope() as session:
        yield session


# Without the scope FastAPI would commit after the answer was sent: a redirect would then lead to what is not there yet.
DbSession = Annotated[Session, Depends(get_session, scope="function")]
EngineJobs = Annotated[Jobs, Depends(get_jobs)]


def get_reader(request: Request, session: DbSession) -> Reader | None:
    """Who reads, if anybody is signed in. The language that the address asks for becomes their setting."""
    user = signed_in_user(session, request)
    if user is not None and request.method == "GET" and asked_language(request) not in ("", user.language):
        user.language = asked_language(request)
        session.add(user)
    if user is not None and request.method == "GET" and is_visit_due(user):
        # In a transaction of its own: this one may stay open for long, and SQLite has one writer.
        with session_scope() as another:
            note_visit(another, user.stored_id)
    read_by(user)
    request.state.reader = reader_of(user) if user else None
    return reader_of(user) if user else None


OptionalUser = Annotated[Reader | None, Depends(get_reader)]


def get_signed_in(reader: OptionalUser) -> Reader:
    """Who is signed in. Raises NotSignedIn."""
    if reader is None:
        raise NotSignedIn(Sentence(N_("Please sign in first.")))
    return reader


CurrentUser = Annotated[Reader, Depends(get_signed_in)]


def get_page(request: Request, session: DbSession, reader: OptionalUser) -> Page:
    """The page around an answer."""
    unread = unread_count(session, reader.id) if reader else 0
    return Page(request, reader, last_beat_age_s(session), unread=unread)


ThisPage = Annotated[Page, Depends(get_page)]


def check_csrf(request: Request, reader: OptionalUser, csrf_token: Annotated[str, Form()] = "") -> None:
    """Raise NotAllowed unless the form comes from a page of ours."""
    check_token(request, reader, csrf_token)


FromOurForm = Depends(check_csrf)
