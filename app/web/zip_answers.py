"""A ZIP archive as an answer, made while it is sent: no file is held whole, in memory or on disk."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import StreamingResponse

from app.core.blobs import chunks_of, get_blobs
from app.web.file_answers import as_attachment


class _Pipe:
    """What a ZipFile writes into, to be taken out piece by piece. It cannot seek, so sizes follow their files."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self.written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """ZipFile calls this."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken = b"".join(self.written)
        self.written.clear()
        return taken


def zip_answer(name: str, data: dict[str, Any], files: Mapping[str, str]) -> StreamingResponse:
    """An archive with `data.json` and stored files. `files`: from names in the archive to the files' sha256."""
    return StreamingResponse(_archive(data, files), 200, as_attachment(name), "application/zip")


def _archive(data: dict[str, Any], files: Mapping[str, str]) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2))
        for name, sha256 in files.items():
            # Weights hardly shrink, and packing them would take the time of a core.
            entry = zipfile.ZipInfo(f"files/{name}")
            with get_blobs().open(sha256) as source, archive.open(entry, "w", force_zip64=True) as target:
                for chunk in chunks_of(source):
                    target.write(chunk)
                    yield pipe.take()
    yield pipe.take()
