"""`watch`: a run as it happens, with a bar; the exit status says how it ended."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.commands.endings import INTERRUPTED, status_of
from app.commands.output import errors, percent, printable
from app.commands.reports import ending_report
from app.commands.service import Service, service_command

if TYPE_CHECKING:
    from app.client import Client, Event, Submission

Number = Annotated[int, typer.Argument(help="Number of a submission.", min=1, show_default=False)]
QUEUE_POLL_S = 2.0


@service_command
def watch(
    service: Service, number: Number, log: Annotated[bool, typer.Option("--log", help="What it prints, too.")] = False
) -> None:
    """Follow a submission's latest run to its end; the exit status says how it ended."""
    with service.client() as client:
        raise typer.Exit(follow(service, client, number, shows_log=log))


def follow(service: Service, client: "Client", number: int, first: str = "", shows_log: bool = False) -> int:
    """Show a run until it has ended, then the submission; returns the exit status for its outcome."""
    if first and not service.is_json:
        errors.print(printable(first), markup=False)
    try:
        with Screen(shows_log) as screen:
            _wait_in_queue(client, number, screen)
            for event in client.watch(number):
                screen.show(event)
    except KeyboardInterrupt:
        errors.print(f"The run goes on. See it again: mnist-benchmark watch {number}", markup=False)
        return INTERRUPTED
    found = client.submission(number)
    service.tell(found, *ending_report(found, client.host))
    return status_of(found.outcome)


def _wait_in_queue(client: "Client", number: int, screen: "Screen") -> None:
    """The stream of events is silent while nothing happens; the place in line is asked for."""
    import time

    found: Submission = client.submission(number)
    while found.state == "queued":
        screen.wait(found.queue_position)
        time.sleep(QUEUE_POLL_S)
        found = client.submission(number)


class Screen:
    """A bar that moves where somebody looks at it, and one line for each epoch everywhere."""

    def __init__(self, shows_log: bool) -> None:
        self._shows_log = shows_log
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=errors,
            disable=not errors.is_terminal,
            transient=True,
        )
        self._task: TaskID = self._progress.add_task("queued", total=None, loss="")

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def wait(self, position: int | None) -> None:
        """That it waits, and how many are before it."""
        self._update(f"queued, number {position}" if position else "queued")

    def show(self, event: "Event") -> None:
        """One event; kinds that are not known here are passed over."""
        handler = getattr(self, f"_{event.kind}", None)
        if handler is not None and event.kind in KINDS:
            handler(event.data)

    def _update(self, description: str, **changes: Any) -> None:
        self._progress.update(self._task, description=description, **changes)

    def _start(self, data: dict[str, Any]) -> None:
        if data["start"] > 1:
            self._line(f"started again, for the {data['start']}. time: the worker before has died")
        self._update("checking", completed=0, total=None, loss="")

    def _model(self, data: dict[str, Any]) -> None:
        self._line(f"{data['parameters']:,} parameters")

    def _loss(self, data: dict[str, Any]) -> None:
        loss = f"loss {data['losses'][-1]:.4f}"
        self._update(f"epoch {data['epoch']}", completed=data["step"], total=data["steps"], loss=loss)

    def _testing(self, data: dict[str, Any]) -> None:
        self._update("testing")

    def _epoch(self, data: dict[str, Any]) -> None:
        trained = "" if data["train_loss"] is None else f", train loss {data['train_loss']:.4f}"
        accuracy = percent(data["accuracy"])
        self._line(f"epoch {data['epoch']}: {accuracy} right, test loss {data['test_loss']:.4f}{trained}")

    def _analysis(self, data: dict[str, Any]) -> None:
        self._update("measuring")

    def _log(self, data: dict[str, Any]) -> None:
        if self._shows_log:
            self._line(data["text"])

    def _line(self, text: str) -> None:
        errors.print(printable(text), markup=False)


KINDS = ("start", "model", "loss", "testing", "epoch", "analysis", "log")
