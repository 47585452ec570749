"""What a paired comparison says, in words: the verdict first, never more than the data do."""

from app.core.comparison import Comparison, Side
from app.core.pairing import Pair
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
STANDS_FOR = N_("Of the %(seeds)s seeds of %(name)s, seed %(seed)s is compared: its score is nearest to their mean.")


def verdict(found: Comparison) -> Sentence:
    """Which of the two is better, if that can be said."""
    pair, first, second = found.pair, found.first, found.second
    if not pair.is_significant:
        wrong = {"first_wrong": first.wrong, "second_wrong": second.wrong}
        names = {"first": name_of(first), "second": name_of(second)}
        return Sentence(NO_DIFFERENCE, names | wrong | numbers(pair))
    better, turned = (first, 1) if pair.fewer_wrong > 0 else (second, -1)
    count = abs(pair.fewer_wrong)
    return Sentence(BETTER, {"better": name_of(better), "count": count} | numbers(pair, turned))


def numbers(pair: Pair, turned: int = 1) -> dict[str, str]:
    """Interval and p-value as they are written; `turned` is −1 where the second side comes first."""
    low, high = sorted((pair.low * turned, pair.high * turned))
    difference = points(pair.difference * turned)
    return {"difference": difference, "low": points(low), "high": points(high), "p": p_text(pair.p_value)}


def points(share: float) -> str:
    """A difference of accuracies in points, with its sign: `+0.12`, `−0.05`."""
    return f"{share * 100:+.2f}".replace("-", "−")


def p_text(p_value: float) -> str:
    """`= 0.012`, or `< 0.001` where digits would say too much."""
    if p_value < 0.001:
        return "< 0.001"
    return f"= {p_value:.3f}" if p_value < 0.1 else f"= {p_value:.2f}"


def name_of(side: Side) -> str:
    """A submission in a sentence: `#12 lenet`."""
    return f"#{side.number} {side.submission.title}"


def remarks(found: Comparison) -> list[Sentence]:
    """What must be known about several seeds: which run is compared, and how far luck alone reaches."""
    sides = [side for side in (found.first, found.second) if side.spread.deviation is not None]
    return [remark for side in sides for remark in _remarks(side, abs(found.pair.fewer_wrong))]


def _remarks(side: Side, count: int) -> list[Sentence]:
    seeds, name, deviation = len(side.spread.wrong), name_of(side), side.spread.deviation or 0.0
    told = [Sentence(STANDS_FOR, {"seeds": seeds, "name": name, "seed": side.shown.seed})]
    if count <= deviation:
        values = {"name": name, "deviation": f"{deviation:.1f}", "seeds": seeds, "count": count}
        told.append(Sentence(WITHIN_LUCK, values))
    return told
