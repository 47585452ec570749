"""`up`, `web` and `worker`: what runs until it is stopped."""

import os
import socket
from typing import Annotated

import typer

from app.commands.output import console, fail, remember_json

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="Stop when standard input ends.")]
JsonLines = Annotated[
    bool, typer.Option("--json", help="Log lines as JSON on standard output.", callback=remember_json)
]


def address() -> str:
    """The address at which a browser on this machine finds the web."""
    from app.core.settings import get_settings

    settings = get_settings()
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.port}"


def log_json(is_wanted: bool) -> bool:
    """Have this process, and those that it starts, log JSON; they are told by the environment, which may say so itself.

    Returns whether it is so.
    """
    from app.core.settings import get_settings

    if is_wanted:
        os.environ["LOG_FORMAT"] = "json"
        get_settings.cache_clear()
    return get_settings().log_format == "json"


def _check_checkout() -> None:
    """What is installed by pip holds the client and the code; templates, styles and models lie in the checkout."""
    from app.core.settings import CHECKOUT

    if not (CHECKOUT / "templates").is_dir():
        fail("Only the client is installed here. The service runs from its checkout: clone it, then run make up there.")


def up(json: JsonLines = False) -> None:
    """Start everything: find or download MNIST, migrate, run the web and one worker, restart either if it dies."""
    is_json = log_json(json)
    from app.core.database import get_engine, session_scope
    from app.core.jobs import get_jobs
    from app.core.logs import configure_logs
    from app.core.seeding import seed_baselines, seed_people, unused_teacher_link
    from app.core.settings import get_settings
    from app.supervisor import Supervisor, charges

    configure_logs()
    _check_checkout()
    _check_port()
    _choose_dataset(is_json)
    migrate_all()
    with session_scope() as session:
        secret = seed_people(session) or unused_teacher_link(session)
    with session_scope() as session:
        queued = seed_baselines(session, get_jobs(), get_settings().dataset)
    welcome = _log_welcome if is_json else _print_welcome
    welcome(f"{address()}/sign-in/link/{secret}" if secret else None, queued)
    get_engine().dispose()
    Supervisor(charges()).run()


def _check_port() -> None:
    from app.core.settings import get_settings

    settings = get_settings()
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            fail(
                f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}. "
                f"Stop what uses it, or choose another, for example: PORT={settings.port + 1} make up"
            )


def _choose_dataset(is_json: bool) -> None:
    """MNIST if it is here or can be had, else the practice board. Told to the children by the environment."""
    from app.core.settings import get_settings
    from worker.dataset import DatasetMissing, find_or_download_mnist

    if get_settings().dataset == "practice":
        return
    try:
        found = f"MNIST: {find_or_download_mnist(get_settings())}"
    except DatasetMissing as error:
        found = f"{error}\nStarting the practice board instead: digits drawn here, not MNIST."
        os.environ["DATASET"] = "practice"
        get_settings.cache_clear()
    if not is_json:
        console.print(found, markup=False)


def migrate_all() -> None:
    """Bring our tables and the engine's up to date."""
    from app.core.database import get_engine
    from app.core.jobs import get_jobs
    from app.core.schema import migrate_tables
    from app.core.settings import get_settings

    settings = get_settings()
    migrate_tables(get_engine())
    get_jobs().migrate(settings.worker_concurrency, settings.poll_interval_s)


def _print_welcome(link: str | None, queued: int) -> None:
    console.print(f"\n[bold]MNIST Benchmark[/] is starting at [bold]{address()}[/] (Ctrl-C stops it)")
    if link:
        console.print(f"The teacher's sign-in link, good for one use: {link}")
    if queued:
        console.print(f"{queued} baselines are queued; the first one trains in a moment, watch it on the board.\n")


def _log_welcome(link: str | None, queued: int) -> None:
    import structlog

    from app.core.settings import get_settings

    log = structlog.get_logger()
    log.info("starting", address=address(), dataset=get_settings().dataset, teacher_link=link, baselines=queued)


def web(supervised: Supervised = False, json: JsonLines = False) -> None:
    """Run the web alone."""
    log_json(json)
    import uvicorn

    from app.core.settings import get_settings

    _check_checkout()
    if supervised:
        _follow_supervisor()
    settings = get_settings()
    uvicorn.run(
        "app.web.main:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        # Where lines are JSON, uvicorn's go the way of all others.
        log_config=None if settings.log_format == "json" else uvicorn.config.LOGGING_CONFIG,
        # An event stream is open as long as a page is; without a limit a stop would wait for its reader.
        timeout_graceful_shutdown=5,
        server_header=False,
    )


def worker(supervised: Supervised = False, json: JsonLines = False) -> None:
    """Run one worker alone."""
    log_json(json)
    if supervised:
        _follow_supervisor()
    from worker.__main__ import run_and_exit

    run_and_exit()


def _follow_supervisor() -> None:
    from app.lifeline import follow_supervisor

    follow_supervisor()
