"""Threads as pages show them: each comment with what its reader may do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup
from sqlmodel import Session

from app.core import comments
from app.core.comments import may_edit, may_remove, may_restore
from app.core.references import References, known_references
from app.core.sentences import N_, Sentence
from app.core.shown_names import Shown
from app.core.tables import Comment, Submission
from app.core.threads import Said, count_comments, length_of, position_of, thread
from app.web.notes import NOTHING_KNOWN, comment_html
from app.web.page import Page
from app.web.page_numbers import PageNumbers

# A class talks little about one submission; the whole board's thread has pages.
PART = 50
BOARD_PATH = "/discussion"


@dataclass(frozen=True)
class CommentView:
    """One comment."""

    said: Said
    page: Page
    known: References = NOTHING_KNOWN

    @property
    def comment(self) -> Comment:
        """The row."""
        return self.said.comment

    @property
    def author(self) -> Shown:
        """Who wrote it."""
        return self.said.author

    @property
    def html(self) -> Markup:
        """Its text."""
        return comment_html(self.comment.text, self.known)

    @property
    def trace(self) -> str:
        """What stands in the place of a removed one, as a marked text."""
        if self.comment.removed_by == self.comment.user_id:
            return N_("Removed by its author.")
        return N_("Removed by a teacher.")

    @property
    def is_mine(self) -> bool:
        """Whether the reader wrote it."""
        return self.page.reader is not None and self.page.reader.id == self.comment.user_id

    @property
    def may_edit(self) -> bool:
        """Whether the link for changing it is there."""
        return may_edit(self.comment, self.page.reader)

    @property
    def may_remove(self) -> bool:
        """Whether the link for removing it is there."""
        return may_remove(self.comment, self.page.reader)

    @property
    def may_restore(self) -> bool:
        """Whether the button for bringing it back is there."""
        return may_restore(self.comment, self.page.reader)

    @property
    def may_find_helpful(self) -> bool:
        """Whether the button is there; others see the number."""
        return self.page.reader is not None and not self.is_mine


@dataclass
class Discussion:
    """A thread, or a part of a long one. `count`: comments without the removed ones; `length`: with them."""

    session: Session
    submission: Submission | None
    page: Page
    number: int = 1
    text: str = ""
    preview: Markup | None = None
    errors: Mapping[str, Sentence] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The page of this thread alone, and where its form goes."""
        return thread_path(self.submission)

    @cached_property
    def count(self) -> int:
        """How many comments stand here."""
        return count_comments(self.session, self.submission)

    @cached_property
    def pages(self) -> PageNumbers:
        """The parts of the thread."""
        length = length_of(self.session, self.submission)
        return PageNumbers(self.number, length, PART, thread_path(self.submission), {})

    @cached_property
    def comments(self) -> Sequence[CommentView]:
        """The comments of this part, oldest first."""
        said = thread(self.session, self.submission, self.page.reader, PART, self.pages.start)
        known = known_references(self.session, [each.comment.text for each in said if each.comment.removed is None])
        return [CommentView(each, self.page, known) for each in said]


def discussion_of(session: Session, submission: Submission | None, page: Page, number: int = 0) -> Discussion:
    """The thread of a submission, or of the whole board; without a number its last part, where the talk goes on."""
    found = Discussion(session, submission, page)
    return Discussion(session, submission, page, number or found.pages.count)


def preview_of(session: Session, text: str) -> Markup:
    """A text as it will be shown. Raises InvalidFields for one that would not be kept."""
    text = comments.check_text(text)
    return comment_html(text, known_references(session, [text]))


def thread_path(submission: Submission | None) -> str:
    """The page of a thread; new comments are sent there too."""
    return BOARD_PATH if submission is None else f"/s/{submission.number}/comments"


def place_of(session: Session, comment: Comment) -> str:
    """Where a comment stands: its page, its part and its mark on it."""
    submission = comments.submission_of(session, comment)
    part = position_of(session, comment) // PART + 1
    last = PageNumbers(1, length_of(session, submission), PART, "", {}).count
    if submission is not None and part == last:
        return f"/s/{submission.number}#comment-{comment.stored_id}"
    return f"{thread_path(submission)}?part={part}#comment-{comment.stored_id}"
