"""Other seeds on the page and by the API: who may ask, what is shown, and that the main run stays the main run."""

from typing import Any

import numpy as np
import pytest
from sqlmodel import select

from app.core.accounts import find_user
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.repetitions import request_repetitions
from app.core.runs import latest_run, repetitions
from app.core.tables import Classroom, Run, Submission, now
from app.web.charts.seed_dots import seed_dots
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_submission, make_user, set_engine_status
from tests.factories import drawn_result, make_run_live, tell
from tests.visitors import Visitor, member, text_of, visit, visitor

pytest_plugins = ["tests.api_fixtures"]
__all__ = ["member", "visit", "visitor"]


def make_measured(handle: str = "zhou-yi", wrong: int = 20, result: bool = True) -> int:
    """A submission of that person; its number."""
    with session_scope() as session:
        user = find_user(session, handle) or make_user(session, handle)
        made = make_submission(session, user, recipe={"seed": 7})
        if result:
            drawn_result(session, latest_run(session, made), share=1 - wrong / 1000, total=1000)
        assert made.number is not None
        return made.number


def repeat(number: int, *wrong: int, count: int = 0) -> list[str]:
    """Ask for seeds, and end the first of them with so many misread images; the ids of all these runs."""
    with session_scope() as session:
        submission = session.get_one(Submission, number)
        request_repetitions(session, get_jobs(), submission, count or len(wrong) + 1)
    with session_scope() as session:
        runs = repetitions(session, session.get_one(Submission, number))
        for run, misread in zip(runs, wrong, strict=False):
            drawn_result(session, run, share=1 - misread / 1000, total=1000)
        return [run.id for run in runs]


def test_the_author_asks_for_three_seeds_on_the_page(member: Visitor) -> None:
    number = make_measured()

    answer = member.post(f"/s/{number}/seeds", {"seeds": "3"})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/s/{number}#seeds")
    said = text_of(member.get(f"/s/{number}"))
    assert "8 queued" in said
    assert "9 queued" in said


def test_pressing_twice_queues_once(member: Visitor) -> None:
    number = make_measured()

    for _ in range(2):
        member.post(f"/s/{number}/seeds", {"seeds": "3"})

    with session_scope() as session:
        assert len(repetitions(session, session.get_one(Submission, number))) == 2


def test_others_neither_see_the_button_nor_may_press_it(visit: Any, member: Visitor) -> None:
    number = make_measured("ma-li")

    assert f"/s/{number}/seeds" not in member.get(f"/s/{number}").text
    assert member.post(f"/s/{number}/seeds", {"seeds": "3"}).status_code == 403


def test_after_closing_the_page_offers_no_further_seeds(member: Visitor) -> None:
    number = make_measured()
    assert "Seeds in all" in text_of(member.get(f"/s/{number}"))
    with session_scope() as session:
        classroom = session.exec(select(Classroom)).one()
        classroom.closes = now()
        session.add(classroom)

    assert "Seeds in all" not in text_of(member.get(f"/s/{number}"))
    assert member.post(f"/s/{number}/seeds", {"seeds": "3"}).status_code == 409


def test_a_form_of_another_site_cannot_ask(member: Visitor) -> None:
    number = make_measured()

    assert member.post(f"/s/{number}/seeds", {"seeds": "3", "csrf_token": "forged"}).status_code == 403


def test_the_teacher_may_ask_for_a_students_seeds(api: Api) -> None:
    number = make_measured()

    answer = api.client.post(f"{SUBMISSIONS}/{number}/seeds", json={"seeds": 2}, headers=api.teacher)

    assert answer.status_code == 202
    assert [each["state"] for each in answer.json()["seeds"]] == ["done", "queued"]


def test_page_and_api_tell_mean_and_sample_deviation(api: Api, visitor: Visitor) -> None:
    number = make_measured()
    repeat(number, 30, 28)

    body = api.client.get(f"{SUBMISSIONS}/{number}/seeds").json()
    said = text_of(visitor.get(f"/s/{number}"))

    assert body["mean_wrong"] == pytest.approx(np.mean([20, 30, 28]))
    assert body["deviation_wrong"] == pytest.approx(np.std([20, 30, 28], ddof=1))
    assert body["mean_accuracy"] == pytest.approx(1 - np.mean([20, 30, 28]) / 1000)
    assert body["deviation_accuracy"] == pytest.approx(np.std([20, 30, 28], ddof=1) / 1000)
    assert [each["wrong"] for each in body["seeds"]] == [20, 30, 28]
    assert "97.40 ± 0.53 % over 3 seeds: 26.0 wrong on average, standard deviation 5.3." in said


def test_one_seed_has_no_deviation(api: Api) -> None:
    body = api.client.get(f"{SUBMISSIONS}/{make_measured()}/seeds").json()

    assert (body["mean_wrong"], body["deviation_wrong"]) == (20, None)


