import re
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from app.core.ranking import interval
from app.core.runs import latest_run
from app.core.settings import get_settings
from app.core.submissions import find
from app.core.tables import Heartbeat, Result, User
from tests.board_factories import make_repetition, make_result, make_user
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
    for words in (
        "lenet-slim",
        "Zhou Yi",
        "YanNet",
        "98.00",
        "97.29–98.53",
        "40",
        "20.6k",
        "2:17",
        "SGD lr 0.02 · bs 64 · 3 ep",
    ):
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


def test_weights_that_were_brought_have_no_recipe_and_no_optimizer(visitor: Visitor, session: Session) -> None:
    add_result(session, make_member(session), "theirs", 0.9, kind="evaluate")
    add_result(session, make_member(session, "other", "Other"), "ours", 0.95)

    page = visitor.get("/?cols=aug&sort=recipe")

    assert page.text.count("<b>SGD</b>") == 1
    assert re.findall(r'<td role="cell" class="rcp"><b>(.+?)</b>', page.text) == ["SGD", "–"]
    said = text_of(visitor.get("/?opt=SGD"))
    assert "ours" in said
    assert "theirs" not in said


@pytest.mark.parametrize("wrong", [0, 1])
def test_no_line_promises_more_than_all_images_right(visitor: Visitor, session: Session, wrong: int) -> None:
    submission = make_submission(session, make_member(session), title="sure")
    make_result(session, submission, wrong=wrong)
    session.commit()

    said = text_of(visitor.get("/"))

    low, high = interval(1000 - wrong, 1000)
    assert f"{100 - wrong / 10:.2f} {low * 100:.2f}–{high * 100:.2f}" in said
    assert "±" not in said


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


def make_board(session: Session, count: int) -> list[int]:
    """That many results of as many students, best first."""
    numbers = []
    for i in range(count):
        submission = make_submission(session, make_user(session, f"student-{i}"), title=f"model {i}")
        make_result(session, submission, wrong=10 + i)
        numbers.append(submission.number or 0)
    session.commit()
    return numbers


def change(session: Session, number: int, **values: Any) -> None:
    """Other values in the result of a submission."""
    result = session.get_one(Result, latest_run(session, find(session, number)).id)
    session.add(result.sqlmodel_update(values))
    session.commit()


def shown(response: httpx.Response) -> list[int]:
    """Numbers of the submissions in the table, in order."""
    return [int(number) for number in re.findall(r'<a class="nm" href="/s/(\d+)"', response.text)]


def test_fifty_stand_on_a_page_and_links_lead_on(visitor: Visitor, session: Session) -> None:
    numbers = make_board(session, 53)

    first, second = visitor.get("/"), visitor.get("/?page=2")

    assert (shown(first), shown(second)) == (numbers[:50], numbers[50:])
    assert "Showing 1–50 of 53" in text_of(first)
    assert '<a href="/?page=2" rel="next">' in first.text
    assert '<a href="/" rel="prev">' in second.text
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize(("page", "nearest"), [("3", 2), ("0", 1), ("x", 1), ("²", 1), ("9" * 30, 1)])
def test_a_page_that_is_not_there_is_answered_with_one_that_is(
    visitor: Visitor, session: Session, page: str, nearest: int
) -> None:
    numbers = make_board(session, 51)

    response = visitor.get("/", params={"page": page})

    assert response.status_code == 200
    assert shown(response) == (numbers[:50] if nearest == 1 else numbers[50:])
    assert f"There is no page “{page[:10]}”; the last one is 2." in text_of(response)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("track=tiny", "track cannot be “tiny”. Choose one of: all, 3ep, 10k"),
        ("sort=colour", "sort cannot be “colour”."),
        ("opt=Lion", "opt cannot be “Lion”. Choose one of: SGD"),
        ("since=soon", "“soon” is no date. Write it as 2026-11-23."),
        ("cols=loss,price", "cols cannot be “price”."),
        ("best=perhaps", "best cannot be “perhaps”. Choose one of: 0, 1."),
        (f"q={'x' * 300}", "at most 200 characters; 300 were given"),
        ("track=%3Cscript%3E", "track cannot be “<script>”."),
    ],
)
def test_a_value_that_means_nothing_is_left_out_and_named(
    visitor: Visitor, session: Session, query: str, said: str
) -> None:
    numbers = make_board(session, 2)

    response = visitor.get(f"/?{query}")

    assert (response.status_code, shown(response)) == (200, numbers)
    assert said in text_of(response)
    assert "<script>" not in response.text


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("q=MODEL+1", [1]),
        ("q=student-2+model", [2]),
        ("q=student-2+yannet", [2]),
        ("q=nobody", []),
        ("by=student-0", [0]),
        ("by=%40Student-0", [0]),
        ("opt=sgd", [0, 1, 2]),
        ("opt=Adam", []),
        ("since=2999-12-31", []),
        ("q=+++", [0, 1, 2]),
    ],
)
def test_filters_hide_rows_and_change_no_rank(
    visitor: Visitor, session: Session, query: str, places: list[int]
) -> None:
    numbers = make_board(session, 3)

    response = visitor.get(f"/?{query}")

    assert shown(response) == [numbers[place] for place in places]
    assert re.findall(r"<b>(\d+)</b>\n<small", response.text) == [str(place + 1) for place in places]


def test_when_nothing_matches_the_page_says_so_and_leads_back(visitor: Visitor, session: Session) -> None:
    make_board(session, 2)

    response = visitor.get("/?track=100k&q=nothing&opt=SGD&sort=-params")

    assert "No model matches these filters. Clear filters" in text_of(response)
    assert "0 of 2 shown" in text_of(response)
    assert '<a href="/?track=100k&amp;sort=-params">Clear filters</a>' in response.text


