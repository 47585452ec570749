"""What is measured of a network without training it: its layers and its work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, _FlopCounterMode

from worker.child.data import to_pixels
from worker.child.files.onnx_file import OnnxModel
from worker.child.forward import run_forward
from worker.child.layers import list_layers
from worker.child.modes import set_training
from worker.child.network import Network
from worker.child.traceless import without_trace
from worker.child.without_compiler import hide_from_compiler

# Two images, because some networks mistake a single one: squeeze() takes its dimension away.
_IMAGES_TO_LIST = 2
# Whole layers as one operation, which an export may have instead of its parts: torch does not count what they do.
_UNCOUNTED = frozenset(
    {
        "aten.mkldnn_rnn_layer",
        "aten._cudnn_rnn",
        "aten.miopen_rnn",
        "aten._native_multi_head_attention",
        "aten._triton_multi_head_attention",
        "aten._transformer_encoder_layer_fwd",
        "aten.mkldnn_linear",
        "aten.quantized_lstm",
        "aten.quantized_gru",
    }
)
# All products of these are such.
_UNCOUNTED_FAMILIES = frozenset({"mkldnn", "mkldnn_prepacked", "onednn", "prepacked", "quantized"})
_ONNX_CONVOLUTIONS = ("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "FusedConv", "NhwcConv")


def inputs_for(network: Network, images: Tensor, count: int) -> Tensor:
    """Return the network's input for the first images (N, 1, 28, 28) uint8, as many as it is fixed to or `count`."""
    wanted = network.interface.batch_size or count
    places = torch.arange(wanted, device=images.device) % len(images)
    return network.interface.inputs(to_pixels(images.index_select(0, places)))


def table_of(network: Network, images: Tensor) -> list[dict[str, object]]:
    """Return the table of layers.

    Raises:
        Failure: `bad_model` when the model raises.
    """
    with without_trace(network.model), torch.no_grad():
        return list_layers(network.model, inputs_for(network, images, _IMAGES_TO_LIST))


@dataclass(frozen=True)
class Work:
    """What a network does for one image: its floating-point operations, and whether any of them is a convolution.

    `flops` is None where torch can count nothing, or not all of it, `has_convolution` where it sees nothing at all.
    """

    flops: int | None
    has_convolution: bool | None


def measure_work(network: Network, images: Tensor) -> Work:
    """Return the work for one image, as torch counts it: two operations for a multiplication and its addition."""
    if isinstance(network.model, OnnxModel):
        return Work(None, any(layer.type in _ONNX_CONVOLUTIONS for layer in network.model.layers))
    inputs = inputs_for(network, images, _IMAGES_TO_LIST)
    watch = _Operations()
    hide_from_compiler(_FlopCounterMode.__torch_dispatch__, _Operations.__torch_dispatch__)
    with without_trace(network.model), torch.no_grad(), _in_parts(), watch, FlopCounterMode(display=False) as counter:
        set_training(network.model, False)
        run_forward(network.model, inputs)
    flops = None if watch.has_uncounted else counter.get_total_flops() // len(inputs) or None
    return Work(flops, any("conv" in name for name in watch.names) if watch.names else None)


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the names of all operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names: set[str] = set()

    @property
    def has_uncounted(self) -> bool:
        """Whether one of them does work that is not counted."""
        without_overload = {name.rpartition(".")[0] for name in self.names}
        families = {name.partition(".")[0] for name in self.names}
        return not (without_overload.isdisjoint(_UNCOUNTED) and families.isdisjoint(_UNCOUNTED_FAMILIES))

    def __torch_dispatch__(
        self, func: OpOverload[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.names.add(str(func))
        return func(*args, **(kwargs or {}))


@contextmanager
def _in_parts() -> Iterator[None]:
    """Run LSTMs, attention and the like as matrix products: as single operations, their work is not counted.

    Such operations are oneDNN's and cuDNN's recurrent layers and torch's own fast path of attention.
    torch.backends.mkldnn.flags would do the same, but touches a setting of GPUs too, and warns where there are none.
    """
    onednn = torch.backends.mkldnn.set_flags(False, _fp32_precision=None)[0]  # type: ignore[no-untyped-call]
    cudnn, torch.backends.cudnn.enabled = torch.backends.cudnn.enabled, False
    fast_attention = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_attention)
        torch.backends.cudnn.enabled = cudnn
        torch.backends.mkldnn.set_flags(onednn, _fp32_precision=None)  # type: ignore[no-untyped-call]
