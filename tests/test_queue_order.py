"""Where a moved run goes: as arithmetic, and as the engine itself then hands runs out, on both databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.database import session_scope
from app.core.jobs import APPLICATION_VERSION, QUEUE, Jobs, get_jobs
from app.core.queue_order import FIRST_PRIORITY, Move, Turn, moved

pytest_plugins = ["tests.postgres"]

turns = st.tuples(st.integers(1, 4), st.integers(100, 104))
queues = st.lists(turns, min_size=1, max_size=8).map(
    lambda made: sorted(Turn(priority, queued_ms, f"run-{i}") for i, (priority, queued_ms) in enumerate(made))
)


@given(queues, st.integers(0, 7), st.sampled_from(Move))
def test_a_move_puts_the_run_where_it_says_and_leaves_the_others_in_their_order(
    queue: list[Turn], at: int, move: Move
) -> None:
    ids = [turn.run_id for turn in queue]
    run_id = ids[at % len(ids)]
    changed = {turn.run_id: turn for turn in moved(queue, run_id, move)}
    after = sorted(changed.get(turn.run_id, turn) for turn in queue)

    at = ids.index(run_id)
    to = {Move.FRONT: 0, Move.UP: max(0, at - 1), Move.DOWN: min(len(ids) - 1, at + 1), Move.END: len(ids) - 1}[move]
    ids.insert(to, ids.pop(at))
    assert [turn.run_id for turn in after] == ids
    if run_id in changed:
        assert all(before.is_before(changed[run_id]) for before in after[:to])
        assert all(changed[run_id].is_before(behind) for behind in after[to + 1 :])


@given(queues, st.integers(0, 7), st.sampled_from([Move.UP, Move.FRONT]))
def test_whoever_is_overtaken_loses_milliseconds_and_no_priority(queue: list[Turn], at: int, move: Move) -> None:
    run_id = queue[at % len(queue)].run_id
    before = {turn.run_id: turn for turn in queue}
    others = [turn for turn in moved(queue, run_id, move) if turn.run_id != run_id]

    late = [turn for turn in others if turn.priority > before[turn.run_id].priority]
    assert late == []
    assert all(turn.queued_ms - 104 <= len(queue) for turn in others)


def test_what_is_put_to_the_front_goes_before_those_who_come_later() -> None:
    [turn] = moved([Turn(3, 100, "first"), Turn(5, 90, "moved")], "moved", Move.FRONT)

    assert turn.is_before(Turn(FIRST_PRIORITY, 999, "newcomer"))


def test_what_is_put_to_the_end_lets_those_go_first_who_come_later() -> None:
    [turn] = moved([Turn(1, 90, "moved"), Turn(2, 100, "last")], "moved", Move.END)

    assert Turn(FIRST_PRIORITY, 999, "newcomer").is_before(turn)


@pytest.fixture
def jobs(either_database: str) -> Jobs:
    """Amy's two runs and three of a hog, as they will start: amy-0, hog-0, amy-1, hog-1, hog-2."""
    with session_scope() as session:
        for user_id, name, runs in ((1, "amy", 2), (2, "hog", 3)):
            for unfinished in range(runs):
                get_jobs().submit(session, f"{name}-{unfinished}", user_id, unfinished)
    return get_jobs()


def started(jobs: Jobs) -> list[str]:
    """What the engine hands out to a worker that takes one run after the other."""
    queue = jobs.client.retrieve_queue(QUEUE)
    assert queue is not None
    order: list[str] = []
    while taken := jobs.client._sys_db.start_queued_workflows(queue, "worker-1", APPLICATION_VERSION, None)[0]:
        order += taken
    return order


@pytest.mark.parametrize(
    ("run_id", "move", "order"),
    [
        ("hog-2", Move.FRONT, ["hog-2", "amy-0", "hog-0", "amy-1", "hog-1"]),
        ("hog-2", Move.UP, ["amy-0", "hog-0", "amy-1", "hog-2", "hog-1"]),
        ("hog-0", Move.UP, ["hog-0", "amy-0", "amy-1", "hog-1", "hog-2"]),
        ("amy-0", Move.DOWN, ["hog-0", "amy-0", "amy-1", "hog-1", "hog-2"]),
        ("amy-0", Move.END, ["hog-0", "amy-1", "hog-1", "hog-2", "amy-0"]),
        ("amy-0", Move.UP, ["amy-0", "hog-0", "amy-1", "hog-1", "hog-2"]),
    ],
)
def test_the_engine_starts_runs_in_the_order_that_was_asked_for(
    jobs: Jobs, run_id: str, move: Move, order: list[str]
) -> None:
    assert jobs.move(run_id, move)

    assert jobs.active() == ([], order)
    assert started(jobs) == order


def test_many_moves_after_each_other_end_as_they_were_meant(jobs: Jobs) -> None:
    for run_id in ("amy-0", "hog-0", "amy-1", "hog-1", "hog-2"):
        jobs.move(run_id, Move.FRONT)

    assert started(jobs) == ["hog-2", "hog-1", "amy-1", "hog-0", "amy-0"]


def test_new_runs_keep_their_fair_share_after_a_move(jobs: Jobs) -> None:
    jobs.move("hog-2", Move.FRONT)
    jobs.move("amy-0", Move.END)
    with session_scope() as session:
        jobs.submit(session, "newcomer", 3, 0)

    assert started(jobs) == ["hog-2", "hog-0", "newcomer", "amy-1", "hog-1", "amy-0"]


@pytest.mark.parametrize("run_id", ["hog-0", "never queued"])
def test_what_does_not_wait_does_not_move(jobs: Jobs, run_id: str) -> None:
    jobs.cancel("hog-0")

    assert not jobs.move(run_id, Move.FRONT)
    assert started(jobs) == ["amy-0", "amy-1", "hog-1", "hog-2"]
