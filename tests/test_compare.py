"""Two submissions side by side, as page and by the API, against an independent computation."""

from typing import Any

import numpy as np
import pytest
from sqlmodel import Session
from statsmodels.stats.contingency_tables import mcnemar

from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.repetitions import request_repetitions
from app.core.runs import latest_run, repetitions
from app.core.submissions import withdraw
from app.core.tables import Result, Submission, User
from tests.api import Api
from tests.board_factories import make_submission, make_user
from tests.factories import drawn_result
from tests.visitors import Visitor, text_of, visit, visitor

pytest_plugins = ["tests.api_fixtures"]
__all__ = ["visit", "visitor"]

TOTAL = 1000
LABELS = np.random.default_rng(5).integers(0, 10, TOTAL)


def measured(session: Session, submission: Submission, wrong: range, **more: Any) -> Result:
    """A result that misreads the images of that range, each as the next digit."""
    predictions = LABELS.copy()
    predictions[wrong] = (predictions[wrong] + 1) % 10
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (LABELS, predictions), 1)
    return drawn_result(
        session,
        latest_run(session, submission),
        total=TOTAL,
        correct=TOTAL - len(wrong),
        predictions=predictions.astype(np.uint8).tobytes(),
        hits=np.packbits(predictions == LABELS).tobytes(),
        confusion=confusion.tolist(),
        **more,
    )


def two(first: range, second: range, **changed: Any) -> None:
    """Submissions #1 and #2, which misread those images."""
    with session_scope() as session:
        user = make_user(session)
        measured(session, make_submission(session, user, title="plain"), first)
        measured(session, make_submission(session, user, title="changed", **changed), second)


def test_the_verdict_names_the_better_one_and_by_how_much(visitor: Visitor) -> None:
    two(range(60), range(40, 70))

    said = text_of(visitor.get("/compare?a=1&b=2"))

    assert "#2 changed is better: 30 images fewer wrong" in said
    assert "McNemar p < 0.001" in said


def test_a_difference_that_may_be_chance_is_no_verdict(visitor: Visitor) -> None:
    two(range(30), range(4, 35))

    said = text_of(visitor.get("/compare?a=1&b=2"))

    assert "No difference can be shown: #1 plain reads 30 images wrong, #2 changed 31" in said


def test_the_counts_and_the_p_value_are_those_of_an_independent_computation(api: Api) -> None:
    two(range(60), range(40, 75))
    wrong = np.zeros((2, TOTAL), bool)
    wrong[0, :60] = wrong[1, 40:75] = True
    table = [[int((~wrong[0] & ~wrong[1]).sum()), int((~wrong[0] & wrong[1]).sum())]]
    table += [[int((wrong[0] & ~wrong[1]).sum()), int((wrong[0] & wrong[1]).sum())]]

    pair = api.client.get("/api/v1/compare?a=1&b=2").json()["pair"]

    assert [pair["both_right"], pair["only_first_right"]] == table[0]
    assert [pair["only_second_right"], pair["neither_right"]] == table[1]
    assert pair["p_value"] == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert pair["difference"] == pytest.approx((15 - 40) / TOTAL)
    assert pair["low"] < pair["difference"] < pair["high"] < 0


def test_page_and_api_say_the_same(api: Api, visitor: Visitor) -> None:
    two(range(60), range(40, 75), recipe={"epochs": 5})

    body = api.client.get("/api/v1/compare?a=1&b=2", headers={"Accept-Language": "en"}).json()
    said = text_of(visitor.get("/compare?a=1&b=2"))

    assert body["verdict"] in said
    assert body["settings"] == [{"name": "epochs", "first": 3, "second": 5}]
    assert "Epochs 3 5" in said


def test_the_images_that_only_one_reads_right_come_with_both_answers(api: Api) -> None:
    two(range(3), range(2, 4))

    body = api.client.get("/api/v1/compare?a=1&b=2").json()

    assert sorted(each["index"] for each in body["only_second"]) == [0, 1]
    (only_first,) = body["only_first"]
    assert (only_first["index"], only_first["first"], only_first["label"]) == (3, LABELS[3], LABELS[3])
    assert only_first["second"] == (LABELS[3] + 1) % 10


def test_the_surest_mistakes_come_first(api: Api) -> None:
    two(range(40), range(0))

    found = api.client.get("/api/v1/compare?a=1&b=2").json()["only_second"]

    confidences = [each["first_confidence"] for each in found]
    assert len(found) == 40
    assert confidences == sorted(confidences, reverse=True)


def test_mistakes_are_counted_by_digit(api: Api) -> None:
    two(range(60), range(0))

    digits = api.client.get("/api/v1/compare?a=1&b=2").json()["digits"]

    assert [row["first_wrong"] for row in digits] == np.bincount(LABELS[:60], minlength=10).tolist()
    assert [row["total"] for row in digits] == np.bincount(LABELS, minlength=10).tolist()
    assert {row["second_wrong"] for row in digits} == {0}


