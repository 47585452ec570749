"""A claim of the old thread, rebuilt and trained by a real worker in its sandbox."""

from pathlib import Path

import pytest

from app.core import claims
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.outcomes import Outcome
from app.core.tables import User
from tests.service import ended, results_of, service, write_tiny_dataset
from tests.threads import TWO_CONVOLUTIONS, YANNET, make_posts


@pytest.mark.parametrize(("post", "parameters"), [(TWO_CONVOLUTIONS, 1_007_590), (YANNET, 30_306)])
def test_a_rebuilt_claim_is_trained_and_measured(data_dir: Path, post: str, parameters: int) -> None:
    write_tiny_dataset(data_dir)
    with session_scope() as session:
        user = User(handle="ma-li", name="Ma Li")
        session.add(user)
        session.flush()
        (claim,) = claims.save(session, claims.draft(session, make_posts(post)), None)
        submission, _ = claims.run_claim(session, get_jobs(), user, claim, {"epochs": 1}, "", None)
        number = submission.number or 0

    with service(data_dir) as running:
        running.worker()
        outcome = ended(number)

    (result,) = results_of(number)
    with session_scope() as session:
        (rebuilt,) = claims.rebuilt_of(session, [1])[1]
    assert outcome is Outcome.OK
    assert result.parameters == parameters
    assert rebuilt.accuracy == result.correct / result.total
