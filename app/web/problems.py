"""Errors as answers: problem+json (RFC 9457) for programs, a page for people."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from app.core.errors import InvalidFields, NotSignedIn, Problem, TooMany
from app.core.sentences import N_, Sentence
from app.web.addresses import referring_page, this_page
from app.web.languages import api_language
from app.web.middleware import SECURITY_HEADERS, request_id
from app.web.page import Page
from app.web.quota_headers import refusal_headers
from app.web.translations import say

MACHINE_PATHS = ("/api/", "/readyz", "/healthz", "/openapi.json")
PROBLEM_JSON = "application/problem+json"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

TITLES = {
    400: N_("This request cannot be read"),
    401: N_("Not signed in"),
    403: N_("Not allowed"),
    404: N_("There is nothing here"),
    405: N_("Not possible here"),
    409: N_("This contradicts what is there"),
    413: N_("Too large"),
    415: N_("Unknown kind of content"),
    422: N_("Some values cannot be used"),
    429: N_("Too often"),
    500: N_("Something went wrong on our side"),
    503: N_("Not ready"),
}
ADVICE = {
    403: N_("If it should be yours, sign in as its author."),
    404: N_("The address may have a typing error, or what it named was withdrawn."),
    405: N_("Go back and use the button or link of the page."),
    413: N_("Go back and choose a smaller file."),
    429: N_("What you have stored is kept. Wait as long as it says, then try again."),
    500: N_("Nothing of what you have stored is lost. Try again; if it happens again, tell your teacher this number."),
    503: N_("Try again in a minute. If it stays so, tell your teacher."),
}
SENTENCES = {
    404: Sentence(N_("There is no page at this address.")),
    405: Sentence(N_("This address does not answer to that kind of request.")),
    500: Sentence(N_("The request could not be answered because of an error of ours. It has been logged.")),
}

log = structlog.get_logger()


def add_problem_handlers(app: FastAPI) -> None:
    """Let the application answer errors with what is in here."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_unexpected)


def answer_problem(request: Request, problem: Problem) -> Response:
    """A problem's answer, for those who stand outside the application's own handlers."""
    return _on_problem(request, problem)


def _on_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise TypeError from error
    if isinstance(error, NotSignedIn) and not _is_for_machine(request):
        return _to_sign_in(request)
    headers = refusal_headers(error) if isinstance(error, TooMany) else None
    return _answer(request, error.status, error.code, error.sentence, error.fields, headers)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    """FastAPI could not read a parameter; its own words are kept as a value of ours."""
    if not isinstance(error, RequestValidationError):
        raise TypeError from error
    text = N_("%(name)s cannot be used: %(reason)s")
    named = {str(details["loc"][-1]): str(details["msg"]) for details in error.errors()}
    fields = {name: Sentence(text, {"name": name, "reason": reason}) for name, reason in named.items()}
    if _is_for_machine(request):
        problem = InvalidFields(fields)
        return _answer(request, problem.status, problem.code, problem.sentence, problem.fields)
    # People reach this only by an address that we never gave them.
    return _answer(request, 404, "not_found", SENTENCES[404], {})


def _on_http_exception(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return _on_problem(request, error)
    if not isinstance(error, HTTPException):
        raise TypeError from error
    sentence = SENTENCES.get(error.status_code, Sentence(N_("The request cannot be answered.")))
    code = HTTPStatus(error.status_code).name.lower()
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request)
    return _answer(request, error.status_code, code, sentence, {}, headers)


def _allowed(request: Request) -> str:
    """All methods of an address; the framework tells those of its first route only."""
    scope = dict(request.scope)
    routes = request.app.routes
    fitting = [method for method in METHODS if _is_answered(routes, scope | {"method": method})]
    return ", ".join(fitting)


def _is_answered(routes: list[BaseRoute], scope: Scope) -> bool:
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


def _on_unexpected(request: Request, error: Exception) -> Response:
    """Our fault. The reader gets a number, the log gets the rest.

    This runs outside the other middleware, hence the headers.
    """
    log.error("unexpected error", path=request.url.path, request_id=request_id(request.scope), exc_info=error)
    headers = SECURITY_HEADERS | {"X-Request-ID": request_id(request.scope)}
    return _answer(request, 500, "internal", SENTENCES[500], {}, headers)


def _is_for_machine(request: Request) -> bool:
    return request.url.path.startswith(MACHINE_PATHS)


def _to_sign_in(request: Request) -> Response:
    target = this_page(request) if request.method in ("GET", "HEAD") else referring_page(request)
    return RedirectResponse(f"/sign-in?{urlencode({'next': target})}", 303)


def _answer(
    request: Request,
    status: int,
    code: str,
    sentence: Sentence,
    fields: dict[str, Sentence],
    headers: dict[str, str] | None = None,
) -> Response:
    if _is_for_machine(request):
        return _problem_json(request, status, code, sentence, fields, headers)
    return _error_page(request, status, sentence, fields, headers)


def _problem_json(
    request: Request,
    status: int,
    code: str,
    sentence: Sentence,
    fields: dict[str, Sentence],
    headers: dict[str, str] | None,
) -> Response:
    language = api_language(request)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": say(sentence, language),
        "code": code,
        "instance": f"urn:request:{request_id(request.scope)}",
        "fields": {name: say(text, language) for name, text in fields.items()},
    }
    more = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    more["Content-Language"] = language
    more["Vary"] = "Accept-Language"
    return JSONResponse(body, status, more | (headers or {}), PROBLEM_JSON)


def _error_page(
    request: Request, status: int, sentence: Sentence, fields: dict[str, Sentence], headers: dict[str, str] | None
) -> Response:
    reader = getattr(request.state, "reader", None)
    page = Page(request, reader, knows_reader=hasattr(request.state, "reader"))
    response = page.render(
        "error.html",
        status,
        title=TITLES.get(status, TITLES[400]),
        sentence=sentence,
        advice=ADVICE.get(status, ""),
        fields=fields,
        request_id=request_id(request.scope),
    )
    response.headers.update(headers or {})
    return response
