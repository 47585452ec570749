"""Repetitions carried out by a real worker: another seed is another result, and the recipe's own stays as it was."""

from pathlib import Path

import numpy as np

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.repetitions import SeedRun, request_repetitions, seed_runs
from app.core.runs import ENDED, latest_run
from app.core.submissions import find
from tests.service import END_LIMIT_S, ended, queue, run_of, service, wait_until, write_tiny_dataset


def runs_of(number: int) -> list[SeedRun]:
    with session_scope() as session:
        return seed_runs(session, get_jobs(), find(session, number))


def test_each_seed_is_trained_and_measured_of_its_own(data_dir: Path) -> None:
    write_tiny_dataset(data_dir)
    with service(data_dir) as running:
        running.worker()
        number = queue(seed=5)
        same = queue(handle="other", seed=6)
        ended(number)
        main = run_of(number).id
        with session_scope() as session:
            request_repetitions(session, get_jobs(), find(session, number), 2)
        wait_until(lambda: all(each.standing.state in ENDED for each in runs_of(number)), END_LIMIT_S)
        ended(same)

    own, other = runs_of(number)

    assert own.result is not None
    assert other.result is not None
    assert (own.run.id, own.seed, other.seed) == (main, 5, 6)
    assert own.result.losses != other.result.losses
    with session_scope() as session:
        submitted = seed_runs(session, get_jobs(), find(session, same))[0].result
        assert latest_run(session, find(session, number)).id == main
    # A repetition with seed 6 is what a submission with seed 6 would have been.
    assert submitted is not None
    assert np.array_equal(np.frombuffer(submitted.losses, "<f4"), np.frombuffer(other.result.losses, "<f4"))
    assert submitted.predictions == other.result.predictions
