"""An accuracy that its author measured: typed into the form or sent to the API, shown beside ours, never ranked."""

import pytest
from sqlmodel import Session, select

from app.core.claimed import NoAccuracy, parse_accuracy
from app.core.database import session_scope
from app.core.requests import Request, fingerprint
from app.core.tables import Submission
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_result
from tests.test_pages_submit import MULTIPART, form_values
from tests.visitors import Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]


@pytest.mark.parametrize(
    ("text", "share"),
    [("98.47", 0.9847), (" 98.47 % ", 0.9847), ("98,47％", 0.9847), ("0.9847", 0.9847), ("1", 1), ("100", 1), ("0", 0)],
)
def test_an_accuracy_is_understood_as_people_write_it(text: str, share: float) -> None:
    assert parse_accuracy(text) == pytest.approx(share)


def test_nothing_is_no_accuracy() -> None:
    assert parse_accuracy("  ") is None


@pytest.mark.parametrize("text", ["good", "-1", "101", "100.1 %", "nan", "inf", "1e2", "98.47.1", "９８x", "9" * 400])
def test_what_is_no_accuracy_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(NoAccuracy) as caught:
        parse_accuracy(text)

    assert text[:40] in str(caught.value)


def test_the_form_keeps_a_claimed_accuracy(member: Visitor, session: Session) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"claimed_accuracy": "98.47"}

    member.post("/submit", values, files=MULTIPART)

    assert session.exec(select(Submission.claimed_accuracy)).one() == pytest.approx(0.9847)
    assert "Claimed 98.47 % Measured here not yet" in text_of(member.get("/s/1"))


def test_the_form_refuses_what_is_none_and_keeps_what_was_typed(member: Visitor) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"claimed_accuracy": "very good"}

    page = member.post("/submit", values, files=MULTIPART)

    assert page.status_code == 422
    assert "“very good” is no accuracy" in error_beside(page, "claimed_accuracy")
    assert form_values(page)["claimed_accuracy"] == "very good"


@pytest.mark.parametrize(
    "request_of",
    [
        {"data": {"model": "yannet", "claimed_accuracy": "98.47"}},
        {"json": {"model": "yannet", "claimed_accuracy": 0.9847}},
    ],
    ids=["form", "json"],
)
def test_the_api_keeps_a_claimed_accuracy(api: Api, request_of: dict[str, object]) -> None:
    body = api.client.post(SUBMISSIONS, headers=api.owner, **request_of).json()

    assert body["claimed_accuracy"] == pytest.approx(0.9847)
    assert (body["claim_id"], body["claimed_difference"]) == (None, None)


@pytest.mark.parametrize("value", [True, "good", [98], 980])
def test_the_api_refuses_what_is_none(api: Api, value: object) -> None:
    answer = api.client.post(SUBMISSIONS, headers=api.owner, json={"model": "yannet", "claimed_accuracy": value})

    assert answer.status_code == 422
    assert "claimed_accuracy" in answer.json()["fields"]


def test_no_client_can_say_that_it_rebuilds_a_claim(api: Api) -> None:
    answer = api.client.post(SUBMISSIONS, headers=api.owner, json={"model": "yannet", "claim_id": 1})

    assert answer.status_code == 422


def test_the_difference_to_what_was_measured_is_told(api: Api) -> None:
    api.submit({"claimed_accuracy": "99"})
    with session_scope() as session:
        make_result(session, session.exec(select(Submission)).one(), wrong=20)

    body = api.client.get(f"{SUBMISSIONS}/1").json()

    assert body["claimed_difference"] == pytest.approx(-0.01)
    assert body["result"]["accuracy"] == 0.98


def test_what_is_claimed_changes_no_rank(api: Api) -> None:
    for number, (headers, claimed) in enumerate([(api.owner, "99.99"), (api.other, "10")], 1):
        api.client.post(SUBMISSIONS, headers=headers, data={"model": "yannet", "claimed_accuracy": claimed})
        with session_scope() as session:
            make_result(session, session.get_one(Submission, number), wrong=30 - number)

    assert [row["number"] for row in api.client.get("/api/v1/leaderboard").json()["rows"]] == [2, 1]


def test_a_claim_about_mnist_is_not_compared_with_a_practice_board(
    member: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session_scope() as session:
        from app.core.accounts import find_user
        from tests.board_factories import make_submission

        user = find_user(session, "zhou-yi")
        assert user is not None
        make_result(session, make_submission(session, user, "practice", claimed_accuracy="99"))

    page = text_of(member.get("/s/1"))

    assert "the two cannot be compared" in page
    assert "points" not in page.partition("Claimed and measured")[2].partition("Hyperparameters")[0]


def test_requests_from_before_claims_have_the_fingerprint_that_they_had() -> None:
    plain, claimed = Request(model="yannet"), Request(model="yannet", claimed_accuracy="98")

    assert fingerprint(plain) == fingerprint(Request(model="yannet", claimed_accuracy="", claim_id=None))
    assert fingerprint(plain) != fingerprint(claimed)
    assert fingerprint(claimed) != fingerprint(Request(model="yannet", claim_id=98))
