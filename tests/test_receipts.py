"""Receipts, and `mnist-benchmark verify`: what is true passes, what was changed is found."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.cli import app as command_line
from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.ranking import interval
from app.core.receipt_checks import Unreadable, read_predictions
from app.core.receipts import digest
from app.core.repetitions import request_repetitions
from app.core.requests import ModelFile
from app.core.runs import latest_run, repetitions
from app.core.tables import Run, Submission
from app.core.zoo import ZOO_FOLDER
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_submission, make_user
from tests.factories import drawn_result
from tests.visitors import Visitor, visit, visitor
from worker.dataset import data_sha256
from worker.practice import draw_practice_set

pytest_plugins = ["tests.api_fixtures"]
__all__ = ["visit", "visitor"]

ARRAYS = draw_practice_set(20, 200)
LABELS = ARRAYS["test-labels"]
TOTAL = len(LABELS)


@pytest.fixture(autouse=True)
def small_practice_set(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr("worker.practice.draw_practice_set", lambda: ARRAYS)


def measure(run: Run, session: Any, wrong: range) -> None:
    predictions = LABELS.copy()
    predictions[wrong] = (predictions[wrong] + 1) % 10
    drawn_result(
        session,
        run,
        total=TOTAL,
        correct=TOTAL - len(wrong),
        predictions=predictions.tobytes(),
        hits=np.packbits(predictions == LABELS).tobytes(),
        confidences=np.full(TOTAL, 0.9, "<f2").tobytes(),
        data_sha256=data_sha256(ARRAYS),
        weights_sha256="f" * 64,
    )


@pytest.fixture
def number() -> int:
    """A measured submission with 12 of 200 images wrong."""
    with session_scope() as session:
        made = make_submission(session, make_user(session), "practice", title="net", recipe={"seed": 3})
        measure(latest_run(session, made), session, range(12))
        assert made.number is not None
        return made.number


@pytest.fixture
def repeated(number: int) -> int:
    """The same with two more seeds."""
    with session_scope() as session:
        request_repetitions(session, get_jobs(), session.get_one(Submission, number), 3)
    with session_scope() as session:
        for run, wrong in zip(repetitions(session, session.get_one(Submission, number)), (16, 20), strict=True):
            measure(run, session, range(wrong))
    return number


@pytest.fixture
def download(visitor: Visitor, tmp_path: Path) -> Callable[..., Path]:
    """Puts a submission's receipt and predictions into a folder, under the names that they are downloaded by."""

    def save(path: str) -> Path:
        response = visitor.get(path)
        assert response.status_code == 200
        name = response.headers["content-disposition"].partition('filename="')[2].rstrip('"')
        (tmp_path / name).write_bytes(response.content)
        return tmp_path / name

    return save


def verify(receipt: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command_line, ["verify", str(receipt), *arguments])


def told(found: Result) -> str:
    """What was printed, as one line."""
    return " ".join(found.output.split())


def edited(path: Path, change: Callable[[dict[str, Any]], Any], is_signed: bool = False) -> Path:
    """The receipt with a change; `is_signed`: whoever changed it knew how to compute its sha256 anew."""
    receipt = json.loads(path.read_text("utf-8"))
    change(receipt)
    if is_signed:
        receipt["sha256"] = digest(receipt)
    path.write_text(json.dumps(receipt), "utf-8")
    return path


def test_the_receipt_names_everything_that_the_result_rests_on(api: Api, number: int) -> None:
    body = api.client.get(f"{SUBMISSIONS}/{number}/receipt").json()

    (run,) = body["runs"]
    predictions = LABELS.copy()
    predictions[:12] = (predictions[:12] + 1) % 10
    low, high = interval(188, 200)
    assert run["predictions"]["sha256"] == hashlib.sha256(predictions.tobytes()).hexdigest()
    assert (run["correct"], run["wrong"], run["total"], run["accuracy"]) == (188, 12, 200, 0.94)
    assert run["interval"] == {"low": low, "high": high}
    assert (run["seed"], run["weights_sha256"], run["isolation"]) == (3, "f" * 64, "limits")
    assert run["versions"]["torch"] == "2.15.0"
    source = (ZOO_FOLDER / "yannet.py").read_bytes()
    assert body["source"]["zoo_file_sha256_at_receipt"] == hashlib.sha256(source).hexdigest()
    assert "need not be the file that ran" in body["source"]["note"]
    assert "sha256" not in body["source"]
    assert body["data"] == {"name": "practice", "sha256": data_sha256(ARRAYS)}
    assert body["submission"]["author"] == "zhou-yi"
    assert body["spread"] is None


