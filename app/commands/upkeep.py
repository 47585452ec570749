"""`migrate`, `doctor` and `health`."""

import typer

from app.commands.output import console, fail, print_json
from app.commands.running import address, migrate_all
from app.commands.service import Json


def doctor(json: Json = False) -> None:
    """Say whether uploaded code can run safely on this machine, and how to improve it; exit status 0 if it can."""
    from app.core.settings import get_settings
    from worker.doctor import examine

    raise typer.Exit(examine(get_settings(), console, is_json=json))


def migrate(json: Json = False) -> None:
    """Create the database, or bring it up to date."""
    from app.core.database import session_scope
    from app.core.seeding import seed_people

    migrate_all()
    with session_scope() as session:
        seed_people(session)
    if json:
        print_json({"is_up_to_date": True})
    else:
        console.print("The database is up to date.")


def health(json: Json = False) -> None:
    """Ask the running web whether it can serve; exit status 0 if it can."""
    import httpx

    try:
        answer = httpx.get(f"{address()}/readyz", timeout=5)
    except httpx.HTTPError as error:
        fail(f"{address()} does not answer: {error}")
    if json:
        print_json({"is_ready": answer.is_success, "says": answer.text})
    else:
        console.print(answer.text, markup=False)
    raise typer.Exit(0 if answer.is_success else 1)
