"""Handles that people choose for themselves: not an office, and not to be taken for somebody else's."""

from sqlmodel import Session, col, select

from app.core.sentences import N_, Sentence
from app.core.tables import User

# Whoever reads @admin believes an order of it; and what stands for everybody, or for nobody, must not be a person.
RESERVED = frozenset(
    (
        "admin", "administrator", "all", "anonymous", "baseline", "class", "course", "everyone", "former-student",
        "here", "me", "mnist-benchmark", "moderator", "nobody", "null", "official", "root", "staff", "support",
        "system", "teacher", "teachers", "undefined", "webmaster",
    )
)  # fmt: skip
# Small letters, digits, - and _ are all that a handle has; these pairs are drawn alike.
LOOK_ALIKES = str.maketrans("01_", "ol-")

TAKEN = N_("The handle “%(value)s” is taken. Choose another one, or sign in if it is yours.")
TOO_LIKE = N_("The handle “%(value)s” looks like one that is taken. Choose one that cannot be mistaken for it.")


def own_handle_error(session: Session, handle: str) -> Sentence | None:
    """Why somebody who joins cannot have this handle. That it is taken is found out when the user is made."""
    if handle in RESERVED:
        return Sentence(TAKEN, {"value": handle})
    looks = {_look_of(other): other for other in session.exec(select(User.handle).where(col(User.departed).is_(None)))}
    if looks.get(_look_of(handle), handle) != handle:
        return Sentence(TOO_LIKE, {"value": handle})
    return None


def _look_of(handle: str) -> str:
    return handle.translate(LOOK_ALIKES)
