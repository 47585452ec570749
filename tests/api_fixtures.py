"""The API of a test's own folder, called through HTTP in this process. Loaded as a pytest plugin."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.database import session_scope
from app.web.main import create_app
from tests.api import Api
from tests.board_factories import make_token, make_user
from tests.serving import serving


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """One for all tests: it holds no settings and no database."""
    return create_app()


@pytest.fixture
def api(data_dir: Path, app: FastAPI) -> Iterator[Api]:
    with session_scope() as session:
        headers = [
            make_token(session, make_user(session, handle, role))
            for handle, role in (("owner", "student"), ("other", "student"), ("another-teacher", "teacher"))
        ]
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(client, *headers, data_dir)


@pytest.fixture
def live(api: Api, app: FastAPI) -> Iterator[str]:
    """The address of a real server over the folder of `api`."""
    with serving(app) as address:
        yield address
