"""The look counter: what is counted, and what luck gives to the best of many equals."""

import numpy as np
import pytest
from scipy import stats
from sqlmodel import Session

from app.core.jobs import get_jobs
from app.core.looks import best_of_equals, count_looks
from app.core.runs import latest_run
from app.core.submissions import withdraw
from tests.factories import drawn_result, make_failure, make_member, make_run_live, make_submission, tell

pytest_plugins = ["tests.postgres"]


def test_one_network_has_no_luck_to_choose_from() -> None:
    assert best_of_equals(0.97, 1000, 1) == pytest.approx(0.97)


@pytest.mark.parametrize("models", [1, 2, 7])
def test_on_one_image_the_best_of_n_is_right_unless_all_are_wrong(models: int) -> None:
    assert best_of_equals(0.3, 1, models) == pytest.approx(1 - 0.7**models)


# Expected maximum of n standard normal values: Harter (1961), Expected values of normal order statistics, Biometrika.
@pytest.mark.parametrize(("models", "deviations"), [(2, 0.56419), (5, 1.16296), (10, 1.53875), (100, 2.50759)])
def test_with_many_images_the_best_lies_as_far_above_as_the_published_table_says(
    models: int, deviations: float
) -> None:
    total = 1_000_000
    best = best_of_equals(0.5, total, models)
    assert (best - 0.5) / np.sqrt(0.25 / total) == pytest.approx(deviations, abs=2e-3)


def test_a_simulation_of_equal_networks_agrees() -> None:
    random = np.random.default_rng(3)
    simulated = random.binomial(10_000, 0.985, (20_000, 30)).max(axis=1) / 10_000
    error = simulated.std() / np.sqrt(len(simulated))
    assert best_of_equals(0.985, 10_000, 30) == pytest.approx(simulated.mean(), abs=5 * error)


def test_the_sum_over_the_distribution_of_the_maximum_agrees() -> None:
    counts = np.arange(201)
    probabilities = np.diff(stats.binom.cdf(counts, 200, 0.9) ** 12, prepend=0)
    assert best_of_equals(0.9, 200, 12) == pytest.approx((counts * probabilities).sum() / 200)


@pytest.mark.parametrize("accuracy", [0.0, 1.0])
def test_networks_that_are_always_right_or_always_wrong_leave_nothing_to_luck(accuracy: float) -> None:
    assert best_of_equals(accuracy, 10_000, 50) == pytest.approx(accuracy)


@pytest.mark.usefixtures("either_database")
def test_every_test_after_an_epoch_is_a_look(session: Session) -> None:
    zhou, other = make_member(session), make_member(session, "other")
    for user, epochs in ((zhou, 3), (zhou, 1), (other, 5)):
        submission = make_submission(session, user, recipe={"epochs": epochs})
        drawn_result(session, latest_run(session, submission), total=100, epochs=epochs)
    looks = count_looks(session, "mnist", zhou.stored_id)
    assert (looks.student, looks.everybody) == (4, 9)


@pytest.mark.usefixtures("either_database")
def test_a_run_that_failed_after_two_epochs_has_looked_twice(session: Session) -> None:
    zhou = make_member(session)
    submission = make_submission(session, zhou)
    run = latest_run(session, submission)
    start = make_run_live(session, run)
    tell(session, run, start, [("epoch", {"epoch": 1}), ("loss", {}), ("epoch", {"epoch": 2})])
    make_failure(session, submission)
    assert count_looks(session, "mnist", zhou.stored_id).student == 2


def test_looks_are_not_undone_by_withdrawing(session: Session) -> None:
    zhou = make_member(session)
    submission = make_submission(session, zhou)
    drawn_result(session, latest_run(session, submission), total=100, epochs=3)
    withdraw(session, get_jobs(), submission)
    session.flush()
    assert count_looks(session, "mnist", zhou.stored_id).student == 3


def test_baselines_and_other_data_sets_are_nobodys_looks(session: Session) -> None:
    zhou = make_member(session)
    baseline, practice = make_submission(session, zhou), make_submission(session, zhou, dataset="practice")
    baseline.is_baseline = True
    for submission in (baseline, practice):
        drawn_result(session, latest_run(session, submission), total=100)
    looks = count_looks(session, "mnist", zhou.stored_id)
    assert (looks.student, looks.everybody) == (0, 0)
