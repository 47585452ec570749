"""Where the network of a job comes from: the zoo, a script, or an exported file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from torch import nn

from worker.child.failure import Failure
from worker.child.files import content
from worker.child.files.checkpoint import read_checkpoint
from worker.child.files.exported_program import load_exported_program
from worker.child.files.onnx_file import load_onnx
from worker.child.files.torchscript import load_torchscript
from worker.child.files.uploads import recognise_model_file
from worker.child.job import Job, Upload
from worker.child.script.reading import read_script
from worker.child.sentences.files import WEIGHTS_AS_MODEL, WEIGHTS_NEEDED, WEIGHTS_NOT_NEEDED
from worker.child.sentences.models import EXPORTED_CANNOT_TRAIN
from worker.child.zoo import build_model

# As long as the form takes them.
_LONGEST_NAME = 120
_LONGEST_ARGUMENTS = 500


@dataclass(frozen=True)
class Origin:
    """A network that can be built, and what is known of it before.

    `classes` are the classes that it could be, as (name, line); `batch_sizes` are those to try, None being any.
    """

    format: str
    build: Callable[[], nn.Module]
    is_exported: bool = False
    batch_sizes: tuple[int | None, ...] = (None,)
    class_name: str = ""
    arguments: str = ""
    classes: list[tuple[str, int]] = field(default_factory=list)
    suggestions: Mapping[str, object] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def find_origin(job: Job) -> Origin:
    """Return the origin of the job's network; a script is read here, and an exported file is loaded.

    Raises:
        Failure: `bad_file` or `bad_model`.
    """
    if job.model_file is None:
        return Origin("zoo", partial(build_model, job), class_name="Net")
    found = recognise_model_file(job.model_file)
    if found in (content.TEXT, content.NOTEBOOK):
        return _script(job, job.model_file)
    return _exported(job, job.model_file, found)


def _script(job: Job, upload: Upload) -> Origin:
    if job.kind == "evaluate" and job.weights is None:
        raise Failure("bad_file", WEIGHTS_NEEDED, {"file": upload.name})
    script = read_script(upload.path, upload.name, class_name=job.class_name, arguments=job.arguments)
    return Origin(
        format=script.format,
        build=script.build,
        class_name=script.class_name[:_LONGEST_NAME],
        arguments=script.arguments[:_LONGEST_ARGUMENTS],
        classes=[(candidate.name, candidate.line) for candidate in script.candidates],
        suggestions=script.suggestions,
        missing=script.missing,
    )


def _exported(job: Job, upload: Upload, found: str) -> Origin:
    if found in (content.STATE_DICT, content.LEGACY_STATE_DICT):
        read_checkpoint(upload, found)  # of a whole pickled model or of one that is damaged, it says so itself
        raise Failure("bad_file", WEIGHTS_AS_MODEL, {"file": upload.name, "content": found})
    if job.kind == "train":
        raise Failure("bad_model", EXPORTED_CANNOT_TRAIN, {"file": upload.name, "format": found})
    if job.weights is not None:
        raise Failure("bad_file", WEIGHTS_NOT_NEEDED, {"file": upload.name})
    format_name, load = _LOADERS[found]
    # A check measures the time on one thread, and onnxruntime is told of threads only when it loads.
    model, batch_sizes = load(upload, 1 if job.kind == "check" else job.threads)
    return Origin(format_name, lambda: model, is_exported=True, batch_sizes=batch_sizes)


_Loader = Callable[[Upload, int], tuple[nn.Module, tuple[int | None, ...]]]
_LOADERS: dict[str, tuple[str, _Loader]] = {
    content.TORCHSCRIPT: ("torchscript", load_torchscript),
    content.EXPORTED_PROGRAM: ("exported_program", load_exported_program),
    content.ONNX: ("onnx", load_onnx),
}
