"""What holds for every board, whatever is on it: order and score, ranks and ranges, page, API, files and badge."""

import csv
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, delete, select

from app.core.board import find_board
from app.core.database import get_engine, session_scope
from app.core.tables import Charge, Event, Result, Run, Submission, User
from app.core.tracks import TRACKS
from app.web.main import create_app
from tests.board_factories import TEST_IMAGES, make_failure, make_repetition, make_result, make_submission, make_user

# One database for all examples of a test: making one takes longer than ten boards. No deadline: busy cores.
BOARDS = settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
STUDENTS = 4
NOT_FINITE = (float("inf"), float("-inf"))

drawn_entry = st.fixed_dictionaries(
    {
        "student": st.integers(0, STUDENTS - 1),
        "wrong": st.integers(0, 60),
        "first_wrong": st.sampled_from([0, 0, 5, 400]),
        "test_loss": st.sampled_from([0.1, 0.2, 0.3, *NOT_FINITE]),
        "parameters": st.sampled_from([900, 20_000, 2_000_000]),
        "kind": st.sampled_from(["train", "train", "evaluate"]),
        "is_baseline": st.sampled_from([False, False, False, True]),
        "is_failed": st.sampled_from([False, False, False, True]),
        "is_withdrawn": st.sampled_from([False, False, False, True]),
        "impossible": st.sampled_from([None, None, None, -1, TEST_IMAGES + 1]),
        "seeds": st.lists(st.integers(0, 60), max_size=2),
    }
)
drawn_board = st.lists(drawn_entry, min_size=1, max_size=9)


@pytest.fixture
def client(data_dir: Path) -> Iterator[TestClient]:
    with session_scope() as session:
        for i in range(STUDENTS):
            make_user(session, f"student-{i}")
    with TestClient(create_app()) as opened:
        yield opened


def put(board: list[dict[str, Any]]) -> list[int]:
    """Make these entries the whole board; returns the numbers of those that may stand on it."""
    with Session(get_engine(), expire_on_commit=False) as session:
        for table in (Result, Event, Charge, Run, Submission):
            session.connection().execute(delete(table))
        users = {user.handle: user for user in session.exec(select(User))}
        numbers = [_put(session, users[f"student-{entry['student']}"], entry) for entry in board]
        session.commit()
    return [number for number in numbers if number]


def _put(session: Session, user: User, entry: dict[str, Any]) -> int:
    submission = make_submission(session, user)
    submission.kind, submission.is_baseline = entry["kind"], entry["is_baseline"]
    submission.withdrawn = submission.created if entry["is_withdrawn"] else None
    if entry["is_failed"]:
        make_failure(session, submission)
        return 0
    run = make_result(session, submission, entry["wrong"], first_wrong=entry["first_wrong"])
    for seed, wrong in enumerate(entry["seeds"], 1):
        make_repetition(session, submission, run, seed, wrong)
    result = session.get_one(Result, run.id)
    result.parameters, result.test_loss = entry["parameters"], entry["test_loss"]
    result.correct = result.correct if entry["impossible"] is None else entry["impossible"]
    session.add_all([submission, result])
    is_sound = np.isfinite(entry["test_loss"]) and entry["impossible"] is None
    return (submission.number or 0) if is_sound and not entry["is_withdrawn"] else 0


@BOARDS
@given(drawn_board)
def test_the_order_never_contradicts_the_score(client: TestClient, board: list[dict[str, Any]]) -> None:
    put(board)

    with session_scope() as session:
        found = find_board(session, "mnist")

    for track in TRACKS:
        for best in (True, False):
            rows = found.ranking(track, best)
            keys = [(row.entry.wrong, row.entry.test_loss, row.entry.created) for row in rows]
            ranked = [row for row in rows if row.place.rank is not None]
            assert keys == sorted(keys)
            assert [row.place.rank for row in ranked] == list(range(1, len(ranked) + 1))
            assert all(TRACKS[track].holds(row.entry) for row in rows)


@BOARDS
@given(drawn_board)
def test_only_finite_measured_standing_results_rank_and_baselines_never_do(
    client: TestClient, board: list[dict[str, Any]]
) -> None:
    sound = put(board)

    with session_scope() as session:
        rows = find_board(session, "mnist").ranking(best=False)
        baselines = set(session.exec(select(Submission.number).where(col(Submission.is_baseline))))

    assert sorted(row.entry.number for row in rows) == sound
    assert {row.entry.number for row in rows if row.place.rank is None} == baselines & set(sound)


