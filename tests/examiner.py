"""Answers quick checks as a worker would, in a thread: these tests are about what the web makes of the answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlmodel import col, select

from app.core.checks import finish_check
from app.core.database import session_scope
from app.core.heartbeats import announce
from app.core.outcomes import Outcome
from app.core.sentences import Sentence
from app.core.tables import QuickCheck

TRACEBACK = """File "net.py", line 7, in __init__
    self.fc = nn.Linear(28 * 28, hiden)
NameError: name 'hiden' is not defined"""
GOOD_REPORT: dict[str, Any] = {
    "format": "python",
    "classes": [{"name": "Net", "line": 12, "is_chosen": True}, {"name": "Block", "line": 5, "is_chosen": False}],
    "class_name": "Net",
    "arguments": "hidden=64",
    "suggestions": {"batch_size": 128, "learning_rate": 0.001, "optimizer": "Adam", "epochs": 5},
    "parameters": 20_586,
    "flops": 1_234_567,
    "layers": [{"name": "fc", "type": "Linear", "output": [10], "parameters": 7850}],
    "input": "N×1×28×28",
    "output": "log_probabilities",
    "normalize": "none",
    "forward_ms": 0.42,
    "weights_format": None,
    "missing": ["matplotlib"],
    "warnings": [{"text": "The network has no %(what)s.", "values": {"what": "non-linearity"}}],
}


def say_that_a_worker_lives(**more: Any) -> None:
    """A heartbeat."""
    with session_scope() as session:
        announce(session, more.pop("executor_id", "lab-3:41"), "lab-3", "CPU", **more)


@contextmanager
def examiner(
    outcome: Outcome = Outcome.OK,
    message: Sentence | None = None,
    detail: str | None = None,
    report: dict[str, Any] | None = None,
) -> Iterator[None]:
    """Ends every check in the same way until the block ends."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            with session_scope() as session:
                for found in session.exec(select(QuickCheck).where(col(QuickCheck.finished).is_(None))):
                    finish_check(session, found.id, outcome, message, detail, report)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
