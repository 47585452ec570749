"""What all reads share: `fields=`, ETag and 304, caching; and parts of lists."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import Session

from app.core.database import session_scope
from app.core.submissions import find
from app.core.tables import User
from app.core.tokens import add_token
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_result, make_submission, make_user

pytest_plugins = ["tests.api_fixtures"]

BOARD = "/api/v1/leaderboard"
# Whole by their nature: catalogues, and what there is a small fixed number of.
WHOLE_LISTS = {"listModels", "getRecipe", "listIdentities", "listWebhooks"}


@pytest.fixture
def number(api: Api) -> int:
    """A measured submission of a student."""
    with session_scope() as session:
        submission = make_submission(session, make_user(session, "amy"), title="first", recipe={"epochs": 2})
        make_result(session, submission, wrong=20)
        return submission.number or 0


def read(api: Api, path: str, headers: dict[str, str] | None = None) -> Any:
    answer = api.client.get(path, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_only_the_asked_fields_of_a_thing_are_sent(api: Api, number: int) -> None:
    body = read(api, f"{SUBMISSIONS}/{number}?fields=title,result.accuracy,result.interval.low,recipe.epochs")

    low = body["result"].pop("interval")
    assert body == {"title": "first", "recipe": {"epochs": 2}, "result": {"accuracy": 0.98}}
    assert set(low) == {"low"}


def test_a_field_and_a_part_of_it_are_the_whole_field(api: Api, number: int) -> None:
    one, two = (
        read(api, f"{SUBMISSIONS}/{number}?fields={asked}") for asked in ("links,links.self", "links.self,links")
    )

    assert one == two
    assert set(one["links"]) > {"self", "events"}


def test_what_is_null_stays_null_whatever_is_asked_of_it(api: Api) -> None:
    number = api.submit().json()["number"]

    assert read(api, f"{SUBMISSIONS}/{number}?fields=result.accuracy") == {"result": None}


def test_fields_of_a_list_are_those_of_its_rows_and_next_stays(api: Api, number: int) -> None:
    body = read(api, f"{BOARD}?fields=number,author.handle")

    assert body == {"rows": [{"number": number, "author": {"handle": "amy"}}], "next": None}
    assert read(api, f"{BOARD}?fields=rows.number,dataset") == {
        "dataset": "mnist",
        "rows": [{"number": number}],
        "next": None,
    }


def test_the_next_part_of_a_list_has_the_same_fields(api: Api) -> None:
    for title in ("one", "two"):
        api.submit({"title": title})

    first = read(api, f"{SUBMISSIONS}?limit=1&fields=title")
    second = read(api, first["next"])

    assert first["rows"] == [{"title": "two"}]
    assert second == {"rows": [{"title": "one"}], "next": None}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"{SUBMISSIONS}/1?fields=titel", "titel"),
        (f"{SUBMISSIONS}/1?fields=title,result.acuracy", "result.acuracy"),
        (f"{SUBMISSIONS}/1?fields=title.x", "title.x"),
        (f"{BOARD}?fields=rows.numbr", "rows.numbr"),
        (f"{BOARD}?fields=.", "."),
        ("/api/v1/models?fields=name", "name"),
        ("/api/v1/status?fields=workers.pid", "workers.pid"),
    ],
)
def test_a_field_that_there_is_not_is_refused_by_name(api: Api, path: str, name: str) -> None:
    answer = api.client.get(path)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"fields"})
    assert answer.json()["fields"]["fields"].startswith(f"There is no field “{name}”. The fields are: ")


def test_a_refusal_names_what_there_is(api: Api) -> None:
    refused = api.client.get("/api/v1/models?fields=name").json()["fields"]["fields"]

    assert refused.endswith("The fields are: id, title, source, parameters, convolution, options, recipe.")


def test_endless_fields_are_refused(api: Api) -> None:
    answer = api.client.get(f"/api/v1/status?fields={'version,' * 300}")

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"fields"})


def test_no_fields_are_all_fields(api: Api) -> None:
    assert set(read(api, "/api/v1/models?fields=")[0]) > {"id", "title", "recipe"}


def test_a_write_takes_no_heed_of_fields(api: Api) -> None:
    answer = api.client.post(f"{SUBMISSIONS}?fields=nothing", data={"model": "yannet"}, headers=api.owner)

    assert answer.status_code == 201


def all_reads(app: FastAPI) -> list[str]:
    """Paths of all reads without a place that are answered in one piece."""
    document = app.openapi()["paths"]
    return [path for path, methods in document.items() if "get" in methods and "{" not in path and "zip" not in path]


def test_every_read_is_marked_and_not_sent_again(api: Api, app: FastAPI) -> None:
    # The first needs two numbers, and the free space of the disk changes all the time.
    paths = [path for path in all_reads(app) if not path.endswith(("/compare", "/teach/console"))]
    for path in paths:
        first = api.client.get(path, headers=api.teacher)
        again = api.client.get(path, headers=api.teacher | {"If-None-Match": first.headers["etag"]})

        assert (path, again.status_code, again.content) == (path, 304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert {"Authorization", "Accept-Language"} <= set(again.headers["vary"].replace(" ", "").split(","))
    assert len(paths) > 15


def test_what_has_changed_is_sent_again(api: Api, number: int) -> None:
    known = {"If-None-Match": api.client.get(f"{SUBMISSIONS}/{number}").headers["etag"]}
    with session_scope() as session:
        find(session, number).title = "renamed"

    answer = api.client.get(f"{SUBMISSIONS}/{number}", headers=known)

    assert (answer.status_code, answer.json()["title"]) == (200, "renamed")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_mark_is_known_in_every_form(api: Api, form: str) -> None:
    etag = api.client.get("/api/v1/models").headers["etag"]

    answer = api.client.get("/api/v1/models", headers={"If-None-Match": form.format(etag.removeprefix("W/"))})

    assert answer.status_code == 304


def test_other_fields_are_another_answer(api: Api) -> None:
    known = {"If-None-Match": api.client.get("/api/v1/models?fields=id").headers["etag"]}

    assert api.client.get("/api/v1/models?fields=title", headers=known).status_code == 200


def test_the_answer_to_a_member_is_nothing_for_a_shared_cache(api: Api, number: int) -> None:
    stranger, member = (
        api.client.get(f"{SUBMISSIONS}/{number}", headers=headers).headers["cache-control"]
        for headers in ({}, api.owner)
    )

    assert (stranger, member) == ("no-cache", "private, no-cache")


def test_an_error_has_no_mark(api: Api) -> None:
    answer = api.client.get(f"{SUBMISSIONS}/999", headers={"If-None-Match": "*"})

    assert (answer.status_code, "etag" in answer.headers) == (404, False)


def test_weights_are_marked_by_their_content(api: Api) -> None:
    with session_scope() as session:
        number = make_file(session, make_user(session, "amy"))

    first = api.client.get(f"{SUBMISSIONS}/{number}/model-file")
    again = api.client.get(f"{SUBMISSIONS}/{number}/model-file", headers={"If-None-Match": first.headers["etag"]})

    assert (first.content, again.status_code, again.content) == (b"content", 304, b"")


def make_file(session: Session, user: User) -> int:
    from app.core.blobs import get_blobs

    submission = make_submission(session, user)
    make_result(session, submission)
    submission.model, submission.model_file_name = None, "net.py"
    submission.model_file_sha256 = get_blobs().store([b"content"], 100).sha256
    return submission.number or 0


def test_every_read_says_what_all_reads_can_do(app: FastAPI) -> None:
    described = app.openapi()["paths"]
    reads = [methods["get"] for path, methods in described.items() if path.startswith("/api/") and "get" in methods]
    whole = [each for each in reads if "application/json" in each["responses"]["200"].get("content", {})]

    names = [{ref.get("$ref", "").rpartition("/")[2] for ref in each["parameters"]} for each in whole]
    assert all(found >= {"fields", "known"} for found in names)
    assert all({"304", "422"} <= set(each["responses"]) for each in whole)


def test_every_list_that_can_grow_comes_in_parts_of_one_kind(app: FastAPI) -> None:
    """A list is what answers with an array, or with an object that has `next`."""
    document = app.openapi()
    for path, methods in document["paths"].items():
        answer = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        if answer is None or methods["get"]["operationId"] in WHOLE_LISTS:
            continue
        schema = answer["schema"]
        body = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
        names = {each["name"] for each in methods["get"].get("parameters", []) if "name" in each}
        assert schema.get("type") != "array", f"{path} answers with a list that has no parts"
        assert ("next" in body.get("properties", {})) == ({"limit", "cursor"} <= names), path
        assert "start" not in names, path


LISTS = ["/submissions", "/users", "/leaderboard", "/tokens", "/comments", "/discussion", "/claims", "/digits"]
LISTS += ["/notifications", "/me/quota", "/teach/audit"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("cursor", ["x", "é", "WzEsMl0", "A" * 799, "W1siXQ"])
def test_a_cursor_of_nobody_is_refused_with_a_sentence(api: Api, path: str, cursor: str) -> None:
    answer = api.client.get(f"/api/v1{path}", params={"cursor": cursor}, headers=api.teacher)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"cursor"})
    assert answer.json()["fields"]["cursor"].startswith(f"“{cursor[:40]}” is no cursor of ours.")


def test_the_cursor_of_one_list_is_none_of_another(api: Api) -> None:
    for name in ("a", "b"):
        with session_scope() as session:
            add_token(session, session.get_one(User, 1), name)
            make_submission(session, make_user(session, f"user-{name}"))
    cursor = read(api, f"{SUBMISSIONS}?limit=1")["next"].partition("cursor=")[2]

    answer = api.client.get(f"/api/v1/users?cursor={cursor}", headers=api.owner)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"cursor"})


def walk(api: Api, path: str | None, rows: str) -> list[Any]:
    """All rows, part by part."""
    found = []
    while path:
        part = read(api, path, api.owner)
        found += part[rows]
        path = part["next"]
    return found


def test_tokens_come_in_parts_newest_first(api: Api) -> None:
    for name in "abcd":
        api.client.post("/api/v1/tokens", json={"name": name}, headers=api.owner)

    names = [token["name"] for token in walk(api, "/api/v1/tokens?limit=2", "tokens")]

    assert names == ["d", "c", "b", "a", "for tests"]


def test_the_members_are_listed_for_members_in_parts(api: Api, number: int) -> None:
    members = walk(api, "/api/v1/users?limit=2", "users")
    students = walk(api, "/api/v1/users?role=student", "users")

    assert [member["handle"] for member in members] == ["teacher", "owner", "other", "another-teacher", "amy"]
    assert [member["handle"] for member in students] == ["owner", "other", "amy"]
    assert members[-1]["best"] == {"number": number, "accuracy": 0.98, "wrong": 20, "rank": 1}
    assert api.client.get("/api/v1/users").status_code == 401
