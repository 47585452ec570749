"""The corpus is whole: each attack of the list has a folder, and each folder says what it is for and is run."""

from pathlib import Path

import pytest

from tests.corpus_cases import CORPUS, RUN_BY_DEFAULT, Case, read_case
from worker.story import CHILD_OUTCOMES

# SANDBOX.md, section 7.
LISTED = range(1, 71)
FOLDERS = sorted(path.parent for path in CORPUS.glob("*/expected.toml"))
LARGEST_FILE_BYTES = 4096
OUTCOMES = {"ok", "timed_out", "crashed", *map(str, CHILD_OUTCOMES)}
LEVELS = {"namespaces", "landlock"}


def test_every_listed_attack_has_a_folder() -> None:
    numbers = {int(folder.name.partition("-")[0]) for folder in FOLDERS}

    assert set(LISTED) <= numbers


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_case_says_what_is_tried_and_what_must_not_happen(folder: Path) -> None:
    case = read_case(folder)

    assert case.title
    assert case.never
    assert case.allowed.keys() <= LEVELS
    assert all(case.outcomes(level) <= OUTCOMES for level in LEVELS)
    assert (Path(__file__).parent / case.tested_by).exists()
    assert_that_it_shows_something(case)


def assert_that_it_shows_something(case: Case) -> None:
    """A program reports its attempts; of any other file the end of the run tells."""
    tries = case.attempts > 0 or case.code_may_run
    ends_badly = case.outcome != "ok" or case.name.startswith("00-honest")
    assert tries or ends_badly
    assert case.tested_by != RUN_BY_DEFAULT or case.has_program or (case.folder / "make.py").exists() or case.model


def test_nothing_in_the_corpus_is_binary_or_large() -> None:
    files = [path for folder in FOLDERS for path in folder.iterdir() if path.is_file()]

    assert {path.suffix for path in files} == {".py", ".toml"}
    assert [path for path in files if path.stat().st_size > LARGEST_FILE_BYTES] == []
    assert all(path.read_text("utf-8") for path in files)
