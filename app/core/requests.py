"""What somebody asks for, and everything that can be checked of it without running it."""

import ast
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from app.core.blobs import Blob
from app.core.claimed import NoAccuracy, parse_accuracy
from app.core.errors import InvalidFields
from app.core.model_files import is_source, shown_name
from app.core.recipes import Recipe, parse_recipe
from app.core.sentences import N_, Sentence
from app.core.zoo import find_model, parse_options, zoo

TITLE_MAXIMUM = 80
NOTES_MAXIMUM = 20_000
CLASS_NAME_MAXIMUM = 120
ARGUMENTS_MAXIMUM = 500
FILE_NAME_MAXIMUM = 200
# As much of a value as a sentence can bear.
SHOWN_MAXIMUM = 60
KINDS = ("train", "evaluate")
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
Errors = dict[str, Sentence]


@dataclass(frozen=True)
class Upload:
    """An uploaded file that is stored already."""

    blob: Blob
    name: str

    @property
    def kept_name(self) -> str:
        """The name as it is stored: its end says what the file is."""
        return self.name[-FILE_NAME_MAXIMUM:]

    @property
    def shown_name(self) -> str:
        """The name short enough for a sentence."""
        return shown_name(self.name)


class Weights(Upload):
    """Numbers only: .safetensors, or a state_dict."""


class ModelFile(Upload):
    """The network itself: source, or exported."""


@dataclass(frozen=True)
class Request:
    """What somebody asks for, unchecked: strings of a form or values of JSON.

    `parent`: the number of the submission that this one changes. `claimed_accuracy`: what its author says that it
    reads right. `claim_id`: the claim that it rebuilds; no form and no client says that.
    """

    kind: str = ""
    model: str = ""
    title: str = ""
    notes: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    model_file: ModelFile | None = None
    weights: Weights | None = None
    class_name: str = ""
    arguments: str = ""
    parent: str = ""
    claimed_accuracy: str = ""
    claim_id: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Checked:
    """A request that can be run. Either `model` or the request's model file is there."""

    kind: str
    model: str | None
    title: str
    notes: str
    options: dict[str, int | float]
    recipe: Recipe
    class_name: str = ""
    arguments: str = ""
    parent: int | None = None
    claimed_accuracy: float | None = None
    claim_id: int | None = None


def check(request: Request) -> Checked:
    """Check everything that can be checked without running it; all errors at once.

    Raises:
        InvalidFields: one sentence per field.
    """
    errors: Errors = {}
    options: dict[str, int | float] = {}
    recipe = Recipe()
    try:
        options = _options(request)
    except InvalidFields as error:
        errors |= error.fields
    try:
        recipe = parse_recipe(request.recipe)
    except InvalidFields as error:
        errors |= error.fields
    errors |= _text_errors(request) | _source_errors(request) | _file_errors(request) | _parent_errors(request)
    claimed = None
    try:
        claimed = parse_accuracy(request.claimed_accuracy)
    except NoAccuracy as error:
        errors["claimed_accuracy"] = error.sentence
    if errors:
        raise InvalidFields(errors)
    return Checked(
        kind=kind_of(request),
        model=request.model or None,
        title=request.title.strip() or _own_title(request),
        notes=request.notes.strip(),
        options=options,
        recipe=recipe,
        class_name=request.class_name.strip(),
        arguments=request.arguments.strip(),
        parent=int(request.parent) if request.parent else None,
        claimed_accuracy=claimed,
        claim_id=request.claim_id,
    )


def kind_of(request: Request) -> str:
    """What is to be done; where nobody says, what the files allow."""
    is_exported = request.model_file is not None and not is_source(request.model_file.name)
    return request.kind or ("evaluate" if request.weights or is_exported else "train")


def _own_title(request: Request) -> str:
    name = request.model_file.name if request.model_file else request.model
    return PurePosixPath(name).stem[:TITLE_MAXIMUM]


def _options(request: Request) -> dict[str, int | float]:
    """The options of a model of the zoo. Raises InvalidFields, also where there is no network at all."""
    if request.model_file is None:
        if not request.model:
            text = N_("Name a model of the zoo (%(choices)s), or upload a model file.")
            raise InvalidFields({"model": Sentence(text, {"choices": ", ".join(zoo())})})
        return parse_options(find_model(request.model), request.options)
    if request.model:
        text = N_("Choose a model of the zoo or upload a model file, not both: “%(model)s” and “%(name)s” were sent.")
        values = {"model": request.model[:40], "name": request.model_file.shown_name}
        raise InvalidFields({"model": Sentence(text, values)})
    text = N_(
        "“%(name)s” is an option of models of the zoo. For a file of yours use the constructor arguments: hidden=64."
    )
    given = [name[:40] for name, value in request.options.items() if value not in ("", None)]
    if given:
        raise InvalidFields({f"option.{name}": Sentence(text, {"name": name}) for name in given})
    return {}


