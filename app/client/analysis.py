"""Results beyond their accuracy: compared, misread digits, other seeds, forks."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from app.client.analysis_bodies import Comparison, Digit, Lineage, Mistake, ReadDigit, Seeds
from app.client.bodies import Submission
from app.client.part import Part

DigitList = Literal["hardest", "one", "nobody", "disputed"]


class Analysis(Part):
    """What can be learned from results."""

    def compare(self, first: int, second: int) -> Comparison:
        """Two submissions side by side, with a paired test."""
        return self._read(Comparison, "/compare", a=first, b=second)

    def errors(self, number: int, *, true: int | None = None, read: int | None = None) -> Iterator[Mistake]:
        """Every test image that a network misreads, the surest mistake first; of one label, or read as one digit."""
        return self._rows(Mistake, f"/submissions/{number}/errors", "rows", true=true, read=read)

    def digits(self, show: DigitList = "hardest") -> Iterator[Digit]:
        """Test images: the hardest, those that one reads, that nobody reads, or whose label people doubt."""
        return self._rows(Digit, "/digits", "rows", show=show)

    def digit(self, index: int) -> ReadDigit:
        """One test image and how the networks on the board read it."""
        return self._read(ReadDigit, f"/digits/{index}")

    def seeds(self, number: int) -> Seeds:
        """How much of a result is luck: the same recipe with other seeds."""
        return self._read(Seeds, f"/submissions/{number}/seeds")

    def request_seeds(self, number: int, count: int) -> Seeds:
        """Have a submission of mine trained with so many seeds in all; each further one counts as a run."""
        return self._write(Seeds, "POST", f"/submissions/{number}/seeds", {"seeds": count})

    def lineage(self, number: int) -> Lineage:
        """What a submission changed, what that did, and what changed it."""
        return self._read(Lineage, f"/submissions/{number}/forks")

    def fork(
        self,
        number: int,
        *,
        recipe: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        title: str | None = None,
        notes: str | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Train a submission again with changes; what is not said stays as it is."""
        said = {"recipe": recipe, "options": options, "title": title, "notes": notes}
        body = {name: value for name, value in said.items() if value is not None}
        return self._write(Submission, "POST", f"/submissions/{number}/forks", body, idempotency_key)
