"""Makes results whose predictions, confidences and labels belong together, and the test set they belong to."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlmodel import Session

from app.core.calibration import packed_ece
from app.core.runs import latest_run
from app.core.submissions import find
from app.core.tables import Result, Run, Submission, User
from tests.digits import draw_digits
from tests.factories import drawn_result, make_submission

ROBUSTNESS = {
    "total": 100,
    "changes": [
        {"name": "shifted", "strengths": [1, 2, 3, 4], "unit": "px", "correct": [98, 96, 90, 70]},
        {"name": "rotated", "strengths": [8, 16, 24, 32], "unit": "°", "correct": [97, 95, 88, 60]},
    ],
}


def write_test_set(data_dir: Path, count: int = 200, dataset: str = "mnist") -> npt.NDArray[np.uint8]:
    """Test images where the worker puts its copy, drawn ones unless there are many; returns their labels."""
    if count > 1000:
        labels = np.random.default_rng(5).integers(0, 10, count, dtype=np.uint8)
        images = np.zeros((count, 28, 28), np.uint8)
    else:
        images, labels = draw_digits(count, seed=5)
    folder = data_dir / "child" / dataset
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "test-images.npy", images)
    (data_dir / "labels").mkdir(exist_ok=True)
    np.save(data_dir / "labels" / f"{dataset}.npy", labels)
    return labels


def answered(
    session: Session, run: Run, labels: npt.NDArray[np.uint8], mistakes: dict[int, tuple[int, float]], **more: Any
) -> Result:
    """End a run with a result that reads all images right and 90 % surely, but for `mistakes`.

    `mistakes`: what is read instead and how surely (0..1), by the image's index.
    """
    predictions, sure = labels.copy(), np.full(len(labels), 0.9)
    for index, (read, confidence) in mistakes.items():
        predictions[index], sure[index] = read, confidence
    hits = np.packbits(predictions == labels).tobytes()
    confidences = sure.astype("<f2").tobytes()
    confusion = np.zeros((10, 10), dtype=int)
    np.add.at(confusion, (labels, predictions), 1)
    fields = {
        "total": len(labels),
        "correct": int((predictions == labels).sum()),
        "predictions": predictions.tobytes(),
        "hits": hits,
        "confidences": confidences,
        "confusion": confusion.tolist(),
        "ece": packed_ece(confidences, hits),
    }
    return drawn_result(session, run, **fields | more)


def submit_answers(
    session: Session,
    user: User,
    labels: npt.NDArray[np.uint8],
    mistakes: dict[int, tuple[int, float]],
    title: str = "a title",
    is_baseline: bool = False,
    **more: Any,
) -> Submission:
    """A submission with such a result, visible to others."""
    submission = make_submission(session, user, title=title, recipe={"epochs": more.get("epochs", 3)})
    submission.is_baseline = is_baseline
    answered(session, latest_run(session, submission), labels, mistakes, **more)
    session.commit()
    return find(session, submission.number or 0)
