"""A class can keep itself to itself: then visitors find the sign-in page and nothing else."""

from fastapi import Depends, Request
from sqlmodel import Session

from app.core.errors import NotAllowed, NotSignedIn
from app.core.joining import the_class
from app.core.sentences import N_, Sentence
from app.core.shown_names import read_in
from app.web.dependencies import DbSession, OptionalUser
from app.web.feed_keys import is_feed, is_opened

CLASS_ONLY = "class"
KEY_NEEDED = N_("This feed is for members of the class. Its address with your key is on your page of notifications.")
MEMBERS_ONLY = N_("This board is for members of the class. Please sign in.")


def is_for_members(session: Session) -> bool:
    """Whether only members may read."""
    return the_class(session).visibility == CLASS_ONLY


def check_page_visible(request: Request, session: DbSession, reader: OptionalUser) -> None:
    """Raise NotSignedIn where only members may read and nobody is signed in; NotAllowed for a feed without its key."""
    classroom = the_class(session)
    read_in(classroom)
    if reader is not None or classroom.visibility != CLASS_ONLY:
        return
    if not is_feed(request):
        raise NotSignedIn(Sentence(MEMBERS_ONLY))
    # A feed reader would take the sign-in page for the feed.
    if not is_opened(session, request):
        raise NotAllowed(Sentence(KEY_NEEDED))


PageVisible = Depends(check_page_visible)
