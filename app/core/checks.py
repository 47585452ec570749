"""Quick checks: a look at uploaded files before they are submitted, asked for by the web and done by a worker."""

import re
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from app.core.blobs import Blob
from app.core.errors import NotFound
from app.core.jobs import Jobs
from app.core.outcomes import Outcome
from app.core.requests import ModelFile, Request, Upload, Weights, check
from app.core.sentences import N_, Sentence
from app.core.tables import QuickCheck, User, now

# Long enough to fill in a form with a break; the files themselves stay in the store.
KEPT = timedelta(days=1)
# Whoever has asked for more than this lately and has no answer waits behind the others.
LATELY = timedelta(minutes=1)
ID = re.compile(r"[0-9a-f-]{36}")
UNKNOWN = N_("This check is not known any more: checks are kept for a day. Choose your files again.")


def request_check(session: Session, jobs: Jobs, user: User, request: Request) -> QuickCheck:
    """Ask for a check of a request's files: its row and its place in the queue in the caller's transaction.

    Raises:
        InvalidFields: one sentence per field that cannot be used.
    """
    checked = check(request)
    _forget_old(session)
    asked = QuickCheck(
        user_id=user.stored_id,
        kind=checked.kind,
        model=checked.model,
        options=dict(checked.options),
        recipe=checked.recipe.model_dump(),
        class_name=checked.class_name,
        arguments=checked.arguments,
        **_columns("model_file", request.model_file),
        **_columns("weights", request.weights),
    )
    waiting = _unfinished(session, user.stored_id)
    session.add(asked)
    session.flush()
    jobs.submit_check(session, asked.id, user.stored_id, waiting)
    return asked


def _columns(name: str, upload: Upload | None) -> dict[str, Any]:
    if upload is None:
        return {}
    return {f"{name}_sha256": upload.blob.sha256, f"{name}_name": upload.kept_name}


def _forget_old(session: Session) -> None:
    session.connection().execute(sa.delete(QuickCheck).where(col(QuickCheck.created) < now() - KEPT))


def _unfinished(session: Session, user_id: int) -> int:
    is_open = sa.and_(col(QuickCheck.finished).is_(None), col(QuickCheck.created) > now() - LATELY)
    statement = sa.select(sa.func.count()).select_from(QuickCheck).where(col(QuickCheck.user_id) == user_id, is_open)
    return int(session.connection().execute(statement).scalar_one())


def finish_check(
    session: Session,
    check_id: str,
    outcome: Outcome,
    message: Sentence | None,
    detail: str | None,
    report: dict[str, Any] | None,
) -> None:
    """Note how a check ended. One that has been forgotten meanwhile, or has ended before, is left as it is."""
    found = session.get(QuickCheck, check_id)
    if found is None or found.finished is not None:
        return
    found.outcome, found.message = outcome.value, message.as_json() if message else None
    found.detail, found.report, found.finished = detail, report, now()
    session.add(found)


def find_check(session: Session, check_id: str, user: User) -> QuickCheck:
    """This user's check of that id. Raises NotFound, also for checks of others."""
    found = known_check(session, check_id, user.stored_id)
    if found is None:
        raise NotFound(Sentence(UNKNOWN))
    return found


def known_check(session: Session, check_id: str, user_id: int | None) -> QuickCheck | None:
    """The check of that id if it is this user's and not forgotten. Whatever was sent as an id can be asked for."""
    found = session.get(QuickCheck, check_id) if ID.fullmatch(check_id) else None
    return found if found is not None and found.user_id == user_id else None


def model_file_of(found: QuickCheck) -> ModelFile | None:
    """The model file that was checked. Its size is for the store to say."""
    if found.model_file_sha256 is None:
        return None
    return ModelFile(Blob(found.model_file_sha256, 0), found.model_file_name or "")


def weights_of(found: QuickCheck) -> Weights | None:
    """The weights that were checked. Their size is for the store to say."""
    if found.weights_sha256 is None:
        return None
    return Weights(Blob(found.weights_sha256, 0), found.weights_name or "")
