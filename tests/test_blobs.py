"""The store of uploaded files, in a folder and in fsspec's memory."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.blobs import Blobs, chunks_of, hash_of
from app.core.errors import UploadTooLarge

# No deadline: two busy cores are no slow code.
QUICKLY = settings(deadline=None, max_examples=100)

CONTENT = b"weights" * 1000
CHUNKS = [CONTENT[:3000], b"", CONTENT[3000:]]


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    made = Blobs(str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}")
    yield made
    made.files.rm(made.root, recursive=True)


def kept(blobs: Blobs) -> list[str]:
    """Every file, drafts included."""
    return [str(path) for path in blobs.files.find(blobs.root)] if blobs.files.exists(blobs.root) else []


def crashing() -> Iterator[bytes]:
    yield CONTENT
    raise ConnectionResetError("the student closed the laptop")


def test_a_stored_file_is_named_by_the_hash_of_its_whole_content(blobs: Blobs) -> None:
    blob = blobs.store(CHUNKS, 10**6)

    assert (blob.sha256, blob.size_bytes) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def test_a_stored_file_is_read_back_unchanged(blobs: Blobs) -> None:
    blob = blobs.store(CHUNKS, 10**6)

    with blobs.open(blob.sha256) as file:
        assert file.read() == CONTENT


def test_its_size_is_known_without_reading_it(blobs: Blobs) -> None:
    blob = blobs.store(CHUNKS, 10**6)

    assert blobs.size_bytes(blob.sha256) == len(CONTENT)


def test_a_stored_file_is_fetched_to_a_path(blobs: Blobs, tmp_path: Path) -> None:
    blob = blobs.store(CHUNKS, 10**6)

    blobs.fetch(blob.sha256, tmp_path / "fetched")

    assert (tmp_path / "fetched").read_bytes() == CONTENT


def test_the_same_content_is_kept_once(blobs: Blobs) -> None:
    first = blobs.store(CHUNKS, 10**6)
    second = blobs.store([CONTENT], 10**6)

    assert first == second
    assert len(kept(blobs)) == 1


def test_a_file_of_exactly_the_limit_is_kept(blobs: Blobs) -> None:
    assert blobs.store(CHUNKS, len(CONTENT)).size_bytes == len(CONTENT)


def test_a_file_one_byte_over_the_limit_is_refused_and_nothing_stays(blobs: Blobs) -> None:
    with pytest.raises(UploadTooLarge):
        blobs.store(CHUNKS, len(CONTENT) - 1)

    assert kept(blobs) == []


def test_reading_stops_at_the_limit(blobs: Blobs) -> None:
    chunks = iter([b"x" * 100] * 50)

    with pytest.raises(UploadTooLarge):
        blobs.store(chunks, 1000)

    assert len(list(chunks)) == 39


def test_a_source_that_breaks_off_leaves_nothing(blobs: Blobs) -> None:
    with pytest.raises(ConnectionResetError):
        blobs.store(crashing(), 10**6)

    assert kept(blobs) == []


def test_a_file_that_is_not_there_is_said_to_be_missing(blobs: Blobs) -> None:
    blobs.store(CHUNKS, 10**6)

    with pytest.raises(FileNotFoundError):
        blobs.open("0" * 64)


def test_a_draft_that_a_power_cut_left_has_no_name_to_be_found_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Blobs(str(tmp_path))
    monkeypatch.setattr(blobs, "_name", lambda draft, path: (_ for _ in ()).throw(KeyboardInterrupt))

    with pytest.raises(KeyboardInterrupt):
        blobs.store(CHUNKS, 10**6)

    with pytest.raises(FileNotFoundError):
        blobs.open(hashlib.sha256(CONTENT).hexdigest())


@QUICKLY
@given(st.lists(st.binary(max_size=200), max_size=20))
def test_hashing_piece_by_piece_equals_hashing_at_once(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)

    blob = hash_of(chunks)

    assert (blob.sha256, blob.size_bytes) == (hashlib.sha256(whole).hexdigest(), len(whole))


def test_the_pieces_of_a_file_are_the_file() -> None:
    content = bytes(range(256)) * 10_000

    assert b"".join(chunks_of(io.BytesIO(content))) == content
