"""A submission with what was measured of it, for those who want nothing else of it."""

from dataclasses import dataclass

from sqlmodel import Session

from app.core.errors import NotFound
from app.core.runs import latest_run, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import Person, find_visible
from app.core.tables import Result, Run, Submission


@dataclass(frozen=True)
class Finished:
    """A submission whose latest run ended well."""

    submission: Submission
    run: Run
    result: Result


def find_finished(session: Session, number: int, reader: Person | None) -> Finished:
    """That submission, if this reader may see it. Raises NotFound, also while it has no result."""
    submission = find_visible(session, number, reader)
    run = latest_run(session, submission)
    result = result_of(session, run)
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    return Finished(submission, run, result)
