"""The leaderboard and the catalogue through the API."""

import base64
from itertools import chain
from typing import Any

import pytest

from app.core.board import find_board
from app.core.database import session_scope
from app.core.recipes import Recipe
from app.core.runs import latest_run
from app.core.submissions import find
from app.core.tables import Result
from app.core.tracks import TRACKS
from app.core.zoo import zoo
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_result, make_submission, make_user

pytest_plugins = ["tests.api_fixtures"]

BOARD = "/api/v1/leaderboard"


@pytest.fixture
def numbers(api: Api) -> list[int]:
    """Numbers of ten measured submissions of five students, best first; two of each student."""
    with session_scope() as session:
        students = [make_user(session, f"student-{i}") for i in range(5)]
        made = [make_submission(session, student, title=f"#{wrong}") for wrong in (0, 1) for student in students]
        for wrong, submission in enumerate(made):
            make_result(session, submission, wrong=wrong, first_wrong=10 * wrong)
        return [submission.number or 0 for submission in made]


def read(api: Api, query: str = "") -> Any:
    return api.client.get(BOARD + query).json()


def walk(api: Api, url: str | None) -> list[list[int]]:
    """The numbers of each part, from one `next` to the next."""
    parts = []
    while url:
        part = api.client.get(url).json()
        parts.append([row["number"] for row in part["rows"]])
        url = part["next"]
    return parts


def test_an_empty_board_is_empty(api: Api) -> None:
    body = read(api)

    assert {name: body[name] for name in ("dataset", "track", "entries", "matching", "rows", "next")} == {
        "dataset": "mnist",
        "track": "all",
        "entries": 0,
        "matching": 0,
        "rows": [],
        "next": None,
    }
    assert [track["entries"] for track in body["tracks"]] == [0] * len(TRACKS)


def test_the_best_of_each_student_stand_best_first(api: Api, numbers: list[int]) -> None:
    body = read(api)

    assert [row["number"] for row in body["rows"]] == numbers[:5]
    assert (body["entries"], body["next"]) == (5, None)


def test_all_results_stand_when_asked_for(api: Api, numbers: list[int]) -> None:
    assert [row["number"] for row in read(api, "?best=0")["rows"]] == numbers


def test_a_row_says_everything_that_the_board_knows(api: Api, numbers: list[int]) -> None:
    row = read(api)["rows"][1]

    with session_scope() as session:
        place = find_board(session, "mnist").ranking()[1].place
    assert (row["rank"], row["rank_best"], row["rank_worst"]) == (place.rank, place.best, place.worst) == (2, 1, 5)
    assert row["interval"] == {"low": place.low, "high": place.high}
    assert (row["accuracy"], row["correct"], row["wrong"], row["total"]) == (0.999, 999, 1, 1000)
    assert row["author"] == {"handle": "student-1", "name": "Student-1"}
    assert (row["model"], row["recipe"], row["is_baseline"]) == ("yannet", Recipe().model_dump(), False)
    assert (row["test_loss"], row["parameters"], row["train_seconds"]) == (0.1, 30306, 12.5)
    assert row["url"] == f"{SUBMISSIONS}/{numbers[1]}"


def test_ranks_of_a_row_and_of_its_submission_agree(api: Api, numbers: list[int]) -> None:
    row = read(api)["rows"][3]

    result = api.client.get(row["url"]).json()["result"]

    assert [result[key] for key in ("rank", "rank_best", "rank_worst", "interval")] == [
        row[key] for key in ("rank", "rank_best", "rank_worst", "interval")
    ]


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 10), (3, [3, 3, 3, 1]), (5, [5, 5]), (10, [10]), (200, [10])])
def test_the_parts_together_are_the_board(api: Api, numbers: list[int], limit: int, sizes: list[int]) -> None:
    parts = walk(api, f"{BOARD}?best=0&limit={limit}")

    assert [len(part) for part in parts] == sizes
    assert list(chain.from_iterable(parts)) == numbers


