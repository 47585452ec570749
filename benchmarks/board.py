"""How long the leaderboard takes with thousands of results: cold, from the cache, and after one more result.

Usage: python -m benchmarks.board [RESULTS] [STUDENTS]. Answers are timed as a client in the same process sees them, so
templates, cookies and compression are in them, and the network is not.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.core.accounts import add_user
from app.core.database import get_engine, session_scope
from app.core.identifiers import new_id
from app.core.jobs import Jobs
from app.core.recipes import Recipe
from app.core.schema import migrate_tables
from app.core.seeding import seed_people
from app.core.tables import Classroom, Result, Run, Submission
from app.web.main import create_app

RESULTS, STUDENTS, FEW = 5_000, 200, 50
TEST_IMAGES = 10_000
ROUNDS = 15
BEGAN = datetime(2026, 9, 1, tzinfo=UTC)
ASKED = {
    "page, best of each student": "/",
    "page, all results": "/?best=0",
    "page 40, sorted and searched": "/?best=0&sort=-params&q=student&page=40&cols=flops,ece",
    "API, 200 rows": "/api/v1/leaderboard?best=0&limit=200",
    "CSV, all results": "/leaderboard.csv?best=0",
}


class Results:
    """Draws results as a class has them: of all qualities, misreading mostly the same images."""

    def __init__(self, students: list[int], classroom: int) -> None:
        self.random = np.random.default_rng(4)
        self.ease = self.random.random(TEST_IMAGES)
        self.students, self.classroom, self.made = students, classroom, 0

    def add(self, session: Session, count: int) -> None:
        """Write so many more."""
        rows = [self._rows() for _ in range(count)]
        for place, table in enumerate((Submission, Run, Result)):
            session.execute(sa.insert(table), [row[place] for row in rows])

    def _rows(self) -> tuple[dict[str, object], dict[str, object], dict[str, object]]:
        self.made += 1
        moment = BEGAN + timedelta(minutes=self.made)
        submission = {
            "id": new_id(),
            "user_id": self.students[self.made % len(self.students)],
            "classroom_id": self.classroom,
            "kind": "train",
            "dataset": "mnist",
            "title": f"model {self.made}",
            "model": "lenet5",
            "options": {},
            "recipe": Recipe(optimizer="Adam", learning_rate=0.001).model_dump(),
            "notes": "What helped: a smaller learning rate in the last epoch. " * 8,
            "created": moment,
        }
        run = {"id": new_id(), "submission_id": submission["id"], "attempt": 1, "outcome": "ok", "created": moment}
        return submission, run, self._result(str(run["id"]), moment)

    def _result(self, run_id: str, moment: datetime) -> dict[str, object]:
        hits = self._hits()
        correct = int(hits.sum())
        return {
            "run_id": run_id,
            "correct": correct,
            "total": TEST_IMAGES,
            "test_loss": 3.1 * (1 - correct / TEST_IMAGES),
            "predictions": bytes(TEST_IMAGES),
            "hits": np.packbits(hits).tobytes(),
            "confidences": bytes(2 * TEST_IMAGES),
            "confusion": [[0] * 10 for _ in range(10)],
            "epochs": [{"epoch": 1, "accuracy": 0.98, "test_loss": 0.1, "train_loss": 0.1}] * 3,
            "losses": (2.3 / np.arange(1, 601)).astype("<f4").tobytes(),
            "steps": 600,
            "parameters": int(10 ** self.random.uniform(3, 6.5)),
            "layers": [{"name": "features.0", "type": "Conv2d", "output": [32, 28, 28], "parameters": 832}] * 9,
            "train_seconds": 60.0,
            "detected": {},
            "ece": 0.01,
            "flops": 1_000_000,
            "has_convolution": True,
            "created": moment,
        }

    def _hits(self) -> npt.NDArray[np.bool_]:
        """Wrong on some 30 to 1,000 images."""
        hard = 10 ** self.random.uniform(-2.6, -1.2)
        right: npt.NDArray[np.bool_] = self.ease > hard + self.random.normal(0, hard / 3, TEST_IMAGES)
        return right


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The middle one of some times."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


def read(client: TestClient, address: str) -> None:
    """Get a page or a file in full."""
    answer = client.get(address, headers={"Accept-Language": "en"})
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}: {answer.text[:200]}")


def make_database(students: int) -> Results:
    """An empty board with its class."""
    migrate_tables(get_engine())
    jobs = Jobs(get_engine())
    jobs.migrate(worker_concurrency=1, poll_interval_s=1.0)
    jobs.close()
    with session_scope() as session:
        seed_people(session)
        users = [add_user(session, f"student-{i}", f"Student {i}", "student") for i in range(students)]
        session.flush()
        classroom = session.exec(sa.select(Classroom)).scalars().one()  # type: ignore[call-overload]
        return Results([user.stored_id for user in users], classroom.stored_id)


def main() -> None:
    """See the module."""
    given = [int(text) for text in sys.argv[1:]]
    results, students = given + [RESULTS, STUDENTS][len(given) :]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"], os.environ["SECRET_KEY"] = folder, "for this benchmark only"
        drawn = make_database(students)
        with TestClient(create_app()) as client:
            with session_scope() as session:
                drawn.add(session, FEW)
            few = {name: _warm(client, address) for name, address in ASKED.items() if "page=" not in address}
            with session_scope() as session:
                drawn.add(session, results - FEW)
            report(client, drawn, few)


def _warm(client: TestClient, address: str) -> float:
    read(client, address)
    return median_ms(lambda: read(client, address))


def report(client: TestClient, drawn: Results, few: dict[str, float]) -> None:
    """Print the figures."""
    for name in ("page, best of each student", "page, all results"):
        print(f"first time, {name}: {median_ms(lambda name=name: read(client, ASKED[name]), 1):.0f} ms")  # type: ignore[misc]
    for name, address in ASKED.items():
        warm = _warm(client, address)
        ratio = f", {warm / few[name]:.1f} times that of {FEW} results" if name in few else ""
        print(f"from the cache, {name}: {warm:.1f} ms{ratio}")
    for name in ("page, best of each student", "page, all results"):
        print(f"after one more result, {name}: {_after_one_more(client, drawn, ASKED[name]):.0f} ms")


def _after_one_more(client: TestClient, drawn: Results, address: str) -> float:
    taken = []
    for _ in range(5):
        with session_scope() as session:
            drawn.add(session, 1)
        taken.append(median_ms(lambda: read(client, address), 1))
    return statistics.median(taken)


if __name__ == "__main__":
    main()
