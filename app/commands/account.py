"""`whoami` and `quota`."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.output import grid, moment
from app.commands.service import Service, service_command

if TYPE_CHECKING:
    from app.client import ChargedRun, Quota

ROWS_MAXIMUM = 1000
HEADS = [("#", True), ("Submission", False), ("Charged", False), ("", False)]


@service_command
def whoami(service: Service) -> None:
    """Show where you are signed in, and as whom."""
    with service.client() as client:
        me = client.me()
    found = {"host": service.address, **me.model_dump(mode="json")}
    service.tell(found, f"{me.handle} ({me.name}, {me.role}) at {service.address}")


@service_command
def quota(
    service: Service,
    runs: Annotated[int, typer.Option(help="So many of the newest charged runs.", min=0, max=ROWS_MAXIMUM)] = 0,
) -> None:
    """Show how many runs you may still start today, and which were charged."""
    with service.client() as client:
        found = client.quota()
        charged = list(islice(client.charged_runs(), runs))
    answer = found.model_dump(mode="json") | {"runs": [each.model_dump(mode="json") for each in charged]}
    lines = [_words(found)] + ([grid(HEADS, [_cells(each) for each in charged])] if charged else [])
    service.tell(answer, *lines)


def _words(found: "Quota") -> str:
    if found.left is None:
        return "Nobody counts your runs."
    return f"{found.left} of {found.quota} runs are left today; new ones come at {moment(found.resets)}."


def _cells(each: "ChargedRun") -> list[str]:
    seed = "" if each.seed is None else f" (seed {each.seed})"
    given_back = f"given back{f': {each.reason}' if each.reason else ''}" if each.refunded else ""
    return [str(each.submission), each.title + seed, moment(each.charged), given_back]
