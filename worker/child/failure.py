"""The exception that carries a job's failure to `main`, and how errors of other people's code become one.

The sentences are constants in `sentences/`, by topic, so that they can be extracted for translation; the worker
translates them, the child never.
"""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


def N_(text: str) -> str:  # noqa: N802  # gettext's name for "translate this later"
    """Mark a sentence for extraction and return it unchanged."""
    return text


MODEL_RAISED = N_("The model's own code raised an error: %(error)s")
MODEL_EXITED = N_(
    "The model's own code ended the program (%(error)s). Take out the calls of exit(), quit() or sys.exit()."
)
OUT_OF_MEMORY = N_("The run needed more memory than there is. Use a smaller model or a smaller batch size.")
FILE_NEEDS_MEMORY = N_("Reading the file %(file)s needs more memory than there is: it claims tensors far too large.")

_OUT_OF_MEMORY_WORDS = ("can't allocate memory", "Failed to allocate memory for requested buffer")
# A line of the protocol has 64 KiB; JSON writes a character in at most six bytes.
LONGEST_DETAIL = 8_000
LONGEST_VALUE = 300


class Failure(Exception):
    """The job ended for a reason that the student can act on.

    `outcome` is one of the protocol's; `text` is a sentence marked with `N_` and `values` fills its places; `detail`
    is a traceback, cut to its last 8,000 characters, or None.
    """

    def __init__(
        self, outcome: str, text: str, values: Mapping[str, object] | None = None, detail: str | None = None
    ) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
        self.values = {name: shortened(value) for name, value in (values or {}).items()}
        self.detail = detail and detail[-LONGEST_DETAIL:]

    def message(self) -> Mapping[str, object]:
        """Return the keys of a `failed` line."""
        return {"outcome": self.outcome, "text": self.text, "values": self.values, "detail": self.detail}


def shortened(value: object) -> object:
    """Return a value for a place of a sentence: a number, or a text of at most 300 characters."""
    return value if isinstance(value, int | float) else str(value)[:LONGEST_VALUE]


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory ran out: torch's CPU allocator and onnxruntime raise plain errors."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, Exception) and any(words in words_of(error) for words in _OUT_OF_MEMORY_WORDS)


def words_of(error: BaseException) -> str:
    """Return an error's kind and message, also when its class cannot put it into words."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  # a student's class may raise anything here
        return type(error).__name__


@contextmanager
def model_code(sentence: str = MODEL_RAISED) -> Iterator[None]:
    """Run code that belongs to the model: what it raises becomes a `bad_model` failure with its traceback.

    That holds for SystemExit, KeyboardInterrupt and their like too: left alone, they would end the process silently.
    """
    try:
        yield
    except BaseException as error:
        if isinstance(error, Failure | GeneratorExit) or is_out_of_memory(error):
            raise
        text = sentence if isinstance(error, Exception) else MODEL_EXITED
        raise Failure("bad_model", text, {"error": words_of(error)}, _detail_of(error)) from error


def as_failure(error: BaseException) -> Failure | None:
    """Return the failure that an error is, or None for an error that is ours.

    Code of the student's can also run where none is expected, as when it overrides what torch calls of a module.
    """
    from worker.child.script.tracebacks import student_detail  # here, because it needs `Failure`

    if isinstance(error, Failure):
        return error
    if is_out_of_memory(error):
        return Failure("out_of_memory", OUT_OF_MEMORY)
    detail = student_detail(error)
    if detail is None:
        return None
    return Failure("bad_model", MODEL_RAISED, {"error": words_of(error)}, detail)


def _detail_of(error: BaseException) -> str:
    """Return the traceback, of an error in a script only the lines of the student's own file."""
    from worker.child.script.tracebacks import student_detail  # here, because it needs `Failure`

    return student_detail(error) or "".join(traceback.format_exception(error))


@contextmanager
def file_reading(sentence: str, file: str, **values: object) -> Iterator[None]:
    """Read an uploaded file: whatever a library raises about it becomes a `bad_file` failure in its words."""
    try:
        yield
    except Failure:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # an export may run anything when it is loaded
        text = FILE_NEEDS_MEMORY if is_out_of_memory(error) else sentence
        raise Failure("bad_file", text, {"file": file, "error": words_of(error), **values}) from error
