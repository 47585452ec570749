"""Turns the child's progress lines into the run's events and facts. The lines are treated as hostile."""

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.core.outcomes import Outcome
from app.core.sentences import Sentence
from worker.scoring import Measurement

# The page shows a curve, not every step as it happens: two events a second are what it can use.
EVENT_INTERVAL_S = 0.5
LOG_LIMIT_CHARACTERS = 1_000_000
LINE_LIMIT_CHARACTERS = 2_000
TEXT_LIMIT_CHARACTERS = 2_000
DETAIL_LIMIT_CHARACTERS = 20_000
LAYERS_LIMIT = 500
# Larger than float32 holds, small enough that a sum of them is finite.
LOSS_LIMIT = 1e40
# The only places that the child's sentences have; anything else with a % could ask for any width.
PLACES = re.compile(r"%\(\w+\)s|%%")
# What a child may say of itself; all other outcomes are the worker's to give.
CHILD_OUTCOMES = frozenset(
    {Outcome.BAD_FILE, Outcome.BAD_MODEL, Outcome.BAD_OUTPUT, Outcome.DIVERGED, Outcome.OUT_OF_MEMORY}
)

Emit = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Failure:
    """How a run failed, in the words that people will read; `detail` is a traceback or nothing."""

    outcome: Outcome
    message: Sentence
    detail: str | None = None


