"""The changed test images of a data set: which images they were made of, and how many of them a network reads right.

The images lie in the child's folder. Which test images they are, and so their labels, is known here alone.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.core.settings import CHECKOUT
from worker.child.strengths import CHANGES, SEED, VARIANTS

FILE = "changed-images.npy"
MOST_IMAGES = 1_000
LARGEST_ANSWER_BYTES = VARIANTS * MOST_IMAGES
# They take some ten seconds. Meanwhile the lock is held for which every other worker of the machine waits.
MAKING_LIMIT_S = 300.0


@dataclass(frozen=True)
class ChangedImages:
    """The changed images of a data set: `labels` (n,) uint8 of the n test images of which each was changed in all ways.

    A network's answers come first by change, then by strength, then by image.
    """

    labels: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """How many changed images there are."""
        return VARIANTS * len(self.labels)

    def count(self, answers: bytes) -> dict[str, Any]:
        """The images read right at each strength of each change, as a result keeps them (`app.core.tables.Result`).

        `answers`: one byte per changed image, the class read; what is no class is a wrong answer.
        """
        given = np.frombuffer(answers, np.uint8).reshape(VARIANTS, len(self.labels))
        correct = iter((given == self.labels).sum(axis=1).tolist())
        changes = [
            {
                "name": change.name,
                "unit": change.unit,
                "strengths": list(change.strengths),
                "correct": [next(correct) for _ in change.strengths],
            }
            for change in CHANGES
        ]
        return {"total": len(self.labels), "changes": changes}


def robust_accuracy(robustness: dict[str, Any]) -> float:
    """The mean share read right over all strengths of all changes, 0..1."""
    shares = [correct / robustness["total"] for change in robustness["changes"] for correct in change["correct"]]
    return float(np.mean(shares))


def choose_images(count: int) -> list[int]:
    """Which of so many test images are changed: always the same, at most `MOST_IMAGES`."""
    random = np.random.default_rng(SEED)
    return sorted(random.choice(count, min(count, MOST_IMAGES), replace=False).tolist())


def prepare_changed_images(child_dir: Path, labels_path: Path) -> ChangedImages:
    """Make the changed images in the child's folder unless they are there; which they are is noted beside the labels.

    Where they cannot be made, there are none: a child must not be given others than those its answers are counted by.

    Raises:
        subprocess.SubprocessError: they cannot be made, or not within `MAKING_LIMIT_S`.
    """
    labels = np.load(labels_path)
    chosen = choose_images(len(labels))
    note, target = note_beside(labels_path), child_dir / FILE
    if not (target.exists() and note.exists() and note.read_text("utf-8") == origin_of(chosen)):
        note.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        _make(np.load(child_dir / "test-images.npy")[chosen], target)
        note.write_text(origin_of(chosen), "utf-8")
    return ChangedImages(labels[chosen])


def note_beside(labels_path: Path) -> Path:
    """Where it is noted what the changed images were made of."""
    return labels_path.with_name(f"{labels_path.stem}-changed.json")


def origin_of(chosen: list[int]) -> str:
    """What they are made of. If the changes differ one day, those made before must not be taken for the new ones."""
    return json.dumps({"changes": [asdict(change) for change in CHANGES], "seed": SEED, "indexes": chosen})


def _make(images: npt.NDArray[np.uint8], target: Path) -> None:
    """By a process of its own: the worker never loads torch. The file appears by one rename, whole."""
    source, draft = target.with_name("to-change.npy"), target.with_name("changed-draft.npy")
    np.save(source, images)
    command = [sys.executable, "-m", "worker.child.changes", str(source), str(draft)]
    try:
        subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=True, timeout=MAKING_LIMIT_S)  # noqa: S603 - ours
        draft.rename(target)
    finally:
        source.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)