def test_an_uploaded_file_is_named_with_its_own_hash(api: Api) -> None:
    blob = get_blobs().store([b"class Net: pass"], 1 << 20)
    with session_scope() as session:
        asked = {"model": "", "model_file": ModelFile(blob, "net.py"), "class_name": "Net"}
        made = make_submission(session, make_user(session), "practice", **asked)
        measure(latest_run(session, made), session, range(12))

    source = api.client.get(f"{SUBMISSIONS}/{made.number}/receipt").json()["source"]

    sha256 = hashlib.sha256(b"class Net: pass").hexdigest()
    assert source == {"file": "net.py", "uploaded_file_sha256": sha256, "class_name": "Net", "arguments": ""}


def test_page_and_api_give_the_same_receipt(api: Api, visitor: Visitor, repeated: int) -> None:
    by_page = visitor.get(f"/s/{repeated}/receipt.json").json()

    assert by_page == api.client.get(f"{SUBMISSIONS}/{repeated}/receipt").json()
    assert by_page["spread"]["mean_wrong"] == 16
    assert by_page["spread"]["deviation_wrong"] == pytest.approx(np.std([12, 16, 20], ddof=1))


def test_without_a_result_there_is_no_receipt(visitor: Visitor, api: Api) -> None:
    with session_scope() as session:
        made = make_submission(session, make_user(session)).number

    assert visitor.get(f"/s/{made}/receipt.json").status_code == 404
    assert api.client.get(f"{SUBMISSIONS}/{made}/receipt").status_code == 404


def test_a_true_receipt_is_verified(download: Callable[..., Path], number: int) -> None:
    predictions = download(f"/s/{number}/predictions.csv")

    found = verify(download(f"/s/{number}/receipt.json"), "--predictions", str(predictions))

    assert found.exit_code == 0
    assert "188 of 200 right (94.00%), as the receipt says" in found.output
    assert "VERIFIED. Submission #1 “net”" in found.output
    assert "NOT VERIFIED" not in found.output


def test_predictions_beside_the_receipt_are_found(download: Callable[..., Path], number: int) -> None:
    download(f"/s/{number}/predictions.csv")

    assert verify(download(f"/s/{number}/receipt.json")).exit_code == 0


def test_all_seeds_are_verified(download: Callable[..., Path], repeated: int) -> None:
    for query in ("", "?seed=4", "?seed=5"):
        download(f"/s/{repeated}/predictions.csv{query}")

    found = verify(download(f"/s/{repeated}/receipt.json"))

    assert found.exit_code == 0
    assert "seed 3: 188 of 200" in found.output
    assert "seed 5: 180 of 200" in found.output


def test_a_receipt_of_which_seeds_are_unchecked_is_not_verified(download: Callable[..., Path], repeated: int) -> None:
    download(f"/s/{repeated}/predictions.csv")

    found = verify(download(f"/s/{repeated}/receipt.json"))

    assert found.exit_code == 1
    assert "seed 4: not checked, for want of its predictions: yannet-1-seed-4.csv" in found.output
    assert "PARTLY CHECKED: 1 of 3 runs" in found.output
    assert "yannet-1-seed-4.csv, yannet-1-seed-5.csv" in told(found)
    assert "VERIFIED" not in found.output


def add_perfect_seeds(receipt: dict[str, Any]) -> None:
    """Four more runs that nobody ever saw, each without a mistake."""
    low, high = interval(TOTAL, TOTAL)
    for seed in range(4, 8):
        score = {"correct": TOTAL, "wrong": 0, "accuracy": 1.0, "interval": {"low": low, "high": high}}
        file = {"predictions": {"file": f"net-{seed}.csv", "sha256": f"{seed}" * 64}, "seed": seed, "id": f"run {seed}"}
        receipt["runs"].append(receipt["runs"][0] | score | file)
    wrong = [run["wrong"] for run in receipt["runs"]]
    receipt["spread"] = {"seeds": 5, "mean_wrong": np.mean(wrong), "deviation_wrong": np.std(wrong, ddof=1)}


