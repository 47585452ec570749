"""What an execution becomes in the database: the run's ending, and the result if there is one; written once."""

import base64
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from app.core.blobs import Blobs
from app.core.calibration import packed_ece
from app.core.outcomes import OUTCOMES, Outcome
from app.core.quotas import refund_ours
from app.core.reevaluations import note_end
from app.core.runs import add_event
from app.core.sentences import Sentence
from app.core.tables import Result, Run, now
from app.core.version import app_version
from worker.analysis import fields_of
from worker.ending import Ending
from worker.frames import WEIGHTS_LIMIT_BYTES
from worker.job import submission_of
from worker.scoring import Measurement, thin
from worker.story import Failure

# Fields of a result that hold bytes; the engine keeps a step's output as JSON.
BINARY = ("predictions", "hits", "confidences", "losses")


def report_of(ending: Ending, start: int, blobs: Blobs) -> dict[str, Any]:
    """The ending as JSON values: the engine keeps it, so that a worker's death after this line costs nothing."""
    story, dataset = ending.story, ending.order.dataset
    report: dict[str, Any] = {"start": start, "versions": story.versions | {"mnist-benchmark": app_version()}}
    if ending.failure is not None or story.measurement is None:
        return report | _failed(ending.failure)
    weights = blobs.store([ending.weights], WEIGHTS_LIMIT_BYTES).sha256 if ending.weights else None
    result = _measured(story.measurement) | {
        "ece": packed_ece(story.measurement.confidences, story.measurement.hits),
        "epochs": story.epochs,
        "losses": _encoded(thin(story.losses)),
        "steps": len(story.losses),
        # A child can say anything of itself. What it sends is counted, which need not be what it used; an evaluation
        # sends nothing, and its own word alone is there.
        "parameters": max(story.parameters, ending.counted.parameters),
        "layers": story.layers,
        "train_seconds": story.train_seconds,
        "detected": story.detected,
        "weights_sha256": weights,
        "size_bytes": ending.order.uploaded_bytes if ending.weights is None else len(ending.weights),
        "data_sha256": dataset.sha256,
        **fields_of(story.analysis, ending.changed_answers, dataset.changed, ending.cut_short),
    }
    return report | {"outcome": Outcome.OK, "message": None, "detail": None, "result": result}


def _failed(failure: Failure | None) -> dict[str, Any]:
    if failure is None:
        raise ValueError("an execution without failure and without measurement")
    message = failure.message.as_json()
    return {"outcome": failure.outcome, "message": message, "detail": failure.detail, "result": None}


def internal_report() -> dict[str, Any]:
    """The report of a run that we could not carry out; what went wrong stands in our log, not on the page."""
    message = Sentence(OUTCOMES[Outcome.INTERNAL].sentence).as_json()
    ending = {"outcome": Outcome.INTERNAL, "message": message, "detail": None, "result": None}
    return {"start": None, "versions": None} | ending


def _measured(measurement: Measurement) -> dict[str, Any]:
    fields = asdict(measurement)
    return {name: _encoded(value) if name in BINARY else value for name, value in fields.items()}


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: base64.b64decode(value) if name in BINARY else value for name, value in fields.items()}


def record(session: Session, run_id: str, report: dict[str, Any]) -> None:
    """Write a report into the run, and its result if it has one."""
    run = session.get_one(Run, run_id)
    run.finished = now()
    run.outcome, run.message, run.detail = report["outcome"], report["message"], report["detail"]
    run.versions = report["versions"]
    session.add(run)
    refund_ours(session, run)
    if report["result"] is not None:
        session.add(Result(run_id=run_id, **_decoded(report["result"])))
    if run.reevaluated_by is not None:
        session.flush()
        note_end(session, run, submission_of(session, run_id))
    if report["start"] is not None:
        add_event(session, run_id, report["start"], "end", {"outcome": report["outcome"]})
