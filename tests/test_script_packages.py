"""Imports of what is not here: harmless until the network really uses it."""

import importlib.util
from pathlib import Path

import pytest
import torch

from tests.homework import IMPORTS, NET, build, read, refused


def using(code: str, imports: str) -> str:
    return f"{imports}\n{IMPORTS}{NET.replace('super().__init__()', f'super().__init__(); {code}')}"


UNUSED = [
    "import einops",
    "import einops.layers.torch as elt",
    "from einops.layers.torch import Rearrange",
    "from my_utils import *",
    "from .helpers import plot",
    "import cv2, sklearn.metrics",
]


@pytest.mark.parametrize("imports", UNUSED)
def test_an_import_that_the_network_does_not_need_is_left_out(tmp_path: Path, imports: str) -> None:
    script = read(tmp_path, f"{imports}\n{IMPORTS}{NET}")
    assert script.missing == []
    assert isinstance(script.build(), torch.nn.Module)


def test_a_missing_package_that_only_a_branch_needs_is_named_and_not_in_the_way(tmp_path: Path) -> None:
    script = read(tmp_path, using("hidden < 0 and einops.rearrange(1)", "import einops"))
    assert script.missing == ["einops"]
    assert isinstance(script.build(), torch.nn.Module)


USED = [
    (
        "einops.rearrange(1)",
        "import einops",
        "uses einops.rearrange of the package einops, which is not installed here",
    ),
    ("self.r = R('b c')", "from einops.layers.torch import Rearrange as R", "uses einops.layers.torch.Rearrange"),
    ("self.x = timm.layers.Mlp(3)", "import timm.layers", "of the package timm"),
    (
        "helper(1)",
        "from my_helpers import helper",
        "of the module my_helpers, which is neither installed here nor part",
    ),
    ("helper(1)", "from .parts import helper", "copy what the network needs into net.py"),
]


@pytest.mark.parametrize(("code", "imports", "says"), USED)
def test_a_missing_package_that_the_network_uses_is_refused_by_name(
    tmp_path: Path, code: str, imports: str, says: str
) -> None:
    outcome, sentence = refused(tmp_path, using(code, imports))
    assert outcome == "bad_model"
    assert says in sentence
    assert "Installed are: torch, torchvision, numpy" in sentence


def test_a_folder_that_happens_to_be_there_is_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_data").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    text = f"from my_data import Net\n{IMPORTS}net = Net()\nnet.train()\n"
    assert "takes its network Net from the module my_data (line 5)" in refused(tmp_path, text)[1]


def test_a_missing_base_class_is_refused_by_name(tmp_path: Path) -> None:
    text = (
        f"from my_nets import Base\n{IMPORTS}class Net(Base):\n    def forward(self, x):\n        return nn.ReLU()(x)\n"
    )
    outcome, sentence = refused(tmp_path, text)
    assert outcome == "bad_model"
    assert "uses my_nets.Base of the module my_nets" in sentence


def test_an_import_inside_the_constructor_is_refused_by_name(tmp_path: Path) -> None:
    outcome, sentence = refused(tmp_path, using("import einops", "import os"))
    assert outcome == "bad_model"
    assert "No module named 'einops'" in sentence


@pytest.mark.parametrize(
    ("code", "imports"),
    [
        ("self.acc = Accuracy(task='multiclass'); self.acc.update(1)", "from torchmetrics import Accuracy"),
        ("logger.info('x')", "from loguru import logger"),
        ("wandb.init(project='x'); wandb.watch(self)", "import wandb"),
        ("self.w = SummaryWriter()", "from tensorboardX import SummaryWriter"),
        ("plt.figure(); plt.show()", "import matplotlib.pyplot as plt"),
        ("[0 for _ in tqdm([1])]", "from tqdm import tqdm"),
    ],
)
def test_packages_that_only_show_or_count_may_be_used(tmp_path: Path, code: str, imports: str) -> None:
    assert isinstance(build(tmp_path, using(code, imports)), torch.nn.Module)


def test_names_of_a_missing_package_may_stand_in_annotations(tmp_path: Path) -> None:
    annotated = NET.replace("self, x", "self, x: Float[torch.Tensor, 'b c'] | None")
    assert isinstance(build(tmp_path, f"from jaxtyping import Float\n{IMPORTS}{annotated}"), torch.nn.Module)


LIGHTNING = """
class Lit(pl.LightningModule):
    def __init__(self, width=8, *, depth=2):
        super().__init__()
        self.save_hyperparameters()
        self.save_hyperparameters('width', ignore=['depth'])
        self.l = nn.Linear(784, self.hparams.width)
        self.example = torch.zeros(1, device=self.device)

    def forward(self, x):
        self.log('x', 1, prog_bar=True)
        self.log_dict({})
        return self.l(x.flatten(1)) * self.hparams['width']

    def training_step(self, batch, index):
        return missing_thing(batch)
"""


@pytest.mark.skipif(importlib.util.find_spec("pytorch_lightning") is not None, reason="Lightning is installed")
@pytest.mark.parametrize(
    "imports", ["import pytorch_lightning as pl", "import lightning as pl", "import lightning.pytorch as pl"]
)
def test_a_lightning_module_works_without_lightning(tmp_path: Path, imports: str) -> None:
    network = build(tmp_path, f"{imports}\n{IMPORTS}{LIGHTNING}pl.Trainer().fit(Lit(10))\n")
    assert network(torch.zeros(2, 784)).shape == (2, 10)
