"""GET /s/{number}/errors: every test image that a network reads wrong, by true digit and by answer."""

from dataclasses import dataclass

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from app.core.finished import find_finished
from app.core.misread import misread, of_cell
from app.core.readings import find_readings
from app.core.test_set import find_test_set_of
from app.web.dependencies import DbSession, ThisPage
from app.web.misread_view import gallery
from app.web.page_numbers import PageNumbers, page_number

router = APIRouter()
DIGITS = "0123456789"
PAGE_DIGITS = 60


@dataclass(frozen=True)
class Cell:
    """What the address asks for: a true digit, an answer, both or neither. `ignored`: what it says that is no digit."""

    true: int | None
    read: int | None
    ignored: tuple[str, ...]

    @property
    def kept(self) -> dict[str, str]:
        """The same as an address says it."""
        return {name: str(value) for name, value in (("true", self.true), ("read", self.read)) if value is not None}


def _cell(true: str, read: str) -> Cell:
    ignored = tuple(value for value in (true, read) if value and (len(value) > 1 or value not in DIGITS))
    return Cell(_digit(true), _digit(read), ignored)


def _digit(value: str) -> int | None:
    return int(value) if len(value) == 1 and value in DIGITS else None


@router.get("/s/{number}/errors")
def get_errors(
    page: ThisPage, session: DbSession, number: int, true: str = "", read: str = "", part: str = Query("1")
) -> HTMLResponse:
    """The list; `true` and `read` choose a cell of the confusion matrix."""
    finished = find_finished(session, number, page.reader)
    submission, result = finished.submission, finished.result
    page.dataset, test_set = submission.dataset, find_test_set_of(submission.dataset)
    found = misread(result, submission.dataset, test_set.labels if test_set else None)
    cell = _cell(true, read)
    chosen = of_cell(found, cell.true, cell.read)
    pages = PageNumbers(page_number(part), len(chosen), PAGE_DIGITS, f"/s/{number}/errors", cell.kept)
    shown = chosen[pages.start : pages.start + PAGE_DIGITS]
    readings = find_readings(session, submission.dataset)
    return page.render(
        "errors.html",
        submission=submission,
        result=result,
        gallery=gallery(shown, readings, submission.user_id, result.total, submission.dataset),
        cell=cell,
        chosen=len(chosen),
        wrong=len(found),
        pages=pages,
    )
