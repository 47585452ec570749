from app.core.calibration import Bin
from app.web.charts.falls import fall
from app.web.charts.reliability import reliability_chart


def test_a_falling_curve_begins_at_the_unchanged_images() -> None:
    drawn = fall(1.0, [0.75, 0.5, 0.25, 0.0])
    assert 'class="ln " d="M0 0L25 25L50 50L75 75L100 100"' in drawn
    assert '<path class="ep" d="M0 0H100"' in drawn
    assert drawn.count('class="dot') == 5


def test_a_reliability_curve_has_a_dot_for_each_stretch_and_faint_ones_where_little_is_known() -> None:
    bins = [Bin(0.4, 0.5, 3, 0.45, 1 / 3), Bin(0.9, 1.0, 900, 0.97, 0.96)]
    drawn = reliability_chart(bins, 'what it <"says">', "right", "sure")
    assert 'class="dot c" d="M45 66.67h0"' in drawn
    assert 'class="dot " d="M97 4h0"' in drawn
    assert 'aria-label="what it &lt;&#34;says&#34;&gt;"' in drawn


def test_a_result_without_answers_has_a_chart_without_marks() -> None:
    drawn = reliability_chart([], "nothing", "right", "sure")
    assert "dot" not in drawn
    assert 'class="ep"' in drawn
