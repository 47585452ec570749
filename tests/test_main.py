"""What the web has ready before its first request."""

from pathlib import Path

from starlette.testclient import TestClient

from app.core.database import get_engine
from app.core.jobs import get_jobs
from app.web.main import create_app


def test_the_connection_pools_are_made_before_the_first_request(data_dir: Path) -> None:
    """Made by the first requests, each of those that come at once would make and leak one of its own."""
    with TestClient(create_app()):
        assert (get_engine.cache_info().currsize, get_jobs.cache_info().currsize) == (1, 1)
