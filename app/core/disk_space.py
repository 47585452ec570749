"""How much room there is for uploads and trained weights, and how much they take."""

import shutil
from dataclasses import dataclass

from app.core.blobs import get_blobs
from app.core.settings import get_settings


@dataclass(frozen=True)
class DiskSpace:
    """Bytes. `free`, `total`: of the disk under DATA_DIR. `blobs`: all stored files, wherever they are kept."""

    free_bytes: int
    total_bytes: int
    blobs_bytes: int
    blobs: int


def measure_disk() -> DiskSpace:
    """As it is now; every stored file is looked at, which takes about a second for 100,000 of them."""
    usage = shutil.disk_usage(get_settings().data_dir)
    store = get_blobs()
    sizes = [int(found["size"] or 0) for found in store.files.find(store.root, detail=True).values()]
    return DiskSpace(usage.free, usage.total, sum(sizes), len(sizes))
