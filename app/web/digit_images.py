"""Test images as PNG: one, or many beside each other, so that a page of digits is one request."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from markupsafe import Markup
from PIL import Image

from app.core.test_set import LabelledImages, find_test_set
from app.web.charts.marks import short

# More would make the address longer than some proxies pass on.
SHEET_MAXIMUM = 100


def png(images: LabelledImages, indexes: Sequence[int]) -> bytes:
    """Images in one row, 28 pixels each, white on black."""
    row = np.concatenate([np.asarray(images.images[index]) for index in indexes], axis=1)
    file = io.BytesIO()
    Image.fromarray(row).save(file, "PNG", optimize=True)
    return file.getvalue()


def image_url(index: int) -> str:
    """The address of one image; it changes with the image, so that browsers may keep it for ever."""
    found = find_test_set()
    return f"/digits/{index}.png" + (f"?v={found.mark}" if found is not None else "")


@dataclass(frozen=True)
class Sheet:
    """Images of a page, which come as one file. Without the test set there are none, and pages say so."""

    indexes: Sequence[int]
    mark: str | None

    @property
    def style(self) -> Markup:
        """What the list of images carries."""
        if self.mark is None or not self.indexes:
            return Markup("")
        query = urlencode({"at": ",".join(map(str, self.indexes)), "v": self.mark}, safe=",")
        return Markup("--sheet:url('/digits.png?{}');--n:{}").format(query, len(self.indexes))

    def place(self, position: int) -> Markup:
        """What the image at a position of the list carries."""
        share = 100 * position / max(1, len(self.indexes) - 1)
        return Markup("--x:{}%").format(short(share))


def sheet(indexes: Sequence[int]) -> Sheet:
    """The images of these indexes, at most `SHEET_MAXIMUM`."""
    found = find_test_set()
    return Sheet(indexes[:SHEET_MAXIMUM], found.mark if found is not None else None)
