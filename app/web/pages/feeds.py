"""GET /feed.atom and /u/{handle}/feed.atom: new results and records for feed readers."""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlmodel import Session, select
from starlette.responses import Response

from app.core.board import find_board
from app.core.errors import NotFound
from app.core.profiles import find_shown
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.core.tables import Classroom, User
from app.web.board.etags import etag_of, is_known, unchanged
from app.web.dependencies import DbSession, OptionalUser
from app.web.feed import Feed, atom, items_of
from app.web.languages import page_language
from app.web.translations import say, translate

router = APIRouter()
RESULTS_OF_ALL = N_("MNIST Benchmark: results and records")
RESULTS_OF_ONE = N_("MNIST Benchmark: results of %(name)s")


@router.get("/feed.atom")
def get_feed(request: Request, session: DbSession, _reader: OptionalUser) -> Response:
    """Of the whole class."""
    classroom = session.exec(select(Classroom)).one()
    return _answer(request, session, None, classroom.created)


@router.get("/u/{handle}/feed.atom")
def get_user_feed(request: Request, session: DbSession, _reader: OptionalUser, handle: str) -> Response:
    """Of one student."""
    user = find_shown(session, handle)
    if user is None or user.departed is not None:
        raise NotFound(Sentence(N_("There is nobody called “%(handle)s” here."), {"handle": handle[:40]}))
    return _answer(request, session, user, user.created)


def _answer(request: Request, session: Session, user: User | None, began: datetime) -> Response:
    dataset, language = get_settings().dataset, page_language(request)
    board = find_board(session, dataset)
    etag = etag_of(request, board)
    # The language may come from the browser, and is no part of the address then.
    etag = f'{etag[:-1]}-{language}"'
    if is_known(request, etag):
        return unchanged(etag)
    items = items_of(board, user.stored_id if user else None)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    text = atom(_feed(request, user, dataset, language), items, began)
    return Response(text, 200, headers, "application/atom+xml; charset=utf-8")


def _feed(request: Request, user: User | None, dataset: str, language: str) -> Feed:
    base_url = str(request.base_url)
    person = shown(user) if user else None
    name = translate(person.name, language) if person else ""
    title = say(Sentence(RESULTS_OF_ONE, {"name": name}) if user else Sentence(RESULTS_OF_ALL), language)
    page_url = f"{base_url}u/{person.handle}" if person else base_url
    key = f"{dataset}:{user.stored_id if user else ''}"
    return Feed(key, title, page_url, str(request.url), base_url, language)
