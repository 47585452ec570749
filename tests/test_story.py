"""What a child says of itself is shown, but not believed."""

import json
from typing import Any

import pytest

from app.core.outcomes import Outcome
from worker.scoring import Measurement
from worker.story import LOG_LIMIT_CHARACTERS, Story

MEASURED = Measurement(9, 10, 0.5, b"", b"", b"", [])


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def story(steps_limit: int = 1000) -> tuple[Story, list[tuple[str, dict[str, Any]]], Clock]:
    events: list[tuple[str, dict[str, Any]]] = []
    clock = Clock()
    return Story(lambda kind, data: events.append((kind, data)), steps_limit, clock), events, clock


def loss_line(step: int, *losses: float) -> bytes:
    return json.dumps({"kind": "loss", "epoch": 1, "step": step, "steps": 100, "losses": losses}).encode()


def test_losses_become_at_most_two_events_a_second_and_none_is_lost() -> None:
    told, events, clock = story()
    for step in range(1, 101):
        told.line(loss_line(step, step / 10))
        clock.now += 0.1
    told.flush()

    assert len(events) <= 2 * 10 + 1
    assert [loss for _, data in events for loss in data["losses"]] == [step / 10 for step in range(1, 101)]


def test_an_epoch_shows_the_mean_of_its_own_losses() -> None:
    told, events, _ = story()
    told.line(loss_line(2, 4.0, 2.0))
    told.scored(1, MEASURED)
    told.line(loss_line(4, 1.0, 2.0))
    told.scored(2, MEASURED)

    assert [data["train_loss"] for kind, data in events if kind == "epoch"] == [3.0, 1.5]


def test_training_time_is_the_workers_own_and_no_line_shortens_it() -> None:
    told, _, clock = story()
    told.line(b'{"kind": "hello", "versions": {}, "device": "cpu"}')
    clock.now += 10
    told.line(b'{"kind": "testing", "epoch": 1}')
    told.line(b'{"kind": "model", "parameters": 1, "layers": [], "output": "logits"}')
    clock.now += 3
    told.scored(1, MEASURED)
    told.line(b'{"kind": "hello", "versions": {}, "device": "cpu"}')
    clock.now += 5
    told.scored(2, MEASURED)

    assert told.train_seconds == 18


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"kind": "accuracy", "value": 1.0}',
        b'{"kind": "loss"}',
        b'{"kind": "loss", "epoch": 1, "step": 1, "steps": 1, "losses": [NaN]}',
        b'{"kind": "loss", "epoch": 1, "step": 1, "steps": 1, "losses": ["x"]}',
        b'{"kind": "model", "parameters": "many", "layers": []}',
        b'{"kind": "model", "parameters": 1e999, "layers": []}',
        b'{"kind": "failed", "outcome": "ok", "text": "", "values": {}}',
        b'{"kind": "failed", "outcome": "internal", "text": "their fault", "values": {}}',
        b'{"kind": "failed", "outcome": "bad_model", "text": "%(missing)s", "values": {}}',
        b'{"kind": "failed", "outcome": "bad_model", "text": "%d", "values": {"a": 1}}',
        b'{"kind": "failed", "outcome": "bad_model", "text": "%(e)300000000s", "values": {"e": 1}}',
        b'{"kind": "loss", "epoch": 1, "step": 1, "steps": 0, "losses": [1.0]}',
        b'{"kind": "loss", "epoch": 1, "step": 1, "steps": 1, "losses": [1e308]}',
        b'{"kind": "model", "parameters": 3000000000, "layers": []}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_a_line_that_is_not_understood_goes_to_the_log_and_does_nothing_else(line: bytes) -> None:
    told, events, _ = story()

    assert told.line(line) is None

    told.flush()
    assert {kind for kind, _ in events} <= {"log"}
    assert told.failure is None
    assert told.parameters == 0
    assert told.losses == []


def test_a_child_cannot_send_more_losses_than_there_are_steps() -> None:
    told, _, _ = story(steps_limit=3)
    told.line(loss_line(3, 1.0, 1.0, 1.0))
    told.line(loss_line(4, 1.0))

    assert told.losses == [1.0, 1.0, 1.0]


