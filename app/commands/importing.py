"""`import-thread`: the posts of an old thread as claims."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import console, fail
from app.commands.service import Json
from app.core.errors import Problem


def import_thread(
    file: Annotated[
        Path, typer.Argument(help="JSON of GitHub's API, or Markdown; - reads standard input.", allow_dash=True)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Save without asking.")] = False,
    json: Json = False,
) -> None:
    """Read the posts of an old thread, show what was understood, and save the claims in it."""
    from sqlalchemy.exc import NoResultFound, OperationalError, ProgrammingError

    from app.thread_import import import_file

    try:
        import_file(file, yes, console, is_json=json)
    except Problem as error:
        fail(" ".join(str(sentence) for sentence in error.fields.values()) or str(error))
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
    except (OperationalError, ProgrammingError, NoResultFound) as error:
        if isinstance(error, OperationalError | ProgrammingError) and "claim" not in str(error).lower():
            raise
        fail(
            "There is no class yet to import into. Start the service once (mnist-benchmark up), or run: "
            "mnist-benchmark migrate"
        )
