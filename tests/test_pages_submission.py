import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from app.core.blobs import get_blobs
from app.core.runs import latest_run
from app.core.tables import Run, Submission
from tests.factories import (
    drawn_result,
    make_failure,
    make_member,
    make_run_live,
    make_submission,
    set_engine_status,
    tell,
)
from tests.visitors import Visit, Visitor, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
LOSSES = ("loss", {"epoch": 1, "step": 469, "steps": 938, "losses": [2.0, 1.0, 0.5]})
Live = Callable[..., tuple[Submission, Run, int]]


@pytest.fixture
def submission(session: Session) -> Submission:
    """Queued by Zhou Yi."""
    made = make_submission(session, make_member(session), title="lenet-slim")
    session.commit()
    return made


@pytest.fixture
def live(session: Session, submission: Submission) -> Live:
    """Lets it run and tell something."""

    def begin(*events: tuple[str, dict[str, Any]]) -> tuple[Submission, Run, int]:
        run = latest_run(session, submission)
        start = make_run_live(session, run)
        tell(session, run, start, events)
        session.commit()
        return submission, run, start

    return begin


def finish(session: Session, submission: Submission, **more: Any) -> None:
    drawn_result(session, latest_run(session, submission), **{"total": 1000, "share": 0.986} | more)
    session.commit()


def fail(session: Session, submission: Submission, outcome: str = "diverged") -> None:
    run = make_failure(session, submission, outcome)
    set_engine_status(session, run.id, "SUCCESS")
    session.commit()


def test_a_queued_submission_says_how_many_go_first(visitor: Visitor, submission: Submission, session: Session) -> None:
    other = make_submission(session, make_member(session, "other", "Other"), title="second")
    session.commit()
    page = visitor.get(f"/s/{other.number}")
    assert "Waiting in the queue 1 run goes first" in text_of(page)
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page.text


def test_a_running_submission_shows_where_it_is(visitor: Visitor, live: Live) -> None:
    layers = [{"name": "0", "type": "Linear", "output": [10], "parameters": 7850}]
    submission, _, _ = live(("model", {"parameters": 7850, "layers": layers}), LOSSES)
    page = visitor.get(f"/s/{submission.number}")
    said = text_of(page)
    assert "Training · epoch 1 of 3" in said
    assert "step 469 of 938 · loss 0.500" in said
    assert "Linear 10 7,850" in said
    assert 'aria-valuenow="50"' in page.text
    assert "Training loss by step. It falls from 2.000 to 0.500." in page.text
    assert f'data-live="/s/{submission.number}/events?after=3"' in page.text


def test_a_run_that_began_anew_says_so_and_forgets_the_old_curve(
    visitor: Visitor, live: Live, session: Session
) -> None:
    submission, run, _ = live(LOSSES)
    make_run_live(session, run)
    session.commit()
    said = text_of(visitor.get(f"/s/{submission.number}"))
    assert "the run began anew (start 2)" in said
    assert "The curve appears with the first steps." in said


def test_the_log_is_for_the_author_and_escaped(visitor: Visitor, visit: Visit, live: Live) -> None:
    submission, _, _ = live(("log", {"text": "first\n<b>a secret</b>"}))
    assert "&lt;b&gt;a secret&lt;/b&gt;" in visit().sign_in().get(f"/s/{submission.number}").text
    assert "a secret" not in visitor.get(f"/s/{submission.number}").text


def test_a_finished_submission_shows_its_result(visitor: Visitor, session: Session, submission: Submission) -> None:
    finish(session, submission)
    page = visitor.get(f"/s/{submission.number}")
    said = text_of(page)
    assert "98.60 %" in said
    assert "14 wrong of 1,000 · rank 1 of 1" in said
    assert "95% interval 97.66–99.16" in said
    for words in ("20,586", "2:17", "Learning rate 0.02", "Conv2d 32×28×28 832", "torch 2.15.0", "Worker lab-3:41"):
        assert words in said
    assert page.text.count('class="dg"') == 10
    assert page.text.count('<b role="rowheader">') == 10
    assert "data-live" not in page.text
    assert 'http-equiv="refresh"' not in page.text


def test_a_result_stands_among_its_neighbours(visitor: Visitor, session: Session, submission: Submission) -> None:
    finish(session, submission)
    user = make_member(session, "other", "Other")
    for title, share in (("topmost", 0.999), ("better", 0.997), ("good", 0.995), ("worse", 0.9)):
        finish(session, make_submission(session, user, title=title), share=share)
    page = visitor.get(f"/s/{submission.number}")
    assert "better good lenet-slim worse" in text_of(page)
    assert "topmost" not in text_of(page)


def test_notes_are_shown_as_harmless_markdown(visitor: Visitor, session: Session) -> None:
    notes = (
        "# Title\n**bold** <script>alert(1)</script> [x](javascript:alert(1)) https://example.org <i onclick=a>y</i>"
    )
    submission = make_submission(session, make_member(session), notes=notes)
    session.commit()
    text = visitor.get(f"/s/{submission.number}").text
    assert "<h3>Title</h3>" in text
    assert "<strong>bold</strong>" in text
    assert 'href="https://example.org" rel="nofollow noopener ugc"' in text
    assert "<script>alert" not in text
    assert 'href="javascript' not in text
    assert "<i onclick" not in text


def test_tested_weights_are_shown_as_such(visitor: Visitor, session: Session, submission: Submission) -> None:
    submission.kind, submission.weights_sha256, submission.weights_name = (
        "evaluate",
        "9f2c" + "0" * 60,
        "mine.safetensors",
    )
    finish(session, submission, losses=b"", steps=0, epochs=0)
    said = text_of(visitor.get(f"/s/{submission.number}"))
    assert "trained elsewhere, tested here" in said
    assert "Training loss" not in said
    assert "mine.safetensors" in said
    assert "as reported by the author" in said
    assert "Settings left at their defaults are not shown." in said
    assert "Learning rate" not in said


