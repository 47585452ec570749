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
from app.web.pair_words import p_text, points
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


def repeat(number: int, *wrong: int) -> None:
    """Further seeds of a submission, which misread so many images."""
    with session_scope() as session:
        request_repetitions(session, get_jobs(), session.get_one(Submission, number), len(wrong) + 1)
    with session_scope() as session:
        for run, count in zip(repetitions(session, session.get_one(Submission, number)), wrong, strict=True):
            drawn_result(session, run, share=1 - count / TOTAL, total=TOTAL)


def compared(api: Api, query: str = "a=1&b=2") -> dict[str, Any]:
    answer: dict[str, Any] = api.client.get(f"/api/v1/compare?{query}", headers={"Accept-Language": "en"}).json()
    return answer


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


def test_what_nobody_said_of_brought_weights_is_no_setting_that_differs(api: Api, visitor: Visitor) -> None:
    two(range(60), range(40, 75), recipe={"learning_rate": 0.05, "batch_size": 32})
    with session_scope() as session:
        brought = session.get_one(Submission, 1)
        brought.kind, brought.recipe = "evaluate", brought.recipe | {"batch_size": 256}

    differing = {row["name"] for row in compared(api)["settings"]}

    assert {"kind", "batch_size"} <= differing
    assert "learning_rate" not in differing
    assert "Learning rate" not in text_of(visitor.get("/compare?a=1&b=2"))


def test_a_withdrawn_submission_is_nobodys_to_compare(api: Api) -> None:
    two(range(60), range(40, 75))
    with session_scope() as session:
        withdraw(session, get_jobs(), session.get_one(Submission, 2))

    assert api.client.get("/api/v1/compare?a=1&b=2").status_code == 404


def test_of_several_seeds_the_one_nearest_to_the_mean_is_compared(api: Api, visitor: Visitor) -> None:
    two(range(60), range(62))
    repeat(1, 80, 72)

    body = api.client.get("/api/v1/compare?a=1&b=2", headers={"Accept-Language": "en"}).json()

    assert (body["first"]["seed"], body["first"]["wrong"], body["first"]["seeds"]) == (2, 72, 3)
    assert body["first"]["mean_wrong"] == pytest.approx(np.mean([60, 80, 72]))
    assert body["first"]["deviation_wrong"] == pytest.approx(np.std([60, 80, 72], ddof=1))
    assert body["mean_difference"] == pytest.approx(62 - np.mean([60, 80, 72]))
    assert "seed 2 is compared: its score is nearest to their mean" in body["remarks"][1]
    assert "a difference of 8.7 says little" in body["remarks"][2]
    assert "seed 2 is compared" in text_of(visitor.get("/compare?a=1&b=2"))


def test_the_order_of_the_means_is_that_of_the_board_though_the_runs_compared_say_the_opposite(
    api: Api, visitor: Visitor
) -> None:
    two(range(60), range(100))
    repeat(1, 300)
    board = [row["number"] for row in api.client.get("/api/v1/leaderboard?best=0").json()["rows"]]

    body, turned = compared(api), compared(api, "a=2&b=1")

    assert board == [2, 1]
    assert body["pair"]["is_significant"]
    assert (body["first"]["wrong"], body["pair"]["difference"]) == (60, pytest.approx(0.04))
    means = "#2 changed has fewer images wrong on average: 100, #1 plain 180.0 ± 169.7; a difference of 80 "
    assert body["verdict"].startswith(means)
    assert turned["verdict"] == body["verdict"]
    assert body["remarks"][0].startswith("The paired test knows one run of each only: #1 plain with 60 images wrong")
    assert body["remarks"][1] == "These two runs stand the other way round than the means. The board goes by the means."
    said = text_of(visitor.get("/compare?a=1&b=2"))
    assert "plain is better" not in said + str(body)
    assert all(remark in said for remark in (body["verdict"], *body["remarks"]))
    assert "82.00 180.0" in said


def test_equal_means_are_called_equal(api: Api) -> None:
    two(range(60), range(70))
    repeat(1, 80)

    assert compared(api)["verdict"].startswith("Equal on average: #1 plain has 70.0 ± 14.1 images wrong, #2 changed 70")


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ((80,), "seed 0 is compared: no score is nearer to their mean, and of those as near it is the first"),
        ((60, 60), "seed 0 is compared: no score is nearer"),
        ((80, 72), "seed 2 is compared: its score is nearest to their mean"),
        ((70, 62), "seed 2 is compared: its score is nearest to their mean"),
    ],
)
def test_of_seeds_as_near_to_their_mean_none_is_called_the_nearest(
    api: Api, others: tuple[int, ...], words: str
) -> None:
    two(range(60), range(10))
    repeat(1, *others)

    assert words in compared(api)["remarks"][1]


def test_where_interval_and_exact_test_differ_the_verdict_says_which_decides(api: Api) -> None:
    two(range(22), range(30, 40))

    body = compared(api)

    assert not body["pair"]["is_significant"]
    assert body["pair"]["high"] < 0
    assert body["verdict"].startswith("No difference can be shown")
    assert "McNemar p = 0.0501)" in body["verdict"]
    assert "to −0.10 points" in body["verdict"]
    assert body["verdict"].endswith("where the two differ, the test decides.")


def test_of_several_seeds_too_it_is_said_which_decides(api: Api) -> None:
    two(range(22), range(30, 40))
    repeat(1, 22)

    assert "where the two differ, the test decides." in compared(api)["remarks"][1]


def test_where_they_agree_nothing_is_said_of_it(api: Api) -> None:
    two(range(22), range(30, 42))

    assert compared(api)["verdict"].endswith("McNemar p = 0.12).")


@pytest.mark.parametrize(
    ("p_value", "text"),
    [
        (0.0502, "= 0.0502"),
        (0.0498, "= 0.0498"),
        (0.05000494, "= 0.050005"),
        (0.04999, "= 0.04999"),
        (0.0506, "= 0.051"),
        (0.012, "= 0.012"),
        (0.31, "= 0.31"),
        (0.0009, "< 0.001"),
        (1.0, "= 1.00"),
    ],
)
def test_a_p_value_is_written_on_its_side_of_the_border(p_value: float, text: str) -> None:
    assert p_text(p_value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0012, "+0.12"), (-0.0005, "−0.05"), (0.0, "0.00"), (-1e-12, "0.00"), (9.5e-6, "+0.001")]
)
def test_points_that_are_not_zero_are_not_written_as_zero(share: float, text: str) -> None:
    assert points(share) == text


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
