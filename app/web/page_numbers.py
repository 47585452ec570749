"""The links below a long list that is shown in parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

# Beyond this nobody turns pages by hand, and larger numbers only make queries odd.
LAST = 10_000


@dataclass(frozen=True)
class PageNumbers:
    """Page `number`, from 1 on, of a list of `length` with `size` on a page; `kept`: what the address says besides."""

    number: int
    length: int
    size: int
    path: str
    kept: Mapping[str, str]

    @property
    def start(self) -> int:
        """How many lie on the pages before."""
        return (self.number - 1) * self.size

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.length // self.size))

    @property
    def previous(self) -> str | None:
        """The address of the page before."""
        return self._url(min(self.number - 1, self.count)) if self.number > 1 else None

    @property
    def following(self) -> str | None:
        """The address of the page after."""
        return self._url(self.number + 1) if self.number < self.count else None

    def _url(self, number: int) -> str:
        return f"{self.path}?{urlencode({**self.kept, 'part': str(number)})}"


def page_number(given: str) -> int:
    """The page that an address asks for; the first where it asks for none that there could be."""
    return min(max(1, int(given)), LAST) if given.isascii() and given.isdigit() and len(given) < 9 else 1
