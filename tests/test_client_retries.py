"""The client on a network that breaks: nothing is lost, and nothing is done twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.client import BadAnswer, Client, Event, ServiceFault, Unreachable
from app.client.connection import PAUSES_S
from app.client.events import PAUSES_S as EVENT_PAUSES_S
from app.client.events import parse_events
from app.core.database import session_scope
from app.core.errors import KeyInUse
from app.core.runs import begin, latest_run
from app.core.submissions import find
from tests.api import Api, safetensors
from tests.board_factories import make_failure, set_engine_status
from tests.breaking_proxy import REFUSE, SWALLOW, BreakingProxy, Fate, breaking
from tests.service import free_port
from tests.test_api_events import Story
from tests.test_client import token_of

pytest_plugins = ["tests.api_fixtures"]

Behind = Callable[..., tuple[Client, BreakingProxy]]


@pytest.fixture
def behind(api: Api, live: str) -> Iterator[Behind]:
    """Makes clients of the owner behind a network with these fates."""
    with ExitStack() as stack:

        def make(*fates: Fate) -> tuple[Client, BreakingProxy]:
            proxy = stack.enter_context(breaking(live, *fates))
            return stack.enter_context(Client(proxy.address, token_of(api.owner), sleep=lambda _: None)), proxy

        yield make


def test_a_submission_whose_answer_is_lost_is_sent_again_and_made_once(behind: Behind, api: Api) -> None:
    client, proxy = behind(SWALLOW, SWALLOW)

    made = client.submit(model="yannet")

    assert proxy.connections == 3
    assert [submission.number for submission in api.stored_submissions()] == [made.number]


def test_two_calls_are_two_submissions(behind: Behind, api: Api) -> None:
    client, _ = behind()

    numbers = [client.submit(model="yannet").number, client.submit(model="yannet").number]

    assert len(set(numbers)) == len(api.stored_submissions()) == 2


def test_two_calls_with_one_key_are_one_submission(behind: Behind, api: Api) -> None:
    client, _ = behind()

    numbers = [client.submit(model="yannet", idempotency_key="once").number for _ in range(2)]

    assert numbers[0] == numbers[1]
    assert len(api.stored_submissions()) == 1


def test_a_connection_that_is_closed_at_once_is_made_again(behind: Behind) -> None:
    client, proxy = behind(REFUSE, REFUSE)

    assert client.board().rows == []
    assert proxy.connections == 3


def test_what_would_be_done_twice_is_not_sent_again(behind: Behind) -> None:
    first, _ = behind()
    number = first.submit(model="yannet").number
    with session_scope() as session:
        make_failure(session, find(session, number))
    client, proxy = behind(SWALLOW)

    with pytest.raises(Unreachable):
        client.call("POST", f"/submissions/{number}/runs")

    assert proxy.connections == 1
    assert client.submission(number).state == "queued"


def test_a_file_that_is_sent_again_is_told_anew(behind: Behind, api: Api, tmp_path: Path) -> None:
    client, proxy = behind(SWALLOW)
    (tmp_path / "w.safetensors").write_bytes(safetensors())
    told: list[tuple[int, int]] = []

    client.submit(model="yannet", weights=tmp_path / "w.safetensors", on_sent=lambda *sent: told.append(sent))

    size = (tmp_path / "w.safetensors").stat().st_size
    assert (proxy.connections, told.count((size, size)) >= 2) == (2, True)
    assert len(api.stored_submissions()) == 1


def test_what_has_a_key_is_sent_again_and_done_once(behind: Behind) -> None:
    client, proxy = behind(SWALLOW)

    said = client.add_comment(None, "once")

    assert proxy.connections == 2
    assert [each.id for each in client.comments()] == [said.id]


def test_where_nobody_answers_it_gives_up_and_names_the_address() -> None:
    pauses: list[float] = []
    host = f"http://127.0.0.1:{free_port()}"

    with Client(host, sleep=pauses.append) as client, pytest.raises(Unreachable, match=host):
        client.submit(model="yannet")

    assert tuple(pauses) == PAUSES_S


def test_a_proxy_with_nothing_behind_it_is_asked_again() -> None:
    answers = iter([httpx.Response(502), httpx.Response(503), httpx.Response(200, json={"a": 1})])

    with Client(transport=httpx.MockTransport(lambda _: next(answers)), sleep=lambda _: None) as client:
        assert client.get("/status") == {"a": 1}


def test_a_request_that_is_still_carried_out_is_asked_for_again() -> None:
    problem = {"code": KeyInUse.code, "detail": "Ask again in a second.", "status": KeyInUse.status}
    answers = iter(
        [
            httpx.Response(409, json=problem, headers={"Content-Type": "application/problem+json"}),
            httpx.Response(200, json={"marked": 3}),
        ]
    )
    keys: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        keys.add(request.headers["Idempotency-Key"])
        return next(answers)

    with Client(transport=httpx.MockTransport(answer), sleep=lambda _: None) as client:
        assert client.mark_read() == 3
    assert len(keys) == 1


def test_a_fault_of_the_service_is_not_asked_again() -> None:
    problem = {"code": "not_ready", "detail": "No worker is running now.", "status": 503}
    answers = iter([httpx.Response(503, json=problem, headers={"Content-Type": "application/problem+json"})])

    with (
        Client(transport=httpx.MockTransport(lambda _: next(answers))) as client,
        pytest.raises(ServiceFault, match="No worker is running now"),
    ):
        client.check(model="yannet")


def story_of(client: Client) -> Story:
    """A run of the client's that has begun."""
    number = client.submit(model="yannet").number
    with session_scope() as session:
        run_id = latest_run(session, find(session, number)).id
        set_engine_status(session, run_id, "PENDING")
        return Story(number, run_id, begin(session, run_id, "worker-1", "A"))


