"""Whatever line a child writes: the worker goes on, and what it keeps of it is finite, clean and of a bounded size."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus_runs import CONTROLS, SAID_BY_THE_CHILD, strings_in
from worker.analysis import fields_of
from worker.story import Story

MODEL = {
    "parameters": 5,
    "layers": [{"name": "a", "type": "Linear", "output": [10], "parameters": 5}],
    "output": "logits",
}
DETECTED = {
    "format": "python",
    "class_name": "Net",
    "arguments": "",
    "input": "N",
    "output": "logits",
    "normalize": "none",
    "padding": 0,
    "batch_size": None,
    "missing": ["numpy"],
}
REPORT = DETECTED | {
    "classes": [{"name": "Net", "line": 1, "is_chosen": True}],
    "suggestions": {"batch_size": 64, "optimizer": "SGD"},
    "parameters": 5,
    "flops": 5,
    "layers": MODEL["layers"],
    "forward_ms": 0.5,
    "weights_format": None,
    "warnings": [{"text": "A %(name)s.", "values": {"name": "x"}}],
}
GOOD: dict[str, dict[str, Any]] = {
    "hello": {"versions": {"python": "3"}, "device": "cpu"},
    "model": MODEL,
    "detected": DETECTED,
    "report": REPORT,
    "loss": {"epoch": 1, "step": 1, "steps": 1, "losses": [0.5]},
    "testing": {"epoch": 1},
    "epoch": {"epoch": 1, "train_loss": 0.5},
    "log": {"text": "a"},
    "failed": {"outcome": "bad_model", "text": "A %(name)s.", "values": {"name": "x"}, "detail": "line\n"},
    "done": {},
}
ANALYSIS = [
    {"part": "flops", "problem": None, "flops": 5, "has_convolution": False},
    {"part": "robustness", "problem": "raised"},
    {"part": "latency", "problem": "batch", "one_ms": None, "thousand_ms": 0.5},
]
# Every value is as a line of JSON can have it, the halves of characters and the numbers that are none included.
NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -1, 10**400, 1e308, float("nan"), float("inf"), -0.0]),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["\x1b[2J", "\u202e", "\x00", "\ud800", "%(x)9999999s", "%s", "%", "%(name)s" * 600, "x" * 30_000, "9" * 5000]
    ),
)
VALUES = st.recursive(
    NASTY,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | NASTY.map(str), inner, max_size=4)
    ),
)
KEPT_LIMIT_CHARACTERS = 2_000_000


def replaced(message: Any, value: object, path: list[int]) -> Any:
    """The message with something in it, found by the numbers of the path, replaced by the value."""
    if not path or not isinstance(message, dict | list) or not message:
        return value
    places = list(message) if isinstance(message, dict) else list(range(len(message)))
    place = places[path[0] % len(places)]
    changed = dict(message) if isinstance(message, dict) else list(message)
    changed[place] = replaced(message[place], value, path[1:])
    return changed


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(sorted(GOOD)))
    path = draw(st.lists(st.integers(0, 20), min_size=1, max_size=4))
    message = replaced(GOOD[kind], draw(VALUES), path)
    message = {**message, "kind": kind} if isinstance(message, dict) else message
    return json.dumps(message).encode()


@st.composite
def analysis_lines(draw: st.DrawFn) -> bytes:
    path = draw(st.lists(st.integers(0, 20), min_size=1, max_size=2))
    message = replaced(draw(st.sampled_from(ANALYSIS)), draw(VALUES), path)
    return json.dumps({**message, "kind": "analysis"} if isinstance(message, dict) else message).encode()


@settings(max_examples=200, deadline=None)
@given(st.lists(analysis_lines(), min_size=1, max_size=6))
def test_any_analysis_is_taken_or_left_and_its_result_can_be_stored(given_lines: list[bytes]) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    story = Story(lambda kind, data: events.append((kind, data)), steps_limit=10)

    for line in [b'{"kind": "done"}', *given_lines]:
        story.line(line)
    story.flush()

    assert_fit_to_be_kept(story, events)
    stored = fields_of(story.analysis, None, None, None)
    assert set(stored["unmeasured"]) >= {"robustness"}
    assert all(value is None or 0 <= value < 2**63 for value in (stored["flops"], stored["latency_one_ms"]))
    json.dumps(stored, allow_nan=False)


@pytest.mark.parametrize("message", ANALYSIS, ids=lambda message: message["part"])
def test_the_parts_of_an_analysis_that_were_changed_are_understood_unchanged(message: dict[str, Any]) -> None:
    story = Story(lambda *_: None, steps_limit=10)
    story.line(b'{"kind": "done"}')

    assert story.line(json.dumps({"kind": "analysis", **message}).encode()) == "analysis"


@settings(max_examples=400, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=6))
def test_any_line_is_taken_or_left(given_lines: list[bytes]) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    story = Story(lambda kind, data: events.append((kind, data)), steps_limit=10)

    for line in given_lines:
        story.line(line)
    story.flush()

    assert_fit_to_be_kept(story, events)


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_the_lines_that_were_changed_are_understood_unchanged(kind: str) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    story = Story(lambda name, data: events.append((name, data)), steps_limit=10)

    assert story.line(json.dumps({"kind": kind, **GOOD[kind]}).encode()) == kind

    assert_fit_to_be_kept(story, events)


def assert_fit_to_be_kept(story: Story, events: list[tuple[str, dict[str, Any]]]) -> None:
    """Any database and any page can take it."""
    said: list[object] = [getattr(story, name) for name in SAID_BY_THE_CHILD]
    failure = story.failure and [str(story.failure.message), story.failure.message.as_json(), story.failure.detail]
    kept = [said, failure, story.parameters, story.losses, events]
    text = json.dumps(kept, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
    assert len(text) < KEPT_LIMIT_CHARACTERS
    assert [character for text in strings_in(kept) for character in CONTROLS.findall(text)] == []
