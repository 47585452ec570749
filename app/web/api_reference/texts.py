"""The texts of the OpenAPI document that the page shows in the reader's language, for the catalogues."""

from collections.abc import Iterator

from fastapi import FastAPI

from app.web.api_reference.document import Named, Operation, operations_of
from app.web.api_reference.view import error_rows


def described_texts(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Each text once, with the operation, or else the place, that says it first."""
    said: dict[str, str] = {}
    for operation in operations_of(app):
        for text in _texts(operation):
            said.setdefault(text, operation.id)
    for row in error_rows():
        said.setdefault(row.words, "errors")
    return ((text, where) for text, where in said.items() if text)


def _texts(operation: Operation) -> Iterator[str]:
    yield from (operation.summary, operation.description)
    for named in _named(operation):
        yield named.description
    for answer in operation.answers:
        yield answer.description


def _named(operation: Operation) -> Iterator[Named]:
    yield from operation.parameters
    for body in operation.bodies:
        yield from body.fields
