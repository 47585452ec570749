"""How surely the script trains each network that it makes."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from worker.child.script.aliases import dotted
from worker.child.script.program import Program, calls_in
from worker.child.script.scopes import Function, Leaf, Scope
from worker.child.script.sites import Site, is_alternative, products
from worker.child.script.words import words

MADE, CALLED, HANDED_OVER, OPTIMIZED = 1, 2, 3, 4
_OPTIMIZERS = words(
    "sgd adam adamw rmsprop adagrad adadelta nadam radam adamax asgd lbfgs rprop muon lion ranger lookahead"
)
_TRAINING_WORDS = ("train", "fit", "learn", "run", "solve", "optim", "main")
_DEEPEST = 6


class _Index:
    """The sites by their call and by their variable."""

    def __init__(self, sites: list[Site]) -> None:
        self.by_call = {id(site.call): site for site in sites}
        self.by_variable: dict[str, list[Site]] = {}
        for site in sites:
            self.by_variable.setdefault(site.variable, []).append(site)


def weigh(program: Program, sites: list[Site]) -> dict[Site, int]:
    """Return for every site the strongest sign that its network is the one that is trained."""
    found = dict.fromkeys(sites, MADE)
    index = _Index(sites)
    for scope, leaf, call in program.calls:
        for value, weight in _signs(program, call):
            for site in _origins(program, index, scope, leaf, value, _DEEPEST):
                found[site] = max(found[site], weight)
    return found


def _signs(program: Program, call: ast.Call) -> Iterator[tuple[ast.expr, int]]:
    """The networks that a call shows to be in use, with how much that says."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    name = dotted(call.func).rpartition(".")[2].lower()
    if name in _OPTIMIZERS or "opt" in program.aliases.path(call.func).lower():
        yield from ((value, OPTIMIZED) for argument in arguments for value in _with_parameters(program, argument))
    if any(word in name for word in _TRAINING_WORDS):
        yield from ((argument, HANDED_OVER) for argument in arguments)
    yield call.func, CALLED
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in {"fit", "train_model"}:
            yield call.func.value, HANDED_OVER
        elif call.func.attr == "train":
            yield call.func.value, CALLED


def _with_parameters(program: Program, argument: ast.expr) -> Iterator[ast.expr]:
    for call in calls_in(argument):
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"parameters", "named_parameters"}:
            yield call.func.value
    for node in ast.walk(argument):
        if isinstance(node, ast.Name):
            yield from _kept_parameters(program).get(node.id, [])


@lru_cache(maxsize=1)
def _kept_parameters(program: Program) -> dict[str, list[ast.expr]]:
    """By variable what `params` of `params = net.parameters()` belongs to."""
    found: dict[str, list[ast.expr]] = {}
    for _, leaf, call in program.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "parameters":
            for name in leaf.bound:
                found.setdefault(name, []).append(call.func.value)
    return found


def _origins(program: Program, sites: _Index, scope: Scope, leaf: Leaf, value: ast.expr, depth: int) -> Iterator[Site]:
    """The sites at which a value was made, followed through variables and parameters of functions."""
    if depth == 0:
        return
    yield from (sites.by_call[id(call)] for call in products(value) if id(call) in sites.by_call)
    name = dotted(value)
    if not name:
        return
    if near := _assigned(sites, scope, name, leaf):
        yield from near
        return
    if name.startswith("self."):
        yield from _through_attribute(program, sites, scope, name, depth)
        return
    first = name.split(".")[0]
    if not isinstance(scope.node, ast.Module) and first in _parameter_names(scope.node) and first == name:
        yield from _through_parameter(program, sites, scope, name, depth)
    elif "." in name:
        shorter = value.value if isinstance(value, ast.Attribute) else value
        yield from _origins(program, sites, scope, leaf, shorter, depth - 1)
    else:
        yield from _renamed(program, sites, scope, leaf, name, depth)


