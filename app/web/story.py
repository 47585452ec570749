"""A run's story so far, told by its events: how far it is, its losses, its log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core.tables import Event
from app.web.charts.loss import Curve
from app.web.formats import clock, exact, loss, percent

# An estimate from the first seconds is worth less than none.
ESTIMATE_FROM = 0.03


@dataclass
class Story:
    """What is known of the latest execution. A run whose worker died is told anew from its next start."""

    epochs_wanted: int
    seq: int = 0
    start: int = 0
    epoch: int = 0
    step: int = 0
    steps: int = 0
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    layers: list[dict[str, Any]] = field(default_factory=list)
    parameters: int = 0
    detected: dict[str, Any] = field(default_factory=dict)
    trains_since: datetime | None = None
    last_at: datetime | None = None
    log: list[tuple[int, str]] = field(default_factory=list)

    def take(self, events: Iterable[Event]) -> set[str]:
        """Add events, oldest first; returns their kinds."""
        kinds = set()
        for event in events:
            HANDLERS.get(event.kind, _ignore)(self, event)
            self.seq, self.last_at = event.seq, event.created
            kinds.add(event.kind)
        return kinds

    @property
    def share(self) -> float:
        """How much of the training is done, 0..1."""
        return min(1.0, self.step / self.steps) if self.steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate of the training time that is left."""
        if self.trains_since is None or self.last_at is None or self.share < ESTIMATE_FROM:
            return None
        spent_s = (self.last_at - self.trains_since).total_seconds()
        return spent_s * (1 - self.share) / self.share

    @property
    def finishes_at(self) -> datetime | None:
        """When the training may end."""
        left_s = self.seconds_left
        return None if left_s is None or self.last_at is None else self.last_at + timedelta(seconds=left_s)

    @property
    def curve(self) -> Curve:
        """The losses for the chart."""
        return Curve(self.losses, self.step, self.steps, self.epochs_wanted, self.accuracies)

    def log_after(self, seq: int) -> list[str]:
        """Lines of the log that came with later events."""
        return [text for number, text in self.log if number > seq]

    def _say(self, event: Event, text: str) -> None:
        self.log += [(event.seq, f"{clock(event.created)}  {line}") for line in text.splitlines()]

    def _on_start(self, event: Event) -> None:
        # A new execution knows nothing of the last one; only the log goes on.
        vars(self).update(vars(Story(self.epochs_wanted, start=event.start, log=self.log)))
        worker = event.data.get("worker", "")
        self._say(event, f"start {event.start} on {worker}" if event.start > 1 else f"started on {worker}")

    def _on_model(self, event: Event) -> None:
        self.parameters = int(event.data["parameters"])
        self.layers = list(event.data["layers"])
        self._say(event, f"model built: {exact(self.parameters)} parameters")

    def _on_detected(self, event: Event) -> None:
        self.detected = dict(event.data)

    def _on_loss(self, event: Event) -> None:
        data = event.data
        if self.trains_since is None:
            self.trains_since = event.created
        self.epoch, self.step, self.steps = int(data["epoch"]), int(data["step"]), int(data["steps"])
        self.losses += [float(value) for value in data["losses"]]

    def _on_testing(self, event: Event) -> None:
        self.epoch = int(event.data["epoch"])

    def _on_epoch(self, event: Event) -> None:
        data = event.data
        self.accuracies.append(float(data["accuracy"]))
        measured = f"test accuracy {percent(data['accuracy'])} %, test loss {loss(data['test_loss'])}"
        train_loss = f", train loss {loss(data['train_loss'])}" if data.get("train_loss") is not None else ""
        name = f"epoch {data['epoch']}: " if data["epoch"] else ""
        self._say(event, f"{name}{measured}{train_loss}")

    def _on_analysis(self, event: Event) -> None:
        self._say(event, "all results are in; now robustness, latency and operations are measured")

    def _on_log(self, event: Event) -> None:
        self._say(event, str(event.data["text"]))

    def _on_end(self, event: Event) -> None:
        self._say(event, f"ended: {event.data.get('outcome', '')}")


def _ignore(_story: Story, _event: Event) -> None:
    """A kind that a newer worker knows and we do not."""


HANDLERS: dict[str, Callable[[Story, Event], None]] = {
    "start": Story._on_start,
    "model": Story._on_model,
    "detected": Story._on_detected,
    "loss": Story._on_loss,
    "testing": Story._on_testing,
    "epoch": Story._on_epoch,
    "analysis": Story._on_analysis,
    "log": Story._on_log,
    "end": Story._on_end,
}
