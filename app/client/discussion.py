"""Comments: on a submission, and on the whole board."""

from collections.abc import Iterator
from datetime import datetime

from app.client.bodies import Body
from app.client.part import Part


class Comment(Body):
    """What somebody said, in Markdown; null where it was removed. `submission`: null on the thread of the board."""

    id: int
    submission: int | None
    author: str
    name: str
    text: str | None
    created: datetime
    edited: datetime | None
    removed: datetime | None
    helpful: int
    is_helpful_to_me: bool
    may_edit: bool
    path: str


class Preview(Body):
    """A text as pages show it: safe HTML."""

    html: str


class Discussion(Part):
    """What is said. Number None is the thread of the whole board."""

    def comments(self, number: int | None = None) -> Iterator[Comment]:
        """A thread, oldest first."""
        return self._rows(Comment, _thread(number), "comments")

    def latest_comments(self) -> Iterator[Comment]:
        """What was said last of any submission, newest first."""
        return self._rows(Comment, "/comments", "comments")

    def comment(self, comment_id: int) -> Comment:
        """One comment."""
        return self._read(Comment, f"/comments/{comment_id}")

    def add_comment(self, number: int | None, text: str) -> Comment:
        """Say something, in Markdown; #12 links a submission, @handle somebody, who is told."""
        return self._write(Comment, "POST", _thread(number), {"text": text})

    def preview_comment(self, text: str) -> str:
        """What it would look like, as HTML. Nothing is kept and nobody is told."""
        return self._write(Preview, "POST", "/preview", {"text": text}).html

    def edit_comment(self, comment_id: int, text: str) -> Comment:
        """Change a comment of mine, within 15 minutes."""
        return self._write(Comment, "PATCH", f"/comments/{comment_id}", {"text": text})

    def remove_comment(self, comment_id: int) -> Comment:
        """Take a comment's text away; that it was there stays."""
        return self._write(Comment, "DELETE", f"/comments/{comment_id}")

    def restore_comment(self, comment_id: int) -> Comment:
        """Bring a removed comment back."""
        return self._write(Comment, "POST", f"/comments/{comment_id}/restore")

    def mark_helpful(self, comment_id: int, is_helpful: bool = True) -> Comment:
        """Say that a comment helped, or take that back."""
        return self._write(Comment, "PUT" if is_helpful else "DELETE", f"/comments/{comment_id}/helpful")


def _thread(number: int | None) -> str:
    return "/discussion" if number is None else f"/submissions/{number}/comments"
