"""Who I am."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.web.api.bodies import problems
from app.web.api.callers import Caller

router = APIRouter(tags=["people"])


class Me(BaseModel):
    """The user whose token was sent."""

    handle: str = Field(examples=["zhou-yi"])
    name: str = Field(examples=["Zhou Yi"])
    role: str = Field(examples=["student"])
    language: str = Field(examples=["zh"])
    created: datetime


@router.get("/me", operation_id="getMe", summary="Whose token this is", responses=problems(401))
def get_me(caller: Caller) -> Me:
    """Good for trying a token."""
    return Me.model_validate(caller, from_attributes=True)
