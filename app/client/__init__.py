"""A client of the service: `from app.client import Client`. Needs httpx and pydantic, nothing of the service itself.

with Client("http://127.0.0.1:8000", token) as client:
    submission = client.submit(model_file="net.py", recipe={"epochs": 3})
    for event in client.watch(submission.number):
        print(event.kind, event.data)
    print(client.submission(submission.number).result)
"""

from app.client.account_bodies import (
    ChargedRun,
    Delivery,
    KeptToken,
    MadeWebhook,
    Notification,
    NotificationSettings,
    Quota,
    Webhook,
)
from app.client.analysis_bodies import Comparison, Digit, Lineage, Mistake, ReadDigit, Seeds
from app.client.bodies import Board, BoardRow, Check, ListedSubmission, Me, Result, Submission, Token
from app.client.client import Client
from app.client.discussion import Comment
from app.client.errors import (
    BadAnswer,
    ClientError,
    Conflict,
    InvalidFields,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    ServiceFault,
    TooMany,
    Unreachable,
)
from app.client.events import Event
from app.client.sending import Fields

__all__ = [
    "BadAnswer",
    "Board",
    "BoardRow",
    "ChargedRun",
    "Check",
    "Client",
    "ClientError",
    "Comment",
    "Comparison",
    "Conflict",
    "Delivery",
    "Digit",
    "Event",
    "Fields",
    "InvalidFields",
    "KeptToken",
    "Lineage",
    "ListedSubmission",
    "MadeWebhook",
    "Me",
    "Mistake",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Notification",
    "NotificationSettings",
    "Quota",
    "ReadDigit",
    "Refused",
    "Result",
    "Seeds",
    "ServiceFault",
    "Submission",
    "Token",
    "TooMany",
    "Unreachable",
    "Webhook",
]
