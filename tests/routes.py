"""Every address that the application answers to."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI


def all_routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of each route, with the places of its parameters as written; static files left out."""
    yield from _walk(app.routes, "")


def _walk(routes: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            yield from ((method, prefix + route.path) for method in route.methods if method != "HEAD")
