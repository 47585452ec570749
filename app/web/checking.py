"""Asks for a quick check and waits for its answer, for the form and for the API."""

import asyncio
import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from app.core.checks import request_check
from app.core.database import session_scope
from app.core.heartbeats import last_beat_age_s
from app.core.jobs import get_jobs
from app.core.requests import Request
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import QuickCheck, User

# The check itself may take 5 s; who has chosen a file does not wait much longer.
ANSWER_S = 8.0
LOOK_INTERVAL_S = 0.1
NO_WORKER = N_("No worker is running now, so the file could not be checked. You can submit it all the same.")
NO_ANSWER = N_("The check has not answered within %(seconds)s seconds. Check again, or submit all the same.")


@dataclass(frozen=True)
class Answer:
    """A check as it stands after waiting: it has ended, or `silence` says why it has not."""

    check: QuickCheck
    silence: Sentence | None = None


async def check_now(user: User, asked: Request) -> Answer:
    """Have the files of a request looked at by a worker.

    Raises:
        InvalidFields: one sentence per field that cannot be used.
    """
    found, has_worker = await run_in_threadpool(_ask, user, asked)
    deadline = time.monotonic() + (ANSWER_S if has_worker else 0)
    while found.finished is None and time.monotonic() < deadline:
        await asyncio.sleep(LOOK_INTERVAL_S)
        found = await run_in_threadpool(_look, found.id)
    if found.finished is not None:
        return Answer(found)
    # Nobody reads its answer any more, and somebody may wait behind it.
    await run_in_threadpool(get_jobs().cancel, found.id)
    return Answer(found, Sentence(NO_ANSWER, {"seconds": f"{ANSWER_S:g}"}) if has_worker else Sentence(NO_WORKER))


def _ask(user: User, asked: Request) -> tuple[QuickCheck, bool]:
    with session_scope() as session:
        found = request_check(session, get_jobs(), user, asked)
        silence_s = last_beat_age_s(session)
    return found, silence_s is not None and silence_s <= get_settings().lease_s


def _look(check_id: str) -> QuickCheck:
    with session_scope() as session:
        return session.get_one(QuickCheck, check_id)
