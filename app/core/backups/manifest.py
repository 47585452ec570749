"""What a backup says of itself, and what may be in one."""

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

# Raised when an older version could not read what a newer one writes.
FORMAT = 1
MANIFEST = "manifest.json"
SQLITE, POSTGRES = "sqlite", "postgresql"
DATABASES = {SQLITE: "database.sqlite", POSTGRES: "database.dump"}
SECRET_KEY = "secret_key"  # noqa: S105 - the name of a part
BLOB = re.compile(r"blobs/([0-9a-f]{64})")
# Far above what is needed: 70 bytes and a checksum for each file.
MANIFEST_MAXIMUM_BYTES = 1 << 28


class BackupProblem(Exception):
    """A backup cannot be made or restored; its text says why and what to do. Nothing has been changed."""


class Part(BaseModel):
    """One file in a backup."""

    sha256: str
    size_bytes: int


class Manifest(BaseModel):
    """What is in a backup.

    `revision`: of the database's tables. `rows`: of each table. `missing`: files that the database names and the store
    no longer has, or has damaged: they are lost, with or without this backup.
    """

    model_config = ConfigDict(extra="allow")

    format: int = FORMAT
    created: datetime
    version: str
    database: str
    revision: str
    rows: dict[str, int]
    parts: dict[str, Part]
    missing: list[str]

    @property
    def blobs(self) -> dict[str, Part]:
        """Uploaded and trained files, by sha256."""
        found = {name: BLOB.fullmatch(name) for name in self.parts}
        return {match[1]: self.parts[name] for name, match in found.items() if match}

    @property
    def database_name(self) -> str:
        """The part that holds the database."""
        return DATABASES[self.database]

    @property
    def has_secret_key(self) -> bool:
        """Whether the key that signs cookies is in it."""
        return SECRET_KEY in self.parts


def is_part(name: str) -> bool:
    """Whether a backup may hold a part of this name; what else stands in an archive is nobody's to unpack."""
    return name in (*DATABASES.values(), SECRET_KEY) or BLOB.fullmatch(name) is not None


def read_manifest(text: bytes) -> Manifest:
    """The manifest in a text. Raises BackupProblem for none, and for one of a newer format."""
    try:
        found = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BackupProblem(f"Its manifest cannot be read: {error.errors()[0]['msg']}.") from error
    if found.format > FORMAT:
        raise BackupProblem(
            f"It is of format {found.format}, made by version {found.version}; this version reads up to {FORMAT}. "
            "Restore it with that version."
        )
    if found.database not in DATABASES:
        raise BackupProblem(f"It holds a database of the kind “{found.database}”, which this version does not know.")
    return found
