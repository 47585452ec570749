"""The Python client against a real service on a real socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from app.client import (
    BadAnswer,
    Client,
    ClientError,
    InvalidFields,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Unreachable,
    bodies,
)
from app.client.connection import clean_host, is_open_to_others
from app.client.downloads import file_name
from app.core.database import session_scope
from app.core.recipes import Recipe
from app.core.submissions import find
from app.web.api import board_bodies, checks, people, submission_bodies, tokens
from tests.api import Api, safetensors
from tests.board_factories import make_failure, make_result
from tests.breaking_proxy import breaking
from tests.factories import PASSWORD, make_member

pytest_plugins = ["tests.api_fixtures"]


def token_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def client(api: Api, live: str) -> Iterator[Client]:
    """The owner's."""
    with Client(live, token_of(api.owner), sleep=lambda _: None) as opened:
        yield opened


def measure(number: int, **result: Any) -> None:
    with session_scope() as session:
        make_result(session, find(session, number), **result)


def test_a_model_of_the_zoo_is_submitted_and_read_again(client: Client) -> None:
    made = client.submit(
        model="yannet", title="深度", recipe={"epochs": 1, "nesterov": False}, options={"dropout": 0.1}
    )

    found = client.submission(made.number)
    assert (found.title, found.state, found.queue_position, found.author.handle) == ("深度", "queued", 1, "owner")
    assert found.recipe == Recipe(epochs=1).model_dump()
    assert found.options == {"dropout": 0.1}


def test_files_are_sent_with_their_names(client: Client, tmp_path: Path) -> None:
    weights = tmp_path / "权重.safetensors"
    weights.write_bytes(safetensors())

    made = client.submit(model="yannet", weights=weights)

    assert made.kind == "evaluate"
    assert made.model_dump()["weights"]["name"] == "权重.safetensors"


def test_what_cannot_be_used_is_told_field_by_field(client: Client) -> None:
    with pytest.raises(InvalidFields) as found:
        client.submit(model="yannet", recipe={"epochs": 99, "optimizer": "Foo"})

    assert sorted(found.value.fields) == ["epochs", "optimizer"]
    assert (found.value.status, found.value.code) == (422, "invalid_fields")


def test_sentences_are_in_the_clients_language(api: Api, live: str) -> None:
    with Client(live, language="zh") as client, pytest.raises(NotFound, match="没有"):
        client.submission(999)


def test_a_stranger_reads_but_does_not_submit(live: str) -> None:
    with Client(live) as client:
        assert client.board().rows == []
        with pytest.raises(NotSignedIn, match="Bearer"):
            client.submit(model="yannet")


def test_what_is_anothers_is_not_withdrawn(api: Api, live: str, client: Client) -> None:
    made = client.submit(model="yannet")

    with Client(live, token_of(api.other)) as other, pytest.raises(NotAllowed):
        other.withdraw(made.number)

    assert client.withdraw(made.number).state == "cancelled"


def test_a_failed_run_is_run_again(client: Client) -> None:
    made = client.submit(model="yannet")
    with session_scope() as session:
        make_failure(session, find(session, made.number))

    assert client.submission(made.number).outcome == "diverged"
    assert client.run_again(made.number).state == "queued"


def test_a_token_is_made_with_a_handle_and_a_password(api: Api, live: str) -> None:
    with session_scope() as session:
        make_member(session)
    with Client(live) as stranger:
        made = stranger.make_token("zhou-yi", PASSWORD, "laptop")

    with Client(live, made.token) as client:
        assert client.me().handle == "zhou-yi"
        client.revoke_token(made.id)
        with pytest.raises(NotSignedIn):
            client.me()


def test_the_board_is_read_part_by_part(client: Client) -> None:
    for wrong in (30, 10, 20):
        measure(client.submit(model="yannet", title=f"{wrong} wrong").number, wrong=wrong)

    rows = list(client.board_rows(part_rows=1, best=0))

    assert [row.title for row in rows] == ["10 wrong", "20 wrong", "30 wrong"]
    assert [row.wrong for row in client.board(best=1).rows] == [10]


def test_other_addresses_of_the_api_can_be_read(client: Client) -> None:
    assert client.get("/digits", show="disputed", cursor=None)["show"] == "disputed"


def test_what_has_no_method_can_be_called(client: Client) -> None:
    made = client.call("POST", "/tokens", {"name": "second"})

    assert [token["name"] for token in client.get("/tokens")["tokens"]] == ["second", "for tests"]
    assert client.call("DELETE", f"/tokens/{made['id']}") is None


