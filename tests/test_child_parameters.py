"""How many numbers a network keeps: whoever has the images in a table must not pass for a small network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from worker.child.files.exported_program import load_exported_program
from worker.child.job import Upload
from worker.child.layers import count_parameters


class Table(nn.Module):
    """Answers from kept images: 50 × 784 numbers, and as many labels."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        images, labels = torch.rand(50, 784), torch.arange(50) % 10
        self.register_buffer("labels", labels)
        if kind == "attribute":
            self.images = images
        else:
            self.register_buffer("images", images, persistent=kind == "buffer")

    def forward(self, pixels: Tensor) -> Tensor:
        nearest = torch.cdist(pixels.flatten(1), self.images).argmin(1)
        return nn.functional.one_hot(self.labels[nearest], 10).float()


NUMBERS = 50 * 784 + 50


@pytest.mark.parametrize("kind", ["buffer", "passing buffer", "attribute"])
def test_a_table_of_images_counts_wherever_a_module_keeps_it(kind: str) -> None:
    assert count_parameters(Table(kind)) == NUMBERS


@pytest.mark.parametrize("kind", ["buffer", "attribute"])
def test_a_table_of_images_counts_in_an_exported_program(kind: str, tmp_path: Path) -> None:
    program = torch.export.export(Table(kind).eval(), (torch.rand(2, 1, 28, 28),))
    torch.export.save(program, tmp_path / "table.pt2")

    model, _ = load_exported_program(Upload(tmp_path / "table.pt2", "table.pt2"), 1)

    assert count_parameters(model) == NUMBERS


def test_what_batch_norm_saw_does_not_count_and_shared_weights_count_once() -> None:
    first, second = nn.Linear(20, 20), nn.Linear(20, 20)
    second.weight = first.weight

    assert count_parameters(nn.Sequential(first, nn.BatchNorm1d(20), second)) == 400 + 20 + 20 + 2 * 20


def test_a_table_that_calls_itself_a_statistic_counts_all_the_same() -> None:
    hidden = nn.Identity()
    hidden.register_buffer("running_mean", torch.tensor(np.zeros((30, 10), np.float32)))

    assert count_parameters(hidden) == 300
