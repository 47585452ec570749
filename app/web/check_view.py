"""A quick check as the form shows it: which files are kept, and what was found out about them."""

from dataclasses import dataclass

from sqlmodel import Session

from app.core.blobs import get_blobs
from app.core.checks import known_check, model_file_of, weights_of
from app.core.outcomes import OUTCOMES, Outcome
from app.core.requests import Upload
from app.core.sentences import Sentence
from app.core.tables import QuickCheck
from app.web.detected_words import Row, detected_rows
from app.web.report_view import Report


@dataclass(frozen=True)
class KeptFile:
    """A file that need not be chosen again. `of`: the number of the submission that it is taken from."""

    name: str
    size_bytes: int
    of: int | None = None


@dataclass(frozen=True)
class CheckView:
    """One check. Without an outcome it was not answered, and `silence` may say why."""

    id: str
    kind: str
    model_file: KeptFile | None
    weights: KeptFile | None
    outcome: Outcome | None
    message: Sentence | None
    detail: str
    report: Report | None
    normalize: str
    silence: Sentence | None = None

    @property
    def is_ok(self) -> bool:
        """Whether the files can be run."""
        return self.outcome is Outcome.OK

    @property
    def what_to_do(self) -> str:
        """The advice that goes with a failure, as a marked text."""
        return "" if self.outcome in (None, Outcome.OK) else OUTCOMES[self.outcome].what_to_do

    @property
    def detected_rows(self) -> list[Row]:
        """How the network is fed and read."""
        stated = self.normalize if self.kind == "evaluate" else ""
        return detected_rows(self.report.detected, stated) if self.report else []


def view_of(found: QuickCheck, silence: Sentence | None = None) -> CheckView:
    """A check as the form shows it."""
    outcome = Outcome(found.outcome) if found.outcome else None
    return CheckView(
        id=found.id,
        kind=found.kind,
        model_file=_kept(model_file_of(found)),
        weights=_kept(weights_of(found)),
        outcome=outcome,
        message=_message(found, outcome),
        detail=found.detail or "",
        report=Report(found.report) if found.report else None,
        normalize=str(found.recipe.get("normalize", "")),
        silence=silence,
    )


def _message(found: QuickCheck, outcome: Outcome | None) -> Sentence | None:
    if outcome in (None, Outcome.OK):
        return None
    return Sentence.from_json(found.message) if found.message else Sentence(OUTCOMES[outcome].sentence)


def _kept(file: Upload | None) -> KeptFile | None:
    return KeptFile(file.name, get_blobs().size_bytes(file.blob.sha256)) if file else None


def kept_check(session: Session, check_id: str, user_id: int | None) -> CheckView | None:
    """The check of that id, if it is this user's and still known."""
    found = known_check(session, check_id, user_id)
    return view_of(found) if found else None