def test_a_failed_seed_can_be_asked_for_again_and_says_why_to_its_author_only(member: Visitor, api: Api) -> None:
    number = make_measured()
    (run_id,) = repeat(number, count=2)
    with session_scope() as session:
        run = session.get_one(Run, run_id)
        run.outcome, run.message = "crashed", {"text": "The secret reason.", "values": {}}
        session.add(run)

    said = text_of(member.get(f"/s/{number}"))
    public = api.client.get(f"{SUBMISSIONS}/{number}/seeds").json()

    assert "The secret reason." in said
    assert "secret" not in str(public)
    assert (public["seeds"][1]["state"], public["seeds"][1]["outcome"]) == ("failed", "crashed")
    member.post(f"/s/{number}/seeds", {"seeds": "2"})
    assert api.client.get(f"{SUBMISSIONS}/{number}/seeds").json()["seeds"][1]["state"] == "queued"


@pytest.mark.parametrize("body", [{}, {"seeds": 0}, {"seeds": 6}, {"seeds": "3"}, {"seeds": True}, {"seeds": 2.5}])
def test_a_count_that_cannot_be_is_refused(api: Api, body: dict[str, Any]) -> None:
    number = make_measured("owner")

    answer = api.client.post(f"{SUBMISSIONS}/{number}/seeds", json=body, headers=api.owner)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["seeds"]


def test_without_a_result_asking_is_a_conflict(api: Api) -> None:
    number = make_measured("owner", result=False)

    answer = api.client.post(f"{SUBMISSIONS}/{number}/seeds", json={"seeds": 3}, headers=api.owner)

    assert answer.status_code == 409


def test_a_running_repetition_leaves_the_page_of_the_result_alone(member: Visitor, api: Api) -> None:
    number = make_measured()
    (run_id,) = repeat(number, count=2)
    with session_scope() as session:
        start = make_run_live(session, session.get_one(Run, run_id))
        losses = {"epoch": 1, "step": 5, "steps": 10, "losses": [1.5]}
        tell(session, session.get_one(Run, run_id), start, [("loss", losses)])

    page = member.get(f"/s/{number}")
    board = text_of(member.get("/"))

    assert "data-live" not in page.text
    assert "8 training" in text_of(page)
    assert "Withdraw" in text_of(page)
    assert api.client.get(f"{SUBMISSIONS}/{number}").json()["state"] == "done"
    events = api.client.get(f"{SUBMISSIONS}/{number}/events").text
    assert "loss" not in events
    assert '"state": "done"' in events
    assert "seed 8" in board


def test_a_repetition_is_no_entry_of_its_own_on_the_board(api: Api) -> None:
    number = make_measured()
    repeat(number, 30, 28)

    rows = api.client.get("/api/v1/leaderboard?best=0").json()["rows"]

    assert [row["number"] for row in rows] == [number]


def test_the_predictions_of_each_seed_can_be_had(api: Api, visitor: Visitor) -> None:
    number = make_measured()
    repeat(number, 30)

    own = visitor.get(f"/s/{number}/predictions.csv")
    other = visitor.get(f"/s/{number}/predictions.csv?seed=8")
    by_api = api.client.get(f"{SUBMISSIONS}/{number}/predictions?seed=8")

    assert [response.text.count(",0\r\n") for response in (own, other, by_api)] == [20, 30, 30]
    assert 'filename="yannet-1-seed-8.csv"' in other.headers["content-disposition"]
    assert visitor.get(f"/s/{number}/predictions.csv?seed=7").text == own.text
    assert visitor.get(f"/s/{number}/predictions.csv?seed=99").status_code == 404


def test_cancelling_withdraws_the_waiting_seeds_too(member: Visitor, api: Api) -> None:
    number = make_measured()
    (run_id,) = repeat(number, count=2)
    with session_scope() as session:
        set_engine_status(session, run_id, "PENDING")

    member.post(f"/s/{number}/withdraw")

    assert get_jobs().states([run_id])[run_id] == "cancelled"
    said = text_of(member.get(f"/s/{number}"))
    assert "8 cancelled" in said
    assert "Train with other seeds" not in said


def test_strangers_see_no_section_of_seeds_while_there_is_one_run(visitor: Visitor) -> None:
    assert 'id="seeds"' not in visitor.get(f"/s/{make_measured()}").text


def test_equal_results_of_all_seeds_are_drawn_in_the_middle() -> None:
    drawn = seed_dots([20, 20, 20])

    assert drawn.line.count('d="M50 50h0"') == 3
    assert drawn.labels == (("50", "20"),)


def test_fewer_wrong_stands_further_right() -> None:
    (worst, _), (best, _) = seed_dots([20, 30, 28]).labels

    assert float(worst) < float(best)
