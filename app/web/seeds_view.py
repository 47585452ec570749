"""The seeds of a submission as its page shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlmodel import Session

from app.core.deadlines import is_frozen
from app.core.jobs import Jobs
from app.core.repetitions import SEEDS_MAXIMUM, SeedRun, Spread, seed_runs, spread
from app.core.runs import ENDED, STATE_WORDS
from app.core.tables import Submission
from app.web.charts.seed_dots import SeedDots, seed_dots


@dataclass(frozen=True)
class Seeds:
    """All seeds that were tried. `may_ask`: whether the reader may have more of them tried.

    `is_frozen`: whether the class has closed, so that only those that were asked for before can be tried again.
    """

    runs: Sequence[SeedRun]
    may_ask: bool
    is_frozen: bool = False

    @cached_property
    def spread(self) -> Spread | None:
        """What the results say together, as soon as there are two."""
        found = spread(self.runs)
        return found if found is not None and found.deviation is not None else None

    @cached_property
    def dots(self) -> SeedDots | None:
        """The results beside each other."""
        return seed_dots(self.spread.wrong) if self.spread else None

    @property
    def is_open(self) -> bool:
        """Whether some are queued or running."""
        return any(each.standing.state not in ENDED for each in self.runs)

    @property
    def choices(self) -> list[int]:
        """How many seeds in all can be asked for: more than there are, or all again where some have failed."""
        settled = [each for each in self.runs if each.result is not None or each.standing.state not in ENDED]
        most = len(self.runs) if self.is_frozen else SEEDS_MAXIMUM
        return list(range(len(settled) + 1, most + 1)) if self.may_ask else []

    def state_words(self, each: SeedRun) -> str:
        """A run's state as a marked text."""
        return STATE_WORDS[each.standing.state]


def seeds_of_page(session: Session, jobs: Jobs, submission: Submission, is_close: bool) -> Seeds | None:
    """None where no seed could change anything, and where strangers would see a single run."""
    if submission.kind != "train":
        return None
    runs = seed_runs(session, jobs, submission)
    if runs[0].result is None or (len(runs) == 1 and not is_close):
        return None
    return Seeds(runs, is_close and submission.withdrawn is None, is_frozen(session, submission))
