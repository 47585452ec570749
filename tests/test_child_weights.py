"""Weights in and out: what fits is taken, and what does not is named with both shapes."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn

from worker.child.failure import Failure
from worker.child.files.weights_file import read_weights
from worker.child.job import Upload
from worker.child.weights import dump_weights, load_weights
from worker.weights_header import count_numbers


@pytest.fixture
def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.Linear(8, 10))


def refusal(model: nn.Module, tensors: dict[str, Tensor], folder: Path) -> str:
    """The sentence with which weights are refused."""
    save_file(tensors, folder / "w.safetensors")
    with pytest.raises(Failure) as caught:
        load_weights(model, read_weights(Upload(folder / "w.safetensors", "w.safetensors")))
    assert caught.value.outcome == "bad_file"
    return caught.value.text % caught.value.values


def test_weights_of_another_size_are_refused_with_both_shapes(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"1.weight": torch.zeros(9, 784)}
    sentence = refusal(small_net, tensors, tmp_path)
    assert sentence == "The tensor 1.weight has shape [9, 784] in the weights file, but the model needs [8, 784]."


def test_weights_for_other_classes_are_refused_as_such(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"3.weight": torch.zeros(100, 8), "3.bias": torch.zeros(100)}
    sentence = refusal(small_net, tensors, tmp_path)
    assert "All tensors fit except those of the last layer: 3.weight has shape [100, 8]" in sentence
    assert "Was it trained for another number of classes?" in sentence


def test_weights_of_another_model_are_named_as_such(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = {f"conv{index}.weight": torch.zeros(2) for index in range(9)}
    sentence = refusal(small_net, tensors, tmp_path)
    assert "is from another model: none of its 9 tensors fits" in sentence
    assert "It has conv0.weight, conv1.weight, conv2.weight; the model needs 1.weight, 1.bias, 2.weight." in sentence


def test_of_many_misfits_the_first_few_are_named_and_all_counted(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"1.weight": torch.zeros(9, 784), "1.bias": torch.zeros(9)}
    tensors |= {f"more.{index}": torch.zeros(1) for index in range(5)}
    del tensors["2.weight"]
    sentence = refusal(small_net, tensors, tmp_path)
    assert "Missing: 1 (2.weight). Not in the model: 5 (more.0, more.1, more.2, …)." in sentence
    assert "Of another shape: 2 (1.weight [9, 784] ≠ [8, 784], 1.bias [9] ≠ [8])." in sentence


def test_weights_of_a_network_fit_a_class_that_holds_it(small_net: nn.Module) -> None:
    holder = nn.Module()
    holder.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.Linear(8, 10))
    load_weights(holder, small_net.state_dict())
    assert torch.equal(holder.net[3].weight, small_net[3].weight)


def test_a_missing_tensor_is_named_with_its_shape(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict()
    del tensors["3.bias"]
    assert "lacks the tensor 3.bias of shape [10]" in refusal(small_net, tensors, tmp_path)


def test_an_unexpected_tensor_is_named_with_its_shape(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"4.weight": torch.zeros(2, 3)}
    assert "a tensor 4.weight of shape [2, 3] that the model does not have" in refusal(small_net, tensors, tmp_path)


def test_a_tensor_of_whole_numbers_for_weights_is_refused(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"3.bias": torch.zeros(10, dtype=torch.int32)}
    assert "3.bias has type torch.int32" in refusal(small_net, tensors, tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_a_weight_that_is_not_finite_in_float32_is_refused(small_net: nn.Module, tmp_path: Path, value: float) -> None:
    tensors = small_net.state_dict() | {"3.bias": torch.full((10,), value, dtype=torch.float64)}
    assert "3.bias of the weights file has values that are not finite" in refusal(small_net, tensors, tmp_path)


def test_a_tensor_given_with_and_without_prefix_is_refused(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"module.3.bias": torch.zeros(10)}
    assert "has the tensor 3.bias twice" in refusal(small_net, tensors, tmp_path)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_wrapped_weights_of_any_floating_type_fit(
    small_net: nn.Module, tmp_path: Path, prefix: str, dtype: torch.dtype
) -> None:
    given = {prefix + name: tensor.to(dtype) for name, tensor in small_net.state_dict().items() if tensor.ndim}
    save_file(given, tmp_path / "w.safetensors")
    nn.init.zeros_(small_net[3].weight)
    load_weights(small_net, read_weights(Upload(tmp_path / "w.safetensors", "w.safetensors")))
    assert torch.equal(small_net[3].weight, given[prefix + "3.weight"].float())


def test_shared_weights_can_be_dumped() -> None:
    layer = nn.Linear(10, 10)
    tensors = load(dump_weights(nn.Sequential(layer, layer)))
    assert torch.equal(tensors["0.weight"], tensors["1.weight"])


def test_weights_in_the_fast_layout_are_dumped_in_the_plain_one() -> None:
    model = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    assert torch.equal(load(dump_weights(model))["weight"], model.weight)


class Picky(nn.Module):
    """A network that leaves weights out of what it saves."""

    def __init__(self) -> None:
        super().__init__()
        self.kept, self.left_out = nn.Linear(784, 5), nn.Linear(5, 10)

    def state_dict(self, *given: Any, **named: Any) -> Any:
        return {name: value for name, value in super().state_dict(*given, **named).items() if "kept" in name}


def test_weights_that_a_network_leaves_out_are_dumped_and_loaded_all_the_same() -> None:
    network, other = Picky(), Picky()

    dumped = load(dumped_bytes := dump_weights(network))
    load_weights(other, dumped)

    assert count_numbers(dumped_bytes).total == 784 * 5 + 5 + 60
    assert torch.equal(other.left_out.weight, network.left_out.weight)
    assert torch.equal(other.kept.weight, network.kept.weight)


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(layer := nn.Linear(10, 10), layer),
        nn.utils.parametrizations.weight_norm(nn.Linear(10, 10)),
        nn.Sequential(nn.Linear(10, 10), nn.BatchNorm1d(10)).requires_grad_(False),
        nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2),
    ],
    ids=["shared", "weight norm", "frozen", "copies"],
)
def test_what_is_dumped_holds_at_least_the_parameters_of_all_layers(network: nn.Module) -> None:
    own = [parameter.numel() for module in network.modules() for parameter in module.parameters(recurse=False)]

    assert count_numbers(dump_weights(network)).total >= sum(own)
