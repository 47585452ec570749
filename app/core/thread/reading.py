"""A thread from a file or a text field, whatever it is written in."""

from app.core.errors import InvalidFields, Problem
from app.core.sentences import N_, Sentence
from app.core.thread.github import read_json
from app.core.thread.markdown import read_markdown
from app.core.thread.posts import POSTS_MAXIMUM, THREAD_MAXIMUM_BYTES, Post

TOO_LARGE = N_("The thread has %(size_mb).1f MB; at most %(maximum_mb)g MB are read. Import it in parts.")
TOO_MANY = N_("The thread has %(given)s posts; at most %(maximum)s are read at once. Import it in parts.")
NO_POSTS = N_(
    "No post was found. Give the JSON of “gh api repos/OWNER/REPOSITORY/issues/NUMBER/comments”, or paste the posts."
)
NO_TEXT = N_("The file is no text in UTF-8: byte %(position)s cannot be read.")


def read_thread(data: bytes) -> list[Post]:
    """The posts of a thread: JSON if it begins like that, else Markdown.

    Raises:
        InvalidFields: for the field `thread`, if it cannot be read, has no post or too many.
    """
    try:
        posts = _read(data)
    except Problem as error:
        raise InvalidFields({"thread": error.sentence}) from error
    return posts


def _read(data: bytes) -> list[Post]:
    if len(data) > THREAD_MAXIMUM_BYTES:
        values = {"size_mb": len(data) / 1e6, "maximum_mb": THREAD_MAXIMUM_BYTES / 1e6}
        raise Problem(Sentence(TOO_LARGE, values))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(Sentence(NO_TEXT, {"position": error.start})) from error
    posts = [post for post in (read_json if _is_json(text) else read_markdown)(text) if post.text]
    if not posts:
        raise Problem(Sentence(NO_POSTS))
    if len(posts) > POSTS_MAXIMUM:
        raise Problem(Sentence(TOO_MANY, {"given": len(posts), "maximum": POSTS_MAXIMUM}))
    # The same comment may stand in two pages of one download.
    return list({post.key: post for post in posts}.values())


def _is_json(text: str) -> bool:
    """Whether it begins with an object or an array; a Markdown link begins with a bracket too."""
    start = text.lstrip()
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in ("{", "[", "]"))
