"""What OpenAPI says of the API: complete, and true."""

import json
import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from app.core.accounts import set_password
from app.core.database import session_scope
from app.core.tables import User
from app.web.main import create_app
from tests.api import Api
from tests.factories import PASSWORD
from tests.permission_ground import PLACES, fill_ground

pytest_plugins = ["tests.api_fixtures"]

OPERATIONS = {
    "createSubmission": ("post", "/api/v1/submissions"),
    "listSubmissions": ("get", "/api/v1/submissions"),
    "listUsers": ("get", "/api/v1/users"),
    "getSubmission": ("get", "/api/v1/submissions/{number}"),
    "withdrawSubmission": ("delete", "/api/v1/submissions/{number}"),
    "retrySubmission": ("post", "/api/v1/submissions/{number}/runs"),
    "streamEvents": ("get", "/api/v1/submissions/{number}/events"),
    "downloadWeights": ("get", "/api/v1/submissions/{number}/weights"),
    "downloadModelFile": ("get", "/api/v1/submissions/{number}/model-file"),
    "listSeeds": ("get", "/api/v1/submissions/{number}/seeds"),
    "requestSeeds": ("post", "/api/v1/submissions/{number}/seeds"),
    "forkSubmission": ("post", "/api/v1/submissions/{number}/forks"),
    "listForks": ("get", "/api/v1/submissions/{number}/forks"),
    "getReceipt": ("get", "/api/v1/submissions/{number}/receipt"),
    "downloadPredictions": ("get", "/api/v1/submissions/{number}/predictions"),
    "compareSubmissions": ("get", "/api/v1/compare"),
    "createCheck": ("post", "/api/v1/checks"),
    "getQuota": ("get", "/api/v1/me/quota"),
    "getClass": ("get", "/api/v1/class"),
    "changeClass": ("patch", "/api/v1/class"),
    "rotateCode": ("post", "/api/v1/class/code"),
    "getQueue": ("get", "/api/v1/teach/queue"),
    "pauseQueue": ("post", "/api/v1/teach/queue/pause"),
    "resumeQueue": ("post", "/api/v1/teach/queue/resume"),
    "cancelRun": ("post", "/api/v1/teach/runs/{run_id}/cancel"),
    "moveRun": ("post", "/api/v1/teach/runs/{run_id}/move"),
    "getConsole": ("get", "/api/v1/teach/console"),
    "listModeratedSubmissions": ("get", "/api/v1/teach/submissions"),
    "moderateSubmissions": ("post", "/api/v1/teach/submissions/actions"),
    "undoAction": ("post", "/api/v1/teach/undo/{audit_id}"),
    "moderateSubmission": ("post", "/api/v1/teach/submissions/{number}/{action}"),
    "getGrades": ("get", "/api/v1/teach/grades"),
    "listStudents": ("get", "/api/v1/teach/students"),
    "setRole": ("put", "/api/v1/teach/students/{handle}/role"),
    "giveRuns": ("post", "/api/v1/teach/students/{handle}/runs"),
    "removeStudent": ("delete", "/api/v1/teach/students/{handle}"),
    "resetStudent": ("post", "/api/v1/teach/students/{handle}/reset"),
    "getAudit": ("get", "/api/v1/teach/audit"),
    "getStatus": ("get", "/api/v1/status"),
    "listErrors": ("get", "/api/v1/submissions/{number}/errors"),
    "listDigits": ("get", "/api/v1/digits"),
    "getDigit": ("get", "/api/v1/digits/{index}"),
    "getLeaderboard": ("get", "/api/v1/leaderboard"),
    "importThread": ("post", "/api/v1/claims/import"),
    "listClaims": ("get", "/api/v1/claims"),
    "getClaim": ("get", "/api/v1/claims/{claim_id}"),
    "correctClaim": ("patch", "/api/v1/claims/{claim_id}"),
    "withdrawClaim": ("delete", "/api/v1/claims/{claim_id}"),
    "restoreClaim": ("post", "/api/v1/claims/{claim_id}/restore"),
    "runClaim": ("post", "/api/v1/claims/{claim_id}/submissions"),
    "listModels": ("get", "/api/v1/models"),
    "getRecipe": ("get", "/api/v1/recipe"),
    "getMe": ("get", "/api/v1/me"),
    "createUser": ("post", "/api/v1/users"),
    "getUser": ("get", "/api/v1/users/{handle}"),
    "changeMe": ("patch", "/api/v1/me"),
    "changePassword": ("put", "/api/v1/me/password"),
    "endSessions": ("delete", "/api/v1/me/sessions"),
    "listIdentities": ("get", "/api/v1/me/identities"),
    "disconnectIdentity": ("delete", "/api/v1/me/identities/{identity_id}"),
    "exportMe": ("get", "/api/v1/me/export"),
    "exportMeWithFiles": ("get", "/api/v1/me/export.zip"),
    "deleteMe": ("delete", "/api/v1/me"),
    "createToken": ("post", "/api/v1/tokens"),
    "listTokens": ("get", "/api/v1/tokens"),
    "revokeToken": ("delete", "/api/v1/tokens/{token_id}"),
    "listDiscussion": ("get", "/api/v1/discussion"),
    "createDiscussionComment": ("post", "/api/v1/discussion"),
    "listLatestComments": ("get", "/api/v1/comments"),
    "listComments": ("get", "/api/v1/submissions/{number}/comments"),
    "createComment": ("post", "/api/v1/submissions/{number}/comments"),
    "getComment": ("get", "/api/v1/comments/{comment_id}"),
    "editComment": ("patch", "/api/v1/comments/{comment_id}"),
    "removeComment": ("delete", "/api/v1/comments/{comment_id}"),
    "restoreComment": ("post", "/api/v1/comments/{comment_id}/restore"),
    "markHelpful": ("put", "/api/v1/comments/{comment_id}/helpful"),
    "unmarkHelpful": ("delete", "/api/v1/comments/{comment_id}/helpful"),
    "listNotifications": ("get", "/api/v1/notifications"),
    "markAllNotificationsRead": ("post", "/api/v1/notifications/read"),
    "markNotificationRead": ("post", "/api/v1/notifications/{notification_id}/read"),
    "listWebhooks": ("get", "/api/v1/webhooks"),
    "createWebhook": ("post", "/api/v1/webhooks"),
    "removeWebhook": ("delete", "/api/v1/webhooks/{webhook_id}"),
    "listDeliveries": ("get", "/api/v1/webhooks/{webhook_id}/deliveries"),
    "enableWebhook": ("post", "/api/v1/webhooks/{webhook_id}/enable"),
    "getNotificationSettings": ("get", "/api/v1/notifications/settings"),
    "changeNotificationSettings": ("put", "/api/v1/notifications/settings"),
    "previewComment": ("post", "/api/v1/preview"),
    "testWebhook": ("post", "/api/v1/webhooks/{webhook_id}/test"),
}


