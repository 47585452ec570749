"""What a process imports beforehand that forks for every run: what most scripts import, and takes seconds.

No thread may start here, for only the thread that locks itself down is locked down. onnxruntime starts one when it is
imported, so it is not here.
"""

import importlib

# torchvision brings along what torch.export needs to load: torch's compiler and sympy.
_HEAVY = ("torchvision", "torchvision.transforms.v2", "worker.child.main")


def preload() -> None:
    """Import the child and what its runs may need."""
    for name in _HEAVY:
        importlib.import_module(name)
