"""What the commands share that talk to a service: where it is, whose token, and whether JSON is wanted."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from app.commands.kept_sign_in import SignIn, last_host, sign_in_at
from app.commands.output import console, print_json, printable, remember_json

if TYPE_CHECKING:
    from app.client import Client

P = ParamSpec("P")
DEFAULT_HOST = "http://127.0.0.1:8000"

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.", callback=remember_json)]
SHARED = {
    "host": Annotated[
        str,
        typer.Option(
            help="Address of the service; else where you signed in last.",
            envvar="MNIST_BENCHMARK_HOST",
            show_default=False,
        ),
    ],
    "token": Annotated[
        str,
        typer.Option(help="API token; else the one of login.", envvar="MNIST_BENCHMARK_TOKEN", show_default=False),
    ],
    "language": Annotated[
        str,
        typer.Option(
            help="Language of the service's sentences: en or zh.",
            envvar=["MNIST_BENCHMARK_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"],
            show_default=False,
            show_envvar=False,
        ),
    ],
    "json": Json,
}


@dataclass(frozen=True)
class Service:
    """The service that a command talks to, as the command line says it."""

    host: str
    token: str
    language: str
    is_json: bool

    @property
    def address(self) -> str:
        """Where it is. Raises ClientError for what cannot be an address."""
        from app.client.connection import clean_host

        return clean_host(self.host or last_host() or DEFAULT_HOST)

    @property
    def sign_in(self) -> SignIn | None:
        """Who is signed in there."""
        return sign_in_at(self.address)

    def client(self) -> "Client":
        """A client of it; with a token only where that belongs there."""
        kept = self.sign_in
        return self.client_with(self.token or (kept.token if kept else None))

    def client_with(self, token: str | None) -> "Client":
        """A client of it with this token."""
        from app.client import Client

        return Client(self.address, token, language="zh" if self.language.lower().startswith("zh") else "en")

    def tell(self, value: Any, *lines: Any) -> None:
        """The command's answer: the value as JSON if that is wanted, else the lines."""
        if self.is_json:
            print_json(value if isinstance(value, dict | list) else value.model_dump(mode="json"))
            return
        for line in lines:
            console.print(printable(line) if isinstance(line, str) else line, markup=False)


def service_command(command: Callable[Concatenate[Service, P], None]) -> Callable[..., None]:
    """Give a command the options that all of them have; it gets them as its first argument."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        shared = {name: given.pop(name) for name in SHARED}
        command(Service(shared["host"], shared["token"], shared["language"], shared["json"]), **given)  # type: ignore[call-arg]

    defaults = {"json": False}
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name, ""), annotation=annotation)
        for name, annotation in SHARED.items()
    ]
    return with_options(run, inspect.signature(command, eval_str=True), "service", options)


def with_options(
    function: Callable[..., None], signature: inspect.Signature, instead_of: str, options: list[inspect.Parameter]
) -> Callable[..., None]:
    """Let typer see these options in place of one parameter."""
    kept = [each for name, each in signature.parameters.items() if name != instead_of]
    keyword = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in kept]
    function.__signature__ = inspect.Signature([*keyword, *options])  # type: ignore[attr-defined]
    function.__annotations__ = {}
    return function
