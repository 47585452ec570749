"""Sentences in the reader's language. The catalogue is read at the first use; there is no build step."""

import gettext
import io
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.core.pseudonyms import WHOLE, Pseudonym
from app.core.sentences import Sentence

FOLDER = Path(__file__).parent


def catalogue_path(language: str) -> Path:
    """Where the translations into a language are kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@lru_cache
def translations(language: str) -> gettext.NullTranslations:
    """The translations into a language. English is what the code is written in."""
    if language == "en":
        return gettext.NullTranslations()
    with catalogue_path(language).open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(text: str, language: str) -> str:
    """A marked text in a language, or somebody's pseudonym."""
    if isinstance(text, Pseudonym) and text.parts:
        return _pseudonym(text.parts, language)
    # The empty text is gettext's name for the catalogue's own header.
    return translations(language).gettext(text) if text else ""


def _pseudonym(parts: tuple[str, str, str], language: str) -> str:
    adjective, animal, number = parts
    words = {"adjective": translate(adjective, language), "animal": translate(animal, language), "number": number}
    return translate(WHOLE, language) % words


def say(sentence: Sentence | str, language: str) -> str:
    """A sentence in a language: first translated, then its values put in."""
    if isinstance(sentence, str):
        return translate(sentence, language)
    return str(Sentence(translate(sentence.text, language), sentence.values))
