"""The members of the class, for members."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select

from app.core.board import Board, find_board
from app.core.database import session_scope
from app.core.settings import get_settings
from app.core.shown_names import shown
from app.core.tables import User
from app.web.api.bodies import problems
from app.web.api.callers import Caller
from app.web.api.parts import AskedPart, Part

router = APIRouter(tags=["people"])
Role = Literal["student", "teacher"]


class MemberBest(BaseModel):
    """A student's best result on the board."""

    number: int = Field(examples=[12])
    accuracy: float = Field(examples=[0.9838])
    wrong: float = Field(examples=[162], description="misread test images; a mean where several seeds were run")
    rank: int | None


class Member(BaseModel):
    """Somebody of the class. While the class shows pseudonyms, one stands in place of handle and name."""

    handle: str = Field(examples=["zhou-yi"])
    name: str = Field(examples=["Zhou Yi"])
    role: Role
    best: MemberBest | None
    url: str = Field(examples=["/api/v1/users/zhou-yi"])


class Members(BaseModel):
    """A part of the class, in the order in which they joined."""

    users: list[Member]
    next: str | None = Field(description="address of the part that follows; null at the end")


@router.get("/users", operation_id="listUsers", summary="Who is in the class", responses=problems(401, 403, 422))
def get_users(caller: Caller, part: AskedPart, role: Role | None = None) -> Members:
    """For members. Accounts that were deleted are left out. `role`: only students, or only teachers."""
    with session_scope() as session:
        members, following = part.cut(_members(session, part, role), lambda user: user.stored_id)
        board = find_board(session, get_settings().dataset)
        return Members(users=[_body(user, board) for user in members], next=following)


def _members(session: Session, part: Part, role: Role | None) -> list[User]:
    statement = select(User).where(col(User.departed).is_(None), col(User.id) > part.after)
    statement = statement.where(User.role == role if role else col(User.role).in_(["student", "teacher"]))
    return list(session.exec(statement.order_by(col(User.id)).limit(part.limit + 1)))


def _body(user: User, board: Board) -> Member:
    person, best = shown(user), board.best_of(user.stored_id)
    result = None
    if best:
        entry = best.entry
        result = MemberBest(number=entry.number, accuracy=entry.accuracy, wrong=entry.wrong, rank=best.place.rank)
    return Member(
        handle=person.handle,
        name=person.name,
        role="teacher" if person.role == "teacher" else "student",
        best=result,
        url=f"/api/v1/users/{person.handle}",
    )
