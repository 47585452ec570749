"""The class and its students, as the teacher keeps them. Queue and submissions have files of their own."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.core import teaching
from app.core.accounts import reset_link
from app.core.claims import is_teacher, require_teacher
from app.core.class_settings import change_class
from app.core.database import session_scope
from app.core.grades import grade_rows
from app.core.joining import the_class
from app.core.roles import find_account
from app.core.settings import get_settings
from app.core.tables import User
from app.web.api.bodies import json_body, problems
from app.web.api.callers import Caller, Reader
from app.web.api.parts import AskedPart
from app.web.api.shapes import read_shaped

router = APIRouter(tags=["class"])


class ClassBody(BaseModel):
    """The class with its settings. Caps of null are the service's own limits."""

    name: str
    sign_up: str = Field(examples=["open"], description="open, code or closed")
    opens: datetime | None
    closes: datetime | None
    time_zone: str = Field(examples=["Asia/Shanghai"])
    daily_quota: int
    epochs_cap: int | None
    parameters_cap: int | None
    train_time_cap_s: int | None
    upload_cap_bytes: int | None
    visibility: str = Field(examples=["public"], description="public or class")
    names: str = Field(examples=["real"], description="real, or pseudonyms until the class closes")
    allow_weights: bool = Field(description="whether students may have weights tested that they trained elsewhere")
    paused: datetime | None
    join_code: str | None = Field(description="for teachers only")


class ClassChanges(BaseModel):
    """What is left out stays as it is; null takes a time or a cap away."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"daily_quota": 10, "closes": "2026-12-24T23:59", "epochs_cap": None}]}
    )

    name: str | None = None
    sign_up: str | None = None
    opens: str | None = Field(default=None, description="ISO 8601; without an offset, on the class' clock")
    closes: str | None = None
    time_zone: str | None = None
    daily_quota: int | None = None
    epochs_cap: int | None = None
    parameters_cap: int | None = None
    train_time_cap_s: int | None = None
    upload_cap_bytes: int | None = None
    visibility: str | None = None
    names: str | None = Field(default=None, examples=["pseudonyms"], description="real, or pseudonyms until closing")
    allow_weights: bool | None = None


class ResetLink(BaseModel):
    """Signs somebody in once; shown here only."""

    url: str


class Grades(BaseModel):
    """A row per student, with the columns of the grade sheet."""

    students: list[dict[str, Any]]


class AuditLine(BaseModel):
    """Something that was done."""

    action: str
    subject: str
    by: str | None = Field(description="handle; null: the command line")
    detail: dict[str, Any]
    created: datetime


class AuditLog(BaseModel):
    """A part, newest first."""

    audit: list[AuditLine]
    next: str | None = Field(description="address of the part that follows; null at the end")


def teacher(caller: Caller) -> User:
    """The caller, if they teach."""
    require_teacher(caller)
    return caller


Teacher = Annotated[User, Depends(teacher)]


@router.get("/class", operation_id="getClass", summary="The class and its settings", responses=problems(401))
def get_class(reader: Reader) -> ClassBody:
    """Public, but for the code."""
    return _class(is_teacher(reader))


def _class(with_code: bool) -> ClassBody:
    with session_scope() as session:
        values = the_class(session).model_dump()
    return ClassBody(**values | {"join_code": values["join_code"] if with_code else None})


@router.patch(
    "/class",
    operation_id="changeClass",
    summary="Change the settings of the class",
    responses=problems(400, 401, 403, 413, 415, 422),
    openapi_extra=json_body(ClassChanges),
)
async def patch_class(request: Request, caller: Teacher) -> ClassBody:
    """For teachers."""
    sent = await read_shaped(request, ClassChanges)
    given = {name: "" if value is None else str(value) for name, value in sent.items()}
    return await run_in_threadpool(_change, given, caller)


def _change(given: dict[str, str], caller: User) -> ClassBody:
    with session_scope() as session:
        change_class(session, the_class(session), given, caller)
    return _class(with_code=True)


@router.post("/class/code", operation_id="rotateCode", summary="A new class code", responses=problems(401, 403))
def post_code(caller: Teacher) -> ClassBody:
    """For teachers. The old one lets nobody in any more."""
    with session_scope() as session:
        teaching.rotate_code(session, caller)
    return _class(with_code=True)


@router.get("/teach/grades", operation_id="getGrades", summary="The grade sheet", responses=problems(401, 403))
def get_grades(caller: Teacher) -> Grades:
    """For teachers."""
    with session_scope() as session:
        return Grades(students=grade_rows(teaching.students(session, get_settings().dataset)))


@router.post(
    "/teach/students/{handle}/reset",
    operation_id="resetStudent",
    summary="A sign-in link for somebody",
    responses=problems(401, 403, 404),
)
def post_reset(handle: str, request: Request, response: Response, caller: Teacher) -> ResetLink:
    """For teachers. Earlier links of theirs stop working."""
    response.headers["Cache-Control"] = "no-store"
    with session_scope() as session:
        secret = reset_link(session, find_account(session, handle), caller)
    return ResetLink(url=f"{request.base_url}sign-in/link/{secret}")


@router.get("/teach/audit", operation_id="getAudit", summary="What was done", responses=problems(401, 403, 422))
def get_audit(caller: Teacher, part: AskedPart) -> AuditLog:
    """For teachers."""
    with session_scope() as session:
        found = teaching.audit_log(session, part.limit + 1, before=part.position)
        shown, following = part.cut(found, lambda line: line[0].stored_id)
        lines = [
            AuditLine(**row.model_dump(exclude={"id", "actor_id"}), by=user.handle if user else None)
            for row, user in shown
        ]
    return AuditLog(audit=lines, next=following)
