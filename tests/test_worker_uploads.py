"""Uploaded code carried out by a real worker in its sandbox, from the database to the result."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.accounts import NewUser, find_user, sign_up
from app.core.blobs import get_blobs
from app.core.checks import request_check
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.requests import ModelFile, Request
from app.core.submissions import create
from app.core.tables import Heartbeat, QuickCheck, User
from tests.service import (
    END_LIMIT_S,
    Service,
    ended,
    queue,
    results_of,
    rows,
    run_of,
    service,
    service_of_many,
    standing_of,
    wait_until,
    write_tiny_dataset,
)

HOMEWORK = """\
import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision import datasets
HIDDEN = 32
class Net(nn.Module):
    def __init__(self, hidden=HIDDEN):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))
    def forward(self, x):
        return self.layers(x)
train = datasets.MNIST("./data", download=True)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
plt.plot([1, 2])
"""


@pytest.fixture
def running(data_dir: Path) -> Iterator[Service]:
    write_tiny_dataset(data_dir)
    with service(data_dir, WARM_START="true") as started:
        yield started


@pytest.fixture(scope="module", params=["namespaces", "landlock"])
def level(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Iterator[str]:
    """How the one worker for all tests that ask for it shuts its runs in."""
    with service_of_many(tmp_path_factory, migrated_sqlite, ISOLATION=request.param):
        yield request.param


def student() -> User:
    with session_scope() as session:
        return find_user(session, "ma-li") or sign_up(session, NewUser("ma-li", "Ma Li", "a password for tests"))


def request_of(source: str, **changes: Any) -> Request:
    model_file = ModelFile(get_blobs().store([source.encode()], 1 << 20), "homework.py")
    return Request(model_file=model_file, recipe={"epochs": 1}, **changes)


def submit(source: str, **changes: Any) -> int:
    user = student()
    with session_scope() as session:
        submission, _ = create(session, get_jobs(), user, request_of(source, **changes), "mnist")
        assert submission.number is not None
        return submission.number


def ask(source: str, **changes: Any) -> QuickCheck:
    """Ask for a check and wait for its answer."""
    user = student()
    with session_scope() as session:
        check_id = request_check(session, get_jobs(), user, request_of(source, **changes)).id

    def finished() -> QuickCheck | None:
        return next((check for check in rows(QuickCheck) if check.id == check_id and check.finished), None)

    found = wait_until(finished, END_LIMIT_S)
    assert isinstance(found, QuickCheck)
    return found


def test_a_homework_script_is_trained_and_what_was_found_is_kept(level: str) -> None:
    number = submit(HOMEWORK)

    assert ended(number) is Outcome.OK, standing_of(number)

    (result,) = results_of(number)
    assert run_of(number).isolation == level
    assert result.parameters == 784 * 32 + 32 + 320 + 10
    assert result.detected["class_name"] == "Net"
    assert result.detected["output"] == "logits"


def test_runs_without_a_zygote_come_to_the_same(running: Service) -> None:
    running.worker(WARM_START="false")
    number = submit(HOMEWORK)

    assert ended(number) is Outcome.OK
    assert run_of(number).isolation == "namespaces"


@pytest.mark.usefixtures("level")
def test_a_check_reports_the_network_and_the_scripts_own_settings() -> None:
    check = ask(HOMEWORK)

    assert check.outcome == "ok", (check.message, check.detail)
    assert check.report is not None
    assert check.report["class_name"] == "Net"
    assert check.report["parameters"] == 25450
    assert check.report["flops"] > 0
    assert check.report["suggestions"]["momentum"] == 0.9
    assert check.report["missing"] == []


@pytest.mark.usefixtures("level")
def test_a_check_of_a_broken_script_shows_the_students_own_line() -> None:
    check = ask(HOMEWORK.replace("nn.Linear(784, hidden)", "nn.Linear(783, hidden)"))

    assert check.outcome == "bad_model"
    assert "homework.py" in str(check.detail)
    assert "return self.layers(x)" in str(check.detail)


@pytest.mark.usefixtures("level")
def test_a_check_that_does_not_end_is_stopped_after_five_seconds() -> None:
    check = ask(HOMEWORK.replace("super().__init__()", "super().__init__()\n        while True: pass"))

    assert check.outcome == "timed_out"
    assert check.finished is not None
    assert "5" in str(check.message)


@pytest.mark.parametrize("isolation", ["namespaces", "landlock"])
def test_a_run_over_its_memory_is_stopped_and_says_how_much_there_is(running: Service, isolation: str) -> None:
    running.worker(ISOLATION=isolation, MEMORY_LIMIT_BYTES=str(1 << 30))
    number = submit(HOMEWORK.replace("super().__init__()", "super().__init__(); self.extra = torch.ones(400_000_000)"))

    assert ended(number) is Outcome.OUT_OF_MEMORY
    assert "memory" in str(standing_of(number).message)


def test_a_worker_without_a_sandbox_refuses_code_says_why_and_still_runs_the_zoo(running: Service) -> None:
    running.worker(ISOLATION="limits")
    refused, taken = submit(HOMEWORK), queue()

    assert ended(refused) is Outcome.REFUSED
    assert ended(taken) is Outcome.OK

    assert "switched off by ISOLATION" in str(standing_of(refused).message)
    assert "switched off by ISOLATION" in running.logs()
    (heartbeat,) = rows(Heartbeat)
    assert heartbeat.isolation == "limits"
    assert "switched off by ISOLATION" in str(heartbeat.refusal)
