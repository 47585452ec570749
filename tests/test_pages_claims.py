"""The pages of the old thread: imported by a teacher, read by everybody, run by students."""

import html
import json
import re
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core import claims
from app.core.database import session_scope
from app.core.tables import Audit, Claim, Submission, User
from tests.board_factories import make_result
from tests.factories import make_member
from tests.test_pages_submit import form_values
from tests.threads import IMPOSSIBLE, NO_LAYERS, TWO_CONVOLUTIONS, make_posts, old_thread
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
HOSTILE = (
    "acc 98.47% <script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) "
    "[y](data:text/html,x) ![z](https://x.org/z.png) {{ 7*7 }}"
)


@pytest.fixture
def teacher(visit: Visit) -> Visitor:
    with session_scope() as session:
        make_member(session, "ms-li", "Ms Li", "teacher")
    return visit().sign_in("ms-li")


def import_posts(*texts: str) -> None:
    with session_scope() as session:
        claims.save(session, claims.draft(session, make_posts(*texts)), None)


def preview(teacher: Visitor, text: str) -> Any:
    return teacher.post("/claims/import", {"text": text}, files={"file": ("", b"", "application/octet-stream")})


def fields_of(page: Any) -> dict[str, str]:
    """What a browser would send for the preview as it is shown."""
    values = form_values(page)
    values.pop("csrf_token", None)
    return {name: html.unescape(value) for name, value in values.items()}


def stored(session: Session) -> list[Claim]:
    session.expire_all()
    found = list(session.exec(select(Claim)))
    session.rollback()
    return found


def test_a_pasted_thread_is_shown_before_anything_is_saved(teacher: Visitor, session: Session) -> None:
    page = preview(teacher, TWO_CONVOLUTIONS)

    assert fields_of(page) | {"thread": ""} == {
        "thread": "",
        "0.take": "1",
        "0.accuracy": "94.27",
        "0.optimizer": "Adam",
        "0.learning_rate": "",
        "0.momentum": "",
        "0.batch_size": "64",
        "0.epochs": "",
        "0.layers": "conv 1->10 5x5, ReLU, max pool, conv 10->20 3x3, linear 2000->500, ReLU, linear 500->10",
    }
    assert stored(session) == []


def test_what_is_shown_can_be_saved_as_it_is(teacher: Visitor, session: Session) -> None:
    response = teacher.post("/claims/import/save", fields_of(preview(teacher, TWO_CONVOLUTIONS)))

    (claim,) = stored(session)
    teacher_id = session.exec(select(User.id).where(User.handle == "ms-li")).one()
    assert (response.status_code, response.headers["location"]) == (303, "/claims")
    assert (claim.text, claim.imported_by) == (TWO_CONVOLUTIONS, teacher_id)
    assert claim.accuracy == pytest.approx(0.9427)


def test_an_uploaded_file_of_github_is_read(teacher: Visitor, session: Session) -> None:
    file = ("comments.json", json.dumps(old_thread()).encode(), "application/json")
    page = teacher.post("/claims/import", {"text": ""}, files={"file": file})

    teacher.post("/claims/import/save", fields_of(page))

    assert [claim.author for claim in stored(session)] == ["student-1", "student-2", "student-3", "student-4"]


