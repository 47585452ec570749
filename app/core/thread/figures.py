"""Hyperparameters in posts: optimizer, learning rate, momentum, batch size and epochs.

Every repetition in these patterns is bounded, so that no post takes long to read.
"""

import re
from collections.abc import Iterator

# Between a name and its number: “lr=0.01”, “lr: 0.01”, “| lr | 0.01 |”, “学习率为0.01”, “batch size of 64”.
LINK = r"[\s_'\"`*|:=(]{0,8}(?:of|is|was|to|set to|为|是|取|设为|设置为|设成|用|大小为?)?[\s'\"`*|:=(]{0,6}"
NUMBER = r"(?P<number>\d{1,7}(?:\.\d{1,10})?|\.\d{1,10})"
POWER = r"(?: ?e ?(?P<power>[-+]?\d{1,2})(?!\d)| ?\* ?10 ?(?:\^|\*\*) ?(?P<tens>-?\d{1,2}))?"
TEN_TO = r"10 ?(?:\^|\*\*) ?\(? ?(?P<ten>-\d{1,2})"
VALUE = re.compile(rf"{LINK}(?:{TEN_TO}|{NUMBER}{POWER})(?![\d%])", re.IGNORECASE)

LEARNING_RATE = re.compile(r"learning[\s_-]{0,2}rate|(?<![a-z])lr(?![a-z_])|学习(?:速)?率", re.IGNORECASE)
MOMENTUM = re.compile(r"momentum|动量", re.IGNORECASE)
BATCH_SIZE = re.compile(
    r"batch[\s_-]{0,2}size|(?<![a-z])bs(?![a-z])|(?<![a-z])batch(?![a-z\s_-]{0,2}norm)|批(?:量|次|处理)?大小|每批",
    re.IGNORECASE,
)
# Longer names first: AdamW begins with Adam.
OPTIMIZERS = {
    "adamw": "AdamW",
    "nadam": "NAdam",
    "adam": "Adam",
    "adagrad": "Adagrad",
    "adadelta": "Adadelta",
    "rmsprop": "RMSprop",
    "rms prop": "RMSprop",
    "muon": "Muon",
    "sgd": "SGD",
    "sdg": "SGD",
    "随机梯度下降": "SGD",
}
OPTIMIZER = re.compile(rf"(?<![a-z])(?:{'|'.join(OPTIMIZERS)})(?![a-z])", re.IGNORECASE)
NAMED_OPTIMIZER = re.compile(
    rf"(?:optimi[sz]er|optim|优化器|优化方法|优化算法)[\s'\"`*|:=.(是为用]{{0,8}}(?:torch\.optim\.|optim\.)?"
    rf"(?P<name>{'|'.join(OPTIMIZERS)})(?![a-z])",
    re.IGNORECASE,
)
_NAMES = "|".join(OPTIMIZERS)
# The second of the two is what was used in the end.
REPLACED_OPTIMIZER = re.compile(
    rf"(?<![a-z])(?:{_NAMES})[\s'\"`*]{{0,3}}(?:换成|换为|换到|改成|改为|改用|替换为|变成|->|to|with|by)了?[\s'\"`*]{{0,3}}"
    rf"(?P<name>{_NAMES})(?![a-z])",
    re.IGNORECASE,
)
# Right before a name: that one was not used.
NOT_USED = re.compile(
    r"(?:don't|do not|didn't|did not|not|never|instead of|rather than|without|不用|没用|没有用|不要用|而不是|而非)"
    r" ?(?:use|using)? ?$",
    re.IGNORECASE,
)
NEW_BATCH_SIZE = re.compile(r"\s?(?:->|to|到|改为|改成|变成)\s?(?P<number>\d{1,5})(?![\d.])", re.IGNORECASE)
TEST_BATCH = re.compile(r"test|val(?![a-z])|valid|eval|测试|验证", re.IGNORECASE)
TRAIN_BATCH = re.compile(r"train|训练", re.IGNORECASE)
EPOCHS = (
    re.compile(r"(?<![\d.])(?P<number>\d{1,4}) ?(?:个 ?|training )?(?:epochs?|轮|遍)(?![a-z])", re.IGNORECASE),
    re.compile(
        r"epochs?[\s_'\"`*|:=(数为是]{0,6}(?:设[为成] ?|设置为 ?|取 ?|set to )?"
        r"(?:\d{1,4} ?(?:/|of) ?)?(?P<number>\d{1,4})(?![\d.])",
        re.IGNORECASE,
    ),
    re.compile(r"训练(?:了)? ?(?P<number>\d{1,4}) ?次"),
)
EPOCHS_MAXIMUM = 1000
BATCH_MAXIMUM = 60_000


def read_learning_rate(text: str) -> float | None:
    """The learning rate that is named first."""
    return next((value for value in _values(LEARNING_RATE, text) if 0 < value <= 100), None)


def read_momentum(text: str) -> float | None:
    """The momentum that is named first, 0 to below 1."""
    return next((value for value in _values(MOMENTUM, text) if 0 <= value < 1), None)


def read_batch_size(text: str) -> int | None:
    """Images per step."""
    found: list[tuple[bool, int]] = []
    for named in BATCH_SIZE.finditer(text):
        value = VALUE.match(text, named.end())
        number = _number(value) if value else 0
        # A number that was changed: the second one is what was used in the end.
        if value and (new := NEW_BATCH_SIZE.match(text, value.end())):
            number = int(new["number"])
        if 1 <= number <= BATCH_MAXIMUM and number == int(number):
            found.append((_is_of_tests(text, named.start()), int(number)))
    return min(found, key=lambda each: each[0], default=(False, None))[1]


def _is_of_tests(text: str, position: int) -> bool:
    """Whether this is said of the loader of test images, as far as its line tells."""
    line = text[max(0, position - 60) : position].rpartition("\n")[2]
    test, train = ([match.start() for match in word.finditer(line)] for word in (TEST_BATCH, TRAIN_BATCH))
    return max(test, default=-1) > max(train, default=-1)


def read_epochs(text: str) -> int | None:
    """Passes over the training images; of a list of epochs, the last one."""
    found = (int(match["number"]) for pattern in EPOCHS for match in pattern.finditer(text))
    return max((count for count in found if 1 <= count <= EPOCHS_MAXIMUM), default=None)


def read_optimizer(text: str) -> str | None:
    """The optimizer that is named as such, else the first one that is mentioned; as torch.optim names it."""
    if named := REPLACED_OPTIMIZER.search(text) or NAMED_OPTIMIZER.search(text):
        return OPTIMIZERS[named["name"].lower()]
    mentioned = (
        each for each in OPTIMIZER.finditer(text) if not NOT_USED.search(text, max(0, each.start() - 20), each.start())
    )
    return next((OPTIMIZERS[each[0].lower()] for each in mentioned), None)


def _values(name: re.Pattern[str], text: str) -> Iterator[float]:
    """The numbers that follow a name."""
    for found in name.finditer(text):
        if value := VALUE.match(text, found.end()):
            yield _number(value)


def _number(value: re.Match[str]) -> float:
    if value["ten"]:
        return float(f"1e{value['ten']}")
    # Read as Python reads it: 3 · 10⁻⁴ is not quite 0.0003.
    return float(f"{value['number']}e{value['power'] or value['tens'] or 0}")
