"""Submissions through the API: sent, repeated, read, withdrawn, run again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.ranking import interval
from app.core.recipes import Recipe
from app.core.runs import add_event, begin, latest_run
from app.core.submissions import find
from app.core.tables import Result, User
from tests.api import SUBMISSIONS, Api, safetensors
from tests.board_factories import make_failure, make_result, set_engine_status

pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def number(api: Api) -> int:
    """The number of a queued submission of the owner."""
    return int(api.submit({"title": "a title"}).json()["number"])


def measure(number: int, **result: Any) -> None:
    with session_scope() as session:
        make_result(session, find(session, number), **result)


def fail(number: int, outcome: str = "diverged") -> None:
    with session_scope() as session:
        make_failure(session, find(session, number), outcome)


def read(api: Api, number: int, headers: dict[str, str] | None = None) -> Any:
    return api.client.get(f"{SUBMISSIONS}/{number}", headers=headers or {}).json()


def test_a_form_with_a_model_alone_is_queued_with_the_homeworks_recipe(api: Api) -> None:
    answer = api.submit()

    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == body["links"]["self"] == f"{SUBMISSIONS}/{body['number']}"
    assert (body["state"], body["queue_position"], body["recipe"]) == ("queued", 1, Recipe().model_dump())
    assert (body["kind"], body["model"], body["title"], body["dataset"]) == ("train", "yannet", "yannet", "mnist")


def test_a_form_says_everything(api: Api) -> None:
    data = {"title": "深度", "notes": "*learnt*", "epochs": "5", "normalize": "true", "option.dropout": "0.1"}

    body = api.submit(data).json()

    assert (body["title"], body["notes"], body["options"]) == ("深度", "*learnt*", {"dropout": 0.1})
    assert (body["recipe"]["epochs"], body["recipe"]["normalize"]) == (5, "mnist")


def test_an_object_says_the_same(api: Api) -> None:
    given = {"model": "yannet", "title": "深度", "recipe": {"epochs": 5}, "options": {"dropout": 0.1}}

    answer = api.client.post(SUBMISSIONS, json=given, headers=api.owner)

    body = answer.json()
    assert answer.status_code == 201
    assert (body["title"], body["options"], body["recipe"]["epochs"]) == ("深度", {"dropout": 0.1}, 5)


def test_weights_are_sent_in_a_form(api: Api) -> None:
    body = api.submit(files=[("weights", ("mine.safetensors", safetensors()))]).json()

    assert (body["kind"], body["weights"]["name"]) == ("evaluate", "mine.safetensors")
    assert get_blobs().size_bytes(body["weights"]["sha256"]) == len(safetensors())


def test_the_author_is_whose_token_was_sent(api: Api) -> None:
    assert api.submit().json()["author"] == {"handle": "owner", "name": "Owner"}


def test_anybody_can_read_a_submission(api: Api, number: int) -> None:
    assert read(api, number) == read(api, number, api.owner)


@pytest.mark.parametrize("number", ["0", "-1", "999", str(2**31), str(10**30)])
def test_an_unknown_number_is_not_found(api: Api, number: str) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/{number}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert f"#{number}" in answer.json()["detail"]


def test_a_number_that_is_none_is_refused(api: Api) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/twelve")

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"number"})


def test_a_wrong_token_is_refused_also_where_none_is_needed(api: Api, number: int) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/{number}", headers={"Authorization": "Bearer mnb_old"})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_the_second_in_the_queue_is_told_so(api: Api, number: int) -> None:
    second = api.client.post(SUBMISSIONS, json={"model": "mlp"}, headers=api.other).json()["number"]

    assert [read(api, n)["queue_position"] for n in (number, second)] == [1, 2]


def test_a_running_submission_tells_its_run(api: Api, number: int) -> None:
    with session_scope() as session:
        run = latest_run(session, find(session, number))
        set_engine_status(session, run.id, "PENDING")
        add_event(session, run.id, begin(session, run.id, "worker-1", "A"), "loss", {"losses": [2.3]})

    body = read(api, number)

    assert (body["state"], body["queue_position"], body["result"]) == ("training", None, None)
    assert (body["run"]["worker"], body["run"]["isolation"], body["run"]["starts"]) == ("worker-1", "A", 1)
    assert datetime.fromisoformat(body["run"]["started"]).utcoffset() == timedelta(0)


def test_a_measured_submission_tells_its_result(api: Api, number: int) -> None:
    measure(number, wrong=20, test_loss=0.0625)

    body = read(api, number)

    result = body["result"]
    low, high = interval(980, 1000)
    assert (body["state"], body["outcome"], body["message"]) == ("done", "ok", "The run finished and was measured.")
    assert (result["accuracy"], result["correct"], result["wrong"], result["total"]) == (0.98, 980, 20, 1000)
    assert result["interval"] == {"low": low, "high": high}
    assert (result["rank"], result["rank_best"], result["rank_worst"]) == (1, 1, 1)
    assert (result["test_loss"], result["parameters"], result["train_seconds"]) == (0.0625, 30306, 12.5)
    assert (len(result["confusion"]), result["epochs"][0]["epoch"], result["layers"][0]["type"]) == (10, 1, "Conv2d")
    assert result["weights_url"] is None


def test_only_the_best_submission_of_a_student_has_a_rank(api: Api, number: int) -> None:
    better = int(api.submit().json()["number"])
    measure(number, wrong=100)
    measure(better, wrong=10)

    results = [read(api, each)["result"] for each in (number, better)]

    assert [(result["score"], result["rank"], result["rank_worst"]) for result in results] == [
        (0.9, None, None),
        (0.99, 1, 1),
    ]


def test_a_failed_run_says_what_happened_and_what_to_do(api: Api, number: int) -> None:
    fail(number)

    body = read(api, number, api.owner)

    assert (body["state"], body["outcome"], body["result"]) == ("failed", "diverged", None)
    assert body["message"] == "The loss became NaN in epoch 2."
    assert body["message_source"]["values"] == {"value": "NaN", "epoch": 2}
    assert "learning rate" in body["what_to_do"]


def test_others_hear_of_a_failed_run_in_general_words_only(api: Api, number: int) -> None:
    fail(number)

    body = read(api, number, api.other)

    assert (body["state"], body["outcome"], body["detail"]) == ("failed", "diverged", None)
    assert body["message"] == "The training loss stopped being a number."
    assert body["message_source"]["values"] == {}


@pytest.mark.parametrize(
    ("who", "detail"), [("owner", "Traceback: secret"), ("teacher", "Traceback: secret"), ("other", None)]
)
def test_a_traceback_is_for_the_author_and_the_teacher(api: Api, number: int, who: str, detail: str | None) -> None:
    fail(number)

    assert read(api, number, getattr(api, who))["detail"] == detail


def test_a_traceback_is_not_for_strangers(api: Api, number: int) -> None:
    fail(number)

    assert "secret" not in api.client.get(f"{SUBMISSIONS}/{number}").text


def test_sentences_come_in_the_language_asked_for(api: Api, number: int) -> None:
    fail(number, "timed_out")

    chinese = read(api, number, {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"})

    assert chinese["what_to_do"] != read(api, number)["what_to_do"]
    assert any("一" <= character <= "鿿" for character in chinese["what_to_do"])


def test_a_problem_comes_in_the_language_asked_for(api: Api) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/999", headers={"Accept-Language": "zh"})

    assert answer.headers["content-language"] == "zh"
    assert "999" in answer.json()["detail"]
    assert not answer.json()["detail"].isascii()


@pytest.mark.parametrize("who", ["owner", "teacher"])
def test_withdrawing_cancels_and_can_be_repeated(api: Api, number: int, who: str) -> None:
    answers = [api.client.delete(f"{SUBMISSIONS}/{number}", headers=getattr(api, who)) for _ in range(2)]

    bodies = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert bodies[0] == bodies[1]
    assert (bodies[0]["state"], bodies[0]["outcome"]) == ("cancelled", "cancelled")
    assert bodies[0]["withdrawn"] is not None


def test_a_withdrawn_submission_is_there_for_its_author_and_the_teacher_only(api: Api, number: int) -> None:
    api.client.delete(f"{SUBMISSIONS}/{number}", headers=api.owner)

    url = f"{SUBMISSIONS}/{number}"
    statuses = [api.client.get(url, headers=who).status_code for who in (api.owner, api.teacher, api.other, {})]

    assert statuses == [200, 200, 404, 404]


def test_a_withdrawn_result_has_no_rank(api: Api, number: int) -> None:
    measure(number)

    body = api.client.delete(f"{SUBMISSIONS}/{number}", headers=api.owner).json()

    assert (body["state"], body["result"]["accuracy"], body["result"]["rank"]) == ("done", 0.98, None)


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/runs")])
def test_nobody_can_change_the_submission_of_another(api: Api, number: int, method: str, path: str) -> None:
    fail(number)

    answer = api.client.request(method, f"{SUBMISSIONS}/{number}{path}", headers=api.other)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert f"#{number}" in answer.json()["detail"]
    assert (read(api, number)["withdrawn"], read(api, number)["run"]["attempt"]) == (None, 1)


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("POST", "/runs")])
def test_nothing_can_be_changed_without_a_token(api: Api, number: int, method: str, path: str) -> None:
    answer = api.client.request(method, f"{SUBMISSIONS}/{number}{path}")

    assert answer.status_code == 401


def test_a_failed_submission_is_run_again(api: Api, number: int) -> None:
    fail(number)

    answer = api.client.post(f"{SUBMISSIONS}/{number}/runs", headers=api.owner)

    body = answer.json()
    assert answer.status_code == 201
    assert (body["state"], body["run"]["attempt"], body["outcome"]) == ("queued", 2, None)


def test_a_waiting_submission_is_not_run_again(api: Api, number: int) -> None:
    answer = api.client.post(f"{SUBMISSIONS}/{number}/runs", headers=api.owner)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_the_same_key_and_request_again_give_the_same_submission(api: Api) -> None:
    headers = api.owner | {"Idempotency-Key": "k"}

    first, again = (api.client.post(SUBMISSIONS, data={"model": "yannet"}, headers=headers) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.json() == first.json()


def test_a_repeated_upload_is_the_same_submission_and_kept_once(api: Api) -> None:
    headers = api.owner | {"Idempotency-Key": "k"}
    form: dict[str, Any] = {"data": {"model": "yannet"}, "files": [("weights", ("w.safetensors", safetensors()))]}

    first, again = (api.client.post(SUBMISSIONS, headers=headers, **form) for _ in range(2))

    assert first.json()["number"] == again.json()["number"]
    assert len(api.stored_blobs()) == 1


def test_the_same_key_with_another_request_is_a_conflict(api: Api) -> None:
    headers = api.owner | {"Idempotency-Key": "k"}
    first = api.client.post(SUBMISSIONS, json={"model": "yannet"}, headers=headers).json()

    answer = api.client.post(SUBMISSIONS, json={"model": "mlp"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert f"#{first['number']}" in answer.json()["detail"]
    assert len(api.stored_submissions()) == 1


def test_eight_equal_requests_at_once_make_one_submission(api: Api, live: str) -> None:
    headers = api.owner | {"Idempotency-Key": "k"}

    def post(_: int) -> httpx.Response:
        return httpx.post(live + SUBMISSIONS, data={"model": "yannet"}, headers=headers, timeout=30)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(post, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["number"] for answer in answers}) == len(api.stored_submissions()) == 1
    assert get_jobs().active()[1] == [answers[0].json()["run"]["id"]]


def test_trained_weights_are_downloaded_whole(api: Api, number: int) -> None:
    measure(number)
    with session_scope() as session:
        result = session.exec(select(Result)).one()
        result.weights_sha256 = get_blobs().store([safetensors(5000)], 10**6).sha256
        session.add(result)

    answer = api.client.get(read(api, number)["result"]["weights_url"])

    assert answer.content == safetensors(5000)
    assert answer.headers["content-disposition"] == f'attachment; filename="yannet-{number}.safetensors"'
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_where_there_are_no_weights_there_is_nothing_to_download(api: Api, number: int) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/{number}/weights")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_users_secrets_are_in_no_answer(api: Api, number: int) -> None:
    with session_scope() as session:
        user = session.exec(select(User).where(User.handle == "owner")).one()
        user.password_hash = "$argon2id$secret"
        session.add(user)

    assert "argon2" not in api.client.get(f"{SUBMISSIONS}/{number}", headers=api.owner).text
    assert "argon2" not in api.client.get("/api/v1/me", headers=api.owner).text
