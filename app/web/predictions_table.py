"""A result's predictions as CSV: one line per test image, in the order of the test set."""

import csv
import io

import numpy as np
import numpy.typing as npt

from app.core.tables import Result

COLUMNS = ("image", "read_as", "confidence", "right")


def predictions_table(result: Result) -> str:
    """How each test image was read, how surely, and whether rightly.

    Confidences are exactly those stored, digit for digit: whoever reads them as float64, as most programs do, computes
    the same calibration error. The fewest digits that give back the same float16 would be other numbers there.
    """
    hits = np.unpackbits(np.frombuffer(result.hits, np.uint8))[: result.total]
    confidences = np.frombuffer(result.confidences, "<f2")
    predictions = np.frombuffer(result.predictions, np.uint8)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    rows = zip(predictions, _written(confidences), hits, strict=True)
    writer.writerows((i, int(read), share, int(hit)) for i, (read, share, hit) in enumerate(rows))
    return text.getvalue()


def _written(confidences: npt.NDArray[np.float16]) -> list[str]:
    """Each of the few values that there are is written once."""
    values, positions = np.unique(confidences, return_inverse=True)
    texts = [str(float(value)) for value in values]
    return [texts[position] for position in positions]
