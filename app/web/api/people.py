"""Who I am, who joins, and what others may know of somebody."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from app.core.accounts import NewUser
from app.core.board import Placed
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.joining import join
from app.core.profiles import Profile, find_person, make_profile
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.web.api.bodies import json_body, problems, read_json
from app.web.api.callers import Caller, Reader
from app.web.api.texts import read_texts
from app.web.known_browsers import host_of

router = APIRouter(tags=["people"])


class Me(BaseModel):
    """The user whose token was sent."""

    handle: str = Field(examples=["zhou-yi"])
    name: str = Field(examples=["Zhou Yi"])
    role: str = Field(examples=["student"])
    language: str = Field(examples=["zh"])
    created: datetime


class NewUserBody(BaseModel):
    """Who joins."""

    handle: str = Field(examples=["zhou-yi"], description="1 to 32 letters a-z, digits, - and _")
    name: str = Field(examples=["Zhou Yi"], description="what classmates see", max_length=80)
    password: str = Field(examples=["a sentence is long"], description="at least 10 characters", min_length=10)
    code: str = Field(default="", examples=["k7mpx2qd"], description="the class code, where the class asks for it")


class ProfileResult(BaseModel):
    """A result on the board."""

    number: int = Field(examples=[12])
    title: str
    accuracy: float = Field(examples=[0.9838])
    wrong: float = Field(examples=[162], description="misread test images; a mean where several seeds were run")
    rank: int | None = Field(description="among all results")
    submitted: datetime


class ProfileBody(BaseModel):
    """Somebody, and their results on the board, newest first."""

    handle: str = Field(examples=["zhou-yi"])
    name: str
    role: Literal["student", "teacher"]
    created: datetime
    best: ProfileResult | None = Field(description="rank among the best of each student")
    results: list[ProfileResult]
    notes: int = Field(description="results with training notes")
    comments: int
    helpful: int = Field(description="how often others found a comment helpful")


@router.get("/me", operation_id="getMe", summary="Whose token this is", responses=problems(401))
def get_me(caller: Caller) -> Me:
    """Good for trying a token."""
    return Me.model_validate(caller, from_attributes=True)


@router.post(
    "/users",
    operation_id="createUser",
    summary="Join the class",
    status_code=201,
    responses=problems(400, 403, 413, 415, 422, 429),
    openapi_extra=json_body(NewUserBody),
)
async def post_user(request: Request) -> Me:
    """Where the class lets you in: see `code`. Then make a token with your handle and password."""
    texts = read_texts(await read_json(request), ("handle", "name", "password", "code"))
    new = NewUser(texts["handle"], texts["name"], texts["password"])
    user = await run_in_threadpool(join, new, texts["code"], host_of(request))
    return Me.model_validate(user, from_attributes=True)


@router.get(
    "/users/{handle}",
    operation_id="getUser",
    summary="Somebody and their results",
    responses=problems(401, 404, 422),
)
def get_user(handle: str, reader: Reader) -> ProfileBody:
    """As their page shows it to everybody."""
    with session_scope() as session:
        user = find_person(session, handle)
        return _body(make_profile(session, get_jobs(), user, get_settings().dataset, None))


def _body(profile: Profile) -> ProfileBody:
    user, person = profile.user, shown(profile.user)
    return ProfileBody(
        handle=person.handle,
        name=person.name,
        role="teacher" if user.role == "teacher" else "student",
        created=user.created,
        best=_result(profile.best) if profile.best else None,
        results=[_result(placed) for placed in profile.results],
        notes=profile.notes,
        comments=profile.comments,
        helpful=profile.helpful,
    )


def _result(placed: Placed) -> ProfileResult:
    entry = placed.entry
    return ProfileResult(
        number=entry.number,
        title=entry.title,
        accuracy=entry.accuracy,
        wrong=entry.wrong,
        rank=placed.place.rank,
        submitted=entry.submitted,
    )
