"""The predictions as CSV."""

import csv
import io

import numpy as np
from sqlmodel import Session

from app.core.calibration import expected_calibration_error, packed_ece, reliability, unpacked
from app.core.runs import latest_run
from app.core.tables import Result
from app.web.predictions_table import predictions_table
from tests.factories import drawn_result, make_member, make_submission


def result_of(session: Session, confidences: bytes) -> Result:
    submission = make_submission(session, make_member(session))
    total = len(confidences) // 2
    return drawn_result(session, latest_run(session, submission), total=total, confidences=confidences)


def rows_of(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(predictions_table(result))))


def test_every_confidence_that_can_be_stored_is_written_exactly(session: Session) -> None:
    stored = np.arange(np.float16(1).view(np.uint16) + 1, dtype=np.uint16).view("<f2")

    written = [row["confidence"] for row in rows_of(result_of(session, stored.tobytes()))]

    assert [float(each) for each in written] == stored.astype(np.float64).tolist()
    assert written[-1] == "1.0"


def test_the_calibration_of_the_page_can_be_computed_from_the_file(session: Session) -> None:
    # Close to one, where four decimals are coarser than what is stored, and on the edges of the curve.
    sure = np.concatenate([1 - np.geomspace(1e-4, 0.5, 900), np.linspace(0, 1, 16).repeat(10)]).astype("<f2")
    result = result_of(session, sure.tobytes())

    rows = rows_of(result)

    read, hits = [float(row["confidence"]) for row in rows], [row["right"] == "1" for row in rows]
    assert expected_calibration_error(read, hits) == packed_ece(result.confidences, result.hits)
    assert reliability(read, hits) == reliability(*unpacked(result.confidences, result.hits))
