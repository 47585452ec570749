"""What a paired comparison says, in words: the verdict first, never more than the data do."""

from app.core.comparison import Comparison, Side
from app.core.pairing import Pair
from app.core.ranking import SIGNIFICANCE
from app.core.sentences import N_, Sentence

BETTER = N_(
    "%(better)s is better: %(count)s images fewer wrong (95 %% interval of the difference %(low)s to %(high)s points, "
    "McNemar p %(p)s)."
)
NO_DIFFERENCE = N_(
    "No difference can be shown: %(first)s reads %(first_wrong)s images wrong, %(second)s %(second_wrong)s (95 %% "
    "interval of the difference %(low)s to %(high)s points, McNemar p %(p)s)."
)
WITHIN_LUCK = N_(
    "With other seeds %(name)s varies by ±%(deviation)s images (standard deviation of %(seeds)s runs): a difference of "
    "%(count)s says little."
)
NO_DIFFERENCE_AT_BORDER = N_(
    "No difference can be shown: %(first)s reads %(first_wrong)s images wrong, %(second)s %(second_wrong)s (95 %% "
    "interval of the difference %(low)s to %(high)s points, McNemar p %(p)s). The interval excludes 0 and the exact "
    "test does not call it beyond chance: where the two differ, the test decides."
)
FEWER_ON_AVERAGE = N_(
    "%(fewer)s has fewer images wrong on average: %(fewer_mean)s, %(more)s %(more_mean)s; a difference of %(count)s "
    "(means over %(fewer_seeds)s and %(more_seeds)s seeds, ± standard deviation)."
)
EQUAL_ON_AVERAGE = N_(
    "Equal on average: %(first)s has %(first_mean)s images wrong, %(second)s %(second_mean)s (means over "
    "%(first_seeds)s and %(second_seeds)s seeds, ± standard deviation)."
)
PAIRED = N_(
    "The paired test knows one run of each only: %(first)s with %(first_wrong)s images wrong, %(second)s with "
    "%(second_wrong)s (95 %% interval of the difference %(low)s to %(high)s points, McNemar p %(p)s). It speaks of "
    "these two runs, not of other seeds."
)
OTHER_WAY_ROUND = N_("These two runs stand the other way round than the means. The board goes by the means.")
BORDER = N_(
    "The interval excludes 0 and the exact test does not call it beyond chance: where the two differ, the test decides."
)
STANDS_FOR = N_("Of the %(seeds)s seeds of %(name)s, seed %(seed)s is compared: its score is nearest to their mean.")
STANDS_FOR_TIED = N_(
    "Of the %(seeds)s seeds of %(name)s, seed %(seed)s is compared: no score is nearer to their mean, and of those as "
    "near it is the first."
)
# Where 0.05 would be read, so many digits more at most say on which side of it the p-value lies.
DIGITS_MAXIMUM = 12


def verdict(found: Comparison) -> Sentence:
    """Which of the two is better, if that can be said. With several seeds their means, as on the board."""
    return _means(found) if found.has_seeds else _single_runs(found)


def _single_runs(found: Comparison) -> Sentence:
    pair, first, second = found.pair, found.first, found.second
    if not pair.is_significant:
        return Sentence(NO_DIFFERENCE_AT_BORDER if pair.is_at_border else NO_DIFFERENCE, _both(found))
    better, turned = (first, 1) if pair.fewer_wrong > 0 else (second, -1)
    count = abs(pair.fewer_wrong)
    return Sentence(BETTER, {"better": name_of(better), "count": count} | numbers(pair, turned))


def _both(found: Comparison) -> dict[str, str | int]:
    """Names and errors of the shown runs, and the numbers of their pair."""
    wrong = {"first_wrong": found.first.wrong, "second_wrong": found.second.wrong}
    return {"first": name_of(found.first), "second": name_of(found.second)} | wrong | numbers(found.pair)


def _means(found: Comparison) -> Sentence:
    first, second = found.first, found.second
    if found.fewer_wrong == 0:
        return Sentence(EQUAL_ON_AVERAGE, _mean("first", first) | _mean("second", second))
    fewer, more = (first, second) if found.fewer_wrong > 0 else (second, first)
    return Sentence(FEWER_ON_AVERAGE, _mean("fewer", fewer) | _mean("more", more) | {"count": _count(found)})


def _mean(place: str, side: Side) -> dict[str, str | int]:
    spread = side.spread
    mean = str(side.wrong) if spread.deviation is None else f"{spread.mean:.1f} ± {spread.deviation:.1f}"
    return {place: name_of(side), f"{place}_mean": mean, f"{place}_seeds": len(spread.wrong)}


def _count(found: Comparison) -> str:
    """The difference of the means, in images."""
    return f"{abs(found.fewer_wrong):.1f}".removesuffix(".0")


def numbers(pair: Pair, turned: int = 1) -> dict[str, str]:
    """Interval and p-value as they are written; `turned` is −1 where the second side comes first."""
    low, high = sorted((pair.low * turned, pair.high * turned))
    difference = points(pair.difference * turned)
    return {"difference": difference, "low": points(low), "high": points(high), "p": p_text(pair.p_value)}


def points(share: float) -> str:
    """A difference of accuracies in points, with its sign: `+0.12`, `−0.05`; what is not 0 is not written as 0."""
    for digits in (2, 3, 4):
        text = f"{share * 100:+.{digits}f}"
        if float(text):
            return text.replace("-", "−")
    return "0.00"


def p_text(p_value: float) -> str:
    """`= 0.012`, or `< 0.001` where digits would say too much; `= 0.0502` near the border, on its right side."""
    if p_value < 0.001:
        return "< 0.001"
    digits = 3 if p_value < 0.1 else 2
    while digits < DIGITS_MAXIMUM and float(f"{p_value:.{digits}f}") == SIGNIFICANCE != p_value:
        digits += 1
    return f"= {p_value:.{digits}f}"


def name_of(side: Side) -> str:
    """A submission in a sentence: `#12 lenet`."""
    return f"#{side.number} {side.submission.title}"


def remarks(found: Comparison) -> list[Sentence]:
    """What must be known about several seeds: what the paired test speaks of, and how far luck alone reaches."""
    if not found.has_seeds:
        return []
    told = [Sentence(PAIRED, _both(found))]
    if found.pair.fewer_wrong * found.fewer_wrong < 0:
        told.append(Sentence(OTHER_WAY_ROUND))
    if found.pair.is_at_border:
        told.append(Sentence(BORDER))
    sides = [side for side in (found.first, found.second) if side.spread.deviation is not None]
    return told + [remark for side in sides for remark in _remarks(side, found)]


def _remarks(side: Side, found: Comparison) -> list[Sentence]:
    spread, name = side.spread, name_of(side)
    seeds, deviation = len(spread.wrong), spread.deviation or 0.0
    stands = STANDS_FOR_TIED if spread.is_tied else STANDS_FOR
    told = [Sentence(stands, {"seeds": seeds, "name": name, "seed": side.shown.seed})]
    if abs(found.fewer_wrong) <= deviation:
        values = {"name": name, "deviation": f"{deviation:.1f}", "seeds": seeds, "count": _count(found)}
        told.append(Sentence(WITHIN_LUCK, values))
    return told
