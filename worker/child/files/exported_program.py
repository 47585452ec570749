"""Models that torch.export.save has written (.pt2)."""

import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from worker.child.described import DescribedModel, Layer
from worker.child.failure import file_reading
from worker.child.files.archive import check_archive
from worker.child.job import Upload
from worker.child.layers import count_numbers, tables_of
from worker.child.sentences.files import NOT_EXPORTED_PROGRAM

if TYPE_CHECKING:
    from torch.export import ExportedProgram


class ExportedModel(DescribedModel):
    """An exported program as a module. Its own `eval` raises, so it is kept out of this module's children."""

    def __init__(self, program: "ExportedProgram") -> None:
        layers = _layers(program)
        constants = [value for value in program.constants.values() if isinstance(value, Tensor)]
        kept = [*program.parameters(), *tables_of(program.named_buffers()), *constants]
        super().__init__(layers, count_numbers(kept))
        self._run = [program.module()]

    def forward(self, images: Tensor) -> Any:
        """Return whatever the program returns."""
        return self._run[0](images)


def load_exported_program(upload: Upload, _threads: int) -> tuple[nn.Module, tuple[int | None, ...]]:
    """Return the model and its batch size, None when it takes any.

    Loading runs what the file says: nowhere but in a sandbox.

    Raises:
        Failure: `bad_file` when torch cannot load it.
    """
    check_archive(upload)
    reading = file_reading(NOT_EXPORTED_PROGRAM, upload.name, version=torch.__version__)
    with reading, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about files of other versions of torch
        program = torch.export.load(str(upload.path))
        model = ExportedModel(program)
    return model, (_batch_size(program),)


def _batch_size(program: "ExportedProgram") -> int | None:
    """Return the first size of the first input, unless the author declared it as free."""
    names = program.graph_signature.user_inputs
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in names and isinstance(node.meta.get("val"), Tensor):
            first = node.meta["val"].shape[:1]
            return first[0] if first and isinstance(first[0], int) else None
    return None


def _layers(program: "ExportedProgram") -> list[Layer]:
    sizes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    parameters = {name: _count(sizes[name]) for name in program.graph_signature.inputs_to_parameters if name in sizes}
    layers = []
    for node in program.graph.nodes:
        if node.op == "call_function":
            own = sum(parameters.pop(source.name, 0) for source in node.all_input_nodes)
            kind = str(getattr(node.target, "__name__", node.target)).partition(".")[0]
            layers.append(Layer(node.name, kind, _shape(node.meta.get("val")), own))
    return layers


def _count(node: Any) -> int:
    return int(node.meta["val"].numel())


def _shape(value: object) -> list[int]:
    first = value[0] if isinstance(value, list | tuple) and value else value
    if not isinstance(first, Tensor):
        return []
    return [size for size in first.shape[1:] if isinstance(size, int)]
