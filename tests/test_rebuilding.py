"""Networks rebuilt from lists of layers: sizes, defaults and sources, checked against what torch makes of them."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from app.core.rebuilding.plan import LEARNING_RATES, Plan, missing, plan
from app.core.rebuilding.shapes import Unfit
from app.core.recipes import Optimizer, Recipe, parse_recipe
from app.core.thread.layer_lists import read_layers
from app.core.thread.understanding import Understood, understand
from models_zoo.yannet import Net as YanNet
from tests.threads import (
    IMPOSSIBLE,
    IN_OTHER_WORDS,
    NO_LAYERS,
    TWO_CONVOLUTIONS,
    YANNET,
    YANNET_OF_THE_DESIGN,
)


def network(planned: Plan) -> nn.Module:
    """What the model file makes."""
    names: dict[str, Any] = {}
    exec(planned.source, names)
    made: nn.Module = names["Net"]()
    return made.eval()


def planned(layers: str, **settings: Any) -> Plan:
    return plan(Understood(layers=read_layers(layers), **settings), 1)


def obstacle(layers: str) -> str:
    with pytest.raises(Unfit) as caught:
        planned(layers)
    return str(caught.value.sentence)


def taken(found: Plan) -> list[str]:
    return [str(sentence) for sentence in found.taken]


def types(module: nn.Module) -> list[str]:
    """The layers that do something while a network is tested."""
    leaves = [each for each in module.modules() if not list(each.children())]
    return [type(leaf).__name__ for leaf in leaves if not isinstance(leaf, nn.Dropout | nn.Flatten)]


def test_the_second_post_is_rebuilt_with_named_defaults() -> None:
    found = plan(understand(TWO_CONVOLUTIONS), 2)

    # 1·10·25+10, 10·20·9+20, 2000·500+500, 500·10+10
    assert found.parameters == 260 + 1820 + 1_000_500 + 5010
    assert found.recipe == {"optimizer": "Adam", "batch_size": 64, "learning_rate": 0.001, "epochs": 3}
    assert taken(found) == [
        "convolutions without a word on padding: none",
        "pooling without a size: 2 × 2",
        "learning rate: 0.001, usual with Adam",
        "epochs: 3, as in the homework",
        "seed: 0",
    ]


def test_the_second_post_becomes_the_network_that_a_person_would_write() -> None:
    made = network(plan(understand(TWO_CONVOLUTIONS), 2))
    by_hand = nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 3),
        nn.Flatten(), nn.Linear(2000, 500), nn.ReLU(), nn.Linear(500, 10),
    ).eval()  # fmt: skip
    by_hand.load_state_dict({name.removeprefix("layers."): value for name, value in made.state_dict().items()})
    images = torch.rand(3, 1, 28, 28)

    assert torch.equal(made(images), by_hand(images))


def test_the_third_post_cannot_be_and_the_reason_is_arithmetic() -> None:
    with pytest.raises(Unfit) as caught:
        plan(understand(IMPOSSIBLE), 3)

    assert "320 is not 16·k² for any whole k" in str(caught.value.sentence)


def test_the_first_post_names_no_layers() -> None:
    with pytest.raises(Unfit) as caught:
        plan(understand(NO_LAYERS), 1)

    assert "names no layers" in str(caught.value.sentence)
    assert missing(understand(NO_LAYERS)) == ["epochs", "layers with their sizes"]


@pytest.mark.parametrize("post", [YANNET, YANNET_OF_THE_DESIGN])
def test_the_fourth_post_becomes_the_reference_network(post: str) -> None:
    found = plan(understand(post), 4)
    made = network(found)

    shapes = [tuple(value.shape) for value in YanNet().state_dict().values()]
    assert found.parameters == 30_306
    assert [tuple(value.shape) for value in made.state_dict().values()] == shapes
    assert types(made) == types(YanNet())


def test_the_rebuilt_reference_network_computes_what_the_reference_network_does() -> None:
    made, reference = network(plan(understand(YANNET), 4)), YanNet().eval()
    reference.load_state_dict(dict(zip(reference.state_dict(), made.state_dict().values(), strict=True)))
    images = torch.rand(3, 1, 28, 28)

    assert torch.allclose(made(images), reference(images), atol=1e-6)


@pytest.mark.parametrize("name", IN_OTHER_WORDS)
def test_the_same_network_in_other_words_has_the_same_parameters(name: str) -> None:
    assert plan(understand(IN_OTHER_WORDS[name]), 1).parameters == 1_007_590


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("conv 1->6, max pool, conv 6->16, max pool, linear 256->10", "convolutions without a size: 5 × 5"),
        ("conv 1->6, max pool, conv 6->16, max pool, linear 400->10", "convolutions without a size: 3 × 3"),
        ("conv 1->6, max pool, conv 6->16, max pool, linear 784->10", "padded so that the maps keep their size"),
        ("conv 8, dropout, linear 10", "dropout without a rate: 0.5"),
        ("linear 784->10, softmax", "as log-softmax"),
    ],
)
def test_what_is_open_is_filled_so_that_it_fits_and_named(layers: str, words: str) -> None:
    found = planned(layers)

    assert words in "; ".join(taken(found))
    assert network(found)(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ("conv 3->6 5x5, linear 10", "takes 3 maps, but 1 come"),
        ("conv 1->6 5x5, conv 16->32 3x3, linear 10", "takes 16 maps, but 6 come"),
        ("linear 784->300, linear 200->10", "takes 200 numbers, but 300 come"),
        ("conv 1->20 5x5 padding 0, linear 320->10", "20 maps of 4 × 4, but as posted the maps are 24 × 24"),
        ("conv 1->8 5x5, linear 20, conv 8->8 3x3, linear 10", "needs maps"),
        ("linear 784->300", "gives 300 numbers"),
        ("conv 1->10 5x5, relu", "a linear layer to 10 digits is missing"),
        ("conv 1->8 5x5, max pool 9, max pool 9, linear 10", "only 2 × 2 pixels left"),
        ("linear 784->100, softmax, linear 100->10", "softmax of the post stands before its last layer"),
        ("linear 784->90000, linear 90000->10", "71,550,010 parameters"),
        ("conv 1->6 5x5, LSTM, linear 10", "“LSTM” in the post is no layer"),
        ("conv 1->9 5x5 padding 0, conv 9->9 3x3 groups 4, linear 10", "4 groups"),
        ("linear 784->100, relu, linear, linear 10", "does not say how many outputs"),
    ],
)
def test_a_list_that_is_no_network_is_refused_with_the_reason(layers: str, words: str) -> None:
    assert words in obstacle(layers)


def test_momentum_that_the_optimizer_has_not_is_left_out_and_that_is_said() -> None:
    found = planned("linear 784->10", optimizer="Adam", momentum=0.9)

    assert "momentum" not in found.recipe
    assert "momentum 0.9 left out: Adam has none" in taken(found)


def test_more_epochs_than_are_trained_here_are_cut_and_that_is_said() -> None:
    found = planned("linear 784->10", epochs=100)

    assert found.recipe["epochs"] == 20
    assert "epochs: 20, the most that is trained here, instead of 100" in taken(found)


@pytest.mark.parametrize("optimizer", Optimizer.__args__)  # type: ignore[attr-defined]
def test_every_optimizer_has_a_learning_rate_and_a_recipe_that_can_be_run(optimizer: str) -> None:
    found = planned("linear 784->10", optimizer=optimizer, momentum=0.9)

    assert parse_recipe(found.recipe).learning_rate == LEARNING_RATES[optimizer]


def test_without_a_word_on_training_the_recipe_is_the_homeworks() -> None:
    assert parse_recipe(planned("linear 784->10").recipe) == Recipe()


def test_nothing_that_a_post_says_gets_into_the_source() -> None:
    found = plan(understand('acc 98 % """); import os; os.system("x") #\nlinear 784->10'), 1)

    assert "import os" not in found.source
    assert "system" not in found.source


LAYERS = (
    "conv 1->4 3x3 padding 1", "conv 8", "conv 4->8 5x5 stride 2", "depthwise", "depthwise 3x3 padding 1", "relu",
    "max pool", "average pool 3 stride 2", "batch norm", "dropout 0.2", "dropout2d", "global average pool", "flatten",
    "linear 30", "linear 10", "tanh", "gelu", "softmax", "conv 8 1x1 groups 2",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(LAYERS), max_size=7))
def test_whatever_is_planned_runs_in_torch_with_the_parameters_that_were_counted(layers: list[str]) -> None:
    try:
        found = planned(", ".join([*layers, "linear 10"]))
    except Unfit:
        return
    made = network(found)

    assert made(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(each.numel() for each in made.parameters()) == found.parameters
