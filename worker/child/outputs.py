"""Finding the ten numbers per image in whatever a network returns."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from worker.child.failure import Failure
from worker.child.sentences.outputs import NO_ROWS, NOT_A_TENSOR, WRONG_IMAGE_COUNT, WRONG_OUTPUT_COUNT

CLASSES = 10
# (logits, (hidden, cell)) is as deep as real networks go.
_DEEPEST = 3
_SHOWN = 5


def read_output(output: object, images: int) -> Tensor:
    """Return the network's output as (N, 10): the first tensor of that shape, also out of a tuple, list or dict.

    Sizes of one beside these two are dropped, as the (N, 10, 1, 1) of a network that ends in a convolution.

    Raises:
        Failure: `bad_output` when there is none.
    """
    tensors = list(_tensors_in(output, _DEEPEST))
    for tensor in tensors:
        rows = _as_rows(tensor, images)
        if rows is not None:
            return rows
    raise _misfit(output, tensors, images)


def _tensors_in(output: object, depth: int) -> Iterator[Tensor]:
    if type(output) in (Tensor, nn.Parameter):  # a subclass could answer every question about itself as it likes
        yield output  # type: ignore[misc]  # seen in the line above
    elif isinstance(output, Mapping | tuple | list) and depth:
        for value in output.values() if isinstance(output, Mapping) else output:
            yield from _tensors_in(value, depth - 1)


def _as_rows(tensor: Tensor, images: int) -> Tensor | None:
    if not _is_plain(tensor):
        return None
    sizes = list(tensor.shape)
    if sizes == [images, CLASSES]:
        return tensor
    fits = sizes[:2] == [images, CLASSES] or sizes in ([1, images, CLASSES], [images, 1, CLASSES])
    is_single = images == 1 and sizes == [CLASSES]
    fits = fits and tensor.numel() == images * CLASSES
    return tensor.reshape(images, CLASSES) if fits or is_single else None


def _is_plain(tensor: Tensor) -> bool:
    is_dense = tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_meta
    return is_dense and tensor.is_floating_point()


def _misfit(output: object, tensors: list[Tensor], images: int) -> Failure:
    if not isinstance(output, Tensor) and tensors:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors[:_SHOWN])
        values = {"given": f"a {type(output).__name__}", "images": images, "shapes": shapes}
        return Failure("bad_output", NO_ROWS, values)
    if not tensors or not _is_plain(tensors[0]):
        return Failure("bad_output", NOT_A_TENSOR, {"given": _name_of(output)})
    (tensor,) = tensors
    if tensor.ndim != 2 or len(tensor) != images:
        return Failure("bad_output", WRONG_IMAGE_COUNT, {"given": tuple(tensor.shape), "images": images})
    return Failure("bad_output", WRONG_OUTPUT_COUNT, {"given": tensor.shape[1]})


def _name_of(output: object) -> str:
    if type(output) in (Tensor, nn.Parameter):
        return f"{output.dtype} numbers"  # type: ignore[attr-defined]  # a tensor, as the line above says
    return f"a {type(output).__name__}"