@dataclass
class Story:
    """What one execution has told so far. `emit` writes an event where the page can see it."""

    emit: Emit
    steps_limit: int
    clock: Callable[[], float] = time.monotonic
    versions: dict[str, str] = field(default_factory=dict)
    parameters: int = 0
    layers: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    measurement: Measurement | None = None
    failure: Failure | None = None
    done: bool = False
    train_seconds: float = 0.0
    _step: dict[str, int] = field(default_factory=dict)
    _unsent_losses: list[float] = field(default_factory=list)
    _unsent_lines: list[str] = field(default_factory=list)
    _logged_characters: int = 0
    _sent_at: float = -math.inf
    _training_since: float | None = None

    def line(self, raw: bytes) -> str | None:
        """Take one line of the progress pipe; returns its kind if it was understood."""
        try:
            message = json.loads(raw)
            kind: str = message["kind"]
            HANDLERS[kind](self, message)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            self.log(f"(not understood) {raw[:LINE_LIMIT_CHARACTERS].decode('utf-8', 'replace')}")
            return None
        return kind

    def log(self, text: str) -> None:
        """Add what the child printed, up to a total that no reader would read to its end."""
        if self._logged_characters < LOG_LIMIT_CHARACTERS:
            printable = "".join(
                c if c.isprintable() or c == "\t" else "�" for c in text.rstrip()[:LINE_LIMIT_CHARACTERS]
            )
            self._logged_characters += len(printable) + 1
            self._unsent_lines.append(printable)
            self.flush(only_if_due=True)

    def scored(self, epoch: int, measurement: Measurement) -> None:
        """Take the accuracy after an epoch, measured by the worker."""
        self._pause_training_clock()
        self.measurement = measurement
        self.flush()
        train_loss = self._train_loss(epoch)
        row = {"epoch": epoch, "accuracy": measurement.accuracy, "test_loss": measurement.test_loss}
        self.epochs.append(row | {"train_loss": train_loss})
        self.emit("epoch", self.epochs[-1])
        self._training_since = self.clock()

    def flush(self, only_if_due: bool = False) -> None:
        """Emit what has gathered: at most two loss events a second, and all of it at the end of an epoch."""
        if only_if_due and self.clock() - self._sent_at < EVENT_INTERVAL_S:
            return
        if self._unsent_losses:
            self.emit("loss", {**self._step, "losses": self._unsent_losses})
            self._unsent_losses = []
            self._sent_at = self.clock()
        if self._unsent_lines:
            self.emit("log", {"text": "\n".join(self._unsent_lines)})
            self._unsent_lines = []
            self._sent_at = self.clock()

    def _train_loss(self, epoch: int) -> float | None:
        """Mean loss over the steps of an epoch; every epoch has the same number of steps."""
        per_epoch = len(self.losses) // epoch if epoch else 0
        return sum(self.losses[-per_epoch:]) / per_epoch if per_epoch else None

    def _pause_training_clock(self) -> None:
        if self._training_since is not None:
            self.train_seconds += self.clock() - self._training_since
            self._training_since = None

    def _hello(self, message: dict[str, Any]) -> None:
        versions = {clean(key, 40): clean(value, 80) for key, value in message["versions"].items()}
        self.versions = versions | {"device": clean(message["device"], 80)}

    def _model(self, message: dict[str, Any]) -> None:
        if self.layers or self.parameters:
            raise ValueError("a model is described once")
        self.parameters = _count(message["parameters"])
        self.layers = [_layer(layer) for layer in message["layers"][:LAYERS_LIMIT]]
        self.emit("model", {"parameters": self.parameters, "layers": self.layers})
        self._training_since = self.clock()

    def _loss(self, message: dict[str, Any]) -> None:
        losses = [float(loss) for loss in message["losses"]]
        if len(self.losses) + len(losses) > self.steps_limit or not all(abs(loss) < LOSS_LIMIT for loss in losses):
            raise ValueError("more losses than steps, or a loss that is no number")
        self._step = {key: _count(message[key], minimum=1) for key in ("epoch", "step", "steps")}
        self.losses += losses
        self._unsent_losses += losses
        self.flush(only_if_due=True)

    def _testing(self, message: dict[str, Any]) -> None:
        self._pause_training_clock()
        self.flush()
        self.emit("testing", {"epoch": _count(message["epoch"])})

    def _epoch(self, message: dict[str, Any]) -> None:
        """Nothing to do: the worker measures what it shows of an epoch itself."""

    def _log(self, message: dict[str, Any]) -> None:
        self.log(str(message["text"]))

    def _failed(self, message: dict[str, Any]) -> None:
        outcome = Outcome(message["outcome"])
        if outcome not in CHILD_OUTCOMES:
            raise ValueError(outcome)
        values = {clean(key, 40): _scalar(value) for key, value in message["values"].items()}
        sentence = Sentence(clean(message["text"], TEXT_LIMIT_CHARACTERS), values)
        if PLACES.sub("", sentence.text).count("%"):
            raise ValueError("a place with a width could be made a gigabyte wide")
        sentence.text % sentence.values  # raises here, not on the page, if text and values do not fit
        detail = message.get("detail")
        self.failure = Failure(outcome, sentence, clean(str(detail)[-DETAIL_LIMIT_CHARACTERS:]) if detail else None)

    def _done(self, message: dict[str, Any]) -> None:
        self.done = True


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": clean(layer["name"], 120),
        "type": clean(layer["type"], 120),
        "output": [_count(size) for size in layer["output"][:8]],
        "parameters": _count(layer["parameters"]),
    }


def _scalar(value: object) -> str | int | float:
    if isinstance(value, int | float) and math.isfinite(value):  # Postgres' JSON has no NaN
        return value
    return clean(value, TEXT_LIMIT_CHARACTERS)


def _count(value: object, minimum: int = 0) -> int:
    """A whole number that every database holds and every page can divide by."""
    number = int(str(value))
    if not minimum <= number < 2**31:
        raise ValueError(value)
    return number


def clean(value: object, limit: int | None = None) -> str:
    """A text that every database and page can hold: no NUL, which Postgres refuses, and no half of a character."""
    return str(value)[:limit].replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


HANDLERS: dict[str, Callable[[Story, dict[str, Any]], None]] = {
    "hello": Story._hello,
    "model": Story._model,
    "loss": Story._loss,
    "testing": Story._testing,
    "epoch": Story._epoch,
    "log": Story._log,
    "failed": Story._failed,
    "done": Story._done,
}
