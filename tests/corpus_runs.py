"""One case of the corpus in a real sandbox, by the worker's own `execute`, and what there is to be said of it."""

import asyncio
import re
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from benchmarks.child_process import make_job
from tests.corpus_cases import Case, Maker, write_program
from tests.corpus_ground import TRAIN_IMAGES, Ground
from tests.corpus_log import Attempts, read_attempts
from worker.analysis import SENTENCES, fields_of
from worker.ending import Ending
from worker.execution import execute
from worker.order import Order
from worker.sandbox.choice import Sandbox
from worker.sandbox.limits import Limits
from worker.story import Story

BATCH_SIZE = 64
SAID_BY_THE_CHILD = ("versions", "layers", "detected", "report", "analysis")
# What could act on a terminal or turn the text of a page around; line ends and tabs are text.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Told:
    """What a run came to."""

    ending: Ending
    events: list[tuple[str, dict[str, Any]]]
    seconds: float
    worker_memory_bytes: int

    @property
    def outcome(self) -> str:
        """`ok`, or how it failed."""
        return "ok" if self.ending.failure is None else str(self.ending.failure.outcome)

    @property
    def message(self) -> str:
        """The sentence that people read."""
        return "" if self.ending.failure is None else str(self.ending.failure.message)

    @property
    def detail(self) -> str:
        """What stands below the sentence."""
        return (self.ending.failure and self.ending.failure.detail) or ""

    @property
    def log(self) -> str:
        """All that was printed."""
        return "\n".join(data["text"] for kind, data in self.events if kind == "log")

    @property
    def attempts(self) -> Attempts:
        """The attempts that were made."""
        return read_attempts(self.log)

    @property
    def accuracy(self) -> float | None:
        """The accuracy that would be recorded: that of a run that ended well."""
        measurement = self.ending.story.measurement
        return measurement.accuracy if measurement and self.ending.failure is None else None

    @property
    def unmeasured(self) -> dict[str, str]:
        """What a run that ended well would record as not measured, and why, in words of `worker/analysis.py`."""
        ending = self.ending
        changed = ending.order.dataset.changed
        fields = fields_of(ending.story.analysis, ending.changed_answers, changed, ending.cut_short)
        words = {text: word for word, text in SENTENCES.items()}
        return {part: words[sentence["text"]] for part, sentence in (fields["unmeasured"] or {}).items()}

    def kept(self) -> dict[str, object]:
        """What is kept of what the child said of itself, but for its losses and its log."""
        story = self.ending.story
        said = {entry.name: getattr(story, entry.name) for entry in fields(story) if entry.name in SAID_BY_THE_CHILD}
        return said | {"message": self.message, "detail": self.detail}

    def control_characters(self) -> list[str]:
        """Characters in any text that are more than text. Lines are text."""
        return [character for text in strings_in([self.kept(), self.events]) for character in CONTROLS.findall(text)]


def strings_in(value: object) -> list[str]:
    """All texts in a value, keys of objects included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in strings_in(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in strings_in(part)]
    return []


def make_upload(case: Case, folder: Path, places: Mapping[str, object], maker: Maker | None) -> dict[str, Any]:
    """Write the files of a case into a folder; returns the keys of the job that name them."""
    if (case.folder / "make.py").exists():
        assert maker is not None
        maker.make(case, folder, places)
    if case.has_program:
        write_program(case, folder / "net.py", places)
    model_file = case.model_file or ("net.py" if case.has_program else "")
    return {
        "model_file": {"path": str(folder / model_file), "name": case.called or model_file} if model_file else None,
        "weights": {"path": str(folder / case.weights), "name": case.called or case.weights} if case.weights else None,
    }


def run_case(case: Case, ground: Ground, sandbox: Sandbox, folder: Path, upload: Mapping[str, Any]) -> Told:
    """Run a case's upload, which lies in the folder."""
    events: list[tuple[str, dict[str, Any]]] = []
    own = {
        "kind": case.kind,
        "class_name": case.class_name or ("Net" if case.has_program else ""),
        "arguments": case.arguments,
        "threads": 1,
    }
    recipe = {"epochs": 1, "batch_size": BATCH_SIZE, "learning_rate": 0.01}
    job = make_job(ground.dataset.child_dir, case.model, **recipe) | own | dict(upload)
    order = Order(job, folder, ground.dataset, Limits(case.memory_bytes, case.cpu_time_s), case.time_limit_s)
    story = Story(lambda kind, data: events.append((kind, data)), steps_limit=-(-TRAIN_IMAGES // BATCH_SIZE))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    ending = asyncio.run(execute(order, story, sandbox))
    seconds = time.monotonic() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return Told(ending, events, seconds, grown * 1024)
