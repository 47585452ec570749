"""Our own scripts stay small: a page must be quick on a phone."""

import gzip

from app.web.addresses import STATIC_FOLDER

SCRIPTS_MAXIMUM_BYTES = 8_000


def test_all_scripts_together_are_small_enough() -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in STATIC_FOLDER.glob("*.js")}

    assert sum(sizes.values()) <= SCRIPTS_MAXIMUM_BYTES, sizes
