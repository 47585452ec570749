"""The command line `mnist-benchmark`: for whoever operates the service."""

import os
import socket
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer
from rich.console import Console
from sqlalchemy.exc import NoResultFound, OperationalError, ProgrammingError
from sqlmodel import Session

from app.core.accounts import add_sign_in_link, add_token, add_user
from app.core.database import get_engine, session_scope
from app.core.errors import Problem
from app.core.jobs import get_jobs
from app.core.logs import configure_logs
from app.core.schema import migrate_tables
from app.core.seeding import seed_baselines, seed_people, unused_teacher_link
from app.core.settings import get_settings

app = typer.Typer(help="A class leaderboard for MNIST on which every number is measured.", no_args_is_help=True)
user_commands = typer.Typer(help="People.", no_args_is_help=True)
app.add_typer(user_commands, name="user")
console = Console(soft_wrap=True, highlight=False)

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="Stop when standard input ends.")]


@app.callback()
def keep_files_private() -> None:
    """A class leaderboard for MNIST on which every number is measured."""
    # The data folder holds password hashes, the secret key and the test labels: nobody else's to read.
    os.umask(0o077)


def address() -> str:
    """The address at which a browser on this machine finds the web."""
    settings = get_settings()
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.port}"


@app.command()
def up() -> None:
    """Start everything: find or download MNIST, migrate, run the web and one worker, restart either if it dies."""
    from app.supervisor import Supervisor, charges

    configure_logs()
    _check_port()
    _choose_dataset()
    _migrate()
    with session_scope() as session:
        secret = seed_people(session) or unused_teacher_link(session)
    with session_scope() as session:
        queued = seed_baselines(session, get_jobs(), get_settings().dataset)
    _print_welcome(secret, queued)
    get_engine().dispose()
    Supervisor(charges()).run()


def _check_port() -> None:
    settings = get_settings()
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            _fail(
                f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}. "
                f"Stop what uses it, or choose another, for example: PORT={settings.port + 1} make up"
            )


def _choose_dataset() -> None:
    """MNIST if it is here or can be had, else the practice board. Told to the children by the environment."""
    from worker.dataset import DatasetMissing, find_or_download_mnist

    if get_settings().dataset == "practice":
        return
    try:
        folder = find_or_download_mnist(get_settings())
        console.print(f"MNIST: {folder}")
    except DatasetMissing as error:
        console.print(f"[bold]{error}[/]\nStarting the practice board instead: digits drawn here, not MNIST.")
        os.environ["DATASET"] = "practice"
        get_settings.cache_clear()


def _migrate() -> None:
    settings = get_settings()
    migrate_tables(get_engine())
    get_jobs().migrate(settings.worker_concurrency, settings.poll_interval_s)


def _print_welcome(secret: str | None, queued: int) -> None:
    console.print(f"\n[bold]MNIST Benchmark[/] is starting at [bold]{address()}[/] (Ctrl-C stops it)")
    if secret:
        console.print(f"The teacher's sign-in link, good for one use: {address()}/sign-in/link/{secret}")
    if queued:
        console.print(f"{queued} baselines are queued; the first one trains in a moment, watch it on the board.\n")


@app.command()
def web(supervised: Supervised = False) -> None:
    """Run the web alone."""
    import uvicorn

    if supervised:
        _follow_supervisor()
    settings = get_settings()
    uvicorn.run(
        "app.web.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        # An event stream is open as long as a page is; without a limit a stop would wait for its reader.
        timeout_graceful_shutdown=5,
        server_header=False,
    )


@app.command()
def worker(supervised: Supervised = False) -> None:
    """Run one worker alone."""
    if supervised:
        _follow_supervisor()
    from worker.__main__ import run_and_exit

    run_and_exit()


def _follow_supervisor() -> None:
    from app.lifeline import follow_supervisor

    follow_supervisor()


@app.command()
def doctor() -> None:
    """Say whether uploaded code can run safely on this machine, and how to improve it; exit status 0 if it can."""
    from worker.doctor import examine

    raise typer.Exit(examine(get_settings(), console))


@app.command()
def migrate() -> None:
    """Create the database, or bring it up to date."""
    _migrate()
    with session_scope() as session:
        seed_people(session)
    console.print("The database is up to date.")


@app.command("import-thread")
def import_thread(
    file: Annotated[
        Path, typer.Argument(help="JSON of GitHub's API, or Markdown; - reads standard input.", allow_dash=True)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Save without asking.")] = False,
) -> None:
    """Read the posts of an old thread, show what was understood, and save the claims in it."""
    from app.thread_import import import_file

    try:
        import_file(file, yes, console)
    except Problem as error:
        _fail(" ".join(str(sentence) for sentence in error.fields.values()) or str(error))
    except OSError as error:
        _fail(f"{file} cannot be read: {error.strerror}")
    except (OperationalError, ProgrammingError, NoResultFound) as error:
        if isinstance(error, OperationalError | ProgrammingError) and "claim" not in str(error).lower():
            raise
        _fail(
            "There is no class yet to import into. Start the service once (mnist-benchmark up), or run: "
            "mnist-benchmark migrate"
        )


@app.command()
def health() -> None:
    """Ask the running web whether it can serve; exit status 0 if it can."""
    try:
        answer = httpx.get(f"{address()}/readyz", timeout=5)
    except httpx.HTTPError as error:
        _fail(f"{address()} does not answer: {error}")
    console.print(answer.text)
    raise typer.Exit(0 if answer.is_success else 1)


@app.command()
def verify(
    receipt: Annotated[Path, typer.Argument(help="receipt.json, from a submission's page.", dir_okay=False)],
    predictions: Annotated[
        list[Path] | None, typer.Option(help="Its downloaded predictions; else looked for beside the receipt.")
    ] = None,
    mnist: Annotated[Path | None, typer.Option(help="The folder of the four MNIST files.")] = None,
) -> None:
    """Compute a receipt's score again from its predictions and MNIST, without the service; exit 0 if it holds."""
    from app.verification import verify as verify_receipt

    settings = get_settings().model_copy(update={"mnist_dir": mnist} if mnist else {})
    raise typer.Exit(0 if verify_receipt(receipt, predictions or [], settings, console) else 1)


@user_commands.command("add")
def add_user_command(
    handle: Annotated[str, typer.Argument(help="Letters a-z, digits, - and _.")],
    teacher: Annotated[bool, typer.Option(help="A teacher instead of a student.")] = False,
    token: Annotated[bool, typer.Option(help="Print an API token; it can be read only now.")] = False,
    name: Annotated[str, typer.Option(help="The name that classmates see; the handle if left out.")] = "",
) -> None:
    """Add somebody, and print a link that signs them in once."""
    try:
        with session_scope() as session:
            _add_user(session, handle, name, teacher, token)
    except Problem as error:
        _fail(" ".join(str(sentence) for sentence in error.fields.values()) or str(error))


def _add_user(session: Session, handle: str, name: str, teacher: bool, token: bool) -> None:
    user = add_user(session, handle, name or handle, "teacher" if teacher else "student")
    console.print(f"Added {user.role} {user.handle}.")
    console.print(f"Sign-in link, good for one use: {address()}/sign-in/link/{add_sign_in_link(session, user)}")
    if token:
        console.print(f"API token, shown only now: {add_token(session, user, 'command line')}")


def _fail(sentence: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True, highlight=False).print(sentence, markup=False)
    sys.exit(1)


if __name__ == "__main__":
    app()
