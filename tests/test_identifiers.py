"""UUIDv7."""

import time
import uuid

import pytest

from app.core import identifiers


def test_an_identifier_is_a_uuid_of_version_7_and_the_rfc_variant() -> None:
    made = uuid.UUID(identifiers.new_id())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_its_first_48_bits_are_the_milliseconds_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(identifiers.new_id())
    after = time.time_ns() // 1_000_000

    assert before <= made.int >> 80 <= after


def test_identifiers_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_700_000_000_000_000_000, 1_700_000_001_000_000_000, 1_000_000))
    monkeypatch.setattr(identifiers.time, "time_ns", lambda: next(moments))

    made = [identifiers.new_id() for _ in range(1000)]

    assert made == sorted(made)


def test_ten_thousand_identifiers_of_one_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers.time, "time_ns", lambda: 1_700_000_000_000_000_000)

    assert len({identifiers.new_id() for _ in range(10_000)}) == 10_000
