"""One trained network through every format that a student can upload: the numbers must be the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor, nn

from benchmarks.child_process import Spoken, make_job
from tests import child_files
from tests.child_files import OPTIONS, save_exported, save_onnx, save_safetensors, save_torch, save_torchscript
from tests.child_runs import run_here, upload
from tests.digits import draw_digits, save_digits

Job = dict[str, Any]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=600, test=200)


@pytest.fixture(scope="module")
def lenet() -> nn.Module:
    return child_files.train_lenet()


@pytest.fixture(scope="module")
def expected(lenet: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return lenet(child_files.as_inputs(draw_digits(200, seed=1)[0])).log_softmax(1).numpy()


def evaluate(data: Path, normalize: str = "none", **keys: Any) -> Spoken:
    """Evaluate with weights for the small LeNet, or a model file alone."""
    job = make_job(data, "lenet5", OPTIONS, normalize=normalize) | {"kind": "evaluate", "threads": 1}
    if "model_file" in keys:
        job |= {"model": None, "options": {}}
    return run_here(job | keys)


def detected(spoken: Spoken) -> Mapping[str, Any]:
    (line,) = spoken.of_kind("detected")
    return line


def assert_same(spoken: Spoken, expected: np.ndarray) -> None:
    kinds = [line["kind"] for line in spoken.lines if line["kind"] != "analysis"]
    assert kinds == ["hello", "model", "detected", "testing", "done"], spoken.lines[-1]
    np.testing.assert_allclose(spoken.frames[0].log_probabilities(), expected, atol=1e-4)


def test_the_network_reads_drawn_digits(expected: np.ndarray) -> None:
    assert (expected.argmax(axis=1) == draw_digits(200, seed=1)[1]).mean() > 0.9


CHECKPOINTS = {
    "state_dict": lambda state: state,
    "under state_dict": lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"state": {}, "param_groups": []}},
    "under model": lambda state: {"model": state, "best_acc": 0.98},
    "under model_state_dict": lambda state: {"epoch": 1, "model_state_dict": state, "loss": torch.tensor(0.1)},
    "under a word of its own": lambda state: {"lenet": state, "acc": np.float64(98.1), "date": np.arange(3)},
    "twice wrapped": lambda state: {"checkpoint": {"net": state}},
    "in a tuple": lambda state: (state, {"state": {0: {"momentum_buffer": torch.zeros(3)}}}),
    "of DataParallel": lambda state: {f"module.{name}": value for name, value in state.items()},
    "compiled": lambda state: {f"_orig_mod.{name}": value for name, value in state.items()},
    "of Lightning": lambda state: {"state_dict": {f"model.{name}": value for name, value in state.items()}},
    "with thop's counters": lambda state: (
        state | {"total_ops": torch.zeros(1), "features.0.total_params": torch.ones(1)}
    ),
    "in half precision": lambda state: {name: value.half() for name, value in state.items()},
}


@pytest.mark.parametrize("form", CHECKPOINTS)
def test_a_checkpoint_gives_the_same_predictions(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray, form: str
) -> None:
    path = save_torch(CHECKPOINTS[form](lenet.state_dict()), tmp_path / "w.pt")
    spoken = evaluate(data, weights=upload(path, "最好.pth"))
    assert detected(spoken)["format"] == "zoo"
    tolerance = 0.05 if form == "in half precision" else 1e-4
    np.testing.assert_allclose(spoken.frames[0].log_probabilities(), expected, atol=tolerance)


def test_a_checkpoint_in_the_old_format_gives_the_same_predictions(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray
) -> None:
    path = save_torch(lenet.state_dict(), tmp_path / "w.ckpt", _use_new_zipfile_serialization=False)
    assert_same(evaluate(data, weights=upload(path)), expected)


def test_safetensors_give_the_same_predictions(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray
) -> None:
    assert_same(evaluate(data, weights=upload(save_safetensors(lenet, tmp_path / "w.safetensors"))), expected)


@pytest.mark.parametrize("name", ["lenet.pt", "lenet.pth", "lenet.ts", "lenet.torchscript"])
def test_torchscript_gives_the_same_predictions(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray, name: str
) -> None:
    spoken = evaluate(data, model_file=upload(save_torchscript(lenet, tmp_path / "m.pt"), name))
    assert_same(spoken, expected)
    assert detected(spoken)["format"] == "torchscript"
    assert spoken.of_kind("model")[0]["layers"][0] | {"output": []} == {
        "name": "features.0",
        "type": "Conv2d",
        "output": [],
        "parameters": 104,
    }


def test_an_exported_program_gives_the_same_predictions(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray
) -> None:
    spoken = evaluate(data, model_file=upload(save_exported(lenet, tmp_path / "m.pt2")))
    assert_same(spoken, expected)
    assert (detected(spoken)["format"], detected(spoken)["batch_size"]) == ("exported_program", None)
    layers = spoken.of_kind("model")[0]["layers"]
    assert layers[0] == {"name": "conv2d", "type": "conv2d", "output": [4, 28, 28], "parameters": 104}
    assert sum(layer["parameters"] for layer in layers) == spoken.of_kind("model")[0]["parameters"]


def test_onnx_gives_the_same_predictions(lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray) -> None:
    spoken = evaluate(data, model_file=upload(save_onnx(lenet, tmp_path / "m.onnx")))
    assert_same(spoken, expected)
    assert detected(spoken)["format"] == "onnx"
    model = spoken.of_kind("model")[0]
    assert model["parameters"] == sum(parameter.numel() for parameter in lenet.parameters())
    assert [layer["type"] for layer in model["layers"]][:2] == ["Conv", "Tanh"]
    assert model["layers"][0]["parameters"] == 104


class FixedToOne(nn.Module):
    """Holds a batch size in its code, as many do: view(1, -1)."""

    def __init__(self, model: nn.Module, batch: int = 1) -> None:
        super().__init__()
        self.model = model
        self.batch = batch

    def forward(self, images: Tensor) -> Tensor:
        return self.model.classifier(self.model.features(images).view(self.batch, 200))


@pytest.mark.parametrize("batch", [1, 64])
def test_torchscript_traced_with_a_fixed_batch_is_fed_such_batches(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray, batch: int
) -> None:
    path = save_torchscript(FixedToOne(lenet, batch), tmp_path / "m.pt", batch=batch)
    spoken = evaluate(data, model_file=upload(path))
    assert_same(spoken, expected)
    assert detected(spoken)["batch_size"] == batch


@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize(("save", "name"), [(save_exported, "m.pt2"), (save_onnx, "m.onnx")])
def test_an_export_with_a_fixed_batch_is_fed_such_batches(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray, save: Any, name: str, batch: int
) -> None:
    spoken = evaluate(data, model_file=upload(save(lenet, tmp_path / name, batch=batch)))
    assert_same(spoken, expected)
    assert detected(spoken)["batch_size"] == batch


def test_onnx_with_an_open_batch_that_is_fixed_inside_is_run_image_by_image(
    lenet: nn.Module, data: Path, tmp_path: Path, expected: np.ndarray
) -> None:
    path = save_onnx(FixedToOne(lenet), tmp_path / "m.onnx", batch=1)
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, path)
    spoken = evaluate(data, model_file=upload(path))
    assert_same(spoken, expected)
    assert detected(spoken)["batch_size"] == 1


@pytest.mark.parametrize(
    ("kind", "normalize"),
    [(TensorProto.FLOAT, None), (TensorProto.FLOAT16, None), (TensorProto.DOUBLE, None), (TensorProto.UINT8, "bytes")],
)
def test_onnx_with_several_outputs_and_any_type_of_input_runs(
    data: Path, tmp_path: Path, kind: int, normalize: str | None
) -> None:
    onnx.save(child_files.softmax_regression_onnx(kind), tmp_path / "m.onnx")
    spoken = evaluate(data, model_file=upload(tmp_path / "m.onnx"))
    assert spoken.of_kind("done")
    assert detected(spoken)["input"] == "N×784"
    assert normalize in (None, detected(spoken)["normalize"])


def test_onnx_with_images_as_tensorflow_has_them_runs(data: Path, tmp_path: Path) -> None:
    onnx.save(child_files.softmax_regression_onnx(shape=(None, 28, 28, 1)), tmp_path / "m.onnx")
    assert detected(evaluate(data, model_file=upload(tmp_path / "m.onnx")))["input"] == "N×28×28×1"


def test_an_old_onnx_file_that_lists_its_weights_as_inputs_runs(data: Path, tmp_path: Path) -> None:
    """As the well-known mnist-8.onnx does."""
    model = child_files.softmax_regression_onnx(shape=(1, 1, 28, 28), opset=8)
    model.ir_version = 3
    model.graph.input.append(helper.make_tensor_value_info("weights", TensorProto.FLOAT, [784, 10]))
    onnx.save(model, tmp_path / "m.onnx")
    assert detected(evaluate(data, model_file=upload(tmp_path / "m.onnx")))["batch_size"] == 1


def test_an_onnx_classifier_of_scikit_learn_runs(data: Path, tmp_path: Path) -> None:
    """As skl2onnx writes it: a label first, then a dict of probabilities per image."""
    classifier = helper.make_node(
        "LinearClassifier",
        ["images"],
        ["label", "scores"],
        domain="ai.onnx.ml",
        coefficients=np.random.default_rng(0).normal(0, 0.1, 7840).tolist(),
        intercepts=[0.0] * 10,
        classlabels_ints=list(range(10)),
        post_transform="SOFTMAX",
    )
    zipmap = helper.make_node("ZipMap", ["scores"], ["z"], domain="ai.onnx.ml", classlabels_int64s=list(range(10)))
    probabilities = onnx.ValueInfoProto(name="z")
    probabilities.type.sequence_type.elem_type.map_type.key_type = TensorProto.INT64
    probabilities.type.sequence_type.elem_type.map_type.value_type.tensor_type.elem_type = TensorProto.FLOAT
    graph = helper.make_graph(
        [classifier, zipmap],
        "logistic regression",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [None, 784])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [None]), probabilities],
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 1)]
    onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), tmp_path / "m.onnx")
    spoken = evaluate(data, model_file=upload(tmp_path / "m.onnx"))
    assert spoken.of_kind("done")
    assert detected(spoken)["output"] == "probabilities"


NORMALIZATIONS = {"none": (0.0, 1.0), "mnist": (0.1307, 0.3081), "half": (0.5, 0.5), "bytes": (0.0, 1 / 255)}


@pytest.mark.parametrize("normalize", ["mnist", "half", "bytes"])
def test_the_normalization_of_trained_weights_is_found_on_training_images(
    data: Path, tmp_path: Path, normalize: str
) -> None:
    model = child_files.train_lenet(*NORMALIZATIONS[normalize])
    spoken = evaluate(data, "auto", weights=upload(save_safetensors(model, tmp_path / "w.safetensors")))
    assert detected(spoken)["normalize"] == normalize
    wrong = spoken.frames[0].log_probabilities().argmax(axis=1) != draw_digits(200, seed=1)[1]
    assert wrong.mean() < 0.1


@pytest.mark.parametrize("stated", ["none", "mnist", "half"])
def test_a_normalization_that_the_recipe_states_is_taken(
    lenet: nn.Module, data: Path, tmp_path: Path, stated: str
) -> None:
    path = save_safetensors(lenet, tmp_path / "w.safetensors")
    assert detected(evaluate(data, stated, weights=upload(path)))["normalize"] == stated