def test_of_tested_weights_only_what_was_reported_is_shown(visitor: Visitor, session: Session) -> None:
    submission = make_submission(session, make_member(session), title="theirs", recipe={"optimizer": "Adam"})
    submission.kind = "evaluate"
    finish(session, submission, losses=b"", steps=0, epochs=0)

    said = text_of(visitor.get(f"/s/{submission.number}"))

    assert "Optimizer Adam" in said
    assert "Batch size" not in said


def test_the_author_reads_why_a_run_failed_and_what_to_do(member: Visitor, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    fail(session, submission)
    page = member.get(f"/s/{submission.number}")
    said = text_of(page)
    assert "Diverged" in said
    assert "The loss became NaN in epoch 2." in said
    assert "Lower the learning rate" in said
    assert "Traceback: secret" in said
    assert f'action="/s/{submission.number}/retry"' in page.text


def test_others_read_only_how_it_ended(visitor: Visitor, session: Session, submission: Submission) -> None:
    fail(session, submission)
    page = visitor.get(f"/s/{submission.number}")
    assert "Diverged The training loss stopped being a number." in text_of(page).replace(" just now", "")
    assert "secret" not in page.text
    assert "retry" not in page.text


@pytest.mark.parametrize(
    ("outcome", "title"), [("bad_file", "File not usable"), ("timed_out", "Out of time"), ("internal", "Our fault")]
)
def test_every_failure_has_its_title(
    visitor: Visitor, session: Session, submission: Submission, outcome: str, title: str
) -> None:
    fail(session, submission, outcome)
    assert title in text_of(visitor.get(f"/s/{submission.number}"))


def user_of(session: Session) -> Any:
    from app.core.accounts import find_user

    user = find_user(session, "zhou-yi")
    assert user is not None
    return user


def test_a_failed_run_can_be_run_again(member: Visitor, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    fail(session, submission)
    assert member.post(f"/s/{submission.number}/retry").headers["location"] == f"/s/{submission.number}"
    assert "Waiting in the queue" in text_of(member.get(f"/s/{submission.number}"))


def test_a_finished_run_cannot_be_run_again(member: Visitor, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    finish(session, submission)
    response = member.post(f"/s/{submission.number}/retry")
    assert response.status_code == 409
    assert "there is nothing to run again" in text_of(response)


def test_the_author_cancels_a_waiting_run(member: Visitor, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    session.commit()
    assert "Cancel the run" in text_of(member.get(f"/s/{submission.number}"))
    assert member.post(f"/s/{submission.number}/withdraw").status_code == 303
    said = text_of(member.get(f"/s/{submission.number}"))
    assert "Cancelled The run was cancelled." in said
    assert "Withdrawn: it is not on the board" in said


def test_withdrawing_a_result_asks_first(member: Visitor, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    finish(session, submission)
    assert f'href="/s/{submission.number}/withdraw"' in member.get(f"/s/{submission.number}").text
    assert "Withdraw #1?" in text_of(member.get(f"/s/{submission.number}/withdraw"))


def test_a_withdrawn_submission_is_gone_for_others(member: Visitor, visit: Visit, session: Session) -> None:
    submission = make_submission(session, user_of(session))
    finish(session, submission)
    member.post(f"/s/{submission.number}/withdraw")
    assert visit().get(f"/s/{submission.number}").status_code == 404
    assert member.get(f"/s/{submission.number}").status_code == 200


def test_only_the_author_and_the_teacher_may_withdraw(visit: Visit, session: Session, submission: Submission) -> None:
    make_member(session, "other")
    make_member(session, "ms-wang", role="teacher")
    session.commit()
    assert visit().sign_in("other").post(f"/s/{submission.number}/withdraw").status_code == 403
    assert visit().sign_in("ms-wang").post(f"/s/{submission.number}/withdraw").status_code == 303


@pytest.mark.parametrize(
    "path", ["/s/77", "/s/0", "/s/99999999999999999999", "/s/abc", "/s/77/events", "/s/77/predictions.csv"]
)
def test_what_does_not_exist_is_not_found(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 404
    assert "There is nothing here" in text_of(response)


def test_predictions_come_as_a_table(visitor: Visitor, session: Session, submission: Submission) -> None:
    finish(session, submission)
    response = visitor.get(f"/s/{submission.number}/predictions.csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == 1000
    assert rows[3].keys() == {"image", "read_as", "confidence", "right"}
    assert sum(row["right"] == "0" for row in rows) == 14
    assert "yannet-1.csv" in response.headers["content-disposition"]


def test_weights_come_as_a_file(visitor: Visitor, session: Session, submission: Submission) -> None:
    blob = get_blobs().store([b"weights"], 100)
    finish(session, submission, weights_sha256=blob.sha256)
    response = visitor.get(f"/s/{submission.number}/weights.safetensors")
    assert response.content == b"weights"
    assert response.headers["content-disposition"] == 'attachment; filename="yannet-1.safetensors"'


def test_there_are_no_files_before_there_is_a_result(visitor: Visitor, submission: Submission) -> None:
    assert "has no result yet" in text_of(visitor.get(f"/s/{submission.number}/weights.safetensors"))


def test_a_digit_that_the_test_set_lacks_has_no_accuracy(
    visitor: Visitor, session: Session, submission: Submission
) -> None:
    confusion = [[0] * 10 for _ in range(10)]
    confusion[1][1], confusion[1][7] = 999, 1
    finish(session, submission, confusion=confusion)
    assert visitor.get(f"/s/{submission.number}").status_code == 200
