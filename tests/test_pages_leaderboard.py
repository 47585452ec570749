import pytest
from sqlmodel import Session

from app.core.runs import latest_run
from app.core.settings import get_settings
from app.core.tables import Heartbeat, User
from tests.factories import drawn_result, make_member, make_run_live, make_submission, tell
from tests.visitors import Visit, Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]


def add_result(
    session: Session, user: User, title: str, share: float, kind: str = "train", baseline: bool = False
) -> int:
    submission = make_submission(session, user, title=title)
    submission.kind, submission.is_baseline = kind, baseline
    drawn_result(session, latest_run(session, submission), share, total=2000, seed=submission.number or 0)
    session.commit()
    assert submission.number is not None
    return submission.number


def test_an_empty_board_invites(visitor: Visitor) -> None:
    page = visitor.get("/")
    assert page.status_code == 200
    assert "No results yet. Be the first to submit." in text_of(page)
    assert "Nothing is running." in text_of(page)


def test_a_line_says_what_was_measured(visitor: Visitor, session: Session) -> None:
    number = add_result(session, make_member(session), "lenet-slim", 0.98)
    page = visitor.get("/")
    said = text_of(page)
    assert f'href="/s/{number}"' in page.text
    for words in ("lenet-slim", "Zhou Yi", "YanNet", "98.00", "±", "40", "20.6k", "2:17", "SGD lr 0.02 · bs 64 · 3 ep"):
        assert words in said
    assert "1 model · 1 classmate · last result just now" in said


def test_models_that_cannot_be_told_apart_from_the_first_are_joined(visitor: Visitor, session: Session) -> None:
    add_result(session, make_member(session, "a", "A"), "first", 0.98)
    add_result(session, make_member(session, "b", "B"), "close", 0.9795)
    add_result(session, make_member(session, "c", "C"), "far", 0.9)
    page = visitor.get("/")
    assert page.text.count('class="rk tie"') == 2
    assert "1–2" in text_of(page)


def test_each_student_stands_once_unless_all_results_are_asked_for(visitor: Visitor, session: Session) -> None:
    user = make_member(session)
    add_result(session, user, "better", 0.98)
    add_result(session, user, "worse", 0.9)
    assert "worse" not in text_of(visitor.get("/"))
    assert "worse" in text_of(visitor.get("/?best=0"))


def test_my_own_line_is_marked(visit: Visit, session: Session) -> None:
    add_result(session, make_member(session), "mine", 0.98)
    assert "You" in text_of(visit().sign_in().get("/"))
    assert "You" not in text_of(visit().get("/"))


def test_baselines_and_tested_weights_say_so(visitor: Visitor, session: Session) -> None:
    user = make_member(session)
    add_result(session, user, "theirs", 0.9, kind="evaluate")
    add_result(session, user, "ours", 0.95, baseline=True)
    said = text_of(visitor.get("/"))
    assert "Author's weights" in said
    assert "Baseline" in said


def test_withdrawn_submissions_are_not_there(visitor: Visitor, session: Session) -> None:
    user = make_member(session)
    submission = make_submission(session, user, title="gone")
    drawn_result(session, latest_run(session, submission), total=1000)
    submission.withdrawn = submission.created
    session.commit()
    assert "gone" not in text_of(visitor.get("/"))


def test_what_runs_and_what_waits_is_shown_in_order(visitor: Visitor, session: Session) -> None:
    running = make_submission(session, make_member(session, "a", "A"), title="the running one")
    make_submission(session, make_member(session, "b", "B"), title="the next one")
    session.commit()
    run = latest_run(session, running)
    start = make_run_live(session, run)
    tell(session, run, start, [("loss", {"epoch": 2, "step": 50, "steps": 100, "losses": [0.5, 0.25]})])
    session.commit()
    page = visitor.get("/?part=now")
    assert "Running now 1 waiting the running one epoch 2 of 3 A · loss 0.250 the next one next B" in text_of(page)
    assert 'aria-valuenow="50"' in page.text
    assert "<html" not in page.text


def test_titles_of_users_are_escaped(visitor: Visitor, session: Session) -> None:
    add_result(session, make_member(session, name="<b>Zhou</b>"), "<script>alert(1)</script>", 0.98)
    page = visitor.get("/")
    assert "<script>alert" not in page.text
    assert "<b>Zhou" not in page.text


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASET", "practice")
    get_settings.cache_clear()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/about", "/no-such-page"])
def test_a_practice_board_is_named_so_on_every_page(practice: None, visitor: Visitor, path: str) -> None:
    assert "Practice board" in text_of(visitor.get(path))


def test_a_practice_board_shows_no_mnist_results(practice: None, visitor: Visitor, session: Session) -> None:
    add_result(session, make_member(session), "on MNIST", 0.98)
    assert "on MNIST" not in text_of(visitor.get("/"))


def test_a_silent_worker_is_reported(visitor: Visitor, session: Session) -> None:
    session.add(Heartbeat(executor_id="w", beat_epoch_s=1.0, started_epoch_s=0, host="lab", device="cpu"))
    session.commit()
    assert "The trainer has not answered for" in text_of(visitor.get("/"))


def test_a_worker_that_lives_is_not_mentioned(visitor: Visitor, session: Session) -> None:
    session.add(Heartbeat(executor_id="w", beat_epoch_s=1e12, started_epoch_s=0, host="lab", device="cpu"))
    session.commit()
    assert "The trainer" not in text_of(visitor.get("/"))


def test_without_any_worker_the_page_says_that_submissions_wait(visitor: Visitor) -> None:
    assert "The trainer is not running." in text_of(visitor.get("/"))
