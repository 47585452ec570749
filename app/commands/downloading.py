"""`download`: a submission's files, as `verify` and a further training want them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.service import Service, service_command
from app.commands.watching import Number

if TYPE_CHECKING:
    from app.client import Client
    from app.client.submissions import File


@service_command
def download(
    service: Service,
    number: Number,
    to: Annotated[Path, typer.Option(help="The folder; made if need be.", file_okay=False)] = Path(),
    weights: Annotated[bool, typer.Option("--weights", help="The trained weights.")] = False,
    model_file: Annotated[bool, typer.Option("--model-file", help="The network as it was uploaded.")] = False,
    predictions: Annotated[bool, typer.Option("--predictions", help="How each test image was read.")] = False,
    receipt: Annotated[bool, typer.Option("--receipt", help="What the result rests on, for verify.")] = False,
    seed: Annotated[int | None, typer.Option(help="Weights and predictions of this repetition.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there already.")] = False,
) -> None:
    """Download a submission's files; all that there are if none is named."""
    wanted: dict[File, bool] = {
        "weights": weights,
        "model-file": model_file,
        "predictions": predictions,
        "receipt": receipt,
    }
    with service.client() as client:
        chosen = [what for what, is_wanted in wanted.items() if is_wanted] or _there(client, number)
        try:
            saved = [
                client.download(
                    number, what, to, seed=seed if what in ("weights", "predictions") else None, is_forced=force
                )
                for what in chosen
            ]
        except OSError as error:
            raise typer.BadParameter(f"{error.filename or to} cannot be written: {error.strerror}") from error
    service.tell({"files": [str(path) for path in saved]}, *(str(path) for path in saved))


def _there(client: "Client", number: int) -> "list[File]":
    found = client.submission(number)
    is_there: dict[File, bool] = {
        "weights": found.result is not None and found.result.weights_url is not None,
        "model-file": found.model_file is not None and found.model_file.url is not None,
        "predictions": found.result is not None,
        "receipt": found.result is not None,
    }
    # Before there is a result, asking for the receipt says so in the service's own words.
    return [what for what, is_one in is_there.items() if is_one] or ["receipt"]
