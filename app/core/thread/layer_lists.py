"""Lists of layers in plain text: `Conv1 1->10 5*5, Relu, Maxpooling, …`, printed modules, Chinese words."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.core.thread.layer_words import Token, tokens
from app.core.thread.layers import ACTIVATIONS, LAYERS_MAXIMUM, TEXT_MAXIMUM, WINDOWED, Layer, make_layer

# So many words may stand between two layers of one list; a Chinese character is a third of a word.
GAP_WORDS = 2.0
# No layer that can be rebuilt has more in its brackets.
ARGUMENTS_MAXIMUM = 80
LARGEST_KERNEL = 28
# “Two conv layers (32 and 64 filters, 3x3)”
TWO_CONVOLUTIONS = re.compile(
    r"(?:two|2|两[个层]?) ?(?:conv(?:olution(?:al)?)?|卷积)(?: ?layers?|层)? ?[(:] ?"
    r"(\d{1,5}) ?(?:and|,|&|和) ?(\d{1,5})"
    r"(?: ?(?:filters|channels|maps|个卷积核|通道))?(?:,? ?(\d{1,2}) ?[x*] ?\d{1,2})? ?\)?",
    re.IGNORECASE,
)


def read_layers(text: str) -> tuple[Layer, ...]:
    """The layers of the longest list in a plain text; nothing if there is none with sizes."""
    runs = list(_runs(list(tokens(TWO_CONVOLUTIONS.sub(_both, text)))))
    best = max(runs, key=lambda run: sum(layer.is_weighty for layer in run), default=())
    return tuple(best[:LAYERS_MAXIMUM]) if any(layer.is_weighty for layer in best) else ()


def _both(match: re.Match[str]) -> str:
    window = f" {match[3]}x{match[3]}" if match[3] else ""
    return f"conv {match[1]}{window}, conv {match[2]}{window}"


def _runs(found: Sequence[Token]) -> Iterator[Sequence[Layer]]:
    """Layers that stand together."""
    run: list[Layer] = []
    position, gap = 0, 0.0
    while position < len(found):
        token = found[position]
        if token.kind == "layer" and not _is_name(found, position):
            layers, position = _Reading(found, position).layers()
            run, gap = [*run, *layers] if len(run) < LAYERS_MAXIMUM else run, 0.0
            continue
        gap += (1.0 if token.text.isascii() else 1 / 3) if token.kind == "word" else 0.0
        if gap > GAP_WORDS and run:
            yield run
            run = []
        position += 1
    yield run


def _is_name(found: Sequence[Token], position: int) -> bool:
    """Whether this only names what follows: `(conv1): Conv2d(`, `self.fc = nn.Linear(`."""
    is_named = False
    for token in found[position + 1 : position + 8]:
        if token.kind == "layer":
            return is_named
        if token.kind == "mark" and token.text in ":=":
            is_named = True
        elif token.kind not in ("glue", "close") and not token.text.startswith("_"):
            return False
    return False


@dataclass
class _Reading:
    """One layer with what stands behind it."""

    found: Sequence[Token]
    position: int
    named: dict[str, int | float] = field(default_factory=dict)
    positional: list[int | float] = field(default_factory=list)
    chain: list[int] = field(default_factory=list)
    before: list[Layer] = field(default_factory=list)
    after: list[Layer] = field(default_factory=list)
    keyword: str = ""
    skips: bool = False
    takes: bool = True
    padded: str = ""

    def layers(self) -> tuple[list[Layer], int]:
        """What this layer stands for, and where the next one may begin."""
        first = self.found[self.position]
        kind, self.kind = first.name, "conv" if first.name in ("separable", "pointwise") else first.name
        inside, end = self._extent()
        self._read(inside, is_call=end is not None)
        made = self._made(kind, first.text)
        return [*self.before, *made, *self.after], self.position + 1 + len(inside) + (end or 0)

    def _extent(self) -> tuple[Sequence[Token], int | None]:
        """What belongs to the layer: what is in its brackets, else what follows in its line.

        With it comes how many tokens the closing bracket adds, None where there are no brackets.
        """
        rest = self.found[self.position + 1 : self.position + 1 + ARGUMENTS_MAXIMUM]
        depth = 0
        for index, token in enumerate(rest):
            if token.kind == "open":
                depth += 1
            elif token.kind == "close":
                depth -= 1
                if depth <= 0:
                    is_call = rest[0].kind == "open"
                    return rest[: index if depth < 0 or is_call else index + 1], 1 if is_call and depth == 0 else None
            elif self._ends(rest, index, depth):
                return rest[:index], None
        return rest, None

    def _ends(self, rest: Sequence[Token], index: int, depth: int) -> bool:
        """Whether another layer begins, or something that is no layer's."""
        kind = rest[index].kind
        if depth == 0 and kind == "number" and self._is_result(rest, index):
            return True
        return (depth == 0 and kind in ("line", "word")) or (kind == "layer" and not self._belongs(rest, index))

    def _is_result(self, rest: Sequence[Token], index: int) -> bool:
        """Whether a number is the accuracy that stands behind a list: `98.1%`, `0.981` or `9810/10000`."""
        if self.kind.startswith("dropout"):
            return False
        following = rest[index + 1].text if index + 1 < len(rest) else ""
        is_share = following == "/" and len(rest[index].text) >= 3
        return following == "%" or is_share or "." in rest[index].text

    def _belongs(self, rest: Sequence[Token], index: int) -> bool:
        """Whether a layer's name stands for a setting of this one: `activation='relu'`, `dropout=0.2`."""
        if rest[index].name in ("dropout", "dropout_maps"):
            return index + 1 < len(rest) and rest[index + 1].text == "="
        return any(token.name == "activation" for token in rest[max(0, index - 3) : index])

    def _read(self, inside: Sequence[Token], is_call: bool) -> None:
        index = 0
        while index < len(inside):
            if inside[index].name == "shape":
                index = _past_brackets(inside, index)
            elif found := _value(inside, index):
                index = self._number(inside, *found)
            else:
                self._word(inside, index, is_call)
                index += 1

    def _number(self, inside: Sequence[Token], sizes: list[int | float], index: int) -> int:
        """Keep numbers for what they stand behind; returns the place to read on."""
        if self.skips:
            self.skips = False
        elif index < len(inside) and inside[index].kind == "arrow":
            return self._follow(inside, index, math.prod(sizes))
        elif self.keyword:
            self._keep(self.keyword, sizes)
            self.keyword = ""
        elif self.takes or (len(sizes) > 1 and self.kind in WINDOWED):
            # A window says what it is, wherever it stands.
            self._take(sizes)
        return index

    def _word(self, inside: Sequence[Token], index: int, is_call: bool) -> None:
        token = inside[index]
        if token.kind == "keyword":
            self.keyword = token.name
        elif token.kind == "layer":
            self.keyword = self._add(token)
        elif self.keyword == "padding" and token.text.lower() in ("same", "valid"):
            self.padded, self.keyword = token.text.lower(), ""
        elif token.kind == "word":
            self.skips = index + 1 < len(inside) and inside[index + 1].text == "="
        elif token.text in (",", ";") and not is_call:
            # Without brackets a comma may be the end of the layer: what follows must say what it is.
            self.takes, self.keyword = False, ""

    def _follow(self, inside: Sequence[Token], index: int, first: int | float) -> int:
        """Numbers joined by arrows: what goes in, what comes out."""
        chain = [first]
        while index + 1 < len(inside) and inside[index].kind == "arrow":
            found = _value(inside, index + 1)
            if found is None:
                break
            chain.append(math.prod(found[0]))
            index = found[1]
        if len(chain) > 1 and not self.chain:
            self.chain = [int(number) for number in chain]
        return max(index, 1)

    def _keep(self, keyword: str, sizes: list[int | float]) -> None:
        """A setting by name; squares only."""
        if keyword == "dropout":
            self.before += [make_layer("dropout", sizes[:1], {})]
        elif keyword != "activation" and len(set(sizes)) == 1:
            self.named.setdefault(keyword, sizes[0])

    def _take(self, sizes: list[int | float]) -> None:
        """A number or a window without a name."""
        is_window = len(sizes) > 1 and self.kind in WINDOWED and max(sizes) <= LARGEST_KERNEL
        if is_window:
            if len(set(sizes)) == 1:
                self.named.setdefault("kernel", sizes[0])
        elif len(sizes) == 1 or self.kind == "linear":
            self.positional.append(math.prod(sizes))

    def _add(self, token: Token) -> str:
        """A layer that is said to belong to this one; returns the setting whose number follows."""
        if token.name.startswith("dropout"):
            return "dropout"
        if self.keyword == "activation" and token.name in (*ACTIVATIONS, "log_softmax"):
            self.after.append(_plain(token.name, token.text))
        return ""

    def _made(self, kind: str, text: str) -> list[Layer]:
        if kind == "other":
            return [Layer("other", text=text[:TEXT_MAXIMUM])]
        if self.kind == "linear" and len(self.chain) > 2:
            pairs = zip(self.chain, self.chain[1:], strict=False)
            return [make_layer("linear", pair, {}) for pair in pairs][:LAYERS_MAXIMUM]
        if self.chain:
            self.named |= {"inputs": self.chain[0], "outputs": self.chain[-1]}
            self.positional = []
        if self.kind.startswith("dropout"):
            self.named |= {"share": self.positional[0]} if self.positional else {}
        if self.kind == "log_softmax":
            return [_plain(self.kind, text)]
        is_keras = text.endswith("2D") and len(self.positional) == 2 and self.positional[0] != 1
        if self.kind == "conv" and is_keras and "outputs" not in self.named:
            # Keras: maps that come out, then the window.
            self.named |= {"outputs": self.positional[0], "kernel": self.positional[1]}
            self.positional = []
        layer = make_layer(self.kind, self.positional, self.named)
        if self.padded and layer.kernel and (self.padded == "valid" or layer.kernel % 2):
            layer = replace(layer, padding=layer.kernel // 2 if self.padded == "same" else 0)
        if kind == "separable":
            # The window belongs to the first of the two, the maps to the second.
            depthwise = Layer("depthwise", kernel=layer.kernel, stride=layer.stride, padding=layer.padding)
            return [depthwise, Layer("conv", layer.inputs, layer.outputs, kernel=1, padding=0)]
        if kind == "pointwise":
            return [replace(layer, kernel=1, padding=layer.padding or 0)]
        return [self._completed(layer, text)]

    def _completed(self, layer: Layer, text: str) -> Layer:
        """As torch completes it, where the post has torch's own words."""
        is_torch = layer.kind == "conv" and text.endswith(("2d", "2D")) and layer.kernel and not self.chain
        if is_torch and layer.inputs:
            return replace(layer, stride=layer.stride or 1, padding=layer.padding or 0)
        return layer


def _past_brackets(found: Sequence[Token], index: int) -> int:
    """The place behind the brackets that follow, or the next one if none do."""
    depth = 0
    for place in range(index + 1, len(found)):
        depth += (found[place].kind == "open") - (found[place].kind == "close")
        if found[place].kind == "close" and depth <= 0:
            return place + 1
        if depth == 0 and found[place].text not in "=:":
            break
    return index + 1


def _plain(kind: str, text: str) -> Layer:
    """A layer without sizes. A softmax without logarithm is remembered: it is not what will be built."""
    return Layer(kind, text="softmax" if kind == "log_softmax" and "log" not in text.lower() else "")


def _value(found: Sequence[Token], index: int) -> tuple[list[int | float], int] | None:
    """The numbers at a place, and the place behind them: `5`, `5*5` or `(5, 5)`."""
    token = found[index]
    if token.kind == "number":
        return [float(token.text) if "." in token.text else int(token.text)], index + 1
    if token.kind == "dims":
        return [int(part) for part in token.text.replace("*", "x").replace("X", "x").split("x")], index + 1
    if token.kind == "open" and index + 4 < len(found):
        first, comma, second, close = found[index + 1 : index + 5]
        if (first.kind, comma.text, second.kind, close.kind) == ("number", ",", "number", "close"):
            return [int(float(first.text)), int(float(second.text))], index + 5
    return None
