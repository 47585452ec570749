"""Every case of the corpus in a real sandbox at both levels: what is tried is held, nothing comes to harm or stays."""

import ctypes
import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.corpus_cases import Case, Maker, read_cases
from tests.corpus_ground import SECRET, Ground, remove, surviving, victim_of
from tests.corpus_levels import LEVELS
from tests.corpus_runs import Told, make_upload, run_case
from tests.decoys import Decoys
from worker.sandbox.choice import Sandbox, make_starter
from worker.sandbox.isolation import Isolation
from worker.sandbox.starters import ColdStarter, Starter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux'")
CASES = read_cases()
# What a fresh interpreter could do differently from a fork of a warm one: what it inherits, and its threads.
ALSO_COLD = ("12-secrets-in-environment", "13-inherited-files", "24-second-thread", "107-shared-mappings")
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground.prepare(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def warm() -> Iterator[Starter]:
    """A zygote of a worker whose environment has a secret; orphans of its runs become this process' own."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ["CORPUS_SECRET"] = SECRET
    starter = make_starter(is_warm=True)
    yield starter
    starter.close()
    del os.environ["CORPUS_SECRET"]
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def cold() -> Iterator[Starter]:
    with closing(ColdStarter()) as starter:
        yield starter


@pytest.fixture(scope="module")
def maker() -> Iterator[Maker]:
    made = Maker()
    yield made
    made.close()


def tried(case: Case, ground: Ground, sandbox: Sandbox, maker: Maker) -> Told:
    """Run a case with what it needs around it; AssertionError if anything has come to harm or stays behind."""
    folder = ground.folder / "jobs" / case.name
    (folder / "scratch").mkdir(parents=True)
    Decoys.make(ground.decoys.folder)
    try:
        with victim_of(case, ground) as victim:
            upload = make_upload(case, folder, ground.places(victim), maker)
            before = ground.state()
            told = run_case(case, ground, sandbox, folder, upload)
            assert surviving(ground.strangers) == []
            assert ground.state() == before
    finally:
        remove(folder)
    return told


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_attack_is_held(case: Case, level: Isolation, ground: Ground, warm: Starter, maker: Maker) -> None:
    told = tried(case, ground, Sandbox(level, warm), maker)

    assert_as_expected(case, level, told)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", [case for case in CASES if case.name in ALSO_COLD], ids=lambda case: case.name)
@pytest.mark.usefixtures("warm")  # for the secret in the environment, and the orphans
def test_an_attack_is_held_in_a_fresh_interpreter(
    case: Case, level: Isolation, ground: Ground, cold: Starter, maker: Maker
) -> None:
    told = tried(case, ground, Sandbox(level, cold), maker)

    assert_as_expected(case, level, told)


def assert_as_expected(case: Case, level: Isolation, told: Told) -> None:
    """What `expected.toml` says of a case holds."""
    attempts = told.attempts
    assert attempts.escaped.keys() <= set(case.allowed.get(level, [])), told.log[-3000:]
    assert told.outcome in case.outcomes(level), (told.message, told.detail, told.log[-3000:])
    assert case.says in told.message
    assert case.detail_says in told.detail
    if not case.code_may_run:
        assert len(attempts.tried) == case.attempts, told.log[-3000:]
    assert attempts.without_answer in ([], attempts.tried[-1:] if case.dies else [])
    assert_measured(case, told)


def assert_measured(case: Case, told: Told) -> None:
    """The numbers of a run are within what its case expects."""
    story = told.ending.story
    if case.accuracy is not None:
        assert told.accuracy == pytest.approx(case.accuracy)
    if case.parameters is not None:
        assert story.parameters == case.parameters
    if case.train_seconds_above is not None:
        assert story.train_seconds > case.train_seconds_above
    if case.worker_memory_bytes is not None:
        assert told.worker_memory_bytes < case.worker_memory_bytes
    if case.seconds_below is not None:
        assert told.seconds < case.seconds_below
    if case.unmeasured is not None:
        assert told.unmeasured == case.unmeasured
    assert (told.accuracy or 0) <= case.accuracy_at_most
    assert len(told.events) < case.events_below
    assert len(told.log) < case.log_below
    assert len(told.message) + len(told.detail) < case.message_below
    assert len(json.dumps(told.kept())) < case.told_below
    assert told.control_characters() == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_run_after_all_attacks_is_as_honest_as_before(
    level: Isolation, ground: Ground, warm: Starter, maker: Maker
) -> None:
    case = next(case for case in CASES if case.name == "00-honest-program")

    told = tried(case, ground, Sandbox(level, warm), maker)

    assert_as_expected(case, level, told)
    assert told.accuracy is not None