def test_files_are_downloaded_under_the_services_names(client: Client, tmp_path: Path) -> None:
    made = client.submit(model="yannet")
    measure(made.number)

    saved = [client.download(made.number, what, tmp_path / "new") for what in ("receipt", "predictions")]

    assert [path.name for path in saved] == [f"receipt-{made.number}.json", f"yannet-{made.number}.csv"]
    assert saved[1].read_text("utf-8").startswith("image,read_as,confidence,right")
    assert sorted((tmp_path / "new").iterdir()) == sorted(saved)


def test_a_file_that_is_there_is_replaced_only_if_asked(client: Client, tmp_path: Path) -> None:
    made = client.submit(model="yannet")
    measure(made.number)
    path = client.download(made.number, "predictions", tmp_path)
    path.write_text("mine")

    with pytest.raises(ClientError, match="is there already"):
        client.download(made.number, "predictions", tmp_path)

    assert path.read_text() == "mine"
    assert client.download(made.number, "predictions", tmp_path, is_forced=True).read_text() != "mine"


def test_half_a_download_leaves_nothing(client: Client, tmp_path: Path) -> None:
    made = client.submit(model="yannet")
    measure(made.number)

    with breaking(client.host, 2000) as proxy, Client(proxy.address) as cut, pytest.raises(Unreachable):
        cut.download(made.number, "predictions", tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('attachment; filename="net-3.csv"', "net-3.csv"),
        ("attachment; filename=\"_.csv\"; filename*=UTF-8''%E6%B7%B1.csv", "深.csv"),
        ('attachment; filename="../../.bashrc"', "bashrc"),
        ("attachment; filename*=UTF-8''..%2F..%2F.ssh%2Fid", "id"),
        ("attachment; filename*=UTF-8''..%5C..%5Cboot.ini", "boot.ini"),
        ("attachment; filename*=UTF-8''a%1b%5bb", "a_[b"),
        ('attachment; filename=".."', "fallback"),
        ("attachment", "fallback"),
    ],
)
def test_a_name_never_leads_out_of_the_folder(said: str, name: str) -> None:
    assert file_name(httpx.Response(200, headers={"Content-Disposition": said}), "fallback") == name


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        (" https://board.example/mnist/ ", "https://board.example/mnist"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_is_cleaned(given: str, host: str) -> None:
    assert clean_host(given) == host


@pytest.mark.parametrize(
    "given", ["", "ftp://a", "http://", "http://a?b=c", "http://me:secret@a", "http://a b", "http://a:x"]
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ClientError, match="cannot be the address"):
        clean_host(given)


def test_a_token_that_no_header_can_hold_is_refused() -> None:
    with pytest.raises(ClientError, match="none has"):
        Client("http://127.0.0.1", "mnb_a\r\nX-Other: b")


@pytest.mark.parametrize(
    ("host", "is_open"), [("http://127.0.0.1:1", False), ("https://a", False), ("http://10.0.0.2:8000", True)]
)
def test_an_address_says_whether_others_can_listen(host: str, is_open: bool) -> None:
    assert is_open_to_others(host) is is_open


def test_a_page_that_is_not_the_service_is_told(live: str) -> None:
    with Client(f"{live}/about?".rstrip("?")) as client, pytest.raises(ClientError, match="404"):
        client.board()


def test_an_answer_of_another_kind_is_told(live: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, html="<h1>Welcome to the network of the hotel</h1>"))

    with Client(live, transport=transport) as client, pytest.raises(BadAnswer, match="not as MNIST Benchmark does"):
        client.board()


def test_a_redirect_is_told_and_not_followed(live: str) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(301, headers={"Location": "https://evil.example/"})

    with (
        Client("http://board.example", "mnb_secret", transport=httpx.MockTransport(answer)) as client,
        pytest.raises(ClientError, match=r"points to https://evil\.example/"),
    ):
        client.me()

    assert seen == ["board.example"]


def test_what_a_newer_service_says_besides_is_kept() -> None:
    assert bodies.Author.model_validate({"handle": "a", "name": "A", "team": "red"}).model_dump()["team"] == "red"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (bodies.Submission, submission_bodies.SubmissionBody),
        (bodies.Result, submission_bodies.ResultBody),
        (bodies.Links, submission_bodies.Links),
        (bodies.ModelFile, submission_bodies.UploadedModelFile),
        (bodies.Interval, submission_bodies.Interval),
        (bodies.Author, submission_bodies.Author),
        (bodies.Check, checks.CheckBody),
        (bodies.Board, board_bodies.BoardBody),
        (bodies.BoardRow, board_bodies.BoardLine),
        (bodies.Me, people.Me),
        (bodies.Token, tokens.MadeToken),
    ],
)
def test_every_name_of_the_client_is_one_of_the_services(ours: type[BaseModel], theirs: type[BaseModel]) -> None:
    assert set(ours.model_fields) <= set(theirs.model_fields)
