"""Bodies beyond the limit, over a real socket and against a process whose memory can be watched."""

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.core.database import session_scope
from app.core.errors import UploadTooLarge
from app.web import body_limit
from app.web.body_limit import BodyLimit
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_token, make_user
from tests.service import free_port, service

pytest_plugins = ["tests.api_fixtures"]

MEGABYTE = 1_000_000
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
START = (
    b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nyannet\r\n'
    b'--b\r\nContent-Disposition: form-data; name="weights"; filename="w.safetensors"\r\n\r\n'
)
END = b"\r\n--b--\r\n"


@dataclass(frozen=True)
class Web:
    """A web in a process of its own."""

    pid: int
    port: int
    headers: dict[str, str]
    data_dir: Path

    def post(self, megabytes: int, first: bytes = b"", **headers: str) -> httpx.Response:
        def chunks() -> Iterator[bytes]:
            yield START + first
            for _ in range(megabytes):
                yield bytes(MEGABYTE)
            yield END

        url = f"http://127.0.0.1:{self.port}{SUBMISSIONS}"
        return httpx.post(url, content=chunks(), headers=FORM | self.headers | headers, timeout=60)

    def peak_memory_bytes(self) -> int:
        """The most that the process has held so far."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        assert found
        return int(found[1]) * 1024

    def unnamed_files(self) -> list[str]:
        """Open files that have no name any more: uploads on their way."""
        targets = [str(path.readlink()) for path in Path(f"/proc/{self.pid}/fd").iterdir() if path.is_symlink()]
        return [target for target in targets if "(deleted)" in target]

    def kept_files(self) -> list[Path]:
        return [path for path in (self.data_dir / "blobs").rglob("*") if path.is_file()]


@pytest.fixture
def web(data_dir: Path) -> Iterator[Web]:
    with session_scope() as session:
        headers = make_token(session, make_user(session))
    port = free_port()
    with service(data_dir) as running:
        started = running.web(port)
        made = Web(started.pid, port, headers, data_dir)
        made.post(1)  # so that everything is loaded before memory is measured
        yield made


def test_a_body_of_sixty_megabytes_costs_no_memory_and_leaves_nothing(web: Web) -> None:
    before = web.peak_memory_bytes()

    answers = [web.post(60), web.post(60, **{"Content-Length": str(60 * MEGABYTE + len(START) + len(END))})]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert [answer.json()["code"] for answer in answers] == ["upload_too_large"] * 2
    assert web.peak_memory_bytes() - before < 20 * MEGABYTE
    assert (web.kept_files(), web.unnamed_files()) == ([], [])


def test_a_file_within_the_limit_is_stored_without_being_held_in_memory(web: Web) -> None:
    before = web.peak_memory_bytes()

    answer = web.post(49, first=(2).to_bytes(8, "little") + b"{}")

    assert answer.status_code == 201
    assert [path.stat().st_size for path in web.kept_files()] == [49 * MEGABYTE + 10]
    assert web.peak_memory_bytes() - before < 20 * MEGABYTE
    assert web.unnamed_files() == []


def test_a_client_that_asks_first_is_answered_before_it_sends(api: Api, live: str) -> None:
    """curl asks so before it sends a megabyte or more."""
    host, port = live.removeprefix("http://").split(":")
    lines = [f"POST {SUBMISSIONS} HTTP/1.1", "Host: x", f"Authorization: {api.owner['Authorization']}"]
    lines += ["Content-Type: multipart/form-data; boundary=b", "Content-Length: 10000000000", "Expect: 100-continue"]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = connection.recv(10_000)

    assert answer.startswith(b"HTTP/1.1 413 ")


async def swallow(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads its whole body."""
    while (await receive()).get("more_body"):
        pass


@dataclass
class Client:
    """Sends for ever, or falls silent after some chunks."""

    chunk: bytes = bytes(MEGABYTE)
    silent_after: int = 10**9
    sent: int = 0

    async def __call__(self) -> Message:
        self.sent += 1
        if self.sent > self.silent_after:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": self.chunk, "more_body": True}


def exchange(client: Client, headers: dict[str, str] | None = None, path: str = SUBMISSIONS) -> UploadTooLarge:
    """What the application hears of this client."""
    pairs = [(name.lower().encode(), value.encode()) for name, value in (FORM | (headers or {})).items()]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": pairs}
    with pytest.raises(UploadTooLarge) as caught:
        asyncio.run(BodyLimit(swallow)(scope, client, client))  # type: ignore[arg-type]
    return caught.value


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "900000000000"}])
def test_a_client_that_never_stops_is_read_up_to_a_bound(headers: dict[str, str]) -> None:
    client = Client()

    exchange(client, headers)

    assert client.sent == 405  # four times 101 MB, for two files and the fields, and the chunk that passes it


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "900000000000"}])
def test_a_client_that_falls_silent_is_waited_for_up_to_a_bound(
    headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_limit, "DISCARD_S", 0.1)
    client = Client(silent_after=110)

    assert "larger than 50 MB" in str(exchange(client, headers))


@pytest.mark.usefixtures("data_dir")
def test_a_client_that_asks_first_is_not_read_from() -> None:
    client = Client()

    exchange(client, {"Content-Length": "900000000000", "Expect": "100-continue"})

    assert client.sent == 0


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize(
    ("headers", "path"),
    [({"Content-Type": "application/json"}, SUBMISSIONS), ({}, "/api/v1/tokens"), ({}, f"{SUBMISSIONS}/1/runs")],
)
def test_other_bodies_stop_at_a_megabyte(headers: dict[str, str], path: str) -> None:
    client = Client(chunk=bytes(100_000))

    assert "larger than 1 MB" in str(exchange(client, headers, path))
    assert client.sent == 41


@pytest.mark.usefixtures("data_dir")
@pytest.mark.parametrize("length", ["", "abc", "-1", "²", "1e9"])
def test_a_length_that_is_no_number_is_counted_instead(length: str) -> None:
    exchange(Client(), {"Content-Length": length.encode("latin-1", "ignore").decode("latin-1")})
