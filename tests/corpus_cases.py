"""Reads the folders of `tests/corpus`: what a student uploads, and what is to come of it.

`expected.toml` of a case:

title, never            what is tried, and what must not happen, for people
kind                    train (as it stands), evaluate or check
outcome                 how the run ends: one of the outcomes, or a list; a table where the levels of isolation differ
says, detail_says       a part of the English sentence, of the detail
attempts                how many attempts must say that they were made; each must then say that it was held
allowed                 attempts that may work at a level, because they do no harm there (the case says why)
dies                    the last attempt ends the process, so that nobody is left to say that it was held
code_may_run            whether code in a file that is not a program may run at all: then its attempts count like others
needs                   "decoys", "victim": what must be there to be attacked
model_file, weights     files that `make.py` writes; without them `net.py` is the model file
called                  what the student calls the file, if not by its own name
model, class_name, arguments   as in the form
time_limit_s, memory_bytes, cpu_time_s   limits other than the test's own
accuracy, accuracy_at_most, parameters, train_seconds_above, events_below, log_below, message_below,
told_below, worker_memory_bytes, seconds_below   what is measured besides
unmeasured              the parts of the analysis that are not measured, and why, in words of `worker/analysis.py`
machine                 the only processor that the case is for
unprotected             false where the attack would harm without a sandbox, or has nothing to show there
may_fail_unprotected    attempts that this machine may refuse without any sandbox
tested_by               the test that runs the case, if it is not `test_corpus.py`
"""

import json
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from app.core.settings import CHECKOUT

CORPUS = Path(__file__).with_name("corpus")
PRELUDE_LINE = "from prelude import *\n"
RUN_BY_DEFAULT = "test_corpus.py"
ALL = "all"
PLACEHOLDER = re.compile("@[A-Z_]+@")


@dataclass(frozen=True)
class Case:
    """One folder of the corpus."""

    name: str
    title: str
    never: str
    attempts: int
    kind: str = "train"
    outcome: str | list[str] | dict[str, Any] = "ok"
    says: str = ""
    detail_says: str = ""
    allowed: dict[str, list[str]] = field(default_factory=dict)
    dies: bool = False
    code_may_run: bool = False
    needs: tuple[str, ...] = ()
    model_file: str = ""
    weights: str = ""
    called: str = ""
    model: str | None = None
    class_name: str = ""
    arguments: str = ""
    time_limit_s: float = 60
    memory_bytes: int = 2 << 30
    cpu_time_s: int = 60
    accuracy: float | None = None
    accuracy_at_most: float = 1
    parameters: int | None = None
    train_seconds_above: float | None = None
    events_below: int = 1000
    log_below: int = 1_200_000
    message_below: int = 30_000
    told_below: int = 200_000
    worker_memory_bytes: int | None = None
    seconds_below: float | None = None
    unmeasured: dict[str, str] | None = None
    machine: str = ""
    unprotected: bool | str = True
    may_fail_unprotected: list[str] | str = field(default_factory=list)
    tested_by: str = RUN_BY_DEFAULT

    @property
    def folder(self) -> Path:
        """Where the case lies."""
        return CORPUS / self.name

    @property
    def has_program(self) -> bool:
        """Whether the upload is the program that lies in the folder."""
        return (self.folder / "net.py").exists()

    @property
    def is_for_this_machine(self) -> bool:
        """Machine code is for one processor."""
        return self.machine in ("", platform.machine())

    def outcomes(self, level: str) -> set[str]:
        """The ends that are right at a level of isolation."""
        expected = self.outcome[level] if isinstance(self.outcome, dict) else self.outcome
        return {expected} if isinstance(expected, str) else set(expected)


def read_cases(tested_by: str = RUN_BY_DEFAULT) -> list[Case]:
    """All cases of a test that this machine can run, in the order of their names."""
    cases = [read_case(path.parent) for path in sorted(CORPUS.glob("*/expected.toml"))]
    return [case for case in cases if case.tested_by == tested_by and case.is_for_this_machine]


def read_case(folder: Path) -> Case:
    """The case of a folder. AssertionError if it has a word that no test reads."""
    given = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
    unknown = given.keys() - {known.name for known in fields(Case)}
    assert not unknown, f"{folder.name}: {unknown}"
    return Case(folder.name, **given)


def fill(text: str, places: Mapping[str, object]) -> str:
    """A text with `@NAME@` replaced; AssertionError if one is left."""
    for name, value in places.items():
        text = text.replace(f"@{name}@", str(value))
    left = PLACEHOLDER.findall(text)
    assert not left, left
    return text


def write_program(case: Case, target: Path, places: Mapping[str, object]) -> None:
    """The upload of a case that is a program: the prelude comes in the place of its import."""
    prelude = (CORPUS / "prelude.py").read_text("utf-8")
    text = (case.folder / "net.py").read_text("utf-8").replace(PRELUDE_LINE, prelude)
    target.write_text(fill(text, {"FILE": target, **places}), "utf-8")


class Maker:
    """A process that makes the files of cases which are no programs."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.corpus_making"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make(self, case: Case, folder: Path, places: Mapping[str, object]) -> None:
        """Run the case's `make.py` in the folder; it writes what is to be uploaded."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        script = folder / "make.py"
        script.write_text(fill((case.folder / "make.py").read_text("utf-8"), places), "utf-8")
        self._process.stdin.write(json.dumps({"script": str(script), "folder": str(folder)}) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "made\n"
        script.unlink()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
