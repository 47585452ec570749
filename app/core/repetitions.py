"""The same submission trained again with other seeds: how much of its score is luck.

The run with the recipe's own seed s is the first; the repetitions have s + 1, s + 2, …, so that anybody can redo them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from sqlmodel import Session, col, select

from app.core.deadlines import is_frozen
from app.core.errors import Conflict, InvalidFields
from app.core.jobs import Jobs
from app.core.quotas import require_runs
from app.core.recipes import Recipe, limits_of
from app.core.runs import ENDED, Standing, latest_run, repetitions, result_of, standings
from app.core.sentences import N_, Sentence
from app.core.submissions import serialize_writers, start_run
from app.core.tables import Result, Run, Submission, User

# Five show the spread; more would cost classmates their turn and say little more.
SEEDS_MAXIMUM = 5

NOT_TRAINED = N_("Submission #%(number)s was not trained here, so no seed could change its result.")
NO_RESULT = N_("Submission #%(number)s has no result yet. Other seeds can be tried when its first run has ended well.")
WITHDRAWN = N_("Submission #%(number)s is withdrawn and does not run again. Send it as a new submission.")
CLOSED = N_(
    "The ranking has closed, and further seeds would change the mean by which submission #%(number)s ranks. "
    "Change and train it again: that is a new submission, measured and shown without a rank."
)
WRONG_COUNT = N_("seeds must be a whole number from 1 to %(maximum)s; “%(value)s” was given.")


@dataclass(frozen=True)
class SeedRun:
    """The newest run of one seed."""

    seed: int
    run: Run
    standing: Standing
    result: Result | None


@dataclass(frozen=True)
class Spread:
    """What several results of one submission say together; `wrong` has one count per seed.

    `deviation` is the sample standard deviation, None for one result alone.
    """

    wrong: tuple[int, ...]
    total: int

    @property
    def mean(self) -> float:
        """Wrong images on average."""
        return fmean(self.wrong)

    @property
    def deviation(self) -> float | None:
        """How far results with other seeds lie apart, in images."""
        return stdev(self.wrong) if len(self.wrong) > 1 else None

    @property
    def is_tied(self) -> bool:
        """Whether several results are as near to the mean as the nearest one; of two different ones both are."""
        distances = sorted(abs(wrong - self.mean) for wrong in self.wrong)
        return distances[:1] == distances[1:2]


def seeds_of(recipe: Mapping[str, object], count: int) -> list[int]:
    """The first `count` seeds of a recipe, its own one first; behind the largest that a recipe may have comes 0."""
    first = int(str(recipe.get("seed", 0)))
    _, largest = limits_of(Recipe.model_fields["seed"])
    return [(first + i) % (int(largest) + 1) for i in range(count)]


def request_repetitions(
    session: Session, jobs: Jobs, submission: Submission, count: int, actor: User | None = None
) -> list[Run]:
    """Have a submission trained with `count` seeds in all; returns the runs that were queued for it.

    Seeds that have a result, or wait for one, are left as they are; failed and cancelled ones are tried again.
    `actor`: who asks and is charged, the author unless said otherwise.

    Raises:
        InvalidFields: when the count is not 1 to `SEEDS_MAXIMUM`.
        Conflict: when there is nothing to repeat, and for new seeds of what ranks in a class that has closed.
        NoRunsLeft: when today's quota does not suffice for all of them; then none is queued.
    """
    if not 1 <= count <= SEEDS_MAXIMUM:
        raise InvalidFields({"seeds": Sentence(WRONG_COUNT, {"maximum": SEEDS_MAXIMUM, "value": count})})
    serialize_writers(session, submission.user_id)
    session.flush()
    session.refresh(submission)  # it may have been withdrawn while this waited for its turn
    _refuse_what_cannot_be_repeated(session, submission)
    newest = {run.seed: run for run in repetitions(session, submission)}
    states = standings(session, jobs, list(newest.values()))
    settled = {seed for seed, run in newest.items() if run.outcome == "ok" or states[run.id].state not in ENDED}
    missing = [seed for seed in seeds_of(submission.recipe, count)[1:] if seed not in settled]
    if any(seed not in newest for seed in missing) and is_frozen(session, submission):
        raise Conflict(Sentence(CLOSED, {"number": submission.number}))
    payer = actor or session.get_one(User, submission.user_id)
    require_runs(session, jobs, payer, len(missing))
    return [start_run(session, jobs, submission, seed, queued, payer) for queued, seed in enumerate(missing)]


def _refuse_what_cannot_be_repeated(session: Session, submission: Submission) -> None:
    values = {"number": submission.number}
    if submission.withdrawn is not None:
        raise Conflict(Sentence(WITHDRAWN, values))
    if submission.kind != "train":
        raise Conflict(Sentence(NOT_TRAINED, values))
    if result_of(session, latest_run(session, submission)) is None:
        raise Conflict(Sentence(NO_RESULT, values))


def seed_runs(session: Session, jobs: Jobs, submission: Submission) -> list[SeedRun]:
    """The newest run of every seed that was asked for, the recipe's own first."""
    runs = [latest_run(session, submission), *repetitions(session, submission)]
    states = standings(session, jobs, runs)
    results = _results(session, runs)
    own = seeds_of(submission.recipe, 1)[0]
    return [SeedRun(own if run.seed is None else run.seed, run, states[run.id], results.get(run.id)) for run in runs]


def _results(session: Session, runs: Sequence[Run]) -> dict[str, Result]:
    statement = select(Result).where(col(Result.run_id).in_([run.id for run in runs]))
    return {result.run_id: result for result in session.exec(statement)}


def spread(runs: Sequence[SeedRun]) -> Spread | None:
    """The results of these runs together; None if there is none."""
    results = [each.result for each in runs if each.result is not None]
    if not results:
        return None
    return Spread(tuple(result.total - result.correct for result in results), results[0].total)


def representative(runs: Sequence[SeedRun]) -> SeedRun | None:
    """The run whose predictions stand for all: nearest to the mean of the wrong counts, the earlier of two as near."""
    found = spread(runs)
    if found is None:
        return None
    measured = [(each, each.result) for each in runs if each.result is not None]
    return min(measured, key=lambda one: abs(one[1].total - one[1].correct - found.mean))[0]
