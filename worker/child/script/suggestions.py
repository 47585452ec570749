"""The script's own hyperparameters, where they stand as plain values that the recipe knows."""

import ast
from collections.abc import Iterator
from typing import Any

from worker.child.script.aliases import dotted, root
from worker.child.script.finding import Network
from worker.child.script.plain import NotPlain, PlainValues
from worker.child.script.program import Program
from worker.child.script.scopes import Leaf, Scope
from worker.child.script.words import words

Value = str | int | float | bool
_Call = tuple[Scope, Leaf, ast.Call]

# From app/core/recipes.py, which the child may not import: smallest and largest value of each number.
_WHOLE = {"epochs": (1, 20), "batch_size": (1, 4096), "seed": (0, 2**31 - 1)}
_NUMBERS = {"learning_rate": (1e-6, 10.0), "momentum": (0.0, 0.999_999), "weight_decay": (0.0, 1.0)}
_WITH_MOMENTUM = {"SGD", "RMSprop", "Muon"}
_WITH_NESTEROV = {"SGD", "Muon"}
# The optimizers of the recipe, with the learning rate and the weight decay that torch takes where none is given.
_OPTIMIZERS: dict[str, tuple[float, float]] = {
    "SGD": (1e-3, 0.0),
    "Adam": (1e-3, 0.0),
    "AdamW": (1e-3, 1e-2),
    "RMSprop": (1e-2, 0.0),
    "Adagrad": (1e-2, 0.0),
    "Adadelta": (1.0, 0.0),
    "NAdam": (2e-3, 0.0),
    "Muon": (1e-3, 0.1),
}
_EPOCH_NAMES = words(
    "epochs num_epochs n_epochs n_epoch num_epoch max_epochs nepochs epoch_num EPOCHS EPOCH NUM_EPOCHS N_EPOCHS"
)


_BATCH_NAMES = words("batch_size batchsize BATCH_SIZE BATCHSIZE train_batch_size TRAIN_BATCH_SIZE bs")


def suggest(program: Program, network: Network | None) -> dict[str, Value]:
    """Return the fields of the recipe that the script states, each within the recipe's limits."""
    plain = PlainValues(program)
    calls = program.all_calls
    found = {
        "batch_size": _batch_size(plain, calls),
        "epochs": _epochs(plain, calls),
        "normalize": _normalize(plain, calls),
        "seed": _seed(plain, calls),
        "loss": _loss(program),
        **_optimizer(plain, calls, network),
    }
    return {name: value for name, value in found.items() if _is_within(name, value)}


def _is_within(name: str, value: object) -> bool:
    if isinstance(value, str | bool):
        return True
    if name in _WHOLE:
        low, high = _WHOLE[name]
        return isinstance(value, int) and low <= value <= high
    smallest, largest = _NUMBERS.get(name, (0.0, 0.0))
    return isinstance(value, int | float) and smallest <= value <= largest


def _value(plain: PlainValues, scope: Scope, node: ast.expr | None) -> Any:
    try:
        return None if node is None else plain.value(node, scope)
    except NotPlain:
        return None


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def _whole(value: Any) -> int | None:
    return None if isinstance(value, bool) or not isinstance(value, int) else value


def _batch_size(plain: PlainValues, calls: list[_Call]) -> int | None:
    """The batch size of the loader that shuffles, or that is for training by its name."""
    loaders = [found for found in calls if dotted(found[2].func).endswith("DataLoader")]
    loaders.sort(key=lambda found: not _is_for_training(plain, *found))
    for scope, _, call in loaders:
        if size := _whole(_value(plain, scope, _argument(call, "batch_size", 1))):
            return size
    return _whole(_named(plain, _BATCH_NAMES))


def _named(plain: PlainValues, names: frozenset[str]) -> Any:
    """The value of a variable or an option with one of these names."""
    found = [value for name, value in plain.options.items() if name in names]
    for scope in plain.program.scopes:
        for leaf in scope.leaves:
            stated = [ast.Name(name) for name in sorted(leaf.bound & names) if not isinstance(leaf.node, ast.For)]
            found += [value for node in stated if (value := _value(plain, scope, node)) is not None]
    return found[0] if found else None


def _is_for_training(plain: PlainValues, scope: Scope, leaf: Leaf, call: ast.Call) -> bool:
    shuffles = _value(plain, scope, _argument(call, "shuffle", 2)) is True
    return shuffles or "train" in ast.unparse(leaf.node).lower()


def _epochs(plain: PlainValues, calls: list[_Call]) -> int | None:
    for scope, loop in _loops(plain.program):
        is_named = "epoch" in f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}".lower()
        if is_named and (turns := _turns(plain, scope, loop.iter)):
            return turns
    for scope, _, call in calls:
        for keyword in call.keywords:
            if keyword.arg in _EPOCH_NAMES and (turns := _whole(_value(plain, scope, keyword.value))):
                return turns
    return _whole(_named(plain, _EPOCH_NAMES))