def test_invented_runs_do_not_pass_beside_a_true_one(download: Callable[..., Path], number: int) -> None:
    download(f"/s/{number}/predictions.csv")

    found = verify(edited(download(f"/s/{number}/receipt.json"), add_perfect_seeds, is_signed=True))

    assert found.exit_code == 1
    assert "PARTLY CHECKED: 1 of 5 runs" in found.output
    assert "net-4.csv, net-5.csv, net-6.csv, net-7.csv" in told(found)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"seed": 4, "id": "another"}, "2 runs have the sha256 of predictions"),
        ({"id": "another", "predictions": {"file": "b.csv", "sha256": "b" * 64}}, "2 runs have the seed 3"),
        ({"seed": 4, "predictions": {"file": "b.csv", "sha256": "b" * 64}}, "2 runs have the run id"),
    ],
)
def test_a_run_that_is_told_twice_is_refused(
    download: Callable[..., Path], number: int, own: dict[str, Any], words: str
) -> None:
    download(f"/s/{number}/predictions.csv")

    def repeat(receipt: dict[str, Any]) -> None:
        receipt["runs"].append(receipt["runs"][0] | own)
        receipt["spread"] = {"seeds": 2, "mean_wrong": 12.0, "deviation_wrong": 0.0}

    found = verify(edited(download(f"/s/{number}/receipt.json"), repeat, is_signed=True))

    assert found.exit_code == 1
    assert words in told(found)
    assert "NOT VERIFIED" in found.output


def test_the_seed_as_text_is_not_another_seed(download: Callable[..., Path], repeated: int) -> None:
    for query in ("", "?seed=4", "?seed=5"):
        download(f"/s/{repeated}/predictions.csv{query}")
    path = download(f"/s/{repeated}/receipt.json")

    found = verify(edited(path, lambda receipt: receipt["runs"][1].update(seed="3"), is_signed=True))

    assert found.exit_code == 1
    assert "the seed '3' is no whole number" in told(found)


def test_a_receipt_without_runs_is_not_verified(download: Callable[..., Path], number: int) -> None:
    download(f"/s/{number}/predictions.csv")

    found = verify(edited(download(f"/s/{number}/receipt.json"), lambda receipt: receipt.update(runs=[]), True))

    assert found.exit_code == 1
    assert "there is no run in it" in told(found)


def test_a_number_hidden_in_the_interval_does_not_take_the_place_of_the_runs_own(
    download: Callable[..., Path], repeated: int
) -> None:
    for query in ("", "?seed=4", "?seed=5"):
        download(f"/s/{repeated}/predictions.csv{query}")

    def hide(receipt: dict[str, Any]) -> None:
        run = receipt["runs"][0]
        run["interval"] |= {"wrong": run["wrong"], "accuracy": run["accuracy"]}
        run |= {"wrong": 0, "accuracy": 1.0}
        receipt["spread"] |= {"mean_wrong": 12.0, "deviation_wrong": float(np.std([0, 16, 20], ddof=1))}

    found = verify(edited(download(f"/s/{repeated}/receipt.json"), hide, is_signed=True))

    assert found.exit_code == 1
    for words in ("wrong is 0, but 12 follows", "accuracy is 1.0, but 0.94 follows", "mean_wrong is 12.0, but 16.0"):
        assert words in told(found)


def test_without_any_predictions_nothing_is_verified(download: Callable[..., Path], number: int) -> None:
    found = verify(download(f"/s/{number}/receipt.json"))

    assert found.exit_code == 1
    assert "no predictions were given. Download yannet-1.csv from its page" in told(found)


def flip_first(lines: list[str]) -> list[str]:
    cells = lines[1].split(",")
    return [lines[0], ",".join([cells[0], str((int(cells[1]) + 1) % 10), *cells[2:]]), *lines[2:]]


def call_wrong_right(lines: list[str]) -> list[str]:
    return [lines[0], lines[1][:-1] + "1", *lines[2:]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip_first, "the predictions are not those of the receipt"),
        (call_wrong_right, "1 of the predictions are called right or wrong, and are not"),
        (lambda lines: lines[:-1], "199 predictions for 200 test images"),
        (lambda lines: [lines[0], *lines[2:], lines[1]], "line 2 is no prediction of image 0"),
        (lambda lines: lines[1:], "it has no columns"),
        (lambda lines: [*lines, "200,11,0.5,1"], "line 202 is no prediction of image 200"),
    ],
)
def test_changed_predictions_are_found(
    download: Callable[..., Path], number: int, change: Callable[[list[str]], list[str]], words: str
) -> None:
    table = download(f"/s/{number}/predictions.csv")
    table.write_text("\n".join(change(table.read_text("utf-8").splitlines())), "utf-8")

    found = verify(download(f"/s/{number}/receipt.json"))

    assert found.exit_code == 1
    assert words in found.output


