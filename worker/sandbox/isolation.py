"""How well a run is kept apart. Stored with every run as a word, and shown."""

import sys
from enum import StrEnum


class Isolation(StrEnum):
    """From the best to what is fit only for our own models."""

    NAMESPACES = "namespaces"  # SANDBOX.md's stack N: own root, processes and network; Landlock; seccomp
    LANDLOCK = "landlock"  # its stack A: Landlock and seccomp, where the kernel gives no namespaces
    LIMITS = "limits"  # resource limits only
    LIMITS_NO_MEMORY = "limits-no-memory"  # macOS bounds no memory

    @property
    def may_run_uploads(self) -> bool:
        """Whether a file that can be code may be opened in it."""
        return self in SAFE


SAFE = (Isolation.NAMESPACES, Isolation.LANDLOCK)
WITHOUT_SANDBOX = Isolation.LIMITS_NO_MEMORY if sys.platform == "darwin" else Isolation.LIMITS
