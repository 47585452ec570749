"""Claims: saved once, listed, withdrawn, run; and the command that imports them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from app.cli import app
from app.core import claims
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound
from app.core.jobs import get_jobs
from app.core.tables import Claim, Submission
from app.core.thread.reading import read_thread
from tests.board_factories import make_result, make_user
from tests.threads import IMPOSSIBLE, NO_LAYERS, TWO_CONVOLUTIONS, make_posts, old_thread


def import_posts(session: Session, *texts: str) -> list[Claim]:
    return claims.save(session, claims.draft(session, make_posts(*texts)), None)


@pytest.fixture
def thread(tmp_path: Path) -> Path:
    path = tmp_path / "comments.json"
    path.write_text(json.dumps(old_thread()), "utf-8")
    return path


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["import-thread", *arguments], input=answer)


def stored(session: Session) -> list[Claim]:
    return list(session.exec(select(Claim)))


def test_a_post_with_an_accuracy_becomes_a_claim_that_keeps_its_text(session: Session) -> None:
    (claim,) = import_posts(session, TWO_CONVOLUTIONS)

    assert claim.text == TWO_CONVOLUTIONS
    assert claim.accuracy == pytest.approx(0.9427)
    assert claim.understood["optimizer"] == "Adam"
    assert claim.understood["layers"][0] == {"kind": "conv", "inputs": 1, "outputs": 10, "kernel": 5}


def test_a_post_without_an_accuracy_is_no_claim(session: Session) -> None:
    assert import_posts(session, "Please share your results here.") == []


def test_importing_again_adds_only_what_is_new(session: Session) -> None:
    import_posts(session, NO_LAYERS)

    assert [claim.text for claim in import_posts(session, NO_LAYERS, TWO_CONVOLUTIONS)] == [TWO_CONVOLUTIONS]
    assert len(stored(session)) == 2


def test_a_thread_pasted_after_its_json_adds_nothing(session: Session) -> None:
    claims.save(session, claims.draft(session, read_thread(json.dumps(old_thread()[1:2]).encode())), None)
    pasted = f"student-2 commented on Nov 5, 2021\n\n{TWO_CONVOLUTIONS}\n"

    (again,) = claims.draft(session, read_thread(pasted.encode()))

    assert again.is_known


def test_a_post_that_another_import_has_just_saved_is_left_alone(session: Session) -> None:
    drafts = claims.draft(session, make_posts(NO_LAYERS, TWO_CONVOLUTIONS))
    import_posts(session, NO_LAYERS)

    assert [claim.text for claim in claims.save(session, drafts, None)] == [TWO_CONVOLUTIONS]


def test_an_import_that_fails_half_way_leaves_nothing(session: Session) -> None:
    import_posts(session, NO_LAYERS, TWO_CONVOLUTIONS)
    session.rollback()

    assert stored(session) == []


def test_a_withdrawn_claim_is_there_for_teachers_only_and_no_import_brings_it_back(session: Session) -> None:
    (claim,) = import_posts(session, NO_LAYERS)
    student, teacher = make_user(session), make_user(session, "ms-li", "teacher")
    claims.withdraw_claim(session, claim)

    with pytest.raises(NotFound):
        claims.find_claim(session, claim.stored_id, student)
    assert claims.find_claim(session, claim.stored_id, teacher) is claim
    assert import_posts(session, NO_LAYERS) == []
    assert claims.list_claims(session, student) == []
    assert claims.list_claims(session, teacher) == [claim]


def test_a_restored_claim_is_there_for_everybody(session: Session) -> None:
    (claim,) = import_posts(session, NO_LAYERS)
    claims.withdraw_claim(session, claim)
    claims.restore_claim(session, claim)

    assert claims.list_claims(session, None) == [claim]


def test_only_teachers_may_import(session: Session) -> None:
    with pytest.raises(NotAllowed):
        claims.require_teacher(make_user(session))


def test_running_a_claim_submits_its_network_with_its_recipe(session: Session) -> None:
    (claim,) = import_posts(session, TWO_CONVOLUTIONS)

    submission, is_new = claims.run_claim(session, get_jobs(), make_user(session), claim, {}, "notes", None)

    assert is_new
    assert (submission.claim_id, submission.claimed_accuracy) == (claim.id, pytest.approx(0.9427))
    assert (submission.model_file_name, submission.class_name) == ("claim_1.py", "Net")
    assert submission.recipe["optimizer"] == "Adam"
    assert submission.recipe["learning_rate"] == 0.001


def test_running_a_claim_twice_with_one_key_submits_once(session: Session) -> None:
    (claim,) = import_posts(session, TWO_CONVOLUTIONS)
    user = make_user(session)

    first, _ = claims.run_claim(session, get_jobs(), user, claim, {}, "", "a-key")
    second, is_new = claims.run_claim(session, get_jobs(), user, claim, {}, "", "a-key")

    assert first.number == second.number
    assert not is_new


def test_a_changed_recipe_is_checked_like_any_other(session: Session) -> None:
    (claim,) = import_posts(session, TWO_CONVOLUTIONS)

    with pytest.raises(InvalidFields) as caught:
        claims.run_claim(session, get_jobs(), make_user(session), claim, {"epochs": "many"}, "", None)

    assert "epochs" in caught.value.fields


def test_a_claim_that_is_no_network_is_refused_with_its_reason(session: Session) -> None:
    (claim,) = import_posts(session, IMPOSSIBLE)

    with pytest.raises(Conflict, match="320 is not 16·k²"):
        claims.run_claim(session, get_jobs(), make_user(session), claim, {}, "", None)


def test_a_claim_counts_as_measured_when_a_submission_of_it_has_a_result(session: Session) -> None:
    first, _ = import_posts(session, TWO_CONVOLUTIONS, NO_LAYERS)
    submission, _ = claims.run_claim(session, get_jobs(), make_user(session), first, {}, "", None)
    before = claims.count_unmeasured(session)
    make_result(session, submission, wrong=57)

    (rebuilt,) = claims.rebuilt_of(session, [first.stored_id])[first.stored_id]
    assert (before, claims.count_unmeasured(session)) == (2, 1)
    assert rebuilt.accuracy == pytest.approx(0.943)


def test_a_withdrawn_submission_measures_no_claim(session: Session) -> None:
    from app.core.submissions import withdraw

    (claim,) = import_posts(session, TWO_CONVOLUTIONS)
    submission, _ = claims.run_claim(session, get_jobs(), make_user(session), claim, {}, "", None)
    make_result(session, submission)
    withdraw(session, get_jobs(), submission)
    session.flush()

    assert claims.count_unmeasured(session) == 1
    assert claims.rebuilt_of(session, [claim.stored_id]) == {}


def test_the_command_saves_the_claims_of_the_old_thread(data_dir: Path, session: Session, thread: Path) -> None:
    found = run(str(thread), "--yes")

    assert found.exit_code == 0
    assert "Saved 4 claims" in found.output
    assert [claim.accuracy for claim in stored(session)] == pytest.approx([0.9847, 0.9427, 0.9918, 0.9833])
    assert [claim.imported_by for claim in stored(session)] == [None] * 4


@pytest.mark.parametrize(("answer", "count"), [("y\n", 4), ("n\n", 0)])
def test_the_command_asks_before_it_saves(
    data_dir: Path, session: Session, thread: Path, answer: str, count: int
) -> None:
    found = run(str(thread), answer=answer)

    assert found.exit_code in (0, 1)
    assert "Save 4 claims?" in found.output
    assert len(stored(session)) == count


def test_the_command_shows_what_it_understood(data_dir: Path, thread: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.console.width", 700)

    output = run(str(thread), "--yes").output

    assert "94.27 %" in output
    assert "conv 1->10 5x5, ReLU, max pool" in output
    assert "320 is not 16·k²" in output


def test_the_command_a_second_time_finds_nothing_new(data_dir: Path, session: Session, thread: Path) -> None:
    run(str(thread), "--yes")

    found = run(str(thread), "--yes")

    assert "nothing new" in found.output
    assert len(stored(session)) == 4


def test_the_command_reads_standard_input_and_saves_only_when_told_to(data_dir: Path, session: Session) -> None:
    first = run("-", answer=json.dumps(old_thread()))
    before = len(stored(session))
    session.rollback()
    run("-", "--yes", answer=json.dumps(old_thread()))

    assert "Nothing was saved" in first.output
    assert (before, len(stored(session))) == (0, 4)


@pytest.mark.parametrize(
    ("content", "words"), [(b"{", "cannot be read as JSON"), (b"", "No post"), (None, "cannot be read: No such file")]
)
def test_the_command_refuses_what_is_no_thread(
    data_dir: Path, tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "thread.json"
    if content is not None:
        path.write_bytes(content)

    found = run(str(path))

    assert found.exit_code == 1
    assert words in found.output


def test_a_post_cannot_steer_the_terminal(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "thread.md"
    path.write_text("### 2021-11-03 alice\n\x1b[2Jacc 98 % [bold]x[/bold] linear 784->10", "utf-8")

    assert "\x1b[2J" not in run(str(path), "--yes").output


def test_a_claim_leaves_no_submission_behind_when_it_is_only_imported(session: Session) -> None:
    import_posts(session, TWO_CONVOLUTIONS)

    assert session.exec(select(Submission)).all() == []


def test_the_title_of_a_rebuilt_claim_is_the_same_in_every_language(session: Session) -> None:
    (claim,) = import_posts(session, TWO_CONVOLUTIONS)

    submission, _ = claims.run_claim(session, get_jobs(), make_user(session), claim, {}, "", None)

    assert submission.title == f"{claim.author} · 94.27 %"


def test_a_title_without_an_author_has_the_number_of_the_claim_and_one_with_a_long_one_fits() -> None:
    nobody, long = Claim(id=7, accuracy=0.9427), Claim(id=7, accuracy=0.9427, author="a" * 80)

    assert claims.title_of(nobody) == "#7 · 94.27 %"
    assert len(claims.title_of(long)) == 80


def test_the_command_before_the_first_start_says_what_to_do(
    tmp_path: Path, thread: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "fresh")}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "app.cli", "import-thread", str(thread), "--yes"]

    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert found.returncode == 1
    assert "mnist-benchmark up" in found.stderr
    assert "Traceback" not in found.stderr
