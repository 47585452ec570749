"""Submissions: checked, queued, repeated, withdrawn, run again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.blobs import Blob
from app.core.database import session_scope
from app.core.errors import Conflict, InvalidFields, NotAllowed, NotFound
from app.core.jobs import EngineState, get_jobs
from app.core.recipes import Recipe
from app.core.runs import State, latest_run, standing
from app.core.submissions import Request, Weights, check, create, find, find_own, retry, withdraw
from app.core.tables import Run, Submission, User
from tests.board_factories import make_failure, make_result, make_submission, make_user, set_engine_status

pytest_plugins = ["tests.postgres"]

WEIGHTS = Weights(Blob("0" * 64, 1000), "mine.safetensors")


@pytest.fixture
def owner(session: Session) -> User:
    user = make_user(session, "owner")
    session.commit()
    return user


def request(**given: Any) -> Request:
    return Request(**{"kind": "train", "model": "yannet"} | given)


def refusal(asked: Request) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        check(asked)
    return {name: str(sentence) for name, sentence in caught.value.fields.items()}


def stored(session: Session, table: type[Any]) -> list[Any]:
    return list(session.exec(select(table)))


def test_a_model_alone_is_a_whole_request() -> None:
    checked = check(Request(model="yannet"))

    assert (checked.kind, checked.title, checked.recipe, checked.options) == ("train", "yannet", Recipe(), {})


def test_weights_alone_make_it_an_evaluation() -> None:
    assert check(Request(model="yannet", weights=WEIGHTS)).kind == "evaluate"


def test_blanks_around_title_and_notes_are_dropped() -> None:
    checked = check(request(title="  mine ", notes="\nlearnt\n"))

    assert (checked.title, checked.notes) == ("mine", "learnt")


@pytest.mark.parametrize(
    ("given", "field", "named"),
    [
        ({"model": ""}, "model", "yannet"),
        ({"model": "alexnet"}, "model", "“alexnet”"),
        ({"model": "../yannet"}, "model", "“../yannet”"),
        ({"kind": "cheat"}, "kind", "“cheat”"),
        ({"title": "x" * 81}, "title", "81"),
        ({"notes": "x" * 20_001}, "notes", "20001"),
        ({"title": "a\x00b"}, "title", "NUL"),
        ({"notes": "a\x00b"}, "notes", "NUL"),
        ({"kind": "evaluate"}, "weights", ".safetensors"),
        ({"kind": "train", "weights": WEIGHTS}, "weights", "scratch"),
        ({"options": {"dropout": "2"}}, "option.dropout", "“2”"),
        ({"recipe": {"epochs": "0"}}, "epochs", "“0”"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_value(given: dict[str, Any], field: str, named: str) -> None:
    sentences = refusal(request(**given))

    assert set(sentences) == {field}
    assert named in sentences[field]


def test_all_that_is_wrong_is_told_at_once() -> None:
    sentences = refusal(request(kind="x", title="x" * 81, recipe={"epochs": "0"}, options={"dropout": "2"}))

    assert set(sentences) == {"kind", "title", "epochs", "option.dropout"}


@pytest.mark.parametrize("title", ["x" * 80, "深度" * 40, "<script>alert(1)</script>", "%s %(name)s {0}"])
def test_a_title_of_any_signs_is_kept_as_it_is(session: Session, owner: User, title: str) -> None:
    submission = make_submission(session, owner, title=title)

    assert submission.title == title


def test_a_submission_is_stored_with_its_run_and_its_place_in_the_queue(session: Session, owner: User) -> None:
    asked = request(title="mine", recipe={"epochs": "5"}, options={"dropout": "0.1"})
    submission, is_new = create(session, get_jobs(), owner, asked, "mnist")
    session.commit()

    run = latest_run(session, submission)
    assert is_new
    assert submission.recipe == Recipe(epochs=5).model_dump()
    assert (submission.options, submission.dataset, run.attempt) == ({"dropout": 0.1}, "mnist", 1)
    assert standing(session, get_jobs(), run).state is State.QUEUED


def test_a_refused_submission_leaves_no_row(session: Session, owner: User) -> None:
    with pytest.raises(InvalidFields):
        create(session, get_jobs(), owner, request(recipe={"epochs": "0"}), "mnist")
    session.commit()

    assert stored(session, Submission) == []


def test_a_transaction_rolled_back_leaves_neither_row_nor_job(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    run_id = latest_run(session, submission).id

    session.rollback()

    assert (stored(session, Submission), get_jobs().states([run_id])) == ([], {})


def test_public_numbers_are_never_given_twice(session: Session, owner: User) -> None:
    first = make_submission(session, owner)
    session.commit()
    with session.begin_nested():
        abandoned = make_submission(session, owner)

    assert abandoned.number == (first.number or 0) + 1


def test_the_name_of_a_file_is_kept_to_its_end(session: Session, owner: User) -> None:
    weights = Weights(Blob("0" * 64, 1000), "x" * 300 + ".safetensors")

    submission = make_submission(session, owner, kind="", weights=weights)

    assert submission.weights_name is not None
    assert submission.weights_name.endswith("xxx.safetensors")
    assert len(submission.weights_name) == 200


def test_the_same_key_and_request_again_give_the_same_submission(session: Session, owner: User) -> None:
    first, was_new = create(session, get_jobs(), owner, request(idempotency_key="k"), "mnist")
    again, is_new = create(session, get_jobs(), owner, request(idempotency_key="k"), "mnist")

    assert (first.number, was_new, is_new) == (again.number, True, False)
    assert len(stored(session, Run)) == 1


def test_the_order_of_fields_makes_no_other_request(session: Session, owner: User) -> None:
    asked = request(recipe={"epochs": "5", "seed": "1"}, idempotency_key="k")
    turned = request(recipe={"seed": "1", "epochs": "5"}, idempotency_key="k")
    first, _ = create(session, get_jobs(), owner, asked, "mnist")

    assert create(session, get_jobs(), owner, turned, "mnist") == (first, False)


@pytest.mark.parametrize(
    "other",
    [
        {"model": "mlp"},
        {"title": "other"},
        {"notes": "other"},
        {"recipe": {"epochs": "4"}},
        {"options": {"dropout": "0.3"}},
        {"kind": "evaluate", "weights": WEIGHTS},
    ],
)
def test_the_same_key_with_another_request_is_a_conflict_that_names_the_first(
    session: Session, owner: User, other: dict[str, Any]
) -> None:
    first, _ = create(session, get_jobs(), owner, request(idempotency_key="k"), "mnist")

    with pytest.raises(Conflict, match=f"#{first.number}"):
        create(session, get_jobs(), owner, request(idempotency_key="k", **other), "mnist")


def test_other_weights_under_the_same_key_are_a_conflict(session: Session, owner: User) -> None:
    other_weights = Weights(Blob("1" * 64, 1000), WEIGHTS.name)
    create(session, get_jobs(), owner, request(kind="", weights=WEIGHTS, idempotency_key="k"), "mnist")

    with pytest.raises(Conflict):
        create(session, get_jobs(), owner, request(kind="", weights=other_weights, idempotency_key="k"), "mnist")


def test_keys_of_different_people_do_not_meet(session: Session, owner: User) -> None:
    first, _ = create(session, get_jobs(), owner, request(idempotency_key="k"), "mnist")
    second, is_new = create(session, get_jobs(), make_user(session, "other"), request(idempotency_key="k"), "mnist")

    assert is_new
    assert first.number != second.number


def create_one(user: User, key: str | None) -> int | None:
    with session_scope() as session:
        return create(session, get_jobs(), user, request(idempotency_key=key), "mnist")[0].number


def test_eight_equal_requests_at_once_make_one_submission(either_database: str) -> None:
    with session_scope() as session:
        user = make_user(session)

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(create_one, [user] * 8, ["k"] * 8))

    with session_scope() as session:
        assert len(set(numbers)) == 1
        assert (len(stored(session, Submission)), len(stored(session, Run))) == (1, 1)


def test_eight_writers_with_twenty_submissions_each_lose_none(either_database: str) -> None:
    with session_scope() as session:
        users = [make_user(session, f"user-{i}") for i in range(8)]

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(create_one, users * 20, [None] * 160))

    _, queued = get_jobs().active()
    assert len(set(numbers)) == len(queued) == 160


def test_withdrawing_cancels_a_queued_run(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    session.commit()

    withdraw(session, get_jobs(), submission)
    session.commit()

    run = latest_run(session, submission)
    assert submission.withdrawn is not None
    assert standing(session, get_jobs(), run).state is State.CANCELLED


def test_withdrawing_a_measured_submission_keeps_its_result(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    run = make_result(session, submission)
    session.commit()

    withdraw(session, get_jobs(), submission)
    session.commit()

    assert standing(session, get_jobs(), run).state is State.DONE


def test_withdrawing_again_changes_nothing(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    session.commit()
    withdraw(session, get_jobs(), submission)
    moment = submission.withdrawn
    session.commit()

    withdraw(session, get_jobs(), submission)

    assert submission.withdrawn == moment


@pytest.mark.parametrize("outcome", ["diverged", "crashed", "internal", "timed_out"])
def test_a_failed_run_can_be_run_again(session: Session, owner: User, outcome: str) -> None:
    submission = make_submission(session, owner)
    make_failure(session, submission, outcome)
    session.commit()

    run = retry(session, get_jobs(), submission)
    session.commit()

    assert (run.attempt, standing(session, get_jobs(), run).state) == (2, State.QUEUED)


def test_a_run_that_was_given_up_can_be_run_again(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    set_engine_status(session, latest_run(session, submission).id, "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
    session.commit()

    assert retry(session, get_jobs(), submission).attempt == 2


def test_a_run_that_waits_is_not_run_again(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    session.commit()

    with pytest.raises(Conflict, match=f"#{submission.number}"):
        retry(session, get_jobs(), submission)


def test_a_run_that_went_well_is_not_run_again(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    make_result(session, submission)
    session.commit()

    with pytest.raises(Conflict, match=f"#{submission.number}"):
        retry(session, get_jobs(), submission)


def test_a_withdrawn_submission_is_not_run_again(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    session.commit()
    withdraw(session, get_jobs(), submission)
    session.commit()

    with pytest.raises(Conflict, match="withdrawn"):
        retry(session, get_jobs(), submission)


def try_again(number: int) -> bool:
    try:
        with session_scope() as session:
            retry(session, get_jobs(), find(session, number))
    except Conflict:
        return False
    return True


def test_eight_retries_at_once_make_one_run(either_database: str) -> None:
    with session_scope() as session:
        submission = make_submission(session, make_user(session))
        make_failure(session, submission)

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(try_again, [submission.number or 0] * 8))

    with session_scope() as session:
        assert sum(made) == 1
        assert len(stored(session, Run)) == 2


def test_a_submission_is_found_by_its_number(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)

    assert find(session, submission.number or 0) is submission


@pytest.mark.parametrize("number", [0, -1, 999, 2**31, 2**63, 10**30])
def test_an_unknown_number_is_named(session: Session, number: int) -> None:
    with pytest.raises(NotFound, match=f"#{number}"):
        find(session, number)


def test_the_author_and_a_teacher_may_change_a_submission(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)
    teacher = make_user(session, "another-teacher", "teacher")

    assert find_own(session, submission.number or 0, owner) is submission
    assert find_own(session, submission.number or 0, teacher) is submission


def test_a_stranger_may_not(session: Session, owner: User) -> None:
    submission = make_submission(session, owner)

    with pytest.raises(NotAllowed, match=f"#{submission.number}"):
        find_own(session, submission.number or 0, make_user(session, "stranger"))


def test_a_students_later_runs_wait_behind_another_students_first(session: Session, owner: User) -> None:
    hog = [latest_run(session, make_submission(session, owner)).id]
    session.commit()
    hog += [latest_run(session, make_submission(session, owner)).id]
    session.commit()
    amy = latest_run(session, make_submission(session, make_user(session, "amy"))).id
    session.commit()

    assert get_jobs().active() == ([], [hog[0], amy, hog[1]])


def test_runs_that_have_ended_do_not_count_against_a_student(session: Session, owner: User) -> None:
    cancelled = latest_run(session, make_submission(session, owner))
    session.commit()
    get_jobs().cancel(cancelled.id)
    waiting = latest_run(session, make_submission(session, make_user(session, "amy"))).id
    session.commit()
    later = latest_run(session, make_submission(session, owner)).id
    session.commit()

    assert get_jobs().active() == ([], [waiting, later])
    assert get_jobs().states([cancelled.id]) == {cancelled.id: EngineState.CANCELLED}
