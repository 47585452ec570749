"""Every text has a translation that can take its values; nobody writes Chinese where it cannot be translated."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from app.core.outcomes import OUTCOMES
from app.core.recipes import Recipe
from app.core.sentences import Sentence
from app.core.settings import CHECKOUT
from app.web.catalog import TRANSLATED, gather, is_complete, source_files
from app.web.recipe_words import CHOICE_WORDS, OWN_CHOICE_WORDS
from app.web.translations import catalogue_path, say, translate

PLACES = re.compile(r"%\((\w+)\)([.\d]*[a-z])")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# Examples in code for programs' authors, and the words by which posts in Chinese are understood.
HAN_IS_MEANT = {"app/web/api", "app/core/thread", "app/core/office_names.py"}


def catalogue(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def places(text: str) -> set[tuple[str, str]]:
    return set(PLACES.findall(text))


@pytest.fixture(scope="module")
def said() -> list[Message]:
    return [message for message in gather() if message.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_code_is_translated(language: str, said: list[Message]) -> None:
    known = catalogue(language)
    missing = [message.id for message in said if not (found := known.get(message.id)) or not is_complete(found.string)]
    assert missing == [], "run: python -m app.web.catalog update, then translate what it names"


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_a_guess_or_left_over(language: str, said: list[Message]) -> None:
    texts = {forms(message.id)[0] for message in said}
    kept = [message for message in catalogue(language) if message.id]
    assert [message.id for message in kept if message.fuzzy] == []
    assert [message.id for message in kept if forms(message.id)[0] not in texts] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_take_the_same_values(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    wrong = [
        message.id
        for message in messages
        for form in forms(message.string)
        if places(form) != places(forms(message.id)[-1])
    ]
    assert wrong == []


def test_code_is_read_in_all_places_that_speak() -> None:
    folders = {path.relative_to(CHECKOUT).parts[0] for path, _ in source_files()}
    assert folders == {"app", "worker", "models_zoo", "templates"}


def test_no_chinese_stands_outside_the_catalogue() -> None:
    files = [*CHECKOUT.glob("templates/*.html"), *CHECKOUT.glob("app/web/static/*.js")]
    files += [path for path, method in source_files() if method == "python" and not _is_meant(path)]
    assert [str(path.relative_to(CHECKOUT)) for path in files if HAN.search(path.read_text("utf-8"))] == []


def _is_meant(path: Path) -> bool:
    return any(str(path.relative_to(CHECKOUT)).startswith(folder) for folder in HAN_IS_MEANT)


def test_the_words_of_every_outcome_setting_and_choice_are_translated() -> None:
    words = [word for outcome in OUTCOMES.values() for word in (outcome.title, outcome.sentence, outcome.what_to_do)]
    words += [str(field.title) for field in Recipe.model_fields.values()]
    words += [str(field.description) for field in Recipe.model_fields.values()]
    words += list(CHOICE_WORDS.values())
    words += [word for own in OWN_CHOICE_WORDS.values() for word in own.values()]
    assert [word for word in words if word and translate(word, "zh") == word] == []


def test_a_sentence_is_translated_before_its_values_are_put_in() -> None:
    sentence = Sentence("There is no submission #%(number)s.", {"number": 7})
    assert say(sentence, "en") == "There is no submission #7."
    assert say(sentence, "zh") == "没有提交 #7。"


def test_a_sentence_that_nobody_translated_is_shown_in_english() -> None:
    assert say(Sentence("a %(kind)s text", {"kind": "new"}), "zh") == "a new text"


def test_the_empty_text_stays_empty() -> None:
    assert translate("", "zh") == ""
