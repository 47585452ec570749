"""Submissions: made, followed, read, taken back, downloaded."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Unpack

from app.client import downloads, events, sending
from app.client.bodies import B, Board, BoardRow, Check, ListedSubmission, Submission
from app.client.events import Event
from app.client.part import API, PART_ROWS, Part
from app.client.sending import Fields, OnSent

# What can be downloaded: the end of its address, and its name where the service gives none.
FILES = {
    "weights": ("weights", "weights-{}.safetensors"),
    "model-file": ("model-file", "model-{}"),
    "predictions": ("predictions", "predictions-{}.csv"),
    "receipt": ("receipt", "receipt-{}.json"),
}
File = Literal["weights", "model-file", "predictions", "receipt"]


class Submissions(Part):
    """What is submitted, and the board."""

    def submit(
        self, *, idempotency_key: str | None = None, on_sent: OnSent | None = None, **fields: Unpack[Fields]
    ) -> Submission:
        """Submit a network to train, or a trained one to test.

        The same key submits once, however often the connection fails; without one, each call has its own. `on_sent`
        is called with the bytes of the files that were sent and those that there are.
        """
        headers = {"Idempotency-Key": idempotency_key or uuid.uuid4().hex}
        return self._post(Submission, "/submissions", fields, headers, on_sent)

    def check(self, *, on_sent: OnSent | None = None, **fields: Unpack[Fields]) -> Check:
        """Let a worker look at files without submitting them."""
        return self._post(Check, "/checks", fields, {}, on_sent)

    def _post(self, kind: type[B], path: str, fields: Fields, headers: dict[str, str], on_sent: OnSent | None) -> B:
        with sending.form(fields, on_sent) as content:
            response = self._connection.send("POST", API + path, is_repeatable=True, headers=headers, **content)
        return self._connection.read(kind, response)

    def submission(self, number: int) -> Submission:
        """One submission with its run and its result."""
        return self._read(Submission, f"/submissions/{number}")

    def submissions(self, **filters: Any) -> Iterator[ListedSubmission]:
        """Submissions, newest first. Filters as in the address: author, state, outcome, model, tier, since."""
        return self._rows(ListedSubmission, "/submissions", "rows", **filters)

    def withdraw(self, number: int) -> Submission:
        """Cancel a submission's run and take it off the board."""
        return self._write(Submission, "DELETE", f"/submissions/{number}")

    def run_again(self, number: int) -> Submission:
        """Run a submission again whose last run failed."""
        return self._write(Submission, "POST", f"/submissions/{number}/runs")

    def watch(self, number: int, after: int = 0) -> Iterator[Event]:
        """The story of the latest run as it happens, from behind that event to its end."""
        return events.follow(self._connection, f"{API}/submissions/{number}/events", after)

    def wait(self, number: int) -> Submission:
        """Wait until the run has ended, and return the submission with its result or outcome."""
        for _ in self.watch(number):
            pass
        return self.submission(number)

    def board(self, limit: int = 50, **filters: Any) -> Board:
        """The first rows of the board. Filters as in its address: track, best, q, opt, by, since, sort."""
        return self._read(Board, "/leaderboard", limit=limit, **filters)

    def board_rows(self, part_rows: int = PART_ROWS, **filters: Any) -> Iterator[BoardRow]:
        """All rows of the board, part by part."""
        return self._rows(BoardRow, "/leaderboard", "rows", limit=part_rows, **filters)

    def download(
        self, number: int, what: File, folder: str | Path = ".", *, seed: int | None = None, is_forced: bool = False
    ) -> Path:
        """Save a file of a submission into a folder; returns where. `seed`: of a repetition."""
        end, fallback = FILES[what]
        path = f"{API}/submissions/{number}/{end}" + (f"?seed={seed}" if seed is not None else "")
        return downloads.save(self._connection, path, Path(folder), fallback.format(number), is_forced)
