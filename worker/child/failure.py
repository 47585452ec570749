"""Every sentence with which a job can fail inside the child, and the exception that carries one to `main`.

The sentences live together so that they can be extracted for translation; the worker translates them, the child never.
"""

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


def N_(text: str) -> str:  # noqa: N802  # gettext's name for "translate this later"
    """Mark a sentence for extraction and return it unchanged."""
    return text


UNKNOWN_MODEL = N_("There is no model called %(model)s. Choose one of: %(models)s.")
BUILD_FAILED = N_("The model could not be built with these options: %(error)s")
MODEL_RAISED = N_("The model's own code raised an error: %(error)s")
NOTHING_TO_TRAIN = N_("The model has no parameters that can be trained. Use layers with weights, such as nn.Linear.")
NLL_NEEDS_LOG = N_(
    "The loss nll needs log-probabilities, but this model returns %(output)s: training would go wrong without an "
    "error. Choose the loss auto or cross_entropy, or end the model with nn.LogSoftmax(dim=1)."
)
NO_MUON = N_("The optimizer Muon is not part of the PyTorch %(version)s of this worker. Choose AdamW instead.")
NO_MATRIX = N_("Muon works on weight matrices, and this model has none. Choose another optimizer, such as AdamW.")

NOT_A_TENSOR = N_("The network returned %(given)s instead of one tensor with 10 numbers per image.")
WRONG_IMAGE_COUNT = N_(
    "The network returned an output of shape %(given)s for %(images)s images; (%(images)s, 10) is needed."
)
WRONG_OUTPUT_COUNT = N_("The network returned %(given)s numbers per image; 10 are needed.")
NOT_FINITE_OUTPUT = N_(
    "The network returned values that are not finite for %(images)s of %(of)s images. Try a smaller learning rate."
)

DIVERGED = N_(
    "The training loss was no finite number any more at step %(step)s (epoch %(epoch)s, learning rate "
    "%(learning_rate)s). Try a smaller learning rate."
)
OUT_OF_MEMORY = N_("The run needed more memory than there is. Use a smaller model or a smaller batch size.")

NOT_SAFETENSORS = N_("The weights file is not a readable safetensors file: %(error)s")
TENSOR_MISSING = N_(
    "The weights file lacks the tensor %(name)s of shape %(expected)s. Is it from the same model with the same options?"
)
TENSOR_UNEXPECTED = N_(
    "The weights file has a tensor %(name)s of shape %(given)s that the model does not have. Is it from the same model "
    "with the same options?"
)
TENSOR_TWICE = N_("The weights file has the tensor %(name)s twice, with and without the prefix of a wrapper.")
TENSOR_SHAPE = N_("The tensor %(name)s has shape %(given)s in the weights file, but the model needs %(expected)s.")
TENSOR_DTYPE = N_("The tensor %(name)s has type %(given)s in the weights file, but the model needs %(expected)s.")
TENSOR_NOT_FINITE = N_("The tensor %(name)s of the weights file has values that are not finite (NaN or infinity).")

# A line of the protocol has 64 KiB; JSON writes a character in at most six bytes.
LONGEST_DETAIL = 8_000
LONGEST_VALUE = 300


class Failure(Exception):
    """The job ended for a reason that the student can act on.

    `outcome` is one of the protocol's; `text` is one of this file's sentences and `values` fills its places; `detail`
    is a traceback, cut to its last 8,000 characters, or None.
    """

    def __init__(
        self, outcome: str, text: str, values: Mapping[str, object] | None = None, detail: str | None = None
    ) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
        self.values = {name: _short(value) for name, value in (values or {}).items()}
        self.detail = detail and detail[-LONGEST_DETAIL:]

    def message(self) -> Mapping[str, object]:
        """Return the keys of a `failed` line."""
        return {"outcome": self.outcome, "text": self.text, "values": self.values, "detail": self.detail}


def _short(value: object) -> object:
    return value if isinstance(value, int | float) else str(value)[:LONGEST_VALUE]


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an error means that memory ran out: torch's CPU allocator raises a plain RuntimeError for it."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@contextmanager
def model_code(sentence: str = MODEL_RAISED) -> Iterator[None]:
    """Run code that belongs to the model: what it raises becomes a `bad_model` failure with its traceback."""
    try:
        yield
    except Exception as error:
        if isinstance(error, Failure) or is_out_of_memory(error):
            raise
        detail = "".join(traceback.format_exception(error))
        raise Failure("bad_model", sentence, {"error": f"{type(error).__name__}: {error}"}, detail) from error
