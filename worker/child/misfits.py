"""How the tensors of a weights file differ from those of the model, in the fewest words that help."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from worker.child.failure import Failure
from worker.child.sentences.files import (
    LAST_LAYER,
    MANY_MISFITS,
    OTHER_MODEL,
    TENSOR_MISSING,
    TENSOR_SHAPE,
    TENSOR_UNEXPECTED,
)

_SHOWN = 3


@dataclass(frozen=True)
class Misfits:
    """Names of tensors that lack, are too many, or have another shape; `given` and `expected` are all shapes."""

    missing: list[str]
    unexpected: list[str]
    misshapen: list[str]
    given: dict[str, list[int]]
    expected: dict[str, list[int]]

    @classmethod
    def between(cls, given: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> "Misfits":
        """Compare the tensors of a file with those of a model."""
        shared = [name for name in expected if name in given]
        return cls(
            missing=[name for name in expected if name not in given and expected[name].is_floating_point()],
            unexpected=sorted(name for name in given if name not in expected),
            misshapen=[name for name in shared if given[name].shape != expected[name].shape],
            given={name: list(tensor.shape) for name, tensor in sorted(given.items())},
            expected={name: list(tensor.shape) for name, tensor in expected.items()},
        )

    def raise_if_any(self) -> None:
        """Say what does not fit.

        Raises:
            Failure: `bad_file`, unless everything fits.
        """
        count = len(self.missing) + len(self.unexpected) + len(self.misshapen)
        if not count:
            return
        if len(self.unexpected) == len(self.given):
            raise Failure("bad_file", OTHER_MODEL, self._names())
        if self._is_last_layer():
            raise Failure("bad_file", LAST_LAYER, self._shapes(self.misshapen[0]))
        if count > 1:
            raise Failure("bad_file", MANY_MISFITS, self._lists())
        self._raise_for_one()

    def _names(self) -> dict[str, object]:
        given, needed = (", ".join(list(names)[:_SHOWN]) for names in (self.given, self.expected))
        return {"given": len(self.given), "given_names": given, "needed_names": needed}

    def _is_last_layer(self) -> bool:
        """Say whether only the weight and bias that come last have another shape, as with other classes."""
        last = list(self.expected)[-1].rpartition(".")[0]
        others = self.missing or self.unexpected or not self.misshapen
        return not others and all(name.rpartition(".")[0] == last for name in self.misshapen)

    def _shapes(self, name: str) -> dict[str, object]:
        return {"name": name, "given": self.given[name], "expected": self.expected[name]}

    def _lists(self) -> dict[str, object]:
        shapes = [f"{name} {self.given[name]} ≠ {self.expected[name]}" for name in self.misshapen]
        fitting = sum(self.expected.get(name) == shape for name, shape in self.given.items())
        return {
            "fitting": fitting,
            "needed": len(self.expected),
            "missing": _first(self.missing),
            "unexpected": _first(self.unexpected),
            "shapes": _first(shapes),
        }

    def _raise_for_one(self) -> None:
        for name in self.missing:
            raise Failure("bad_file", TENSOR_MISSING, {"name": name, "expected": self.expected[name]})
        for name in self.unexpected:
            raise Failure("bad_file", TENSOR_UNEXPECTED, {"name": name, "given": self.given[name]})
        for name in self.misshapen:
            raise Failure("bad_file", TENSOR_SHAPE, self._shapes(name))


def _first(names: list[str]) -> str:
    """Write the number of names and the first few of them."""
    if not names:
        return "0"
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names)} ({', '.join(names[:_SHOWN])}{more})"
