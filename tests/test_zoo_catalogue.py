"""The catalogue of the zoo, read without torch."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import zoo as catalogue
from app.core.errors import InvalidFields
from app.core.recipes import parse_recipe
from app.core.settings import CHECKOUT
from app.core.zoo import find_model, parse_options, zoo

# No deadline: two busy cores are no slow code.
QUICKLY = settings(deadline=None, max_examples=100)

IDS = sorted(path.stem for path in catalogue.ZOO_FOLDER.glob("*.py") if path.stem != "__init__")
READ_ALL = "import sys; from app.core.zoo import zoo; zoo(); print('torch' in sys.modules)"


def refusal(options: dict[str, Any]) -> dict[str, str]:
    """The sentences about options of YanNet."""
    with pytest.raises(InvalidFields) as caught:
        parse_options(find_model("yannet"), options)
    return {name: str(sentence) for name, sentence in caught.value.fields.items()}


def test_every_file_is_a_model_and_the_smallest_comes_first() -> None:
    assert sorted(zoo()) == IDS
    assert [model.parameters for model in zoo().values()] == sorted(model.parameters for model in zoo().values())


def test_reading_the_catalogue_does_not_import_torch() -> None:
    done = subprocess.run([sys.executable, "-c", READ_ALL], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("model_id", IDS)
def test_the_recipe_of_a_card_is_one_that_can_be_submitted(model_id: str) -> None:
    recipe = parse_recipe(find_model(model_id).recipe)

    assert recipe.model_dump() | dict(find_model(model_id).recipe) == recipe.model_dump()


@pytest.mark.parametrize("model_id", IDS)
def test_the_default_of_every_option_is_within_its_limits(model_id: str) -> None:
    options = find_model(model_id).options

    assert [option.name for option in options if not option.minimum <= option.default <= option.maximum] == []


def test_an_unknown_model_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InvalidFields) as caught:
        find_model("resnet152")

    sentence = str(caught.value.fields["model"])
    assert "“resnet152”" in sentence
    assert ", ".join(zoo()) in sentence


def test_a_file_without_a_card_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forgotten.py").write_text("import torch\nx = 1\n")
    monkeypatch.setattr(catalogue, "ZOO_FOLDER", tmp_path)
    catalogue.zoo.cache_clear()

    with pytest.raises(ValueError, match=r"forgotten\.py has no CARD"):
        zoo()


@pytest.mark.parametrize(("text", "value"), [("4", 4), ("64", 64), (" 8 ", 8), ("8.0", 8), (16, 16)])
def test_a_whole_option_is_read(text: Any, value: int) -> None:
    assert parse_options(find_model("yannet"), {"first_channels": text}) == {"first_channels": value}


def test_a_whole_option_is_kept_as_a_whole_number() -> None:
    assert type(parse_options(find_model("yannet"), {"first_channels": "8.0"})["first_channels"]) is int


@pytest.mark.parametrize("left_out", [{}, {"dropout": ""}, {"dropout": None}])
def test_an_option_left_out_is_left_to_the_model(left_out: dict[str, Any]) -> None:
    assert parse_options(find_model("yannet"), left_out) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("first_channels", "3"),
        ("first_channels", "65"),
        ("first_channels", "8.5"),
        ("first_channels", "many"),
        ("dropout", "-0.1"),
        ("dropout", "0.91"),
        ("dropout", "nan"),
        ("dropout", "inf"),
        ("dropout", 10**400),
        ("dropout", [0.1]),
        ("last_channels", True),
    ],
)
def test_an_option_out_of_range_is_refused_with_the_value_and_the_limits(name: str, value: Any) -> None:
    sentence = refusal({name: value})[f"option.{name}"]

    option = next(option for option in find_model("yannet").options if option.name == name)
    assert f"“{str(value)[:40]}”" in sentence
    assert f"from {option.minimum:g} to {option.maximum:g}" in sentence


def test_an_option_of_another_model_is_refused_with_those_of_this_one() -> None:
    sentence = refusal({"hidden_units": "100"})["option.hidden_units"]

    assert "“hidden_units”" in sentence
    assert "YanNet" in sentence
    assert "first_channels, second_channels, last_channels, dropout" in sentence


def is_usable_or_refused(given: dict[str, Any]) -> bool:
    try:
        parsed = parse_options(find_model("yannet"), given)
    except InvalidFields as refused:
        return bool(refused.fields)
    return 0 <= parsed.get("dropout", 0) <= 0.9 and 1 <= parsed.get("last_channels", 1) <= 32


@QUICKLY
@given(st.dictionaries(st.sampled_from(["dropout", "last_channels", "x"]), st.none() | st.text() | st.floats()))
def test_any_options_are_within_limits_or_refused(given: dict[str, Any]) -> None:
    assert is_usable_or_refused(given)
