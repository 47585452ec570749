"""The submission that a form changes: what the form begins with, and what each field was."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from app.core.blobs import get_blobs
from app.core.errors import NotFound
from app.core.lineage import fork_request, whole_options, whole_recipe
from app.core.requests import NUMBER
from app.core.submissions import Person, find_visible, public_model_file
from app.core.tables import Submission
from app.web.check_view import KeptFile
from app.web.recipe_words import form_value
from app.web.submit_fields import CODE, SHOWN_MODEL, TEMPLATE
from app.web.uploads import MODEL_FILE_OF, OPTION_PREFIX


@dataclass(frozen=True)
class Parent:
    """What is changed. `values`: the fields as the form sends them; `model_file`: taken unless another is chosen."""

    number: int
    title: str
    values: Mapping[str, str]
    model_file: KeptFile | None


def values_of_fork(session: Session, submission: Submission, reader: Person | None) -> dict[str, str]:
    """What the form holds when a submission is to be changed.

    Raises:
        NotFound, Conflict: as `fork_request`.
    """
    asked = fork_request(session, submission, reader)
    number = str(submission.number)
    network = {"kind": CODE, MODEL_FILE_OF: number} if asked.model_file else {"kind": TEMPLATE, "model": asked.model}
    texts = {"class_name": asked.class_name, "arguments": asked.arguments, "title": asked.title, "parent": number}
    shown = {SHOWN_MODEL: asked.model} if asked.model else {}
    return _settings(submission) | network | texts | shown


def _settings(submission: Submission) -> dict[str, str]:
    options = {f"{OPTION_PREFIX}{name}": value for name, value in whole_options(submission).items()}
    return {name: form_value(value) for name, value in (options | whole_recipe(submission)).items()}


def parent_in(session: Session, values: Mapping[str, str], reader: Person | None) -> Parent | None:
    """The parent that a form names, if the reader may see it."""
    number = values.get("parent", "")
    if not NUMBER.fullmatch(number):
        return None
    try:
        found = find_visible(session, int(number), reader)
    except NotFound:
        return None
    file_of = values.get(MODEL_FILE_OF, "")
    is_named = NUMBER.fullmatch(file_of) is not None
    file = _kept_file(session, int(file_of), reader) if is_named else None
    return Parent(int(number), found.title, _settings(found), file)


def _kept_file(session: Session, number: int, reader: Person | None) -> KeptFile | None:
    try:
        file = public_model_file(session, number, reader)
    except NotFound:
        return None
    return KeptFile(file.name, get_blobs().size_bytes(file.blob.sha256), number)
