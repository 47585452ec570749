"""The child, from outside: jobs go in on standard input, and everything it says is read from its two pipes."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn
from torch.nn import functional

from app.core.recipes import Recipe as AnyRecipe
from benchmarks.child_process import PREDICTIONS, WEIGHTS, Spoken, make_job, read_frames, read_lines, run_child
from tests.digits import save_digits
from worker.child.augmentation import Augmentation
from worker.child.channel import Channel
from worker.child.data import load_digits
from worker.child.failure import Failure, model_code
from worker.child.job import Recipe
from worker.child.layers import count_parameters, list_layers
from worker.child.loss_report import LossReport
from worker.child.losses import as_log_probabilities, make_loss, output_kind
from worker.child.main import main
from worker.child.model import run_forward
from worker.child.optimizers import make_optimizers
from worker.child.schedules import make_schedule
from worker.child.training import Training
from worker.child.weights import dump_weights, load_weights

CPU = torch.device("cpu")
LEARNING_RATES = {"SGD": 0.2, "Adadelta": 1.0, "Adagrad": 0.02, "Muon": 0.01}


def make_recipe(**changes: Any) -> Recipe:
    return Recipe(**AnyRecipe(**changes).model_dump())


def run_here(job: dict[str, Any]) -> Spoken:
    """As `run_child`, without the three seconds of a new process."""
    progress_read, progress_write = os.pipe()
    frames_read, frames_write = os.pipe()
    with ThreadPoolExecutor(2) as readers:
        lines, frames = readers.submit(read_lines, progress_read), readers.submit(read_frames, frames_read)
        main(job, progress_write, frames_write)
    return Spoken(lines.result(), frames.result())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=1000, test=200)


@pytest.fixture(scope="module")
def job(data: Path) -> dict[str, Any]:
    return make_job(data, "yannet", {"first_channels": 4, "second_channels": 8}, epochs=2, learning_rate=0.1)


@pytest.fixture(scope="module")
def trained(job: dict[str, Any]) -> Spoken:
    return run_child(job)


# A training run


def test_a_training_run_tells_its_story_in_order(trained: Spoken) -> None:
    kinds = [line["kind"] for line in trained.lines if line["kind"] != "loss"]
    assert kinds == ["hello", "model", "testing", "epoch", "testing", "epoch", "done"]


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
    augmented = job | {"recipe": job["recipe"] | {"augmentation": augmentation, "normalize": True}}
    assert run_here(augmented).frames == run_here(augmented).frames


# Runs that fail


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


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (torch.zeros(3, 11), "The network returned 11 numbers per image; 10 are needed."),
        (torch.zeros(2, 10), "The network returned an output of shape (2, 10) for 3 images; (3, 10) is needed."),
        (torch.zeros(3, 10, 1), "The network returned an output of shape (3, 10, 1) for 3 images; (3, 10) is needed."),
        ((torch.zeros(3, 10),), "The network returned a tuple instead of one tensor with 10 numbers per image."),
        (torch.zeros(3, 10).long(), "torch.int64 numbers instead of one tensor"),
    ],
)
def test_an_output_of_the_wrong_form_is_named(output: object, sentence: str) -> None:
    with pytest.raises(Failure) as caught:
        run_forward(Returning(output), torch.zeros(3, 1, 28, 28), "float32")
    assert caught.value.outcome == "bad_output"
    assert sentence in caught.value.text % caught.value.values


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


# The report of losses


class Recorder(Channel):
    """A channel that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def send(self, kind: str, **values: object) -> None:
        self.lines.append({"kind": kind, **values})


