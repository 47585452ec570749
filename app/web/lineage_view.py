"""Where a submission comes from and what came of it: the parent with the changes and their effect, and the forks."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from app.core.comparison import Comparison, comparison_with
from app.core.jobs import Jobs
from app.core.lineage import changes, forks_of, parent_of
from app.core.sentences import Sentence
from app.core.shown_names import Shown, shown
from app.core.submissions import Person
from app.core.tables import Submission, User
from app.web.change_words import ChangeRow, change_rows
from app.web.pair_words import remarks, verdict

# A baseline may have hundreds; the API has all.
FORKS_SHOWN = 20


@dataclass(frozen=True)
class Fork:
    """Somebody's change of this submission, and what it changed."""

    submission: Submission
    author: Shown
    changes: Sequence[ChangeRow]


@dataclass(frozen=True)
class Lineage:
    """`comparison` has the child first; None while one of the two has no result. `forks`: the newest first."""

    parent: Submission | None
    parent_author: Shown | None
    changes: Sequence[ChangeRow]
    comparison: Comparison | None
    forks: Sequence[Fork]
    more_forks: int

    @property
    def effect(self) -> Sentence | None:
        """What the changes did: a paired difference, or one of means where there are several seeds."""
        return verdict(self.comparison) if self.comparison else None

    @property
    def remarks(self) -> list[Sentence]:
        """What must be known of the seeds to read it."""
        return remarks(self.comparison) if self.comparison else []

    @property
    def was(self) -> dict[str, str]:
        """By label what changed settings were before."""
        return {row.label: row.before for row in self.changes}


def lineage(session: Session, jobs: Jobs, submission: Submission, reader: Person | None) -> Lineage:
    """The parent and the forks that this reader may see."""
    parent = parent_of(session, submission, reader)
    rows = change_rows(changes(parent, submission), parent, submission) if parent else []
    forks = forks_of(session, submission, reader)
    newest = forks[: -FORKS_SHOWN - 1 : -1]
    return Lineage(
        parent=parent,
        parent_author=shown(session.get_one(User, parent.user_id)) if parent else None,
        changes=rows,
        comparison=comparison_with(session, jobs, submission, parent),
        forks=[_fork(session, submission, fork) for fork in newest],
        more_forks=len(forks) - len(newest),
    )


def _fork(session: Session, submission: Submission, fork: Submission) -> Fork:
    author = shown(session.get_one(User, fork.user_id))
    return Fork(fork, author, change_rows(changes(submission, fork), submission, fork))
