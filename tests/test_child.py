"""The child, from outside: jobs go in on standard input, and everything it says is read from its two pipes."""

import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load
from torch import Tensor, nn

from app.core.settings import CHECKOUT
from benchmarks.child_process import PREDICTIONS, WEIGHTS, Spoken, make_job, run_child
from tests.child_runs import run_here, upload
from tests.digits import save_digits
from worker.child.failure import Failure, model_code
from worker.child.forward import run_forward
from worker.child.layers import count_parameters, list_layers

# Of a data folder without changed images.
ANALYSIS = ["analysis", "analysis"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=1000, test=200)


@pytest.fixture(scope="module")
def job(data: Path) -> dict[str, Any]:
    job = make_job(data, "yannet", {"first_channels": 4, "second_channels": 8}, epochs=2, learning_rate=0.1)
    return job | {"threads": 1}  # with more, each step waits for whatever else the machine is doing


@pytest.fixture(scope="module")
def trained(job: dict[str, Any]) -> Spoken:
    return run_child(job)


def test_a_training_run_tells_its_story_in_order(trained: Spoken) -> None:
    kinds = [line["kind"] for line in trained.lines if line["kind"] != "loss"]
    assert kinds == ["hello", "model", "detected", "testing", "epoch", "testing", "epoch", "done", *ANALYSIS]


def test_the_hello_names_versions_and_the_device(trained: Spoken) -> None:
    hello = trained.of_kind("hello")[0]
    assert hello["versions"]["torch"] == torch.__version__
    assert set(hello["versions"]) == {"python", "torch", "torchvision"}
    assert hello["device"] in {"cpu", "cuda"}


def test_the_model_line_tables_the_layers(trained: Spoken) -> None:
    model = trained.of_kind("model")[0]
    assert model["output"] == "log_probabilities"
    assert model["layers"][0] == {"name": "features.0", "type": "Conv2d", "output": [4, 28, 28], "parameters": 104}
    assert sum(layer["parameters"] for layer in model["layers"]) == model["parameters"]


def test_predictions_follow_every_epoch_and_the_weights_come_last(trained: Spoken) -> None:
    frames = [(frame.kind, frame.epoch) for frame in trained.frames]
    assert frames == [(PREDICTIONS, 1), (PREDICTIONS, 2), (WEIGHTS, 2)]


def test_predictions_are_ten_log_probabilities_per_test_image(trained: Spoken) -> None:
    predictions = trained.frames[0].log_probabilities().astype(np.float64)
    assert predictions.shape == (200, 10)
    np.testing.assert_allclose(np.exp(predictions).sum(axis=1), 1, atol=1e-5)


def test_the_loss_of_every_step_is_reported_once(trained: Spoken) -> None:
    reports = trained.of_kind("loss")
    assert [report["step"] for report in reports] == np.cumsum([len(report["losses"]) for report in reports]).tolist()
    assert reports[-1]["step"] == reports[-1]["steps"] == 2 * 16


def test_the_loss_of_an_epoch_is_the_mean_over_its_images(trained: Spoken) -> None:
    images = [64] * 15 + [1000 - 15 * 64]
    expected = np.average(trained.losses()[:16], weights=images)
    assert trained.of_kind("epoch")[0]["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_training_learns(trained: Spoken) -> None:
    first, second = (line["train_loss"] for line in trained.of_kind("epoch"))
    assert second < 0.7 * first


LISTING = """
import json, os, sys
from worker.child.main import main
main(json.load(sys.stdin), os.open(os.devnull, os.O_WRONLY), os.open(os.devnull, os.O_WRONLY))
print(*sys.modules)
"""


def test_a_run_imports_neither_torchvision_nor_torch_s_compiler(job: dict[str, Any]) -> None:
    command = [sys.executable, "-c", LISTING]
    listed = subprocess.run(command, input=json.dumps(job), cwd=CHECKOUT, check=True, capture_output=True, text=True)
    assert {"torchvision", "torch._dynamo", "sympy", "app"}.isdisjoint(listed.stdout.split())


def test_the_same_seed_gives_the_same_frames(job: dict[str, Any], trained: Spoken) -> None:
    assert run_child(job).frames == trained.frames


def test_another_seed_gives_other_predictions(job: dict[str, Any], trained: Spoken) -> None:
    other = run_here(job | {"recipe": job["recipe"] | {"seed": 1}})
    assert other.frames[0] != trained.frames[0]


def test_bfloat16_learns_as_float32_does(job: dict[str, Any], trained: Spoken) -> None:
    spoken = run_here(job | {"recipe": job["recipe"] | {"precision": "bfloat16"}})
    assert spoken.of_kind("epoch")[1]["train_loss"] == pytest.approx(trained.of_kind("epoch")[1]["train_loss"], rel=0.1)


def test_bfloat16_keeps_the_weights_in_float32(job: dict[str, Any]) -> None:
    spoken = run_here(job | {"recipe": job["recipe"] | {"precision": "bfloat16"}})
    tensors = load(spoken.frames[-1].content)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32, torch.int64}
    assert not torch.equal(tensors["features.0.weight"], tensors["features.0.weight"].bfloat16().float())


