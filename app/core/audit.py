"""What teachers did, and what was done to accounts: the only place that writes it down."""

from typing import Any

from sqlmodel import Session

from app.core.tables import Audit, User

SUBJECT_MAXIMUM = 120


def note(
    session: Session, actor: User | None, action: str, subject: str = "", detail: dict[str, Any] | None = None
) -> Audit:
    """Note an action in the caller's transaction, so that it stands there exactly if it happened.

    Args:
        session: An open transaction.
        actor: Who did it; None stands for the command line.
        action: What was done, thing first, as in `comment.remove` or `user.reset`.
        subject: What it was done to, as in `submission 12` or `user lin`.
        detail: Plain JSON values: what was before, what is now. Never a secret.
    """
    row = Audit(
        actor_id=actor.stored_id if actor else None,
        action=action,
        subject=subject[:SUBJECT_MAXIMUM],
        detail=detail or {},
    )
    session.add(row)
    return row
