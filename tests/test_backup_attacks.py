"""What is no whole backup of this service is refused before anything is touched."""

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backup_ground import Everything, everything, make_work, member, members, run, write

Contents = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def backup(data_dir: Path, tmp_path: Path) -> Path:
    make_work("ada", wrong=20)
    assert run("backup", tmp_path / "backup.tar").exit_code == 0
    return tmp_path / "backup.tar"


@pytest.fixture
def before(backup: Path) -> Everything:
    """What is there, and differs from the backup."""
    make_work("ben", wrong=30)
    return everything()


def names_in(folder: Path) -> list[str]:
    """What lies there, but for what SQLite keeps beside an open database."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm")))


def refused(file: Path, before: Everything, folder: Path) -> str:
    """The sentence; everything is as it was."""
    names = names_in(folder)
    found = run("restore", file, "--force")
    assert found.exit_code == 1, found.output
    assert everything() == before
    assert names_in(folder) == names
    return found.stderr


def changed(contents: Contents, **changes: object) -> Contents:
    """With another manifest."""
    manifest = json.loads(contents[-1][1]) | changes
    return [*contents[:-1], (contents[-1][0], json.dumps(manifest).encode())]


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (member("../../evil"), "“../../evil”, which no backup holds"),
        (member("/etc/cron.d/evil"), "“/etc/cron.d/evil”, which no backup holds"),
        (member("blobs/../evil"), "no backup holds"),
        (member("blobs/" + "A" * 64), "no backup holds"),
        (member("blobs", tarfile.DIRTYPE), "no plain file"),
        (member("blobs/" + "a" * 64, tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
        (member("blobs/" + "a" * 64, tarfile.LNKTYPE, "database.sqlite"), "no plain file"),
        (member("secret_key", tarfile.FIFOTYPE), "no plain file"),
        (member("secret_key", tarfile.CHRTYPE), "no plain file"),
        (member("database.sqlite"), "twice"),
        (member("secret_key"), "is not what its manifest says"),
    ],
)
def test_what_no_backup_holds_is_refused(
    backup: Path, before: Everything, data_dir: Path, added: tarfile.TarInfo, words: str
) -> None:
    contents = members(backup)

    assert words in refused(write(backup, [*contents[:-1], (added, b"x"), contents[-1]]), before, data_dir)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda contents: contents[:-1], "ends before its manifest"),
        (lambda contents: [contents[0], *contents[2:]], "lacks blobs/"),
        (lambda contents: [(contents[0][0], contents[0][1][:-1]), *contents[1:]], "database.sqlite is not what"),
        (lambda contents: [*contents[:1], (contents[1][0], b"other"), *contents[2:]], "is not what its manifest says"),
        (lambda contents: [*contents, (member("more"), b"x")], "something behind its manifest"),
        (lambda contents: [*contents[:-1], (contents[-1][0], b"{")], "manifest cannot be read"),
        (lambda contents: changed(contents, format=2, version="9.0"), "made by version 9.0"),
        (lambda contents: changed(contents, revision="9999"), "Update this installation first"),
        (lambda contents: changed(contents, revision="0001"), "its manifest says 0001"),
        (lambda contents: changed(contents, database="postgresql"), "holds no database"),
        (lambda contents: changed(contents, database="oracle"), "“oracle”"),
    ],
)
def test_what_was_changed_is_refused(
    backup: Path, before: Everything, data_dir: Path, change: Callable[[Contents], Contents], words: str
) -> None:
    assert words in refused(write(backup, change(members(backup))), before, data_dir)


def test_a_file_that_claims_to_be_endless_is_not_read(backup: Path, before: Everything, data_dir: Path) -> None:
    endless = member("secret_key")
    endless.pax_headers = {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "secret_key",
        "GNU.sparse.realsize": str(1 << 60),
    }  # fmt: skip
    contents = members(backup)
    hole = f"1\n0\n{1 << 60}\n".encode().ljust(512, b"\0")

    assert "no plain file" in refused(write(backup, [*contents[:-1], (endless, hole), contents[-1]]), before, data_dir)


@pytest.mark.parametrize("length", [0, 1, 600, 100_000])
def test_half_a_file_is_refused(backup: Path, before: Everything, data_dir: Path, length: int) -> None:
    backup.write_bytes(backup.read_bytes()[:length])

    assert "Nothing has been changed." in refused(backup, before, data_dir)


def test_a_compressed_backup_with_one_bit_changed_is_refused(
    backup: Path, before: Everything, data_dir: Path, tmp_path: Path
) -> None:
    run("backup", tmp_path / "b.tar.gz")
    content = bytearray((tmp_path / "b.tar.gz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "b.tar.gz").write_bytes(content)

    assert "Nothing has been changed." in refused(tmp_path / "b.tar.gz", before, data_dir)


def test_something_else_is_refused(backup: Path, before: Everything, data_dir: Path) -> None:
    backup.write_text("a poem")

    assert "cannot be read as a backup" in refused(backup, before, data_dir)


def test_a_restore_that_cannot_store_a_file_leaves_everything_as_it_was(
    backup: Path, before: Everything, data_dir: Path
) -> None:
    names = [each.name.removeprefix("blobs/") for each, _ in members(backup) if each.name.startswith("blobs/")]
    first, second = ((data_dir / "blobs" / name[:2]) for name in sorted(names))
    for folder, name in ((first, sorted(names)[0]), (second, sorted(names)[1])):
        (folder / name).unlink()
    second.rmdir()
    second.write_text("in the way")
    left = everything()

    found = run("restore", backup, "--force")

    assert found.exit_code == 1
    assert "Nothing has been changed." in found.stderr
    assert everything() == left
    assert not list(data_dir.glob("*before*"))


def test_a_backup_of_the_other_engine_is_refused(
    backup: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, before: Everything
) -> None:
    contents = members(backup)
    database = next(content for each, content in contents if each.name == "database.sqlite")
    parts = json.loads(contents[-1][1])["parts"]
    parts["database.dump"] = parts.pop("database.sqlite")
    renamed = [(member("database.dump"), database), *contents[1:]]

    told = refused(write(backup, changed(renamed, database="postgresql", parts=parts)), before, data_dir)

    assert "It holds a database of postgresql" in told
