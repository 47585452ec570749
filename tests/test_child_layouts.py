"""How a network wants its images and what it returns: found by trying, on training images, without a trace."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.child_runs import Recorder, make_recipe
from tests.digits import draw_digits
from worker.child.data import Digits
from worker.child.failure import Failure
from worker.child.fitting import Fitting
from worker.child.forward import evaluate_batches, run_forward
from worker.child.interface import Interface
from worker.child.layouts import LAYOUTS, PLAIN, Layout
from worker.child.loss_report import LossReport
from worker.child.modes import set_training
from worker.child.network import judge_output, judge_output_in_training
from worker.child.normalization import choose_normalization
from worker.child.prediction import predict
from worker.child.traceless import without_trace
from worker.child.training import Training


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.tensor(draw_digits(100)[0]).unsqueeze(1)


class Running(nn.Module):
    """A network that does what it is told to."""

    def __init__(self, forward: Callable[..., Any], *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.told = forward

    def forward(self, images: Tensor) -> Any:
        return self.told(self, images)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(784, 10))


def plain_cnn() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 5), nn.Flatten(), nn.Linear(2 * 24 * 24, 10))


def lenet_of_32() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 2, 5), nn.Flatten(), nn.Linear(2 * 28 * 28, 10))


def of_three_channels() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 2, 5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 10))


def vgg_like() -> nn.Module:
    halving = [nn.MaxPool2d(2) for _ in range(5)]
    return nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), *halving, nn.Flatten(), nn.Linear(2, 10))


def alexnet_like() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 2, 11, stride=4), nn.Flatten(), nn.Linear(2 * 54 * 54, 10))


def all_convolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 10, 5), nn.AdaptiveAvgPool2d(1))


def rows_of_pixels() -> nn.Module:
    rnn, out = nn.LSTM(28, 8, batch_first=True), nn.Linear(8, 10)
    return Running(lambda self, x: self.layers[1](self.layers[0](x)[0][:, -1]), rnn, out)


def pixel_by_pixel() -> nn.Module:
    rnn, out = nn.RNN(1, 4, batch_first=True), nn.Linear(4, 10)
    return Running(lambda self, x: self.layers[1](self.layers[0](x)[0][:, -1]), rnn, out)


def channels_last() -> nn.Module:
    return Running(lambda self, x: self.layers[0](x.permute(0, 3, 1, 2)).flatten(1), nn.Conv2d(1, 10, 28))


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (plain_cnn, "N×1×28×28"),
        (all_convolution, "N×1×28×28"),
        (rows_of_pixels, "N×28×28"),
        (mlp, "N×784"),
        (lenet_of_32, "N×1×32×32"),
        (of_three_channels, "N×3×28×28"),
        (vgg_like, "N×3×32×32"),
        (channels_last, "N×28×28×1"),
        (pixel_by_pixel, "N×784×1"),
        (alexnet_like, "N×3×224×224"),
    ],
)
def test_the_plainest_layout_that_runs_is_found(images: Tensor, build: Callable[[], nn.Module], name: str) -> None:
    assert Fitting(build, images).find((None,)).layout.name == name


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_layout_holds_the_pixels_of_the_image(images: Tensor, layout: Layout) -> None:
    pixels = images[:3].float()
    given = layout.apply(pixels)
    assert given.shape == (3, *layout.shape)
    channels = 3 if layout.shape[0] == 3 else 1
    assert torch.equal(given.flatten(1).sum(1), channels * pixels.flatten(1).sum(1))


def test_three_channels_do_not_share_their_memory(images: Tensor) -> None:
    given = Layout((3, 28, 28)).apply(images[:2].float())
    given[:, 0].zero_()
    assert given[:, 1].sum() > 0


def test_padding_puts_two_black_pixels_around_the_image(images: Tensor) -> None:
    padded = Layout((1, 32, 32), 32).apply(images[:2].float() + 1)
    assert padded[:, :, :2].sum() == padded[:, :, :, 30:].sum() == 0
    assert torch.equal(padded[:, :, 2:30, 2:30], images[:2].float() + 1)


def failure_of(build: Callable[[], nn.Module], images: Tensor) -> Failure:
    with pytest.raises(Failure) as caught:
        Fitting(build, images).find((None,))
    return caught.value


def test_a_network_that_runs_with_no_layout_shows_the_error_for_plain_images(images: Tensor) -> None:
    failure = failure_of(lambda: nn.Sequential(nn.Conv2d(1, 2, 5), nn.Flatten(), nn.Linear(99, 10)), images)
    sentence = failure.text % failure.values
    assert failure.outcome == "bad_model"
    assert "error for images of the form N×1×28×28: RuntimeError: " in sentence
    assert "mat1 and mat2 shapes cannot be multiplied (5x1152 and 99x10)" in sentence
    assert "also tried: N×28×28, N×784, N×1×32×32, N×3×28×28" in sentence
    assert "linear.py" in str(failure.detail)


def test_the_error_shown_is_that_of_the_layout_that_got_furthest(images: Tensor) -> None:
    halving = [nn.MaxPool2d(2) for _ in range(5)]
    failure = failure_of(lambda: nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), *halving, nn.Linear(9, 10)), images)
    assert "images of the form N×3×32×32: RuntimeError" in failure.text % failure.values


def test_a_network_that_runs_but_returns_something_else_is_told_so(images: Tensor) -> None:
    failure = failure_of(lambda: nn.Sequential(of_three_channels(), nn.Linear(10, 1000)), images)
    assert failure.text % failure.values == "The network returned 1000 numbers per image; 10 are needed."


def in_training_only(self: Running, given: Tensor) -> Tensor:
    if not self.training:
        raise ValueError("not now")
    return given.flatten(1)[:, :10]


def test_a_network_that_works_in_training_only_is_told_so(images: Tensor) -> None:
    failure = failure_of(lambda: Running(in_training_only), images)
    assert "works in training mode only; after model.eval() it raised an error: ValueError: not now" in (
        failure.text % failure.values
    )


def test_a_network_that_is_slow_with_large_images_is_refused(images: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.child.fitting._LONGEST_LARGE_IMAGE_S", 0)
    failure = failure_of(alexnet_like, images)
    assert "takes only images of 224×224 pixels" in failure.text % failure.values


class Growing(nn.Module):
    """Makes its layer when it sees its first images, as nn.LazyLinear does it too."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.LazyLinear(5)
        self.last: nn.Module | None = None

    def forward(self, images: Tensor) -> Tensor:
        features = self.first(images)
        if self.last is None:
            self.last = nn.Linear(5, 10)
        if images.ndim != 2:
            raise ValueError("flat images, please")
        return self.last(features)


