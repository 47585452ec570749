"""Submissions with an uploaded network: their page, their file, their line on the board."""

import json
import time
from typing import Any

import pytest

from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.requests import ModelFile, Weights
from app.core.runs import latest_run
from app.core.submissions import find
from app.web.source_code import coloured
from tests.factories import drawn_result, make_failure, make_member, make_run_live, make_submission, tell
from tests.visitors import Visit, Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
CODE = "import torch\nclass Net(torch.nn.Module):\n    greeting = '<script>alert(1)</script>'  # 网络\n"
DETECTED = {
    "format": "python",
    "class_name": "Net",
    "arguments": "hidden=64",
    "input": "N×1×32×32",
    "output": "log_probabilities",
    "normalize": "half",
    "padding": 2,
    "batch_size": None,
    "missing": ["matplotlib"],
}


def stored(content: bytes) -> Any:
    return get_blobs().store([content], 10**6)


def make(name: str = "net.py", content: bytes = CODE.encode(), handle: str = "zhou-yi", **more: Any) -> int:
    """A submission with a model file; its number."""
    with session_scope() as session:
        user = make_member(session, handle)
        asked = {"kind": "", "model": "", "model_file": ModelFile(stored(content), name)} | more
        submission = make_submission(session, user, **asked)
        return submission.number or 0


def finish(number: int, **more: Any) -> None:
    with session_scope() as session:
        drawn_result(session, latest_run(session, find(session, number)), **{"detected": DETECTED} | more)


@pytest.fixture
def finished(visit: Visit) -> int:
    number = make(title="mine")
    finish(number)
    return number


def test_the_page_tells_what_was_found_by_trying(finished: int, visitor: Visitor) -> None:
    said = text_of(visitor.get(f"/s/{finished}"))

    assert "Model Net · net.py" in said
    assert "Constructor arguments hidden=64" in said
    assert "Format Python file" in said
    assert "Input N×1×32×32, padded with zeros" in said
    assert "Output log-probabilities" in said
    assert "Pixels −1 to 1" in said
    assert "matplotlib: not installed here, and left out" in said


def test_of_tested_weights_the_page_says_where_the_normalisation_is_from(visit: Visit, visitor: Visitor) -> None:
    weights = Weights(stored(b"PK\x03\x04"), "best.pt")
    number = make(kind="evaluate", weights=weights)
    finish(number)

    said = text_of(visitor.get(f"/s/{number}"))

    assert "Pixels −1 to 1 found by trying on training images" in said
    assert "Weights file best.pt" in said


def test_a_stated_normalisation_is_called_so(visit: Visit, visitor: Visitor) -> None:
    weights = Weights(stored(b"PK\x03\x04"), "best.pt")
    number = make(kind="evaluate", weights=weights, recipe={"normalize": "half"})
    finish(number)

    assert "Pixels −1 to 1 as stated in the recipe" in text_of(visitor.get(f"/s/{number}"))


def test_the_source_is_shown_in_colours_and_as_text(finished: int, visitor: Visitor) -> None:
    page = visitor.get(f"/s/{finished}")

    assert '<span class="k">class</span>' in page.text
    assert "<script>alert" not in page.text
    assert "greeting = '<script>alert(1)</script>' # 网络" in text_of(page)


@pytest.mark.parametrize("text", [" \n" * 50_000, "x" + "\n\t" * 50_000 + "y", "(" * 100_000, "'" * 100_000])
def test_source_that_would_take_long_to_colour_is_shown_without_colours(text: str) -> None:
    started = time.monotonic()

    shown = coloured(text)

    assert time.monotonic() - started < 30  # LEXER_S, on a busy machine
    assert str(shown).replace("&#39;", "'").replace("&#34;", '"')


def test_source_in_gbk_is_readable(visit: Visit, visitor: Visitor) -> None:
    number = make(content="# 卷积网络\n".encode("gbk"))
    finish(number)

    assert "# 卷积网络" in text_of(visitor.get(f"/s/{number}"))


def test_of_a_notebook_its_code_is_shown(visit: Visit, visitor: Visitor) -> None:
    cells = [
        {"cell_type": "markdown", "source": "not code"},
        {"cell_type": "code", "source": ["import torch\n", "x = 1"]},
        {"cell_type": "code", "source": "y = 2"},
    ]
    number = make("net.ipynb", json.dumps({"cells": cells}).encode())
    finish(number)

    said = text_of(visitor.get(f"/s/{number}"))
    assert "import torch x = 1 y = 2" in said
    assert "not code" not in said


@pytest.mark.parametrize("content", [b"{", b'{"cells": 5}', b'{"cells": [{"cell_type": "code"}]}', b"[" * 90_000])
def test_a_notebook_that_is_none_is_shown_as_it_is(visit: Visit, visitor: Visitor, content: bytes) -> None:
    number = make("net.ipynb", content)
    finish(number)

    assert visitor.get(f"/s/{number}").status_code == 200


