"""Webhooks: whom they may call, how they are signed, who is told what. The worker is in test_worker_webhooks."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from app.core.database import get_engine
from app.core.errors import Conflict, InvalidFields
from app.core.jobs import get_jobs
from app.core.public_addresses import Forbidden, check_url, resolve
from app.core.tables import User, Webhook
from app.core.webhooks import EVENTS, RECORD, RUN_FINISHED, add_webhook, send_event, send_ping, signed_headers
from tests.board_factories import make_user
from tests.conftest import clear_caches
from tests.receiver import is_signed, receiver
from worker import deliver
from worker.deliver import send

PUBLIC = "https://example.org/hook"


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def local(data_dir: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local addresses are allowed by the settings."""
    monkeypatch.setenv("WEBHOOKS_TO_LOCAL", "true")
    clear_caches()
    yield
    clear_caches()


def hook(url: str) -> Webhook:
    return Webhook(id=1, user_id=1, url=url, secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def queued(session: Session) -> list[tuple[int, dict[str, Any]]]:
    """Deliveries in the engine's queue: webhook and body."""
    session.commit()
    statement = (
        "SELECT i.inputs FROM workflow_status s JOIN workflow_input i ON i.workflow_uuid = s.workflow_uuid "
        "WHERE s.queue_name = 'webhooks' ORDER BY s.created_at"
    )
    with get_engine().connect() as connection:
        found = [json.loads(row[0])["positionalArgs"] for row in connection.exec_driver_sql(statement)]
    return [(int(arguments[1]), json.loads(arguments[2])) for arguments in found]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8000/api/v1/me",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://[::7f00:1]/",
        "http://[::ffff:0:7f00:1]/",
        "http://[2001:0:7f00:1::]/",
        "http://[fec0::1]/",
        "http://[5f00::1]/",
        "http://[ff02::1]/",
        "http://192.88.99.1/",
        "http://198.18.0.1/",
        "http://240.0.0.1/",
    ],
)
def test_no_address_of_here_is_called(data_dir: Any, url: str) -> None:
    with pytest.raises(Forbidden, match="no public address"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/"],
)
def test_where_a_lab_may_be_called_what_clouds_tell_their_machines_may_not(local: None, url: str) -> None:
    check_url("http://192.168.1.1/hook")
    with pytest.raises(Forbidden, match="no public address"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://example.org:99999/",
        "https://example.org:0/",
        "http://example.org:25/",
        "https://[::1",
        "https://exa mple.org/",
        "https://example.org\\@127.0.0.1/",
        "https://user:password@example.org/",
        "https://user@example.org/",
        "https://ex\u0430mple.org/",
        "https://example.org/\r\nX-Header: 1",
    ],
)
def test_what_is_no_plain_web_address_is_refused(data_dir: Any, url: str) -> None:
    with pytest.raises(Forbidden):
        check_url(url)


@pytest.mark.parametrize("url", [PUBLIC, "http://93.184.215.14:8080/x?y=1", "https://[2606:4700::1111]/"])
def test_public_addresses_may_be_called(data_dir: Any, url: str) -> None:
    assert check_url(url).hostname


@pytest.mark.parametrize(
    "host", ["2130706433", "127.1", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "localhost", "::1", "::"]
)
def test_a_name_that_leads_here_is_found_out_when_it_is_called(data_dir: Any, host: str) -> None:
    with pytest.raises(Forbidden, match="no public address"):
        asyncio.run(resolve(host, 80))


class Resolver:
    """Answers of a name server that changes its mind, as an attacker's does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0
        monkeypatch.setattr("asyncio.BaseEventLoop.getaddrinfo", self.look_up)

    async def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(2, 1, 6, "", (address, port)) for address in answer]


def test_a_name_with_one_public_and_one_local_address_is_not_called(
    data_dir: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    Resolver(monkeypatch, ["93.184.215.14", "127.0.0.1"])

    with pytest.raises(Forbidden, match="no public address"):
        asyncio.run(resolve("rebind.example.org", 80))


def test_a_name_that_leads_elsewhere_the_second_time_is_not_asked_twice(
    data_dir: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what was looked at is what is called, though the name leads here a moment later."""
    resolver, called = Resolver(monkeypatch, ["93.184.215.14"], ["127.0.0.1"]), []

    async def note_and_fail(self: Any, request: Any) -> Any:
        called.append((request.url.host, request.headers["host"], request.extensions["sni_hostname"]))
        raise httpx.ConnectError("nobody is called in tests")

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", note_and_fail)
    answer = asyncio.run(send(hook("https://rebind.example.org/x"), "msg-1", "{}"))

    assert answer == (False, "not reached: ConnectError")
    assert called == [("93.184.215.14", "rebind.example.org", "rebind.example.org")]
    assert resolver.asked == 1


def test_local_addresses_can_be_allowed(local: None) -> None:
    assert check_url("http://127.0.0.1/").hostname == "127.0.0.1"
    assert asyncio.run(resolve("127.1", 80)) == "127.0.0.1"


def test_a_webhook_to_a_local_address_is_not_even_kept(session: Session, user: User) -> None:
    with pytest.raises(InvalidFields) as refused:
        add_webhook(session, user, "http://127.0.0.1/", ["every.thing"])

    assert set(refused.value.fields) == {"url", "events"}


