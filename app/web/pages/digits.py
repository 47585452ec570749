"""GET /digits and /digits/{index}: test images, and how the networks on the board read them."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse

from app.core.digits import KINDS
from app.core.readings import find_readings
from app.core.settings import get_settings
from app.core.test_set import find_test_set
from app.web.dependencies import DbSession, ThisPage
from app.web.digit_images import image_url
from app.web.digit_view import view_digit
from app.web.digits_view import PAGE_DIGITS, list_digits
from app.web.page_numbers import PageNumbers, page_number

router = APIRouter()
ANSWERS_ON_A_PAGE = 200


@router.get("/digits", response_model=None)
def get_digits(
    page: ThisPage, session: DbSession, show: str = "hardest", part: str = "1", index: str = ""
) -> HTMLResponse | RedirectResponse:
    """One of the lists, page by page. `index` leads to that image: what the form on this page sends."""
    if index.isascii() and index.isdigit():
        return RedirectResponse(f"/digits/{int(index[:9])}", 303)
    dataset, kind = get_settings().dataset, KINDS.get(show) or KINDS["hardest"]
    readings, test_set = find_readings(session, dataset), find_test_set()
    start = (page_number(part) - 1) * PAGE_DIGITS
    view = list_digits(kind, readings, test_set, dataset, start, PAGE_DIGITS)
    pages = PageNumbers(page_number(part), view.length, PAGE_DIGITS, "/digits", {"show": kind.key})
    return page.render("digits.html", view=view, pages=pages, is_unknown=show not in KINDS, asked=show)


@router.get("/digits/{index}")
def get_digit(page: ThisPage, session: DbSession, index: int, part: str = "1") -> HTMLResponse:
    """One image with all answers."""
    start = (page_number(part) - 1) * ANSWERS_ON_A_PAGE
    view = view_digit(session, get_settings().dataset, index, start, ANSWERS_ON_A_PAGE)
    pages = PageNumbers(page_number(part), view.models, ANSWERS_ON_A_PAGE, f"/digits/{index}", {})
    return page.render("digit.html", view=view, pages=pages, image_url=image_url(index))
