"""`mnist-benchmark verify`: checks a receipt with the downloaded predictions and MNIST, without the service."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from app.commands.output import print_json
from app.core.receipt_checks import Check, Predictions, TestSet, Unreadable, check_receipt, read_predictions
from app.core.settings import Settings

MARKS = {True: "[green]✓[/]", False: "[bold red]✗[/]", None: "[yellow]–[/]"}


def verify(
    receipt_path: Path, predictions: Sequence[Path], settings: Settings, console: Console, is_json: bool = False
) -> bool:
    """Print what was checked and the verdict, for people or as JSON.

    Returns whether every run of the receipt was checked, and holds.

    Without `predictions`, the files that the receipt names are looked for beside it.
    """
    try:
        receipt = _read_receipt(receipt_path)
        files = list(predictions) or _named_files(receipt, receipt_path.parent)
        given = [_read_table(path) for path in files]
        check = _check(receipt_path, receipt, given, settings)
    except Unreadable as error:
        if is_json:
            print_json({"is_verified": False, "problem": str(error), "findings": []})
        else:
            console.print(_printable(str(error)), markup=False, style="red")
        return False
    is_verified = not check.is_refuted and not check.missing
    if is_json:
        findings = [asdict(each) for each in check.findings]
        print_json({"is_verified": is_verified, "problem": None, "missing": list(check.missing), "findings": findings})
        return is_verified
    for finding in check.findings:
        console.print(MARKS[finding.is_true], end=" ")
        console.print(_printable(finding.text), markup=False)
    console.print(_printable(_verdict(check, receipt["submission"])), markup=False, style="bold")
    return is_verified


def _check(path: Path, receipt: dict[str, Any], given: Sequence[Predictions], settings: Settings) -> Check:
    test_set = _test_set(receipt, settings)
    try:
        return check_receipt(receipt, given, test_set)
    except Unreadable as error:
        raise Unreadable(f"{path} is no receipt that can be checked: {error}") from error


def _verdict(check: Check, submission: dict[str, Any]) -> str:
    """A receipt is true as a whole or not at all: runs that nobody checked may be invented."""
    name = f"Submission #{submission['number']} “{submission['title']}”"
    files = ", ".join(check.missing)
    if check.is_refuted:
        return f"NOT VERIFIED. {name}: what is marked ✗ is not as the receipt says."
    if not check.checked:
        return (
            f"NOT VERIFIED. {name}: no predictions were given. Download {files} from its page, and put what you "
            "downloaded beside the receipt or name it with --predictions."
        )
    if check.missing:
        return (
            f"PARTLY CHECKED: {check.checked} of {check.runs} runs. {name}: its mean is not verified. Needed too, from "
            f"its page: {files}."
        )
    return f"VERIFIED. {name}: the score follows from its predictions."


def _printable(text: str) -> str:
    """Without what would command the terminal: a receipt comes from anywhere."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error


def _read_receipt(path: Path) -> dict[str, Any]:
    try:
        receipt = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is no JSON: {error}") from error
    if not isinstance(receipt, dict) or not isinstance(receipt.get("submission"), dict):
        raise Unreadable(f"{path} is no receipt. Download it from a submission's page: /s/…/receipt.json")
    if not {"number", "title"} <= receipt["submission"].keys():
        raise Unreadable(f"{path} is no receipt: it does not say of which submission")
    return receipt


def _named_files(receipt: dict[str, Any], folder: Path) -> list[Path]:
    """The files of the predictions that lie beside the receipt; only the end of each name counts."""
    runs = receipt.get("runs")
    named = [run.get("predictions") for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
    names = [str(each.get("file")) for each in named if isinstance(each, dict)]
    return [path for name in names if (path := folder / Path(name).name).is_file()]


def _read_table(path: Path) -> Predictions:
    try:
        return read_predictions(_read_text(path))
    except Unreadable as error:
        raise Unreadable(f"{path} is no table of predictions: {error}") from error


def _test_set(receipt: dict[str, Any], settings: Settings) -> TestSet:
    from worker.dataset import data_sha256, find_mnist, read_mnist
    from worker.practice import draw_practice_set

    data = receipt.get("data")
    if isinstance(data, dict) and data.get("name") == "practice":
        arrays = draw_practice_set()
    else:
        folder = find_mnist(settings)
        if folder is None:
            raise Unreadable("MNIST is not on this machine. Name the folder of its four files with --mnist.")
        arrays = read_mnist(folder)
    return TestSet(arrays["test-labels"], data_sha256(arrays))
