"""Who is in the class, and what a teacher does with them: what /teach/students can do."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core import roster
from app.core.database import session_scope
from app.core.errors import InvalidFields
from app.core.jobs import get_jobs
from app.core.quotas import BONUS_MAXIMUM, find_allowance, give_runs
from app.core.roles import STUDENT, TEACHER, find_account, set_role
from app.core.roster import SORTS, Member
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import User
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.parts import AskedPart
from app.web.api.teaching import Teacher

router = APIRouter(prefix="/teach/students", tags=["class"])
NO_RUNS = N_("runs must be a whole number from %(low)s to %(high)s; “%(value)s” was given.")
NO_ROLE = N_("role must be student or teacher; “%(value)s” was given.")


class MemberBody(BaseModel):
    """Somebody in the class. Accuracies are 0..1, of results that rank."""

    handle: str = Field(examples=["zhou-yi"])
    name: str = Field(examples=["Zhou Yi"])
    role: Literal["student", "teacher"]
    joined: datetime
    seen: datetime | None = Field(description="the last visit, to about an hour")
    best: float | None = Field(examples=[0.9838])
    best_within_3_epochs: float | None
    submissions: int = Field(examples=[4], description="withdrawn ones left out")
    failed: int = Field(description="runs that ended without a result")
    runs_left: int | None = Field(examples=[16], description="today; null: nobody counts")
    pseudonym: str = Field(examples=["quiet-heron-3"], description="what classmates may know them by")


class StudentList(BaseModel):
    """A part of the class."""

    students: list[MemberBody]
    next: str | None = Field(description="address of the part that follows; null at the end")


class RoleBody(BaseModel):
    """What somebody is to be."""

    role: Literal["student", "teacher"] = Field(examples=["teacher"])


class RunsBody(BaseModel):
    """Runs on top of today's quota."""

    runs: int = Field(ge=1, le=BONUS_MAXIMUM, examples=[5])


class RunsLeft(BaseModel):
    """What a student may start today."""

    quota: int | None = Field(examples=[25], description="with what was given on top")
    bonus: int = Field(examples=[5], description="given on top, for today")
    left: int | None = Field(examples=[16])


@router.get(
    "", operation_id="listStudents", summary="Students and teachers of the class", responses=problems(401, 403, 422)
)
def get_students(
    caller: Teacher,
    part: AskedPart,
    q: Annotated[str, Query(max_length=100, description="in the name or the handle")] = "",
    sort: Annotated[str, Query(max_length=20, description=f"one of {', '.join(SORTS)}; - before it: descending")] = "",
) -> StudentList:
    """For teachers."""
    with session_scope() as session:
        found = roster.members(session, get_settings().dataset, q, sort or "name")
        shown = found[part.after : part.after + part.limit]
        return StudentList(students=[_body(each) for each in shown], next=part.next_count(len(found)))


def _body(member: Member) -> MemberBody:
    user = member.user
    return MemberBody(
        handle=user.handle,
        name=user.name,
        role="teacher" if user.role == TEACHER else "student",
        joined=user.created,
        seen=user.seen,
        best=member.best_accuracy,
        best_within_3_epochs=member.best_in_three,
        submissions=member.student.submitted,
        failed=member.failed,
        runs_left=member.left,
        pseudonym=user.pseudonym,
    )


@router.put(
    "/{handle}/role",
    operation_id="setRole",
    summary="Make somebody a teacher or a student",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra=json_body(RoleBody),
)
async def put_role(handle: str, request: Request, caller: Teacher) -> RoleBody:
    """For teachers. There is always one teacher."""
    role = _field(await read_json(request), "role")
    if role not in (STUDENT, TEACHER):
        raise InvalidFields({"role": Sentence(NO_ROLE, {"value": str(role)[:40]})})
    return await run_in_threadpool(_set_role, handle, str(role), caller)


def _set_role(handle: str, role: str, caller: User) -> RoleBody:
    with session_scope() as session:
        set_role(session, find_account(session, handle), role, caller)
    return RoleBody(role="teacher" if role == TEACHER else "student")


def _field(given: dict[str, Any], name: str) -> Any:
    """The one field of a body. Raises InvalidFields for others."""
    unknown = given.keys() - {name}
    if unknown:
        text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
        raise InvalidFields({each[:40]: Sentence(text, {"name": each[:40], "names": name}) for each in unknown})
    return given.get(name)


@router.post(
    "/{handle}/runs",
    operation_id="giveRuns",
    summary="More runs for today",
    status_code=201,
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra=json_body(RunsBody),
)
async def post_runs(handle: str, request: Request, caller: Teacher) -> RunsLeft:
    """For teachers. They are in the student's ledger, and gone at midnight of the class."""
    runs = _field(await read_json(request), "runs")
    if type(runs) is not int:
        values = {"low": 1, "high": BONUS_MAXIMUM, "value": str(runs)[:40]}
        raise InvalidFields({"runs": Sentence(NO_RUNS, values)})
    return await run_in_threadpool(_give_runs, handle, runs, caller)


def _give_runs(handle: str, runs: int, caller: User) -> RunsLeft:
    with session_scope() as session:
        user = find_account(session, handle)
        give_runs(session, caller, user, runs)
        session.flush()
        allowance = find_allowance(session, get_jobs(), user)
        return RunsLeft(quota=allowance.quota, bonus=allowance.bonus, left=allowance.left)


@router.delete(
    "/{handle}",
    operation_id="removeStudent",
    summary="Take somebody out of the class",
    status_code=204,
    responses=problems(401, 403, 404, 409),
)
def delete_student(handle: str, caller: Teacher) -> None:
    """For teachers. The account is deleted, what it submitted stays under no name; it cannot be undone."""
    with session_scope() as session:
        roster.remove(session, session.get_one(User, caller.id), find_account(session, handle))