def _loops(program: Program) -> Iterator[tuple[Scope, ast.For]]:
    """All `for` statements: of a network's own `fit` too."""
    seen: set[int] = set()
    for scope in program.scopes:
        for leaf in scope.leaves:
            for header in leaf.headers:
                if isinstance(header, ast.For) and id(header) not in seen:
                    seen.add(id(header))
                    yield scope, header


def _turns(plain: PlainValues, scope: Scope, node: ast.expr) -> int | None:
    """How often `range(10)`, `range(1, 11)` or `tqdm(range(10))` goes round."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    if dotted(node.func) not in {"range", "trange"}:
        return _turns(plain, scope, node.args[0])
    ends = [whole for argument in node.args[:2] if (whole := _whole(_value(plain, scope, argument))) is not None]
    if len(ends) < len(node.args[:2]):
        return None
    return ends[-1] - ends[0] if len(ends) == 2 else ends[0]


def _normalize(plain: PlainValues, calls: list[_Call]) -> str | None:
    stated = [(scope, call) for scope, _, call in calls if dotted(call.func).endswith("Normalize")]
    kinds = {_kind_of_pixels(plain, scope, call) for scope, call in stated}
    if not stated:
        return "none" if any(dotted(call.func).endswith("ToTensor") for _, _, call in calls) else None
    return kinds.pop() if len(kinds) == 1 else None


def _kind_of_pixels(plain: PlainValues, scope: Scope, call: ast.Call) -> str | None:
    mean = _first(_value(plain, scope, _argument(call, "mean", 0)))
    deviation = _first(_value(plain, scope, _argument(call, "std", 1)))
    for kind, expected in {"mnist": (0.1307, 0.3081), "half": (0.5, 0.5), "none": (0.0, 1.0)}.items():
        if abs(mean - expected[0]) < 0.002 and abs(deviation - expected[1]) < 0.002:
            return kind
    return None


def _first(value: Any) -> float:
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return float(value) if isinstance(value, int | float) else -1.0


def _seed(plain: PlainValues, calls: list[_Call]) -> int | None:
    for scope, _, call in calls:
        if dotted(call.func).endswith(("manual_seed", "seed_everything")) and call.args:
            return _whole(_value(plain, scope, call.args[0]))
    return None


def _loss(program: Program) -> str | None:
    paths = {program.aliases.path(node.func) for node in ast.walk(program.tree) if isinstance(node, ast.Call)}
    crosses = any(path.endswith((".CrossEntropyLoss", ".cross_entropy")) for path in paths)
    likely = any(path.endswith((".NLLLoss", ".nll_loss")) for path in paths)
    if crosses == likely:
        return None
    return "cross_entropy" if crosses else "nll"


def _optimizer(plain: PlainValues, calls: list[_Call], network: Network | None) -> dict[str, Any]:
    stated = [found for found in calls if _optimizer_name(plain.program, found[2])]
    if network is not None and network.site is not None and len(stated) > 1:
        variable = network.site.variable
        stated = [found for found in stated if variable in {root(part) for part in _arguments(found[2])}] or stated
    settings = [_settings(plain, scope, call) for scope, _, call in stated]
    return settings[0] if settings and all(one == settings[0] for one in settings) else {}


def _arguments(call: ast.Call) -> list[ast.AST]:
    return [part for argument in call.args for part in ast.walk(argument)]


def _optimizer_name(program: Program, call: ast.Call) -> str:
    path, name = program.aliases.path(call.func), dotted(call.func).rpartition(".")[2]
    return name if name in _OPTIMIZERS and ("optim" in path or path.startswith("torch")) else ""


def _settings(plain: PlainValues, scope: Scope, call: ast.Call) -> dict[str, Any]:
    name = _optimizer_name(plain.program, call)
    rate, decay = _argument(call, "lr", 1), _argument(call, "weight_decay", len(call.args))
    found: dict[str, Any] = {
        "optimizer": name,
        "learning_rate": _value(plain, scope, rate) if rate else _OPTIMIZERS[name][0],
        "weight_decay": _value(plain, scope, decay) if decay else _OPTIMIZERS[name][1],
    }
    momentum = _value(plain, scope, _argument(call, "momentum", 2 if name == "SGD" else len(call.args)))
    if name in _WITH_MOMENTUM and isinstance(momentum, int | float) and momentum:
        found["momentum"] = momentum
        if name in _WITH_NESTEROV and _value(plain, scope, _argument(call, "nesterov", len(call.args))) is True:
            found["nesterov"] = True
    return found
