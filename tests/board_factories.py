"""Makes people, submissions, runs and results for tests of the board and of the API."""

from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, select

from app.core.accounts import add_token, add_user
from app.core.jobs import get_jobs
from app.core.runs import latest_run
from app.core.submissions import Request, create
from app.core.tables import Result, Run, Submission, User, now

TEST_IMAGES = 1000


def make_user(session: Session, handle: str = "zhou-yi", role: str = "student") -> User:
    """A user without a password."""
    user = add_user(session, handle, handle.title(), role)
    session.flush()
    return user


def make_token(session: Session, user: User) -> dict[str, str]:
    """The header that signs this user in."""
    return {"Authorization": f"Bearer {add_token(session, user, 'for tests')}"}


def make_submission(session: Session, user: User, dataset: str = "mnist", **request: Any) -> Submission:
    """A queued submission."""
    asked = Request(**{"kind": "train", "model": "yannet", "title": "a title"} | request)
    return create(session, get_jobs(), user, asked, dataset)[0]


def make_result(
    session: Session, submission: Submission, wrong: int = 20, test_loss: float = 0.1, first_wrong: int = 0
) -> Run:
    """End the latest run of a submission well, with that many test images misread, from one image on."""
    run = latest_run(session, submission)
    run.outcome, run.finished = "ok", now()
    hits = np.ones(TEST_IMAGES, dtype=np.uint8)
    hits[first_wrong : first_wrong + wrong] = 0
    session.add(run)
    session.add(
        Result(
            run_id=run.id,
            correct=TEST_IMAGES - wrong,
            total=TEST_IMAGES,
            test_loss=test_loss,
            predictions=bytes(TEST_IMAGES),
            hits=np.packbits(hits).tobytes(),
            confidences=np.ones(TEST_IMAGES, dtype="<f2").tobytes(),
            confusion=[[0] * 10 for _ in range(10)],
            epochs=[{"epoch": 1, "accuracy": 1 - wrong / TEST_IMAGES, "test_loss": test_loss, "train_loss": 0.2}],
            losses=np.array([0.5, 0.2], dtype="<f4").tobytes(),
            steps=2,
            parameters=30306,
            layers=[{"name": "features.0", "type": "Conv2d", "output": [32, 28, 28], "parameters": 832}],
            train_seconds=12.5,
            ece=wrong / TEST_IMAGES,
        )
    )
    session.flush()
    return run


def end_reevaluation(session: Session, run: Run, wrong: int, first_wrong: int = 0) -> None:
    """End a run that evaluates a submission again well; what else is measured is as it was."""
    newest = select(Result).join(Run).where(Run.submission_id == run.submission_id, Run.attempt < run.attempt)
    before = session.exec(newest.order_by(sa.desc("attempt")).limit(1)).one()
    hits = np.ones(before.total, dtype=np.uint8)
    hits[first_wrong : first_wrong + wrong] = 0
    changed = {"run_id": run.id, "correct": before.total - wrong, "hits": np.packbits(hits).tobytes(), "created": now()}
    run.outcome, run.finished = "ok", now()
    session.add_all([run, Result(**before.model_dump() | changed)])
    session.flush()
    set_engine_status(session, run.id, "SUCCESS")


def make_repetition(session: Session, submission: Submission, own: Run, seed: int, wrong: int) -> Run:
    """A run with a further seed that ended well; what else was measured is as in the run of the recipe's own seed."""
    run = Run(submission_id=submission.id, attempt=1 + seed, seed=seed, outcome="ok", finished=now())
    session.add(run)
    session.flush()
    hits = np.packbits(np.arange(TEST_IMAGES) >= wrong).tobytes()
    changed = {"run_id": run.id, "correct": TEST_IMAGES - wrong, "hits": hits, "test_loss": 0.1 * (1 + seed)}
    session.add(Result(**session.get_one(Result, own.id).model_dump() | changed))
    session.flush()
    return run


def make_failure(session: Session, submission: Submission, outcome: str = "diverged") -> Run:
    """End the latest run of a submission badly."""
    run = latest_run(session, submission)
    run.outcome, run.finished, run.detail = outcome, now(), "Traceback: secret"
    run.message = {"text": "The loss became %(value)s in epoch %(epoch)s.", "values": {"value": "NaN", "epoch": 2}}
    session.add(run)
    session.flush()
    return run


def set_engine_status(session: Session, run_id: str, status: str) -> None:
    """Put a run into a state of the engine that only a worker, or a dead one, brings about."""
    table = "workflow_status" if session.get_bind().dialect.name == "sqlite" else "dbos.workflow_status"
    update = sa.text(f"UPDATE {table} SET status = :status WHERE workflow_uuid = :run_id")
    assert session.connection().execute(update, {"status": status, "run_id": run_id}).rowcount == 1  # type: ignore[attr-defined]
