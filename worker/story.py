"""Turns the child's progress lines into the run's events and facts. The lines are treated as hostile."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.core.outcomes import Outcome
from app.core.recipes import Recipe, limits_of
from app.core.sentences import Sentence
from worker.hostile import LAYERS_LIMIT, clean, count, read_detected, read_layer, read_part, read_report, read_sentence
from worker.scoring import Measurement

# The page shows a curve, not every step as it happens: two events a second are what it can use.
EVENT_INTERVAL_S = 0.5
EPOCHS_LIMIT = limits_of(Recipe.model_fields["epochs"])[1]
LOG_LIMIT_CHARACTERS = 1_000_000
LINE_LIMIT_CHARACTERS = 2_000
DETAIL_LIMIT_CHARACTERS = 20_000
# Larger than float32 holds, small enough that a sum of them is finite.
LOSS_LIMIT = 1e40
# What a child may say of itself; all other outcomes are the worker's to give.
CHILD_OUTCOMES = frozenset(
    {Outcome.BAD_FILE, Outcome.BAD_MODEL, Outcome.BAD_OUTPUT, Outcome.DIVERGED, Outcome.OUT_OF_MEMORY}
)
# What can still be said when the results are sent: nothing that would change them.
AFTER_DONE = frozenset({"analysis", "log"})

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
    detected: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] | None = None
    analysis: dict[str, dict[str, Any]] = field(default_factory=dict)
    train_seconds: float = 0.0
    _began_at: float | None = None
    _is_described: bool = False
    _tested_epoch: int = -1
    _step: dict[str, int] = field(default_factory=dict)
    _unsent_losses: list[float] = field(default_factory=list)
    _unsent_lines: list[str] = field(default_factory=list)
    _logged_characters: int = 0
    _sent_at: float = -math.inf

    @property
    def has_begun(self) -> bool:
        """Whether the child has said anything."""
        return self._began_at is not None

    @property
    def is_described(self) -> bool:
        """Whether the child has said what it trains or evaluates, and how it takes it."""
        return self._is_described and bool(self.detected)

    def line(self, raw: bytes) -> str | None:
        """Take one line of the progress pipe; returns its kind if it was understood."""
        if self._began_at is None:
            self._began_at = self.clock()
        try:
            message = json.loads(raw)
            kind: str = message["kind"]
            if self.done and kind not in AFTER_DONE:
                raise ValueError("the results are all sent")
            HANDLERS[kind](self, message)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            self.log(f"(not understood) {raw[:LINE_LIMIT_CHARACTERS].decode('utf-8', 'replace')}")
            return None
        return kind

    def log(self, text: str) -> None:
        """Add what the child printed, up to a total that no reader would read to its end."""
        if self._logged_characters < LOG_LIMIT_CHARACTERS:
            printable = clean(text.rstrip(), LINE_LIMIT_CHARACTERS).replace("\n", " ")
            self._logged_characters += len(printable) + 1
            self._unsent_lines.append(printable)
            self.flush(only_if_due=True)

    def scored(self, epoch: int, measurement: Measurement) -> None:
        """Take the accuracy after an epoch, measured by the worker."""
        # By our clock from the first line, which comes before the upload is touched, to the predictions, tests between
        # epochs included: whatever the child says of its pauses could be said to seem quick.
        self.train_seconds = 0.0 if self._began_at is None else self.clock() - self._began_at
        self.measurement = measurement
        self.flush()
        train_loss = self._train_loss(epoch)
        row = {"epoch": epoch, "accuracy": measurement.accuracy, "test_loss": measurement.test_loss}
        self.epochs.append(row | {"train_loss": train_loss})
        self.emit("epoch", self.epochs[-1])

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

    def _hello(self, message: dict[str, Any]) -> None:
        versions = {clean(key, 40): clean(value, 80) for key, value in message["versions"].items()}
        self.versions = versions | {"device": clean(message["device"], 80)}

    def _model(self, message: dict[str, Any]) -> None:
        if self._is_described:
            raise ValueError("a model is described once")
        layers = [read_layer(layer) for layer in message["layers"][:LAYERS_LIMIT]]
        self.parameters, self.layers, self._is_described = count(message["parameters"]), layers, True
        self.emit("model", {"parameters": self.parameters, "layers": self.layers})

    def _detected(self, message: dict[str, Any]) -> None:
        if self.detected:
            raise ValueError("what was detected is told once")
        self.detected = read_detected(message)
        self.emit("detected", self.detected)

    def _report(self, message: dict[str, Any]) -> None:
        if self.report is not None:
            raise ValueError("a check has one report")
        self.report = read_report(message)

    def _loss(self, message: dict[str, Any]) -> None:
        losses = [float(loss) for loss in message["losses"]]
        if len(self.losses) + len(losses) > self.steps_limit or not all(abs(loss) < LOSS_LIMIT for loss in losses):
            raise ValueError("more losses than steps, or a loss that is no number")
        self._step = {key: count(message[key], minimum=1) for key in ("epoch", "step", "steps")}
        self.losses += losses
        self._unsent_losses += losses
        self.flush(only_if_due=True)

    def _testing(self, message: dict[str, Any]) -> None:
        epoch = count(message["epoch"])
        if not self._tested_epoch < epoch <= EPOCHS_LIMIT:
            raise ValueError("every epoch is tested once, in order")
        self._tested_epoch = epoch
        self.flush()
        self.emit("testing", {"epoch": epoch})

    def _epoch(self, message: dict[str, Any]) -> None:
        """Nothing to do: the worker measures what it shows of an epoch itself."""

    def _log(self, message: dict[str, Any]) -> None:
        self.log(str(message["text"]))

    def _failed(self, message: dict[str, Any]) -> None:
        outcome = Outcome(message["outcome"])
        if outcome not in CHILD_OUTCOMES:
            raise ValueError(outcome)
        sentence = read_sentence(message)
        detail = message.get("detail")
        self.failure = Failure(outcome, sentence, clean(str(detail)[-DETAIL_LIMIT_CHARACTERS:]) if detail else None)

    def _done(self, message: dict[str, Any]) -> None:
        self.done = True
        self.flush()
        self.emit("analysis", {})

    def _analysis(self, message: dict[str, Any]) -> None:
        part, found = read_part(message)
        if not self.done or part in self.analysis:
            raise ValueError("each part is told once, when the results are sent")
        self.analysis[part] = found


HANDLERS: dict[str, Callable[[Story, dict[str, Any]], None]] = {
    "hello": Story._hello,
    "model": Story._model,
    "detected": Story._detected,
    "report": Story._report,
    "loss": Story._loss,
    "testing": Story._testing,
    "epoch": Story._epoch,
    "log": Story._log,
    "failed": Story._failed,
    "done": Story._done,
    "analysis": Story._analysis,
}
