"""Who teaches, for the pages that are the teacher's alone."""

from typing import Annotated

from fastapi import Depends

from app.core.claims import require_teacher
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession


def get_teacher(session: DbSession, reader: CurrentUser) -> User:
    """The teacher who is signed in. Raises NotAllowed for others."""
    require_teacher(reader)
    return session.get_one(User, reader.id)


Teacher = Annotated[User, Depends(get_teacher)]
