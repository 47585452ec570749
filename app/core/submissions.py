"""Submissions: made, repeated, withdrawn. The form, the API and the first start all come through here."""

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.blobs import Blob
from app.core.caps import require_within_caps
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound
from app.core.jobs import EngineState, Jobs
from app.core.quotas import charge, require_runs, settle
from app.core.requests import Checked, ModelFile, Request, Weights, check, fingerprint
from app.core.runs import ENDED, latest_run, result_of, standing, standings
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, Run, Submission, User, now

# Few enough for the oldest SQLite, which takes 999 values in one statement.
ROWS_AT_ONCE = 500
__all__ = ["Checked", "ModelFile", "Request", "Weights", "check", "create", "find", "find_own", "find_visible"]


def create(session: Session, jobs: Jobs, user: User, request: Request, dataset: str) -> tuple[Submission, bool]:
    """Check and queue a submission: its row, its run and its place in the queue in the caller's one transaction.

    Returns the submission and whether it is new: the same idempotency key gives the same submission again.

    Raises:
        InvalidFields: one sentence per field that cannot be used.
        Conflict: when the idempotency key was used for a different request.
        NoRunsLeft: when today's quota is used up.
    """
    checked = check(request)
    serialize_writers(session, user.stored_id)
    if repeated := earlier(session, user.stored_id, request):
        return repeated, False
    require_within_caps(session, user, request, checked)
    submission = _row(session, user, request, checked, dataset)
    submission.parent_id = _parent_id(session, user, checked)
    session.add(submission)
    session.flush()
    start_run(session, jobs, submission)
    return submission, True


def serialize_writers(session: Session, user_id: int) -> None:
    """Take turns per user, so that two equal requests at once cannot both be the first.

    The lock is the user's row; on SQLite this write takes the one write lock.
    """
    session.connection().execute(sa.update(User).where(col(User.id) == user_id).values(handle=User.handle))


def earlier(session: Session, user_id: int, request: Request) -> Submission | None:
    """The submission that this request's idempotency key made before. Raises Conflict if it made another one."""
    if request.idempotency_key is None:
        return None
    statement = select(Submission).where(
        Submission.user_id == user_id, Submission.idempotency_key == request.idempotency_key
    )
    found = session.exec(statement).first()
    if found is not None and found.request_sha256 != fingerprint(request):
        text = N_(
            "This Idempotency-Key belongs to submission #%(number)s, which was a different request. Use a new key."
        )
        raise Conflict(Sentence(text, {"number": found.number}))
    return found


def _row(session: Session, user: User, request: Request, checked: Checked, dataset: str) -> Submission:
    classroom = session.exec(select(Classroom)).one()
    return Submission(
        user_id=user.stored_id,
        classroom_id=classroom.stored_id,
        kind=checked.kind,
        dataset=dataset,
        title=checked.title,
        model=checked.model,
        options=dict(checked.options),
        recipe=checked.recipe.model_dump(),
        model_file_sha256=request.model_file.blob.sha256 if request.model_file else None,
        model_file_name=request.model_file.kept_name if request.model_file else None,
        class_name=checked.class_name,
        arguments=checked.arguments,
        weights_sha256=request.weights.blob.sha256 if request.weights else None,
        weights_name=request.weights.kept_name if request.weights else None,
        notes=checked.notes,
        claim_id=checked.claim_id,
        claimed_accuracy=checked.claimed_accuracy,
        idempotency_key=request.idempotency_key,
        request_sha256=fingerprint(request) if request.idempotency_key else None,
    )


def _parent_id(session: Session, user: User, checked: Checked) -> str | None:
    if checked.parent is None:
        return None
    try:
        return find_visible(session, checked.parent, user).id
    except NotFound as error:
        raise InvalidFields({"parent": error.sentence}) from error


def start_run(
    session: Session,
    jobs: Jobs,
    submission: Submission,
    seed: int | None = None,
    just_queued: int = 0,
    actor: User | None = None,
) -> Run:
    """Add a run of a submission and queue it; with a seed, as a repetition of the one with the recipe's own.

    `just_queued`: further runs that were queued in this transaction, of which the engine does not tell yet.
    `actor`: who starts it and is charged, the author unless said otherwise. Raises NoRunsLeft.
    """
    payer = actor or session.get_one(User, submission.user_id)
    require_runs(session, jobs, payer)
    run = Run(submission_id=submission.id, attempt=_last_attempt(session, submission) + 1, seed=seed)
    unfinished = just_queued + _unfinished_runs(session, jobs, submission.user_id)
    session.add(run)
    session.flush()
    jobs.submit(session, run.id, submission.user_id, unfinished)
    charge(session, payer, run)
    return run