def test_what_the_teacher_corrects_is_what_is_saved(teacher: Visitor, session: Session) -> None:
    fields = fields_of(preview(teacher, IMPOSSIBLE))
    corrected = {"0.accuracy": "99.2", "0.epochs": "5", "0.layers": fields["0.layers"].replace("320", "256")}

    teacher.post("/claims/import/save", fields | corrected)

    (claim,) = stored(session)
    assert claim.accuracy == pytest.approx(0.992)
    assert claim.understood["epochs"] == 5
    assert claims.plan_of(claim).parameters > 0


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("accuracy", "good", "“good” is no accuracy"),
        ("accuracy", "104", "“104” is no accuracy"),
        ("learning_rate", "fast", "must be a number"),
        ("momentum", "1", "must be a number"),
        ("momentum", "nan", "must be a number"),
        ("batch_size", "64.5", "must be a whole number"),
        ("epochs", "-1", "must be a whole number"),
        ("optimizer", "Lion", "no optimizer of ours"),
        ("layers", "some layers", "No layers were found"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_beside_its_field(
    teacher: Visitor, session: Session, field: str, value: str, words: str
) -> None:
    fields = fields_of(preview(teacher, TWO_CONVOLUTIONS))

    page = teacher.post("/claims/import/save", fields | {f"0.{field}": value})

    assert page.status_code == 422
    assert words in error_beside(page, f"0-{field}")
    assert stored(session) == []


def test_an_unticked_post_is_left_out(teacher: Visitor, session: Session) -> None:
    fields = fields_of(preview(teacher, f"{NO_LAYERS}\n\n---\n\n{TWO_CONVOLUTIONS}"))
    del fields["0.take"]

    teacher.post("/claims/import/save", fields)

    assert [claim.text for claim in stored(session)] == [TWO_CONVOLUTIONS]


def test_a_post_without_an_accuracy_becomes_a_claim_when_the_teacher_gives_one(
    teacher: Visitor, session: Session
) -> None:
    page = preview(teacher, "See my picture. Adam, batch size 64")
    fields = fields_of(page)
    shown = "No accuracy was found" in text_of(page)

    teacher.post("/claims/import/save", fields | {"0.take": "1", "0.accuracy": "97.5 %"})

    assert shown
    assert "0.take" not in fields
    assert [claim.accuracy for claim in stored(session)] == [pytest.approx(0.975)]


def test_nothing_ticked_is_said_and_nothing_is_saved(teacher: Visitor, session: Session) -> None:
    fields = fields_of(preview(teacher, TWO_CONVOLUTIONS))
    del fields["0.take"]

    page = teacher.post("/claims/import/save", fields)

    assert page.status_code == 422
    assert "Nothing is ticked that can be saved" in text_of(page)
    assert stored(session) == []


def test_a_post_that_was_imported_before_is_shown_as_such(teacher: Visitor) -> None:
    teacher.post("/claims/import/save", fields_of(preview(teacher, TWO_CONVOLUTIONS)))

    page = preview(teacher, TWO_CONVOLUTIONS)

    assert "imported before" in text_of(page)
    assert set(fields_of(page)) == {"thread"}


@pytest.mark.parametrize("thread", ["", "0" * 64, "../../etc/passwd"])
def test_a_preview_whose_thread_is_gone_asks_for_it_again(teacher: Visitor, thread: str) -> None:
    page = teacher.post("/claims/import/save", {"thread": thread, "0.take": "1"})

    assert page.status_code == 422
    assert "no longer here" in error_beside(page, "thread")


@pytest.mark.parametrize("text", ["", '[{"message": 1}]', '{"message": "Bad credentials"}'])
def test_what_is_no_thread_is_refused_in_the_form(teacher: Visitor, text: str) -> None:
    page = preview(teacher, text)

    assert page.status_code == 422
    assert error_beside(page, "thread")


@pytest.mark.parametrize("path", ["/claims/import", "/claims/import/save", "/claims/1/withdraw", "/claims/1/restore"])
def test_a_student_may_not_change_the_claims(member: Visitor, session: Session, path: str) -> None:
    import_posts(TWO_CONVOLUTIONS)

    assert member.post(path, {"text": NO_LAYERS}).status_code == 403
    assert [claim.withdrawn for claim in stored(session)] == [None]


def test_the_import_page_is_for_teachers(visitor: Visitor, member: Visitor) -> None:
    assert visitor.get("/claims/import").headers["location"].startswith("/sign-in")
    assert member.get("/claims/import").status_code == 403


def test_an_import_without_the_pages_token_is_refused(teacher: Visitor, session: Session) -> None:
    response = teacher.post("/claims/import/save", {"csrf_token": "x", "thread": "0" * 64})

    assert response.status_code == 403


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_list_shows_claims_as_claims(visit: Visit, language: str) -> None:
    import_posts(NO_LAYERS, TWO_CONVOLUTIONS, IMPOSSIBLE)

    text = text_of(visit(language=language).get("/claims"))

    assert "94.27 %" in text
    assert ("can be rebuilt" if language == "en" else "可以重建") in text
    assert ("claims never rank" if language == "en" else "不参与排名") in text


def test_the_list_is_there_without_claims(visitor: Visitor) -> None:
    assert "No claims have been imported" in text_of(visitor.get("/claims"))


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "320 is not 16·k² for any whole k"), ("zh", "对任何整数 k，320 都不等于 16·k²")],
)
def test_the_page_of_the_impossible_claim_says_why(visit: Visit, language: str, words: str) -> None:
    import_posts(IMPOSSIBLE)

    page = visit(language=language).get("/claims/1")

    assert words in text_of(page)
    assert 'action="/claims/1/run"' not in page.text


