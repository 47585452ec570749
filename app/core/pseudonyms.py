"""Pseudonyms: what a student is called while the class shows no names. Drawn by chance: they tell nothing.

The handle of one begins with `~`, which no real handle does: neither can be taken for the other.
"""

import re
import secrets
from collections.abc import Container

from app.core.sentences import N_

SIGN = "~"
KEY = re.compile(r"([a-z]+)-([a-z]+)-([1-9]\d{0,2})")
NUMBERS = range(2, 100)
WHOLE = N_("%(adjective)s %(animal)s %(number)s")
# Capital letters keep these apart from the same words elsewhere, which have other translations.
ADJECTIVES = (
    N_("Quiet"),
    N_("Swift"),
    N_("Bright"),
    N_("Calm"),
    N_("Brave"),
    N_("Gentle"),
    N_("Merry"),
    N_("Wise"),
    N_("Nimble"),
    N_("Patient"),
    N_("Silver"),
    N_("Golden"),
    N_("Amber"),
    N_("Jade"),
    N_("Crimson"),
    N_("Azure"),
    N_("Snowy"),
    N_("Misty"),
    N_("Sunny"),
    N_("Starry"),
    N_("Early"),
    N_("Distant"),
    N_("Northern"),
    N_("Southern"),
)
ANIMALS = (
    N_("Heron"),
    N_("Crane"),
    N_("Swallow"),
    N_("Otter"),
    N_("Panda"),
    N_("Tiger"),
    N_("Leopard"),
    N_("Lynx"),
    N_("Deer"),
    N_("Horse"),
    N_("Hare"),
    N_("Squirrel"),
    N_("Hedgehog"),
    N_("Badger"),
    N_("Dolphin"),
    N_("Whale"),
    N_("Turtle"),
    N_("Carp"),
    N_("Salmon"),
    N_("Owl"),
    N_("Falcon"),
    N_("Magpie"),
    N_("Sparrow"),
    N_("Robin"),
    N_("Cricket"),
    N_("Firefly"),
    N_("Butterfly"),
    N_("Gecko"),
    N_("Camel"),
    N_("Elephant"),
)
NOBODY = N_("a classmate")


class Pseudonym(str):
    """A pseudonym in English, as text; `parts` are what a translation is put together from."""

    key: str

    @classmethod
    def of(cls, key: str) -> "Pseudonym":
        """The name of a stored pseudonym, as in `quiet-heron-3`."""
        found = KEY.fullmatch(key)
        made = cls(" ".join(word.capitalize() for word in found.groups()) if found else NOBODY)
        made.key = key
        return made

    @property
    def parts(self) -> tuple[str, str, str] | None:
        """Adjective, animal and number; None where none was ever drawn."""
        found = KEY.fullmatch(self.key)
        return (found[1].capitalize(), found[2].capitalize(), found[3]) if found else None


def new_pseudonym() -> str:
    """A pseudonym drawn by chance, as it is stored."""
    adjective, animal = secrets.choice(ADJECTIVES), secrets.choice(ANIMALS)
    return f"{adjective}-{animal}-{secrets.choice(NUMBERS)}".lower()


def free_pseudonym(taken: Container[str]) -> str:
    """A pseudonym that is nobody's yet; there are 70,000."""
    while (drawn := new_pseudonym()) in taken:
        pass
    return drawn


def pseudonym_handle(key: str) -> str:
    """What stands in place of a handle, as in `~quiet-heron-3`."""
    return f"{SIGN}{key}"
