"""POST /checks: what a worker says of files, and what the API says of the worker."""

from typing import Any

import pytest

from app.core.outcomes import Outcome
from app.core.sentences import Sentence
from app.web import checking
from tests.api import SUBMISSIONS, Api, safetensors
from tests.examiner import GOOD_REPORT, TRACEBACK, examiner, say_that_a_worker_lives

pytest_plugins = ["tests.api_fixtures"]

CHECKS = "/api/v1/checks"
CODE = {"model_file": ("net.py", b"import torch")}


@pytest.fixture
def checks(api: Api) -> Api:
    """The API beside a living worker."""
    say_that_a_worker_lives()
    return api


def check(api: Api, data: dict[str, Any] | None = None, **more: Any) -> Any:
    return api.client.post(CHECKS, **{"data": data or {}, "files": CODE, "headers": api.owner} | more)


def test_a_good_file_comes_back_with_its_report(checks: Api) -> None:
    with examiner(report=GOOD_REPORT):
        answer = check(checks)

    body = answer.json()
    assert (answer.status_code, body["outcome"], body["message"], body["what_to_do"]) == (200, "ok", None, None)
    assert body["report"] == GOOD_REPORT
    assert body["warnings"] == ["The network has no non-linearity."]


def test_a_broken_file_comes_back_with_its_sentence_and_traceback(checks: Api) -> None:
    sentence = Sentence("The class %(name)s cannot be built.", {"name": "Net"})
    with examiner(Outcome.BAD_MODEL, sentence, TRACEBACK):
        body = check(checks).json()

    assert (body["outcome"], body["message"], body["detail"]) == (
        "bad_model",
        "The class Net cannot be built.",
        TRACEBACK,
    )
    assert "submit it again" in body["what_to_do"]


def test_a_checked_file_can_be_submitted_by_its_check(checks: Api) -> None:
    with examiner(report=GOOD_REPORT):
        check_id = check(checks).json()["id"]

    body = checks.client.post(SUBMISSIONS, data={"check_id": check_id, "epochs": "5"}, headers=checks.owner).json()

    assert (body["kind"], body["model_file"]["name"], body["recipe"]["epochs"]) == ("train", "net.py", 5)
    assert len(checks.stored_blobs()) == 1


def test_a_checked_file_can_be_submitted_by_json(checks: Api) -> None:
    with examiner(report=GOOD_REPORT):
        check_id = check(checks).json()["id"]

    body = checks.client.post(
        SUBMISSIONS, json={"check_id": check_id, "class_name": "Net"}, headers=checks.owner
    ).json()

    assert (body["model_file"]["name"], body["class_name"], body["model"]) == ("net.py", "Net", None)


def test_a_new_file_goes_before_that_of_the_check(checks: Api) -> None:
    with examiner(report=GOOD_REPORT):
        check_id = check(checks).json()["id"]

    files = {"model_file": ("better.py", b"import torch.nn")}
    body = checks.client.post(SUBMISSIONS, data={"check_id": check_id}, files=files, headers=checks.owner).json()

    assert body["model_file"]["name"] == "better.py"


@pytest.mark.parametrize("body", ["data", "json"])
def test_a_check_of_somebody_else_gives_no_file(checks: Api, body: str) -> None:
    with examiner(report=GOOD_REPORT):
        check_id = check(checks).json()["id"]

    answer = checks.client.post(SUBMISSIONS, **{body: {"check_id": check_id}}, headers=checks.other)

    assert answer.status_code == 422
    assert "not known any more" in answer.json()["fields"]["check_id"]


def test_weights_for_a_model_of_the_zoo_are_checked_too(checks: Api) -> None:
    with examiner(report=GOOD_REPORT | {"weights_format": "safetensors"}):
        files = {"weights": ("w.safetensors", safetensors())}
        body = check(checks, {"kind": "evaluate", "model": "yannet"}, files=files).json()

    assert body["report"]["weights_format"] == "safetensors"


def test_what_cannot_be_used_is_refused_before_a_worker_is_asked(checks: Api) -> None:
    answer = check(checks, {"arguments": "exit()"})

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"arguments"})
    assert checks.stored_blobs() == []


def test_without_a_worker_the_answer_comes_at_once_and_says_so(api: Api) -> None:
    answer = check(api)

    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "submit it all the same" in answer.json()["detail"]


def test_a_worker_that_does_not_answer_in_time_is_not_waited_for(checks: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ANSWER_S", 0.3)

    answer = check(checks)

    assert answer.status_code == 503
    assert "within 0.3 seconds" in answer.json()["detail"]


def test_strangers_cannot_have_files_checked(checks: Api) -> None:
    assert check(checks, headers={}).status_code == 401
    assert checks.stored_blobs() == []


def test_a_check_makes_no_submission_and_takes_no_key(checks: Api) -> None:
    with examiner(report=GOOD_REPORT):
        answers = [check(checks, {"idempotency_key": "k", "arguments": str(i)}).status_code for i in range(2)]

    assert answers == [200, 200]
    assert checks.stored_submissions() == []
