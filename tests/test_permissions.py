"""Owner, another student, the teacher and a stranger, on every route."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.permission_ground import PEOPLE, Row, make_ground
from tests.permissions import ROWS
from tests.routes import all_routes

pytest_plugins = ["tests.api_fixtures"]


@pytest.fixture
def client(data_dir: Path, app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def test_every_route_is_in_the_table(app: FastAPI) -> None:
    listed = {(row.method, row.path) for row in ROWS}

    assert set(all_routes(app)) == listed, "add what is missing to tests/permissions.py, with who may do it"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.address}")
def test_everybody_gets_what_is_theirs_and_no_more(client: TestClient, row: Row) -> None:
    ask = make_ground(client)

    assert {name: ask[name](row) for name in PEOPLE} == row.expected
