"""A submission, a check and an ending in lines for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.commands.output import grid, moment, pairs, percent, sentence

if TYPE_CHECKING:
    from app.client import Check, Result, Submission

EPOCH_HEADS = [("Epoch", True), ("Accuracy", True), ("Test loss", True), ("Train loss", True)]


def ending_report(found: "Submission", host: str) -> Iterator[Any]:
    """How a run ended, in few lines."""
    if found.result is not None:
        yield f"#{found.number} {found.title}: {_accuracy(found.result)}, {_wrong(found.result)}{_rank(found.result)}"
    else:
        yield from _failure(found)
    yield f"{host}{found.links.html}"


def _failure(found: "Submission | Check") -> Iterator[str]:
    yield f"{found.outcome}: {sentence(found.message or '')}"
    if found.what_to_do:
        yield found.what_to_do
    if found.detail:
        yield sentence(found.detail)


def submission_report(found: "Submission", host: str) -> Iterator[Any]:
    """All that one wants to know of a submission."""
    yield f"#{found.number} {found.title}"
    rows = [
        ("student", f"{found.author.name} (@{found.author.handle})"),
        ("submitted", moment(found.created)),
        ("model", found.model or (found.model_file.name if found.model_file else "–")),
        ("recipe", _listed(found.recipe)),
        ("options", _listed(found.options)),
        ("state", found.state + (f", number {found.queue_position} in line" if found.queue_position else "")),
        *(_result_rows(found.result) if found.result else []),
        ("page", f"{host}{found.links.html}"),
    ]
    yield pairs([(name, value) for name, value in rows if value])
    if found.result is not None:
        yield ""
        yield _epochs(found.result)
    elif found.outcome is not None:
        yield ""
        yield from _failure(found)


def _result_rows(result: "Result") -> list[tuple[str, str]]:
    return [
        ("accuracy", _accuracy(result)),
        ("wrong", _wrong(result)),
        ("rank", _rank(result).removeprefix(", rank ")),
        ("test loss", f"{result.test_loss:.4f}"),
        ("parameters", f"{result.parameters:,}"),
        ("trained for", f"{result.train_seconds:.0f} s"),
    ]


def _epochs(result: "Result") -> Any:
    rows = [
        [
            str(each.epoch),
            percent(each.accuracy),
            f"{each.test_loss:.4f}",
            "–" if each.train_loss is None else f"{each.train_loss:.4f}",
        ]
        for each in result.epochs
    ]
    return grid(EPOCH_HEADS, rows)


def _accuracy(result: "Result") -> str:
    return f"{percent(result.accuracy)} ({percent(result.interval.low)} to {percent(result.interval.high)})"


def _wrong(result: "Result") -> str:
    return f"{result.wrong:,} of {result.total:,} wrong"


def _rank(result: "Result") -> str:
    if result.rank is None:
        return ""
    return f", rank {result.rank} ({result.rank_best} to {result.rank_worst})"


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def check_report(found: "Check") -> Iterator[Any]:
    """What a worker says of a file."""
    if found.outcome != "ok":
        yield from _failure(found)
    else:
        report = found.report or {}
        names = ("format", "class_name", "arguments", "parameters", "flops", "input", "output", "normalize")
        said = [(name.replace("_", " "), _value(report.get(name))) for name in names]
        yield pairs([(name, value) for name, value in said if value])
    for warning in found.warnings:
        yield f"! {sentence(warning)}"


def _value(value: Any) -> str:
    """A report began as text that uploaded code wrote: any value may be of any kind."""
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return " × ".join(map(str, value)) if isinstance(value, list) else str(value)
