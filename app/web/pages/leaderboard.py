"""GET /: the leaderboard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import HTMLResponse

from app.core.board import Row, board
from app.core.sentences import N_
from app.core.settings import get_settings
from app.web.charts.intervals import Axis, Interval, axis_for, interval_line
from app.web.charts.loss import spark
from app.web.dependencies import DbSession, EngineJobs, ThisPage
from app.web.model_words import network_title
from app.web.recipe_words import recipe_line
from app.web.running import running_now
from app.web.sessions import Reader

router = APIRouter()
YOU, BASELINE, AUTHORS_WEIGHTS = N_("You"), N_("Baseline"), N_("Author's weights")
BADGES_MAXIMUM = 2


@dataclass(frozen=True)
class Line:
    """A line of the board with what is drawn in it."""

    row: Row
    model: str
    interval: Markup
    spark: Markup
    recipe: tuple[str, str]
    badges: Sequence[tuple[str, str]]
    is_mine: bool
    is_tied: bool

    @property
    def accuracy(self) -> float:
        """Share read right, 0..1."""
        return self.row.result.correct / self.row.result.total

    @property
    def wrong(self) -> int:
        """Misread test images."""
        return self.row.result.total - self.row.result.correct


@router.get("/")
def get_leaderboard(
    page: ThisPage, session: DbSession, jobs: EngineJobs, best: str = "1", part: str = ""
) -> HTMLResponse:
    """All places; `best=0` shows all results of each student, `part=now` only what runs now."""
    now = running_now(session, jobs)
    if part == "now":
        return page.render("_now.html", now=now)
    dataset = get_settings().dataset
    rows = board(session, dataset, one_per_student=best != "0")
    axis = axis_for([_interval(row) for row in rows])
    return page.render(
        "leaderboard.html",
        lines=[_line(row, axis, rows, page.reader) for row in rows],
        axis=axis,
        best=best != "0",
        now=now,
        students=len({row.user.id for row in rows if not row.submission.is_baseline}),
        last=_last(rows),
    )


def _interval(row: Row) -> Interval:
    return Interval(row.place.low, row.result.correct / row.result.total, row.place.high)


def _line(row: Row, axis: Axis, rows: Sequence[Row], reader: Reader | None) -> Line:
    leader = rows[0]
    is_mine = reader is not None and row.user.id == reader.id
    css_class = "me" if is_mine else ""
    return Line(
        row=row,
        model=network_title(row.submission, row.result),
        interval=interval_line(axis, _interval(row), css_class, leader.result.correct / leader.result.total),
        spark=spark(np.frombuffer(row.result.losses, "<f4").tolist()),
        recipe=recipe_line(row.submission.recipe),
        badges=_badges(row, is_mine),
        is_mine=is_mine,
        # Nobody is significantly better than these: they cannot be told apart from first place.
        is_tied=row.place.best == 1 and leader.place.worst > 1,
    )


def _badges(row: Row, is_mine: bool) -> list[tuple[str, str]]:
    found = [("hl", YOU)] if is_mine else []
    if row.submission.is_baseline:
        found.append(("", BASELINE))
    if row.submission.kind == "evaluate":
        found.append(("", AUTHORS_WEIGHTS))
    return found[:BADGES_MAXIMUM]


def _last(rows: Sequence[Row]) -> datetime | None:
    return max((row.result.created for row in rows), default=None)
