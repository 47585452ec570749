"""What a client asks for, from a form with files or from JSON without; and both for OpenAPI."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.core import requests
from app.core.errors import InvalidFields, UnknownContent
from app.core.model_files import MODEL_FILE_SUFFIXES, WEIGHTS_SUFFIXES
from app.core.recipes import Recipe
from app.core.sentences import N_, Sentence
from app.core.tables import User
from app.web.api.bodies import content_kind, json_body, read_json
from app.web.uploads import CHECK_ID, MODEL_FILE_OF, accept, kept_files, key_errors, open_form

FORM_KINDS = ("multipart/form-data", "application/x-www-form-urlencoded")
OBJECTS = ("options", "recipe")
NUMBERS = ("parent", MODEL_FILE_OF)
EXAMPLE: dict[str, Any] = {
    "model": "yannet",
    "title": "YanNet, slower",
    "notes": "As in the homework, with a **smaller** step.",
}
RECIPE_EXAMPLE: dict[str, Any] = {"epochs": 3, "learning_rate": 0.01}


class NewSubmission(BaseModel):
    """A submission without a file, as JSON. What is left out takes its default."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"recipe": RECIPE_EXAMPLE}]})

    kind: str = Field(default="train", examples=["train"], description="train or evaluate")
    model: str = Field(
        default="", examples=["yannet"], description="id of a model of GET /models, unless a model file is sent"
    )
    title: str = Field(default="", examples=["YanNet, cosine schedule"], max_length=requests.TITLE_MAXIMUM)
    notes: str = Field(default="", examples=["Markdown"], max_length=requests.NOTES_MAXIMUM)
    class_name: str = Field(
        default="",
        examples=["Net"],
        max_length=requests.CLASS_NAME_MAXIMUM,
        description="the network's class in a .py or .ipynb; needed only where the file leaves it open",
    )
    arguments: str = Field(
        default="",
        examples=["hidden=64, dropout=0.2"],
        max_length=requests.ARGUMENTS_MAXIMUM,
        description="what stands between the brackets of that class; plain values",
    )
    check_id: str = Field(default="", description="takes the files of an earlier check of yours: see POST /checks")
    parent: int | None = Field(
        default=None, examples=[12], description="number of the submission that this one changes, kept with it"
    )
    model_file_of: int | None = Field(
        default=None, examples=[12], description="takes the public model file of that submission"
    )
    claimed_accuracy: float | None = Field(
        default=None, ge=0, le=1, examples=[0.9847], description="your own measured accuracy, shown beside ours"
    )
    options: dict[str, float] = Field(default={}, examples=[{"dropout": 0.1}])
    recipe: dict[str, Any] = Field(
        default={}, examples=[{"epochs": 3, "learning_rate": 0.02}], description="fields of GET /recipe"
    )


def request_body() -> dict[str, Any]:
    """Both bodies, for OpenAPI."""
    return json_body(NewSubmission, **_form_schema())


def _form_schema() -> dict[str, Any]:
    """The same fields flat, and files."""
    fields = NewSubmission.model_json_schema()["properties"]
    flat = {name: field for name, field in fields.items() if name not in OBJECTS}
    schema = {
        "type": "object",
        "properties": flat
        | {
            "model_file": _file("the network as source or exported", MODEL_FILE_SUFFIXES),
            "weights": _file("with kind=evaluate, the weights of a model of the zoo or of source", WEIGHTS_SUFFIXES),
        }
        | Recipe.model_json_schema()["properties"],
        "additionalProperties": {"type": "number"},
        "description": "Options of a model of the zoo as option.<name>. Other names are refused.",
    }
    return {"multipart/form-data": {"schema": schema, "example": EXAMPLE | RECIPE_EXAMPLE}}


def _file(meaning: str, suffixes: tuple[str, ...]) -> dict[str, str]:
    return {"type": "string", "format": "binary", "description": f"{meaning}: {' '.join(suffixes)}"}


async def read_request(request: Request, idempotency_key: str | None, caller: User) -> requests.Request:
    """The request in a body, checked, its files stored.

    Raises:
        Problem: if the body cannot be read, or says something that cannot be used.
    """
    kind = content_kind(request)
    if kind == "application/json":
        given = await read_json(request)
        return await run_in_threadpool(_request_of_json, given, idempotency_key, caller)
    if kind in FORM_KINDS:
        async with open_form(request) as form:
            return await accept(form, idempotency_key, caller)
    text = N_("Send multipart/form-data or application/json here; “%(value)s” was sent.")
    raise UnknownContent(Sentence(text, {"value": kind[:60]}))


def _request_of_json(given: dict[str, Any], idempotency_key: str | None, caller: User) -> requests.Request:
    given = given | _claimed_text(given)
    errors = key_errors(idempotency_key) | _shape_errors(given)
    usable = {name: value for name, value in given.items() if name in NewSubmission.model_fields and name not in errors}
    usable |= {name: "" if value is None else str(value) for name, value in usable.items() if name in NUMBERS}
    files: dict[str, Any] = {}
    try:
        files = kept_files(usable, caller)
    except InvalidFields as error:
        errors |= error.fields
    fields = {name: value for name, value in usable.items() if name not in (CHECK_ID, MODEL_FILE_OF)}
    asked = requests.Request(**fields, **files, idempotency_key=idempotency_key)
    try:
        requests.check(asked)
    except InvalidFields as error:
        errors = error.fields | errors
    if errors:
        raise InvalidFields(errors)
    return asked


def _claimed_text(given: dict[str, Any]) -> dict[str, str]:
    """The claimed accuracy as a form would send it; JSON has it as a number."""
    value = given.get("claimed_accuracy", "")
    if isinstance(value, str | bool | list | dict):
        return {}
    return {"claimed_accuracy": "" if value is None else str(value)}


def _shape_errors(given: dict[str, Any]) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    for name, value in given.items():
        if name not in NewSubmission.model_fields:
            text = N_("There is no field “%(name)s”. The fields are: %(names)s.")
            names = ", ".join(NewSubmission.model_fields)
            errors[name[:40]] = Sentence(text, {"name": name[:40], "names": names})
        elif name in OBJECTS and not isinstance(value, dict):
            text = N_("%(name)s must be an object: {…}; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(value)[:40]})
        elif name in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | str | None)):
            text = N_("%(name)s must be the number of a submission, e.g. 12; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(value)[:40]})
        elif name not in (*OBJECTS, *NUMBERS) and not isinstance(value, str):
            text = N_("%(name)s must be text; “%(value)s” was given.")
            errors[name] = Sentence(text, {"name": name, "value": str(value)[:40]})
    return errors
