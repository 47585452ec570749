"""The page around an answer: templates in the reader's language, and what every page shows."""

import re
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.core.sentences import N_, Sentence
from app.core.settings import CHECKOUT, get_settings
from app.web import addresses, formats
from app.web.csrf import FIELD, make_token, remember_browser
from app.web.isolation_words import isolation_words
from app.web.languages import LANGUAGE_COOKIE, LANGUAGES, asked_language, page_language
from app.web.sessions import Reader, set_cookie
from app.web.translations import say, translate, translations

TEMPLATES_FOLDER = CHECKOUT / "templates"
THEMES = ("auto", "light", "dark")
THEME_WORDS = {"auto": N_("automatic"), "light": N_("light"), "dark": N_("dark")}
THEME_COOKIE = "theme"
PREFERENCE_S = 365 * 24 * 3600
# A worker says every few seconds that it lives; after a minute it is late beyond doubt.
SILENCE_S = 60.0
CODE_SPAN = re.compile("`([^`]+)`")
NO_WORKER = N_("The trainer is not running. What you submit is kept in order and runs when it is back.")
SILENT_WORKER = N_(
    "The trainer has not answered for %(time)s. What you submit is kept in order and runs when it is back."
)


@dataclass
class Page:
    """One request's answer as a page."""

    request: Request
    reader: Reader | None = None
    # None: no worker has announced itself.
    worker_silence_s: float | None = 0.0
    knows_reader: bool = True
    # The data set that the page tells of; empty: the service's own.
    dataset: str = ""
    # Notifications that are new to the reader.
    unread: int = 0
    language: str = field(init=False)

    def __post_init__(self) -> None:
        self.language = page_language(self.request, self.reader.language if self.reader else "")

    def render(self, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
        """A template as the answer, with the cookies that belong to it."""
        response = HTMLResponse(self.text(template, **context), status_code)
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept-Language, Cookie"
        remember_browser(self.request, response)
        if language := asked_language(self.request):
            set_cookie(self.request, response, LANGUAGE_COOKIE, language, PREFERENCE_S)
        return response

    def text(self, template: str, **context: Any) -> str:
        """A template as text, for fragments."""
        return environment(self.language).get_template(template).render(page=self, **context)

    def say(self, sentence: Sentence | str) -> str:
        """A sentence in the reader's language."""
        return say(sentence, self.language)

    @property
    def html_language(self) -> str:
        """What `<html lang>` says."""
        return LANGUAGES[self.language]

    @property
    def other_language(self) -> str:
        """The language of the switch."""
        return "en" if self.language == "zh" else "zh"

    @property
    def other_url(self) -> str:
        """This page in the other language."""
        return addresses.in_language(self.request, self.other_language)

    @property
    def url(self) -> str:
        """Path and query, for coming back here."""
        return addresses.this_page(self.request)

    @property
    def path(self) -> str:
        """The path alone."""
        return self.request.url.path

    @property
    def theme(self) -> str:
        """The colours that the reader chose."""
        theme = self.request.cookies.get(THEME_COOKIE, "auto")
        return theme if theme in THEMES else "auto"

    @property
    def theme_word(self) -> str:
        """The chosen colours in words."""
        return translate(THEME_WORDS[self.theme], self.language)

    @property
    def next_theme(self) -> str:
        """What the theme button changes to."""
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]

    @property
    def is_practice(self) -> bool:
        """Whether this page tells of drawn digits."""
        return (self.dataset or get_settings().dataset) == "practice"

    @property
    def silence(self) -> str:
        """What to say while no worker is heard of; empty while one is."""
        if self.worker_silence_s is None:
            return self.say(NO_WORKER)
        if self.worker_silence_s <= SILENCE_S:
            return ""
        return self.say(Sentence(SILENT_WORKER, {"time": formats.spell(self.worker_silence_s, self.language)}))

    @property
    def csrf(self) -> Markup:
        """The hidden field that every form of ours carries."""
        token = make_token(self.request, self.reader)
        return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)


@lru_cache
def environment(language: str) -> Environment:
    """Templates of one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals["static"] = addresses.static_url
    made.filters |= _filters(language)
    return made


def _filters(language: str) -> dict[str, Any]:
    plain = (
        formats.percent,
        formats.interval_text,
        formats.exact,
        formats.rounded,
        formats.flops,
        formats.bytes_text,
        formats.milliseconds,
        formats.minutes,
        formats.loss,
        formats.setting,
        formats.time_of_day,
    )
    worded = (formats.day, formats.full_moment, formats.ago, formats.spell, formats.long_spell)
    filters = {function.__name__: function for function in plain}
    filters |= {function.__name__: partial(function, language=language) for function in worded}
    return filters | {
        "say": partial(say, language=language),
        "translated": partial(translate, language=language),
        "moment": partial(_moment, language=language),
        "initial": _initial,
        "spans": _spans,
        "isolation": lambda level: translate(isolation_words(level), language),
    }


def _moment(moment: Any, language: str) -> Markup:
    """A moment as `<time>`: how long ago, with the full date behind it."""
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), formats.full_moment(moment, language), formats.ago(moment, language)
    )


def _spans(text: str) -> Markup:
    """A text of the API's description with what stands between `backticks` as code."""
    return Markup(CODE_SPAN.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before


def _initial(name: str) -> Markup:
    """The letter that stands for a person."""
    return escape(name.strip()[:1].upper() or "?")
