"""The accuracy that a post claims: of all numbers that could be one, that which its words speak for most."""

import re
from collections.abc import Iterator

ACCURACY_WORD = re.compile(r"acc(?:uracy)?(?![a-z])|准确[率度]|正确率|精[度确]|识别率", re.IGNORECASE)
ERROR_WORD = re.compile(r"err(?:or)?(?:s| rate)?(?![a-z])|错误率|误差率|误识率", re.IGNORECASE)
TEST_WORD = re.compile(r"test|测试|val(?![a-z]|ue)|validation|验证|eval|final|最终|最后", re.IGNORECASE)
TRAIN_WORD = re.compile(r"train|训练", re.IGNORECASE)
# Numbers of these are per cent too, or below 1, and no accuracies.
OTHER_WORD = re.compile(
    r"drop ?out|loss|损失|momentum|动量|decay|衰减|(?<![a-z])lr(?![a-z])|learning.rate|学习率|(?<![a-z])p ?="
    r"|faster|提升|提高|improv|gpu|cpu|memory",
    re.IGNORECASE,
)
NUMBER = r"(?<![\d.])(\d{1,3}(?:\.\d{1,8})?|\.\d{1,8})"
PER_CENT = re.compile(rf"{NUMBER} ?%")
COUNTED = re.compile(r"(?<![\d./])(\d{1,6}) ?/ ?(\d{3,6})(?![\d/])")
NAMED = re.compile(
    rf"(?:acc(?:uracy)?|准确[率度]|正确率|识别率|精度)[\s_'\"*|:=(]{{0,8}}(?:of|is|was|为|是|达到|达|约)?[\s'\"*|:=(]{{0,4}}"
    rf"{NUMBER}(?!\d|\.\d| ?%| ?/)",
    re.IGNORECASE,
)
BEFORE, NEAR, AFTER = 40, 14, 14
# Without a word for it a number must at least look like an accuracy on MNIST.
LOWEST_UNNAMED = 0.5


def read_accuracy(text: str) -> float | None:
    """The claimed accuracy, 0..1; the last one where several are as likely."""
    found = sorted(_candidates(text), key=lambda candidate: candidate[:2])
    return found[-1][2] if found and found[-1][0] >= 0 else None


def _candidates(text: str) -> Iterator[tuple[float, int, float]]:
    """How much speaks for a number, where it stands, and the accuracy that it would be."""
    for match in PER_CENT.finditer(text):
        yield from _weighed(text, match, float(match[1]) / 100, 0)
    for match in COUNTED.finditer(text):
        # Counts are exact; the per cent behind them are often rounded.
        if int(match[1]) <= int(match[2]):
            yield from _weighed(text, match, int(match[1]) / int(match[2]), 0.5)
    for match in NAMED.finditer(text):
        value = float(match[1])
        yield from _weighed(text, match, value / 100 if value > 1 else value, 3, match.start(1))


def _weighed(
    text: str, match: re.Match[str], share: float, weight: float, start: int | None = None
) -> Iterator[tuple[float, int, float]]:
    start = match.start() if start is None else start
    before, after = text[max(0, start - BEFORE) : start], text[match.end() : match.end() + AFTER]
    is_named = _last(ACCURACY_WORD, before) >= 0 or ACCURACY_WORD.search(after) is not None
    if _last(ERROR_WORD, before) > _last(ACCURACY_WORD, before):
        is_named, share = True, 1 - share
    if not 0 <= share <= 1:
        return
    weight += 3 * is_named - 2 * (share < LOWEST_UNNAMED and not is_named)
    if _last(TEST_WORD, before) > _last(TRAIN_WORD, before):
        weight += 2
    elif _last(TRAIN_WORD, before) >= 0:
        weight -= 1.5
    near = before[-NEAR:]
    if _last(OTHER_WORD, near) > max(_last(ACCURACY_WORD, near), _last(ERROR_WORD, near)):
        weight -= 5
    yield weight, start, round(share, 8)


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where a word stands last, or -1."""
    return max((match.start() for match in pattern.finditer(text)), default=-1)
