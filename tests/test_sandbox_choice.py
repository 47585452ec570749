"""Which level a worker takes, and what it says when none holds."""

from pathlib import Path

import pytest
from rich.console import Console

from app.core.settings import Settings
from benchmarks.cells import MEMORY_BYTES, make_data
from worker import doctor
from worker.sandbox import choice
from worker.sandbox.choice import choose_sandbox
from worker.sandbox.isolation import Isolation
from worker.sandbox.starters import Starter


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("choice") / "digits") / "train-images.npy"


def let_fail(monkeypatch: pytest.MonkeyPatch, *levels: Isolation) -> None:
    """Let the self-test find something at these levels, and nothing at the others."""

    async def found(
        level: Isolation, starter: Starter, needed: Path, memory_bytes: int, secrets: object = ()
    ) -> list[str]:
        return [f"a run could escape from {level}"] if level in levels else []

    monkeypatch.setattr(choice, "reasons_against", found)


def test_the_best_level_that_holds_here_is_taken(needed: Path) -> None:
    sandbox = choose_sandbox(Isolation.NAMESPACES, is_warm=False, needed=needed, memory_bytes=MEMORY_BYTES)
    sandbox.starter.close()

    assert sandbox.isolation is Isolation.NAMESPACES
    assert sandbox.refusal is None
    assert sandbox.reasons == {}


def test_the_next_level_is_taken_where_the_best_does_not_hold(needed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_fail(monkeypatch, Isolation.NAMESPACES)

    sandbox = choose_sandbox(Isolation.NAMESPACES, is_warm=False, needed=needed, memory_bytes=MEMORY_BYTES)

    assert sandbox.isolation is Isolation.LANDLOCK
    assert sandbox.refusal is None
    assert sandbox.reasons == {Isolation.NAMESPACES: ["a run could escape from namespaces"]}


def test_uploads_are_refused_with_all_reasons_where_no_level_holds(
    needed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_fail(monkeypatch, Isolation.NAMESPACES, Isolation.LANDLOCK)

    sandbox = choose_sandbox(Isolation.NAMESPACES, is_warm=False, needed=needed, memory_bytes=MEMORY_BYTES)

    assert sandbox.isolation is Isolation.LIMITS
    assert "escape from namespaces" in str(sandbox.refusal)
    assert "escape from landlock" in str(sandbox.refusal)


def test_a_data_set_that_a_run_could_not_read_speaks_against_a_level(needed: Path) -> None:
    sandbox = choose_sandbox(
        Isolation.NAMESPACES, is_warm=False, needed=needed.with_name("missing.npy"), memory_bytes=MEMORY_BYTES
    )
    sandbox.starter.close()

    assert sandbox.isolation is Isolation.LIMITS
    assert "a run cannot read the training images" in str(sandbox.refusal)


def test_a_secret_where_libraries_lie_speaks_against_every_level(needed: Path) -> None:
    secret = needed.with_name("train-labels.npy")  # stands for any file of ours in a folder that runs may read

    sandbox = choose_sandbox(
        Isolation.NAMESPACES, is_warm=False, needed=needed, memory_bytes=MEMORY_BYTES, secrets=[secret]
    )
    sandbox.starter.close()

    assert sandbox.isolation is Isolation.LIMITS
    assert str(sandbox.refusal).count("a run could read train-labels.npy") == 2


def examined(monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    console = Console(record=True, width=200)
    status = doctor.examine(Settings(), console)
    return status, console.export_text()


def test_the_doctor_names_the_level_and_what_it_means(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, text = examined(monkeypatch)

    assert status == 0
    assert "A worker here takes the level namespaces: uploads run with a file system" in text
    assert "Landlock" in text


def test_the_doctor_says_how_to_get_what_is_missing(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(flags: int) -> None:
        raise PermissionError("unshare: Operation not permitted")

    monkeypatch.setattr(doctor.kernel, "unshare", refused)
    monkeypatch.setattr(doctor.landlock, "version", lambda: 0)

    async def fails(
        level: Isolation, starter: Starter, needed: Path, memory_bytes: int, secrets: object = ()
    ) -> list[str]:
        return ["no Landlock"]

    monkeypatch.setattr(doctor, "reasons_against", fails)

    status, text = examined(monkeypatch)

    assert status == 1
    assert "uploaded code is refused; models of the zoo" in text
    assert "/sys/kernel/security/lsm" in text
    assert "unshare: Operation not permitted" in text
