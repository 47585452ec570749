"""What the page on the API shows: first steps, all operations by subject, errors, limits."""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

from fastapi import FastAPI

from app.core.errors import Problem
from app.core.sentences import N_
from app.core.settings import Settings
from app.core.tables import Classroom
from app.web.api.parts import LIMIT, LIMIT_MAXIMUM
from app.web.api_reference.document import PREFIX, Operation, operations_of
from app.web.api_reference.snippets import Snippets, first_token, snippets
from app.web.api_reference.submit_script import submit_script

# A subject without words of its own is shown by its name.
SUBJECTS = {
    "submissions": N_("Submissions and runs"),
    "checks": N_("Quick checks"),
    "digits": N_("Test images"),
    "comparisons": N_("Comparisons"),
    "leaderboard": N_("Leaderboard"),
    "claims": N_("Claims of the old thread"),
    "catalogue": N_("What can be submitted"),
    "people": N_("People and accounts"),
    "tokens": N_("API tokens"),
    "discussion": N_("Discussion"),
    "notifications": N_("Notifications"),
    "webhooks": N_("Webhooks"),
    "status": N_("Status"),
    "class": N_("The class, and its teacher"),
}
ACCESS = {
    "": N_("everybody"),
    "token": N_("with a token"),
    "password": N_("with handle and password"),
}
FIRST = ("getMe", "createSubmission", "streamEvents", "getLeaderboard")
FIRST_WORDS = {
    "getMe": N_("Try your token"),
    "createSubmission": N_("Submit a network"),
    "streamEvents": N_("Watch it being trained"),
    "getLeaderboard": N_("Read the board"),
}


@dataclass(frozen=True)
class ErrorRow:
    """A kind of error: its status, its stable code, what it means."""

    status: int
    code: str
    words: str


@dataclass(frozen=True)
class Subject:
    """Operations that belong together."""

    key: str
    title: str
    operations: Sequence[Operation]


@dataclass
class ReferenceView:
    """The page for one reader. `host`: as they reach us, without a slash at the end."""

    app: FastAPI
    host: str
    settings: Settings
    classroom: Classroom

    prefix = PREFIX
    access = ACCESS
    first_words = FIRST_WORDS
    part, part_maximum = LIMIT, LIMIT_MAXIMUM

    @cached_property
    def subjects(self) -> list[Subject]:
        """All operations, by subject."""
        found = groupby(operations_of(self.app), lambda operation: operation.tag)
        return [Subject(key, SUBJECTS.get(key, key), tuple(operations)) for key, operations in found]

    @property
    def count(self) -> int:
        """How many operations there are."""
        return len(operations_of(self.app))

    @property
    def first(self) -> list[Operation]:
        """The operations of the first steps."""
        known = {operation.id: operation for operation in operations_of(self.app)}
        return [known[name] for name in FIRST if name in known]

    @property
    def first_token(self) -> str:
        """How one makes a token who has none yet: by handle and password."""
        return first_token(self.host)

    @property
    def errors(self) -> Sequence[ErrorRow]:
        """All kinds of errors."""
        return error_rows()

    @property
    def script(self) -> str:
        """The program to download."""
        return submit_script(self.host)

    def snippets(self, operation: Operation) -> Snippets:
        """How this reader calls an operation."""
        return snippets(operation, self.host, self.classroom.visibility == "class")


# Raised by what surrounds the routes, not by a class of ours.
SURROUNDING = (
    ErrorRow(405, "method_not_allowed", N_("There is such an address, but it does not answer to this method.")),
    ErrorRow(500, "internal", N_("Our fault. It is logged under the number in `instance`.")),
)


@lru_cache
def error_rows() -> tuple[ErrorRow, ...]:
    """All kinds of errors, by status."""
    kinds: list[type[Problem]] = [Problem, *_kinds(Problem)]
    own = [ErrorRow(kind.status, kind.code, _first_sentence(kind)) for kind in kinds]
    return tuple(sorted((*own, *SURROUNDING), key=lambda row: row.status))


def _kinds(base: type[Problem]) -> Iterator[type[Problem]]:
    for kind in base.__subclasses__():
        # Only kinds that programs can tell apart: what is special about others is their sentence.
        if "code" in vars(kind):
            yield kind
        yield from _kinds(kind)


def _first_sentence(kind: type[Problem]) -> str:
    if kind is Problem:
        return BAD_REQUEST
    return (inspect.getdoc(kind) or "").partition("\n")[0].partition(" `")[0]


BAD_REQUEST = N_("The request cannot be read; the sentence says why.")
