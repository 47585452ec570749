"""A result's predictions as CSV: one line per test image, in the order of the test set."""

import csv
import io

import numpy as np

from app.core.tables import Result

COLUMNS = ("image", "read_as", "confidence", "right")


def predictions_table(result: Result) -> str:
    """How each test image was read, how surely, and whether rightly."""
    hits = np.unpackbits(np.frombuffer(result.hits, np.uint8))[: result.total]
    confidences = np.frombuffer(result.confidences, "<f2")
    predictions = np.frombuffer(result.predictions, np.uint8)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    rows = zip(predictions, confidences, hits, strict=True)
    writer.writerows((i, int(read), f"{share:.4f}", int(hit)) for i, (read, share, hit) in enumerate(rows))
    return text.getvalue()
