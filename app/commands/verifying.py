"""`verify`: a receipt's score, computed again without the service."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import console
from app.commands.service import Json


def verify(
    receipt: Annotated[Path, typer.Argument(help="receipt.json, from a submission's page.", dir_okay=False)],
    predictions: Annotated[
        list[Path] | None, typer.Option(help="Its downloaded predictions; else looked for beside the receipt.")
    ] = None,
    mnist: Annotated[Path | None, typer.Option(help="The folder of the four MNIST files.")] = None,
    json: Json = False,
) -> None:
    """Compute a receipt's score again from its predictions and MNIST, without the service; exit 0 if it holds."""
    from app.core.settings import get_settings
    from app.verification import verify as verify_receipt

    settings = get_settings().model_copy(update={"mnist_dir": mnist} if mnist else {})
    raise typer.Exit(0 if verify_receipt(receipt, predictions or [], settings, console, is_json=json) else 1)
