"""Every model of the zoo gets the same tests."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import models_zoo
from app.core.recipes import Recipe
from benchmarks.mnist import find_mnist, load_mnist
from tests.digits import draw_digits

FILES = sorted(path for path in Path(models_zoo.__path__[0]).glob("*.py") if path.stem != "__init__")
IDS = [path.stem for path in FILES]
MNIST = find_mnist()


# One thread: with more, a test waits at every barrier for whatever else the machine is doing.
@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


every_model = pytest.mark.parametrize("model_id", IDS)


def read_card(model_id: str) -> dict[str, Any]:
    tree = ast.parse(next(path for path in FILES if path.stem == model_id).read_text("utf-8"))
    assignments = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CARD"
    ]
    return ast.literal_eval(assignments[0].value)


def build(model_id: str, **options: float) -> nn.Module:
    torch.manual_seed(0)
    return importlib.import_module(f"models_zoo.{model_id}").Net(**options)


def count_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def mean_loss(model: nn.Module, pixels: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.inference_mode():
        # On log-probabilities cross-entropy is their negative log-likelihood, on logits what its name says.
        return functional.cross_entropy(model(pixels), labels).item()


def losses_around_an_epoch(model_id: str, images: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    model = build(model_id)
    pixels, targets = torch.tensor(images).unsqueeze(1).float() / 255, torch.tensor(labels).long()
    before = mean_loss(model, pixels[:500], targets[:500])
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003)
    for chosen in torch.arange(len(pixels)).split(25):
        optimizer.zero_grad()
        functional.cross_entropy(model(pixels[chosen]), targets[chosen]).backward()
        optimizer.step()
    return before, mean_loss(model, pixels[:500], targets[:500])


def test_the_zoo_has_the_eight_promised_models() -> None:
    promised = "cnn_10k lenet5 mlp small_cnn softmax_regression tiny_resnet tiny_vit yannet"
    assert promised.split() == IDS


@every_model
def test_the_card_is_complete(model_id: str) -> None:
    card = read_card(model_id)
    assert set(card) == {"title", "source", "parameters", "convolution", "options", "recipe"}
    assert "https://" in card["source"]


@every_model
def test_the_card_counts_the_parameters_exactly(model_id: str) -> None:
    assert count_parameters(build(model_id)) == read_card(model_id)["parameters"]


@every_model
def test_the_card_says_whether_the_model_convolves(model_id: str) -> None:
    convolves = any(isinstance(module, nn.Conv2d) for module in build(model_id).modules())
    assert convolves is read_card(model_id)["convolution"]


@every_model
def test_the_options_are_the_keywords_of_the_constructor(model_id: str) -> None:
    module = importlib.import_module(f"models_zoo.{model_id}")
    keywords = inspect.signature(module.Net).parameters.values()
    defaults = {name: option["default"] for name, option in read_card(model_id)["options"].items()}
    assert {keyword.name: keyword.default for keyword in keywords} == defaults


@every_model
def test_the_recipe_of_the_card_is_a_recipe_and_names_only_what_differs(model_id: str) -> None:
    recipe = read_card(model_id)["recipe"]
    assert recipe.items() <= Recipe(**recipe).model_dump().items()
    assert not recipe.items() & Recipe().model_dump().items()


@every_model
def test_only_torch_is_imported_so_that_the_file_can_be_submitted(model_id: str) -> None:
    tree = ast.parse(next(path for path in FILES if path.stem == model_id).read_text("utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {module.split(".")[0] for module in modules if module} == {"torch"}


@pytest.mark.parametrize(
    ("model_id", "option", "bound"),
    [
        (model, option, bound)
        for model in IDS
        for option in read_card(model)["options"]
        for bound in ("minimum", "maximum")
    ],
)
def test_the_bound_of_an_option_builds_and_predicts(model_id: str, option: str, bound: str) -> None:
    model = build(model_id, **{option: read_card(model_id)["options"][option][bound]}).eval()
    assert model(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_a_vit_whose_heads_do_not_divide_its_width_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"width is 64 and heads is 5; choose"):
        build("tiny_vit", heads=5)


def test_a_vit_whose_patches_do_not_fill_the_image_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"patch_size is 5; choose"):
        build("tiny_vit", patch_size=5)


def test_a_vit_cuts_its_patches_row_by_row() -> None:
    image = torch.arange(28 * 28.0).reshape(1, 1, 28, 28)
    second = build("tiny_vit").cut_patches(image)[0, 1]
    assert torch.equal(second, image[0, 0, 0:7, 7:14].flatten())


@every_model
def test_the_loss_falls_on_drawn_digits(model_id: str) -> None:
    before, after = losses_around_an_epoch(model_id, *draw_digits(2000))
    assert after < 0.9 * before


@pytest.mark.mnist
@pytest.mark.skipif(MNIST is None, reason="the MNIST files are not here")
@every_model
def test_the_loss_falls_on_mnist(model_id: str) -> None:
    assert MNIST is not None
    images, labels = load_mnist(MNIST)["train-images"][:2000], load_mnist(MNIST)["train-labels"][:2000]
    before, after = losses_around_an_epoch(model_id, images, labels)
    assert after < 0.9 * before
