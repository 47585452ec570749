"""Sentences in the language of the request."""

from starlette.requests import Request

from app.core.sentences import Sentence
from app.web.languages import api_language
from app.web.translations import say


def words(request: Request, sentence: Sentence | str) -> str:
    """A sentence, or a marked text, as this client reads it."""
    return say(sentence, api_language(request))
