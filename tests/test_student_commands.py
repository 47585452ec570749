"""The students' commands at a terminal, against a real service on a real socket."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands.boards import TRACKS as NAMED_TRACKS
from app.commands.kept_sign_in import SignIn, keep, sign_in_file
from app.commands.recipe_options import recipe_options
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.recipes import Recipe
from app.core.runs import latest_run
from app.core.submissions import Request, create, find
from app.core.tables import ApiToken
from app.core.tracks import TRACKS
from tests.api import Api, safetensors
from tests.board_factories import make_failure, make_result
from tests.factories import PASSWORD, make_member
from tests.test_client import token_of

pytest_plugins = ["tests.api_fixtures"]

Run = Callable[..., Result]
NET = "import torch.nn as nn\nclass Net(nn.Module):\n    pass\n"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is signed in, and nothing is said by the environment."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("HOST", "TOKEN", "LANGUAGE"):
        monkeypatch.delenv(f"MNIST_BENCHMARK_{name}", raising=False)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


@pytest.fixture
def student(api: Api, live: str) -> str:
    """The owner, signed in at a running service; its address."""
    keep(live, SignIn("owner", token_of(api.owner)))
    return live


def submitted() -> dict[str, Any]:
    """What `submit` has sent, as it is stored."""
    found = run("show", "1", "--json")
    read: dict[str, Any] = json.loads(found.stdout)
    return read


def measure(number: int, **result: Any) -> None:
    with session_scope() as session:
        make_result(session, find(session, number), **result)


def test_signing_in_asks_for_handle_and_password_and_keeps_a_token_to_oneself(api: Api, live: str) -> None:
    with session_scope() as session:
        make_member(session)

    found = run("login", "--host", live, typed=f"zhou-yi\n{PASSWORD}\n")

    assert found.exit_code == 0, found.output
    assert f"Signed in at {live} as zhou-yi" in found.stdout
    assert PASSWORD not in found.output
    assert sign_in_file().stat().st_mode & 0o777 == 0o600
    assert sign_in_file().parent.stat().st_mode & 0o777 == 0o700
    assert run("submit", "--model", "yannet").exit_code == 0


def test_a_wrong_password_is_refused_with_the_services_sentence(api: Api, live: str) -> None:
    with session_scope() as session:
        make_member(session)

    found = run("login", "--host", live, "--handle", "zhou-yi", typed="not this one\n")

    assert found.exit_code == 4
    assert "do not belong together" in found.stderr
    assert not sign_in_file().exists()


def test_signing_in_with_a_token_tries_it(api: Api, live: str) -> None:
    refused, taken = (run("login", "--host", live, "--token", token) for token in ("mnb_x", token_of(api.owner)))

    assert (refused.exit_code, taken.exit_code) == (4, 0)
    assert "as owner" in taken.stdout


def test_signing_out_revokes_the_token_that_signing_in_made(api: Api, live: str) -> None:
    with session_scope() as session:
        make_member(session)
    run("login", "--host", live, typed=f"zhou-yi\n{PASSWORD}\n")

    found = json.loads(run("logout", "--json").stdout)

    assert found == {"host": live, "signed_in": False, "revoked": True}
    assert run("submit", "--model", "yannet").exit_code == 4
    with session_scope() as session:
        assert [token.name for token in session.exec(select(ApiToken))] == ["for tests"] * 3


def test_signing_in_again_leaves_one_token(api: Api, live: str) -> None:
    with session_scope() as session:
        make_member(session)
    [run("login", "--host", live, typed=f"zhou-yi\n{PASSWORD}\n") for _ in range(3)]

    with session_scope() as session:
        names = [token.name for token in session.exec(select(ApiToken)) if token.name != "for tests"]
    assert len(names) == 1


def test_signing_out_where_nobody_is_signed_in_says_so(live: str) -> None:
    assert "Nobody is signed in" in run("logout", "--host", live).stdout


def test_a_token_goes_to_its_own_host_only(student: str, live: str) -> None:
    other = live.replace("127.0.0.1", "localhost")

    assert run("submit", "--model", "yannet", "--host", other).exit_code == 4


def test_a_file_of_sign_ins_that_is_broken_is_as_good_as_none(student: str) -> None:
    sign_in_file().write_text("{")

    assert run("submit", "--model", "yannet", "--host", student).exit_code == 4


def test_a_file_is_submitted_with_all_that_was_said(student: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "notes.md").write_text("学到的", "utf-8")
    said = "--class Net --arguments hidden=64 --epochs 5 --learning-rate 0.05 --momentum 0.9 --nesterov --seed 7"

    found = run(
        "submit", str(tmp_path / "net.py"), *said.split(), "--title", "深", "--notes-file", f"{tmp_path}/notes.md"
    )

    read = submitted()
    assert found.exit_code == 0, found.output
    assert f"#1 “深” is queued, number 1 in line: {student}/s/1" in found.stdout
    assert (read["title"], read["class_name"], read["arguments"], read["notes"]) == ("深", "Net", "hidden=64", "学到的")
    expected = Recipe(epochs=5, learning_rate=0.05, momentum=0.9, nesterov=True, seed=7)
    assert (read["recipe"], read["model_file"]["name"]) == (expected.model_dump(), "net.py")


def test_options_of_a_model_of_the_zoo_are_sent(student: str) -> None:
    run("submit", "--model", "yannet", "--option", "dropout=0.3")

    assert submitted()["options"] == {"dropout": 0.3}


@pytest.mark.parametrize("more", [[], ["--weights"]])
def test_weights_go_with_a_model_of_the_zoo(student: str, tmp_path: Path, more: list[str]) -> None:
    path = tmp_path / "mine.safetensors"
    path.write_bytes(safetensors())

    run("submit", "--model", "yannet", *more, str(path))

    assert (submitted()["kind"], submitted()["weights"]["name"]) == ("evaluate", "mine.safetensors")


def test_a_key_submits_once(student: str, api: Api) -> None:
    found = [run("submit", "--model", "yannet", "--key", "once").stdout for _ in range(2)]

    assert found[0] == found[1]
    assert len(api.stored_submissions()) == 1


def test_there_is_an_option_for_each_field_of_a_recipe() -> None:
    given: dict[str, Any] = {}
    command = recipe_options(lambda recipe: given.update(recipe))
    every = {name: info.default for name, info in Recipe.model_fields.items()}

    command(**every)

    assert given == every
    assert list(command.__signature__.parameters) == list(every)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", Recipe.model_fields)
def test_the_help_names_every_hyperparameter(name: str) -> None:
    assert f"--{name.replace('_', '-')}" in run("submit", "--help").stdout


def test_what_cannot_be_used_is_named_as_the_option_is(student: str) -> None:
    found = run("submit", "--model", "yannet", "--batch-size", "many", "--weight-decay", "7")

    assert found.exit_code == 1
    assert found.stdout == ""
    assert "--batch-size: batch_size must be a whole number from 1 to 4096; “many” was given." in found.stderr
    assert "--weight-decay: weight_decay must be a number" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["net.txt"], "FILE: “net.txt”"),
        (["--model", "yannet", "--class", "Net"], "--class: class_name belongs"),
        (["--model", "yannet", "--option", "width=3"], "--option width: "),
        (["--model", "yannet", "--key", "a b"], "--key: "),
    ],
)
def test_fields_are_named_as_one_says_them_here(
    student: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.txt").write_text(NET)

    found = run("submit", *arguments)

    assert found.exit_code == 1
    assert name in found.stderr


def test_the_same_as_json(student: str) -> None:
    found = run("submit", "--model", "yannet", "--epochs", "0", "--json")

    assert found.exit_code == 1
    assert found.stdout == ""
    assert list(json.loads(found.stderr)["fields"]) == ["epochs"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.py"], "does not exist"),
        (["--model", "yannet", "--option", "dropout"], "Write it like this: --option dropout=0.1"),
        (["--parent", "none"], "--parent"),
    ],
)
def test_wrong_usage_ends_with_2(student: str, arguments: list[str], words: str) -> None:
    found = run("submit", *arguments)

    assert found.exit_code == 2
    assert words in found.stderr


def test_sentences_come_in_the_terminals_language(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert "没有" in run("show", "999").stderr


def test_a_check_without_a_worker_is_the_services_fault(student: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)

    found = run("check", str(tmp_path / "net.py"))

    assert found.exit_code == 5
    assert "No worker is running now" in found.stderr


def test_an_address_where_nobody_answers_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.client.connection.PAUSES_S", ())

    found = run("board", "--host", "127.0.0.1:9")

    assert found.exit_code == 3
    assert "http://127.0.0.1:9 does not answer" in found.stderr


def test_the_board_is_shown_best_first(student: str) -> None:
    for title, wrong in (("worse", 30), ("better", 10)):
        made = json.loads(run("submit", "--model", "yannet", "--title", title, "--json").stdout)
        measure(made["number"], wrong=wrong)

    found = run("board", "--every")

    assert found.exit_code == 0
    assert found.stdout.index("better") < found.stdout.index("worse")
    assert "99.00 %" in found.stdout
    assert "2 of 2" in found.stdout


def test_the_board_as_json_is_what_the_service_says(student: str, api: Api) -> None:
    run("submit", "--model", "yannet")
    measure(1)

    found = json.loads(run("board", "--track", "3ep", "--json").stdout)

    asked = api.client.get("/api/v1/leaderboard?track=3ep&limit=20").json()
    assert [row["number"] for row in found["rows"]] == [row["number"] for row in asked["rows"]] == [1]
    assert set(found["rows"][0]) == set(asked["rows"][0])


def test_a_track_that_there_is_not_is_refused(student: str) -> None:
    found = run("board", "--track", "4ep")

    assert found.exit_code == 1
    assert "4ep" in found.stderr


def test_the_tracks_of_the_help_are_the_tracks() -> None:
    assert list(NAMED_TRACKS) == list(TRACKS)


def test_titles_cannot_command_the_terminal(student: str) -> None:
    with session_scope() as session:
        member = make_member(session)
        create(session, get_jobs(), member, Request(model="yannet", title="a\x1b[2Jb[red]c"), "mnist")

    shown = run("show", "1")

    assert "\x1b" not in shown.stdout
    assert "a�[2Jb[red]c" in shown.stdout


def test_a_submission_is_shown_with_its_result(student: str) -> None:
    run("submit", "--model", "yannet", "--title", "深度")
    measure(1, wrong=20)

    found = run("show", "1")

    assert found.exit_code == 0
    for words in ("#1 深度", "98.00 %", "20 of 1,000 wrong", "rank", "1 (1 to 1)", f"{student}/s/1"):
        assert words in found.stdout


def test_a_submission_that_failed_is_shown_with_what_to_do(student: str) -> None:
    run("submit", "--model", "yannet")
    with session_scope() as session:
        make_failure(session, find(session, 1))

    found = run("show", "1")

    assert found.exit_code == 0
    for words in ("diverged: The loss became NaN in epoch 2.", "Lower the learning rate", "Traceback: secret"):
        assert words in found.stdout


def test_watching_what_has_ended_tells_it_and_ends_as_it_did(student: str) -> None:
    for _ in range(2):
        run("submit", "--model", "yannet")
    measure(1)
    with session_scope() as session:
        make_failure(session, find(session, 2), "out_of_memory")

    well, badly = run("watch", "1"), run("watch", "2", "--json")

    assert (well.exit_code, badly.exit_code) == (0, 15)
    assert "98.00 %" in well.stdout
    assert json.loads(badly.stdout)["outcome"] == "out_of_memory"


def test_interrupting_leaves_the_run_alone(student: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("submit", "--model", "yannet")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    found = run("watch", "1")

    assert found.exit_code == 130
    assert "mnist-benchmark watch 1" in found.stderr
    with session_scope() as session:
        assert latest_run(session, find(session, 1)).outcome is None


def test_all_files_of_a_submission_are_downloaded(student: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    run("submit", str(tmp_path / "net.py"))
    measure(1)

    found = run("download", "1", "--to", str(tmp_path / "new"), "--json")

    saved = [Path(path) for path in json.loads(found.stdout)["files"]]
    assert [path.name for path in saved] == ["net.py", "net-1.csv", "receipt-1.json"]
    assert saved[0].read_text() == NET


def test_downloading_before_there_is_a_result_says_so(student: str, tmp_path: Path) -> None:
    run("submit", "--model", "yannet")

    found = run("download", "1", "--to", str(tmp_path))

    assert found.exit_code == 1
    assert "has no result yet" in found.stderr


def test_a_folder_that_cannot_be_written_is_named(student: str, tmp_path: Path) -> None:
    run("submit", "--model", "yannet")
    measure(1)
    (tmp_path / "file").touch()

    found = run("download", "1", "--to", str(tmp_path / "file" / "folder"))

    assert found.exit_code == 2
    assert "cannot be written" in found.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell: str) -> None:
    asked = {"_MNIST_BENCHMARK_COMPLETE": f"source_{shell}"}

    found = CliRunner().invoke(app, [], prog_name="mnist-benchmark", env=asked)

    assert found.exit_code == 0
    assert "_MNIST_BENCHMARK_COMPLETE" in found.stdout


def test_words_of_the_recipe_are_completed() -> None:
    asked = {"_MNIST_BENCHMARK_COMPLETE": "complete_bash", "COMP_CWORD": "3"}

    found = CliRunner().invoke(
        app, [], prog_name="mnist-benchmark", env=asked | {"COMP_WORDS": "mnist-benchmark submit --optimizer Ad"}
    )

    assert found.output.split() == ["Adam", "AdamW", "Adagrad", "Adadelta"]
