import math
import re

import pytest

from app.web.charts.intervals import Interval, axis_for, interval_line
from app.web.charts.loss import POINTS_MAXIMUM, Curve, Words, loss_chart, smoothed, spark, thinned
from app.web.charts.marks import Scale, dot, label, line

WORDS = Words("falls from 2 to 1", "loss", "epoch %(epoch)s")


def test_a_scale_maps_its_ends_and_keeps_what_lies_outside_at_the_edge() -> None:
    scale = Scale(98, 100)
    assert [scale(value) for value in (98, 99, 100, 97, 101)] == [0, 50, 100, 0, 100]


def test_a_logarithmic_scale_puts_equal_factors_at_equal_distances() -> None:
    scale = Scale(0.01, 1, is_log=True)
    assert scale(0.1) == pytest.approx(50)
    assert scale(0) == 0


def test_a_scale_without_width_has_one_place() -> None:
    assert Scale(1, 1)(1) == 50


def test_a_line_leaves_out_what_is_no_number() -> None:
    scale = Scale(0, 1)
    drawn = line(scale, scale, [(0, 0), (0.5, math.nan), (math.inf, 1), (1, 1)], "")
    assert 'd="M0 100L100 0"' in drawn


def test_a_line_without_numbers_is_not_drawn() -> None:
    assert line(Scale(0, 1), Scale(0, 1), [(0.5, math.nan)], "") == ""


def test_a_dot_is_a_line_without_length() -> None:
    assert 'd="M25 60h0"' in dot(25, 40)


def test_labels_are_escaped() -> None:
    assert "&lt;b&gt;" in label(0, 0, "<b>")


def test_the_axis_reaches_from_a_round_number_to_100() -> None:
    axis = axis_for([Interval(0.9812, 0.985, 0.988), Interval(0.993, 0.995, 0.996)])
    assert [tick.label for tick in axis.ticks] == ["98", "98.5", "99", "99.5", "100"]


def test_one_bad_model_of_many_does_not_press_the_others_together() -> None:
    good = [Interval(0.985, 0.99, 0.993)] * 9
    assert axis_for([*good, Interval(0.08, 0.1, 0.12)]).ticks[0].value == 98.5


def test_all_of_few_models_are_on_the_axis() -> None:
    assert axis_for([Interval(0.985, 0.99, 0.993), Interval(0.08, 0.1, 0.12)]).ticks[0].value == 0


@pytest.mark.parametrize("shown", [[], [Interval(math.nan, math.nan, math.nan)], [Interval(0, 0, 0)]])
def test_the_axis_exists_even_without_usable_values(shown: list[Interval]) -> None:
    assert axis_for(shown).ticks[-1].value == 100


def test_a_perfect_model_has_an_axis() -> None:
    assert axis_for([Interval(1, 1, 1)]).ticks[0].value == 99.5


def test_what_lies_off_the_axis_is_an_arrow() -> None:
    axis = axis_for([Interval(0.985, 0.99, 0.993)])
    assert 'class="ci off"' in interval_line(axis, Interval(0.08, 0.1, 0.12))


def test_an_interval_that_is_no_number_is_not_drawn() -> None:
    drawn = interval_line(axis_for([]), Interval(math.nan, 0.5, 0.6))
    assert "ci" not in drawn


@pytest.mark.parametrize(
    "curve",
    [
        Curve([], 0, 0, 3),
        Curve([math.nan, math.inf, 0.0, -1.0], 4, 4, 1),
        Curve([1.0], 1, 0, 1),
    ],
)
def test_where_there_is_nothing_to_draw_there_is_no_chart(curve: Curve) -> None:
    assert loss_chart(curve, WORDS) is None


@pytest.mark.parametrize("losses", [[0.5], [1e-9, 1e-9], [1e9, 1e30], [math.nan, 0.5, math.inf, 0.25], [2.0] * 5000])
def test_odd_losses_give_a_chart_without_odd_numbers(losses: list[float]) -> None:
    drawn = loss_chart(Curve(losses, len(losses), len(losses), 1, [0.9]), WORDS, is_live=True)
    assert drawn is not None
    assert not re.search(r"nan|inf", drawn)
    assert len(drawn) < 20_000


def test_the_chart_says_in_words_what_it_shows() -> None:
    drawn = loss_chart(Curve([2.0, 1.0], 2, 2, 1), WORDS)
    assert drawn is not None
    assert 'role="img" aria-label="falls from 2 to 1"' in drawn


def test_epochs_and_their_accuracies_are_marked() -> None:
    drawn = loss_chart(Curve([2.0, 1.0, 0.5], 30, 30, 3, [0.9729, 0.9808, 0.9833]), WORDS)
    assert drawn is not None
    assert [text in drawn for text in ("epoch 2", "97.29 %", "98.08 %", "98.33 %")] == [True] * 4


def test_of_many_epochs_only_some_accuracies_are_told_but_always_the_last() -> None:
    drawn = loss_chart(Curve([1.0] * 40, 40, 40, 20, [0.5 + epoch / 100 for epoch in range(20)]), WORDS)
    assert drawn is not None
    assert drawn.count("val l") <= 6
    assert "69.00 %" in drawn


def test_a_live_curve_ends_where_the_training_is() -> None:
    drawn = loss_chart(Curve([1.0] * 10, 50, 100, 1), WORDS, is_live=True)
    assert drawn is not None
    assert "left:47.5%" in drawn


def test_smoothing_keeps_a_constant_and_the_number_of_points() -> None:
    points = [(float(i), 3.0) for i in range(100)]
    assert [step for step, _ in smoothed(points)] == [step for step, _ in points]
    assert [loss for _, loss in smoothed(points)] == pytest.approx([3.0] * 100)


def test_thinning_keeps_the_mean() -> None:
    points = [(float(i), float(i % 7)) for i in range(1000)]
    thin = thinned(points, 100)
    assert len(thin) == 100
    assert sum(y for _, y in thin) / 100 == pytest.approx(sum(y for _, y in points) / 1000)


@pytest.mark.parametrize("losses", [[], [0.5], [math.nan, math.nan, 1.0]])
def test_a_small_curve_needs_two_points(losses: list[float]) -> None:
    assert spark(losses) == ""


def test_a_million_steps_are_averaged_before_they_are_drawn() -> None:
    curve = Curve([2.0, 1.0] * 500_000, 1_000_000, 1_000_000, 1)
    assert len(curve.points) == POINTS_MAXIMUM
    assert sum(loss for _, loss in curve.points) / POINTS_MAXIMUM == pytest.approx(1.5, abs=0.01)


def test_small_curves_share_one_scale() -> None:
    assert "0 100" in spark([0.008, 0.008])
    assert "0 0" in spark([2.6, 2.6])
