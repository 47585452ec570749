"""GET /s/{number}/badge.svg: a result as a small picture."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.board import Board, find_board
from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import find
from app.core.tables import Result, Submission
from app.web.board.badge import badge_svg
from app.web.board.etags import etag_of, is_known, unchanged
from app.web.dependencies import DbSession
from app.web.formats import percent

router = APIRouter(prefix="/s/{number}")
# A badge is looked at in other sites, many times a day; five minutes late is early enough.
KEPT = "public, max-age=300"


@router.get("/badge.svg")
def get_badge(request: Request, session: DbSession, number: int) -> Response:
    """The accuracy, and the rank on the board, as on its page."""
    submission = find(session, number)
    result = result_of(session, latest_run(session, submission)) if submission.withdrawn is None else None
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    board = find_board(session, submission.dataset)
    etag = etag_of(request, board)
    if is_known(request, etag):
        return unchanged(etag)
    name = "MNIST" if submission.dataset == "mnist" else "practice digits"
    headers = {"ETag": etag, "Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
    return Response(badge_svg(name, _words(board, submission, result)), 200, headers, "image/svg+xml")


def _words(board: Board, submission: Submission, result: Result) -> str:
    entry, placed = board.entry(submission.id), board.placed(submission.id)
    accuracy = f"{percent(entry.accuracy if entry else result.correct / result.total)} %"
    if submission.is_baseline:
        return f"{accuracy} · baseline"
    if placed is None:
        return accuracy
    return f"{accuracy} · rank {placed.place.rank} of {board.competitors()}"
