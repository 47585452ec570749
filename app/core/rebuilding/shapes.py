"""Do the layers of a post fit together? What they leave open is filled in, and every filling is named."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.core.sentences import N_, Sentence
from app.core.thread.layers import ACTIVATIONS, Layer, written

SIDE, CLASSES = 28, 10
# Windows of convolutions as students choose them: LeNet's first.
KERNELS = (5, 3, 7)
POOL = 2
# Twice the largest network that a student of this homework would train on two cores within its time limit.
PARAMETERS_MAXIMUM = 20_000_000

NO_LAYERS = N_("The post names no layers with their sizes, so there is no network to build.")
BRANCHES = N_(
    "The network in the post is no chain of layers: its values branch or are added up. Submit its file instead."
)
OTHER = N_("“%(word)s” in the post is no layer that can be rebuilt from a list. Submit its file instead.")
NO_OUTPUTS = N_("The post does not say how many outputs its layer %(place)s (%(layer)s) has.")
WRONG_MAPS = N_("Layer %(place)s (%(layer)s) takes %(given)s maps, but %(found)s come from the layer before it.")
WRONG_NUMBERS = N_("Layer %(place)s (%(layer)s) takes %(given)s numbers, but %(found)s come from the layer before it.")
NO_SQUARE = N_(
    "Layer %(place)s (%(layer)s) takes %(given)s numbers from %(maps)s maps, but %(given)s is not %(maps)s·k² for any "
    "whole k: no size of the maps fits. There is a mistake in the post, or a layer is missing in it."
)
WRONG_SIDE = N_(
    "Layer %(place)s (%(layer)s) takes %(given)s numbers, %(maps)s maps of %(wanted)s × %(wanted)s, but as posted the "
    "maps are %(found)s × %(found)s there. A layer may be missing in the post, for example a pooling."
)
NO_SIDE = N_("Before layer %(place)s (%(layer)s) the maps have only %(found)s × %(found)s pixels left.")
AFTER_FLAT = N_("Layer %(place)s (%(layer)s) needs maps, but the layers before it have made plain numbers of them.")
NOT_TEN = N_("The last layer of the post gives %(found)s numbers; there are 10 digits.")
NOT_FLAT = N_("The list ends with %(maps)s maps of %(found)s × %(found)s; a linear layer to 10 digits is missing.")
EARLY_SOFTMAX = N_("The softmax of the post stands before its last layer.")
TOO_LARGE = N_("The network of the post would have %(given)s parameters; at most %(maximum)s are built.")
GROUPS = N_("Layer %(place)s (%(layer)s) has %(groups)s groups, which do not divide its maps evenly.")


class Unfit(Exception):
    """These layers make no network; the sentence says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Choice:
    """What is taken where convolutions leave it open. `keeps_size`: padded so that the maps keep their size."""

    kernel: int
    keeps_size: bool

    def padding(self, kernel: int) -> int:
        """Pixels added on each side."""
        return kernel // 2 if self.keeps_size else 0


@dataclass(frozen=True)
class Step:
    """A layer with nothing left open, and the shape of what it gives: (maps, side, side) or (numbers,)."""

    layer: Layer
    shape: tuple[int, ...]
    parameters: int = 0


@dataclass
class Fitting:
    """A network that fits. `choice`: what was taken, None where nothing was open."""

    steps: list[Step] = field(default_factory=list)
    choice: Choice | None = None

    @property
    def parameters(self) -> int:
        """How many numbers it learns."""
        return sum(step.parameters for step in self.steps)


