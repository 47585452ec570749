"""Order, intervals and paired tests, against statsmodels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from app.core import ranking
from app.core.ranges import ranges
from app.core.ranking import Place, interval, mcnemar_exact
from app.core.shared_errors import MANY, SharedErrors

# No deadline: two busy cores are no slow code. Few examples: statsmodels takes 50 ms for one adjustment.
QUICKLY = settings(deadline=None, max_examples=20)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Score:
    """What ranking needs of an entry, and its hits."""

    run_id: str
    correct: float
    total: int
    test_loss: float
    created: datetime
    hits: bytes
    is_ranked: bool = True

    @property
    def wrong(self) -> float:
        return self.total - self.correct


def rank(scores: Sequence[Score]) -> list[Place]:
    return ranking.rank(scores, {score.run_id: score.hits for score in scores})


def score(run_id: str, right: npt.ArrayLike, loss: float = 0.1, minutes: int = 0) -> Score:
    """A score from one truth value per test image."""
    hits = np.asarray(right, dtype=np.uint8)
    packed = np.packbits(hits).tobytes()
    return Score(run_id, int(hits.sum()), len(hits), loss, NOON + timedelta(minutes=minutes), packed)


def reading(total: int, *wrong: int) -> npt.NDArray[np.bool_]:
    """Right everywhere but there."""
    right = np.ones(total, dtype=bool)
    right[list(wrong)] = False
    return right


def ids(places: list[Place]) -> list[str]:
    return [place.run_id for place in places]


@pytest.mark.parametrize(
    ("correct", "total"), [(9838, 10000), (0, 10000), (10000, 10000), (1, 10000), (9999, 10000), (517, 1000), (3, 7)]
)
def test_the_interval_is_wilsons(correct: int, total: int) -> None:
    assert interval(correct, total) == pytest.approx(
        proportion_confint(correct, total, alpha=0.05, method="wilson"), abs=1e-12
    )


@pytest.mark.parametrize("only_first", [0, 1, 3, 10, 37, 150])
@pytest.mark.parametrize("only_second", [0, 1, 4, 10, 20, 160])
def test_the_paired_test_is_mcnemars_exact_one(only_first: int, only_second: int) -> None:
    table = [[9000, only_first], [only_second, 50]]

    assert mcnemar_exact(only_first, only_second) == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-9)


def test_fewer_wrong_comes_first_whatever_the_loss() -> None:
    good, bad = score("good", reading(100, 1), loss=9.0), score("bad", reading(100, 1, 2), loss=0.01)

    assert ids(rank([bad, good])) == ["good", "bad"]


def test_of_equally_many_wrong_the_smaller_loss_comes_first() -> None:
    sure, unsure = score("sure", reading(100, 1), loss=0.02), score("unsure", reading(100, 2), loss=0.03)

    assert ids(rank([unsure, sure])) == ["sure", "unsure"]


def test_of_equal_losses_the_earlier_comes_first() -> None:
    late, early = score("a", reading(100, 1), minutes=5), score("b", reading(100, 2), minutes=4)

    assert ids(rank([late, early])) == ["b", "a"]


def test_nobody_has_no_place() -> None:
    assert rank([]) == []


def test_a_baseline_stands_in_order_but_takes_no_rank_and_counts_for_nobodys() -> None:
    first, last = score("first", reading(1000, 1)), score("last", reading(1000, *range(100)))
    baseline = replace(score("course", reading(1000, *range(40))), is_ranked=False)

    places = rank([last, baseline, first])

    assert [(place.run_id, place.rank, place.best, place.worst) for place in places] == [
        ("first", 1, 1, 1),
        ("course", None, None, None),
        ("last", 2, 2, 2),
    ]
    assert (places[1].low, places[1].high) == interval(960, 1000)


def test_a_mean_that_contradicts_the_run_tested_by_never_moves_a_range_past_its_rank() -> None:
    # By its one tested run "lucky" beats "steady" clearly, by the mean of its seeds it stands behind.
    lucky = replace(score("lucky", reading(1000, *range(10))), correct=900)
    steady = score("steady", reading(1000, *range(60)))

    places = rank([lucky, steady])

    assert [(place.run_id, place.rank, place.best, place.worst) for place in places] == [
        ("steady", 1, 1, 2),
        ("lucky", 2, 1, 2),
    ]


def test_one_entry_is_first_of_one() -> None:
    [place] = rank([score("only", reading(100, 5))])

    assert (place.rank, place.best, place.worst) == (1, 1, 1)
    assert (place.low, place.high) == interval(99, 100)


def test_two_that_read_the_same_images_share_both_ranks() -> None:
    first = score("first", reading(1000, *range(20)))

    places = rank([first, replace(first, run_id="second")])

    assert [(place.best, place.worst) for place in places] == [(1, 2), (1, 2)]


def test_equally_many_but_other_errors_share_both_ranks() -> None:
    places = rank([score("a", reading(1000, *range(30))), score("b", reading(1000, *range(500, 530)))])

    assert [(place.best, place.worst) for place in places] == [(1, 2), (1, 2)]


def test_a_clear_winner_has_the_first_rank_alone() -> None:
    places = rank([score("worse", reading(1000, *range(50))), score("better", reading(1000, *range(10)))])

    assert [(place.run_id, place.best, place.worst) for place in places] == [("better", 1, 1), ("worse", 2, 2)]


@pytest.mark.parametrize(("more_wrong", "is_clear"), [(5, False), (6, True)])
def test_two_need_six_discordant_images_on_one_side(more_wrong: int, is_clear: bool) -> None:
    # 2 · (1/2)^5 = 0.0625 and 2 · (1/2)^6 = 0.03125.
    places = rank([score("a", reading(1000, 999)), score("b", reading(1000, 999, *range(more_wrong)))])

    assert (places[0].worst == 1) is is_clear


def test_a_difference_that_is_clear_between_two_may_not_be_among_many() -> None:
    a, b = score("a", reading(1000)), score("b", reading(1000, *range(6)))
    crowd = [score(f"c{i}", reading(1000, *range(3))) for i in range(8)]

    assert rank([a, b])[1].best == 2
    assert rank([a, b, *crowd])[-1].best == 1


def test_places_beyond_the_last_whole_byte_count() -> None:
    places = rank([score("a", reading(1003)), score("b", reading(1003, *range(995, 1003)))])

    assert [(place.best, place.worst) for place in places] == [(1, 1), (2, 2)]


@st.composite
def boards(draw: st.DrawFn) -> list[Score]:
    total = draw(st.integers(8, 90))
    seed = draw(st.integers(0, 2**32 - 1))
    skills = draw(st.lists(st.floats(0.3, 1), min_size=1, max_size=9))
    random = np.random.default_rng(seed)
    losses = st.sampled_from([0.1, 0.2])
    return [
        score(f"run-{i}", random.random(total) < skill, draw(losses), draw(st.integers(0, 2)))
        for i, skill in enumerate(skills)
    ]


@QUICKLY
@given(boards())
def test_any_board_is_ordered_by_wrong_counts_and_each_range_holds_its_rank(board: list[Score]) -> None:
    places = rank(board)

    wrong = {entry.run_id: entry.wrong for entry in board}
    assert [place.rank for place in places] == list(range(1, len(board) + 1))
    assert [wrong[place.run_id] for place in places] == sorted(wrong.values())
    assert all(1 <= (p.best or 0) <= (p.rank or 0) <= (p.worst or 0) <= len(board) for p in places)
    assert all(place.low <= 1 - wrong[place.run_id] / board[0].total <= place.high for place in places)


@QUICKLY
@given(boards(), st.randoms())
def test_the_order_of_arrival_changes_nothing(board: list[Score], random: Random) -> None:
    shuffled = random.sample(board, len(board))

    assert rank(shuffled) == rank(board)


@QUICKLY
@given(boards())
def test_ranges_agree_with_tests_done_one_by_one(board: list[Score]) -> None:
    """The matrix against statsmodels, pair by pair."""
    places = rank(board)

    ordered = [next(entry for entry in board if entry.run_id == place.run_id) for place in places]
    hits = [np.unpackbits(np.frombuffer(entry.hits, np.uint8))[: entry.total].astype(bool) for entry in ordered]
    pairs = [(i, j) for i in range(len(hits)) for j in range(i + 1, len(hits))]
    counts = [(int((hits[i] & ~hits[j]).sum()), int((hits[j] & ~hits[i]).sum())) for i, j in pairs]
    p_values = [mcnemar([[0, only_i], [only_j, 0]], exact=True).pvalue for only_i, only_j in counts]
    clear = multipletests(p_values, method="holm")[0] if pairs else []
    wins = {pair for pair, is_clear, (i, j) in zip(pairs, clear, counts, strict=True) if is_clear and i > j}
    wins |= {(j, i) for (i, j), is_clear, (a, b) in zip(pairs, clear, counts, strict=True) if is_clear and b > a}
    count = len(board)
    assert [place.best for place in places] == [1 + sum(loser == k for _, loser in wins) for k in range(count)]
    assert [place.worst for place in places] == [count - sum(winner == k for winner, _ in wins) for k in range(count)]


def many_hits(count: int, total: int, seed: int = 1) -> dict[str, bytes]:
    """Runs of all qualities, which mostly misread the same images."""
    random = np.random.default_rng(seed)
    ease = random.random(total)
    wrong = ease < random.uniform(0.005, 0.1, (count, 1)) + random.normal(0, 0.01, (count, total))
    return {f"run-{i}": np.packbits(~row).tobytes() for i, row in enumerate(wrong)}


def counted(hits: dict[str, bytes], total: int) -> npt.NDArray[np.int64]:
    """Shared errors in the plainest way."""
    wrong = 1 - np.array([np.unpackbits(np.frombuffer(packed, np.uint8))[:total] for packed in hits.values()], int)
    return wrong @ wrong.T


@pytest.mark.parametrize("total", [1, 63, 64, 1003, 5000])
def test_shared_errors_are_counted_alike_at_once_and_one_by_one(total: int) -> None:
    hits = many_hits(MANY + 9, total)

    at_once = SharedErrors(total).among(hits, list(hits))
    grown = SharedErrors(total)
    for last in range(1, len(hits) + 1):
        one_by_one = grown.among(hits, list(hits)[:last])

    assert np.array_equal(at_once, counted(hits, total))
    assert np.array_equal(one_by_one, at_once)


def test_what_is_forgotten_is_counted_again_when_asked_for() -> None:
    hits = many_hits(3 * MANY, 500)
    errors = SharedErrors(500)
    before = errors.among(hits, list(hits)).copy()

    errors.forget_others({"run-5", "run-2"})

    assert errors.among(hits, ["run-2", "run-5"]).tolist() == before[np.ix_([2, 5], [2, 5])].tolist()
    assert np.array_equal(errors.among(hits, list(hits)), before)


@pytest.mark.parametrize("seed", range(4))
def test_ranges_of_hundreds_are_those_of_holm_over_all_pairs(seed: int) -> None:
    hits = many_hits(200, 3000, seed)
    shared = counted(hits, 3000)
    order = np.argsort(np.diagonal(shared), kind="stable")
    shared = shared[np.ix_(order, order)]

    best, worst = ranges(np.diagonal(shared), shared, np.diagonal(shared))

    errors = np.diagonal(shared)
    upper = np.triu_indices(200, k=1)
    only_row, only_column = (errors[None, :] - shared)[upper], (errors[:, None] - shared)[upper]
    is_clear = multipletests(mcnemar_exact(only_row, only_column), method="holm")[0] & (only_row > only_column)
    wins = np.zeros((200, 200), int)
    wins[upper] = is_clear
    assert 0 < wins.sum() < len(is_clear)
    assert best.tolist() == (1 + wins.sum(axis=0)).tolist()
    assert worst.tolist() == (200 - wins.sum(axis=1)).tolist()