@pytest.mark.parametrize("augmentation", ["shift", "rotate", "affine"])
def test_a_run_with_augmentation_repeats_itself(job: dict[str, Any], augmentation: str) -> None:
    augmented = job | {"recipe": job["recipe"] | {"augmentation": augmentation, "normalize": "mnist"}}
    assert run_here(augmented).frames == run_here(augmented).frames


def test_a_diverging_run_ends_at_its_first_loss_that_is_not_finite(data: Path) -> None:
    spoken = run_child(make_job(data, "mlp", {"hidden_layers": 6}, learning_rate=10, optimizer="SGD", momentum=0.9))
    last = spoken.lines[-1]
    assert last["outcome"] == "diverged"
    step = len(spoken.losses()) + 1
    assert last["values"] == {"step": step, "epoch": (step - 1) // 16 + 1, "learning_rate": 10}
    assert "learning rate 10" in spoken.failure()[1]


def test_nll_on_logits_is_refused_with_what_to_choose_instead(data: Path) -> None:
    outcome, sentence = run_here(make_job(data, "lenet5", loss="nll")).failure()
    assert outcome == "bad_model"
    assert "returns logits" in sentence
    assert "auto or cross_entropy" in sentence


@pytest.mark.parametrize("name", ["resnet152", "../mlp", "__init__", ""])
def test_a_model_that_is_not_in_the_zoo_is_refused_with_those_that_are(data: Path, name: str) -> None:
    outcome, sentence = run_here(make_job(data, name)).failure()
    assert outcome == "bad_model"
    assert "cnn_10k, lenet5" in sentence


def test_options_that_the_constructor_refuses_are_explained_in_its_words(data: Path) -> None:
    outcome, sentence = run_here(make_job(data, "tiny_vit", {"heads": 5})).failure()
    assert outcome == "bad_model"
    assert "choose a width that heads divides" in sentence


def test_a_model_too_big_for_the_memory_is_out_of_memory(data: Path) -> None:
    outcome, sentence = run_here(make_job(data, "mlp", {"hidden_units": 2**42})).failure()
    assert outcome == "out_of_memory"
    assert "smaller model" in sentence


def test_a_missing_data_file_is_our_fault_and_is_not_hidden(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_here(make_job(tmp_path, "mlp"))


class Returning(nn.Module):
    """A network that returns what it is told to."""

    def __init__(self, output: Any) -> None:
        super().__init__()
        self.output = output

    def forward(self, _images: Tensor) -> Any:
        return self.output


class Disguised(Tensor):
    """A tensor that could answer any question about itself in its own way."""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (torch.zeros(3, 11), "The network returned 11 numbers per image; 10 are needed."),
        (torch.zeros(2, 10), "The network returned an output of shape (2, 10) for 3 images; (3, 10) is needed."),
        (torch.zeros(3, 10, 2), "The network returned an output of shape (3, 10, 2) for 3 images; (3, 10) is needed."),
        ((torch.zeros(3, 9), torch.zeros(1)), "returned a tuple, and none of its tensors has the shape (3, 10)"),
        ((torch.zeros(3, 9), torch.zeros(1)), "needed for 3 images: (3, 9), (1,)."),
        ((), "The network returned a tuple instead of one tensor with 10 numbers per image."),
        (torch.zeros(3, 10).long(), "torch.int64 numbers instead of one tensor"),
        (torch.zeros(3, 10, dtype=torch.complex64), "torch.complex64 numbers instead of one tensor"),
        (torch.zeros(3, 10).to_sparse(), "torch.float32 numbers instead of one tensor"),
        (torch.zeros(3, 10, device="meta"), "torch.float32 numbers instead of one tensor"),
        (torch.zeros(3, 10).as_subclass(Disguised), "a Disguised instead of one tensor"),
        (None, "a NoneType instead of one tensor"),
        ("0123456789", "a str instead of one tensor"),
    ],
)
def test_an_output_of_the_wrong_form_is_named(output: object, sentence: str) -> None:
    with pytest.raises(Failure) as caught:
        run_forward(Returning(output), torch.zeros(3, 1, 28, 28), "float32")
    assert caught.value.outcome == "bad_output"
    assert sentence in caught.value.text % caught.value.values


