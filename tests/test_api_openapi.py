"""What OpenAPI says of the API: complete, and true."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.api import Api

pytest_plugins = ["tests.api_fixtures"]

OPERATIONS = {
    "createSubmission": ("post", "/api/v1/submissions"),
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
    "createToken": ("post", "/api/v1/tokens"),
    "listTokens": ("get", "/api/v1/tokens"),
    "revokeToken": ("delete", "/api/v1/tokens/{token_id}"),
}


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
def test_every_error_is_described_as_a_problem(described: dict[str, Any], name: str) -> None:
    answers = described[name][2]["responses"]

    errors = {status: answer for status, answer in answers.items() if int(status) >= 400}
    kinds = {kind for answer in errors.values() for kind in answer["content"]}
    assert kinds <= {"application/problem+json"}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("createSubmission", {"200", "201", "400", "401", "409", "413", "415", "422"}),
        ("createCheck", {"200", "400", "401", "413", "415", "422", "503"}),
        ("getSubmission", {"200", "401", "404", "422"}),
        ("withdrawSubmission", {"200", "401", "403", "404", "422"}),
        ("retrySubmission", {"201", "401", "403", "404", "409", "422"}),
        ("createToken", {"201", "400", "401", "413", "415", "422"}),
        ("revokeToken", {"204", "401", "404", "422"}),
        ("getLeaderboard", {"200", "304", "422"}),
    ],
)
def test_every_answer_is_described(described: dict[str, Any], name: str, statuses: set[str]) -> None:
    assert set(described[name][2]["responses"]) == statuses


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
