"""Signing in with another provider: OpenID Connect by any issuer, and GitHub, which speaks OAuth 2.0 only.

Authorization code with PKCE (RFC 7636), state and nonce. What authlib and joserfc check is left to them; the few
requests are made here, with a time limit.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core.errors import NotAllowed, NotFound, NotReady
from app.core.identities import Person
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings

TIMEOUT_S = 10
CLOCK_LEEWAY_S = 60
# By the standard 255 ASCII characters; real ones are numbers or UUIDs, and our column holds this much.
SUBJECT_MAXIMUM = 200
# Never HS256, whose key would be our secret, nor "none".
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
OIDC = "oidc"
GITHUB = "github"
SILENT = N_("%(name)s does not answer, or not as it should. Try again later, or sign in with a password.")
UNCONFIRMED = N_("%(name)s did not confirm who you are: %(reason)s")


@dataclass(frozen=True)
class Provider:
    """A provider that the settings name."""

    key: str
    name: str
    client_id: str
    client_secret: str
    issuer: str


@dataclass(frozen=True)
class Errand:
    """What must come back unchanged from the provider, and what proves that it was us who asked."""

    provider: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    next: str
    code: str
    # The signed-in user who asked for this account to be connected with theirs; 0: nobody, this is to sign in.
    connects: int = 0


def shown_providers() -> list[Provider]:
    """The providers that are set up, in the order of their buttons."""
    settings = get_settings()
    issuer = settings.oidc_issuer.rstrip("/")
    oidc_name = settings.oidc_name or urlsplit(issuer).hostname or issuer
    listed = [
        Provider(OIDC, oidc_name, settings.oidc_client_id, settings.oidc_client_secret, issuer),
        Provider(GITHUB, "GitHub", settings.github_client_id, settings.github_client_secret, settings.github_url),
    ]
    return [provider for provider in listed if provider.issuer and provider.client_id]


def find_provider(key: str) -> Provider:
    """A provider that is set up. Raises NotFound."""
    for provider in shown_providers():
        if provider.key == key:
            return provider
    raise NotFound(Sentence(N_("Nobody signs in here with “%(value)s”."), {"value": key[:40]}))


def new_errand(provider: Provider, redirect_uri: str, next: str, code: str, connects: int = 0) -> Errand:
    """An errand with fresh secrets."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Errand(provider.key, redirect_uri, state, nonce, verifier, next, code, connects)


def authorization_url(provider: Provider, errand: Errand) -> str:
    """Where the browser goes to confirm who it is."""
    asked = {
        "redirect_uri": errand.redirect_uri,
        "state": errand.state,
        "code_challenge": create_s256_code_challenge(errand.verifier),
        "code_challenge_method": "S256",
    }
    if provider.key == GITHUB:
        endpoint = f"{provider.issuer}/login/oauth/authorize"
        return str(prepare_grant_uri(endpoint, provider.client_id, "code", scope="read:user", **asked))
    endpoint = _discover(provider)["authorization_endpoint"]
    asked["nonce"] = errand.nonce
    return str(prepare_grant_uri(endpoint, provider.client_id, "code", scope="openid profile", **asked))


def confirmed_person(provider: Provider, errand: Errand, code: str) -> Person:
    """Who came back with this code.

    Raises:
        NotAllowed: if the provider does not confirm it.
        NotReady: if it does not answer.
    """
    return _github_person(provider, errand, code) if provider.key == GITHUB else _oidc_person(provider, errand, code)


