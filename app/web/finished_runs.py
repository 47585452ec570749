"""The finished runs of a submission whose files are downloaded, by page and by API."""

from typing import Any

from sqlmodel import Session

from app.core.errors import NotFound
from app.core.jobs import Jobs
from app.core.receipts import make_receipt
from app.core.repetitions import seed_runs
from app.core.runs import latest_run, repetitions, result_of
from app.core.sentences import N_, Sentence
from app.core.submissions import Person, find_visible
from app.core.tables import Result, Run, Submission
from app.web.model_words import file_stem


def finished_run(
    session: Session, number: int, reader: Person | None, seed: int | None = None
) -> tuple[Submission, Run, Result]:
    """A submission with its run, or with its repetition with that seed, and what was measured.

    Raises:
        NotFound: also where there is no result yet.
    """
    submission = find_visible(session, number, reader)
    run = latest_run(session, submission)
    if seed is not None and seed != submission.recipe.get("seed", 0):
        found = next((each for each in repetitions(session, submission) if each.seed == seed), None)
        if found is None:
            text = N_("Submission #%(number)s was not trained with seed %(seed)s.")
            raise NotFound(Sentence(text, {"number": number, "seed": seed}))
        run = found
    result = result_of(session, run)
    if result is None:
        raise NotFound(Sentence(N_("Submission #%(number)s has no result yet."), {"number": number}))
    return submission, run, result


def numbered_stem(submission: Submission) -> str:
    """How the names of a submission's downloads begin: `lenet5-12`."""
    return f"{file_stem(submission)}-{submission.number}"


def receipt_of(session: Session, jobs: Jobs, number: int, reader: Person | None) -> dict[str, Any]:
    """A submission's receipt. Raises NotFound where there is no result yet."""
    submission, _, _ = finished_run(session, number, reader)
    return make_receipt(session, submission, seed_runs(session, jobs, submission), numbered_stem(submission))
