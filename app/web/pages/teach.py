"""The teacher's grade sheet and audit log. Queue, students, submissions and the class have files of their own."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from app.core import teaching
from app.core.class_time import zone_of
from app.core.grades import COLUMNS, grade_rows
from app.core.joining import the_class
from app.core.moderation import can_undo
from app.core.settings import get_settings
from app.web.audit_words import audit_line
from app.web.board.exports import csv_text
from app.web.dependencies import DbSession, ThisPage
from app.web.page_numbers import PageNumbers, page_number
from app.web.teacher import Teacher

router = APIRouter(prefix="/teach")
PART = 50


@router.get("/grades.csv")
def get_grades(session: DbSession, teacher: Teacher) -> Response:
    """The grade sheet; no cell of it is a formula."""
    rows = grade_rows(teaching.students(session, get_settings().dataset), zone_of(the_class(session)))
    text = csv_text(COLUMNS, [list(row.values()) for row in rows])
    headers = {"Content-Disposition": 'attachment; filename="grades.csv"', "Cache-Control": "private, no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/audit")
def get_audit(page: ThisPage, session: DbSession, teacher: Teacher, part: str = "") -> HTMLResponse:
    """What was done by whom, newest first."""
    pages = PageNumbers(page_number(part), teaching.count_audit(session), PART, "/teach/audit", {})
    classroom = the_class(session)
    lines = [audit_line(row, actor, classroom) for row, actor in teaching.audit_log(session, PART, pages.start)]
    return page.render("teach_audit.html", lines=lines, pages=pages, can_undo=can_undo)
