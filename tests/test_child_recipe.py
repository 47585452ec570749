"""What each setting of a recipe does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.child_runs import Recorder, make_recipe
from tests.digits import save_digits
from worker.child.augmentation import Augmentation
from worker.child.data import load_digits
from worker.child.failure import Failure
from worker.child.interface import Interface
from worker.child.loss_report import LossReport
from worker.child.losses import as_log_probabilities, make_loss, output_kind
from worker.child.optimizers import make_optimizers
from worker.child.schedules import make_schedule
from worker.child.training import Training

CPU = torch.device("cpu")
LEARNING_RATES = {"SGD": 0.2, "Adadelta": 1.0, "Adagrad": 0.02, "Muon": 0.01}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=1000, test=200)


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "Muon"])
def test_every_optimizer_trains_every_parameter(data: Path, optimizer: str) -> None:
    recipe = make_recipe(optimizer=optimizer, learning_rate=LEARNING_RATES.get(optimizer, 0.003), epochs=2)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    training = Training(model, load_digits(data, CPU), recipe, Interface())
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
