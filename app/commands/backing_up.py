"""`backup` and `restore`: the whole service in one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.output import console, errors, fail, moment, print_json
from app.commands.service import Json

if TYPE_CHECKING:
    from app.core.backups.manifest import Manifest
    from app.core.backups.restoring import Restored

MEGABYTE = 1_000_000


def backup(
    file: Annotated[Path, typer.Argument(help="Where to: .tar.gz, .tar or .tar.zst.", dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    with_secret_key: Annotated[
        bool,
        typer.Option(
            "--with-secret-key", help="Also the key that signs cookies: keeps browsers signed in after a restore."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write everything into one file while the service runs: database, uploads and trained weights."""
    from app.core.backups.making import make_backup
    from app.core.backups.manifest import BackupProblem
    from app.core.blobs import get_blobs
    from app.core.database import get_engine
    from app.core.settings import get_settings

    try:
        made = make_backup(
            file, get_engine(), get_blobs(), get_settings(), is_forced=force, has_secret_key=with_secret_key
        )
    except BackupProblem as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or file} cannot be written: {error.strerror}")
    _tell_missing(made)
    size_bytes = file.stat().st_size
    _tell(
        {"file": str(file), "size_bytes": size_bytes} | _described(made),
        [f"Wrote {file}, {size_bytes / MEGABYTE:.1f} MB: {_words(made)}.", _about_secrets(made)],
        json,
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup has written.", exists=True, dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Set a database aside that is there already.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read it and compare its checksums.")] = False,
    json: Json = False,
) -> None:
    """Put a backup in place while the service is stopped; the whole of it, or nothing changes."""
    from app.core.backups.manifest import BackupProblem
    from app.core.backups.restoring import check_backup, restore_backup
    from app.core.blobs import get_blobs
    from app.core.database import get_engine
    from app.core.settings import get_settings

    try:
        done = (
            check_backup(file)
            if check
            else restore_backup(file, get_engine(), get_blobs(), get_settings(), is_forced=force)
        )
    except BackupProblem as error:
        fail(f"{error} Nothing has been changed.")
    except OSError as error:
        fail(f"{error.filename or file}: {error.strerror}. Nothing has been changed.")
    _tell_missing(done.manifest)
    _tell(_answer(file, done, not check), _lines(file, done, not check), json)


def _answer(file: Path, done: "Restored", is_restored: bool) -> dict[str, Any]:
    return {
        "file": str(file),
        "restored": is_restored,
        **_described(done.manifest),
        "needs_migration": not done.is_newest,
        "set_aside": done.aside,
        "added_files": done.added_files,
        "took_secret_key": done.took_secret_key,
    }


def _lines(file: Path, done: "Restored", is_restored: bool) -> list[str]:
    made = f"made {moment(done.manifest.created)} by version {done.manifest.version}: {_words(done.manifest)}"
    if not is_restored:
        return [f"{file} is whole, {made}."]
    lines = [f"Restored {file}, {made}."]
    if done.aside:
        lines.append(f"The database that was there is kept as {done.aside}; its files stay in the store.")
    if not done.is_newest:
        lines.append(
            "It is of an older version: run mnist-benchmark migrate, or mnist-benchmark up, which does so too."
        )
    if not done.took_secret_key:
        lines.append(
            "Cookies are signed with this installation's own key: whoever was signed in on another signs in again."
        )
    return lines


def _described(made: "Manifest") -> dict[str, Any]:
    return {
        "created": made.created.isoformat(),
        "version": made.version,
        "database": made.database,
        "revision": made.revision,
        "rows": made.rows,
        "files": len(made.blobs),
        "missing": made.missing,
        "has_secret_key": made.has_secret_key,
    }


def _words(made: "Manifest") -> str:
    rows = made.rows
    counted = [f"{rows.get(table, 0)} {words}" for table, words in (("user", "users"), ("submission", "submissions"))]
    return ", ".join([*counted, f"{rows.get('result', 0)} results", f"{len(made.blobs)} files"])


def _about_secrets(made: "Manifest") -> str:
    held = "It holds password hashes, webhook secrets and uploads: keep it as you keep the database."
    return held + (" It holds the key that signs cookies, too." if made.has_secret_key else "")


def _tell_missing(made: "Manifest") -> None:
    if made.missing:
        errors.print(
            f"{len(made.missing)} files that the database names are lost or damaged in the store, and not in the "
            f"backup: {', '.join(made.missing[:3])}{' …' if len(made.missing) > 3 else ''}",
            markup=False,
        )


def _tell(value: dict[str, Any], lines: list[str], is_json: bool) -> None:
    if is_json:
        print_json(value)
        return
    for line in lines:
        console.print(line, markup=False)
