"""`user add`, `user reset` and `user promote`."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.output import console, fail, print_json
from app.commands.running import address
from app.commands.service import Json
from app.core.errors import Problem

if TYPE_CHECKING:
    from sqlmodel import Session

commands = typer.Typer(help="People.", no_args_is_help=True)


@commands.command()
def add(
    handle: Annotated[str, typer.Argument(help="Letters a-z, digits, - and _.")],
    teacher: Annotated[bool, typer.Option(help="A teacher instead of a student.")] = False,
    token: Annotated[bool, typer.Option(help="Print an API token; it can be read only now.")] = False,
    name: Annotated[str, typer.Option(help="The name that classmates see; the handle if left out.")] = "",
    json: Json = False,
) -> None:
    """Add somebody, and print a link that signs them in once."""
    from app.core.database import session_scope

    try:
        with session_scope() as session:
            added = _added(session, handle, name, teacher, token)
    except Problem as error:
        fail(" ".join(str(sentence) for sentence in error.fields.values()) or str(error))
    if json:
        print_json(added)
        return
    console.print(f"Added {added['role']} {added['handle']}.")
    console.print(f"Sign-in link, good for one use: {added['sign_in_link']}")
    if token:
        console.print(f"API token, shown only now: {added['token']}")


def _added(session: "Session", handle: str, name: str, teacher: bool, token: bool) -> dict[str, str | None]:
    from app.core.accounts import add_sign_in_link, add_token, add_user

    user = add_user(session, handle, name or handle, "teacher" if teacher else "student")
    return {
        "handle": user.handle,
        "role": user.role,
        "sign_in_link": f"{address()}/sign-in/link/{add_sign_in_link(session, user)}",
        "token": add_token(session, user, "command line") if token else None,
    }


@commands.command()
def reset(handle: Annotated[str, typer.Argument(help="Whose password is lost.")], json: Json = False) -> None:
    """Print a link with which somebody chooses a new password; it works once, for a week."""
    from app.core.accounts import reset_link
    from app.core.database import session_scope
    from app.core.roles import find_account

    try:
        with session_scope() as session:
            user = find_account(session, handle)
            link = f"{address()}/sign-in/link/{reset_link(session, user, None)}"
    except Problem as error:
        fail(str(error))
    if json:
        print_json({"handle": user.handle, "sign_in_link": link})
    else:
        console.print(f"Sign-in link, good for one use: {link}")


@commands.command()
def promote(
    handle: Annotated[str, typer.Argument(help="Who shall teach.")],
    student: Annotated[bool, typer.Option("--student", help="The reverse: a teacher becomes a student.")] = False,
    json: Json = False,
) -> None:
    """Make a student a teacher."""
    from app.core.database import session_scope
    from app.core.roles import STUDENT, TEACHER, find_account, set_role

    try:
        with session_scope() as session:
            user = find_account(session, handle)
            set_role(session, user, STUDENT if student else TEACHER, None)
    except Problem as error:
        fail(str(error))
    if json:
        print_json({"handle": user.handle, "role": user.role})
    else:
        console.print(f"{user.handle} is now a {user.role}.")
