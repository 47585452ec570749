"""Claims: accuracies posted elsewhere. Imported, listed, withdrawn, and run here to see what is measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.core.audit import note
from app.core.blobs import get_blobs
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound
from app.core.jobs import Jobs
from app.core.rebuilding.plan import Plan, plan
from app.core.rebuilding.shapes import Unfit
from app.core.requests import TITLE_MAXIMUM, ModelFile, Request
from app.core.runs import counts
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.core.submissions import create
from app.core.tables import Claim, Classroom, Result, Run, Submission, User, now
from app.core.thread.corrections import corrected
from app.core.thread.posts import Post
from app.core.thread.understanding import Understood, understand

TEACHERS_ONLY = N_("This is for teachers.")
NO_CLAIM = N_("There is no claim %(id)s.")
WITHDRAWN = N_("Claim %(id)s is withdrawn. A teacher can restore it; then it can be run.")
NO_ACCURACY = N_("A claim needs an accuracy. Withdraw it if the post claims none.")
CLASS_NAME = "Net"


@dataclass(frozen=True)
class Draft:
    """A post with what was understood of it, before it is saved. `is_known`: it was imported before."""

    post: Post
    understood: Understood
    is_known: bool = False

    @property
    def is_claim(self) -> bool:
        """Whether it can be saved: it claims something, and is not here yet."""
        return self.understood.accuracy is not None and not self.is_known


@dataclass(frozen=True)
class Rebuilt:
    """A submission that was made of a claim. `correct` and `total` are None until it has a result."""

    number: int
    handle: str
    name: str
    dataset: str
    correct: int | None
    total: int | None

    @property
    def accuracy(self) -> float | None:
        """What was measured, 0..1."""
        return self.correct / self.total if self.correct is not None and self.total else None


class Person(Protocol):
    """Somebody who looks: a stored user, or what a session knows of one."""

    @property
    def role(self) -> str:
        """student, teacher or course."""


def require_teacher(person: Person) -> None:
    """Raises NotAllowed for everybody else."""
    if not is_teacher(person):
        raise NotAllowed(Sentence(TEACHERS_ONLY))


def is_teacher(person: Person | None) -> bool:
    """Whether this person may import and withdraw claims."""
    return person is not None and person.role == "teacher"


def draft(session: Session, posts: Sequence[Post]) -> list[Draft]:
    """What posts say; nothing is stored."""
    stored = session.exec(select(Claim.source_key, Claim.author, Claim.text)).all()
    keys = {key for key, _, _ in stored}
    # The same thread may come as GitHub's JSON once and pasted another time, without addresses.
    said = {_said(author, text) for _, author, text in stored}
    return [
        Draft(post, understand(post.text), post.key in keys or _said(post.author, post.text) in said) for post in posts
    ]


def _said(author: str, text: str) -> tuple[str, str]:
    """Who said what, whatever the line breaks."""
    return author, " ".join(text.split())


def save(session: Session, drafts: Sequence[Draft], user_id: int | None) -> list[Claim]:
    """Store those that are claims and not here yet; returns these. `user_id` None: by the command line."""
    classroom_id = session.exec(select(Classroom)).one().stored_id
    # Take turns, so that two imports at once do not save the same post: the lock is the class's row.
    locked = sa.update(Classroom).where(col(Classroom.id) == classroom_id).values(name=Classroom.name)
    session.connection().execute(locked)
    keys = [each.post.key for each in drafts]
    known = set(session.exec(select(Claim.source_key).where(col(Claim.source_key).in_(keys))))
    new = [each for each in drafts if each.is_claim and each.post.key not in known]
    saved = [_claim(each, classroom_id, user_id) for each in new]
    session.add_all(saved)
    session.flush()
    if saved:
        ids = {"claims": [claim.stored_id for claim in saved]}
        note(session, session.get(User, user_id) if user_id is not None else None, "claim.import", "claims", ids)
    return saved


def _claim(each: Draft, classroom_id: int, user_id: int | None) -> Claim:
    return Claim(
        classroom_id=classroom_id,
        source_key=each.post.key,
        url=each.post.url,
        author=each.post.author,
        posted=each.post.posted,
        text=each.post.text,
        accuracy=each.understood.accuracy,
        understood=each.understood.as_json(),
        imported_by=user_id,
    )


def understood_of(claim: Claim) -> Understood:
    """What was read of a claim, as it was saved."""
    return Understood.from_json(claim.understood, claim.accuracy)


def plan_of(claim: Claim) -> Plan:
    """How a claim would be run. Raises Unfit with the reason if it cannot be."""
    return plan(understood_of(claim), claim.stored_id)


def find_claim(session: Session, claim_id: int, reader: Person | None) -> Claim:
    """A claim that this reader may see. Raises NotFound, for all but teachers also of withdrawn ones."""
    claim = session.get(Claim, claim_id) if 0 < claim_id < 2**31 else None
    if claim is None or (claim.withdrawn is not None and not is_teacher(reader)):
        raise NotFound(Sentence(NO_CLAIM, {"id": claim_id}))
    return claim


def list_claims(session: Session, reader: Person | None) -> list[Claim]:
    """All claims that this reader may see, in the order in which they were posted."""
    statement = select(Claim).order_by(sa.func.coalesce(Claim.posted, Claim.created), col(Claim.id))
    if not is_teacher(reader):
        statement = statement.where(col(Claim.withdrawn).is_(None))
    return list(session.exec(statement))


def count_standing(session: Session) -> int:
    """How many claims everybody may see."""
    return session.exec(select(sa.func.count()).select_from(Claim).where(col(Claim.withdrawn).is_(None))).one()


def count_unmeasured(session: Session) -> int:
    """How many standing claims nothing has been measured of."""
    measured = (
        select(Submission.claim_id)
        .join(Run, col(Run.submission_id) == col(Submission.id))
        .join(Result, col(Result.run_id) == col(Run.id))
        .where(col(Submission.claim_id).is_not(None), *_stands())
    )
    statement = select(sa.func.count()).select_from(Claim).where(col(Claim.withdrawn).is_(None))
    return session.exec(statement.where(col(Claim.id).not_in(measured))).one()


def rebuilt_of(session: Session, claim_ids: Sequence[int]) -> dict[int, list[Rebuilt]]:
    """The standing submissions that were made of claims, by claim, the earliest first."""
    statement = (
        select(Submission, User, Result.correct, Result.total)
        .join(User, col(User.id) == col(Submission.user_id))
        .join(Run, (col(Run.submission_id) == col(Submission.id)) & col(Run.seed).is_(None) & counts())
        .outerjoin(Result, col(Result.run_id) == col(Run.id))
        .where(col(Submission.claim_id).in_(claim_ids), *_stands())
        .order_by(col(Submission.number), col(Run.attempt))
    )
    found: dict[int, dict[int, Rebuilt]] = {}
    for submission, user, correct, total in session.execute(statement):
        # Of several attempts the last one counts.
        author = shown(user)
        rebuilt = Rebuilt(submission.number, author.handle, author.name, submission.dataset, correct, total)
        found.setdefault(submission.claim_id, {})[submission.number] = rebuilt
    return {claim_id: list(by_number.values()) for claim_id, by_number in found.items()}


def _stands() -> tuple[sa.ColumnElement[bool], ...]:
    return col(Submission.withdrawn).is_(None), col(Submission.hidden).is_(None)


def withdraw_claim(session: Session, claim: Claim, actor: User | None = None) -> None:
    """Take a claim off the list. What was made of it stays; importing the thread again does not bring it back.

    `actor`, here and below: the teacher who does it; None for the command line.
    """
    if claim.withdrawn is None:
        note(session, actor, "claim.withdraw", f"claim {claim.stored_id}")
        claim.withdrawn = now()
        session.add(claim)


def restore_claim(session: Session, claim: Claim, actor: User | None = None) -> None:
    """Undo that."""
    if claim.withdrawn is not None:
        note(session, actor, "claim.restore", f"claim {claim.stored_id}")
        claim.withdrawn = None
        session.add(claim)


def correct_claim(session: Session, claim: Claim, typed: Mapping[str, str], actor: User | None = None) -> None:
    """Put what was typed in place of what was understood; the text of the post stays as it was written.

    Raises:
        InvalidFields: one sentence per field that cannot be used; nothing is changed.
    """
    found = corrected(understood_of(claim), typed)
    if found.accuracy is None and claim.accuracy is not None:
        raise InvalidFields({"accuracy": Sentence(NO_ACCURACY)})
    was, now_ = ({"accuracy": each.accuracy, **each.as_json()} for each in (understood_of(claim), found))
    detail = {"was": was, "is": now_}
    if was != now_:
        note(session, actor, "claim.correct", f"claim {claim.stored_id}", detail)
    claim.accuracy, claim.understood = found.accuracy, found.as_json()
    session.add(claim)


def title_of(claim: Claim) -> str:
    """The title of what is made of a claim, in no language: it is stored, and read by everybody."""
    share = "" if claim.accuracy is None else f" · {claim.accuracy * 100:.4g} %"
    return f"{claim.author[: TITLE_MAXIMUM - len(share)] or f'#{claim.id}'}{share}"


def run_claim(
    session: Session,
    jobs: Jobs,
    user: User,
    claim: Claim,
    recipe: Mapping[str, Any],
    notes: str,
    idempotency_key: str | None,
) -> tuple[Submission, bool]:
    """Submit a claim's network with its recipe, changed by `recipe`; returns the submission and whether it is new.

    Raises:
        Conflict: if it is withdrawn; if there is no such network, with the reason; or as `create`.
        InvalidFields: as `create`.
    """
    if claim.withdrawn is not None:
        raise Conflict(Sentence(WITHDRAWN, {"id": claim.id}))
    try:
        planned = plan_of(claim)
    except Unfit as error:
        raise Conflict(error.sentence) from error
    blob = get_blobs().store([planned.source.encode()], get_settings().upload_limit_bytes)
    request = Request(
        kind="train",
        title=title_of(claim),
        notes=notes,
        recipe=planned.recipe | dict(recipe),
        model_file=ModelFile(blob, f"claim_{claim.id}.py"),
        class_name=CLASS_NAME,
        idempotency_key=idempotency_key,
        claim_id=claim.id,
        claimed_accuracy="" if claim.accuracy is None else f"{claim.accuracy * 100:.10g} %",
    )
    return create(session, jobs, user, request, get_settings().dataset)