def test_a_story_goes_on_where_the_connection_broke(behind: Behind) -> None:
    first, _ = behind()
    story = story_of(first)
    for step in range(1, 40):
        story.tell("loss", epoch=1, step=step, steps=40, losses=[0.5])
    story.end_well()
    # Two breaks in the midst of events, a connection that cannot be made, then all of it.
    client, proxy = behind(1500, REFUSE, 900)

    found = list(client.watch(story.number))

    assert proxy.connections == 4
    assert [event.data["step"] for event in found if event.kind == "loss"] == list(range(1, 40))
    assert (found[-1].kind, found[-1].data) == ("end", {"state": "done", "outcome": "ok"})


def test_only_what_is_new_is_told_to_who_knows_the_rest(behind: Behind) -> None:
    client, _ = behind()
    story = story_of(client)
    known = story.tell("testing", epoch=1)
    story.end_well()

    assert [event.kind for event in client.watch(story.number, after=known)] == ["end"]


def test_waiting_returns_the_result(behind: Behind) -> None:
    client, _ = behind()
    story = story_of(client)
    story.end_well()

    found = client.wait(story.number)

    assert found.result is not None
    assert (found.state, found.result.wrong) == ("done", 20)


def test_a_service_that_goes_for_good_ends_the_watching() -> None:
    pauses: list[float] = []

    with (
        Client(f"http://127.0.0.1:{free_port()}", sleep=pauses.append) as client,
        pytest.raises(Unreachable, match="The run goes on without us"),
    ):
        list(client.watch(1))

    assert tuple(pauses) == EVENT_PAUSES_S


def test_events_are_read_from_lines() -> None:
    lines = [": still here", "", "id: 7", "event: epoch", 'data: {"epoch": 1}', "", "id: 8", "event: log", 'data: {"te']

    assert list(parse_events(lines)) == [Event(7, "epoch", {"epoch": 1})]


@pytest.mark.parametrize("text", ["data: {", "id: x\nevent: a\ndata: {}", "id: 1\nevent: a\ndata: 3"])
def test_what_is_no_event_is_told(text: str) -> None:
    with pytest.raises(BadAnswer, match="cannot be read"):
        list(parse_events([*text.split("\n"), ""]))
