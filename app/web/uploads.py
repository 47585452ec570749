"""What comes in with a submission or a check: which fields, which files.

The form and the API send the same fields: kind, model, title, notes, option.<name>, every field of a recipe,
claimed_accuracy, model_file and weights (files), class_name, arguments, check_id (the files of an earlier check),
parent (the number of the submission that is changed), model_file_of (the number of one whose model file is taken) and
idempotency_key.
Everything that can be wrong is found before a file is kept.
"""

import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest

from app.core.blobs import Blob, chunks_of, get_blobs, hash_of
from app.core.checks import find_check, model_file_of, weights_of
from app.core.database import session_scope
from app.core.errors import InvalidFields, NotFound, Problem, UploadTooLarge
from app.core.model_files import shown_name
from app.core.recipes import Recipe
from app.core.requests import NUMBER, ModelFile, Request, Upload, Weights, check
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.submissions import earlier, public_model_file
from app.core.tables import User
from app.web.model_files import check_model_file
from app.web.weights_files import check_weights_file

# More than all fields of the form, so that a wrong one can be named, but no table of thousands.
FORM_FIELDS_LIMIT = 100
FORM_FILES_LIMIT = 10
# The longest text in a field; a thread may be longer.
PART_BYTES = 1024 * 1024
# As much of a file as is looked at here.
HEAD_BYTES = 64

TEXT_FIELDS = ("kind", "model", "title", "notes", "class_name", "arguments", "parent", "claimed_accuracy")
OPTION_PREFIX = "option."
CHECK_ID = "check_id"
MODEL_FILE_OF = "model_file_of"
# Of the page's own; checked there.
IGNORED_FIELDS = frozenset({"csrf_token"})
FILE_KINDS: Mapping[str, type[Upload]] = {"model_file": ModelFile, "weights": Weights}
FILE_CHECKS = {"model_file": check_model_file, "weights": check_weights_file}
KNOWN_FIELDS = (*TEXT_FIELDS, *FILE_KINDS, CHECK_ID, MODEL_FILE_OF, "idempotency_key", *Recipe.model_fields)
KEY = re.compile(r"[\x21-\x7e]{1,200}")
# Stands for a file while everything else is checked; never stored.
UNREAD = Blob("", 0)
CODE_AS_MODEL = N_(
    "model names a model of the zoo; the file “%(name)s” was given. Send the file as model_file and leave model out."
)


@contextlib.asynccontextmanager
async def open_form(request: HttpRequest, part_bytes: int = PART_BYTES) -> AsyncIterator[FormData]:
    """The fields and files of a request; the files go when the block ends. `part_bytes`: the longest text in a field.

    Raises:
        Problem: if the body is no form.
    """
    form = await read_form(request, part_bytes)
    try:
        yield form
    finally:
        await form.close()


async def read_form(request: HttpRequest, part_bytes: int = PART_BYTES) -> FormData:
    """The same for who closes the files later. Raises Problem if the body is no form."""
    try:
        return await request.form(max_fields=FORM_FIELDS_LIMIT, max_files=FORM_FILES_LIMIT, max_part_size=part_bytes)
    except HTTPException as error:
        if isinstance(error, Problem):
            raise
        text = N_("The form cannot be read: %(reason)s")
        raise Problem(Sentence(text, {"reason": error.detail})) from error


async def accept(
    form: FormData, idempotency_key: str | None, user: User, reused: Collection[str] = tuple(FILE_KINDS)
) -> Request:
    """The request in a form, with its files stored: ready for `submissions.create` and `checks.request_check`.

    `reused` names the files that may come from an earlier check.

    Raises:
        InvalidFields: one sentence per field; nothing is stored.
        UploadTooLarge: nothing is stored.
        Conflict: when the key belongs to another request; nothing is stored.
    """
    return await run_in_threadpool(_accept, form, idempotency_key, user, reused)


def _accept(form: FormData, idempotency_key: str | None, user: User, reused: Collection[str]) -> Request:
    request = read_request(form, idempotency_key, user, reused)
    files = _files(form)
    if request.idempotency_key is not None:
        hashed = {name: _upload(name, file, hash_of(_chunks(file))) for name, file in files.items()}
        with session_scope() as session:
            earlier(session, user.stored_id, replace(request, **hashed))
    return replace(request, **{name: _store(name, file) for name, file in files.items()})


def _store(name: str, file: UploadFile) -> Any:
    """Keep a file that `read_request` has found good. Blocks while it writes."""
    return _upload(name, file, get_blobs().store(_chunks(file), get_settings().upload_limit_bytes))


def _upload(name: str, file: UploadFile, blob: Blob) -> Any:
    return FILE_KINDS[name](blob, _name(file))


def _chunks(file: UploadFile) -> Any:
    file.file.seek(0)
    return chunks_of(file.file)


def read_request(
    form: FormData, idempotency_key: str | None, user: User, reused: Collection[str] = tuple(FILE_KINDS)
) -> Request:
    """What a form asks for, checked, its files only looked at.

    Raises:
        InvalidFields: one sentence per field that cannot be used, all at once.
        UploadTooLarge: if a file is over the limit.
    """
    errors = _form_errors(form)
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    key = idempotency_key if idempotency_key is not None else texts.get("idempotency_key") or None
    errors |= key_errors(key)
    files: dict[str, Any] = {name: _upload(name, file, UNREAD) for name, file in _files(form).items()}
    try:
        files = kept_files(texts, user, reused) | files
    except InvalidFields as error:
        errors |= error.fields
    given: dict[str, Any] = {name: texts.get(name, "") for name in TEXT_FIELDS}
    request = Request(
        **given,
        options=_options(texts),
        recipe={name: value for name, value in texts.items() if name in Recipe.model_fields},
        idempotency_key=key,
        **files,
    )
    try:
        check(request)
    except InvalidFields as error:
        errors = error.fields | errors
    if errors:
        raise InvalidFields(errors)
    return request


