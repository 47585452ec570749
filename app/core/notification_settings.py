"""Which kinds of notifications somebody wants. All, until they say otherwise."""

from collections.abc import Iterable

from sqlmodel import Session

from app.core.errors import InvalidFields
from app.core.notifications import KINDS
from app.core.sentences import N_, Sentence
from app.core.tables import User

KIND_WORDS = {
    "run.finished": N_("A run of mine has finished"),
    "run.failed": N_("A run of mine has ended without a result"),
    "run.reevaluated": N_("A submission of mine was evaluated again"),
    "comment": N_("Somebody comments on a submission of mine"),
    "mention": N_("Somebody mentions me"),
    "record.fell": N_("Somebody beats my record"),
    "record.lost": N_("I lose a record for another reason"),
    "webhook.disabled": N_("A webhook of mine is switched off because nobody answers"),
}
NO_KIND = N_("There is no kind of notification “%(value)s”. There are: %(names)s.")


def muted_kinds(user: User) -> list[str]:
    """What a user does not want to hear of, in our order."""
    muted = user.muted.split()
    return [kind for kind in KINDS if kind in muted]


def mute(session: Session, user: User, kinds: Iterable[str]) -> None:
    """Tell a user of these kinds no more, and of all others. What was told stays.

    Raises:
        InvalidFields: for a kind that there is not.
    """
    chosen = set(kinds)
    if unknown := sorted(chosen - set(KINDS)):
        values = {"value": unknown[0][:40], "names": ", ".join(KINDS)}
        raise InvalidFields({"muted": Sentence(NO_KIND, values)})
    user.muted = " ".join(kind for kind in KINDS if kind in chosen)
    session.add(user)
