"""Whether a JSON body has the shape that OpenAPI says of it: no other fields, no other kinds of values."""

from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.web.api.bodies import read_json
from app.web.api.texts import NO_FIELD

WRONG_KIND = N_("%(name)s cannot be used: %(reason)s")
NAME_MAXIMUM = 40


async def read_shaped(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    """The object in a body, as it was sent. Raises InvalidFields for another shape, and what `read_json` raises."""
    given = await read_known(request, model)
    try:
        model.model_validate(given, strict=True)
    except ValidationError as error:
        raise InvalidFields({_name(each["loc"]): _sentence(each) for each in error.errors()}) from error
    return given


async def read_known(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    """The same where the values are looked at elsewhere: only names that the model has."""
    given = await read_json(request)
    names = ", ".join(model.model_fields)
    unknown = [name[:NAME_MAXIMUM] for name in given if name not in model.model_fields]
    if unknown:
        raise InvalidFields({name: Sentence(NO_FIELD, {"name": name, "names": names}) for name in unknown})
    return given


def _name(place: tuple[int | str, ...]) -> str:
    return str(place[0]) if place else "body"


def _sentence(error: Any) -> Sentence:
    return Sentence(WRONG_KIND, {"name": _name(error["loc"]), "reason": str(error["msg"])})
