"""Submissions that change another one: what a fork begins with, what it changed, and who forked what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from app.core.errors import Conflict, NotFound
from app.core.model_files import is_source, shown_name
from app.core.recipes import Recipe, reported_recipe
from app.core.requests import Request
from app.core.sentences import N_, Sentence
from app.core.submissions import Person, find_visible, is_close, public_model_file
from app.core.tables import Submission
from app.core.zoo import zoo

NOT_TRAINABLE = N_(
    "“%(name)s” of submission #%(number)s is an exported network: it can be tested, not trained. To train it with "
    "changes, upload the .py or .ipynb that defines it."
)
GONE = N_("The model “%(model)s” of submission #%(number)s is not in the zoo any more, so it cannot be trained again.")
OPTION = "option."


@dataclass(frozen=True)
class Change:
    """One setting that differs. `name` is a field of the recipe, `option.<name>`, or a field of a request."""

    name: str
    before: Any
    after: Any


def fork_request(session: Session, parent: Submission, reader: Person | None) -> Request:
    """What trains a submission again as it is; the fork changes some of it.

    Weights that were tested are left out: a fork is trained.

    Raises:
        NotFound: when its model file is not public yet.
        Conflict: when its network cannot be trained.
    """
    values = {"number": parent.number, "name": shown_name(parent.model_file_name or ""), "model": parent.model}
    if parent.model_file_name and not is_source(parent.model_file_name):
        raise Conflict(Sentence(NOT_TRAINABLE, values))
    if parent.model and parent.model not in zoo():
        raise Conflict(Sentence(GONE, values))
    return Request(
        kind="train",
        model=parent.model or "",
        title=parent.title,
        options=parent.options,
        recipe=whole_recipe(parent),
        model_file=public_model_file(session, parent.number or 0, reader) if parent.model_file_sha256 else None,
        class_name=parent.class_name,
        arguments=parent.arguments,
        parent=str(parent.number),
    )


def whole_recipe(submission: Submission) -> dict[str, Any]:
    """The stored recipe, and the defaults of fields that are younger than it."""
    known = {name: value for name, value in submission.recipe.items() if name in Recipe.model_fields}
    return Recipe().model_dump() | known


def can_fork(submission: Submission) -> bool:
    """Whether its network can be trained."""
    name = submission.model_file_name
    return is_source(name) if name else submission.model in zoo()


def parent_of(session: Session, submission: Submission, reader: Person | None) -> Submission | None:
    """What this one changes, if there is something that the reader may see."""
    if submission.parent_id is None:
        return None
    found = session.exec(select(Submission).where(Submission.id == submission.parent_id)).one()
    try:
        return find_visible(session, found.number or 0, reader)
    except NotFound:
        return None


def forks_of(session: Session, submission: Submission, reader: Person | None) -> list[Submission]:
    """What others, and its author, have made of it; oldest first."""
    statement = select(Submission).where(Submission.parent_id == submission.id).order_by(col(Submission.number))
    forks = session.exec(statement)
    return [fork for fork in forks if not (fork.withdrawn or fork.hidden) or is_close(fork, reader)]


def changes(parent: Submission, child: Submission) -> list[Change]:
    """The settings in which two submissions differ: the network first, then options, then the recipe."""
    parts = [*zip(_settings(parent), _settings(child), strict=True), comparable_recipes(parent, child)]
    return [change for before, after in parts for change in _changes(before, after)]


def comparable_recipes(first: Submission, second: Submission) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both recipes, of brought weights only what was said of them, and then only what is known of both."""
    recipes = [_known_recipe(submission) for submission in (first, second)]
    shared = recipes[0].keys() & recipes[1].keys()
    known = [{name: value for name, value in recipe.items() if name in shared} for recipe in recipes]
    return known[0], known[1]


def _known_recipe(submission: Submission) -> dict[str, Any]:
    recipe = whole_recipe(submission)
    return recipe if submission.kind == "train" else reported_recipe(recipe)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    pairs = ((name, before.get(name), after.get(name)) for name in before | after)
    return [Change(*pair) for pair in pairs if pair[1] != pair[2]]


def _settings(submission: Submission) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of the network, and of its options."""
    network = {
        "kind": submission.kind,
        "model": submission.model,
        "model_file": submission.model_file_sha256,
        "class_name": submission.class_name,
        "arguments": submission.arguments,
        "weights": submission.weights_sha256,
    }
    options = {f"{OPTION}{name}": value for name, value in whole_options(submission).items()}
    return network, options


def whole_options(submission: Submission) -> Mapping[str, Any]:
    """A zoo model's options; those that were left out have the model's defaults."""
    model = zoo().get(submission.model or "")
    return {option.name: option.default for option in model.options} | submission.options if model else {}