def _text_errors(request: Request) -> Errors:
    errors: Errors = {}
    if len(request.title.strip()) > TITLE_MAXIMUM:
        text = N_("The name has %(given)s characters; at most %(maximum)s fit on the board.")
        errors["title"] = Sentence(text, {"given": len(request.title.strip()), "maximum": TITLE_MAXIMUM})
    if len(request.notes) > NOTES_MAXIMUM:
        text = N_("The notes have %(given)s characters; at most %(maximum)s are kept.")
        errors["notes"] = Sentence(text, {"given": len(request.notes), "maximum": NOTES_MAXIMUM})
    for name, text in (("title", request.title), ("notes", request.notes)):
        if "\x00" in text:
            errors[name] = Sentence(N_("The text holds a NUL character, which cannot be stored. Remove it."))
    return errors


def _source_errors(request: Request) -> Errors:
    """What is wrong with the class and its arguments: they go with source only."""
    errors: Errors = {}
    has_source = request.model_file is not None and is_source(request.model_file.name)
    for name, value in (("class_name", request.class_name.strip()), ("arguments", request.arguments.strip())):
        if value and not has_source:
            text = N_("%(name)s belongs to an uploaded .py or .ipynb; “%(value)s” was given. Leave it empty.")
            errors[name] = Sentence(text, {"name": name, "value": value[:40]})
    if errors:
        return errors
    return _class_name_errors(request.class_name.strip()) | _arguments_errors(request.arguments.strip())


def _class_name_errors(name: str) -> Errors:
    if not name or (name.isidentifier() and len(name) <= CLASS_NAME_MAXIMUM):
        return {}
    text = N_("“%(value)s” is no name of a class. Write the name that stands behind “class” in your file, e.g. Net.")
    return {"class_name": Sentence(text, {"value": _shown(name)})}


def _arguments_errors(arguments: str) -> Errors:
    if len(arguments) > ARGUMENTS_MAXIMUM:
        text = N_("The arguments have %(given)s characters; at most %(maximum)s are read.")
        return {"arguments": Sentence(text, {"given": len(arguments), "maximum": ARGUMENTS_MAXIMUM})}
    if _are_arguments(arguments):
        return {}
    text = N_(
        "“%(value)s” cannot be the arguments. Write what stands between the brackets of the class, with plain values "
        "only: hidden=64, dropout=0.2"
    )
    return {"arguments": Sentence(text, {"value": _shown(arguments)})}


def _are_arguments(text: str) -> bool:
    """Whether this can stand between the brackets of a call and holds nothing but plain values."""
    try:
        call = ast.parse(f"f({text}\n)", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return False
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            ast.literal_eval(value)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return all(keyword.arg for keyword in call.keywords)


def _file_errors(request: Request) -> Errors:
    """What is wrong with the files as they go with the kind of request and with each other."""
    kind = kind_of(request)
    if kind not in KINDS:
        text = N_("kind cannot be “%(value)s”. Choose one of: %(choices)s.")
        return {"kind": Sentence(text, {"value": kind[:40], "choices": ", ".join(KINDS)})}
    return _training_errors(request) if kind == "train" else _test_errors(request)


def _training_errors(request: Request) -> Errors:
    errors: Errors = {}
    if request.weights is not None:
        text = N_("A training run starts from scratch and takes no weights. Leave the file out, or test the weights.")
        errors["weights"] = Sentence(text)
    if request.model_file is not None and not is_source(request.model_file.name):
        text = N_(
            "“%(name)s” is an exported network: it can be tested, not trained. Test it as weights, or upload the .py "
            "or .ipynb that defines it."
        )
        errors["model_file"] = Sentence(text, {"name": request.model_file.shown_name})
    return errors


def _test_errors(request: Request) -> Errors:
    file, weights = request.model_file, request.weights
    if file is not None and not is_source(file.name):
        text = N_("“%(name)s” holds its own weights. Leave the file “%(weights)s” out.")
        values = {"name": file.shown_name, "weights": weights.shown_name if weights else ""}
        return {"weights": Sentence(text, values)} if weights else {}
    if weights is not None:
        return {}
    if file is not None:
        text = N_("“%(name)s” has no weights in it. Upload them too: a .safetensors file, or a state_dict as .pt.")
        return {"weights": Sentence(text, {"name": file.shown_name})}
    return {"weights": Sentence(N_("To test weights, upload them: a .safetensors file, or a state_dict as .pt."))}


def _parent_errors(request: Request) -> Errors:
    """Whether the parent can be a submission's number; whether there is one is found when it is stored."""
    if not request.parent or NUMBER.fullmatch(request.parent):
        return {}
    text = N_("parent must be the number of a submission, e.g. 12; “%(value)s” was given.")
    return {"parent": Sentence(text, {"value": _shown(request.parent)})}


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_MAXIMUM else text[: SHOWN_MAXIMUM - 1] + "…"


def fingerprint(request: Request) -> str:
    """The same for the same request, whatever the order of its fields."""
    files = [file.blob.sha256 if file else None for file in (request.weights, request.model_file)]
    parts = [request.kind, request.model, request.title, request.notes, request.class_name, request.arguments, *files]
    # What came later is told only where it is given: requests from before have the same fingerprint still.
    later: list[Any] = [request.parent] if request.parent else []
    later += [{"claimed": request.claimed_accuracy}] if request.claimed_accuracy else []
    later += [{"claim": request.claim_id}] if request.claim_id is not None else []
    text = json.dumps([parts, dict(request.options), dict(request.recipe), *later], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