def fit(layers: Sequence[Layer]) -> Fitting:
    """Layers with sizes that fit each other and images of 28 × 28 and ten digits.

    Raises:
        Unfit: with the reason; of several ways that all fail, that of the most usual one.
    """
    if not any(layer.is_weighty for layer in layers):
        if other := next((layer for layer in layers if layer.kind == "other"), None):
            raise Unfit(Sentence(OTHER, {"word": other.text}))
        raise Unfit(Sentence(NO_LAYERS))
    first: Unfit | None = None
    for choice in _choices(layers):
        try:
            fitting = Fitting(_Chain(layers, choice).steps(), choice if _is_open(layers) else None)
        except Unfit as error:
            first = first or error
            continue
        if fitting.parameters > PARAMETERS_MAXIMUM:
            values = {"given": f"{fitting.parameters:,}", "maximum": f"{PARAMETERS_MAXIMUM:,}"}
            raise Unfit(Sentence(TOO_LARGE, values))
        return fitting
    raise first or Unfit(Sentence(NO_LAYERS))


def _is_open(layers: Sequence[Layer]) -> bool:
    return any(layer.kind in ("conv", "depthwise") and None in (layer.kernel, layer.padding) for layer in layers)


def _choices(layers: Sequence[Layer]) -> Iterator[Choice]:
    """The usual ways first: LeNet's window, without padding. A depthwise window is 3 wide wherever it is not said."""
    lacks_kernel = any(layer.kind == "conv" and layer.kernel is None for layer in layers)
    for keeps_size in (False, True):
        for kernel in KERNELS if lacks_kernel else KERNELS[:1]:
            yield Choice(kernel, keeps_size)