def test_the_page_of_a_claim_shows_what_would_be_run(visitor: Visitor) -> None:
    import_posts(TWO_CONVOLUTIONS)

    text = text_of(visitor.get("/claims/1"))

    assert "nn.Conv2d(10, 20, 3), # 20 x 10 x 10" in text
    assert "pooling without a size: 2 × 2" in text
    assert "The post does not say: learning rate, epochs" in text
    assert "Sign in to run it" in text


def test_no_post_gets_markup_of_its_own_into_a_page(teacher: Visitor) -> None:
    import_posts(HOSTILE)

    pages = [teacher.get("/claims/1").text, teacher.get("/claims").text, preview(teacher, f"{HOSTILE} again").text]
    page = "".join(pages)
    assert re.findall(r"<script>|<img src=.?x|href=.?(?:javascript|data):|src=.?https?:", page) == []
    assert "{{ 7*7 }}" in page


def test_the_posts_own_stars_and_lines_are_kept(visitor: Visitor) -> None:
    import_posts(TWO_CONVOLUTIONS)

    assert "1.Conv1 1-&gt;10 5*5<br>\n2.Relu" in visitor.get("/claims/1").text


def test_a_student_runs_a_claim_as_the_page_shows_it(member: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)
    response = member.post("/claims/1/run", form_values(member.get("/claims/1")))

    submission = session.exec(select(Submission)).one()
    page = text_of(member.get("/s/1"))
    assert response.headers["location"] == "/s/1"
    assert (submission.claim_id, submission.recipe["optimizer"]) == (1, "Adam")
    assert "Claimed 94.27 %" in page
    assert "epochs: 3, as in the homework" in page


def test_the_same_form_sent_twice_submits_once(member: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)
    values = form_values(member.get("/claims/1"))

    locations = [member.post("/claims/1/run", values).headers["location"] for _ in range(2)]

    assert locations == ["/s/1", "/s/1"]


def test_a_setting_that_cannot_be_is_refused_beside_its_field(member: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)

    page = member.post("/claims/1/run", form_values(member.get("/claims/1")) | {"epochs": "900"})

    assert page.status_code == 422
    assert "whole number from 1 to 20" in error_beside(page, "epochs")
    assert session.exec(select(Submission)).all() == []


def test_a_claim_that_is_no_network_cannot_be_run(member: Visitor) -> None:
    import_posts(IMPOSSIBLE)

    assert member.post("/claims/1/run").status_code == 409


def test_a_stranger_is_asked_to_sign_in_first(visitor: Visitor) -> None:
    import_posts(TWO_CONVOLUTIONS)

    assert visitor.post("/claims/1/run").headers["location"].startswith("/sign-in")


def test_claimed_and_measured_stand_side_by_side(member: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)
    member.post("/claims/1/run", form_values(member.get("/claims/1")))
    with session_scope() as other:
        make_result(other, other.exec(select(Submission)).one(), wrong=20)

    submission, claim, board = (text_of(member.get(path)) for path in ("/s/1", "/claims/1", "/claims"))
    assert "Claimed 94.27 % Measured here 98.00 % Difference +3.73 points" in submission
    assert "The claim lies outside the 95% interval" in submission
    assert "98.00 % +3.73 points" in claim
    assert "94.27 % 98.00 % +3.73 points" in board


def test_a_withdrawn_claim_is_gone_for_students_and_comes_back(teacher: Visitor, visitor: Visitor) -> None:
    import_posts(TWO_CONVOLUTIONS)
    teacher.post("/claims/1/withdraw")
    gone = visitor.get("/claims/1").status_code
    shown = text_of(teacher.get("/claims/1"))
    teacher.post("/claims/1/restore")

    assert gone == 404
    assert "Withdrawn: only teachers see this claim" in shown
    assert visitor.get("/claims/1").status_code == 200