ROWS = torch.arange(30.0).reshape(3, 10)


@pytest.mark.parametrize(
    "output",
    [
        (torch.zeros(3, 32), ROWS),
        [ROWS, torch.zeros(3, 10)],
        {"hidden": torch.zeros(2), "logits": ROWS},
        (torch.zeros(1), (ROWS, ROWS + 1)),
        ROWS.reshape(3, 10, 1, 1),
        ROWS.reshape(1, 3, 10),
        ROWS.reshape(3, 1, 10),
        nn.Parameter(ROWS),
    ],
)
def test_the_first_ten_numbers_per_image_are_taken_wherever_they_are(output: object) -> None:
    assert torch.equal(run_forward(Returning(output), torch.zeros(3, 1, 28, 28)), ROWS)


def test_ten_numbers_without_a_batch_are_taken_for_a_single_image() -> None:
    assert run_forward(Returning(torch.zeros(10)), torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_an_error_in_the_model_s_own_code_keeps_its_traceback() -> None:
    with pytest.raises(Failure) as caught:
        run_forward(nn.Linear(3, 10), torch.zeros(3, 1, 28, 28), "float32")
    assert caught.value.outcome == "bad_model"
    assert "RuntimeError" in str(caught.value.values["error"])
    assert caught.value.detail is not None
    assert "linear.py" in caught.value.detail


def test_the_longest_failure_fits_into_a_line() -> None:
    with pytest.raises(Failure) as caught, model_code():
        raise ValueError("\x00" * 100_000)
    assert len(json.dumps(caught.value.message())) < 64 * 1024


def test_evaluating_the_trained_weights_repeats_the_last_predictions(
    job: dict[str, Any], trained: Spoken, tmp_path: Path
) -> None:
    (tmp_path / "w.safetensors").write_bytes(trained.frames[-1].content)
    recipe = job["recipe"] | {"normalize": "none"}
    weights = upload(tmp_path / "w.safetensors")
    spoken = run_child(job | {"kind": "evaluate", "weights": weights, "recipe": recipe})
    assert [line["kind"] for line in spoken.lines] == ["hello", "model", "detected", "testing", "done", *ANALYSIS]
    assert [(frame.kind, frame.epoch) for frame in spoken.frames] == [(PREDICTIONS, 0)]
    assert spoken.frames[0].content == trained.frames[-2].content


def test_a_file_that_is_no_safetensors_is_refused_in_the_library_s_words(job: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(struct.pack("<Q", 50) + b"{" * 100)
    outcome, sentence = run_here(job | {"kind": "evaluate", "weights": upload(tmp_path / "w.safetensors")}).failure()
    assert outcome == "bad_file"
    assert "not a readable safetensors file: Error while deserializing: invalid JSON in header" in sentence


def test_a_layer_that_is_never_called_still_counts_its_parameters() -> None:
    model = nn.TransformerEncoderLayer(28, 4, 56, batch_first=True)
    layers = list_layers(model.train(), torch.rand(1, 28, 28))
    assert sum(int(str(layer["parameters"])) for layer in layers) == count_parameters(model)
