"""`check` and `submit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.endings import status_of
from app.commands.output import sentence
from app.commands.recipe_options import recipe_options
from app.commands.reports import check_report
from app.commands.service import Service, service_command
from app.commands.uploading import upload_bar
from app.commands.watching import follow
from app.core.model_files import WEIGHTS_SUFFIXES, suffix_of

if TYPE_CHECKING:
    from app.client import Fields

File = Annotated[
    Path | None,
    typer.Argument(
        help="Source (.py, .ipynb), an exported network (.onnx, .pt2, TorchScript .pt), or weights with --model.",
        exists=True,
        dir_okay=False,
        readable=True,
        show_default=False,
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option(help="Trained weights of that network: tested.", exists=True, dir_okay=False, show_default=False),
]
Model = Annotated[str, typer.Option(help="A model of the zoo, e.g. yannet, instead of a file.", show_default=False)]
ClassName = Annotated[
    str, typer.Option("--class", help="The network's class, where the file leaves it open.", show_default=False)
]
Arguments = Annotated[
    str, typer.Option(help="What stands between that class's brackets: hidden=64", show_default=False)
]
Options = Annotated[
    list[str], typer.Option("--option", help="Of a model of the zoo: dropout=0.1. Repeatable.", show_default=False)
]


@service_command
def check(
    service: Service,
    file: File = None,
    weights: Weights = None,
    model: Model = "",
    class_name: ClassName = "",
    arguments: Arguments = "",
    options: Options = [],  # noqa: B006 - typer copies it
) -> None:
    """Let a worker look at a file without submitting it: which class, how many parameters, what goes in and out."""
    fields = _files(file, weights, model) | _said(
        class_name=class_name, arguments=arguments, options=_parse_options(options)
    )
    with service.client() as client, upload_bar() as on_sent:
        found = client.check(**fields, on_sent=on_sent)
    service.tell(found, *check_report(found))
    raise typer.Exit(status_of(found.outcome))


@service_command
@recipe_options
def submit(
    service: Service,
    recipe: dict[str, Any],
    file: File = None,
    weights: Weights = None,
    model: Model = "",
    class_name: ClassName = "",
    arguments: Arguments = "",
    options: Options = [],  # noqa: B006 - typer copies it
    title: Annotated[str, typer.Option(help="Its name on the board.", show_default=False)] = "",
    notes: Annotated[str, typer.Option(help="What you learnt, in Markdown.", show_default=False)] = "",
    notes_file: Annotated[
        Path | None, typer.Option(help="The same from a file.", exists=True, dir_okay=False, show_default=False)
    ] = None,
    claimed_accuracy: Annotated[str, typer.Option(help="What you measured yourself.", show_default=False)] = "",
    parent: Annotated[int | None, typer.Option(help="The submission that this one changes.")] = None,
    kind: Annotated[str, typer.Option(help="train or evaluate; else what the files allow.", show_default=False)] = "",
    key: Annotated[str, typer.Option(help="Submitting again with this key changes nothing.", show_default=False)] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Follow it to its end; the exit status says which.")] = False,
) -> None:
    """Submit a file, or a model of the zoo with --model, to be trained or tested and measured."""
    fields = _files(file, weights, model) | _said(
        class_name=class_name,
        arguments=arguments,
        options=_parse_options(options),
        recipe=recipe,
        title=title,
        notes=_read_notes(notes_file) if notes_file else notes,
        claimed_accuracy=claimed_accuracy,
        parent=parent,
        kind=kind,
    )
    with service.client() as client:
        with upload_bar() as on_sent:
            made = client.submit(**fields, idempotency_key=key or None, on_sent=on_sent)
        place = f", number {made.queue_position} in line" if made.queue_position else ""
        told = f"#{made.number} “{made.title}” is {made.state}{place}: {client.host}{made.links.html}"
        if not watch:
            service.tell(made, sentence(told))
            return
        raise typer.Exit(follow(service, client, made.number, told))


def _read_notes(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{path.name} is no text in UTF-8. Save it as that.") from error


def _files(file: Path | None, weights: Path | None, model: str) -> "Fields":
    """Which file is what. Of a .pt only its reader knows; beside a model of the zoo it can only be weights."""
    suffix = suffix_of(file.name) if file else ""
    is_weights = suffix in WEIGHTS_SUFFIXES and (bool(model) or suffix not in (".pt", ".pth"))
    if file is not None and is_weights and weights is not None:
        raise typer.BadParameter(f"{file.name} holds weights, and --weights names {weights.name}. Send one of them.")
    if file is None:
        return _said(model=model, weights=weights)
    return _said(model=model, weights=file) if is_weights else _said(model=model, model_file=file, weights=weights)


def _said(**fields: Any) -> "Fields":
    """What was said: an empty value is what nobody gave."""
    return {name: value for name, value in fields.items() if value not in ("", None)}  # type: ignore[return-value]


def _parse_options(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise typer.BadParameter(f"“{text}” is no option of a model. Write it like this: --option dropout=0.1")
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in given)}
