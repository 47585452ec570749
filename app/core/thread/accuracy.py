"""The accuracy that a post claims: of all numbers that could be one, that which its words speak for most."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ACCURACY_WORD = re.compile(r"acc(?:uracy)?(?![a-z])|准确[率度]|正确率|精[度确]|识别率|top[-_ ]?1(?!\d)", re.IGNORECASE)
ERROR_WORD = re.compile(r"err(?:or)?(?:s| rate)?(?![a-z])|错误率|误差率|误识率", re.IGNORECASE)
TEST_WORD = re.compile(r"test|测试|val(?![a-z]|ue)|validation|验证|eval|final|最终|最后", re.IGNORECASE)
TRAIN_WORD = re.compile(r"train|训练", re.IGNORECASE)
# Numbers of these are per cent too, or below 1, and no accuracies.
OTHER_WORD = re.compile(
    r"drop ?out|loss|损失|momentum|动量|decay|衰减|(?<![a-z])lr(?![a-z])|learning.rate|学习率|(?<![a-z])p ?="
    r"|faster|提升(?!到|至|为)|提高(?!到|至|为)|improv\w{0,6}(?! \w{0,10} ?to )|gpu|cpu|memory|利用率|top[-_ ]?5"
    r"|(?<![a-z])(?:std|stdev|deviation)|标准差|方差|±|\+ ?/? ?-",
    re.IGNORECASE,
)
# What it was before, or what somebody else reached; not “compared to mine”.
ANOTHERS = re.compile(
    r"(?:从|由|(?<![a-z])from) ?$|(?<![a-z])(?:before|previous(?:ly)?|formerly|than|human|baseline)(?![a-z])"
    r"|之前|以前|原来|原先|人类|比(?!例)",
    re.IGNORECASE,
)
MORE_OF_IT = re.compile(
    r" ?(?:faster|slower|smaller|larger|bigger|fewer|less|more|higher|lower|drop ?out)", re.IGNORECASE
)
NUMBER = r"(?<![\d.])(\d{1,3}(?:\.\d{1,8})?|\.\d{1,8})"
# Of the numbers with a decimal comma only those that can be nothing else: “batch 64,98 %” has two numbers.
PER_CENT = re.compile(
    r"(?<![\d.])((?<!,)9\d,\d{1,2}|\d{1,3}(?:\.\d{1,8})?|\.\d{1,8}) ?(?:%|per ?cent(?![a-z])|pct(?![a-z]))",
    re.IGNORECASE,
)
IN_CHINESE = re.compile(r"百分之 ?(\d{1,3}(?:\.\d{1,8})?)(?![\d.])")
COUNTED = re.compile(r"(?<![\d./])(\d{1,6}) ?/ ?(\d{3,6})(?![\d/])")
NAMED = re.compile(
    rf"(?:acc(?:uracy)?|准确[率度]|正确率|识别率|精度|top[-_ ]?1)[\s_'\"*|:=(]{{0,8}}"
    rf"(?:of|is|was|为|是|达到|达|约)?[\s'\"*|:=(]{{0,4}}{NUMBER}(?!\d|[.,]\d| ?%| ?/| ?per ?cent)",
    re.IGNORECASE,
)
# A number that only looks like one: alone in its line, or called the result.
ALONE = re.compile(
    r"(?:^[ \t*_`]{0,6}|(?:result|score|结果|成绩|得分)[\s:=]{0,3}(?:is|was|为|是)?[\s:=]{0,3})"
    r"(9\d\.\d{1,4}|100\.0{1,4})(?=[ \t*_`]{0,6}$|[,;。]|\. )",
    re.IGNORECASE | re.MULTILINE,
)
DIGIT = re.compile(r"\d")
SEPARATOR = re.compile(r"[,;。!\n(]|\.\s|(?<![a-z])(?:but|and|while|vs)(?![a-z])|但|而", re.IGNORECASE)
BEFORE, NEAR, AFTER = 40, 14, 24
# Without a word for it a number must at least look like an accuracy on MNIST.
LOWEST_UNNAMED = 0.5
LOWEST = 0.1


@dataclass
class _Number:
    """A number that could be an accuracy, and where it stands."""

    start: int
    end: int
    share: float
    weight: float


@dataclass
class _Words:
    """What stands around a number, as far as it belongs to it: `far` goes back to the number before it."""

    far: str
    before: str
    after: str


def read_accuracy(text: str) -> float | None:
    """The claimed accuracy, 0..1; the last one where several are as likely."""
    found = sorted(_candidates(text), key=lambda candidate: candidate[:2])
    return found[-1][2] if found and found[-1][0] >= 0 else None


def _candidates(text: str) -> Iterator[tuple[float, int, float]]:
    """How much speaks for a number, where it stands, and the accuracy that it would be."""
    numbers = sorted(_numbers(text), key=lambda number: (number.start, number.end))
    free = 0
    for number, following in zip(numbers, [*numbers[1:], None], strict=False):
        until = following.start if following and following.start >= number.end else number.end + AFTER
        words = _around(text, number, min(free, number.start), until)
        role, takes_after = _role(words)
        share, is_named = _share(text, number, words)
        # Words behind a number that tell what it is tell nothing of the next one.
        free = until if takes_after else number.end
        if 0 <= share <= 1:
            yield number.weight + role + _weight(share, is_named, words), number.start, round(share, 8)


def _numbers(text: str) -> Iterator[_Number]:
    for pattern, weight in ((PER_CENT, 0), (IN_CHINESE, 0), (ALONE, 0)):
        for match in pattern.finditer(text):
            yield _Number(match.start(1), match.end(), float(match[1].replace(",", ".")) / 100, weight)
    for match in COUNTED.finditer(text):
        # Counts are exact; the per cent behind them are often rounded.
        if 0 < int(match[1]) <= int(match[2]):
            yield _Number(match.start(), match.end(), int(match[1]) / int(match[2]), 0.5)
    for match in NAMED.finditer(text):
        value = float(match[1])
        yield _Number(match.start(1), match.end(), value / 100 if value > 1 else value, 3)


def _around(text: str, number: _Number, free: int, until: int) -> _Words:
    far = text[max(free, number.start - BEFORE) : number.start]
    ends = [match.end() for match in SEPARATOR.finditer(far)]
    after = text[number.end : min(until, number.end + AFTER)]
    cut = SEPARATOR.search(after)
    return _Words(far, far[ends[-1] :] if ends else far, after[: cut.start()] if cut else after)


def _role(words: _Words) -> tuple[float, bool]:
    """What speaks for a number because it is of test images, and whether the words behind it say so."""
    for text in (words.before, words.after, words.far):
        test, train = _last(TEST_WORD, text), _last(TRAIN_WORD, text)
        if test != train:
            return (2.0 if test > train else -1.5), text is words.after
    return 0.0, False


def _share(text: str, number: _Number, words: _Words) -> tuple[float, bool]:
    """The accuracy that a number would be, and whether it is called one, or an error."""
    before = text[max(0, number.start - BEFORE) : number.start]
    is_error = _last(ERROR_WORD, words.far) > _last(ACCURACY_WORD, words.far)
    if not is_error and number.share < LOWEST_UNNAMED:
        is_error = _last(ERROR_WORD, before) > _last(ACCURACY_WORD, before) or (
            ERROR_WORD.search(words.after) is not None and ACCURACY_WORD.search(words.far) is None
        )
    if is_error:
        return 1 - number.share, True
    is_named = ACCURACY_WORD.search(before) is not None or ACCURACY_WORD.search(words.after) is not None
    return number.share, is_named


def _weight(share: float, is_named: bool, words: _Words) -> float:
    weight = 3.0 * is_named - 2 * (share < LOWEST_UNNAMED and not is_named) - 3 * (share < LOWEST)
    near = words.far[-NEAR:]
    others = [match for match in OTHER_WORD.finditer(near) if not DIGIT.search(near, match.end())]
    if others and others[-1].start() > max(_last(ACCURACY_WORD, near), _last(ERROR_WORD, near)):
        weight -= 5
    if ANOTHERS.search(words.before):
        weight -= 4
    return weight - 5 * (MORE_OF_IT.match(words.after) is not None)


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Where a word stands last, or -1."""
    return max((match.start() for match in pattern.finditer(text)), default=-1)
