"""Everything that is kept about somebody, for themselves: as plain values, and the files that go with it."""

from pathlib import PurePosixPath
from typing import Any

from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.core.concealed import told_data
from app.core.tables import (
    ApiToken,
    Audit,
    Bonus,
    Charge,
    Comment,
    Helpful,
    Identity,
    Notification,
    Result,
    Run,
    Submission,
    User,
    Webhook,
    WebhookDelivery,
)

# Hashes of secrets say nothing to their owner; predictions and curves of each run are in its downloads.
HIDDEN = {"password_hash", "session_mark", "token_sha256", "secret", "user_id"}
LARGE = {"predictions", "hits", "confidences", "losses"}
OWN_TABLES: dict[str, type[SQLModel]] = {
    "tokens": ApiToken,
    "connected_accounts": Identity,
    "comments": Comment,
    "found_helpful": Helpful,
    "webhooks": Webhook,
    "quota": Charge,
    "bonuses": Bonus,
}


def own_data(session: Session, user: User) -> dict[str, Any]:
    """What is kept about a user, as JSON has it. Times are in UTC."""
    own = {name: _rows(session, table, user) for name, table in OWN_TABLES.items()}
    acted = session.exec(select(Audit).where(Audit.actor_id == user.stored_id).order_by(col(Audit.id)))
    return {
        "user": _plain(user),
        "submissions": [_submission(session, each) for each in submissions_of(session, user)],
        **own,
        "notifications": _notifications(session, user),
        "webhook_deliveries": [_plain(row) for row in session.exec(_deliveries(user))],
        "actions": [_plain(row) for row in acted],
    }


def submissions_of(session: Session, user: User) -> list[Submission]:
    """All that a user has submitted, withdrawn ones too, oldest first."""
    statement = select(Submission).where(Submission.user_id == user.stored_id).order_by(col(Submission.number))
    return list(session.exec(statement))


def own_files(session: Session, user: User) -> dict[str, str]:
    """Names for a user's uploaded files and trained weights, and the sha256 of each."""
    files: dict[str, str] = {}
    for each in submissions_of(session, user):
        if each.model_file_sha256:
            files[f"{each.number}/{_file_name(each.model_file_name, 'model')}"] = each.model_file_sha256
        if each.weights_sha256:
            files[f"{each.number}/{_file_name(each.weights_name, 'weights')}"] = each.weights_sha256
        for run, result in _results(session, each):
            if result.weights_sha256:
                files[f"{each.number}/trained-{run.attempt}.safetensors"] = result.weights_sha256
    return files


def _file_name(given: str | None, stand_in: str) -> str:
    """The last part of a name, so that unpacking never leaves its folder."""
    name = PurePosixPath((given or "").replace("\\", "/")).name.strip(". ")
    return "".join(letter if letter.isprintable() else "_" for letter in name) or stand_in


def _deliveries(user: User) -> SelectOfScalar[WebhookDelivery]:
    joined = select(WebhookDelivery).join(Webhook, col(Webhook.id) == col(WebhookDelivery.webhook_id))
    return joined.where(Webhook.user_id == user.stored_id).order_by(col(WebhookDelivery.id))


def _notifications(session: Session, user: User) -> list[dict[str, Any]]:
    rows = list(session.exec(select(Notification).where(Notification.user_id == user.stored_id)))
    told = told_data(session, rows)
    return [_plain(row) | {"data": data} for row, data in zip(rows, told, strict=True)]


def _rows(session: Session, table: Any, user: User) -> list[dict[str, Any]]:
    return [_plain(row) for row in session.exec(select(table).where(table.user_id == user.stored_id))]


def _submission(session: Session, submission: Submission) -> dict[str, Any]:
    runs = session.exec(select(Run).where(Run.submission_id == submission.id).order_by(col(Run.attempt)))
    results = {run.id: result for run, result in _results(session, submission)}
    return _plain(submission) | {
        "runs": [_plain(run) | {"result": _plain(results[run.id]) if run.id in results else None} for run in runs]
    }


def _results(session: Session, submission: Submission) -> list[tuple[Run, Result]]:
    statement = select(Run, Result).join(Result, col(Result.run_id) == col(Run.id))
    return list(session.exec(statement.where(Run.submission_id == submission.id).order_by(col(Run.attempt))))


def _plain(row: SQLModel) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude=HIDDEN | LARGE)