@BOARDS
@given(drawn_board)
def test_each_rank_lies_in_its_range_and_ranges_never_contradict_each_other(
    client: TestClient, board: list[dict[str, Any]]
) -> None:
    put(board)

    with session_scope() as session:
        rows = find_board(session, "mnist").ranking(best=False)

    places = [row.place for row in rows if row.place.rank is not None]
    spans = [(place.best or 0, place.rank or 0, place.worst or 0) for place in places]
    assert all(1 <= best <= rank <= worst <= len(spans) for best, rank, worst in spans)
    # As many wins as losses: whoever loses a place to somebody is beaten by somebody.
    assert sum(best - 1 for best, _, _ in spans) == sum(len(spans) - worst for _, _, worst in spans)
    assert all(place.low <= row.entry.accuracy <= place.high for row in rows for place in [row.place])


@BOARDS
@given(drawn_board, st.sampled_from(["all", "10k", "100k", "retrained"]), st.booleans())
def test_page_api_and_files_agree(client: TestClient, board: list[dict[str, Any]], track: str, best: bool) -> None:
    put(board)
    query = {"track": track, "best": str(int(best))}

    page = ranks_of_page(client.get("/", params=query, headers={"Accept-Language": "en"}).text)

    assert ranks_of_json(client.get("/api/v1/leaderboard", params=query).json()) == page
    assert ranks_of_json(client.get("/leaderboard.json", params=query).json()) == page
    assert ranks_of_csv(client.get("/leaderboard.csv", params=query).content) == page
    assert ranks_of_markdown(client.get("/leaderboard.md", params=query).text) == page


@BOARDS
@given(drawn_board)
def test_a_submissions_page_its_api_and_its_badge_agree_with_the_board(
    client: TestClient, board: list[dict[str, Any]]
) -> None:
    put(board)
    first_page = dict(ranks_of_json(client.get("/api/v1/leaderboard").json()))
    everything = ranks_of_json(client.get("/api/v1/leaderboard", params={"best": "0"}).json())

    for number, _ in everything:
        rank = first_page.get(number)
        badge = client.get(f"/s/{number}/badge.svg").text
        result = client.get(f"/api/v1/submissions/{number}").json()["result"]
        page = client.get(f"/s/{number}", headers={"Accept-Language": "en"}).text
        assert (f"rank {rank} of " in badge) is (rank is not None)
        assert result["rank"] == rank
        assert re.findall(r"rank <b>(\d+)</b>", page) == ([str(rank)] if rank else [])


@BOARDS
@given(drawn_board, st.sampled_from(["q=student-1", "by=student-2", "opt=SGD", "q=zzz", "since=2020-01-01"]))
def test_filters_hide_and_never_rank(client: TestClient, board: list[dict[str, Any]], query: str) -> None:
    put(board)

    every = ranks_of_json(client.get("/api/v1/leaderboard?best=0").json())
    some = ranks_of_json(client.get(f"/api/v1/leaderboard?best=0&{query}").json())

    assert [each for each in every if each in some] == some


Ranks = list[tuple[int, int | None]]


def ranks_of_page(page: str) -> Ranks:
    rows = re.findall(r'<td role="cell" class="rk.*?href="/s/\d+"', page, re.DOTALL)
    found = [(re.findall(r'href="/s/(\d+)"', row)[0], re.findall(r"<b>(\d+)</b>", row)) for row in rows]
    return [(int(number), int(rank[0]) if rank else None) for number, rank in found]


def ranks_of_json(body: dict[str, Any]) -> Ranks:
    return [(row["number"], row["rank"]) for row in body["rows"]]


def ranks_of_csv(content: bytes) -> Ranks:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    return [(int(row["number"]), int(row["rank"]) if row["rank"] else None) for row in rows]


def ranks_of_markdown(text: str) -> Ranks:
    rows = [line.split(" | ") for line in html.unescape(text).splitlines()[2:]]
    found = [(row[1].rsplit("/", 1)[1].rstrip(")"), row[0].lstrip("| ").split(" ")[0]) for row in rows]
    return [(int(number), None if rank == "baseline" else int(rank)) for number, rank in found]
