"""Errors that a person can do something about.

    Problem                    status  code
    ├── InvalidFields          422     invalid_fields      one sentence per field
    ├── NotFound               404     not_found
    ├── NotAllowed             403     not_allowed
    ├── NotSignedIn            401     not_signed_in
    ├── Conflict               409     conflict
    │   ├── KeyReused          409     key_reused          an Idempotency-Key with another request
    │   ├── KeyInUse           409     key_in_use          its request has not been answered yet
    │   └── AnswerNotKept      409     answer_not_kept     carried out; the answer held a secret
    ├── UploadTooLarge         413     upload_too_large
    ├── UnknownContent         415     unknown_content
    ├── TooMany                429     too_many            with when to come back
    │   └── NoRunsLeft         429     no_runs_left        of today's quota
    └── NotReady               503     not_ready

Raised anywhere below the routes; one handler in `app/web/problems.py` turns them into a page or into
`application/problem+json` (RFC 9457).
"""

from app.core.sentences import N_, Sentence


class Problem(Exception):
    """Base of all: an HTTP status, a stable code, one sentence, and sentences by field."""

    status = 400
    code = "bad_request"

    def __init__(self, sentence: Sentence, fields: dict[str, Sentence] | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.fields = fields or {}


class InvalidFields(Problem):
    """Some of the given values cannot be used; each field has its own sentence."""

    status = 422
    code = "invalid_fields"

    def __init__(self, fields: dict[str, Sentence]) -> None:
        super().__init__(Sentence(N_("Some values cannot be used. Please correct them and send again.")), fields)


class NotFound(Problem):
    """There is no such thing, or the reader may not know of it."""

    status = 404
    code = "not_found"


class NotSignedIn(Problem):
    """Nobody is signed in, and this needs somebody."""

    status = 401
    code = "not_signed_in"


class NotAllowed(Problem):
    """Somebody is signed in, but it is not theirs to do."""

    status = 403
    code = "not_allowed"


class Conflict(Problem):
    """The request contradicts what is there already."""

    status = 409
    code = "conflict"


class KeyReused(Conflict):
    """An Idempotency-Key came with another request than before."""

    code = "key_reused"


class KeyInUse(Conflict):
    """The request of an Idempotency-Key is being carried out, or was cut off."""

    code = "key_in_use"


class AnswerNotKept(Conflict):
    """The request of an Idempotency-Key was carried out, and its answer cannot be given again."""

    code = "answer_not_kept"


class UploadTooLarge(Problem):
    """The request body is over the limit."""

    status = 413
    code = "upload_too_large"

    def __init__(self, limit_bytes: int, field: str = "") -> None:
        text = N_("The file is larger than %(limit_mb)g MB. Nothing was kept. Send a smaller file.")
        sentence = Sentence(text, {"limit_mb": limit_bytes / 1e6})
        super().__init__(sentence, {field: sentence} if field else None)


class UnknownContent(Problem):
    """The request body is of a kind that this address does not read."""

    status = 415
    code = "unknown_content"


class TooMany(Problem):
    """The same was tried too often. `retry_after_s`: whole seconds until it may be tried again."""

    status = 429
    code = "too_many"

    def __init__(self, sentence: Sentence, retry_after_s: int, fields: dict[str, Sentence] | None = None) -> None:
        super().__init__(sentence, fields)
        self.retry_after_s = retry_after_s


class NoRunsLeft(TooMany):
    """The day's quota does not suffice. `quota`: runs of a day; `left`: how many of them remain."""

    code = "no_runs_left"

    def __init__(self, sentence: Sentence, retry_after_s: int, quota: int, left: int) -> None:
        super().__init__(sentence, retry_after_s)
        self.quota, self.left = quota, left


class NotReady(Problem):
    """We cannot serve this now; it is our fault and may pass."""

    status = 503
    code = "not_ready"
