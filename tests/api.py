"""The API of a test's own folder, called through HTTP in this process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.core.database import get_engine
from app.core.tables import Submission

SUBMISSIONS = "/api/v1/submissions"


def safetensors(data_bytes: int = 4) -> bytes:
    """A small weights file in good form."""
    entry = {"dtype": "U8", "shape": [data_bytes], "data_offsets": [0, data_bytes]}
    header = json.dumps({"weight": entry}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(data_bytes)


@dataclass(frozen=True)
class Api:
    """A client, and the headers of three people: an owner, another student and the teacher."""

    client: TestClient
    owner: dict[str, str]
    other: dict[str, str]
    teacher: dict[str, str]
    data_dir: Path

    def submit(self, data: dict[str, Any] | None = None, **request: Any) -> Any:
        """POST a form as the owner."""
        return self.client.post(SUBMISSIONS, data={"model": "yannet"} | (data or {}), headers=self.owner, **request)

    def stored_blobs(self) -> list[Path]:
        """Files kept from uploads, drafts included."""
        return [path for path in (self.data_dir / "blobs").rglob("*") if path.is_file()]

    def stored_submissions(self) -> list[Submission]:
        """Rows kept."""
        with Session(get_engine()) as session:
            return list(session.exec(select(Submission)))
