"""Where only members may read, programs need a token for everything."""

from fastapi import Depends, Request

from app.core.database import session_scope
from app.core.joining import the_class
from app.core.shown_names import are_names_hidden, read_in
from app.web.api.callers import Bearer, caller
from app.web.visibility import CLASS_ONLY

# Whoever joins has no token yet; the others are for handle and password, and look at them themselves.
OPEN_TO_ALL = {
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/tokens"),
    ("PUT", "/api/v1/me/password"),
    ("DELETE", "/api/v1/me"),
}


def check_api_visible(request: Request, bearer: Bearer) -> None:
    """Raise NotSignedIn where only members may read and no token of theirs was sent."""
    if (request.method, request.url.path) in OPEN_TO_ALL:
        return
    with session_scope() as session:
        classroom = the_class(session)
        read_in(classroom)
        needs_token, needs_reader = classroom.visibility == CLASS_ONLY, are_names_hidden(classroom)
    # What anybody may read has names for teachers and for oneself, so that it matters who reads.
    if needs_token or (needs_reader and bearer is not None):
        caller(request, bearer)


ApiVisible = Depends(check_api_visible)