def test_a_failure_keeps_its_sentence_and_values_apart() -> None:
    told, _, _ = story()
    told.line(
        b'{"kind": "failed", "outcome": "diverged", "text": "at step %(step)s", "values": {"step": 12}, "detail": null}'
    )

    assert told.failure is not None
    assert told.failure.outcome is Outcome.DIVERGED
    assert str(told.failure.message) == "at step 12"


def test_what_no_database_can_hold_is_replaced_in_a_failure() -> None:
    told, _, _ = story()
    told.line(
        b'{"kind": "failed", "outcome": "bad_model", "text": "%(e)s", "values": {"e": "a\\u0000b\\ud800c"}, '
        b'"detail": "x\\u0000y"}'
    )

    assert told.failure is not None
    assert str(told.failure.message) == "a�b�c"
    assert told.failure.detail == "x�y"


def test_control_characters_do_not_reach_the_log() -> None:
    told, events, _ = story()
    told.log("\x1b[31mred\x07 <b>bold</b>\n")
    told.flush()

    assert events[0][1]["text"] == "�[31mred� <b>bold</b>"


def test_a_flood_of_output_is_cut() -> None:
    told, events, clock = story()
    for _ in range(2000):
        told.log("x" * 1000)
        clock.now += 1

    assert sum(len(data["text"]) for _, data in events) <= LOG_LIMIT_CHARACTERS + 2000


def test_what_is_measured_beyond_the_score_is_told_once_and_after_the_results() -> None:
    told, events, _ = story()
    part = b'{"kind": "analysis", "part": "flops", "problem": null, "flops": %d, "has_convolution": true}'

    assert told.line(part % 1) is None
    told.line(b'{"kind": "done"}')
    assert told.line(part % 2) == "analysis"
    assert told.line(part % 3) is None

    assert told.analysis == {"flops": {"flops": 2, "has_convolution": True, "problem": None}}
    assert [kind for kind, _ in events] == ["log", "analysis"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "failed", "outcome": "diverged", "text": "", "values": {}}',
        b'{"kind": "testing", "epoch": 3}',
        b'{"kind": "loss", "epoch": 1, "step": 1, "steps": 1, "losses": [1.0]}',
        b'{"kind": "done"}',
    ],
)
def test_nothing_that_would_change_a_result_is_understood_after_it(line: bytes) -> None:
    told, events, _ = story()
    told.line(b'{"kind": "done"}')

    assert told.line(line) is None

    told.flush()
    assert told.failure is None
    assert [kind for kind, _ in events] == ["analysis", "log"]


@pytest.mark.parametrize(
    "values",
    [
        '"part": "flops", "problem": null, "flops": NaN, "has_convolution": true',
        '"part": "flops", "problem": null, "flops": -1, "has_convolution": true',
        '"part": "flops", "problem": null, "flops": 1e3, "has_convolution": true',
        '"part": "flops", "problem": null, "flops": true, "has_convolution": true',
        '"part": "flops", "problem": null, "flops": 9007199254740992, "has_convolution": true',
        '"part": "flops", "problem": null, "flops": 5, "has_convolution": "yes"',
        '"part": "latency", "problem": null, "one_ms": Infinity, "thousand_ms": 1',
        '"part": "latency", "problem": null, "one_ms": -0.5, "thousand_ms": 1',
        '"part": "latency", "problem": null, "one_ms": 1',
        '"part": "latency", "problem": "I am the best", "one_ms": 1, "thousand_ms": 1',
        '"part": "robustness", "problem": ["memory"]',
        '"part": "accuracy", "problem": null',
        '"part": ["flops"], "problem": null',
        '"part": "robustness"',
    ],
)
def test_an_analysis_that_is_not_as_agreed_is_left(values: str) -> None:
    told, _, _ = story()
    told.line(b'{"kind": "done"}')

    assert told.line(b'{"kind": "analysis", %s}' % values.encode()) is None

    assert told.analysis == {}