def _last_attempt(session: Session, submission: Submission) -> int:
    return session.exec(select(sa.func.max(Run.attempt)).where(Run.submission_id == submission.id)).one() or 0


def _unfinished_runs(session: Session, jobs: Jobs, user_id: int) -> int:
    statement = (
        select(Run.id)
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .where(Submission.user_id == user_id, col(Run.outcome).is_(None), col(Run.reevaluated_by).is_(None))
    )
    states = jobs.states(list(session.exec(statement)))
    return sum(state in (EngineState.QUEUED, EngineState.RUNNING) for state in states.values())


def retry(session: Session, jobs: Jobs, submission: Submission, actor: User | None = None) -> Run:
    """Run a submission again whose last run has ended without a result; `actor` as in `start_run`.

    Raises:
        Conflict: when there is nothing to run again.
        NoRunsLeft: when today's quota is used up.
    """
    serialize_writers(session, submission.user_id)
    if submission.withdrawn is not None:
        text = N_("Submission #%(number)s is withdrawn and does not run again. Send it as a new submission.")
        raise Conflict(Sentence(text, {"number": submission.number}))
    last = latest_run(session, submission)
    if standing(session, jobs, last).state not in ENDED or last.outcome == "ok":
        text = N_("Submission #%(number)s has a result or is still running; there is nothing to run again.")
        raise Conflict(Sentence(text, {"number": submission.number}))
    return start_run(session, jobs, submission, actor=actor)


def withdraw(session: Session, jobs: Jobs, submission: Submission) -> None:
    """Take a submission off the board, and cancel its runs that have not ended. Nothing is deleted."""
    for run_id in unfinished_runs(session, jobs, [submission]):
        jobs.cancel(run_id)
    if submission.withdrawn is None:
        submission.withdrawn = now()
        session.add(submission)
    # What was waiting is given back; what had begun stays charged.
    settle(session, jobs, session.get_one(User, submission.user_id))


def unfinished_runs(session: Session, jobs: Jobs, chosen: Sequence[Submission]) -> list[str]:
    """Ids of the runs of these submissions that wait or are under way, repetitions and new evaluations too."""
    found: list[Run] = []
    for start in range(0, len(chosen), ROWS_AT_ONCE):
        ids = [each.id for each in chosen[start : start + ROWS_AT_ONCE]]
        found += session.exec(select(Run).where(col(Run.submission_id).in_(ids), col(Run.outcome).is_(None)))
    states = standings(session, jobs, found)
    return [run.id for run in found if states[run.id].state not in ENDED]


def find(session: Session, number: int) -> Submission:
    """The submission of that public number. Raises NotFound."""
    submission = session.get(Submission, number) if 0 < number < 2**31 else None
    if submission is None:
        raise NotFound(Sentence(N_("There is no submission #%(number)s."), {"number": number}))
    return submission


class Person(Protocol):
    """Somebody who looks: a stored user, or what a session knows of one."""

    @property
    def id(self) -> int | None:
        """The user's key."""

    @property
    def role(self) -> str:
        """student, teacher or course."""


def is_close(submission: Submission, reader: Person | None) -> bool:
    """Whether this is the author or a teacher, who may see what went wrong and change things."""
    return reader is not None and (reader.id == submission.user_id or reader.role == "teacher")


def shows_model_file(session: Session, submission: Submission, reader: Person | None) -> bool:
    """Whether this reader may see the uploaded network: everybody once it has a result, like its trained weights."""
    return is_close(submission, reader) or result_of(session, latest_run(session, submission)) is not None


def public_model_file(session: Session, number: int, reader: Person | None) -> ModelFile:
    """The uploaded network of a submission, if this reader may have it. Raises NotFound."""
    submission = find_visible(session, number, reader)
    if submission.model_file_sha256 is None or not shows_model_file(session, submission, reader):
        raise NotFound(Sentence(N_("Submission #%(number)s has no model file to show."), {"number": number}))
    return ModelFile(Blob(submission.model_file_sha256, 0), submission.model_file_name or "")


def find_visible(session: Session, number: int, reader: Person | None) -> Submission:
    """A submission that this reader may see. Raises NotFound, also for withdrawn and hidden ones of others."""
    submission = find(session, number)
    if (submission.withdrawn or submission.hidden) and not is_close(submission, reader):
        raise NotFound(Sentence(N_("There is no submission #%(number)s."), {"number": number}))
    return submission


def find_own(session: Session, number: int, user: User) -> Submission:
    """The submission of that number if this user may change it: its author, or a teacher.

    Raises:
        NotAllowed: for others.
        NotFound: where they may not even know of it.
    """
    submission = find_visible(session, number, user)
    if not is_close(submission, user):
        raise NotAllowed(Sentence(N_("Submission #%(number)s is not yours to change."), {"number": number}))
    return submission
