"""`withdraw` and `retry`: a submission taken back, or run again."""

from typing import Annotated

import typer

from app.commands.output import printable
from app.commands.service import Service, service_command
from app.commands.watching import Number, follow


@service_command
def withdraw(
    service: Service,
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Cancel a submission's run and take it off the board."""
    with service.client() as client:
        if not yes:
            title = printable(client.submission(number).title)
            typer.confirm(f"Withdraw #{number} “{title}”?", abort=True, err=True)
        found = client.withdraw(number)
    service.tell(found, f"#{number} “{found.title}” is withdrawn.")


@service_command
def retry(
    service: Service,
    number: Number,
    watch: Annotated[bool, typer.Option("--watch", help="Follow it to its end; the exit status says which.")] = False,
) -> None:
    """Run a submission again whose last run failed."""
    with service.client() as client:
        made = client.run_again(number)
        place = f", number {made.queue_position} in line" if made.queue_position else ""
        told = f"#{number} “{made.title}” is {made.state}{place}: {client.host}{made.links.html}"
        if not watch:
            service.tell(made, told)
            return
        raise typer.Exit(follow(service, client, number, told))