def kept_files(given: Mapping[str, Any], user: User, reused: Collection[str] = tuple(FILE_KINDS)) -> dict[str, Any]:
    """The files that need not be sent, by their field: of another submission, or of an earlier check of this user.

    Raises:
        InvalidFields: if there is no such submission or check, or its file is not this user's to take.
    """
    files = _file_of_submission(str(given.get(MODEL_FILE_OF, "")), user)
    kept = {name: file for name, file in files.items() if name in reused}
    return kept | files_of_check(given.get(CHECK_ID, ""), user, reused)


def _file_of_submission(number: str, user: User) -> dict[str, Any]:
    if not number:
        return {}
    if not NUMBER.fullmatch(number):
        text = N_("model_file_of must be the number of a submission, e.g. 12; “%(value)s” was given.")
        raise InvalidFields({MODEL_FILE_OF: Sentence(text, {"value": number[:40]})})
    try:
        with session_scope() as session:
            return {"model_file": public_model_file(session, int(number), user)}
    except NotFound as error:
        raise InvalidFields({MODEL_FILE_OF: error.sentence}) from error


def files_of_check(check_id: str, user: User, reused: Collection[str] = tuple(FILE_KINDS)) -> dict[str, Any]:
    """The files that an earlier check of this user was about, by their field.

    Raises:
        InvalidFields: if there is no such check, or no longer.
    """
    if not check_id:
        return {}
    try:
        with session_scope() as session:
            found = find_check(session, check_id, user)
    except NotFound as error:
        raise InvalidFields({CHECK_ID: error.sentence}) from error
    kept = {"model_file": model_file_of(found), "weights": weights_of(found)}
    return {name: file for name, file in kept.items() if file is not None and name in reused}


def _form_errors(form: FormData) -> dict[str, Sentence]:
    errors: dict[str, Sentence] = {}
    for name, count in Counter(name for name, _ in form.multi_items()).items():
        if name not in KNOWN_FIELDS and name not in IGNORED_FIELDS and not name.startswith(OPTION_PREFIX):
            text = N_("There is no field “%(name)s”. The fields are: %(names)s and option.<name>.")
            errors[name[:40]] = Sentence(text, {"name": name[:40], "names": ", ".join(KNOWN_FIELDS)})
        elif count > 1:
            text = N_("%(name)s was given %(count)s times. Give it once.")
            errors[name[:40]] = Sentence(text, {"name": name[:40], "count": count})
    for name, value in form.multi_items():
        if sentence := _kind_error(name, value):
            errors.setdefault(name[:40], sentence)
    return errors


def _kind_error(name: str, value: UploadFile | str) -> Sentence | None:
    """What is wrong with a text where a file belongs, with a file where a text belongs, or with the file."""
    if isinstance(value, str):
        if name not in FILE_KINDS or not value:
            return None
        text = N_("%(name)s must be a file; the text “%(value)s” was given.")
        return Sentence(text, {"name": name, "value": value[:40]})
    if name == "model":
        return Sentence(CODE_AS_MODEL, {"name": shown_name(value.filename or "")})
    if name not in FILE_KINDS:
        text = N_("%(name)s must be text; the file “%(value)s” was given.")
        return Sentence(text, {"name": name[:40], "value": shown_name(value.filename or "")})
    return _check_file(name, value) if _is_there(value) else None


def _is_there(file: UploadFile) -> bool:
    """Browsers send a nameless empty part where no file was chosen."""
    return bool(file.filename or file.size)


def _check_file(name: str, file: UploadFile) -> Sentence | None:
    limit_bytes = get_settings().upload_limit_bytes
    size_bytes = file.size or 0
    if size_bytes > limit_bytes:
        raise UploadTooLarge(limit_bytes, name)
    file.file.seek(0)
    return FILE_CHECKS[name](_name(file), size_bytes, file.file.read(HEAD_BYTES))


def _files(form: FormData) -> dict[str, UploadFile]:
    """The first file of each field for files."""
    found: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if name in FILE_KINDS and isinstance(value, UploadFile) and _is_there(value):
            found.setdefault(name, value)
    return found


def _name(file: UploadFile) -> str:
    """A file's name without folders and without characters that a database or a page cannot hold."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    return "".join(character for character in name if character.isprintable())


def key_errors(key: str | None) -> dict[str, Sentence]:
    """What is wrong with an idempotency key."""
    if key is None or KEY.fullmatch(key):
        return {}
    text = N_("The Idempotency-Key must be 1 to 200 visible ASCII characters, e.g. a UUID; “%(value)s” was given.")
    return {"idempotency_key": Sentence(text, {"value": key[:40]})}


def _options(texts: Mapping[str, str]) -> dict[str, str]:
    return {name.removeprefix(OPTION_PREFIX): text for name, text in texts.items() if name.startswith(OPTION_PREFIX)}
