"""Whole homework files as students write them: each gives the network that its author trains."""

import pytest
import torch
from torch import nn

from tests.homework import FILES
from worker.child.failure import Failure
from worker.child.script import Script, read_script


def read_homework(name: str) -> Script:
    return read_script(FILES / name, name)


NETWORKS = [
    ("argparse_main.py", "DigitNet", "args.width, dropout=args.dropout", 6_646),
    ("flat.py", "网络", "hidden, num_classes", 53_018),
    ("lightning.py", "LitDigits", "hidden_dim=20", 15_910),
    ("trainer_class.py", "Model", "self.cfg", 6_442),
    ("sequential.py", "model", "", 1_554),
    ("builder.py", "build_model", "20, depth=3", 16_750),
    ("colab.ipynb", "Net", "", 6_958),
    ("transfer.py", "model", "", 11_175_370),
]


@pytest.mark.parametrize(("name", "class_name", "arguments", "parameters"), NETWORKS)
def test_a_homework_file_gives_the_network_that_it_trains(
    name: str, class_name: str, arguments: str, parameters: int
) -> None:
    script = read_homework(name)
    torch.manual_seed(0)

    network = script.build().eval()

    assert (script.class_name, script.arguments) == (class_name, arguments)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("name", ["flat.py", "trainer_class.py", "colab.ipynb"])
def test_the_same_seed_builds_the_same_weights(name: str) -> None:
    script = read_homework(name)
    networks = []
    for _ in range(2):
        torch.manual_seed(7)
        networks.append(script.build())

    first, second = (torch.cat([p.flatten() for p in network.parameters()]) for network in networks)

    assert torch.equal(first, second)


def test_a_script_that_trains_two_networks_asks_which_is_meant() -> None:
    script = read_homework("gan.py")

    with pytest.raises(Failure) as caught:
        script.build()

    assert (script.class_name, [c.name for c in script.candidates]) == ("", ["Generator", "Discriminator"])
    assert caught.value.outcome == "bad_model"
    assert "Generator (line 5), Discriminator (line 12)" in caught.value.text % caught.value.values


SUGGESTIONS = {
    "argparse_main.py": {
        "batch_size": 32,
        "epochs": 4,
        "optimizer": "AdamW",
        "learning_rate": 1e-3,
        "weight_decay": 5e-4,
        "normalize": "mnist",
        "seed": 42,
        "loss": "nll",
    },
    "flat.py": {
        "batch_size": 128,
        "epochs": 5,
        "optimizer": "SGD",
        "learning_rate": 0.05,
        "momentum": 0.9,
        "nesterov": True,
        "weight_decay": 0.0,
        "normalize": "none",
        "loss": "cross_entropy",
    },
    "trainer_class.py": {
        "batch_size": 100,
        "epochs": 6,
        "optimizer": "Adam",
        "learning_rate": 0.002,
        "weight_decay": 0.0,
    },
    "lightning.py": {
        "batch_size": 64,
        "epochs": 3,
        "optimizer": "Adam",
        "learning_rate": 0.003,
        "weight_decay": 0.0,
        "seed": 1234,
        "loss": "cross_entropy",
    },
}


@pytest.mark.parametrize("name", SUGGESTIONS)
def test_the_hyperparameters_of_a_homework_file_are_suggested(name: str) -> None:
    assert read_homework(name).suggestions == SUGGESTIONS[name]


def test_a_pretrained_network_starts_with_fresh_weights_of_which_all_are_trained() -> None:
    network = read_homework("transfer.py").build()

    assert all(parameter.requires_grad for parameter in network.parameters())


def test_initialisation_after_the_construction_is_part_of_the_network() -> None:
    network = read_homework("sequential.py").build()

    linear = next(module for module in network.modules() if isinstance(module, nn.Linear))
    assert linear.bias.tolist() == [0.5] * 10


def test_only_packages_that_the_network_s_code_imports_are_named_as_missing() -> None:
    assert read_homework("lightning.py").missing == ["pytorch_lightning", "torchmetrics"]
    assert read_homework("flat.py").missing == []
