"""Where a script makes networks: which call makes which one, and the variable that holds it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from worker.child.script.aliases import dotted, is_loss_class, makes_ready_network, torch_class
from worker.child.script.program import Program, calls_in
from worker.child.script.scopes import Leaf, Scope
from worker.child.script.words import words

# Calls that hand on the network they are given: `Net().to(device)`, `nn.DataParallel(net)`.
PLACING_METHODS = words("to cuda cpu double float half bfloat16 train eval share_memory")
HANDING_METHODS = PLACING_METHODS | words("requires_grad_ apply")
WRAPPERS = words("DataParallel DistributedDataParallel compile script trace prepare")


@dataclass(frozen=True, eq=False)
class Site:
    """A call that makes a network.

    `network` names its class, the function that builds it, or the variable that holds a ready-made one; `variable` is
    "" where the network is not assigned. `is_class` tells a class or function, which takes arguments, from the rest.
    """

    network: str
    variable: str
    call: ast.Call
    leaf: Leaf
    scope: Scope
    is_class: bool

    @property
    def is_in_loop(self) -> bool:
        """Say whether the call is made in a loop, whose turns are not repeated here."""
        return any(isinstance(header, ast.For | ast.While) for header in self.leaf.headers)


def find_sites(program: Program) -> list[Site]:
    """Return all sites outside the networks' own code, in the order of the file."""
    builders = find_builders(program)
    sites = [
        site
        for scope in program.scopes
        if not program.is_network_scope(scope)
        for leaf in scope.leaves
        for site in _sites(program, builders, scope, leaf)
    ]
    return sorted(sites, key=lambda site: site.leaf.line)


def _sites(program: Program, builders: set[str], scope: Scope, leaf: Leaf) -> Iterator[Site]:
    assigned = {id(call): variable for variable, call in _assignments(leaf.node)}
    for call in calls_in(leaf.node):
        name, variable = program.network_named(call.func) or dotted(call.func), assigned.get(id(call), "")
        is_class = name in program.networks - program.losses or name in builders
        if is_class or (variable and (is_ready_made(program, call) or program.networks_in_table(call.func))):
            yield Site(name if is_class else variable, variable, call, leaf, scope, is_class)


def is_ready_made(program: Program, call: ast.Call) -> bool:
    """Say whether a call makes a layer or a network of torch or torchvision."""
    path = program.aliases.path(call.func)
    return makes_ready_network(path) or (torch_class(path) is not None and not is_loss_class(path))


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.Call]]:
    """Variables that a statement assigns, each with the innermost call that makes its value."""
    if isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets, value = [statement.target], statement.value
    else:
        return
    for target in targets:
        for name, part in _pairs(target, value):
            yield from ((name, call) for call in products(part))


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, part in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, part)
    elif dotted(target):
        yield dotted(target), value


def products(value: ast.expr) -> list[ast.Call]:
    """Return the calls that make a value, without what hands it on; several where an `if` chooses."""
    if isinstance(value, ast.IfExp):
        return products(value.body) + products(value.orelse)
    if not isinstance(value, ast.Call):
        return []
    if isinstance(value.func, ast.Attribute) and value.func.attr in HANDING_METHODS:
        inner = products(value.func.value)
        if inner:
            return inner
    if dotted(value.func).rpartition(".")[2] in WRAPPERS and value.args:
        return products(value.args[0])
    return [value]


@lru_cache(maxsize=1)
def find_builders(program: Program) -> set[str]:
    """Return the names of the functions that make a network, return it, and do not train it."""
    found: set[str] = set()
    for _ in range(3):  # a function may return what another function builds
        for name, scope in program.functions.items():
            if not program.is_network_scope(scope) and _builds(program, found, scope):
                found.add(name)
    return found


def _builds(program: Program, builders: set[str], scope: Scope) -> bool:
    returned = [leaf.node.value for leaf in scope.leaves if isinstance(leaf.node, ast.Return) and leaf.node.value]
    makers = [call for value in returned for call in products(value)]
    names = {value.id for value in returned if isinstance(value, ast.Name)}
    for leaf in scope.leaves:
        makers += [call for variable, call in _assignments(leaf.node) if variable in names]
    return any(_makes_network(program, builders, call) for call in makers) and not _trains(scope)


def makes_network(program: Program, call: ast.Call) -> bool:
    """Say whether a call makes a network."""
    return _makes_network(program, find_builders(program), call)


def _makes_network(program: Program, builders: set[str], call: ast.Call) -> bool:
    name = program.network_named(call.func) or dotted(call.func)
    is_class = name in (program.networks - program.losses) | builders
    return is_class or is_ready_made(program, call) or bool(program.networks_in_table(call.func))


def _trains(scope: Scope) -> bool:
    calls = [call for leaf in scope.leaves for call in calls_in(leaf.node)]
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in {"backward", "step"} for call in calls)


def is_alternative(one: Leaf, other: Leaf) -> bool:
    """Say whether two statements are in different branches of the same `if`."""
    shared = {id(header) for header in one.headers if isinstance(header, ast.If)}
    for header in other.headers:
        if id(header) in shared and isinstance(header, ast.If):
            return _is_in(header.body, one) != _is_in(header.body, other)
    return False


def _is_in(body: list[ast.stmt], leaf: Leaf) -> bool:
    around = {id(leaf.node), *map(id, leaf.headers)}
    return any(id(statement) in around for statement in body)
