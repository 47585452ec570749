"""The training loop."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from worker.child.augmentation import Augmentation
from worker.child.channel import PREDICTIONS, WEIGHTS, Channel
from worker.child.data import Digits, to_pixels
from worker.child.failure import Failure, model_code
from worker.child.forward import run_forward
from worker.child.interface import Interface
from worker.child.job import Recipe
from worker.child.loss_report import LossReport
from worker.child.losses import make_loss
from worker.child.modes import set_training
from worker.child.optimizers import make_optimizers
from worker.child.prediction import predict
from worker.child.schedules import make_schedule
from worker.child.sentences.models import NO_GRADIENT
from worker.child.weights import dump_weights


class Training:
    """One model being trained by one recipe, through its interface."""

    def __init__(self, model: nn.Module, digits: Digits, recipe: Recipe, interface: Interface) -> None:
        self._model = model
        self._digits = digits
        self._recipe = recipe
        self._interface = interface
        self._loss = make_loss(recipe, interface.training_kind)
        self.steps_per_epoch = math.ceil(len(digits.train_images) / recipe.batch_size)
        self._optimizers = make_optimizers(model, recipe)
        self._schedules = [make_schedule(optimizer, recipe, self.steps_per_epoch) for optimizer in self._optimizers]
        self._augment = Augmentation(recipe)
        self._shuffler = torch.Generator().manual_seed(recipe.seed)

    def run_epoch(self, report: LossReport) -> float:
        """Train on every training image once and return the mean loss.

        Raises:
            Failure: `diverged`, `bad_model` or `bad_output`.
        """
        set_training(self._model, True)
        for images, labels in self._batches():
            learning_rate = self._optimizers[0].param_groups[0]["lr"]
            report.add(self._run_step(images, labels), len(labels), learning_rate)
        return report.end_epoch()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the images and labels in a new order; the last batch holds what is left."""
        images, labels = self._digits.train_images, self._digits.train_labels
        order = torch.randperm(len(images), generator=self._shuffler).to(images.device)
        for chosen in torch.split(order, self._recipe.batch_size):
            yield images.index_select(0, chosen), labels.index_select(0, chosen)

    def _run_step(self, images: Tensor, labels: Tensor) -> Tensor:
        pixels = self._augment(to_pixels(images))
        output = run_forward(self._model, self._interface.inputs(pixels), self._recipe.precision)
        if not output.requires_grad:
            raise Failure("bad_model", NO_GRADIENT)
        loss = self._loss(output.float(), labels)
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        with model_code():
            loss.backward()  # type: ignore[no-untyped-call]
        for optimizer, schedule in zip(self._optimizers, self._schedules, strict=True):
            optimizer.step()
            schedule.step()
        return loss


def train(model: nn.Module, digits: Digits, recipe: Recipe, interface: Interface, channel: Channel) -> None:
    """Train the model, sending its predictions after every epoch and its weights at the end."""
    training = Training(model, digits, recipe, interface)
    report = LossReport(channel, recipe.epochs * training.steps_per_epoch, digits.train_images.device)
    for epoch in range(1, recipe.epochs + 1):
        train_loss = training.run_epoch(report)
        channel.send("testing", epoch=epoch)
        channel.send_frame(PREDICTIONS, epoch, predict(model, digits.test_images, interface))
        channel.send("epoch", epoch=epoch, train_loss=train_loss)
    channel.send_frame(WEIGHTS, recipe.epochs, dump_weights(model))
