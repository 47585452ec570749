"""Names that people give themselves: visible, on one line, and not to be taken for somebody else's.

Who is who is told by the handle; but classmates read names. So a name must not hold what cannot be seen, and must not
look like a name that is there already or like an office ("Teacher").
"""

import re
import unicodedata
from collections.abc import Iterable

from sqlmodel import Session, col, select

from app.core.office_names import OFFICES
from app.core.sentences import N_, Sentence
from app.core.tables import User

NAME_MAXIMUM = 80
# Vietnamese needs two on a letter, Thai three; more are for covering the lines above.
MARKS_MAXIMUM = 4
JOINERS = "\u200c\u200d"
EMOJI_STYLES = "\ufe0e\ufe0f"
# Letters by their category, blanks to the eye: fillers of Hangul, the empty Braille cell.
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5"
# Each turns the direction of the line that it stands in, beyond its own text.
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Arabic and the scripts of India and its neighbours join or part letters by such signs.
JOINING_SCRIPTS = range(0x0600, 0x0E00)
# Letters of other scripts that are drawn like ours; the commonest of Unicode's confusables.txt.
LOOK_ALIKES = str.maketrans(
    dict(zip("авекмнорстухіјѕԁһԛԝғьѵӏ", "abekmhopctyxijsdhqwfbvl", strict=True))
    | dict(zip("αβενικορτυχγηωμ", "abevikoptuxynwm", strict=True))
    | dict(zip("ɑɡıłøđħŧ", "agilodht", strict=True))
    | dict(zip("01|", "oll", strict=True))
    | {"i": "l", "j": "l"}
)

UNUSABLE = N_("Please give the name that classmates should see, at most 80 characters.")
UNSEEN = N_("The name holds %(value)s, which cannot be seen or covers its neighbours. Type the name anew without it.")
OFFICE = N_("“%(value)s” is what somebody else is called here. Give the name by which classmates know you.")
TAKEN = N_(
    "Somebody here is called “%(value)s”, or so that it looks the same. Add something by which classmates tell you "
    "apart, e.g. “%(value)s (2)”."
)


def tidy(name: str) -> str:
    """A name as it is kept: composed, without blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def name_error(name: str) -> Sentence | None:
    """What is wrong with a name by itself; `name` as `tidy` makes it."""
    if not 0 < len(name) <= NAME_MAXIMUM or not is_one_line(name):
        return Sentence(UNUSABLE)
    unseen = next((place for place in range(len(name)) if not _is_seen(name, place)), None)
    if unseen is not None:
        return Sentence(UNSEEN, {"value": f"U+{ord(name[unseen]):04X}"})
    return None if any(_is_drawn(letter) for letter in name) else Sentence(UNUSABLE)


def is_one_line(text: str) -> bool:
    """Whether a text stays on its line: no breaks, no control characters, no halves of characters, no turns."""
    is_broken = any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)
    return not is_broken and not DIRECTIONS.search(text)


def _is_drawn(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNSP" and letter not in BLANK_LETTERS


def _is_seen(name: str, place: int) -> bool:
    """Whether the character at this place is one that readers notice, or one that they need."""
    letter, before = name[place], name[place - 1] if place else ""
    kind = unicodedata.category(letter)
    if letter in BLANK_LETTERS or kind in ("Co", "Cn"):
        return False
    if letter in EMOJI_STYLES:
        return before != "" and unicodedata.category(before) in ("So", "Sm", "Po", "Nd")
    if kind == "Cf":
        return letter in JOINERS and _joins(before, name[place + 1 : place + 2])
    if kind[0] == "M":
        first = max(0, place - MARKS_MAXIMUM)
        return place > 0 and any(unicodedata.category(each)[0] != "M" for each in name[first:place])
    return True


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between these has a meaning: in emoji made of several, and in scripts whose letters join."""
    if not before or not after:
        return False
    is_emoji = unicodedata.category(after) == "So" and (
        before in EMOJI_STYLES or unicodedata.category(before)[0] == "S"
    )
    return is_emoji or (ord(before) in JOINING_SCRIPTS and ord(after) in JOINING_SCRIPTS)


def look_of(name: str) -> str:
    """What is left of a name for a hurried reader: equal for names that can be taken for each other."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    drawn = "".join(letter for letter in plain if unicodedata.category(letter)[0] in "LNS")
    looks = drawn.translate(LOOK_ALIKES).replace("rn", "m").replace("vv", "w")
    # A name of signs only looks like nothing but itself.
    return looks or plain


def own_name_error(session: Session, name: str, own: User | None = None) -> Sentence | None:
    """What is wrong with a name that somebody gives themselves. `own`: who they are already; their own is no other's.

    Teachers may be called teachers.
    """
    if error := name_error(name):
        return error
    look = look_of(name)
    is_teacher = own is not None and own.role == "teacher"
    if not is_teacher and look in {look_of(office) for office in OFFICES}:
        return Sentence(OFFICE, {"value": name})
    if look in _looks(session, own):
        return Sentence(TAKEN, {"value": name})
    return None


def _looks(session: Session, own: User | None) -> set[str]:
    statement = select(User.name).where(col(User.departed).is_(None))
    if own is not None:
        statement = statement.where(col(User.id) != own.id)
    return {look_of(name) for name in session.exec(statement)}


def free_name(session: Session, wishes: Iterable[str], handle: str) -> str:
    """The first of these names that can be had, with the handle behind it where somebody is called so already."""
    usable = (
        name for wish in wishes if name_error(name := tidy(wish)[: NAME_MAXIMUM - len(handle) - 3].strip()) is None
    )
    name = next(usable, handle)
    return name if own_name_error(session, name) is None else f"{name} ({handle})"
