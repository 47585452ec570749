"""Receipts: what a result rests on, as JSON that can be checked without this service (`mnist-benchmark verify`).

Only the score can be recomputed, from the predictions and MNIST. The rest is what the service says; the receipt's own
`sha256` shows whether it was changed since, unless whoever changed it computed that anew.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from app.core.lineage import whole_recipe
from app.core.ranking import interval
from app.core.receipt_format import FORMAT, digest
from app.core.repetitions import SeedRun, spread
from app.core.shown_names import shown
from app.core.tables import Result, Run, Submission, User
from app.core.zoo import ZOO_FOLDER

ZOO_NOTE = (
    "The hash is of the zoo's file as it was when this receipt was made. It need not be the file that ran: the zoo may "
    "have changed since."
)
__all__ = ["FORMAT", "digest", "make_receipt", "predictions_file"]


def make_receipt(session: Session, submission: Submission, runs: Sequence[SeedRun], stem: str) -> dict[str, Any]:
    """The receipt of a submission whose first run has a result. `stem` begins the names of its predictions' files."""
    author = shown(session.get_one(User, submission.user_id))
    measured = [(each, each.result) for each in runs if each.result is not None]
    body = {
        "format": FORMAT,
        "submission": {
            "number": submission.number,
            "id": submission.id,
            "title": submission.title,
            "author": author.handle,
            "kind": submission.kind,
            "created": _moment(submission.created),
        },
        "source": _source(submission),
        "uploaded_weights_sha256": submission.weights_sha256,
        "options": submission.options,
        "recipe": whole_recipe(submission),
        "data": {"name": submission.dataset, "sha256": measured[0][1].data_sha256},
        "runs": [_run(each, result, predictions_file(stem, each.run)) for each, result in measured],
        "spread": _spread(runs),
    }
    return body | {"sha256": digest(body)}


def predictions_file(stem: str, run: Run) -> str:
    """What the download of a run's predictions is called; those of repetitions are told apart by their seed."""
    return f"{stem}.csv" if run.seed is None else f"{stem}-seed-{run.seed}.csv"


def _source(submission: Submission) -> dict[str, Any]:
    """What the network was built from.

    An uploaded file is stored under its hash, and is what ran. Of a model of the zoo only the name was stored.
    """
    network = {"class_name": submission.class_name, "arguments": submission.arguments}
    if submission.model is None:
        return {"file": submission.model_file_name, "uploaded_file_sha256": submission.model_file_sha256} | network
    path = ZOO_FOLDER / f"{submission.model}.py"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    return {"zoo": submission.model, "zoo_file_sha256_at_receipt": sha256, "note": ZOO_NOTE} | network


def _run(each: SeedRun, result: Result, file: str) -> dict[str, Any]:
    run = each.run
    low, high = interval(result.correct, result.total)
    return {
        "seed": each.seed,
        "id": run.id,
        "predictions": {"file": file, "sha256": hashlib.sha256(result.predictions).hexdigest()},
        "correct": result.correct,
        "wrong": result.total - result.correct,
        "total": result.total,
        "accuracy": result.correct / result.total,
        "interval": {"low": low, "high": high},
        "test_loss": result.test_loss,
        "parameters": result.parameters,
        "weights_sha256": result.weights_sha256,
        "worker": run.worker,
        "isolation": run.isolation,
        "versions": run.versions,
        "started": _moment(run.started),
        "finished": _moment(run.finished),
    }


def _spread(runs: Sequence[SeedRun]) -> dict[str, Any] | None:
    found = spread(runs)
    if found is None or found.deviation is None:
        return None
    return {"seeds": len(found.wrong), "mean_wrong": found.mean, "deviation_wrong": found.deviation}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