def _oidc_person(provider: Provider, errand: Errand, code: str) -> Person:
    found = _discover(provider)
    answer = _exchange(provider, found["token_endpoint"], errand, code)
    claims = _id_claims(provider, found, errand, answer)
    if not 0 < len(_text(claims, "sub")) <= SUBJECT_MAXIMUM:
        raise unconfirmed(provider, "sub")
    if claims.keys().isdisjoint({"preferred_username", "name"}) and "userinfo_endpoint" in found:
        told = _request(provider, "GET", found["userinfo_endpoint"], token=_text(answer, "access_token"))
        # A token of somebody else's could be slipped in here: the subject must be the confirmed one.
        claims = {**told, **claims} if told.get("sub") == claims["sub"] else claims
    wish = _text(claims, "preferred_username") or _text(claims, "nickname") or _text(claims, "name")
    name = _text(claims, "name") or wish
    return Person(provider.issuer, _text(claims, "sub"), wish, name)


def _discover(provider: Provider) -> dict[str, Any]:
    found = _request(provider, "GET", f"{provider.issuer}/.well-known/openid-configuration")
    if _text(found, "issuer").rstrip("/") != provider.issuer:
        raise NotReady(Sentence(SILENT, {"name": provider.name}))
    return found


def _id_claims(provider: Provider, found: dict[str, Any], errand: Errand, answer: dict[str, Any]) -> dict[str, Any]:
    keys = KeySet.import_key_set(_request(provider, "GET", found["jwks_uri"]))  # type: ignore[arg-type]
    expected = {"iss": found["issuer"], "aud": provider.client_id}
    must = {name: {"essential": True, "value": value} for name, value in expected.items()}
    known = {"nonce": errand.nonce, "client_id": provider.client_id, "access_token": _text(answer, "access_token")}
    try:
        token = jwt.decode(_text(answer, "id_token"), keys, algorithms=ALGORITHMS)
        CodeIDToken(token.claims, token.header, must, known).validate(int(time.time()), CLOCK_LEEWAY_S)
    except (JoseError, ValueError) as error:
        raise unconfirmed(provider, str(error) or type(error).__name__) from error
    return dict(token.claims)


def _github_person(provider: Provider, errand: Errand, code: str) -> Person:
    answer = _exchange(provider, f"{provider.issuer}/login/oauth/access_token", errand, code)
    is_public = provider.issuer == "https://github.com"
    api = "https://api.github.com" if is_public else f"{provider.issuer}/api/v3"
    told = _request(provider, "GET", f"{api}/user", token=_text(answer, "access_token"))
    if not isinstance(told.get("id"), int):
        raise NotReady(Sentence(SILENT, {"name": provider.name}))
    return Person(provider.issuer, str(told["id"]), _text(told, "login"), _text(told, "name") or _text(told, "login"))


def _exchange(provider: Provider, endpoint: str, errand: Errand, code: str) -> dict[str, Any]:
    """Change the code into tokens. The client proves itself by HTTP Basic, which every provider must know."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": errand.redirect_uri,
        "client_id": provider.client_id,
        "code_verifier": errand.verifier,
    }
    answer = _request(provider, "POST", endpoint, form=form)
    if "error" in answer:  # GitHub says so with status 200
        raise unconfirmed(provider, _text(answer, "error"))
    return answer


def _request(
    provider: Provider, method: str, url: str, form: dict[str, str] | None = None, token: str = ""
) -> dict[str, Any]:
    """An object of JSON from the provider."""
    auth = (provider.client_id, provider.client_secret) if form else None
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = httpx.request(method, url, data=form, auth=auth, headers=headers, timeout=TIMEOUT_S)
        told = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NotReady(Sentence(SILENT, {"name": provider.name})) from error
    if answer.status_code in (400, 401) and isinstance(told, dict) and form:
        raise unconfirmed(provider, _text(told, "error"))
    if not answer.is_success or not isinstance(told, dict):
        raise NotReady(Sentence(SILENT, {"name": provider.name}))
    return told


def unconfirmed(provider: Provider, reason: str) -> NotAllowed:
    """The refusal of somebody whom the provider does not confirm, or whom we did not send there."""
    return NotAllowed(Sentence(UNCONFIRMED, {"name": provider.name, "reason": reason[:120]}))


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
