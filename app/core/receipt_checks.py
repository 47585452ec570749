"""Whether a receipt says the truth: its score computed again from the predictions and the labels of the test set."""

import csv
import hashlib
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np
import numpy.typing as npt

from app.core.receipt_format import FORMAT, digest
from app.core.significance import interval

DIGITS = frozenset("0123456789")
COLUMNS = ("image", "read_as", "right")
# Two ways to compute the same number may differ in the last bits.
TOLERANCE = 1e-12
Labels = npt.NDArray[np.uint8]


class Unreadable(Exception):
    """A file is not what it should be; the message says why."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `is_true` is None where it could not be checked."""

    is_true: bool | None
    text: str


@dataclass(frozen=True)
class Check:
    """What came out for a whole receipt.

    `missing`: what the files of predictions are called whose runs were not checked for want of them.
    """

    findings: Sequence[Finding]
    runs: int
    missing: Sequence[str]

    @property
    def is_refuted(self) -> bool:
        """Whether something is not as the receipt says."""
        return any(finding.is_true is False for finding in self.findings)

    @property
    def checked(self) -> int:
        """How many runs were compared with predictions of their own."""
        return self.runs - len(self.missing)


@dataclass(frozen=True)
class Predictions:
    """A downloaded table of predictions: (M,) classes read, and (M,) whether it calls them right."""

    read: Labels
    right: npt.NDArray[np.bool_]

    @property
    def sha256(self) -> str:
        """Of the M bytes, as a receipt has it."""
        return hashlib.sha256(self.read.tobytes()).hexdigest()


@dataclass(frozen=True)
class TestSet:
    """What predictions are compared with. `labels`: (M,); `sha256`: of the whole data set."""

    __test__ = False  # no test of pytest's

    labels: Labels
    sha256: str


def read_predictions(text: str) -> Predictions:
    """The table as it is downloaded: one row per test image, in order.

    Raises:
        Unreadable: with what is wrong, and in which line.
    """
    rows = csv.DictReader(io.StringIO(text))
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise Unreadable(f"it has no columns {', '.join(COLUMNS)} in its first line")
    read, right = [], []
    try:
        for number, row in enumerate(rows):
            cells = [row[name] for name in COLUMNS]
            if cells[0] != str(number) or cells[1] not in DIGITS or cells[2] not in ("0", "1"):
                raise Unreadable(f"line {number + 2} is no prediction of image {number}")
            read.append(int(cells[1]))
            right.append(cells[2] == "1")
    except csv.Error as error:
        raise Unreadable(f"it is no CSV: {error}") from error
    return Predictions(np.array(read, dtype=np.uint8), np.array(right, dtype=np.bool_))


def check_receipt(receipt: Mapping[str, Any], given: Sequence[Predictions], test_set: TestSet) -> Check:
    """Everything in a receipt that can be recomputed, with what came out.

    Raises:
        Unreadable: when it is no receipt of a format that is known here.
    """
    if receipt.get("format") != FORMAT:
        raise Unreadable(f"its format is “{str(receipt.get('format'))[:60]}”; “{FORMAT}” is known here")
    try:
        return _check(receipt, given, test_set)
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise Unreadable(f"something is missing or of another kind: {type(error).__name__} {error}") from error


def _check(receipt: Mapping[str, Any], given: Sequence[Predictions], test_set: TestSet) -> Check:
    runs = list(receipt["runs"])
    if not runs:
        raise ValueError("there is no run in it")
    paired, strays = _pair_files(runs, given)
    found = [_digest_finding(receipt), _data_finding(receipt["data"], test_set), *_repeated_findings(runs)]
    for run, predictions in zip(runs, paired, strict=True):
        found += _run_findings(run, predictions, test_set.labels)
    found += [Finding(False, f"no run of it has predictions {sha256}") for sha256 in strays]
    found += _spread_findings(receipt["spread"], runs)
    missing = [str(run["predictions"]["file"]) for run, file in zip(runs, paired, strict=True) if file is None]
    return Check(found, len(runs), missing)


def _pair_files(
    runs: Sequence[Mapping[str, Any]], given: Sequence[Predictions]
) -> tuple[list[Predictions | None], list[str]]:
    """The predictions of each run, told by their hash, and the hashes of those that belong to none."""
    if len(runs) == len(given) == 1:
        return list(given), []  # one file for one run is meant for it, whatever its content
    hashes = {predictions.sha256: predictions for predictions in given}
    wanted = [run["predictions"]["sha256"] for run in runs]
    return [hashes.get(sha256) for sha256 in wanted], [sha256 for sha256 in hashes if sha256 not in set(wanted)]