def test_swapped_the_difference_turns_and_the_verdict_stays(api: Api) -> None:
    two(range(60), range(40, 75))

    straight, turned = (api.client.get(f"/api/v1/compare?{order}").json() for order in ("a=1&b=2", "a=2&b=1"))

    assert straight["verdict"] == turned["verdict"]
    assert straight["pair"]["low"] == pytest.approx(-turned["pair"]["high"])


def test_both_loss_curves_share_one_chart(visitor: Visitor) -> None:
    two(range(60), range(40, 75))

    page = visitor.get("/compare?a=1&b=2").text

    assert page.count('class="ln') == 2
    assert "Training loss of both by epoch. #1 ends at" in page


def test_boxes_of_the_board_are_understood_too(visitor: Visitor) -> None:
    two(range(60), range(40, 75))

    assert "#2 changed is better" in text_of(visitor.get("/compare?s=1&s=2"))
    assert "Two can be compared; 3 were chosen" in text_of(visitor.get("/compare?s=1&s=2&s=3"))


def test_a_number_may_be_written_as_people_write_it(visitor: Visitor) -> None:
    two(range(60), range(40, 75))

    assert "#2 changed is better" in text_of(visitor.get("/compare", params={"a": "#1", "b": "2 changed"}))


def test_without_numbers_the_page_offers_the_board(visitor: Visitor) -> None:
    two(range(60), range(40, 75))

    page = visitor.get("/compare")

    assert page.status_code == 200
    assert '<option value="2">changed' in page.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("a=1&b=1", 409, "#1 cannot be compared with itself"),
        ("a=1&b=99", 404, "There is no submission #99"),
        ("a=1&b=net", 422, "“net” is no number of a submission"),
        ("a=1&b=99999999999999", 422, "is no number of a submission"),
        ("a=1&b=3", 409, "Submission #3 has no result yet"),
    ],
)
def test_what_cannot_be_compared_is_said(visitor: Visitor, query: str, status: int, words: str) -> None:
    two(range(60), range(40, 75))
    with session_scope() as session:
        make_submission(session, make_user(session, "other"))

    page = visitor.get(f"/compare?{query}")

    assert page.status_code == status
    assert words in text_of(page)


def test_different_test_images_are_not_compared(api: Api) -> None:
    with session_scope() as session:
        user = make_user(session)
        measured(session, make_submission(session, user), range(3))
        drawn_result(session, latest_run(session, make_submission(session, user)), total=500)

    answer = api.client.get("/api/v1/compare?a=1&b=2", headers={"Accept-Language": "en"})

    assert answer.status_code == 409
    assert "measured on different test images" in answer.json()["detail"]


def test_a_withdrawn_submission_is_nobodys_to_compare(api: Api) -> None:
    two(range(60), range(40, 75))
    with session_scope() as session:
        withdraw(session, get_jobs(), session.get_one(Submission, 2))

    assert api.client.get("/api/v1/compare?a=1&b=2").status_code == 404


def test_of_several_seeds_the_one_nearest_to_the_mean_is_compared(api: Api, visitor: Visitor) -> None:
    two(range(60), range(62))
    with session_scope() as session:
        first = session.get_one(Submission, 1)
        request_repetitions(session, get_jobs(), first, 3)
    with session_scope() as session:
        for run, wrong in zip(repetitions(session, session.get_one(Submission, 1)), (80, 72), strict=True):
            drawn_result(session, run, share=1 - wrong / TOTAL, total=TOTAL)

    body = api.client.get("/api/v1/compare?a=1&b=2", headers={"Accept-Language": "en"}).json()

    assert (body["first"]["seed"], body["first"]["wrong"], body["first"]["seeds"]) == (2, 72, 3)
    assert body["first"]["mean_wrong"] == pytest.approx(np.mean([60, 80, 72]))
    assert body["first"]["deviation_wrong"] == pytest.approx(np.std([60, 80, 72], ddof=1))
    assert "a difference of 10 says little" in body["remarks"][1]
    assert "seed 2 is compared" in text_of(visitor.get("/compare?a=1&b=2"))


def test_titles_cannot_smuggle_markup_into_the_verdict(visitor: Visitor) -> None:
    two(range(60), range(40, 70))
    with session_scope() as session:
        for submission in (session.get_one(Submission, 1), session.get_one(Submission, 2)):
            submission.title = "<b onclick=x>%(p)s"
            session.add(submission)
        user = session.get_one(User, session.get_one(Submission, 1).user_id)
        user.name = "<i>"

    page = visitor.get("/compare?a=1&b=2")

    assert page.status_code == 200
    assert "<b onclick" not in page.text
    assert "<i>" not in page.text.replace("<i></i>", "")
