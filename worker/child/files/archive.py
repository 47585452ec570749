"""What torch's zip files are checked for before torch opens them: that they are no bigger than they look."""

import zipfile
from pathlib import PurePosixPath

from worker.child.failure import Failure
from worker.child.files.uploads import LARGEST_FILE_BYTES
from worker.child.job import Upload
from worker.child.sentences.files import COMPRESSED_ENTRY, ENTRY_OUTSIDE, FILE_TOO_LARGE, TOO_MANY_ENTRIES

MOST_ENTRIES = 2_000
# TorchScript compresses the text of its code, and nothing else.
_MOST_CODE_BYTES = 16 << 20


def check_archive(upload: Upload) -> None:
    """Refuse a zip file that unpacks to more than it is, or out of itself.

    torch.load inflates compressed entries: a file of 390 KB became 400 MB in memory.

    Raises:
        Failure: `bad_file`, naming the entry.
    """
    with zipfile.ZipFile(upload.path) as archive:
        entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        counts = {"entries": len(entries), "limit": MOST_ENTRIES}
        raise Failure("bad_file", TOO_MANY_ENTRIES, {"file": upload.name, **counts})
    for entry in entries:
        _check_entry(upload, entry)
    size = sum(entry.file_size for entry in entries)
    if size > LARGEST_FILE_BYTES:
        sizes = {"size_mb": size >> 20, "limit_mb": LARGEST_FILE_BYTES >> 20}
        raise Failure("bad_file", FILE_TOO_LARGE, {"file": upload.name, **sizes})


def _check_entry(upload: Upload, entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise Failure("bad_file", ENTRY_OUTSIDE, {"file": upload.name, "name": entry.filename})
    if entry.compress_type != zipfile.ZIP_STORED and not _is_code(path, entry):
        raise Failure("bad_file", COMPRESSED_ENTRY, {"file": upload.name, "name": entry.filename})


def _is_code(path: PurePosixPath, entry: zipfile.ZipInfo) -> bool:
    is_text = path.suffix in (".py", ".debug_pkl")
    return is_text and "code" in path.parts and entry.file_size <= _MOST_CODE_BYTES
