"""Submissions: made, repeated, withdrawn. The form, the API and the first start all come through here."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.blobs import Blob
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound
from app.core.jobs import EngineState, Jobs
from app.core.recipes import Recipe, parse_recipe
from app.core.runs import ENDED, latest_run, standing
from app.core.sentences import N_, Sentence
from app.core.tables import Classroom, Run, Submission, User, now
from app.core.zoo import find_model, parse_options

TITLE_MAXIMUM = 80
NOTES_MAXIMUM = 20_000
KINDS = ("train", "evaluate")


@dataclass(frozen=True)
class Weights:
    """An uploaded weights file that is stored already."""

    blob: Blob
    name: str


@dataclass(frozen=True)
class Request:
    """What somebody asks for, unchecked: strings of a form or values of JSON."""

    kind: str = ""
    model: str = ""
    title: str = ""
    notes: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    weights: Weights | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Checked:
    """A request that can be run."""

    kind: str
    model: str
    title: str
    notes: str
    options: dict[str, int | float]
    recipe: Recipe


def check(request: Request) -> Checked:
    """Check everything that can be checked without running it; all errors at once.

    Raises:
        InvalidFields: one sentence per field.
    """
    errors: dict[str, Sentence] = {}
    options: dict[str, int | float] = {}
    recipe = Recipe()
    try:
        options = parse_options(find_model(request.model), request.options)
    except InvalidFields as error:
        errors |= error.fields
    try:
        recipe = parse_recipe(request.recipe)
    except InvalidFields as error:
        errors |= error.fields
    errors |= _text_errors(request) | _weights_errors(request)
    if errors:
        raise InvalidFields(errors)
    title = request.title.strip() or request.model
    return Checked(_kind(request), request.model, title, request.notes.strip(), options, recipe)


def _kind(request: Request) -> str:
    return request.kind or ("evaluate" if request.weights else "train")


def _text_errors(request: Request) -> dict[str, Sentence]:
    errors = {}
    if len(request.title.strip()) > TITLE_MAXIMUM:
        text = N_("The name has %(given)s characters; at most %(maximum)s fit on the board.")
        errors["title"] = Sentence(text, {"given": len(request.title.strip()), "maximum": TITLE_MAXIMUM})
    if len(request.notes) > NOTES_MAXIMUM:
        text = N_("The notes have %(given)s characters; at most %(maximum)s are kept.")
        errors["notes"] = Sentence(text, {"given": len(request.notes), "maximum": NOTES_MAXIMUM})
    for name, text in (("title", request.title), ("notes", request.notes)):
        if "\x00" in text:
            errors[name] = Sentence(N_("The text holds a NUL character, which cannot be stored. Remove it."))
    return errors


def _weights_errors(request: Request) -> dict[str, Sentence]:
    kind = _kind(request)
    if kind not in KINDS:
        text = N_("kind cannot be “%(value)s”. Choose one of: %(choices)s.")
        return {"kind": Sentence(text, {"value": kind[:40], "choices": ", ".join(KINDS)})}
    if kind == "evaluate" and request.weights is None:
        return {"weights": Sentence(N_("To test weights, upload them as a .safetensors file."))}
    if kind == "train" and request.weights is not None:
        text = N_("A training run starts from scratch and takes no weights. Leave the file out, or test the weights.")
        return {"weights": Sentence(text)}
    return {}


def create(session: Session, jobs: Jobs, user: User, request: Request, dataset: str) -> tuple[Submission, bool]:
    """Check and queue a submission: its row, its run and its place in the queue in the caller's one transaction.

    Returns the submission and whether it is new: the same idempotency key gives the same submission again.

    Raises:
        InvalidFields: one sentence per field that cannot be used.
        Conflict: when the idempotency key was used for a different request.
    """
    checked = check(request)
    _serialize_writers(session, user.stored_id)
    if repeated := earlier(session, user.stored_id, request):
        return repeated, False
    submission = _row(session, user, request, checked, dataset)
    session.add(submission)
    session.flush()
    start_run(session, jobs, submission, attempt=1)
    return submission, True


def _serialize_writers(session: Session, user_id: int) -> None:
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
    if found is not None and found.request_sha256 != _fingerprint(request):
        text = N_(
            "This Idempotency-Key belongs to submission #%(number)s, which was a different request. Use a new key."
        )
        raise Conflict(Sentence(text, {"number": found.number}))
    return found


def _fingerprint(request: Request) -> str:
    """The same for the same request, whatever the order of its fields."""
    weights = request.weights.blob.sha256 if request.weights else None
    parts = [request.kind, request.model, request.title, request.notes, weights]
    text = json.dumps([parts, dict(request.options), dict(request.recipe)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


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
        weights_sha256=request.weights.blob.sha256 if request.weights else None,
        weights_name=request.weights.name[-200:] if request.weights else None,
        notes=checked.notes,
        idempotency_key=request.idempotency_key,
        request_sha256=_fingerprint(request) if request.idempotency_key else None,
    )


def start_run(session: Session, jobs: Jobs, submission: Submission, attempt: int) -> Run:
    """Add a run of a submission and queue it."""
    run = Run(submission_id=submission.id, attempt=attempt)
    unfinished = _unfinished_runs(session, jobs, submission.user_id)
    session.add(run)
    session.flush()
    jobs.submit(session, run.id, submission.user_id, unfinished)
    return run


def _unfinished_runs(session: Session, jobs: Jobs, user_id: int) -> int:
    statement = (
        select(Run.id)
        .join(Submission, col(Submission.id) == col(Run.submission_id))
        .where(Submission.user_id == user_id, col(Run.outcome).is_(None))
    )
    states = jobs.states(list(session.exec(statement)))
    return sum(state in (EngineState.QUEUED, EngineState.RUNNING) for state in states.values())


def retry(session: Session, jobs: Jobs, submission: Submission) -> Run:
    """Run a submission again whose last run has ended without a result. Raises Conflict otherwise."""
    _serialize_writers(session, submission.user_id)
    if submission.withdrawn is not None:
        text = N_("Submission #%(number)s is withdrawn and does not run again. Send it as a new submission.")
        raise Conflict(Sentence(text, {"number": submission.number}))
    last = latest_run(session, submission)
    if standing(session, jobs, last).state not in ENDED or last.outcome == "ok":
        text = N_("Submission #%(number)s has a result or is still running; there is nothing to run again.")
        raise Conflict(Sentence(text, {"number": submission.number}))
    return start_run(session, jobs, submission, last.attempt + 1)


def withdraw(session: Session, jobs: Jobs, submission: Submission) -> None:
    """Take a submission off the board, and cancel its run if that has not ended. Nothing is deleted."""
    run = latest_run(session, submission)
    if standing(session, jobs, run).state not in ENDED:
        jobs.cancel(run.id)
    if submission.withdrawn is None:
        submission.withdrawn = now()
        session.add(submission)


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


def find_visible(session: Session, number: int, reader: Person | None) -> Submission:
    """A submission that this reader may see. Raises NotFound, also for those that others have withdrawn."""
    submission = find(session, number)
    if submission.withdrawn is not None and not is_close(submission, reader):
        raise NotFound(Sentence(N_("There is no submission #%(number)s."), {"number": number}))
    return submission


def find_own(session: Session, number: int, user: User) -> Submission:
    """The submission of that number if this user may change it: its author, or a teacher. Raises NotAllowed."""
    submission = find(session, number)
    if not is_close(submission, user):
        raise NotAllowed(Sentence(N_("Submission #%(number)s is not yours to change."), {"number": number}))
    return submission
