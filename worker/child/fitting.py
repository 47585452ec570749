"""Finding the form of input that a network runs with, by trying on training images."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook
from torch.nn.parameter import is_lazy

from worker.child.data import to_pixels
from worker.child.failure import MODEL_RAISED, Failure
from worker.child.forward import run_forward
from worker.child.interface import Interface
from worker.child.layouts import LARGE_LAYOUTS, LAYOUTS, Layout
from worker.child.modes import set_training
from worker.child.sentences.outputs import EVAL_MODE_RAISED, LARGE_IMAGES, NO_LAYOUT
from worker.child.traceless import without_trace

# More than one, which batch norm and squeeze() mistake, and no number of channels: (3, 28, 28) passes for one image.
_IMAGES_TO_TRY = 5
_LONGEST_LARGE_IMAGE_S = 0.02

Build = Callable[[], nn.Module]


@dataclass(frozen=True)
class _Try:
    """A try that failed, after so many layers had done their work."""

    layout: Layout
    failure: Failure
    depth: int


class Fitting:
    """Tries a network with one layout after the other; `build` makes a new one where a try has changed it."""

    def __init__(self, build: Build, images: Tensor) -> None:
        self._build = build
        self._images = images
        self._tries: list[_Try] = []
        self.model = build()

    def find(self, batch_sizes: tuple[int | None, ...]) -> Interface:
        """Return the first interface with which the network gives ten numbers per image; `model` then has run once.

        Raises:
            Failure: `bad_model` or `bad_output` when there is none.
        """
        for interface in _interfaces(batch_sizes):
            if self.runs(interface):
                return interface
        for layout in LARGE_LAYOUTS:
            interface = Interface(layout, batch_size=batch_sizes[0])
            if self.runs(interface):
                self._check_pace(interface)
                return interface
        raise self._most_telling()

    def _check_pace(self, interface: Interface) -> None:
        """Refuse a network that needs large images and long for them; it has run once, which is slower."""
        started = time.perf_counter()
        self.runs(interface)
        seconds = (time.perf_counter() - started) / self._count(interface)
        if seconds > _LONGEST_LARGE_IMAGE_S:
            values = {"side": interface.layout.side, "milliseconds": round(1000 * seconds)}
            raise Failure("bad_model", LARGE_IMAGES, values)

    def runs(self, interface: Interface, training: bool = False) -> bool:
        """Say whether the network gives ten numbers per image so, and keep the failure if it does not."""
        before, depth = _signature(self.model), [0]
        try:
            with without_trace(self.model), torch.no_grad(), _counting_layers(depth):
                set_training(self.model, training)
                run_forward(self.model, interface.inputs(self._pixels(interface)))
        except Failure as failure:
            self._tries.append(_Try(interface.layout, failure, depth[0]))
            if _signature(self.model) != before:  # lazy layers have taken the sizes of a layout that was wrong
                self.model = self._build()
            return False
        return True

    def _pixels(self, interface: Interface) -> Tensor:
        count = self._count(interface)
        places = torch.arange(count, device=self._images.device) % len(self._images)
        return to_pixels(self._images.index_select(0, places))

    def _count(self, interface: Interface) -> int:
        return interface.batch_size or _IMAGES_TO_TRY

    def _most_telling(self) -> Failure:
        """Choose among all failures the one that its author would understand.

        A network that runs and returns something else is nearer to working than one that raises; and if all raise,
        the layout was meant with which most layers did their work, the plainest of equals.
        """
        for tried in self._tries:
            if tried.failure.outcome == "bad_output":
                return tried.failure
        deepest = max(self._tries, key=lambda tried: tried.depth)
        failure = deepest.failure
        if self.runs(Interface(deepest.layout), training=True):
            return Failure("bad_model", EVAL_MODE_RAISED, failure.values, failure.detail)
        if failure.text != MODEL_RAISED:
            return failure
        others = dict.fromkeys(tried.layout.name for tried in self._tries if tried.layout != deepest.layout)
        places = {"input": deepest.layout.name, "tried": ", ".join(others)}
        return Failure(failure.outcome, NO_LAYOUT, {**failure.values, **places}, failure.detail)


@contextmanager
def _counting_layers(count: list[int]) -> Iterator[None]:
    """Count the modules that return something."""

    def add(_module: nn.Module, _inputs: object, _output: object) -> None:
        count[0] += 1

    hook = register_module_forward_hook(add)
    try:
        yield
    finally:
        hook.remove()


def _interfaces(batch_sizes: tuple[int | None, ...]) -> Iterator[Interface]:
    for batch_size in batch_sizes:
        for layout in LAYOUTS:
            yield Interface(layout, batch_size=batch_size)


def _signature(model: nn.Module) -> list[tuple[str, object]]:
    return [(name, "lazy" if is_lazy(value) else value.shape) for name, value in model.named_parameters()]
