"""The first board of a process, made before it is asked for."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core.board import Board, find_board
from app.web.board import warming
from app.web.main import create_app
from tests.board_factories import make_result, make_submission, make_user


def test_the_board_is_ranked_after_the_start_without_a_request(session: Session) -> None:
    make_result(session, make_submission(session, make_user(session)))
    session.commit()

    with TestClient(create_app()):
        pass

    assert ("all", True) in find_board(session, "mnist")._rankings


def test_a_start_waits_for_no_board(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go, is_done = Event(), Event()

    def slow(*_: Any) -> Board:
        may_go.wait(30)
        is_done.set()
        raise OSError

    monkeypatch.setattr(warming, "find_board", slow)
    with TestClient(create_app()) as client:
        assert client.get("/about").status_code == 200
        assert not is_done.is_set()
        may_go.set()


@pytest.mark.parametrize("error", [OSError("no disk"), RuntimeError("no table"), ValueError("odd row")])
def test_a_board_that_cannot_be_made_fails_no_start(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: Any) -> Board:
        raise error

    monkeypatch.setattr(warming, "find_board", broken)
    with TestClient(create_app()) as client:
        assert client.get("/about").status_code == 200
