"""What a result says beyond its accuracy: calibration, robustness, doubted labels, costs, and how much was luck."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from app.core.calibration import Bin, reliability, unpacked
from app.core.disputed_labels import Undisputed, undisputed
from app.core.looks import Looks, best_of_equals
from app.core.robustness import Change, Robustness, read_robustness
from app.core.sentences import N_, Sentence
from app.core.tables import Result
from app.web.charts.falls import fall
from app.web.charts.reliability import reliability_chart
from app.web.formats import percent
from app.web.page import Page

CURVE = N_("How often the network is right by how sure it is. Its calibration error is %(ece)s percentage points.")
RIGHT_AXIS, SURE_AXIS = N_("share right"), N_("confidence")
MEANS = N_(
    "On average it is %(sure)s %% sure and %(share)s %% right. Points under the dashed line: surer than it should be."
)
STURDY = N_(
    "Changed a little, the test images are read right %(changed)s %% of the time on average; unchanged, %(share)s %%. "
    "One that fell at once would most likely have learned the test images by heart, or hang on single pixels. Not "
    "falling does not rule that out: whoever has the test images can also answer for the nearest of them."
)
FALLS = N_(
    "This network falls at once: the weakest changes already leave %(weakest)s %% right, against %(share)s %% "
    "unchanged. It has most likely learned the test images by heart, or hangs on single pixels: its score says little "
    "about digits that it has not seen."
)
OLDER = N_("This result is older than the measurement. A new run of the same submission would have it.")
MEASUREMENTS = {"flops": N_("Compute"), "latency": N_("Latency"), "robustness": N_("Robustness")}
LUCK = N_(
    "If %(models)s equally good networks each truly read %(share)s %%, the best of them would show %(best)s %% by luck "
    "alone. Networks err on the same images, which leaves luck less room: take this as its upper bound."
)


@dataclass(frozen=True)
class Fall:
    """One small curve of the robustness strip."""

    change: Change
    curve: Markup

    @property
    def rows(self) -> list[tuple[float, float]]:
        """Strengths, and the share read right at each."""
        return list(zip(self.change.strengths, self.change.shares, strict=True))


class Analysis:
    """One result, looked at closely, for one reader."""

    def __init__(self, result: Result, dataset: str, looks: Looks, page: Page) -> None:
        self.result = result
        self.looks = looks
        self._dataset = dataset
        self._page = page

    @property
    def accuracy(self) -> float:
        """Share read right, 0..1."""
        return self.result.correct / self.result.total

    @cached_property
    def _answers(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        return unpacked(self.result.confidences, self.result.hits)

    @cached_property
    def undisputed(self) -> Undisputed | None:
        """The score without doubted labels."""
        return undisputed(self._dataset, self._answers[1])

    @cached_property
    def bins(self) -> list[Bin]:
        """The reliability curve."""
        return reliability(*self._answers)

    @property
    def reliability_chart(self) -> Markup:
        """The same, drawn."""
        say = self._page.say
        description = say(Sentence(CURVE, {"ece": percent(self.result.ece)}))
        return reliability_chart(self.bins, description, say(RIGHT_AXIS), say(SURE_AXIS))

    @property
    def means(self) -> Sentence:
        """How sure and how right the network is on average."""
        return Sentence(MEANS, {"sure": percent(float(self._answers[0].mean())), "share": percent(self.accuracy)})

    @cached_property
    def robustness(self) -> Robustness | None:
        """How changed images are read."""
        return read_robustness(self.result.robustness)

    @property
    def falls(self) -> Sequence[Fall]:
        """The strip of small curves."""
        if self.robustness is None:
            return []
        return [Fall(change, fall(self.accuracy, change.shares)) for change in self.robustness.changes]

    @property
    def falls_at_once(self) -> bool:
        """Whether the network reads even slightly changed images badly."""
        return self.robustness is not None and self.robustness.falls_at_once(self.accuracy)

    @property
    def verdict(self) -> Sentence | None:
        """What the strip means."""
        if self.robustness is None:
            return None
        values = {"share": percent(self.accuracy), "weakest": percent(self.robustness.weakest)}
        if self.falls_at_once:
            return Sentence(FALLS, values)
        return Sentence(STURDY, values | {"changed": percent(self.robustness.mean)})

    @property
    def unmeasured(self) -> list[tuple[str, Sentence]]:
        """What could not be measured, and why."""
        return [(words, reason) for name, words in MEASUREMENTS.items() if (reason := self.reason(name)) is not None]

    def reason(self, name: str) -> Sentence | None:
        """Why something was not measured; None if it was."""
        return None if has_measured(self.result, name) else reason_of(self.result, name)

    @property
    def luck(self) -> Sentence | None:
        """What the best of as many equal networks would show; None while there is nothing to choose from."""
        if self.looks.everybody < 2:
            return None
        best = best_of_equals(self.accuracy, self.result.total, self.looks.everybody)
        return Sentence(LUCK, {"models": self.looks.everybody, "share": percent(self.accuracy), "best": percent(best)})


def has_measured(result: Result, name: str) -> bool:
    """Whether a result has this one of `MEASUREMENTS`."""
    if name == "robustness":
        return read_robustness(result.robustness) is not None
    return (result.flops if name == "flops" else result.latency_one_ms) is not None


def reason_of(result: Result, name: str) -> Sentence:
    """Why something was not measured, as the worker noted it."""
    noted = (result.unmeasured or {}).get(name)
    try:
        return Sentence.from_json(noted) if noted else Sentence(OLDER)
    except (KeyError, TypeError):
        return Sentence(OLDER)
