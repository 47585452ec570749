"""Which commands there are, and how all of them fail."""

from typing import Any

import typer
from typer.core import TyperGroup

STUDENTS = "For students"
OPERATORS = "For whoever operates the service"
OURS = ("app", "worker", "models_zoo")


class Commands(TyperGroup):
    """All commands. What they raise becomes a sentence and an exit status."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer's own copy of click
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] in OURS:
                raise
            _say_what_to_install(
                error.name.partition(".")[0], "verify" if ctx.invoked_subcommand == "verify" else "service"
            )
            raise typer.Exit(1) from error
        except Exception as error:
            from app.commands.endings import tell_failure

            status = tell_failure(error, ctx)
            if status is None:
                raise
            raise typer.Exit(status) from error


def _say_what_to_install(name: str, extra: str) -> None:
    text = f"This command needs “{name}”, which is not installed here. In the checkout: pip install '.[{extra}]'"
    typer.echo(text, err=True)


def add_commands(app: typer.Typer) -> None:
    """Register them, in the order in which a student meets them."""
    from app.commands import (
        account,
        backing_up,
        boards,
        changing,
        commenting,
        downloading,
        exporting,
        importing,
        people,
        running,
        signing_in,
        submitting,
        upkeep,
        verifying,
        watching,
    )

    for command in (
        signing_in.login,
        signing_in.logout,
        account.whoami,
        submitting.check,
        submitting.submit,
        watching.watch,
        changing.retry,
        changing.withdraw,
        boards.board,
        boards.show,
        commenting.comment,
        account.quota,
        downloading.download,
        verifying.verify,
    ):
        app.command(rich_help_panel=STUDENTS)(command)
    for command in (
        running.up,
        running.web,
        running.worker,
        upkeep.migrate,
        upkeep.doctor,
        upkeep.health,
        backing_up.backup,
        backing_up.restore,
        exporting.export,
        importing.import_thread,
    ):
        app.command(rich_help_panel=OPERATORS)(command)
    app.add_typer(people.commands, name="user", rich_help_panel=OPERATORS)