@pytest.fixture
def client(data_dir: Path, app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def resolved(document: Any, part: Any) -> Any:
    """What a reference leads to."""
    return document["components"][part["$ref"].split("/")[2]][part["$ref"].split("/")[3]] if "$ref" in part else part


@pytest.fixture(scope="module")
def described(app: FastAPI) -> dict[str, tuple[str, str, Any]]:
    """Every operation of the API: method, path and description by its id."""
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/")
    }


def test_every_operation_has_the_name_that_clients_were_built_with(described: dict[str, Any]) -> None:
    assert {name: (method, path) for name, (method, path, _) in described.items()} == OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_described(described: dict[str, Any], name: str) -> None:
    operation = described[name][2]

    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_error_is_described_as_a_problem(document: Any, described: dict[str, Any], name: str) -> None:
    answers = described[name][2]["responses"]

    errors = {status: resolved(document, answer) for status, answer in answers.items() if int(status) >= 400}
    kinds = {kind for answer in errors.values() for kind in answer["content"]}
    assert {"401", "429"} <= errors.keys()
    assert kinds == {"application/problem+json"}


@pytest.mark.parametrize("name", [name for name, (method, _) in OPERATIONS.items() if method != "get"])
def test_every_write_takes_a_key_and_says_what_can_be_wrong_with_it(described: dict[str, Any], name: str) -> None:
    operation = described[name][2]

    assert {"$ref": "#/components/parameters/key"} in operation["parameters"]
    assert {"400", "401", "403", "409", "413", "415", "422", "429"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("createSubmission", {"200", "201", "400", "401", "403", "409", "413", "415", "422", "429"}),
        ("createCheck", {"200", "400", "401", "403", "409", "413", "415", "422", "429", "503"}),
        ("getSubmission", {"200", "304", "401", "404", "422", "429"}),
        ("revokeToken", {"204", "400", "401", "403", "404", "409", "413", "415", "422", "429"}),
        ("getLeaderboard", {"200", "304", "401", "422", "429"}),
    ],
)
def test_every_answer_is_described(described: dict[str, Any], name: str, statuses: set[str]) -> None:
    assert set(described[name][2]["responses"]) == statuses


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_says_what_is_left_of_the_limits(document: Any, described: dict[str, Any], name: str) -> None:
    answers = [resolved(document, answer) for answer in described[name][2]["responses"].values()]

    assert all({"RateLimit", "RateLimit-Policy", "X-Request-ID"} <= answer["headers"].keys() for answer in answers)


