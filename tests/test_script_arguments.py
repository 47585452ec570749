"""What a network's constructor is given: by the form, by the script, or by its own defaults."""

from pathlib import Path

import pytest
from torch import nn

from tests.homework import IMPORTS, NET, build, read, refused

ONE = """
class One(nn.Module):
    def __init__(self, *given, **named):
        super().__init__()
        self.given = given, named

    def forward(self, x):
        return x
"""


def given(network: nn.Module) -> object:
    return network.given


VALUES = [
    ("", ((), {})),
    ("3", ((3,), {})),
    ("hidden=64, dropout=0.2", ((), {"hidden": 64, "dropout": 0.2})),
    ("28 * 28, -1, +2, 7 // 2, 2 ** 5, 1e-3", ((784, -1, 2, 3, 32, 1e-3), {})),
    ("(1, 28), [3, [4]], {'a': 1}", (((1, 28), [3, [4]], {"a": 1}), {})),
    ("None, True, 'relu'", ((None, True, "relu"), {})),
    ("  1,\n  2  # two", ((1, 2), {})),
]


@pytest.mark.parametrize(("arguments", "expected"), VALUES)
def test_plain_values_of_the_form_reach_the_constructor(tmp_path: Path, arguments: str, expected: object) -> None:
    assert given(build(tmp_path, IMPORTS + ONE, arguments=arguments)) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        "hidden=",
        "hidden",
        "open('x')",
        "__import__('os').system('x')",
        "1) + (2",
        "1); f(2",
        "9 ** 9 ** 9",
        "'a' * 10 ** 9",
        "1 / 0",
        "*[1]",
        "**{'a': 1}",
        "lambda: 1",
        "a=1, a=2",
        "f'{x}'",
        "[" * 300 + "]" * 300,
        "-" * 90_000 + "1",
    ],
)
def test_anything_but_plain_values_is_refused(tmp_path: Path, arguments: str) -> None:
    outcome, sentence = refused(tmp_path, IMPORTS + ONE, arguments=arguments)
    assert outcome == "bad_model"
    assert "cannot be read" in sentence
    assert "hidden=64, dropout=0.2" in sentence


def test_the_form_goes_before_the_script(tmp_path: Path) -> None:
    script = read(tmp_path, f"{IMPORTS}{NET}net = Net(5)\n", arguments="hidden=7")
    assert script.arguments == "hidden=7"
    assert script.build().get_submodule("hidden").weight.shape == (7, 784)


def test_an_instance_of_the_same_name_does_not_hide_the_class(tmp_path: Path) -> None:
    text = f"{IMPORTS}{NET}Net = Net(5)\n"
    assert build(tmp_path, text).get_submodule("hidden").weight.shape == (5, 784)
    assert build(tmp_path, text, arguments="6").get_submodule("hidden").weight.shape == (6, 784)


def test_the_script_goes_before_the_defaults_and_is_quoted(tmp_path: Path) -> None:
    script = read(tmp_path, f"{IMPORTS}n = 5\n{NET}net = Net(\n    n + 1)\n")
    assert script.arguments == "n + 1"
    assert script.build().get_submodule("hidden").weight.shape == (6, 784)


def test_a_network_that_is_never_made_takes_its_defaults(tmp_path: Path) -> None:
    assert read(tmp_path, IMPORTS + NET).arguments == ""
    assert build(tmp_path, IMPORTS + NET).get_submodule("hidden").weight.shape == (16, 784)


def test_the_arguments_of_the_chosen_class_are_taken(tmp_path: Path) -> None:
    text = f"{IMPORTS}{NET}{NET.replace('Net', 'Other')}a = Net(5)\nb = Other(6)\n"
    assert read(tmp_path, text, class_name="Other").arguments == "6"
    assert build(tmp_path, text, class_name="Other").get_submodule("hidden").weight.shape == (6, 784)


def test_missing_arguments_are_named_with_what_to_write(tmp_path: Path) -> None:
    text = IMPORTS + NET.replace("hidden=16", "in_features, hidden, num_classes, mode, depth=2")
    outcome, sentence = refused(tmp_path, text)
    assert outcome == "bad_model"
    assert "needs a value for in_features, hidden, num_classes, mode," in sentence
    assert "in_features=784, hidden=128, num_classes=10, mode=…" in sentence


def test_the_arguments_of_a_function_can_be_given(tmp_path: Path) -> None:
    text = f"{IMPORTS}def make(n, m=10):\n    return nn.Sequential(nn.Linear(n, m))\n"
    assert "needs a value for n," in refused(tmp_path, text)[1]
    assert build(tmp_path, text, arguments="4")[0].in_features == 4


def test_a_ready_made_network_takes_no_arguments(tmp_path: Path) -> None:
    outcome, sentence = refused(tmp_path, f"{IMPORTS}net = nn.Sequential(nn.Linear(1, 1))\n", arguments="3")
    assert outcome == "bad_model"
    assert "net is a network that is ready made" in sentence