def test_the_state_of_the_form_is_that_of_the_address(visitor: Visitor, session: Session) -> None:
    make_board(session, 2)

    page = visitor.get('/?track=100k&q="b"&opt=Adam&by=student-1&since=2026-01-02&best=0&sort=-params&cols=ece').text

    assert '<input type="hidden" name="track" value="100k">' in page
    assert 'name="q" value="&#34;b&#34;"' in page
    assert "<option selected>Adam</option>" in page
    assert 'name="by" value="student-1"' in page
    assert 'name="since" value="2026-01-02"' in page
    assert 'name="best" value="0" checked' in page
    assert '<option value="-params" selected>' in page
    assert 'name="cols" value="ece" checked' in page
    assert '<details class="more opts" open>' in page


def test_a_heading_sorts_as_one_reads_it_and_then_the_other_way_round(visitor: Visitor, session: Session) -> None:
    numbers = make_board(session, 3)
    for number, parameters in zip(numbers, (300, 100, 200), strict=True):
        change(session, number, parameters=parameters)

    start, up, down = (visitor.get(path) for path in ("/", "/?sort=params", "/?sort=-params"))

    assert 'href="/?sort=params"' in start.text
    assert 'href="/?sort=-acc"' in start.text
    assert 'href="/?sort=-params"' in up.text
    assert shown(up) == [numbers[1], numbers[2], numbers[0]]
    assert shown(down) == shown(up)[::-1]
    assert re.findall(r'aria-sort="(\w+)"', start.text + up.text + down.text) == [
        "ascending",
        "ascending",
        "descending",
    ]


def test_hidden_columns_are_shown_when_asked_for(visitor: Visitor, session: Session) -> None:
    [number] = make_board(session, 1)
    change(session, number, flops=1_230_000, ece=0.0123, robust_accuracy=None, size_bytes=120_000)

    ticked, linked = visitor.get("/?cols=flops&cols=ece&cols=robust"), visitor.get("/?cols=robust,flops,ece")

    assert "FLOPs ECE % Robust %" in text_of(ticked)
    assert "1.23 M 1.23 –" in text_of(ticked)
    assert text_of(ticked) == text_of(linked)
    assert 'href="/?sort=-robust&amp;cols=flops,ece,robust"' in ticked.text


def test_chips_count_what_each_track_holds(visitor: Visitor, session: Session) -> None:
    numbers = make_board(session, 3)
    change(session, numbers[2], parameters=900, has_convolution=False)

    page = visitor.get("/?track=10k")

    assert "All 3 3 epochs 3 ≤ 10k parameters 1 ≤ 100k parameters 3 No convolution 1 Retrained 3" in text_of(page)
    assert (shown(page), "<b>1</b>\n<small" in page.text) == ([numbers[2]], True)
    assert 'href="/?track=10k" aria-current="true"' in page.text


def test_two_can_be_ticked_and_compared_without_scripts(visitor: Visitor, session: Session) -> None:
    [first, second] = make_board(session, 2)

    page = visitor.get("/").text

    assert '<form id="compare" method="get" action="/compare">' in page
    assert all(f'form="compare" name="s" value="{number}"' in page for number in (first, second))
    assert visitor.get(f"/compare?s={first}&s={second}").status_code in (200, 303)


def test_the_record_what_ties_it_and_the_best_of_a_track_are_marked(visitor: Visitor, session: Session) -> None:
    numbers = make_board(session, 2)
    tie = make_submission(session, make_user(session, "late"), title="late")
    make_result(session, tie, wrong=9)
    session.commit()
    change(session, numbers[1], parameters=900)

    said = text_of(visitor.get("/"))

    assert "late Ties the record Best in 3 epochs" in said
    assert "model 0 Record S" in said
    assert "model 1 Best ≤ 10k" in said


def test_a_network_that_knows_its_test_images_by_heart_is_marked_and_others_are_not(
    visitor: Visitor, session: Session
) -> None:
    for robust, title in ((0.11, "by heart"), (0.8, "sturdy"), (None, "unmeasured")):
        number = add_result(session, make_member(session, title.replace(" ", "-"), "S"), title, 0.98)
        session.get_one(Result, latest_run(session, find(session, number)).id).robust_accuracy = robust
    session.commit()

    said = text_of(visitor.get("/"))

    assert said.count("Falls when changed") == 1
    assert "by heart Record Falls when changed S" in said


def test_a_baseline_has_no_rank(visitor: Visitor, session: Session) -> None:
    numbers = make_board(session, 2)
    find(session, numbers[0]).is_baseline = True
    session.commit()

    page = visitor.get("/")

    assert shown(page) == numbers
    assert re.findall(r"<b>(\d+)</b>\n<small", page.text) == ["1"]
    assert "model 0 Baseline" in text_of(page)


def test_of_several_seeds_mean_and_spread_are_told(visitor: Visitor, session: Session) -> None:
    submission = make_submission(session, make_member(session), title="three seeds")
    run = make_result(session, submission, wrong=10)
    for seed, wrong in ((1, 20), (2, 33)):
        make_repetition(session, submission, run, seed, wrong)
    session.commit()

    page = visitor.get("/")

    assert "97.90 SD 1.15 · 3 seeds" in text_of(page)
    assert page.text.count('class="dot seed"') == 3


def test_the_page_reads_chinese(visit: Visit, session: Session) -> None:
    make_board(session, 1)

    said = text_of(visit(language="zh").get("/?cols=flops,ece&q=zzz&page=7"))

    assert "没有模型符合这些条件" in said
    assert not re.search("Robust|Retrained|Measured since|Clear filters|There is no page", said)
