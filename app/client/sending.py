"""What a submission or a check sends: fields of a form, and files."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TypedDict, cast

FILES = ("model_file", "weights")
# Bytes that were sent, and bytes that there are.
OnSent = Callable[[int, int], None]


class Fields(TypedDict, total=False):
    """What can be asked for; see POST /submissions. Names of recipes and options are the service's."""

    kind: str
    model: str
    model_file: str | PathLike[str]
    weights: str | PathLike[str]
    class_name: str
    arguments: str
    title: str
    notes: str
    recipe: Mapping[str, Any]
    options: Mapping[str, Any]
    parent: int
    model_file_of: int
    claimed_accuracy: float | str
    check_id: str


class _Told(io.BufferedReader):
    """A file that tells how much of it has been read; reading anew tells anew."""

    def __init__(self, file: io.FileIO, on_read: Callable[[str, int], None]) -> None:
        super().__init__(file)
        self._on_read = on_read

    def read(self, size: int | None = -1, /) -> bytes:
        """As a file does."""
        chunk = super().read(size)
        self._on_read(str(self.name), self.tell())
        return chunk


class _Sent:
    """How much of all files has been sent."""

    def __init__(self, paths: list[Path], on_sent: OnSent) -> None:
        self._total = sum(path.stat().st_size for path in paths)
        self._read = dict.fromkeys(map(str, paths), 0)
        self._on_sent = on_sent

    def tell(self, path: str, position: int) -> None:
        """That a file was read up to there."""
        self._read[path] = position
        self._on_sent(sum(self._read.values()), self._total)


@contextmanager
def form(fields: Fields, on_sent: OnSent | None = None) -> Iterator[dict[str, Any]]:
    """The fields as httpx sends them; the files are open until the block ends.

    Raises:
        OSError: if a file cannot be read.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    texts = {name: _text(value) for name, value in given.items() if name not in (*FILES, "recipe", "options")}
    texts |= {name: _text(value) for name, value in (fields.get("recipe") or {}).items() if value is not None}
    texts |= {f"option.{name}": _text(value) for name, value in (fields.get("options") or {}).items()}
    paths = {name: Path(str(given[name])) for name in FILES if name in given}
    told = _Sent(list(paths.values()), on_sent).tell if on_sent is not None else None
    with ExitStack() as stack:
        files = [(name, (path.name, stack.enter_context(_opened(path, told)))) for name, path in paths.items()]
        # A form without a file would be sent as another kind of form; both are read.
        yield {"data": texts, "files": files or None}


def _opened(path: Path, told: Callable[[str, int], None] | None) -> BinaryIO:
    if told is None:
        return path.open("rb")
    return cast(BinaryIO, _Told(io.FileIO(path), told))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
