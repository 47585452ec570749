"""The command line `mnist-benchmark`: for students, and for whoever operates the service. The commands: app/commands.

What the service is made of is imported inside the commands that need it: the rest starts quickly, and runs where only
the client is installed.
"""

import os
from typing import Annotated

import typer

from app.commands.endings import STATUSES_IN_WORDS
from app.commands.output import console
from app.commands.registry import Commands, add_commands

app = typer.Typer(
    cls=Commands,
    help="A class leaderboard for MNIST on which every number is measured.",
    epilog=STATUSES_IN_WORDS,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they would show passwords and tokens
)
add_commands(app)


def _print_version(is_wanted: bool) -> None:
    from app.core.version import app_version

    if is_wanted:
        console.print(f"mnist-benchmark {app_version()}")
        raise typer.Exit


@app.callback()
def keep_files_private(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A class leaderboard for MNIST on which every number is measured."""
    # The data folder holds password hashes, the secret key and the test labels: nobody else's to read.
    os.umask(0o077)


if __name__ == "__main__":
    app()
