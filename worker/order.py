"""What a child is to do, and within which limits."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.model_files import runs_code
from app.core.sentences import N_, Sentence
from worker.dataset import Dataset
from worker.sandbox.cell import Cell
from worker.sandbox.isolation import Isolation
from worker.sandbox.limits import Limits

TOO_LARGE = N_("The network has %(parameters)d parameters; this class allows at most %(maximum)d. Use a smaller one.")


class OverCap(Exception):
    """A network is larger than the class allows."""

    def __init__(self, parameters: int, maximum: int) -> None:
        super().__init__(parameters, maximum)
        self.sentence = Sentence(TOO_LARGE, {"parameters": parameters, "maximum": maximum})


@dataclass(frozen=True)
class Order:
    """What is to be executed, and within which limits."""

    job: dict[str, Any]
    folder: Path
    dataset: Dataset
    limits: Limits
    time_limit_s: float
    # More parameters than this and the run ends; None: nobody counts.
    parameters_cap: int | None = None

    @property
    def is_check(self) -> bool:
        """Whether only a look is taken, which measures nothing."""
        return bool(self.job["kind"] == "check")

    @property
    def epochs(self) -> int:
        """Epochs to train; 0 for an evaluation and for a check."""
        return int(self.job["recipe"]["epochs"]) if self.job["kind"] == "train" else 0

    @property
    def holds_code(self) -> bool:
        """Whether an upload can run code when it is read. Weights of a zoo's model in safetensors cannot."""
        model_file, weights = self.job["model_file"], self.job["weights"]
        return runs_code(model_file and model_file["name"], weights and weights["name"])

    @property
    def uploaded_bytes(self) -> int | None:
        """Size of the uploaded weights, or of the export that holds them; None where neither was uploaded."""
        upload = self.job["weights"] or self.job["model_file"]
        return Path(upload["path"]).stat().st_size if upload else None

    def require_parameters_within_cap(self, parameters: int) -> None:
        """Raise OverCap for more than the class allows."""
        if self.parameters_cap is not None and parameters > self.parameters_cap:
            raise OverCap(parameters, self.parameters_cap)

    def cell(self, isolation: Isolation) -> Cell:
        """The sandbox for this order."""
        uploads = [self.job[name]["path"] for name in ("model_file", "weights") if self.job[name]]
        return Cell(
            isolation,
            self.limits,
            folder=str(self.folder),
            scratch=str(self.folder / "scratch"),
            readable=(self.job["data_dir"], *uploads),
            job=self.job,
        )
