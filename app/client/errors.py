"""What can go wrong between a client and the service.

ClientError                         status
├── Unreachable                            no answer, though it was tried again
├── BadAnswer                              an answer, but none of this service's
└── Refused                                a problem (RFC 9457): a code, a sentence, sentences by field
    ├── NotSignedIn                 401
    ├── NotAllowed                  403
    ├── NotFound                    404
    ├── Conflict                    409
    ├── InvalidFields               422
    ├── TooMany                     429    when to come back
    └── ServiceFault                5xx    theirs, not yours
"""

from collections.abc import Mapping


class ClientError(Exception):
    """Base of all; its text is a sentence for people."""


class Unreachable(ClientError):
    """Nobody answers at that address."""


class BadAnswer(ClientError):
    """Somebody answers, but not as the service does."""


class Refused(ClientError):
    """The service says no, and why.

    `status`: of HTTP. `code`: stable, for programs. `sentence`: for people, in the client's language. `fields`: one
    sentence for each field that cannot be used. `retry_after_s`: when it may be tried again, where it is said.
    """

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        fields: Mapping[str, str] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence
        self.fields = dict(fields or {})
        self.retry_after_s = retry_after_s

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        found = {"status": self.status, "code": self.code, "detail": self.sentence, "fields": self.fields}
        return found if self.retry_after_s is None else found | {"retry_after_s": self.retry_after_s}


class NotSignedIn(Refused):
    """This needs a token, or the token is not valid any more."""


class NotAllowed(Refused):
    """It is not yours to do, or not with this token."""


class NotFound(Refused):
    """There is no such thing, or you may not know of it."""


class Conflict(Refused):
    """The request contradicts what is there."""


class InvalidFields(Refused):
    """Some values cannot be used; see `fields`."""


class TooMany(Refused):
    """The same was asked too often; see `retry_after_s`."""


class ServiceFault(Refused):
    """Something is wrong with the service, not with the request."""


BY_STATUS: dict[int, type[Refused]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    422: InvalidFields,
    429: TooMany,
}


def refusal(
    status: int, code: str, sentence: str, fields: Mapping[str, str], retry_after_s: int | None = None
) -> Refused:
    """The error of that status."""
    kind = BY_STATUS.get(status, ServiceFault if status >= 500 else Refused)
    return kind(status, code, sentence, fields, retry_after_s)
