"""Quick checks in the database and in the engine, on SQLite and on PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.blobs import Blob
from app.core.checks import find_check, finish_check, model_file_of, request_check, weights_of
from app.core.database import get_engine, session_scope
from app.core.errors import InvalidFields, NotFound
from app.core.jobs import EngineState, get_jobs
from app.core.outcomes import Outcome
from app.core.requests import ModelFile, Request, Weights
from app.core.sentences import Sentence
from app.core.tables import QuickCheck, User, now
from tests.board_factories import make_user

pytest_plugins = ["tests.postgres"]

MODEL_FILE = ModelFile(Blob("a" * 64, 1000), "net.py")
WEIGHTS = Weights(Blob("b" * 64, 1000), "best.pt")


@pytest.fixture
def owner(either_database: str) -> User:
    with session_scope() as session:
        return make_user(session, "owner")


def asked_for(user: User, **request: Any) -> QuickCheck:
    given = {"model_file": MODEL_FILE} | request
    with session_scope() as session:
        return request_check(session, get_jobs(), user, Request(**given))


def stored() -> list[QuickCheck]:
    with session_scope() as session:
        return list(session.exec(select(QuickCheck)))


def test_a_check_is_stored_as_asked_and_waits_in_its_queue(owner: User) -> None:
    asked = asked_for(owner, kind="evaluate", weights=WEIGHTS, class_name="Net", arguments="1", recipe={"epochs": 5})

    [found] = stored()
    assert (found.kind, found.model, found.class_name, found.arguments) == ("evaluate", None, "Net", "1")
    assert (found.model_file_sha256, found.model_file_name) == ("a" * 64, "net.py")
    assert (found.weights_sha256, found.weights_name, found.recipe["epochs"]) == ("b" * 64, "best.pt", 5)
    assert get_jobs().states([asked.id]) == {asked.id: EngineState.QUEUED}
    assert get_jobs().active() == ([], [])


def test_a_check_of_a_transaction_that_was_rolled_back_never_was(owner: User) -> None:
    with Session(get_engine()) as session:
        asked_id = request_check(session, get_jobs(), owner, Request(model_file=MODEL_FILE)).id
        session.rollback()

    assert (stored(), get_jobs().states([asked_id])) == ([], {})


def test_what_cannot_be_checked_is_refused_and_leaves_nothing(owner: User) -> None:
    with pytest.raises(InvalidFields):
        asked_for(owner, kind="evaluate")

    assert stored() == []


def test_a_check_ends_once(owner: User) -> None:
    asked = asked_for(owner)
    message = Sentence("The class %(name)s …", {"name": "Net"})
    with session_scope() as session:
        finish_check(session, asked.id, Outcome.BAD_MODEL, message, "line 7", {"format": "python"})
    with session_scope() as session:
        finish_check(session, asked.id, Outcome.OK, None, None, None)

    [found] = stored()
    assert (found.outcome, found.detail, found.report) == ("bad_model", "line 7", {"format": "python"})
    assert Sentence.from_json(found.message or {}) == message
    assert found.finished is not None


def test_ending_a_check_that_is_forgotten_does_nothing(owner: User) -> None:
    with session_scope() as session:
        finish_check(session, "forgotten", Outcome.OK, None, None, None)

    assert stored() == []


def test_a_check_is_found_by_its_owner_only(owner: User) -> None:
    asked = asked_for(owner)
    with session_scope() as session:
        other = make_user(session, "other")

        assert find_check(session, asked.id, owner).id == asked.id
        with pytest.raises(NotFound):
            find_check(session, asked.id, other)


@pytest.mark.parametrize("check_id", ["", "x", "a\x00b", "0198" * 9, "é" * 36])
def test_whatever_is_sent_as_a_check_is_not_found(owner: User, check_id: str) -> None:
    with session_scope() as session, pytest.raises(NotFound):
        find_check(session, check_id, owner)


def test_the_files_of_a_check_can_be_used_again(owner: User) -> None:
    asked = asked_for(owner, kind="evaluate", weights=WEIGHTS)

    model_file, weights = model_file_of(asked), weights_of(asked)
    assert model_file is not None
    assert weights is not None
    assert (model_file.name, model_file.blob.sha256) == ("net.py", "a" * 64)
    assert (weights.name, weights.blob.sha256) == ("best.pt", "b" * 64)


def test_checks_older_than_a_day_are_forgotten_when_a_new_one_comes(owner: User) -> None:
    old, young = asked_for(owner), asked_for(owner)
    with session_scope() as session:
        age(session, old, timedelta(hours=25))
        age(session, young, timedelta(hours=23))

    new = asked_for(owner)

    assert {found.id for found in stored()} == {young.id, new.id}


def age(session: Session, check: QuickCheck, by: timedelta) -> None:
    found = session.get_one(QuickCheck, check.id)
    found.created = now() - by
    session.add(found)


def test_who_asks_again_and_again_waits_behind_the_others(owner: User) -> None:
    hog = [asked_for(owner).id for _ in range(3)]
    with session_scope() as session:
        amy = make_user(session, "amy")

    asked = asked_for(amy).id

    found = get_jobs().client.list_workflows(workflow_ids=[*hog, asked], load_input=False, load_output=False)
    priorities = {status.workflow_id: status.priority for status in found}
    assert [priorities[check_id] for check_id in (*hog, asked)] == [1, 2, 3, 1]
