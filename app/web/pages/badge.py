"""GET /s/{number}/badge.svg and /u/{handle}/badge.svg: a result, or somebody's best one, as a small picture."""

from fastapi import APIRouter, Request
from sqlmodel import Session
from starlette.responses import Response

from app.core.board import Board, Placed, find_board
from app.core.errors import InvalidFields, NotFound
from app.core.profiles import find_person
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import find
from app.core.tables import Result, Submission
from app.web.board.badge import badge_svg
from app.web.board.etags import etag_of, is_known, unchanged
from app.web.dependencies import DbSession
from app.web.formats import percent
from app.web.visibility import is_for_members

router = APIRouter()
# A badge is looked at in other sites, many times a day; five minutes late is early enough.
KEPT_S = 300
BOTH, ACCURACY, RANK = "both", "accuracy", "rank"
NAMES = {"mnist": "MNIST", "practice": "practice digits"}


@router.get("/s/{number}/badge.svg")
def get_badge(request: Request, session: DbSession, number: int, show: str = BOTH) -> Response:
    """The accuracy, and the rank on the board, as on its page. `show`: accuracy, rank or both."""
    _check(show)
    submission = find(session, number)
    is_public = submission.withdrawn is None and submission.hidden is None
    result = result_of(session, latest_run(session, submission)) if is_public else None
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    board = find_board(session, submission.dataset)
    return _answer(request, session, board, _words(board, submission, result, show))


@router.get("/u/{handle}/badge.svg")
def get_user_badge(request: Request, session: DbSession, handle: str, show: str = BOTH) -> Response:
    """The same of a student's best result that ranks."""
    _check(show)
    user = find_person(session, handle)
    board = find_board(session, get_settings().dataset)
    best = board.best_of(user.stored_id)
    if best is None:
        raise NotFound(Sentence(N_("“%(handle)s” has no result on the board yet."), {"handle": handle[:40]}))
    accuracy = f"{percent(best.entry.accuracy)} %"
    return _answer(request, session, board, _line(accuracy, _rank(board, best), show))


def _check(show: str) -> None:
    choices = (BOTH, ACCURACY, RANK)
    if show not in choices:
        text = N_("%(name)s cannot be “%(value)s”. Choose one of: %(choices)s.")
        raise InvalidFields(
            {"show": Sentence(text, {"name": "show", "value": show[:40], "choices": ", ".join(choices)})}
        )


def _answer(request: Request, session: Session, board: Board, words: str) -> Response:
    etag = etag_of(request, board)
    if is_known(request, etag):
        return unchanged(etag)
    whose = "private" if is_for_members(session) else "public"
    headers = {"ETag": etag, "Cache-Control": f"{whose}, max-age={KEPT_S}", "X-Content-Type-Options": "nosniff"}
    return Response(badge_svg(NAMES[board.version.dataset], words), 200, headers, "image/svg+xml")


def _words(board: Board, submission: Submission, result: Result, show: str) -> str:
    entry, placed = board.entry(submission.id), board.placed(submission.id)
    accuracy = f"{percent(entry.accuracy if entry else result.correct / result.total)} %"
    if submission.is_baseline:
        return _line(accuracy, "baseline", show)
    if entry is not None and entry.is_late:
        return _line(accuracy, "late", show)
    return _line(accuracy, _rank(board, placed) if placed else "", show)


def _rank(board: Board, placed: Placed) -> str:
    """The rank, or why there is none."""
    if placed.place.rank is None:
        return "late" if placed.entry.is_late else "baseline"
    return f"rank {placed.place.rank} of {board.competitors()}"


def _line(accuracy: str, rank: str, show: str) -> str:
    """What is asked for; without a rank the accuracy, for a badge must say something."""
    chosen = {BOTH: (accuracy, rank), ACCURACY: (accuracy,), RANK: (rank or accuracy,)}[show]
    return " · ".join(part for part in chosen if part)
