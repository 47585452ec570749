"""What can be submitted: the models of the zoo and the fields of a recipe."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from app.core.recipes import Recipe, choices_of, limits_of
from app.core.zoo import ZooModel, zoo
from app.web.api.wording import words

router = APIRouter(tags=["catalogue"])
KINDS = {bool: "boolean", int: "integer", float: "number"}


class OptionBody(BaseModel):
    """A number that a model takes."""

    name: str = Field(examples=["dropout"])
    default: int | float
    minimum: int | float
    maximum: int | float


class ModelBody(BaseModel):
    """A model of the zoo."""

    id: str = Field(examples=["yannet"])
    title: str = Field(examples=["YanNet"])
    source: str
    parameters: int = Field(description="at the default options")
    convolution: bool
    options: list[OptionBody]
    recipe: dict[str, Any] = Field(description="what suits it better than the defaults")


class RecipeField(BaseModel):
    """A hyperparameter."""

    name: str = Field(examples=["learning_rate"])
    type: str = Field(description="integer, number, boolean or choice")
    default: Any = Field(examples=[0.02])
    minimum: float | None
    maximum: float | None
    choices: list[str]
    title: str
    hint: str


@router.get("/models", operation_id="listModels", summary="The models of the zoo, smallest first")
def get_models() -> list[ModelBody]:
    """Public."""
    return [_model(model) for model in zoo().values()]


def _model(model: ZooModel) -> ModelBody:
    options = [OptionBody(**vars(option)) for option in model.options]
    return ModelBody(**vars(model) | {"options": options, "recipe": dict(model.recipe)})


@router.get("/recipe", operation_id="getRecipe", summary="The fields of a recipe with their limits and defaults")
def get_recipe(request: Request) -> list[RecipeField]:
    """Public. The defaults are the homework's own recipe."""
    return [_field(name, info, request) for name, info in Recipe.model_fields.items()]


def _field(name: str, info: FieldInfo, request: Request) -> RecipeField:
    kind = next((word for kind, word in KINDS.items() if info.annotation is kind), "choice")
    minimum, maximum = limits_of(info) if kind in ("integer", "number") else (None, None)
    return RecipeField(
        name=name,
        type=kind,
        default=info.default,
        minimum=minimum,
        maximum=maximum,
        choices=list(choices_of(info)),
        title=words(request, info.title or name),
        hint=words(request, info.description or ""),
    )
