"""An accuracy that somebody types in, because it was measured elsewhere."""

import math
import re

from app.core.sentences import N_, Sentence

PATTERN = re.compile(r"(\d{1,3}(?:[.,]\d{1,10})?|[.,]\d{1,10})\s{0,3}(%|％)?")
SHOWN_MAXIMUM = 40
WRONG = N_("“%(value)s” is no accuracy. Write it in per cent, from 0 to 100: 98.47")


class NoAccuracy(ValueError):
    """This text is no accuracy; the sentence says so."""

    def __init__(self, text: str) -> None:
        self.sentence = Sentence(WRONG, {"value": text[:SHOWN_MAXIMUM]})
        super().__init__(str(self.sentence))


def parse_accuracy(text: str) -> float | None:
    """An accuracy, 0..1, of what somebody typed: `98.47`, `98.47 %` or `0.9847`; None if that is nothing.

    A number up to 1 without a sign for per cent is taken as a share: nobody claims less than one per cent.

    Raises:
        NoAccuracy: if it is anything else.
    """
    text = text.strip()
    if not text:
        return None
    found = PATTERN.fullmatch(text)
    if found is None:
        raise NoAccuracy(text)
    value = float(found[1].replace(",", "."))
    share = value / 100 if found[2] or value > 1 else value
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise NoAccuracy(text)
    return round(share, 12)