def test_layers_that_grow_take_the_sizes_of_the_layout_that_runs(images: Tensor) -> None:
    fitting = Fitting(Growing, images)
    assert fitting.find((None,)).layout.name == "N×784"
    assert [tuple(parameter.shape) for parameter in fitting.model.parameters()] == [(5, 784), (5,), (10, 5), (10,)]
    assert all(parameter.requires_grad and not parameter.is_inference() for parameter in fitting.model.parameters())


def test_trying_leaves_no_trace(images: Tensor) -> None:
    def spoil(self: Running, given: Tensor) -> Tensor:
        torch.rand(3), np.random.rand(), random.random()
        self.layers[0].train()
        return self.layers[1](self.layers[0](given).flatten(1))

    model = Running(spoil, nn.BatchNorm2d(1), nn.Linear(784, 10))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    Fitting(lambda: model, images).find((None,))
    with without_trace(model):
        run_forward(model, images[:4].float()).sum().backward()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[1:]
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.training


class WithOwnTrain(nn.Module):
    """Has a method `train` that has nothing to do with torch's, as homework often has."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def train(self, loader: object, epochs: int) -> None:  # type: ignore[override]
        raise AssertionError("nobody asked for this")


class WithFrozenLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)

    def train(self, mode: bool = True) -> "WithFrozenLayer":
        super().train(mode)
        self.norm.eval()
        return self


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_switched_past_a_train_method_of_the_student_s_own(training: bool) -> None:
    model = WithOwnTrain()
    set_training(model, training)
    assert (model.training, model.dropout.training) == (training, training)


def test_an_override_of_torch_s_own_train_is_called() -> None:
    model = WithFrozenLayer()
    set_training(model, True)
    assert (model.training, model.norm.training) == (True, False)


def first_ten(given: Tensor) -> Tensor:
    return given.flatten(1)[:, 300:310]


def test_a_network_that_returns_the_same_memory_every_time_predicts_as_any_other(images: Tensor) -> None:
    kept = torch.empty(250, 10)

    def reuse(_self: Running, given: Tensor) -> Tensor:
        kept[: len(given)] = first_ten(given)
        return kept[: len(given)]

    many = images.repeat(6, 1, 1, 1)
    assert predict(Running(reuse), many, Interface()) == predict(Running(lambda _, x: first_ten(x)), many, Interface())


def test_a_network_that_writes_into_its_input_does_not_change_our_images(images: Tensor) -> None:
    before = images.clone()

    def destroy(_self: Running, given: Tensor) -> Tensor:
        result = first_ten(given).clone()
        given.zero_()
        return result

    first = predict(Running(destroy), images, Interface())
    assert predict(Running(destroy), images, Interface()) == first
    assert torch.equal(images, before)


def test_outputs_that_ask_for_gradients_are_taken_as_numbers(images: Tensor) -> None:
    def insist(self: Running, given: Tensor) -> Tensor:
        with torch.enable_grad():
            return self.layers[0](given.flatten(1))

    (rows,) = evaluate_batches(Running(insist, nn.Linear(784, 10)), images, Interface())
    assert not rows.requires_grad


def test_a_network_in_double_precision_gets_double_precision(images: Tensor) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).double()
    assert run_forward(model, images[:3].float() / 255).dtype == torch.float64
    assert len(predict(model, images, Interface())) == 100 * 10 * 4


def test_a_network_of_fixed_batch_size_gets_its_last_batch_filled(images: Tensor) -> None:
    seen: list[int] = []

    def count(_self: Running, given: Tensor) -> Tensor:
        seen.append(len(given))
        return first_ten(given)

    rows = list(evaluate_batches(Running(count), images, Interface(batch_size=64)))
    assert (seen, [len(row) for row in rows]) == ([64, 64], [64, 36])


@pytest.mark.parametrize(
    ("last", "kind"),
    [(nn.Identity(), "logits"), (nn.LogSoftmax(1), "log_probabilities"), (nn.Softmax(1), "probabilities")],
)
def test_the_kind_of_output_is_judged_by_training_images(images: Tensor, last: nn.Module, kind: str) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10), last)
    assert judge_output(model, images, Interface()) == kind


def test_softmax_in_evaluation_alone_does_not_change_the_loss(images: Tensor) -> None:
    def forward(self: Running, given: Tensor) -> Tensor:
        logits = self.layers[0](given.flatten(1))
        return logits if self.training else logits.softmax(1)

    model = Running(forward, nn.Linear(784, 10))
    assert judge_output(model, images, Interface()) == "probabilities"
    assert judge_output_in_training(model, images, Interface()) == "logits"


def digits_with_light_labels() -> Digits:
    """Images of one grey each, which is their label."""
    labels = torch.arange(500) % 10
    shades = (labels * 25).to(torch.uint8).reshape(-1, 1, 1, 1)
    return Digits(shades.repeat(1, 1, 28, 28), labels, torch.zeros(0))


def by_shade(scale: float) -> Callable[[Running, Tensor], Tensor]:
    def read(_self: Running, given: Tensor) -> Tensor:
        shade = given.amax(dim=(1, 2, 3)) * scale / 25
        return -(shade[:, None] - torch.arange(10)).abs()

    return read


@pytest.mark.parametrize(("scale", "normalize"), [(255, "none"), (1, "bytes")])
def test_the_normalization_that_reads_most_training_images_right_is_chosen(scale: float, normalize: str) -> None:
    interface, correct = choose_normalization(
        Running(by_shade(scale)), [Interface()], digits_with_light_labels(), "auto", 500
    )
    assert (interface.normalize, correct) == (normalize, 500)


def test_of_equal_normalizations_the_simpler_is_chosen() -> None:
    model = Running(lambda _, x: functional.one_hot(torch.zeros(len(x)).long(), 10).float())
    interface, _ = choose_normalization(model, [Interface()], digits_with_light_labels(), "auto", 500)
    assert interface.normalize == "none"


def test_a_normalization_that_is_stated_is_not_questioned() -> None:
    interface, _ = choose_normalization(Running(by_shade(255)), [Interface()], digits_with_light_labels(), "half", 500)
    assert interface.normalize == "half"


def test_weights_for_padded_images_are_found_though_the_plain_ones_run_too() -> None:
    def only_padded(self: Running, given: Tensor) -> Tensor:
        rows = by_shade(255)(self, given)
        return rows if given.shape[-1] == 32 else -rows

    layouts = [Interface(), Interface(Layout((1, 32, 32), 32))]
    interface, _ = choose_normalization(Running(only_padded), layouts, digits_with_light_labels(), "none", 500)
    assert interface.layout.padding == 2
    same = Running(by_shade(255))
    interface, _ = choose_normalization(same, layouts, digits_with_light_labels(), "none", 500)
    assert interface.layout == PLAIN


def test_an_output_cut_off_from_the_parameters_cannot_be_trained(images: Tensor) -> None:
    model = Running(lambda self, x: self.layers[0](x.flatten(1)).detach(), nn.Linear(784, 10))
    digits = Digits(images, torch.zeros(100).long(), images)
    training = Training(model, digits, make_recipe(), Interface())
    with pytest.raises(Failure, match="does not depend on its parameters"):
        training.run_epoch(LossReport(Recorder(), 10, torch.device("cpu")))