def test_a_new_first_result_shifts_nobody_into_the_next_part(api: Api, numbers: list[int]) -> None:
    first = read(api, "?best=0&limit=3")
    with session_scope() as session:
        make_result(session, make_submission(session, make_user(session, "late")), wrong=0, test_loss=0.01)

    rest = walk(api, first["next"])

    assert list(chain.from_iterable(rest)) == numbers[3:]


def test_when_the_last_row_is_withdrawn_the_next_part_still_begins_behind_it(api: Api, numbers: list[int]) -> None:
    first = read(api, "?best=0&limit=3")
    with session_scope() as session:
        withdrawn = find(session, numbers[2])
        withdrawn.withdrawn = withdrawn.created

    assert list(chain.from_iterable(walk(api, first["next"]))) == numbers[3:]


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "given",
    [
        "x",
        "?",
        "A" * 399,
        cursor("1"),
        cursor("[]"),
        cursor("[1,2]"),
        cursor('["a",1,"b","c"]'),
        cursor("[" * 200),
        "é",
    ],
)
def test_a_made_up_cursor_is_refused(api: Api, given: str) -> None:
    answer = api.client.get(BOARD, params={"cursor": given})

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"cursor"})
    assert f"“{given[:40]}”" in answer.json()["fields"]["cursor"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("best=perhaps", "best"),
        ("track=tiny", "track"),
        ("sort=colour", "sort"),
        ("sort=--acc", "sort"),
        ("opt=Lion", "opt"),
        ("since=yesterday", "since"),
        (f"q={'x' * 201}", "q"),
        (f"by={'x' * 41}", "by"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(api: Api, query: str, field: str) -> None:
    answer = api.client.get(f"{BOARD}?{query}")

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {field})


def test_a_refused_value_is_told_with_what_can_be_chosen(api: Api) -> None:
    problem = api.client.get(f"{BOARD}?track=tiny").json()

    assert problem["code"] == "invalid_fields"
    assert problem["fields"]["track"].startswith("track cannot be “tiny”. Choose one of: all, 3ep, 10k, 100k, mlp")


@pytest.mark.parametrize(
    "sort", ["rank", "-rank", "acc", "-acc", "wrong", "flops", "-flops", "model", "recipe", "-when"]
)
def test_the_parts_together_are_the_board_in_every_order(api: Api, numbers: list[int], sort: str) -> None:
    with session_scope() as session:
        for number in numbers[::3]:
            session.get_one(Result, latest_run(session, find(session, number)).id).flops = 1000 * number

    parts = walk(api, f"{BOARD}?best=0&limit=3&sort={sort}")

    whole = [row["number"] for row in read(api, f"?best=0&sort={sort}")["rows"]]
    assert list(chain.from_iterable(parts)) == whole
    assert sorted(whole) == sorted(numbers)


def test_what_is_not_measured_comes_last_in_both_directions(api: Api, numbers: list[int]) -> None:
    with session_scope() as session:
        for number, flops in ((numbers[4], 5), (numbers[1], 9)):
            session.get_one(Result, latest_run(session, find(session, number)).id).flops = flops

    up, down = ([row["number"] for row in read(api, f"?best=0&sort={sort}")["rows"]] for sort in ("flops", "-flops"))

    rest = [number for number in numbers if number not in (numbers[4], numbers[1])]
    assert (up, down) == ([numbers[4], numbers[1], *rest], [numbers[1], numbers[4], *rest])


def test_the_cursor_of_one_order_is_none_of_another(api: Api, numbers: list[int]) -> None:
    following = read(api, "?best=0&limit=3&sort=wrong")["next"].replace("sort=wrong", "sort=params")

    answer = api.client.get(following)

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"cursor"})


