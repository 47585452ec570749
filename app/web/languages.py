"""Which language somebody reads: asked for in the address, else set, else remembered, else what the browser says."""

from starlette.requests import Request

# Language -> what `<html lang>` says.
LANGUAGES = {"zh": "zh-CN", "en": "en"}
DEFAULT_LANGUAGE = "zh"
API_LANGUAGE = "en"
LANGUAGE_COOKIE = "lang"


def page_language(request: Request, setting: str = "") -> str:
    """The language of a page; `setting` is the signed-in user's own."""
    remembered = request.cookies.get(LANGUAGE_COOKIE, "")
    for language in (asked_language(request), setting, remembered):
        if language in LANGUAGES:
            return language
    return accepted_language(request, DEFAULT_LANGUAGE)


def asked_language(request: Request) -> str:
    """The language that the address asks for with `?lang=`, or nothing."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else ""


def api_language(request: Request) -> str:
    """The language of an answer to a program."""
    return accepted_language(request, API_LANGUAGE)


def accepted_language(request: Request, default: str) -> str:
    """The first of our languages in `Accept-Language`, by its weights."""
    wishes = [_wish(part) for part in request.headers.get("accept-language", "").split(",")]
    for weight, language in sorted(wishes, key=lambda wish: -wish[0]):
        if weight > 0 and language in LANGUAGES:
            return language
    return default


def _wish(part: str) -> tuple[float, str]:
    """Weight and language of `zh-CN;q=0.8`; the weight is 0 where it cannot be read."""
    tag, _, parameters = part.partition(";")
    name, _, weight = parameters.strip().partition("=")
    language = tag.strip().lower().partition("-")[0]
    if not name:
        return 1.0, language
    try:
        return float(weight), language
    except ValueError:
        return 0.0, language