def contents(document: Any, operation: Any) -> list[Any]:
    """What an operation reads and answers, files and streams left out: there is nothing to show of them."""
    found = [*operation.get("requestBody", {}).get("content", {}).items()]
    for answer in operation["responses"].values():
        found += resolved(document, answer).get("content", {}).items()
    return [content for kind, content in found if "json" in kind or kind == "multipart/form-data"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_is_good_by_its_own_schema(document: Any, described: dict[str, Any], name: str) -> None:
    for content in contents(document, described[name][2]):
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, **content["schema"]}
        jsonschema_rs.validate(schema, content["example"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_stands_in_an_address_has_a_good_example(document: Any, described: dict[str, Any], name: str) -> None:
    for parameter in described[name][2].get("parameters", []):
        found = resolved(document, parameter)
        if found["in"] == "path":
            jsonschema_rs.validate(found["schema"], found["example"])


def bodies_of(document: Any) -> list[Any]:
    """Method, address and example of every operation that reads JSON, at what tests/permission_ground.py makes."""
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and path.startswith("/api/"):
                name = operation["operationId"]
                found.append(pytest.param(method, re.sub(r"{(\w+)}", lambda at: PLACES[at[1]], path), content, id=name))
    return found


@pytest.mark.parametrize(("method", "address", "content"), bodies_of(create_app().openapi()))
def test_every_example_of_a_body_is_one_that_is_taken(
    client: TestClient, method: str, address: str, content: Any
) -> None:
    tokens, _ = fill_ground()
    token = tokens["teacher" if re.search("/(teach|class|claims)", address) else "owner"]
    auth = ("owner", PASSWORD) if address.endswith("/password") else None
    with session_scope() as session:
        set_password(session, session.exec(select(User).where(User.handle == "owner")).one(), PASSWORD)
    answer = client.request(method, address, json=content["example"], headers=None if auth else token, auth=auth)

    # Nothing is wrong with the body, but no such run waits, that claim does not say enough, no worker lives.
    assert answer.is_success or answer.status_code in (404, 409, 503), answer.text


@pytest.mark.parametrize("name", OPERATIONS)
def test_who_may_call_is_what_the_answer_without_a_token_says(
    client: TestClient, described: dict[str, Any], name: str
) -> None:
    method, path, operation = described[name]
    fill_ground()
    address = re.sub(r"{(\w+)}", lambda at: PLACES[at[1]], path)
    body: Any = {"json": {}} if "requestBody" in operation else {}
    answer = client.request(method, address, **body)

    assert (answer.status_code == 401) == ({} not in operation["security"])


def test_the_description_holds_no_part_that_is_not_there(document: Any) -> None:
    refs = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))

    for ref in refs:
        assert reduce(lambda part, key: part[key], ref.split("/"), document)
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize("name", ["createSubmission", "withdrawSubmission", "retrySubmission", "getMe", "listTokens"])
def test_what_needs_a_token_says_so(described: dict[str, Any], name: str) -> None:
    assert {"token": []} in described[name][2]["security"]


def test_a_token_can_be_made_with_a_password(described: dict[str, Any]) -> None:
    assert {"password": []} in described["createToken"][2]["security"]


def test_a_submission_can_be_a_form_with_a_file_or_an_object(described: dict[str, Any]) -> None:
    content = described["createSubmission"][2]["requestBody"]["content"]

    form = content["multipart/form-data"]["schema"]["properties"]
    assert set(content) == {"multipart/form-data", "application/json"}
    assert form["weights"]["format"] == form["model_file"]["format"] == "binary"
    assert {"class_name", "arguments", "check_id", "model"} <= set(form)
    assert ".ipynb" in form["model_file"]["description"]
    assert form["learning_rate"]["default"] == 0.02


def test_the_description_is_served(api: Api) -> None:
    assert api.client.get("/openapi.json").json()["openapi"].startswith("3.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/submissions"),
        ("GET", "/api/v1/submissions/999"),
        ("GET", "/api/v1/submissions/x"),
        ("GET", "/api/v1/nothing"),
        ("PATCH", "/api/v1/submissions"),
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/leaderboard?limit=0"),
    ],
)
def test_a_problem_has_the_shape_that_is_described(api: Api, method: str, path: str) -> None:
    answer = api.client.request(method, path)

    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "code", "instance", "fields"}
    assert body["status"] == answer.status_code
    assert body["detail"]


@pytest.mark.parametrize(("method", "address", "content"), bodies_of(create_app().openapi()))
def test_fields_that_there_are_not_are_refused(client: TestClient, method: str, address: str, content: Any) -> None:
    tokens, _ = fill_ground()
    with session_scope() as session:
        set_password(session, session.exec(select(User).where(User.handle == "owner")).one(), PASSWORD)
    token = tokens["teacher" if re.search("/(teach|class|claims)", address) else "owner"]
    auth = ("owner", PASSWORD) if address.endswith("/password") else None
    body = content["example"] | {"made_up": 1}
    answer = client.request(method, address, json=body, headers=None if auth else token, auth=auth)

    assert answer.status_code == 422
    assert "made_up" in answer.json()["fields"]


def test_parts_of_the_description_have_names_of_their_own(document: Any) -> None:
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


@pytest.mark.parametrize("path", ["/api/v1/status", "/api/v1/submissions", "/api/v1/me/password"])
def test_a_method_that_there_is_not_is_answered_with_those_that_there_are(api: Api, path: str) -> None:
    answer = api.client.request("TRACE", path)
    documented = {method.upper() for method in api.client.get("/openapi.json").json()["paths"][path]}

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.headers["allow"].split(", ")) == documented
