"""What the API says of comments, and how it reads one that is sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlmodel import Session

from app.core import comments
from app.core.errors import InvalidFields
from app.core.sentences import N_, Sentence
from app.core.tables import Comment, User
from app.core.threads import Said, with_authors


class NewComment(BaseModel):
    """Something to say."""

    text: str = Field(
        min_length=1,
        max_length=comments.TEXT_MAXIMUM,
        examples=["Try padding=1 on the first convolution too, as in #12. @zhou-yi"],
        description="Markdown; #12 links a submission, @handle a classmate, who is told",
    )


class CommentBody(BaseModel):
    """A comment. Of a removed one the text is null; that it was there stays."""

    id: int
    submission: int | None = Field(description="number of the submission; null on the thread of the whole board")
    author: str = Field(examples=["zhou-yi"], description="handle")
    name: str = Field(examples=["Zhou Yi"])
    text: str | None = Field(examples=["Try **padding=1**."], description="Markdown")
    created: datetime
    edited: datetime | None
    removed: datetime | None
    helpful: int = Field(description="how many found it helpful")
    is_helpful_to_me: bool
    may_edit: bool = Field(description="whether you can change it now: your own, for 15 minutes")
    path: str = Field(examples=["/comments/3"], description="its page")


class Comments(BaseModel):
    """A part of a thread, oldest first."""

    comments: list[CommentBody]
    count: int = Field(description="comments of the whole thread, removed ones left out")
    next: str | None = Field(description="address of the part that follows; null at the end")


class LatestComments(BaseModel):
    """Comments of many threads, newest first."""

    comments: list[CommentBody]
    next: str | None = Field(description="address of the part that follows; null at the end")


def comment_bodies(said: Sequence[Said], submission: int | None, reader: User | None) -> list[CommentBody]:
    """Comments of one thread."""
    return [_body(each, submission, reader) for each in said]


def describe_comment(session: Session, comment: Comment, reader: User | None) -> CommentBody:
    """One comment."""
    session.flush()
    submission = comments.submission_of(session, comment)
    return _body(with_authors(session, [comment], reader)[0], submission.number if submission else None, reader)


def _body(said: Said, submission: int | None, reader: User | None) -> CommentBody:
    comment, author = said.comment, said.author
    return CommentBody(
        id=comment.stored_id,
        submission=submission,
        author=author.handle,
        name=author.name,
        text=comment.text if comment.removed is None else None,
        created=comment.created,
        edited=comment.edited,
        removed=comment.removed,
        helpful=said.helpful,
        is_helpful_to_me=said.is_helpful_to_reader,
        may_edit=comments.may_edit(comment, reader),
        path=f"/comments/{comment.stored_id}",
    )


def text_of(given: dict[str, Any]) -> str:
    """The text in a body. Raises InvalidFields for one of another shape; what it says is looked at when it is kept."""
    errors: dict[str, Sentence] = {}
    for name in given.keys() - NewComment.model_fields.keys():
        sentence = N_("There is no field “%(name)s”. The fields are: %(names)s.")
        errors[name[:40]] = Sentence(sentence, {"name": name[:40], "names": ", ".join(NewComment.model_fields)})
    text = given.get("text", "")
    if not isinstance(text, str):
        sentence = N_("%(name)s must be text; “%(value)s” was given.")
        errors["text"] = Sentence(sentence, {"name": "text", "value": str(text)[:40]})
    if errors:
        raise InvalidFields(errors)
    return str(text)
