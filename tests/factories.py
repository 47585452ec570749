"""Makes people, submissions, events and results for tests of the pages. The board's own makers are in board_factories.

Nothing here commits: what another session should see must be committed by the test.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlmodel import Session

from app.core.accounts import NewUser, sign_up
from app.core.calibration import packed_ece
from app.core.runs import add_event, begin
from app.core.tables import Result, Run, User, now
from tests.board_factories import make_failure, make_submission, set_engine_status

__all__ = ["PASSWORD", "drawn_result", "make_failure", "make_member", "make_run_live", "make_submission", "tell"]

PASSWORD = "a password for tests"


def make_member(session: Session, handle: str = "zhou-yi", name: str = "Zhou Yi", role: str = "student") -> User:
    """A user who can sign in with `PASSWORD`."""
    user = sign_up(session, NewUser(handle, name, PASSWORD), role)
    session.flush()
    return user


def drawn_result(
    session: Session, run: Run, share: float = 0.9859, total: int = 10_000, seed: int = 0, epochs: int = 3, **more: Any
) -> Result:
    """End a run with a result as real ones are: ten classes, mistakes where they usually are, a falling loss."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, total)
    # Misread images are mostly the same ones for every model, as with MNIST.
    ease = np.random.default_rng(7).random(total) + random.normal(0, 0.002, total)
    hits = np.ones(total, dtype=bool)
    hits[np.argsort(ease)[: round(total * (1 - share))]] = False
    predictions = np.where(hits, labels, (labels + random.integers(1, 10, total)) % 10)
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (labels, predictions), 1)
    correct = int((labels == predictions).sum())
    fields: dict[str, Any] = {
        "correct": correct,
        "total": total,
        "test_loss": (1 - correct / total) * 3.1,
        "predictions": predictions.astype(np.uint8).tobytes(),
        "hits": np.packbits(labels == predictions).tobytes(),
        "confidences": random.uniform(0.5, 1, total).astype("<f2").tobytes(),
        "confusion": confusion.tolist(),
        "epochs": _epochs(correct / total, epochs),
        "losses": np.array(falling_losses(600, seed), dtype="<f4").tobytes(),
        "steps": 938 * epochs,
        "parameters": 20_586,
        "layers": LAYERS,
        "train_seconds": 137.0,
        "data_sha256": "d" * 64,
    }
    fields["ece"] = packed_ece(fields["confidences"], fields["hits"])
    run.outcome, run.started, run.finished, run.worker, run.isolation = "ok", run.created, now(), "lab-3:41", "limits"
    run.versions = {"python": "3.11.2", "torch": "2.15.0", "device": "cpu"}
    result = Result(run_id=run.id, **fields | more)
    session.add_all([run, result])
    session.flush()
    set_engine_status(session, run.id, "SUCCESS")
    return result


LAYERS = [
    {"name": "features.0", "type": "Conv2d", "output": [32, 28, 28], "parameters": 832},
    {"name": "features.1", "type": "ReLU", "output": [32, 28, 28], "parameters": 0},
    {"name": "classifier.2", "type": "Linear", "output": [10], "parameters": 19_754},
]


def _epochs(accuracy: float, epochs: int) -> list[dict[str, Any]]:
    return [
        {
            "epoch": epoch,
            "accuracy": accuracy - 0.004 * (epochs - epoch),
            "test_loss": 0.04 + 0.02 * (epochs - epoch),
            "train_loss": 0.05 + 0.05 * (epochs - epoch),
        }
        for epoch in range(1, epochs + 1)
    ]


def falling_losses(count: int, seed: int = 0) -> list[float]:
    """Losses as they are in a training that works."""
    noise = np.random.default_rng(seed).normal(0, 0.25, count)
    losses: list[float] = (2.3 * np.exp(noise) / (1 + np.arange(count) / 6) + 0.03 * np.exp(noise)).tolist()
    return losses


def make_run_live(session: Session, run: Run) -> int:
    """Let a worker have begun this run; returns the number of its start."""
    start = begin(session, run.id, "lab-3:41", "limits")
    session.flush()
    set_engine_status(session, run.id, "PENDING")
    return start


def tell(session: Session, run: Run, start: int, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Append to a run's story."""
    for kind, data in events:
        add_event(session, run.id, start, kind, data)
        session.flush()
