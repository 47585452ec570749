from datetime import UTC, datetime, timedelta

import pytest

from app.web import formats
from app.web.addresses import is_local

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "text"),
    [(7, "7"), (999, "999"), (1000, "1.00k"), (20_586, "20.6k"), (272_000, "272k"), (1_820_000, "1.82M")],
)
def test_counts_have_three_digits(count: int, text: str) -> None:
    assert formats.rounded(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.21, "4.2 s"), (21, "0:21"), (137, "2:17"), (3737, "1:02:17"), (None, "–"), (float("nan"), "–")],
)
def test_durations_read_like_a_clock(seconds: float | None, text: str) -> None:
    assert formats.minutes(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0413, "0.0413"), (0.00001234, "1.2e-05"), (0.0, "0.0000"), (None, "–"), (float("inf"), "–")]
)
def test_losses_have_four_decimals(value: float | None, text: str) -> None:
    assert formats.loss(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.02, "0.02"), (1e-5, "1e-5"), (0.0, "0"), (64, "64"), (10.0, "10")])
def test_settings_are_written_as_people_do(value: float, text: str) -> None:
    assert formats.setting(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.001, "1e-3"), (0.0005, "5e-4"), (0.02, "0.02"), (0.0, "0"), (64, "64"), (0.0015, "1.5e-3")]
)
def test_small_settings_are_short_in_tables(value: float, text: str) -> None:
    assert formats.compact(value) == text


def test_accuracies_and_intervals_have_two_decimals() -> None:
    assert formats.percent(0.98591) == "98.59"
    assert formats.interval_text(0.9834, 0.988) == "98.34–98.80"


@pytest.mark.parametrize(
    ("age", "english", "chinese"),
    [
        (timedelta(seconds=-5), "just now", "刚刚"),
        (timedelta(seconds=59), "just now", "刚刚"),
        (timedelta(minutes=4), "4 min ago", "4 分钟前"),
        (timedelta(hours=23, minutes=59), "23 h ago", "23 小时前"),
    ],
)
def test_under_a_day_moments_are_relative(age: timedelta, english: str, chinese: str) -> None:
    assert formats.ago(NOW - age, "en", NOW) == english
    assert formats.ago(NOW - age, "zh", NOW) == chinese


def test_older_moments_are_dates() -> None:
    moment = datetime(2025, 11, 3, 12, tzinfo=UTC)
    assert formats.ago(moment, "en", NOW) == "3 Nov 2025"
    assert formats.ago(moment, "zh", NOW) == "2025-11-03"


@pytest.mark.parametrize("target", ["/", "/submit?model=x&lang=zh", "/s/7#main"])
def test_our_own_addresses_are_local(target: str) -> None:
    assert is_local(target)


@pytest.mark.parametrize("target", ["", "//a.b", "/\\a.b", "/a\\b", "http://a.b", "/\n/a.b", "a/b", "/%0a\x00"])
def test_other_addresses_are_not(target: str) -> None:
    assert not is_local(target)


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1400, "1.4 kB"), (12_000, "12 kB"), (49_600_000, "50 MB")]
)
def test_a_files_size_has_two_digits_and_a_unit(size_bytes: int, text: str) -> None:
    assert formats.bytes_text(size_bytes) == text


@pytest.mark.parametrize(("value", "text"), [(0.094, "0.09 ms"), (4.25, "4.2 ms"), (12.3, "12 ms")])
def test_a_short_time_is_in_milliseconds(value: float, text: str) -> None:
    assert formats.milliseconds(value) == text


@pytest.mark.parametrize(("count", "text"), [(12, "12 "), (578_000, "578 k"), (1_234_567, "1.23 M"), (2e10, "20.0 G")])
def test_operations_are_counted_in_three_digits(count: float, text: str) -> None:
    assert formats.flops(int(count)) == text
