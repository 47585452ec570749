"""From the fields of the form to those of a submission.

The form has four ways to name a network, and shows the fields of one of them. Without scripts the others are sent
along too; what belongs to another way than the chosen one is left out here.
"""

from collections.abc import Mapping

from starlette.datastructures import FormData, UploadFile

from app.core.errors import InvalidFields
from app.core.model_files import is_source
from app.core.recipes import Recipe, parse_recipe
from app.core.sentences import N_, Sentence
from app.web.csrf import FIELD
from app.web.uploads import CHECK_ID, FILE_KINDS, MODEL_FILE_OF, OPTION_PREFIX

# Names the model whose suggestions fill the form, so that they can follow when another model is chosen.
SHOWN_MODEL = "shown_model"
# With weights: whether they belong to a model of the zoo or to an uploaded file.
NETWORK = "network"
# Sent by the page for itself; no part of a submission.
PAGE_FIELDS = frozenset({FIELD, SHOWN_MODEL, NETWORK})
CODE, EVALUATE, TEMPLATE = "code", "evaluate", "train"
ZOO, FILE = "zoo", "file"
OF_SOURCE = frozenset({"class_name", "arguments"})
# The fields that name a network, by the way that was chosen; options go with a model of the zoo.
USED = {
    (TEMPLATE, ZOO): frozenset({"model"}),
    (CODE, FILE): frozenset({"model_file", CHECK_ID, MODEL_FILE_OF}) | OF_SOURCE,
    (EVALUATE, ZOO): frozenset({"model", "weights", CHECK_ID}),
    (EVALUATE, FILE): frozenset({"model_file", "weights", CHECK_ID, MODEL_FILE_OF}) | OF_SOURCE,
}
NAMING = frozenset().union(*USED.values())
NO_MODEL_FILE = N_("Choose the file with your network: %(suffixes)s.")
# What a check does not look at.
UNCHECKED = frozenset({"title", "notes", "parent", "claimed_accuracy", "idempotency_key"})
Values = Mapping[str, str]


def texts_of(form: FormData) -> dict[str, str]:
    """What was typed and chosen, without the files."""
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def way_of(typed: Values) -> tuple[str, str]:
    """What is to be done, and where the network comes from."""
    kind = typed.get("kind", "")
    if kind == CODE:
        return CODE, FILE
    if kind == EVALUATE:
        return EVALUATE, FILE if typed.get(NETWORK) == FILE else ZOO
    return TEMPLATE, ZOO


def submitted(form: FormData) -> FormData:
    """The fields that are the submission's."""
    typed = texts_of(form)
    way = way_of(typed)
    kept = [(name, value) for name, value in form.multi_items() if name not in _left_out(form, typed, way)]
    return FormData([(name, "train" if (name, value) == ("kind", CODE) else value) for name, value in kept])


def _left_out(form: FormData, typed: Values, way: tuple[str, str]) -> set[str]:
    names = set(PAGE_FIELDS | (NAMING - USED[way]))
    if _holds_weights(form):
        names |= OF_SOURCE
    # Options that belong to another model than the chosen one: without scripts those of the one before are shown.
    has_other_options = typed.get(SHOWN_MODEL, typed.get("model")) != typed.get("model")
    if way[1] == FILE or has_other_options:
        names |= {name for name in typed if name.startswith(OPTION_PREFIX)}
    return names


def reused_files(form: FormData) -> set[str]:
    """The fields whose file may come from the check before."""
    used = USED[way_of(texts_of(form))] & set(FILE_KINDS)
    return set(used - {"weights"} if _holds_weights(form) else used)


def _holds_weights(form: FormData) -> bool:
    """Whether a model file was chosen just now that has its weights in it."""
    file = form.get("model_file")
    return isinstance(file, UploadFile) and bool(file.filename) and not is_source(file.filename or "")


def chosen_files(form: FormData) -> set[str]:
    """The fields for which a file was chosen just now."""
    return {name for name, value in form.multi_items() if isinstance(value, UploadFile) and value.filename}


def checked(form: FormData) -> FormData:
    """The fields that a check looks at. A setting that is being typed must not keep a file from being looked at."""
    fields = submitted(form)
    recipe = {name: value for name, value in texts_of(fields).items() if name in Recipe.model_fields}
    try:
        parse_recipe(recipe)
    except InvalidFields:
        dropped = UNCHECKED | recipe.keys()
    else:
        dropped = UNCHECKED
    return FormData([(name, value) for name, value in fields.multi_items() if name not in dropped])


def form_errors(errors: Mapping[str, Sentence], typed: Values) -> dict[str, Sentence]:
    """The errors at the fields that the form shows: where a file is asked for, no model is missing but the file."""
    shown = dict(errors)
    if "model_file" in USED[way_of(typed)] and "model" in shown:
        del shown["model"]
        suffixes = ".py, .ipynb" if typed.get("kind") == CODE else ".py, .ipynb, .onnx, .pt2, TorchScript .pt"
        shown.setdefault("model_file", Sentence(NO_MODEL_FILE, {"suffixes": suffixes}))
    return shown