class Clock:
    """Time that passes only when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_losses_of_ten_seconds_take_at_most_twenty_lines() -> None:
    channel, clock = Recorder(), Clock()
    report = LossReport(channel, 1000, CPU, clock)
    for step in range(1000):
        clock.now = step / 100
        report.add(torch.tensor(1.0), 64, 0.1)
    assert 15 <= len(channel.lines) <= 20


def test_on_a_gpu_the_first_of_several_losses_that_are_not_finite_is_named() -> None:
    channel, clock = Recorder(), Clock()
    report = LossReport(channel, 1000, torch.device("cuda"), clock)
    for loss, rate in [(2.0, 0.1), (float("inf"), 0.2), (float("nan"), 0.3)]:
        report.add(torch.tensor(loss), 64, rate)
    clock.now = 1
    with pytest.raises(Failure) as caught:
        report.add(torch.tensor(float("nan")), 64, 0.4)
    assert caught.value.values == {"step": 2, "epoch": 1, "learning_rate": 0.2}
    assert channel.lines == [{"kind": "loss", "epoch": 1, "step": 1, "steps": 1000, "losses": [2.0]}]


# The parts of a recipe


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "Muon"])
def test_every_optimizer_trains_every_parameter(data: Path, optimizer: str) -> None:
    recipe = make_recipe(optimizer=optimizer, learning_rate=LEARNING_RATES.get(optimizer, 0.003), epochs=2)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    training = Training(model, load_digits(data, CPU), recipe, "logits")
    report = LossReport(Recorder(), 32, CPU)
    assert training.run_epoch(report) > 1.1 * training.run_epoch(report)
    assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))


def test_the_optimizer_takes_momentum_and_weight_decay_from_the_recipe() -> None:
    recipe = make_recipe(momentum=0.9, nesterov=True, weight_decay=0.001)
    group = make_optimizers(nn.Linear(2, 2), recipe)[0].param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"], group["weight_decay"]) == (0.02, 0.9, True, 0.001)


def test_muon_leaves_what_is_no_matrix_to_adamw() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(4, 10))
    muon, adamw = make_optimizers(model, make_recipe(optimizer="Muon"))
    assert [parameter.shape for parameter in muon.param_groups[0]["params"]] == [(10, 4)]
    assert len(adamw.param_groups[0]["params"]) == 3


def test_muon_refuses_a_model_without_matrices() -> None:
    with pytest.raises(Failure, match="has none"):
        make_optimizers(nn.Conv2d(1, 10, 28), make_recipe(optimizer="Muon"))


def test_a_model_without_parameters_cannot_be_trained() -> None:
    with pytest.raises(Failure, match="no parameters that can be trained"):
        make_optimizers(nn.Flatten(), make_recipe())


def rates(**recipe: Any) -> list[float]:
    """The learning rates of a run with 3 epochs of 4 steps."""
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = make_schedule(optimizer, make_recipe(learning_rate=1.0, **recipe), 4)
    taken = []
    for _ in range(12):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return taken


def test_the_constant_schedule_keeps_the_rate() -> None:
    assert rates(schedule="constant") == [1.0] * 12


def test_the_step_schedule_multiplies_the_rate_after_each_epoch() -> None:
    assert rates(schedule="step", step_gamma=0.5) == [1.0] * 4 + [0.5] * 4 + [0.25] * 4


def test_the_step_schedule_can_wait_for_two_epochs() -> None:
    assert rates(schedule="step", step_epochs=2) == [1.0] * 8 + [0.5] * 4


def test_the_cosine_schedule_falls_from_the_rate_towards_zero() -> None:
    expected = [0.5 * (1 + np.cos(np.pi * step / 12)) for step in range(12)]
    assert rates(schedule="cosine") == pytest.approx(expected)


def test_the_one_cycle_schedule_rises_to_the_rate_and_falls_to_nothing() -> None:
    taken = rates(schedule="one_cycle")
    assert taken[0] == pytest.approx(1 / 25)
    assert max(taken) == pytest.approx(1.0, abs=0.05)
    assert taken[-1] < 1e-4


@pytest.mark.parametrize("steps_per_epoch", [1, 2])
def test_the_one_cycle_schedule_survives_the_shortest_runs(steps_per_epoch: int) -> None:
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = make_schedule(optimizer, make_recipe(schedule="one_cycle", epochs=1), steps_per_epoch)
    for _ in range(steps_per_epoch):
        optimizer.step()
        schedule.step()
    assert np.isfinite(optimizer.param_groups[0]["lr"])


LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]])
LABELS = torch.tensor([0, 2])


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (LOGITS, "logits"),
        (LOGITS.log_softmax(1), "log_probabilities"),
        (LOGITS.softmax(1), "probabilities"),
        (torch.zeros(4, 10), "logits"),
    ],
)
def test_the_kind_of_an_output_is_seen_from_its_rows(output: Tensor, kind: str) -> None:
    assert output_kind(output) == kind


@pytest.mark.parametrize("output", [LOGITS, LOGITS.log_softmax(1), LOGITS.softmax(1)])
def test_the_auto_loss_is_the_same_number_for_every_kind_of_output(output: Tensor) -> None:
    loss = make_loss(make_recipe(), output_kind(output))(output, LABELS)
    torch.testing.assert_close(loss, functional.cross_entropy(LOGITS, LABELS))


@pytest.mark.parametrize("output", [LOGITS, LOGITS.log_softmax(1), LOGITS.softmax(1)])
def test_label_smoothing_reaches_every_kind_of_output(output: Tensor) -> None:
    loss = make_loss(make_recipe(label_smoothing=0.1), output_kind(output))(output, LABELS)
    torch.testing.assert_close(loss, functional.cross_entropy(LOGITS, LABELS, label_smoothing=0.1))


def test_probabilities_of_nought_become_finite_log_probabilities() -> None:
    certain = as_log_probabilities(torch.eye(10), "probabilities")
    assert torch.isfinite(certain).all()
    torch.testing.assert_close(certain.exp(), torch.eye(10))


@pytest.mark.parametrize("augmentation", ["shift", "rotate", "affine"])
def test_augmentation_changes_each_image_of_a_batch_in_its_own_way(augmentation: str) -> None:
    pixels = torch.zeros(8, 1, 28, 28)
    pixels[:, :, 8:20, 12:15] = 1
    changed = Augmentation(make_recipe(augmentation=augmentation))(pixels)
    assert changed.shape == pixels.shape
    assert len(torch.unique(changed.flatten(1), dim=0)) > 4
    assert changed.sum(dim=(1, 2, 3)).sub(36).abs().max() < 10


def test_without_augmentation_the_images_stay_as_they_are() -> None:
    pixels = torch.rand(2, 1, 28, 28)
    assert Augmentation(make_recipe())(pixels) is pixels


def test_a_shift_moves_whole_pixels() -> None:
    pixels = torch.zeros(20, 1, 28, 28)
    pixels[:, :, 14, 14] = 1
    shifted = Augmentation(make_recipe(augmentation="shift"))(pixels)
    places = shifted.flatten(1).argmax(dim=1)
    torch.testing.assert_close(shifted.flatten(1).max(dim=1).values, torch.ones(20), atol=1e-4, rtol=0)
    assert int((places // 28).min()) >= 12
    assert int((places // 28).max()) <= 16


def test_a_layer_that_is_never_called_still_counts_its_parameters() -> None:
    model = nn.TransformerEncoderLayer(28, 4, 56, batch_first=True)
    layers = list_layers(model.train(), torch.rand(1, 28, 28))
    assert sum(int(str(layer["parameters"])) for layer in layers) == count_parameters(model)


# Uploaded weights


@pytest.fixture
def small_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.BatchNorm1d(8), nn.Linear(8, 10))


def refusal(model: nn.Module, tensors: dict[str, Tensor], folder: Path) -> str:
    """The sentence with which weights are refused."""
    save_file(tensors, folder / "w.safetensors")
    with pytest.raises(Failure) as caught:
        load_weights(model, folder / "w.safetensors")
    assert caught.value.outcome == "bad_file"
    return caught.value.text % caught.value.values


def test_evaluating_the_trained_weights_repeats_the_last_predictions(
    job: dict[str, Any], trained: Spoken, tmp_path: Path
) -> None:
    (tmp_path / "w.safetensors").write_bytes(trained.frames[-1].content)
    spoken = run_child(job | {"kind": "evaluate", "weights_path": str(tmp_path / "w.safetensors")})
    assert [line["kind"] for line in spoken.lines] == ["hello", "model", "testing", "done"]
    assert [(frame.kind, frame.epoch) for frame in spoken.frames] == [(PREDICTIONS, 0)]
    assert spoken.frames[0].content == trained.frames[-2].content


def test_a_file_that_is_no_safetensors_is_refused_in_the_library_s_words(job: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"\xff" * 100)
    outcome, sentence = run_here(job | {"kind": "evaluate", "weights_path": str(tmp_path / "w.safetensors")}).failure()
    assert outcome == "bad_file"
    assert "not a readable safetensors file: Error while deserializing header" in sentence


def test_weights_of_another_size_are_refused_with_both_shapes(small_net: nn.Module, tmp_path: Path) -> None:
    tensors = small_net.state_dict() | {"1.weight": torch.zeros(9, 784)}
    sentence = refusal(small_net, tensors, tmp_path)
    assert sentence == "The tensor 1.weight has shape [9, 784] in the weights file, but the model needs [8, 784]."


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
    load_weights(small_net, tmp_path / "w.safetensors")
    assert torch.equal(small_net[3].weight, given[prefix + "3.weight"].float())


def test_shared_weights_can_be_dumped() -> None:
    layer = nn.Linear(10, 10)
    tensors = load(dump_weights(nn.Sequential(layer, layer)))
    assert torch.equal(tensors["0.weight"], tensors["1.weight"])


def test_weights_in_the_fast_layout_are_dumped_in_the_plain_one() -> None:
    model = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    assert torch.equal(load(dump_weights(model))["weight"], model.weight)
