"""Notifications in words, with the page that each leads to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.core.concealed import told_data
from app.core.notifications import (
    COMMENT,
    MENTION,
    RECORD_FELL,
    RECORD_LOST,
    REEVALUATED,
    RUN_FAILED,
    RUN_FINISHED,
    WEBHOOK_DISABLED,
    people_of,
)
from app.core.outcomes import OUTCOMES, Outcome
from app.core.sentences import N_, Sentence
from app.core.shown_names import Shown, shown
from app.core.tables import Notification
from app.web.formats import percent
from app.web.translations import translate

SOMEBODY = N_("somebody")
TEXTS = {
    RUN_FINISHED: N_("Your run #%(submission)s “%(title)s” has finished: %(accuracy)s %% read right."),
    RUN_FAILED: N_("Your run #%(submission)s “%(title)s” has ended without a result: %(outcome)s."),
    REEVALUATED: N_(
        "Your submission #%(submission)s “%(title)s” was evaluated again: %(was)s %% read right before, "
        "%(accuracy)s %% now."
    ),
    RECORD_LOST: N_("Your submission #%(submission)s “%(title)s” was evaluated again and holds the record no more."),
    WEBHOOK_DISABLED: N_(
        "Your webhook to %(host)s has taken nothing for %(days)s days and is switched off. Switch it on again there."
    ),
    COMMENT: N_("%(by)s has commented on your submission #%(submission)s “%(title)s”."),
    MENTION: N_("%(by)s has mentioned you in the discussion of #%(submission)s “%(title)s”."),
    RECORD_FELL: N_(
        "%(by)s has beaten your record #%(yours)s: #%(submission)s “%(title)s” reads %(accuracy)s %% right."
    ),
}
MENTION_ON_BOARD = N_("%(by)s has mentioned you in the discussion of the board.")


@dataclass(frozen=True)
class NotificationView:
    """One notification; `by` is the person that it names, `data` what its user may be told of it now."""

    notification: Notification
    by: Shown | None
    data: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The page that it is about."""
        data = self.data
        if "webhook" in data:
            return f"/me/webhooks/{data['webhook']}"
        return f"/comments/{data['comment']}" if "comment" in data else f"/s/{data['submission']}"

    def words(self, language: str) -> str:
        """What happened."""
        data = self.data
        is_on_board = self.notification.kind == MENTION and "submission" not in data
        text = MENTION_ON_BOARD if is_on_board else TEXTS[self.notification.kind]
        return str(Sentence(translate(text, language), self._values(data, lambda marked: translate(marked, language))))

    def _values(self, data: Mapping[str, Any], say: Callable[[str], str]) -> dict[str, Any]:
        """What the places of the sentence take. Values are of the past: the title may have changed since."""
        values = dict(data) | {"by": say(self.by.name if self.by else SOMEBODY)}
        for name in ("accuracy", "was"):
            if name in data:
                values[name] = percent(data[name])
        if "outcome" in data:
            values["outcome"] = say(OUTCOMES[Outcome(data["outcome"])].title)
        return values


def notification_views(session: Session, notifications: Sequence[Notification]) -> list[NotificationView]:
    """Notifications with the people that they name."""
    people = {user_id: shown(user) for user_id, user in people_of(session, notifications).items()}
    told = zip(notifications, told_data(session, notifications), strict=True)
    return [NotificationView(each, people.get(data.get("by", 0)), data) for each, data in told]
