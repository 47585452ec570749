"""What attacks are after: files of a worker that are none."""

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

NOT_COMPARED = ("stream.sock", "datagram.sock", "packet.sock")


@dataclass(frozen=True)
class Decoys:
    """A folder like a worker's home. Its modes hide nothing from another user: only the sandbox does."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Decoys":
        """Make it anew; what was there is removed."""
        if folder.exists():
            folder.chmod(0o777)
            shutil.rmtree(folder)
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        (folder / ".ssh").mkdir(mode=0o777)
        for name, mode in (("app.db", 0o600), ("shared.db", 0o666)):
            _write_database(folder / name)
            (folder / name).chmod(mode)
        for name, mode in ((".ssh/id_rsa", 0o600), (".bashrc", 0o644), ("labels.npy", 0o644)):
            (folder / name).write_text(f"a decoy, named {name}")
            (folder / name).chmod(mode)
        (folder / "link-to-shared.db").symlink_to(folder / "shared.db")
        with contextlib.suppress(OSError):  # not every file system has attributes
            os.setxattr(folder / "shared.db", "user.kept", b"kept")
        return cls(folder)

    def state(self) -> dict[str, object]:
        """All that could be changed: names, bytes, modes, owners, times of change, attributes."""
        paths = [self.folder, *sorted(self.folder.rglob("*"))]
        return {str(path): _state(path) for path in paths if path.name not in NOT_COMPARED}


def _write_database(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table secret (word)")
        connection.execute("insert into secret values ('corpus-decoy')")


def _state(path: Path) -> object:
    status = path.lstat()
    content = path.read_bytes() if path.is_file() else None
    attributes = {
        name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)
    }
    # A folder's times change with the sockets that a victim puts into it.
    times = None if path.is_dir() else (status.st_mtime_ns, status.st_ctime_ns)
    return content, status.st_mode, status.st_uid, status.st_gid, status.st_nlink, times, attributes
