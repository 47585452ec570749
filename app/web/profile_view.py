"""A profile as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.core.board import Placed
from app.core.profiles import Profile
from app.core.runs import STATE_WORDS, Standing
from app.core.sentences import N_, Sentence
from app.core.tables import Submission
from app.web.charts.progress import progress_chart
from app.web.formats import day, percent
from app.web.page import Page

PROGRESS = N_("Accuracy over time: %(count)s results, the best %(best)s %%")


@dataclass(frozen=True)
class ProfileView:
    """What the template shows."""

    profile: Profile
    chart: Markup | None
    is_self: bool

    @property
    def results(self) -> Sequence[Placed]:
        """Newest first."""
        return self.profile.results

    @property
    def others(self) -> Sequence[tuple[Submission, str]]:
        """What has no place on the board, with the state in words."""
        return [(submission, _state(standing)) for submission, standing in self.profile.others]


def _state(standing: Standing) -> str:
    return STATE_WORDS[standing.state]


def profile_view(profile: Profile, page: Page) -> ProfileView:
    """The view of a profile for the page's reader."""
    is_self = page.reader is not None and page.reader.id == profile.user.id
    return ProfileView(profile, _chart(profile, page), is_self)


def _chart(profile: Profile, page: Page) -> Markup | None:
    entries = [placed.entry for placed in reversed(profile.results)]
    if not entries:
        return None
    best = percent(max(entry.accuracy for entry in entries))
    description = page.say(Sentence(PROGRESS, {"count": len(entries), "best": best}))
    dates = (day(entries[0].submitted, page.language), day(entries[-1].submitted, page.language))
    return progress_chart([(entry.submitted, entry.accuracy) for entry in entries], dates, description)
