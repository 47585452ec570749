"""What one run's sandbox is to be: the one description that worker, warden and child share."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from worker.sandbox.isolation import Isolation
from worker.sandbox.limits import Limits


@dataclass(frozen=True)
class Cell:
    """One run's sandbox and what is to run in it.

    `folder` is empty but for what `readable` names in it; `scratch` lies in it. `readable` are the job's own files.
    """

    isolation: Isolation
    limits: Limits
    folder: str
    scratch: str
    readable: tuple[str, ...]
    job: dict[str, Any]

    def as_json(self) -> bytes:
        """As it goes to the warden."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Cell":
        """As the warden reads it."""
        given = json.loads(text)
        isolation, limits = Isolation(given.pop("isolation")), Limits(**given.pop("limits"))
        return cls(isolation, limits, readable=tuple(given.pop("readable")), **given)


def environment(scratch: str, threads: int) -> dict[str, str]:
    """All that the child sees of an environment: nothing of ours, no secret, no path of the worker's."""
    return {
        "HOME": scratch,
        "TMPDIR": scratch,
        # Instead of a look into a file of users that is not there: torch asks who it is.
        "USER": "student",
        "LOGNAME": "student",
        # Empty, not missing: then Python would look for a compiler and a loader to run where systems have them.
        "PATH": "",
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        # torch makes this folder when it counts operations, also where nothing can be made: let it be there already.
        "TORCHINDUCTOR_CACHE_DIR": scratch,
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
    }
