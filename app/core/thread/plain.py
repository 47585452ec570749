"""Text made plain before it is read: one kind of digit, bracket, colon, quote and arrow."""

import re
import unicodedata

# Longer posts hold logs; what they claim stands at their beginning.
READ_MAXIMUM = 20_000
ARROW = re.compile(r"[-‐‑‒–—―−=~]{1,4} ?>|[→⟶⇒➔➜⟹]")
QUOTES = str.maketrans("‘’“”´「」", '\'\'""\'""')
TIMES = str.maketrans("×✕✖∗", "****")


def plain(text: str) -> str:
    """The part of a post that is read, without full-width forms."""
    text = unicodedata.normalize("NFKC", text[:READ_MAXIMUM])[:READ_MAXIMUM]
    return ARROW.sub("->", text.translate(QUOTES).translate(TIMES))
