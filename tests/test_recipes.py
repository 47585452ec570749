"""The hyperparameters: defaults, limits, and sentences for what cannot be used."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidFields
from app.core.recipes import Recipe, choices_of, limits_of, parse_recipe, shown_number

# No deadline: two busy cores are no slow code.
QUICKLY = settings(deadline=None, max_examples=100)

NUMBERS = [name for name, info in Recipe.model_fields.items() if info.annotation in (int, float)]
CHOICES = [name for name, info in Recipe.model_fields.items() if choices_of(info)]


def refusal(given: dict[str, Any], field: str) -> str:
    """The sentence about a field of a recipe that is refused for this field alone."""
    with pytest.raises(InvalidFields) as caught:
        parse_recipe(given)
    assert set(caught.value.fields) == {field}
    return str(caught.value.fields[field])


def test_the_defaults_are_the_homeworks_recipe() -> None:
    recipe = Recipe()

    assert (recipe.optimizer, recipe.learning_rate, recipe.batch_size, recipe.epochs) == ("SGD", 0.02, 64, 3)
    assert (recipe.schedule, recipe.augmentation, recipe.normalize, recipe.momentum) == ("constant", "none", "auto", 0)


def test_nothing_given_is_the_homeworks_recipe() -> None:
    assert parse_recipe({}) == Recipe()


# Both ends of every number, the ends that are no longer allowed, and a step beyond.
LIMITS = [
    ("epochs", ["1", "20"], ["0", "21", "-1", "2.5", "10000"]),
    ("batch_size", ["1", "4096"], ["0", "4097", "-64", "64.5"]),
    (
        "learning_rate",
        ["0.000001", "1e-6", "10"],
        ["0", "-0.1", "1e-7", "10.001", "1e9", "nan", "inf", "-inf", "1e999"],
    ),
    ("momentum", ["0", "0.999"], ["1", "-0.1", "nan", "inf"]),
    ("weight_decay", ["0", "1"], ["-1e-9", "1.1", "nan", "inf"]),
    ("step_epochs", ["1", "20"], ["0", "21", "1.5"]),
    ("step_gamma", ["1", "1e-9"], ["0", "1.01", "nan"]),
    ("label_smoothing", ["0", "0.5"], ["-0.1", "0.51", "nan"]),
    ("seed", ["0", "2147483647"], ["-1", "2147483648", "1e3000"]),
]
ALLOWED = [(name, text) for name, allowed, _ in LIMITS for text in allowed]
REFUSED = [(name, text) for name, _, refused in LIMITS for text in [*refused, "", "abc", "1,5", "0x10", "１２a"]]


def test_the_limits_of_every_number_are_tested_here() -> None:
    assert [name for name, _, _ in LIMITS] == NUMBERS


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_a_number_at_its_limit_is_used(name: str, text: str) -> None:
    assert getattr(parse_recipe({name: text}), name) == pytest.approx(float(text), rel=1e-12)


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_a_number_beyond_its_limits_is_refused_with_the_value_and_the_limits(name: str, text: str) -> None:
    sentence = refusal({name: text}, name)

    low, high = limits_of(Recipe.model_fields[name])
    assert f"“{text}”" in sentence
    assert f"from {shown_number(low)} to {shown_number(high)}" in sentence


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_used(name: str) -> None:
    choices = choices_of(Recipe.model_fields[name])

    assert [getattr(parse_recipe({name: choice}), name) for choice in choices] == list(choices)


@pytest.mark.parametrize("name", CHOICES)
def test_an_unknown_choice_is_refused_with_the_choices(name: str) -> None:
    sentence = refusal({name: "sgd with luck"}, name)

    assert "“sgd with luck”" in sentence
    assert ", ".join(choices_of(Recipe.model_fields[name])) in sentence


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("on", True), ("1", True), ("false", False), ("off", False)]
)
def test_a_switch_is_read_from_the_words_of_forms(text: str, value: bool) -> None:
    assert parse_recipe({"nesterov": text, "momentum": 0.9}).nesterov is value


@pytest.mark.parametrize("text", ["maybe", "", "2"])
def test_another_word_for_a_switch_is_refused(text: str) -> None:
    assert f"“{text}”" in refusal({"nesterov": text}, "nesterov")


@pytest.mark.parametrize("given", [True, "true", "True", "on", "1", " mnist "])
def test_the_old_switch_for_normalizing_means_the_numbers_of_mnist(given: Any) -> None:
    assert parse_recipe({"normalize": given}).normalize == "mnist"


@pytest.mark.parametrize("given", [False, "false", "False", "off", "0", "", "none"])
def test_the_old_switch_for_normalizing_switched_off_means_none(given: Any) -> None:
    assert parse_recipe({"normalize": given}).normalize == "none"


@pytest.mark.parametrize("given", [None, 3, "imagenet", [True]])
def test_other_ways_to_normalize_are_refused_with_the_choices(given: Any) -> None:
    assert "auto, none, mnist, half" in refusal({"normalize": given}, "normalize")


def test_blanks_around_a_value_are_forgiven() -> None:
    assert parse_recipe({"epochs": " 5 ", "optimizer": "Adam\n"}).epochs == 5


def test_values_of_json_are_read_too() -> None:
    recipe = parse_recipe({"epochs": 5, "learning_rate": 0.1, "normalize": True, "optimizer": "AdamW"})

    assert (recipe.epochs, recipe.learning_rate, recipe.normalize, recipe.optimizer) == (5, 0.1, "mnist", "AdamW")


@pytest.mark.parametrize("value", [None, [], {}, [3], {"a": 1}, math.nan, 10**400, -math.inf])
def test_odd_values_of_json_are_refused(value: Any) -> None:
    refusal({"epochs": value}, "epochs")


def test_a_whole_number_of_json_may_not_be_a_switch() -> None:
    refusal({"epochs": True}, "epochs")


def test_a_long_value_is_shown_cut() -> None:
    sentence = refusal({"epochs": "9" * 5000}, "epochs")

    assert "9" * 39 + "…" in sentence
    assert len(sentence) < 200


def test_an_unknown_setting_is_refused_with_the_settings_that_there_are() -> None:
    sentence = refusal({"learningrate": "0.1"}, "learningrate")

    assert "“learningrate”" in sentence
    assert ", ".join(Recipe.model_fields) in sentence


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        parse_recipe({"epochs": "0", "optimizer": "Lion", "learning_rate": "fast", "what": ""})

    assert set(caught.value.fields) == {"epochs", "optimizer", "learning_rate", "what"}


@pytest.mark.parametrize(
    ("given", "field", "word"),
    [
        ({"optimizer": "Adam", "momentum": "0.9"}, "momentum", "Adam"),
        ({"optimizer": "AdamW", "momentum": "0.1"}, "momentum", "AdamW"),
        ({"optimizer": "RMSprop", "nesterov": "true", "momentum": "0.9"}, "nesterov", "RMSprop"),
        ({"nesterov": "true"}, "nesterov", "above 0"),
        ({"loss": "nll", "label_smoothing": "0.1"}, "label_smoothing", "cross-entropy"),
    ],
)
def test_a_setting_without_effect_is_refused(given: dict[str, str], field: str, word: str) -> None:
    assert word in refusal(given, field)


def test_every_field_has_words_for_the_form() -> None:
    assert [name for name, info in Recipe.model_fields.items() if not (info.title and info.description)] == []


TEXTS = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["true", "off", "SGD", "Adam", "cosine", "nll", "affine", "bfloat16", "1e-3"]),
)
NAMES = st.one_of(st.sampled_from(list(Recipe.model_fields)), st.text(max_size=8))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def is_usable_or_refused(given: dict[str, Any]) -> bool:
    """Either a recipe within its limits, or a sentence about at least one field; no third thing."""
    try:
        recipe = parse_recipe(given)
    except InvalidFields as refused:
        return bool(refused.fields) and all(str(sentence) for sentence in refused.fields.values())
    limits = {name: limits_of(Recipe.model_fields[name]) for name in NUMBERS}
    return all(low <= getattr(recipe, name) <= high for name, (low, high) in limits.items())


@QUICKLY
@given(st.dictionaries(NAMES, TEXTS, max_size=6))
def test_any_form_gives_a_recipe_within_limits_or_sentences(given: dict[str, str]) -> None:
    assert is_usable_or_refused(given)


@QUICKLY
@given(st.dictionaries(NAMES, JSON, max_size=6))
def test_any_json_gives_a_recipe_within_limits_or_sentences(given: dict[str, Any]) -> None:
    assert is_usable_or_refused(given)


@pytest.mark.parametrize(
    ("number", "shown"), [(1e-6, "1e-6"), (0.02, "0.02"), (10, "10"), (1.0, "1"), (2**31 - 1, "2147483647")]
)
def test_numbers_are_written_as_people_write_them(number: float, shown: str) -> None:
    assert shown_number(number) == shown