def numbers_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where numbers stand in JSON."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, inner in items for found in numbers_in(inner, (*path, key))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_any_changed_number_is_found(download: Callable[..., Path], repeated: int) -> None:
    for query in ("", "?seed=4", "?seed=5"):
        download(f"/s/{repeated}/predictions.csv{query}")
    path = download(f"/s/{repeated}/receipt.json")
    assert verify(path).exit_code == 0
    original = path.read_text("utf-8")
    places = numbers_in(json.loads(original))

    def raised(place: tuple[Any, ...]) -> int:
        receipt = json.loads(original)
        holder = receipt
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] += 1
        path.write_text(json.dumps(receipt), "utf-8")
        return verify(path).exit_code

    assert len(places) >= 40
    assert [place for place in places if raised(place) != 1] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda run: run.update(correct=189, wrong=11, accuracy=0.945), "but the receipt says 189 of 200"),
        (lambda run: run.update(accuracy=0.95), "accuracy is 0.95, but 0.94 follows"),
        (lambda run: run.update(wrong=11), "wrong is 11, but 12 follows"),
        (lambda run: run["interval"].update(high=0.99), "high is 0.99, but"),
        (lambda run: run.update(total=100), "is no score on 200 test images"),
        (lambda run: run["predictions"].update(sha256="0" * 64), "the predictions are not those of the receipt"),
        (lambda run: run.update(accuracy=float("nan")), "accuracy is nan"),
        (lambda run: run.update(correct="188"), "is no score"),
    ],
)
def test_a_forged_score_is_found_though_its_sha256_is_right(
    download: Callable[..., Path], number: int, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    download(f"/s/{number}/predictions.csv")
    path = edited(download(f"/s/{number}/receipt.json"), lambda receipt: change(receipt["runs"][0]), is_signed=True)

    found = verify(path)

    assert found.exit_code == 1
    assert words in found.output.replace("\n", " ")


def test_a_forged_spread_is_found(download: Callable[..., Path], repeated: int) -> None:
    download(f"/s/{repeated}/predictions.csv")
    path = download(f"/s/{repeated}/receipt.json")

    found = verify(edited(path, lambda receipt: receipt["spread"].update(deviation_wrong=0.1), is_signed=True))

    assert found.exit_code == 1
    assert "deviation_wrong is 0.1, but 4.0 follows" in found.output


def test_a_receipt_of_other_data_is_not_verified(download: Callable[..., Path], number: int) -> None:
    download(f"/s/{number}/predictions.csv")
    path = download(f"/s/{number}/receipt.json")

    found = verify(edited(path, lambda receipt: receipt["data"].update(sha256="0" * 64), is_signed=True))

    assert found.exit_code == 1
    assert "are not those of your copy" in found.output


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"submission": {"number": 1, "title": "x"}}',
        '{"submission": {"number": 1, "title": "x"}, "format": "mnist-benchmark receipt 1"}',
        '{"submission": {"number": 1, "title": "x"}, "format": "mnist-benchmark receipt 1", "sha256": "", '
        '"data": {"name": "practice", "sha256": null}, "runs": [{"correct": 1e999}], "spread": null}',
        "[" * 100_000,
    ],
)
@pytest.mark.mnist
def test_what_is_no_receipt_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "receipt.json"
    path.write_text(content, "utf-8")

    found = verify(path)

    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit)
    assert "receipt" in found.output


def test_a_title_cannot_command_the_terminal(download: Callable[..., Path], number: int) -> None:
    path = download(f"/s/{number}/receipt.json")

    found = verify(edited(path, lambda receipt: receipt["submission"].update(title="\x1b[2Jnet [red]")))

    assert "\x1b[2J" not in found.output
    assert "net [red]" in found.output


def test_without_mnist_it_says_how_to_name_it(download: Callable[..., Path], number: int, tmp_path: Path) -> None:
    path = edited(download(f"/s/{number}/receipt.json"), lambda receipt: receipt["data"].update(name="mnist"))

    found = verify(path, "--mnist", str(tmp_path))

    assert found.exit_code == 1
    assert "--mnist" in found.output


def test_verifying_neither_needs_torch_nor_makes_a_database(
    download: Callable[..., Path], number: int, tmp_path: Path
) -> None:
    path = download(f"/s/{number}/receipt.json")
    code = (
        "import sys; from typer.testing import CliRunner; from app.cli import app; "
        f"CliRunner().invoke(app, ['verify', {str(path)!r}]); "
        "print('torch' in sys.modules, 'fastapi' in sys.modules)"
    )
    folder = tmp_path / "empty"
    made = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert made.stdout.split() == ["False", "False"]
    assert not folder.exists()


def test_a_table_saved_by_a_spreadsheet_is_read(download: Callable[..., Path], number: int) -> None:
    table = download(f"/s/{number}/predictions.csv")
    table.write_bytes("﻿".encode() + table.read_bytes())

    assert verify(download(f"/s/{number}/receipt.json")).exit_code == 0


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    with pytest.raises(Unreadable, match="line 3 is no prediction of image 1"):
        read_predictions("image,read_as,confidence,right\n0,7,0.9,1\n1,x,0.9,1\n")