@pytest.mark.parametrize(
    ("query", "matching"),
    [
        ("q=%231", [5, 6, 7, 8, 9]),
        ("q=STUDENT-3", [3, 8]),
        ("q=yannet+student-2", [2, 7]),
        ("q=sgd+nobody", []),
        ("by=student-4", [4, 9]),
        ("opt=sgd&q=student-0", [0, 5]),
        ("opt=Adam", []),
        ("since=2026-01-01&by=student-1", [1, 6]),
        ("since=2999-01-01", []),
    ],
)
def test_filters_hide_rows_and_change_no_rank(api: Api, numbers: list[int], query: str, matching: list[int]) -> None:
    ranks = {row["number"]: row["rank"] for row in read(api, "?best=0")["rows"]}

    body = read(api, f"?best=0&{query}")

    assert [row["number"] for row in body["rows"]] == [numbers[place] for place in matching]
    assert {row["number"]: row["rank"] for row in body["rows"]}.items() <= ranks.items()
    assert (body["entries"], body["matching"]) == (10, len(matching))


def test_a_track_ranks_anew(api: Api, numbers: list[int]) -> None:
    with session_scope() as session:
        for number in numbers[2:4]:
            session.get_one(Result, latest_run(session, find(session, number)).id).parameters = 900

    body = read(api, "?track=10k")

    assert [(row["number"], row["rank"]) for row in body["rows"]] == [(numbers[2], 1), (numbers[3], 2)]
    assert {track["key"]: track["entries"] for track in body["tracks"]}["10k"] == 2


def test_a_baseline_has_no_rank(api: Api, numbers: list[int]) -> None:
    with session_scope() as session:
        find(session, numbers[0]).is_baseline = True

    rows = read(api)["rows"]

    assert [(row["rank"], row["badges"]) for row in rows[:2]] == [
        (None, ["Baseline"]),
        (1, ["Record", "Best in 3 epochs"]),
    ]


def test_what_has_not_changed_is_not_sent_again(api: Api, numbers: list[int]) -> None:
    first = api.client.get(BOARD)
    known = {"If-None-Match": first.headers["ETag"]}

    again, other = api.client.get(BOARD, headers=known), api.client.get(f"{BOARD}?best=0", headers=known)
    with session_scope() as session:
        make_result(session, make_submission(session, make_user(session, "late")), wrong=3)
    later = api.client.get(BOARD, headers=known)

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, later.status_code) == (200, 200)


def test_the_zoo_is_listed_with_options_and_limits(api: Api) -> None:
    models = api.client.get("/api/v1/models").json()

    yannet = next(model for model in models if model["id"] == "yannet")
    assert [model["id"] for model in models] == list(zoo())
    assert {"name": "dropout", "default": 0.2, "minimum": 0.0, "maximum": 0.9} in yannet["options"]
    assert (yannet["parameters"], yannet["convolution"]) == (30306, True)


def test_the_fields_of_a_recipe_are_listed_with_limits_and_words(api: Api) -> None:
    fields = {field["name"]: field for field in api.client.get("/api/v1/recipe").json()}

    assert list(fields) == list(Recipe.model_fields)
    assert fields["epochs"] | {"title": "", "hint": ""} == {
        "name": "epochs",
        "type": "integer",
        "default": 3,
        "minimum": 1,
        "maximum": 20,
        "choices": [],
        "title": "",
        "hint": "",
    }
    assert (fields["learning_rate"]["type"], fields["learning_rate"]["minimum"]) == ("number", 1e-6)
    assert (fields["nesterov"]["type"], fields["nesterov"]["minimum"]) == ("boolean", None)
    assert (fields["optimizer"]["type"], fields["optimizer"]["choices"][0]) == ("choice", "SGD")
    assert [name for name, field in fields.items() if not (field["title"] and field["hint"])] == []


def test_every_model_of_the_list_can_be_submitted_with_its_own_recipe(api: Api) -> None:
    models = api.client.get("/api/v1/models").json()
    bodies = [{"model": model["id"], "recipe": model["recipe"]} for model in models]

    answers = [api.client.post(SUBMISSIONS, json=body, headers=api.owner) for body in bodies]

    assert {answer.status_code for answer in answers} == {201}
