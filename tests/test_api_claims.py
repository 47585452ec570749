"""Claims in the REST interface."""

import json
from typing import Any

import pytest
from sqlmodel import select

from app.core.database import session_scope
from app.core.tables import Submission
from tests.api import Api
from tests.board_factories import make_result
from tests.threads import IMPOSSIBLE, TWO_CONVOLUTIONS, old_thread

pytest_plugins = ["tests.api_fixtures"]
CLAIMS = "/api/v1/claims"


def send(api: Api, thread: Any, save: bool = True) -> Any:
    return api.client.post(f"{CLAIMS}/import", headers=api.teacher, json={"thread": thread, "save": save})


def test_a_preview_says_what_was_understood_and_saves_nothing(api: Api) -> None:
    body = send(api, TWO_CONVOLUTIONS, save=False).json()

    assert body["saved"] == []
    assert body["posts"][0]["accuracy"] == pytest.approx(0.9427)
    assert body["posts"][0]["understood"]["missing"] == ["learning rate", "epochs"]
    assert api.client.get(CLAIMS).json()["claims"] == []


def test_a_thread_is_saved_once(api: Api) -> None:
    first, second = (send(api, old_thread()).json()["saved"] for _ in range(2))

    assert (first, second) == ([1, 2, 3, 4], [])


def test_a_thread_comes_as_a_file_too(api: Api) -> None:
    file = {"thread": ("comments.json", json.dumps(old_thread()).encode())}

    answer = api.client.post(f"{CLAIMS}/import", headers=api.teacher, files=file, data={"save": "true"})

    assert len(answer.json()["saved"]) == 4


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "thread"),
        ({"thread": 5}, "thread"),
        ({"thread": ""}, "thread"),
        ({"thread": []}, "thread"),
        ({"thread": "x 98 %", "save": "perhaps"}, "save"),
        ({"thread": {"message": "Not Found"}}, "thread"),
    ],
)
def test_what_is_no_thread_is_refused_at_its_field(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.client.post(f"{CLAIMS}/import", headers=api.teacher, json=body)

    assert answer.status_code == 422
    assert field in answer.json()["fields"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/import"), ("delete", "/1"), ("post", "/1/restore")],
    ids=["import", "delete", "back"],
)
def test_changing_the_claims_is_for_teachers(api: Api, method: str, path: str) -> None:
    answers = [api.client.request(method, CLAIMS + path, headers=headers) for headers in ({}, api.owner)]

    assert [answer.status_code for answer in answers] == [401, 403]


def test_a_claim_says_what_would_be_run_and_what_is_taken(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)

    body = api.client.get(f"{CLAIMS}/1").json()

    assert body["plan"]["recipe"]["optimizer"] == "Adam"
    assert body["plan"]["parameters"] == 1_007_590
    assert "pooling without a size: 2 × 2" in body["plan"]["taken"]
    assert "nn.Conv2d(1, 10, 5)" in body["plan"]["source"]
    assert body["text"] == TWO_CONVOLUTIONS


def test_a_claim_that_cannot_be_run_says_why_in_the_language_asked_for(api: Api) -> None:
    send(api, IMPOSSIBLE)

    body = api.client.get(f"{CLAIMS}/1", headers={"Accept-Language": "zh"}).json()

    assert body["plan"] is None
    assert "320 都不等于 16·k²" in body["obstacle"]


def test_a_claim_is_run_with_changes(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)

    answer = api.client.post(f"{CLAIMS}/1/submissions", headers=api.owner, json={"recipe": {"epochs": 1}})

    body = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/submissions/1")
    assert (body["claim_id"], body["claimed_accuracy"]) == (1, pytest.approx(0.9427))
    assert (body["recipe"]["epochs"], body["recipe"]["learning_rate"]) == (1, 0.001)


def test_the_same_key_runs_a_claim_once(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)
    headers = api.owner | {"Idempotency-Key": "once"}

    answers = [api.client.post(f"{CLAIMS}/1/submissions", headers=headers, json={}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert len(api.stored_submissions()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"recipe": []}, 422),
        ({"recipe": {"epochs": 99}}, 422),
        ({"claimed_accuracy": 1}, 422),
        ({"recipe": {"x": 1}}, 422),
    ],
)
def test_changes_that_cannot_be_are_refused(api: Api, body: dict[str, Any], status: int) -> None:
    send(api, TWO_CONVOLUTIONS)

    assert api.client.post(f"{CLAIMS}/1/submissions", headers=api.owner, json=body).status_code == status
    assert api.stored_submissions() == []


