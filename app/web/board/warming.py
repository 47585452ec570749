"""Makes the first board of a process before somebody asks for it: with thousands of results it takes seconds."""

from threading import Thread

import structlog

from app.core.board import find_board
from app.core.database import session_scope
from app.core.settings import get_settings

log = structlog.get_logger()


def warm_board() -> Thread:
    """Start to make it, beside the start of the web: neither waits for the other."""
    thread = Thread(target=_warm, name="warm-board", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    try:
        with session_scope() as session:
            find_board(session, get_settings().dataset).ranking()
    except Exception:
        # Whatever it is, the first request for the board meets it again and says it to somebody.
        log.warning("the first board could not be made ahead", exc_info=True)
