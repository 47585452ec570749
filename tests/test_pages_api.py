"""The page on the API: all operations are on it, and what it shows to copy works."""

import ast
import contextlib
import gzip
import html
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import select

from app.core import errors
from app.core.database import session_scope
from app.core.errors import Problem
from app.core.submissions import find
from app.core.tables import Classroom, User
from app.web.api_reference.document import Operation, operations_of
from app.web.api_reference.snippets import MASKED, snippets
from app.web.api_reference.submit_script import submit_script
from app.web.api_reference.view import error_rows
from tests.api import Api
from tests.board_factories import make_result, make_submission
from tests.routes import all_routes
from tests.visitors import Visitor, visit, visitor

__all__ = ["visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]

NET = """\
import torch.nn as nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(784, 10))
"""
# ui/SPEC.md 7 for pages; this one is the longest of all.
PAGE_MAXIMUM_BYTES = 30_000
# Of every kind: reads and writes, JSON, forms with a file, files as answers.
TRIED = [
    "getMe",
    "listSubmissions",
    "getSubmission",
    "getLeaderboard",
    "createSubmission",
    "forkSubmission",
    "withdrawSubmission",
    "createDiscussionComment",
    "markAllNotificationsRead",
    "changeMe",
    "createToken",
    "listTokens",
    "endSessions",
    "getQuota",
    "getReceipt",
    "downloadPredictions",
    "exportMeWithFiles",
]


def operation(app: FastAPI, name: str) -> Operation:
    return next(each for each in operations_of(app) if each.id == name)


@pytest.fixture
def token(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of the owner, whose twelfth submission has a result; net.py is in the folder of this test."""
    with session_scope() as session:
        owner = session.exec(select(User).where(User.handle == "owner")).one()
        for number in range(12):
            submission = make_submission(session, owner, title=f"number {number + 1}")
            make_result(session, submission, wrong=20 + number)
        session.exec(select(Classroom)).one().daily_quota = 100
    (tmp_path / "net.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return api.owner["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_operation_is_on_the_page(visitor: Visitor, app: FastAPI, language: str) -> None:
    page = visitor.get(f"/api?lang={language}").text

    routes = {(method, path) for method, path in all_routes(app) if path.startswith("/api/v1/")}
    shown = {(each.method, each.path) for each in operations_of(app)}
    assert shown == routes
    assert [each.id for each in operations_of(app) if f'id="{each.id}"' not in page] == []
    assert [each.path for each in operations_of(app) if f"<code>{each.short_path}</code>" not in page] == []


def test_the_page_speaks_chinese(visitor: Visitor) -> None:
    page = visitor.get("/api?lang=zh").text

    assert "提交要训练的网络" in page
    assert "沿 <code>links.events</code> 一直看到结果" in page
    assert "Submit a network to train" not in page


def test_the_page_is_no_longer_than_it_may_be(visitor: Visitor) -> None:
    page = visitor.get("/api?lang=zh").content

    assert len(gzip.compress(page)) < PAGE_MAXIMUM_BYTES


def test_the_examples_name_the_readers_host_and_no_token(visitor: Visitor) -> None:
    page = visitor.get("/api", headers={"Host": "board.school.cn"}).text
    script = visitor.get("/api/submit.py", headers={"Host": "board.school.cn"}).text

    assert "curl http://board.school.cn/api/v1/leaderboard" in page
    assert 'base_url="http://board.school.cn"' in script
    assert set(re.findall(r"mnb_[\w…]+", page)) == {MASKED}


def test_where_only_the_class_reads_the_examples_send_a_token(app: FastAPI) -> None:
    read = operation(app, "getLeaderboard")

    open_to_all, closed = (snippets(read, "http://x", is_class_only).curl for is_class_only in (False, True))

    assert (MASKED in open_to_all, MASKED in closed) == (False, True)


def test_every_choice_of_language_has_its_examples(visitor: Visitor, app: FastAPI) -> None:
    page = visitor.get("/api").text

    assert re.findall(r'<input type="radio" name="as" id="as-(\w+)"', page) == ["curl", "python", "client"]
    for kind in ("curl", "python", "client"):
        assert page.count(f"as-{kind}") >= len(operations_of(app))


def kinds_of(kind: type[Problem]) -> set[str]:
    return {kind.code}.union(*(kinds_of(each) for each in kind.__subclasses__()))


def test_every_code_of_an_error_is_in_the_table(visitor: Visitor) -> None:
    page = visitor.get("/api").text

    assert {row.code for row in error_rows()} == kinds_of(errors.Problem) | {"internal", "method_not_allowed"}
    assert [row.code for row in error_rows() if f"<code>{row.code}</code>" not in page] == []


def test_the_header_leads_to_the_page(visitor: Visitor) -> None:
    assert '<a href="/api">API</a>' in visitor.get("/").text


def test_every_example_can_be_read_as_what_it_is(app: FastAPI) -> None:
    for each in operations_of(app):
        made = snippets(each, "http://127.0.0.1:8000")
        words = shlex.split(made.curl)
        ast.parse(made.python)
        ast.parse(made.client)

        pattern = re.escape("http://127.0.0.1:8000") + re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(each.path))
        assert re.fullmatch(rf"{pattern}(\?.*)?", words[-1]), made.curl
        assert words[0] == "curl"


def run_curl(command: str) -> None:
    words = shlex.split(command)
    done = subprocess.run([words[0], "-sSf", *words[1:]], capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "-OJ" in words or not done.stdout or json.loads(done.stdout) is not None


def run_python(code: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "example", "exec"), {})


@pytest.mark.parametrize("name", TRIED)
def test_the_examples_of_an_operation_work_as_they_are(live: str, token: str, app: FastAPI, name: str) -> None:
    made = snippets(operation(app, name), live)

    run_curl(made.curl.replace(MASKED, token))
    run_python(made.python.replace(MASKED, token))
    # curl has saved it under the name that our client takes, which replaces nothing unasked.
    Path("yannet-12.csv").unlink(missing_ok=True)
    run_python(made.client.replace(MASKED, token))


def test_the_first_token_is_made_as_the_page_says(api: Api, live: str) -> None:
    new = {"handle": "zhou-yi", "name": "Zhou Yi", "password": "a sentence is long"}
    assert api.client.post("/api/v1/users", json=new).status_code == 201

    page = html.unescape(httpx.get(f"{live}/api").text)

    command = next(line for line in re.findall(r">(curl -u [^<]+)</pre>", page) if line.endswith("/api/v1/tokens"))
    run_curl(command.replace("-u zhou-yi", "-u 'zhou-yi:a sentence is long'"))


@pytest.mark.parametrize("name", ["moderateSubmission", "moderateSubmissions"])
def test_the_examples_for_teachers_do_what_they_say(live: str, token: str, api: Api, app: FastAPI, name: str) -> None:
    made = snippets(operation(app, name), live)

    run_curl(made.curl.replace(MASKED, api.teacher["Authorization"].removeprefix("Bearer ")))

    with session_scope() as session:
        assert find(session, 12).hidden is not None


def test_the_program_to_download_is_short_and_everything_in_it_is_used(visitor: Visitor) -> None:
    answer = visitor.get("/api/submit.py")

    assert answer.headers["content-disposition"] == 'attachment; filename="submit.py"'
    assert len([line for line in answer.text.splitlines() if line.strip()]) <= 20
    assert answer.text == submit_script("http://testserver")


def run_script(live: str, token: str, *arguments: str) -> subprocess.Popen[str]:
    Path("submit.py").write_text(submit_script(live))
    environment = {"PATH": os.environ["PATH"], "MNIST_BENCHMARK_TOKEN": token}
    command = [sys.executable, "submit.py", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_program_submits_and_waits_for_the_result(live: str, token: str) -> None:
    program = run_script(live, token, "net.py", "--epochs", "2")
    assert program.stdout
    assert program.stdout.readline() == "#13 queued\n"
    with session_scope() as session:
        submission = find(session, 13)
        assert (submission.model_file_name, submission.recipe["epochs"]) == ("net.py", 2)
        make_result(session, submission, wrong=20)

    said, complaint = program.communicate(timeout=20)

    assert (program.returncode, said.splitlines()[-1], complaint) == (0, "98.00%", "")


def test_the_program_says_what_is_wrong(live: str, token: str) -> None:
    program = run_script(live, token, "net.py", "--epochs", "100000")

    _, complaint = program.communicate(timeout=20)

    assert program.returncode == 1
    assert "epochs" in complaint