@pytest.mark.parametrize("path", ["/claims/0", "/claims/99", "/claims/99999999999999999999", "/claims/x"])
def test_a_claim_that_is_not_there_is_a_page_that_says_so(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_the_board_tells_how_many_claims_are_not_measured(visitor: Visitor) -> None:
    without = visitor.get("/").text
    import_posts(NO_LAYERS, TWO_CONVOLUTIONS)

    assert "/claims" not in without
    assert "2 claims of the old thread are not measured yet" in text_of(visitor.get("/"))


def test_no_claim_is_on_the_board(visitor: Visitor) -> None:
    import_posts(NO_LAYERS, TWO_CONVOLUTIONS)

    assert "94.27" not in text_of(visitor.get("/"))
    assert visitor.get("/api/v1/leaderboard").json()["rows"] == []


def correct(teacher: Visitor, **changes: str) -> Any:
    fields = {name: value for name, value in fields_of(teacher.get("/claims/1")).items() if name.startswith("read.")}
    return teacher.post("/claims/1/correct", fields | {f"read.{name}": value for name, value in changes.items()})


def test_a_teacher_corrects_a_saved_claim_and_its_text_stays(teacher: Visitor, session: Session) -> None:
    import_posts(IMPOSSIBLE)
    layers = "conv 1->6, ReLU, max pool, conv 6->16, ReLU, max pool, linear 256->84, linear 84->10"

    response = correct(teacher, accuracy="98.1", epochs="7", layers=layers)

    (claim,) = stored(session)
    assert (response.status_code, response.headers["location"]) == (303, "/claims/1")
    assert (claim.text, claim.accuracy) == (IMPOSSIBLE, pytest.approx(0.981))
    assert (claim.understood["epochs"], claim.understood["optimizer"]) == (7, "Adam")
    assert "Run this claim" in text_of(teacher.get("/claims/1"))


@pytest.mark.parametrize(("field", "value"), [("accuracy", "good"), ("accuracy", ""), ("epochs", "-1")])
def test_a_correction_of_a_saved_claim_that_cannot_be_is_refused_beside_its_field(
    teacher: Visitor, session: Session, field: str, value: str
) -> None:
    import_posts(TWO_CONVOLUTIONS)

    page = correct(teacher, **{field: value})

    assert page.status_code == 422
    assert error_beside(page, f"read-{field}")
    assert [claim.accuracy for claim in stored(session)] == [pytest.approx(0.9427)]


def test_a_student_may_not_correct_a_claim(member: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)

    assert member.post("/claims/1/correct", {"read.accuracy": "99"}).status_code == 403
    assert "/claims/1/correct" not in member.get("/claims/1").text
    assert [claim.accuracy for claim in stored(session)] == [pytest.approx(0.9427)]


def test_a_withdrawn_claim_is_not_run(teacher: Visitor, session: Session) -> None:
    import_posts(TWO_CONVOLUTIONS)
    teacher.post("/claims/1/withdraw", {})

    response = teacher.post("/claims/1/run", {"epochs": "1"})

    assert response.status_code == 409
    assert session.exec(select(Submission)).all() == []


def test_a_pasted_thread_of_megabytes_is_read(teacher: Visitor) -> None:
    page = preview(teacher, "\n".join([TWO_CONVOLUTIONS, "x" * 3_000_000]))

    assert page.status_code == 200
    assert fields_of(page)["0.accuracy"] == "94.27"


def test_a_pasted_thread_that_is_too_long_is_refused_with_its_size(teacher: Visitor) -> None:
    page = preview(teacher, "x" * 11_000_000)

    assert page.status_code == 422
    assert "11.0 MB" in error_beside(page, "thread")


def test_what_a_teacher_does_with_claims_is_in_the_audit_log(teacher: Visitor) -> None:
    import_posts(NO_LAYERS)
    teacher.post("/claims/1/correct", {"read.accuracy": "97 %"})
    for action in ("withdraw", "withdraw", "restore"):
        teacher.post(f"/claims/1/{action}")
    with session_scope() as session:
        rows = session.exec(select(Audit).order_by("id")).all()
        found = [(row.action, row.subject, row.actor_id is not None) for row in rows]
    page = text_of(teacher.get("/teach/audit"))

    assert found == [
        ("claim.import", "claims", False),
        ("claim.correct", "claim 1", True),
        ("claim.withdraw", "claim 1", True),
        ("claim.restore", "claim 1", True),
    ]
    for words in ("Claims imported: #1 command line", "Claim #1 corrected Ms Li", "→ 0.97", "Claim #1 put back Ms Li"):
        assert words in page
