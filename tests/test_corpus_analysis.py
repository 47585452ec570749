"""A run that hangs when its results are sent keeps them: the analysis has a time of its own."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.corpus_cases import read_cases
from tests.corpus_ground import Ground
from tests.corpus_runs import make_upload, run_case
from tests.test_corpus import assert_as_expected
from worker import watch
from worker.sandbox.choice import Sandbox
from worker.sandbox.isolation import Isolation
from worker.sandbox.starters import ColdStarter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux'")
(CASE,) = read_cases("test_corpus_analysis.py")


def test_a_run_that_hangs_in_its_analysis_keeps_its_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ANALYSIS_LIMIT_S", 1)
    tmp_path.chmod(0o755)
    ground = Ground.prepare(tmp_path)
    folder = ground.folder / "jobs" / CASE.name
    (folder / "scratch").mkdir(parents=True)

    upload = make_upload(CASE, folder, ground.places(None), None)

    with closing(ColdStarter()) as starter:
        told = run_case(CASE, ground, Sandbox(Isolation.NAMESPACES, starter), folder, upload)

    assert_as_expected(CASE, Isolation.NAMESPACES, told)