@pytest.mark.parametrize("events", [[], ["run.started"], [RECORD, ""]])
def test_only_events_that_there_are_can_be_chosen(session: Session, user: User, events: list[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        add_webhook(session, user, PUBLIC, events)

    assert set(refused.value.fields) == {"events"}


def test_there_are_at_most_five_webhooks_of_a_user(session: Session, user: User) -> None:
    secrets = {add_webhook(session, user, PUBLIC, EVENTS).secret for _ in range(5)}

    assert len(secrets) == 5
    with pytest.raises(Conflict):
        add_webhook(session, user, PUBLIC, EVENTS)


def test_the_signature_is_the_one_of_the_specification() -> None:
    """Secret, message and signature of the specification's own example."""
    body = b'{"test": 2432232314}'
    headers = signed_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_runs_are_told_to_their_author_and_to_teachers_and_records_to_all(session: Session, user: User) -> None:
    other, teacher = make_user(session, "other"), make_user(session, "prof", "teacher")
    hooks = {each.handle: add_webhook(session, each, PUBLIC, EVENTS).stored_id for each in (user, other, teacher)}

    send_event(session, get_jobs(), RUN_FINISHED, "run-1", user.stored_id, {"submission": 1})
    send_event(session, get_jobs(), RECORD, "record-1", user.stored_id, {"submission": 1})

    told = [(webhook, body["type"]) for webhook, body in queued(session)]
    assert sorted(told) == sorted(
        [
            (hooks["zhou-yi"], RUN_FINISHED),
            (hooks["prof"], RUN_FINISHED),
            *((webhook, RECORD) for webhook in hooks.values()),
        ]
    )


def test_an_event_that_was_not_chosen_is_not_told(session: Session, user: User) -> None:
    add_webhook(session, user, PUBLIC, [RECORD])

    assert send_event(session, get_jobs(), RUN_FINISHED, "run-1", user.stored_id, {}) == 0


def test_the_same_event_is_queued_once(session: Session, user: User) -> None:
    add_webhook(session, user, PUBLIC, EVENTS)
    for _ in range(2):
        send_event(session, get_jobs(), RUN_FINISHED, "run-1", user.stored_id, {"submission": 1})

    assert len(queued(session)) == 1


def test_nobody_can_call_a_stranger_through_us_as_often_as_they_like(session: Session, user: User) -> None:
    webhook = add_webhook(session, user, PUBLIC, EVENTS)
    for _ in range(20):
        send_ping(session, get_jobs(), webhook)

    assert {body["type"] for _, body in queued(session)} == {"ping"}
    assert len(queued(session)) <= 2  # the clock may step into the next ten seconds meanwhile


def test_a_message_arrives_signed_and_with_the_name_that_was_asked_for(local: None) -> None:
    with receiver() as there:
        url = there.address.replace("127.0.0.1", "localhost")
        answer = asyncio.run(send(hook(url), "msg-1", '{"type": "ping", "名": 1}'))

    ((path, headers, body),) = there.requests
    assert answer == (True, "200")
    assert path == "/hook?a=1"
    assert headers["host"] == url.split("/")[2]
    assert headers["webhook-id"] == "msg-1"
    assert headers["content-type"] == "application/json"
    assert is_signed(hook(url).secret, headers, body)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (204, (True, "204")),
        (302, (False, "302 (redirects are not followed)")),
        (307, (False, "307 (redirects are not followed)")),
        (404, (False, "404")),
        (500, (False, "500")),
    ],
)
def test_only_a_2xx_answer_counts_and_redirects_are_not_followed(
    local: None, status: int, answer: tuple[bool, str]
) -> None:
    with receiver(status) as there:
        got = asyncio.run(send(hook(there.address), "msg-1", "{}"))

    assert got == answer
    assert len(there.requests) == 1


def test_a_receiver_that_does_not_answer_is_left(local: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "TIME_LIMIT_S", 0.2)
    with receiver(wait_s=0.6) as there:
        got = asyncio.run(send(hook(there.address), "msg-1", "{}"))

    assert got == (False, "no answer within 0.2 s")


def test_nothing_is_sent_to_a_local_address_that_got_into_the_table(data_dir: Any) -> None:
    with receiver() as there:
        got = asyncio.run(send(hook(there.address), "msg-1", "{}"))

    assert got == (False, "not sent: “127.0.0.1” is no public address. Webhooks are sent to the public Internet only.")
    assert there.requests == []


def test_a_proxy_of_the_environment_is_not_asked(local: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as there, receiver() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address.removesuffix("/hook?a=1"))
        monkeypatch.setenv("http_proxy", proxy.address.removesuffix("/hook?a=1"))
        asyncio.run(send(hook(there.address), "msg-1", "{}"))

    assert (len(there.requests), len(proxy.requests)) == (1, 0)


def test_nobody_there_is_an_answer_too(local: None) -> None:
    with receiver() as there:
        url = there.address
    assert asyncio.run(send(hook(url), "msg-1", "{}")) == (False, "not reached: ConnectError")