def _repeated_findings(runs: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """One run told twice would look like two draws of luck; what has to be its own in every run."""
    if odd := [run["seed"] for run in runs if type(run["seed"]) is not int]:
        raise TypeError(f"the seed {odd[0]!r} is no whole number")
    own = {
        "seed": [run["seed"] for run in runs],
        "run id": [run["id"] for run in runs],
        "sha256 of predictions": [run["predictions"]["sha256"] for run in runs],
    }
    return [
        Finding(False, f"{count} runs have the {name} {value}; every run has its own")
        for name, values in own.items()
        for value, count in Counter(values).items()
        if count > 1
    ]


def _digest_finding(receipt: Mapping[str, Any]) -> Finding:
    is_true = receipt["sha256"] == digest(receipt)
    text = "unchanged since it was made" if is_true else "changed since it was made: its sha256 is of something else"
    return Finding(is_true, f"the receipt is {text}")


def _data_finding(data: Mapping[str, Any], test_set: TestSet) -> Finding:
    if data["sha256"] is None:
        return Finding(None, "the receipt does not say which data were used; your copy is taken")
    is_true = data["sha256"] == test_set.sha256
    return Finding(is_true, f"the data ({data['name']}) are {'those' if is_true else 'not those'} of your copy")


def _run_findings(run: Mapping[str, Any], predictions: Predictions | None, labels: Labels) -> list[Finding]:
    correct, total = run["correct"], run["total"]
    if not _is_score(run, len(labels)):
        text = f"seed {run['seed']}: {correct} of {total} right is no score on {len(labels)} test images"
        return [Finding(False, text)]
    return [*_consistency(run, correct, total), *_score_findings(run, predictions, labels)]


def _is_score(run: Mapping[str, Any], total: int) -> bool:
    """Whether so many of all test images can be right."""
    correct = run["correct"]
    return type(correct) is type(run["total"]) is int and run["total"] == total and 0 <= correct <= total


def _consistency(run: Mapping[str, Any], correct: int, total: int) -> list[Finding]:
    """Whether the numbers of a run go together; said only where they do not."""
    low, high = interval(correct, total)
    expected = {"wrong": total - correct, "accuracy": correct / total, "low": low, "high": high}
    # Named one by one: whatever else stands in the interval must not take the place of the run's own numbers.
    said = {name: run[name] for name in ("wrong", "accuracy")}
    said |= {name: run["interval"][name] for name in ("low", "high")}
    return [
        Finding(False, f"seed {run['seed']}: {name} is {said[name]}, but {expected[name]} follows from its score")
        for name in expected
        if not _equal(said[name], expected[name])
    ]


def _score_findings(run: Mapping[str, Any], predictions: Predictions | None, labels: Labels) -> list[Finding]:
    name = f"seed {run['seed']}"
    if predictions is None:
        return [Finding(None, f"{name}: not checked, for want of its predictions: {run['predictions']['file']}")]
    if len(predictions.read) != len(labels):
        return [Finding(False, f"{name}: {len(predictions.read)} predictions for {len(labels)} test images")]
    hits = predictions.read == labels
    correct = int(hits.sum())
    is_score = (run["correct"], run["total"]) == (correct, len(labels))
    verb = "as the receipt says" if is_score else f"but the receipt says {run['correct']} of {run['total']}"
    is_same = predictions.sha256 == run["predictions"]["sha256"]
    found = [
        Finding(is_same, f"{name}: the predictions are {'those' if is_same else 'not those'} of the receipt"),
        Finding(is_score, f"{name}: {correct} of {len(labels)} right ({correct / len(labels):.2%}), {verb}"),
    ]
    if (lies := int((predictions.right != hits).sum())) > 0:
        found.append(Finding(False, f"{name}: {lies} of the predictions are called right or wrong, and are not"))
    return found


def _spread_findings(said: Mapping[str, Any] | None, runs: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Computed from what the predictions were counted against, not from what a run says that it got wrong."""
    if not all(_is_score(run, run["total"]) for run in runs):
        return []  # told already, run by run
    wrong = [run["total"] - run["correct"] for run in runs]
    if len(wrong) < 2:
        return [] if said is None else [Finding(False, "a spread is given, but there is one run only")]
    if said is None:
        return [Finding(False, "the spread of its runs is missing")]
    expected = {"seeds": len(wrong), "mean_wrong": fmean(wrong), "deviation_wrong": stdev(wrong)}
    off = [name for name, value in expected.items() if not _equal(said[name], value)]
    return [Finding(False, f"{name} is {said[name]}, but {expected[name]} follows from its runs") for name in off]


def _equal(said: Any, expected: float) -> bool:
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return is_number and math.isclose(said, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
