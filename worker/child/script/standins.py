"""What stands where a kept line needs something that is not here; it complains when the network really uses it."""

import ast
import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from worker.child.failure import Failure
from worker.child.script.aliases import LIGHTNING
from worker.child.script.packages import INERT_PACKAGES, KNOWN_PACKAGES, WORTH_NAMING, is_installed
from worker.child.script.wording import MODULE_MISSING, PACKAGE_MISSING


class StandIn:
    """Raises the failure that `complain` makes as soon as anything is done with it that needs the real thing."""

    def __init__(self, complain: Callable[[], Failure]) -> None:
        self._complain = complain

    def _raise(self, *_: object, **__: object) -> Any:
        raise self._complain()

    __call__ = __iter__ = __next__ = __len__ = __enter__ = __exit__ = __mro_entries__ = _raise
    __index__ = __int__ = __float__ = __bool__ = __contains__ = __setitem__ = _raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _raise
    __floordiv__ = __rfloordiv__ = __mod__ = __pow__ = __rpow__ = __matmul__ = __neg__ = _raise
    __lt__ = __le__ = __gt__ = __ge__ = _raise


class LeftOut(StandIn):
    """The value of a name whose line was left out, or failed with an error."""

    def __init__(self, complain: Callable[[], Failure], error: Exception | None) -> None:
        super().__init__(complain)
        self._error = error

    def explain(self) -> Exception:
        """Return why there is no value, in the words for the line that makes it."""
        return self._complain()

    def reason(self) -> Exception:
        """Return the error itself where the value is the network: its line is no detour."""
        return self._error or self._complain()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._complain()

    __getitem__ = StandIn._raise


class Missing(StandIn):
    """A package that is not installed, or something of it. Its names can be passed on and written in annotations."""

    def __init__(self, used: str, name: str) -> None:
        super().__init__(lambda: _missing(used, name))
        self._used = used
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        return stand_in(f"{self._used}.{attribute}", self._name)

    def __getitem__(self, _: object) -> "Missing":
        return self

    def __or__(self, _: object) -> "Missing":
        return self

    __ror__ = __or__

    def __bool__(self, *_: object, **__: object) -> Any:
        return False

    def __instancecheck__(self, _: object) -> bool:
        return False


class Inert(Missing):
    """Something of a package that only shows or counts, such as a progress bar: it can be called and does nothing."""

    def _stay(self, *_: object, **__: object) -> Any:
        return self

    __call__ = __enter__ = _stay

    def __exit__(self, *_: object, **__: object) -> Any:
        return None


def _missing(used: str, name: str) -> Failure:
    package = used.split(".")[0]
    sentence = PACKAGE_MISSING if package in KNOWN_PACKAGES else MODULE_MISSING
    installed = ", ".join(known for known in WORTH_NAMING if is_installed(known))
    return Failure("bad_model", sentence, {"package": package, "used": used, "name": name, "installed": installed})


def stand_in(used: str, name: str) -> Any:
    """Return what stands for a path of a package that is not installed; `name` is the student's file."""
    first, _, last = used.rpartition(".")
    if first.split(".")[0] in LIGHTNING and last in _LIGHTNING:
        return _LIGHTNING[last]
    if first.split(".")[0] == "tqdm" and last in _PROGRESS:
        return _PROGRESS[last]
    return Inert(used, name) if used.split(".")[0] in INERT_PACKAGES else Missing(used, name)


def imported(node: ast.Import | ast.ImportFrom, name: str) -> dict[str, Any]:
    """Return the names that an import would bind, with what stands for each."""
    if isinstance(node, ast.Import):
        paths = {alias.asname or alias.name.split(".")[0]: _bound_path(alias) for alias in node.names}
    else:
        paths = {alias.asname or alias.name: f"{node.module or 'this folder'}.{alias.name}" for alias in node.names}
    return {bound: stand_in(path, name) for bound, path in paths.items() if bound != "*"}


def _bound_path(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.split(".")[0]


class _Parameters(dict[str, Any]):
    """Lightning's `hparams`: a dictionary whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(name)


class LightningModule(nn.Module):
    """Enough of PyTorch Lightning's module that a network written for it can be built and run forward."""

    def save_hyperparameters(self, *given: Any, **_: Any) -> None:
        """Keep the arguments of the constructor that calls this."""
        frame = inspect.currentframe()
        caller = frame.f_back if frame else None
        values = {} if caller is None else dict(caller.f_locals)
        arguments = {key: value for key, value in values.items() if key not in {"self", "__class__"}}
        named = [name for name in given if isinstance(name, str)]
        self.__dict__["hparams"] = _Parameters({key: arguments[key] for key in named or arguments if key in arguments})

    @property
    def device(self) -> Any:
        """Where the parameters are."""
        return next(self.parameters()).device

    def log(self, *_: Any, **__: Any) -> None:
        """Do nothing: there is no logger."""

    log_dict = print = freeze = unfreeze = log


class _Plain:
    """A class of Lightning's of which the network needs nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def _handed_on(items: Any, *_: Any, **__: Any) -> Any:
    return items


def _do_nothing(*_: Any, **__: Any) -> None:
    return None


_LIGHTNING = {"LightningModule": LightningModule, "LightningDataModule": _Plain, "seed_everything": _do_nothing}
_PROGRESS = {"tqdm": _handed_on, "trange": range}