@pytest.mark.parametrize(("claim_id", "status"), [(1, 409), (2, 404), (0, 404)])
def test_a_claim_that_is_no_network_or_not_there_is_not_run(api: Api, claim_id: int, status: int) -> None:
    send(api, IMPOSSIBLE)

    answer = api.client.post(f"{CLAIMS}/{claim_id}/submissions", headers=api.owner, json={})

    assert answer.status_code == status


def test_the_list_comes_in_parts(api: Api) -> None:
    send(api, old_thread())

    first = api.client.get(f"{CLAIMS}?limit=3").json()
    second = api.client.get(first["next"]).json()

    assert [claim["id"] for claim in first["claims"] + second["claims"]] == [1, 2, 3, 4]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "ids"), [("runnable=1", [2, 4]), ("runnable=0", [1, 3]), ("measured=1", [2]), ("measured=0", [1, 3, 4])]
)
def test_the_list_can_be_filtered(api: Api, query: str, ids: list[int]) -> None:
    send(api, old_thread())
    api.client.post(f"{CLAIMS}/2/submissions", headers=api.owner, json={})
    with session_scope() as session:
        make_result(session, session.exec(select(Submission)).one(), wrong=57)

    body = api.client.get(f"{CLAIMS}?{query}").json()

    assert [claim["id"] for claim in body["claims"]] == ids
    assert body["unmeasured"] == 3


def test_what_was_measured_of_a_claim_stands_beside_it(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)
    api.client.post(f"{CLAIMS}/1/submissions", headers=api.owner, json={})
    with session_scope() as session:
        make_result(session, session.exec(select(Submission)).one(), wrong=20)

    (rebuilt,) = api.client.get(f"{CLAIMS}/1").json()["rebuilt"]

    assert (rebuilt["number"], rebuilt["handle"], rebuilt["accuracy"]) == (1, "owner", 0.98)
    assert rebuilt["difference"] == pytest.approx(0.0373)


def test_a_withdrawn_claim_is_there_for_teachers_and_comes_back(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)
    withdrawn = api.client.delete(f"{CLAIMS}/1", headers=api.teacher).json()["withdrawn"]
    statuses = [api.client.get(f"{CLAIMS}/1", headers=headers).status_code for headers in (api.owner, api.teacher)]
    restored = api.client.post(f"{CLAIMS}/1/restore", headers=api.teacher).json()["withdrawn"]

    assert withdrawn
    assert statuses == [404, 200]
    assert restored is None


def test_a_teacher_corrects_a_claim(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)

    body = api.client.patch(
        f"{CLAIMS}/1", headers=api.teacher, json={"accuracy": 0.95, "epochs": 4, "optimizer": None}
    ).json()

    assert body["accuracy"] == pytest.approx(0.95)
    assert (body["understood"]["epochs"], body["understood"]["optimizer"]) == (4, None)
    assert (body["understood"]["batch_size"], body["text"]) == (64, TWO_CONVOLUTIONS)


@pytest.mark.parametrize(
    "given", [{"accuracy": None}, {"accuracy": 200}, {"epochs": True}, {"text": "x"}, {"layers": []}, {"epochs": 1.5}]
)
def test_a_correction_that_cannot_be_is_refused(api: Api, given: dict[str, Any]) -> None:
    send(api, TWO_CONVOLUTIONS)

    answer = api.client.patch(f"{CLAIMS}/1", headers=api.teacher, json=given)

    assert answer.status_code == 422
    assert api.client.get(f"{CLAIMS}/1").json()["accuracy"] == pytest.approx(0.9427)


def test_a_student_corrects_no_claim(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)

    assert api.client.patch(f"{CLAIMS}/1", headers=api.owner, json={"accuracy": 0.99}).status_code == 403


def test_a_withdrawn_claim_cannot_be_run(api: Api) -> None:
    send(api, TWO_CONVOLUTIONS)
    api.client.delete(f"{CLAIMS}/1", headers=api.teacher)

    answer = api.client.post(f"{CLAIMS}/1/submissions", headers=api.teacher, json={})

    assert answer.status_code == 409
    assert "withdrawn" in answer.text