class _Chain:
    """Follows an image through the layers."""

    def __init__(self, layers: Sequence[Layer], choice: Choice) -> None:
        self.layers, self.choice = layers, choice
        self.shape: tuple[int, ...] = (1, SIDE, SIDE)
        self.made: list[Step] = []

    def steps(self) -> list[Step]:
        """All layers, complete."""
        for place, layer in enumerate(self.layers, 1):
            self._add(place, layer)
        if len(self.shape) == 3:
            self._end_flat()
        if self.shape != (CLASSES,):
            raise Unfit(Sentence(NOT_TEN, {"found": self.shape[0]}))
        return self.made

    def _end_flat(self) -> None:
        maps, side, _ = self.shape
        if (maps, side) != (CLASSES, 1):
            raise Unfit(Sentence(NOT_FLAT, {"maps": maps, "found": side}))
        self._flatten()

    def _add(self, place: int, layer: Layer) -> None:
        if layer.kind in ("conv", "depthwise"):
            self._convolve(place, layer)
        elif layer.kind in ("max_pool", "mean_pool"):
            self._pool(place, layer)
        elif layer.kind == "global_pool":
            self._need_maps(place, layer)
            self._keep(layer, (self.shape[0], 1, 1))
        elif layer.kind == "flatten":
            self._flatten()
        elif layer.kind == "linear":
            self._connect(place, layer)
        else:
            self._pass(place, layer)

    def _pass(self, place: int, layer: Layer) -> None:
        """Layers that keep the shape."""
        if layer.kind == "other":
            raise Unfit(Sentence(OTHER, {"word": layer.text}))
        if layer.kind == "batch_norm":
            self._check(place, layer, layer.inputs, WRONG_MAPS if len(self.shape) == 3 else WRONG_NUMBERS)
            self._keep(replace(layer, inputs=self.shape[0]), self.shape, 2 * self.shape[0])
        elif layer.kind == "log_softmax" and any(after.kind not in ACTIVATIONS for after in self.layers[place:]):
            raise Unfit(Sentence(EARLY_SOFTMAX))
        elif layer.kind.startswith("dropout"):
            kind = "dropout" if len(self.shape) == 1 else layer.kind
            self._keep(replace(layer, kind=kind, share=0.5 if layer.share is None else layer.share), self.shape)
        else:
            self._keep(layer, self.shape)

    def _convolve(self, place: int, layer: Layer) -> None:
        self._need_maps(place, layer)
        maps, side, _ = self.shape
        self._check(place, layer, layer.inputs, WRONG_MAPS)
        kernel = layer.kernel or (3 if layer.kind == "depthwise" else self.choice.kernel)
        padding = self.choice.padding(kernel) if layer.padding is None else layer.padding
        outputs = maps if layer.kind == "depthwise" else layer.outputs
        if outputs is None:
            raise Unfit(self._sentence(NO_OUTPUTS, place, layer))
        groups = maps if layer.kind == "depthwise" else layer.groups or 1
        if maps % groups or outputs % groups:
            raise Unfit(self._sentence(GROUPS, place, layer, groups=groups))
        stride = layer.stride or 1
        full = Layer(layer.kind, maps, outputs, kernel, stride, padding, None if groups == 1 else groups)
        shape = self._window(place, layer, outputs, side + 2 * padding, kernel, stride)
        self._keep(full, shape, outputs * (maps // groups * kernel**2 + 1))

    def _pool(self, place: int, layer: Layer) -> None:
        self._need_maps(place, layer)
        kernel = layer.kernel or POOL
        stride, padding = layer.stride or kernel, min(layer.padding or 0, kernel // 2)
        shape = self._window(place, layer, self.shape[0], self.shape[1] + 2 * padding, kernel, stride)
        self._keep(Layer(layer.kind, kernel=kernel, stride=stride, padding=padding), shape)

    def _window(self, place: int, layer: Layer, maps: int, side: int, kernel: int, stride: int) -> tuple[int, int, int]:
        if side < kernel:
            raise Unfit(self._sentence(NO_SIDE, place, layer, found=self.shape[1]))
        return (maps, (side - kernel) // stride + 1, (side - kernel) // stride + 1)

    def _connect(self, place: int, layer: Layer) -> None:
        maps = self._maps_before()
        if len(self.shape) == 3:
            self._flatten()
        if layer.inputs is not None and layer.inputs != self.shape[0]:
            raise Unfit(self._misfit(place, layer, maps))
        is_last = not any(after.kind == "linear" for after in self.layers[place:])
        outputs = layer.outputs or (CLASSES if is_last else None)
        if outputs is None:
            raise Unfit(self._sentence(NO_OUTPUTS, place, layer))
        self._keep(replace(layer, inputs=self.shape[0], outputs=outputs), (outputs,), (self.shape[0] + 1) * outputs)

    def _maps_before(self) -> tuple[int, int] | None:
        """Maps and their side, if the last thing before plain numbers were maps that a convolution made."""
        if len(self.shape) == 3:
            return self.shape[0], self.shape[1]
        for index in range(len(self.made) - 1, 0, -1):
            if self.made[index].layer.kind == "flatten":
                shape = self.made[index - 1].shape
                return (shape[0], shape[1]) if len(shape) == 3 else None
            if self.made[index].layer.kind == "linear":
                return None
        return None

    def _misfit(self, place: int, layer: Layer, before: tuple[int, int] | None) -> Sentence:
        given = layer.inputs or 0
        if before is None or before[0] == 1:
            return self._sentence(WRONG_NUMBERS, place, layer, given=given, found=self.shape[0])
        maps, side = before
        wanted = math.isqrt(given // maps)
        if maps * wanted**2 != given:
            return self._sentence(NO_SQUARE, place, layer, given=given, maps=maps)
        return self._sentence(WRONG_SIDE, place, layer, given=given, maps=maps, wanted=wanted, found=side)

    def _check(self, place: int, layer: Layer, given: int | None, text: str) -> None:
        if given is not None and given != self.shape[0]:
            raise Unfit(self._sentence(text, place, layer, given=given, found=self.shape[0]))

    def _need_maps(self, place: int, layer: Layer) -> None:
        if len(self.shape) != 3:
            raise Unfit(self._sentence(AFTER_FLAT, place, layer))

    def _flatten(self) -> None:
        if len(self.shape) == 3:
            self._keep(Layer("flatten"), (math.prod(self.shape),))

    def _keep(self, layer: Layer, shape: tuple[int, ...], parameters: int = 0) -> None:
        self.made.append(Step(layer, shape, parameters))
        self.shape = shape

    def _sentence(self, text: str, place: int, layer: Layer, **values: int) -> Sentence:
        return Sentence(text, {"place": place, "layer": written([layer]), **values})