def _assigned(sites: _Index, scope: Scope, name: str, leaf: Leaf) -> list[Site]:
    """Where a variable got its network last, with the other branches of that `if`."""
    near = [site for site in sites.by_variable.get(name, []) if _sees(scope, site.scope, name)]
    inner = [site for site in near if site.scope is scope] or near
    earlier = [site for site in inner if site.scope is not scope or site.leaf.line <= leaf.line] or inner
    if not earlier:
        return []
    last = earlier[-1]
    others = [site for site in earlier if site.leaf is last.leaf or is_alternative(site.leaf, last.leaf)]
    return list({id(site): site for site in [*others, last]}.values())


def _sees(scope: Scope, other: Scope, name: str) -> bool:
    if name.startswith("self."):
        return scope.owner is not None and scope.owner is other.owner
    inner: Scope | None = scope
    while inner is not None:
        if inner is other or name in inner.bound:
            return inner is other
        inner = inner.parent
    return isinstance(other.node, ast.Module) or name in other.declared_global


def _parameter_names(function: Function) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _through_parameter(program: Program, sites: _Index, scope: Scope, name: str, depth: int) -> Iterator[Site]:
    for caller, leaf, call in calls_of(program, scope):
        given = given_arguments(scope, call).get(name)
        if given is not None:
            yield from _origins(program, sites, caller, leaf, given, depth - 1)


def _through_attribute(program: Program, sites: _Index, scope: Scope, name: str, depth: int) -> Iterator[Site]:
    """Through `self.net = net` in any method of the class."""
    own = [other for other in program.scopes if other.owner is not None and other.owner is scope.owner]
    for other in own:
        for leaf in other.leaves:
            if name in leaf.bound and isinstance(leaf.node, ast.Assign):
                yield from _origins(program, sites, other, leaf, leaf.node.value, depth - 1)


def _renamed(program: Program, sites: _Index, scope: Scope, leaf: Leaf, name: str, depth: int) -> Iterator[Site]:
    """Through `model = net` and `model = wrap(net)`."""
    for earlier in scope.touching.get(name, []):
        if name in earlier.bound and isinstance(earlier.node, ast.Assign) and earlier.line < leaf.line:
            value = earlier.node.value
            if dotted(value) and dotted(value) != name:
                yield from _origins(program, sites, scope, earlier, value, depth - 1)


def calls_of(program: Program, scope: Scope) -> Iterator[tuple[Scope, Leaf, ast.Call]]:
    """The calls of a function; those of its class if it is a constructor."""
    name = scope.owner.name if scope.owner is not None and scope.name == "__init__" else scope.name
    for caller, leaf, call in program.calls:
        is_method = scope.owner is not None and scope.name != "__init__"
        called = dotted(call.func)
        if called == name or (is_method and called.endswith(f".{name}")):
            yield caller, leaf, call


def given_arguments(scope: Scope, call: ast.Call) -> dict[str, ast.expr]:
    """Return which parameter of a function gets which expression in a call of it."""
    assert not isinstance(scope.node, ast.Module)  # noqa: S101  # a module is not called
    names = _parameter_names(scope.node)
    if scope.owner is not None and names[:1] == ["self"]:
        names = names[1:]
    given = {name: value for name, value in zip(names, call.args, strict=False) if not isinstance(value, ast.Starred)}
    return given | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in names and keyword.arg}


def defaults_of(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Return what each parameter is worth that a call leaves out."""
    positional = [*arguments.posonlyargs, *arguments.args]
    late = positional[len(positional) - len(arguments.defaults) :]
    found = {argument.arg: default for argument, default in zip(late, arguments.defaults, strict=True)}
    keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found |= {argument.arg: default for argument, default in keyword if default is not None}
    if arguments.vararg:
        found[arguments.vararg.arg] = ast.Tuple([], ast.Load())
    if arguments.kwarg:
        found[arguments.kwarg.arg] = ast.Dict([], [])
    return found