@pytest.mark.parametrize(("name", "content"), [("net.py", b"#" * 100_001), ("net.onnx", b"\x08\x07")])
def test_what_is_too_long_or_no_source_is_only_downloaded(
    visit: Visit, visitor: Visitor, name: str, content: bytes
) -> None:
    number = make(name, content)
    finish(number)

    page = visitor.get(f"/s/{number}")
    assert "Source code" not in page.text
    assert f'href="/s/{number}/model-file"' in page.text


@pytest.mark.parametrize("path", ["/s/{}/model-file", "/api/v1/submissions/{}/model-file"])
def test_the_file_is_saved_under_its_name_and_never_shown(finished: int, visitor: Visitor, path: str) -> None:
    response = visitor.get(path.format(finished))

    assert response.content == CODE.encode()
    assert response.headers["content-disposition"] == 'attachment; filename="net.py"'
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_name_of_any_letters_is_kept(visit: Visit, visitor: Visitor) -> None:
    number = make('我的"网络".py')
    finish(number)

    disposition = visitor.get(f"/s/{number}/model-file").headers["content-disposition"]
    assert disposition.startswith("attachment; filename=\"______.py\"; filename*=UTF-8''%E6%88%91")


@pytest.mark.parametrize("path", ["/s/{}/model-file", "/api/v1/submissions/{}/model-file"])
def test_before_there_is_a_result_the_file_is_its_authors(visit: Visit, path: str) -> None:
    number = make()

    assert visit().get(path.format(number)).status_code == 404
    assert visit().sign_in().get(f"/s/{number}/model-file").status_code == 200
    assert "Source code" not in visit().get(f"/s/{number}").text
    assert "Source code" in visit().sign_in().get(f"/s/{number}").text


@pytest.mark.parametrize("path", ["/s/{}/model-file", "/api/v1/submissions/{}/model-file"])
def test_a_submission_of_the_zoo_has_no_file(visit: Visit, path: str) -> None:
    with session_scope() as session:
        number = make_submission(session, make_member(session)).number

    assert visit().get(path.format(number)).status_code == 404


def test_the_board_names_class_and_file_where_a_models_name_stands(finished: int, visitor: Visitor) -> None:
    assert "Z Zhou Yi · Net · net.py" in text_of(visitor.get("/"))


def test_the_board_of_the_api_names_class_and_file(finished: int, visitor: Visitor) -> None:
    [row] = visitor.get("/api/v1/leaderboard").json()["rows"]

    assert (row["model"], row["model_file"], row["class_name"]) == (None, "net.py", "Net")
    assert (row["arguments"], row["detected"]) == ("hidden=64", DETECTED)


def test_the_api_tells_what_was_found(finished: int, visitor: Visitor) -> None:
    body = visitor.get(f"/api/v1/submissions/{finished}").json()

    assert body["result"]["detected"] == DETECTED
    assert body["model_file"]["url"] == f"/api/v1/submissions/{finished}/model-file"


def test_a_refused_run_says_why_and_what_runs_all_the_same(visit: Visit) -> None:
    number = make()
    with session_scope() as session:
        run = make_failure(session, find(session, number), "refused")
        run.message, run.isolation = {"text": "This kernel has no Landlock.", "values": {}}, "limits"

    page = visit().sign_in().get(f"/s/{number}")

    said = text_of(page)
    assert "Refused" in said
    assert "This kernel has no Landlock." in said
    assert "Submit a model of the zoo, or .safetensors weights for one." in said
    assert "Isolation limits of time and memory only, so models of the zoo only" in said
    assert 'href="/submit"' in page.text


def test_a_refused_run_can_be_run_again(visit: Visit) -> None:
    number = make()
    with session_scope() as session:
        make_failure(session, find(session, number), "refused")

    assert visit().sign_in().post(f"/s/{number}/retry").headers["location"] == f"/s/{number}"


def test_the_live_page_tells_what_was_found_as_soon_as_it_is_known(visit: Visit, visitor: Visitor) -> None:
    number = make()
    with session_scope() as session:
        run = latest_run(session, find(session, number))
        start = make_run_live(session, run)
        tell(session, run, start, [("model", {"parameters": 1, "layers": []}), ("detected", DETECTED)])

    said = text_of(visitor.get(f"/s/{number}"))
    assert "Input N×1×32×32, padded with zeros" in said


@pytest.mark.parametrize("level", ["namespaces", "landlock", "limits", "limits-no-memory", "of tomorrow"])
def test_every_level_of_isolation_is_told(finished: int, visitor: Visitor, level: str) -> None:
    with session_scope() as session:
        latest_run(session, find(session, finished)).isolation = level

    said = text_of(visitor.get(f"/s/{finished}"))
    assert "Isolation" in said
    assert level != "namespaces" or "own namespaces and root, Landlock and seccomp" in said


@pytest.mark.parametrize("path", ["/s/{}/weights.safetensors", "/s/{}/predictions.csv"])
def test_downloads_of_an_uploaded_network_are_named_after_its_file(visit: Visit, visitor: Visitor, path: str) -> None:
    number = make("我的 net.py")
    finish(number, weights_sha256=stored(b"weights").sha256)

    name = path.rpartition(".")[2]
    assert f'filename="net-{number}.{name}"' in visitor.get(path.format(number)).headers["content-disposition"]
