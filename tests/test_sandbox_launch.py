"""Children started cold and from a zygote, at each level; and what is left of them."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cells import make_cell, make_data
from tests.cells import run_cell
from tests.service import children_of, is_alive, wait_until
from worker.sandbox import launch
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.launch import SandboxFailed, launched
from worker.sandbox.limits import Limits
from worker.sandbox.starters import ColdStarter, Starter, WarmStarter

LEVELS = [Isolation.NAMESPACES, Isolation.LANDLOCK, Isolation.LIMITS]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_data(tmp_path_factory.mktemp("sandbox") / "digits")


@pytest.fixture
def warm() -> Iterator[WarmStarter]:
    starter = WarmStarter(runs_of_a_zygote=3)
    starter.warm_up()
    yield starter
    starter.close()


@pytest.fixture
def cold() -> Iterator[ColdStarter]:
    starter = ColdStarter()
    yield starter
    starter.close()


def zygote_of(starter: WarmStarter) -> int:
    assert starter.zygote_pid is not None
    return starter.zygote_pid


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
def test_a_job_runs_to_its_end_at_each_level(
    tmp_path: Path, data: Path, warm: WarmStarter, cold: ColdStarter, level: Isolation, is_warm: bool
) -> None:
    starter: Starter = warm if is_warm else cold

    heard = run_cell(make_cell(tmp_path / "cell", data, level), starter)

    assert heard.kinds[0] == "hello"
    assert heard.kinds[-1] == "analysis"
    assert heard.exit is not None
    assert heard.exit.code == 0
    assert heard.output == ""


def test_a_zygote_is_replaced_after_its_runs_and_the_old_one_ends(
    tmp_path: Path, data: Path, warm: WarmStarter
) -> None:
    first = zygote_of(warm)

    ends = [run_cell(make_cell(tmp_path / str(number), data, Isolation.LIMITS), warm).kinds[-1] for number in range(4)]
    wait_until(lambda: warm.zygote_pid != first, 60)

    assert ends == ["analysis"] * 4
    wait_until(lambda: not is_alive(first), 10)
    assert run_cell(make_cell(tmp_path / "last", data, Isolation.LIMITS), warm).kinds[-1] == "analysis"


def test_runs_start_cold_when_the_zygote_was_killed_until_there_is_a_new_one(
    tmp_path: Path, data: Path, warm: WarmStarter
) -> None:
    first = zygote_of(warm)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_alive(first), 10)

    heard = run_cell(make_cell(tmp_path / "cold", data, Isolation.NAMESPACES), warm)
    again = run_cell(make_cell(tmp_path / "colder", data, Isolation.NAMESPACES), warm)
    wait_until(lambda: warm.zygote_pid not in (None, first), 60)

    assert heard.kinds[-1] == again.kinds[-1] == "analysis"


@pytest.mark.parametrize("level", LEVELS)
def test_a_child_is_gone_when_the_worker_lets_go(
    tmp_path: Path, data: Path, warm: WarmStarter, level: Isolation
) -> None:
    cell = make_cell(tmp_path / "cell", data, level, model="yannet", recipe=long_recipe())

    async def begin_and_let_go() -> int:
        async with launched(cell, warm) as child:
            await child.progress.readline()
            return child.warden_pid

    warden = asyncio.run(begin_and_let_go())

    wait_until(lambda: not is_alive(warden), 5)
    assert living_children_of(zygote_of(warm)) == []


def long_recipe() -> dict[str, object]:
    from app.core.recipes import Recipe

    return Recipe(epochs=20, batch_size=8).model_dump()


def living_children_of(pid: int) -> list[int]:
    return [child for child in children_of(pid) if is_alive(child)]


def test_a_child_dies_with_its_zygote(tmp_path: Path, data: Path, warm: WarmStarter) -> None:
    cell = make_cell(tmp_path / "cell", data, Isolation.NAMESPACES, model="yannet", recipe=long_recipe())

    async def begin_and_lose_the_zygote() -> bytes:
        async with launched(cell, warm) as child:
            await child.progress.readline()
            os.kill(zygote_of(warm), signal.SIGKILL)
            rest, _ = await asyncio.gather(child.progress.read(), child.frames.read())
            with pytest.raises(SandboxFailed):
                await child.wait()
            return rest

    assert b"done" not in asyncio.run(begin_and_lose_the_zygote())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_whole_group_ends_neither_zygote_nor_warden_nor_child(
    tmp_path: Path, data: Path, warm: WarmStarter, number: signal.Signals
) -> None:
    cell = make_cell(tmp_path / "cell", data, Isolation.LANDLOCK)

    async def signal_all() -> bytes:
        async with launched(cell, warm) as child:
            await child.progress.readline()
            for pid in (zygote_of(warm), child.warden_pid, *living_children_of(child.warden_pid)):
                os.kill(pid, number)
            rest, _ = await asyncio.gather(child.progress.read(), child.frames.read())
            return rest

    assert b'"part": "latency", "problem": null' in asyncio.run(signal_all()).splitlines()[-1]


def test_a_zygote_that_hangs_is_given_up_and_the_next_run_starts_cold(
    tmp_path: Path, data: Path, warm: WarmStarter, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = zygote_of(warm)
    os.kill(hung, signal.SIGSTOP)
    monkeypatch.setattr(launch, "FIRST_WORD_LIMIT_S", 1)

    with pytest.raises(SandboxFailed, match="no word of the warden"):
        run_cell(make_cell(tmp_path / "first", data, Isolation.NAMESPACES), warm)
    monkeypatch.undo()
    heard = run_cell(make_cell(tmp_path / "second", data, Isolation.NAMESPACES), warm)

    assert warm.zygote_pid != hung
    assert heard.kinds[-1] == "analysis"


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def test_starts_that_are_cancelled_harm_no_other_run_and_leave_no_open_file(
    tmp_path: Path, data: Path, warm: WarmStarter
) -> None:
    zygote, before = zygote_of(warm), open_files()

    async def cancel_at(turns: int, cell: Cell) -> None:
        async def start() -> None:
            async with launched(cell, warm):
                await asyncio.sleep(60)

        task = asyncio.create_task(start())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    for turns in range(12):
        asyncio.run(cancel_at(turns, make_cell(tmp_path / str(turns), data, Isolation.LANDLOCK)))

    assert is_alive(zygote)
    assert open_files() == before
    wait_until(lambda: living_children_of(zygote) == [], 10)


def test_a_sandbox_that_cannot_be_built_is_our_fault_and_says_what_failed(
    tmp_path: Path, data: Path, cold: ColdStarter
) -> None:
    cell = make_cell(tmp_path / "cell", data, Isolation.NAMESPACES)
    (tmp_path / "cell" / "scratch").rmdir()
    (tmp_path / "cell").rmdir()

    with pytest.raises(SandboxFailed, match="mount"):
        run_cell(cell, cold)


def test_cpu_time_over_the_limit_ends_the_child_and_is_told(tmp_path: Path, data: Path, warm: WarmStarter) -> None:
    limits = Limits(2 << 30, cpu_time_s=1)
    cell = make_cell(tmp_path / "cell", data, Isolation.NAMESPACES, limits, model="yannet", recipe=long_recipe())

    heard = run_cell(cell, warm)

    assert heard.exit is not None
    assert heard.exit.code == -signal.SIGKILL  # the first process of a namespace does not hear SIGXCPU
    assert 1 <= heard.exit.cpu_s < 10
