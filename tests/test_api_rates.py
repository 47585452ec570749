"""How often the API may be asked, and what its answers say about that."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.database import get_engine
from app.core.settings import get_settings
from app.core.tables import ApiToken, User
from app.web.api import rates
from app.web.api.rates import Rates, get_rates
from tests.api import Api
from tests.board_factories import make_token

pytest_plugins = ["tests.api_fixtures"]


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(api: Api, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Five requests a minute for a user, three for an address; time stands still."""
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE", "5")
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE_PER_ADDRESS", "3")
    get_settings.cache_clear()
    standing = Clock()
    get_rates().clock = standing
    return standing


@pytest.fixture
def ask(api: Api) -> Callable[..., Any]:
    def get(headers: dict[str, str] | None = None, path: str = "/api/v1/status") -> Any:
        return api.client.get(path, headers=headers)

    return get


def statuses(ask: Callable[..., Any], times: int, headers: dict[str, str] | None = None, path: str = "") -> list[int]:
    return [ask(headers, path or "/api/v1/status").status_code for _ in range(times)]


def test_who_asks_too_often_is_told_when_to_come_back(clock: Clock, ask: Callable[..., Any]) -> None:
    assert statuses(ask, 3) == [200] * 3
    clock.now_s += 20
    refused = ask()

    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "40"
    assert refused.headers["ratelimit"] == '"api";r=0;t=40'
    assert refused.json()["code"] == "too_many"
    assert "40 seconds" in refused.json()["detail"]


def test_after_the_minute_everybody_may_ask_again(clock: Clock, ask: Callable[..., Any]) -> None:
    statuses(ask, 4)
    clock.now_s += 60

    assert ask().headers["ratelimit"] == '"api";r=2;t=60'


def test_every_answer_says_what_is_left(clock: Clock, ask: Callable[..., Any]) -> None:
    answers = [ask(path=path) for path in ("/api/v1/status", "/api/v1/submissions/99", "/api/v1/nothing")]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert [answer.headers["ratelimit"] for answer in answers] == [f'"api";r={left};t=60' for left in (2, 1, 0)]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"api";q=3;w=60'}


def test_an_unchanged_answer_says_it_too(clock: Clock, api: Api, ask: Callable[..., Any]) -> None:
    etag = ask(path="/api/v1/models").headers["etag"]
    answer = api.client.get("/api/v1/models", headers={"If-None-Match": etag})

    assert answer.status_code == 304
    assert answer.headers["ratelimit"] == '"api";r=1;t=60'


def test_users_are_counted_for_themselves(api: Api, clock: Clock, ask: Callable[..., Any]) -> None:
    """The first request with a token still counts for the address: whose it is is not known before."""
    assert statuses(ask, 8, api.owner, "/api/v1/me") == [200] * 6 + [429] * 2
    assert ask(api.other, "/api/v1/me").status_code == 200


def test_another_token_is_no_other_limit(api: Api, clock: Clock, ask: Callable[..., Any]) -> None:
    with Session(get_engine()) as session, session.begin():
        owner = session.get_one(User, _id_of(session, "owner"))
        second = make_token(session, owner)
    statuses(ask, 6, api.owner, "/api/v1/me")
    ask(second, "/api/v1/me")

    assert ask(second, "/api/v1/me").status_code == 429


def _id_of(session: Session, handle: str) -> int:
    return session.exec(select(User).where(User.handle == handle)).one().stored_id


def test_made_up_tokens_count_for_the_address(clock: Clock, ask: Callable[..., Any]) -> None:
    answers = [ask({"Authorization": f"Bearer mnb_{number}"}, "/api/v1/me") for number in range(4)]

    assert [answer.status_code for answer in answers] == [401] * 3 + [429]


def test_a_revoked_token_counts_for_the_address_again(api: Api, clock: Clock, ask: Callable[..., Any]) -> None:
    ask(api.owner, "/api/v1/me")
    with Session(get_engine()) as session, session.begin():
        owner_id = _id_of(session, "owner")
        session.delete(session.exec(select(ApiToken).where(ApiToken.user_id == owner_id)).one())
    assert ask(api.owner, "/api/v1/me").status_code == 401

    assert ask(api.owner, "/api/v1/me").headers["ratelimit-policy"] == '"api";q=3;w=60'


def test_quota_and_rate_stand_in_one_header(api: Api, clock: Clock) -> None:
    answer = api.client.get("/api/v1/me/quota", headers=api.owner)

    assert answer.headers["ratelimit"].startswith('"runs";r=20;t=')
    assert answer.headers["ratelimit"].endswith('"api";r=2;t=60')


def test_pages_are_not_counted(api: Api, clock: Clock) -> None:
    answers = [api.client.get("/about") for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_nobody_is_counted_where_the_setting_says_so(
    clock: Clock, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_REQUESTS_PER_MINUTE_PER_ADDRESS", "0")
    get_settings.cache_clear()

    assert statuses(ask, 9) == [200] * 9
    assert "ratelimit" not in ask().headers


def test_strangers_from_ever_new_addresses_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "KEPT_MAXIMUM", 10)
    counted = Rates(Clock())
    for number in range(100):
        counted.count(f"address:{number}", 3)
        counted.remember(str(number), number)

    assert len(counted.windows) <= 10
    assert len(counted.users) <= 10
