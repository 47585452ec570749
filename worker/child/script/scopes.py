"""A script as scopes, and each scope as its simple statements with the `if`, `for` and `try` around each of them."""

import ast
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from worker.child.script.aliases import root
from worker.child.script.names import FUNCTIONS, bound, changed, parameters

HEADERS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith)
_PARTS = ("body", "orelse", "handlers", "finalbody")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Leaf:
    """A simple statement, a function or a class, and the compound statements around it in its scope."""

    node: ast.stmt
    headers: tuple[ast.stmt, ...]

    @cached_property
    def bound(self) -> set[str]:
        """The names that it gives a value."""
        return bound(self.node)

    @cached_property
    def changed(self) -> set[str]:
        """The names of the objects that it builds up, also those whose layers a loop around it visits."""
        found = changed(self.node)
        return found.union(*(_visited(header, found, self.node) for header in self.headers))

    @cached_property
    def bound_around(self) -> set[str]:
        """The names that the statements around it give a value, such as a loop's variable."""
        nodes = [node for header in self.headers for part in header_parts(header) for node in ast.walk(part)]
        named = {handler.name for header in self.headers if isinstance(header, ast.Try) for handler in header.handlers}
        return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)} | {
            name for name in named if name
        }

    @property
    def line(self) -> int:
        """Its first line."""
        return self.node.lineno


@dataclass(eq=False)
class Scope:
    """The module or one function. `owner` is the class if it is a method."""

    node: ast.Module | Function
    parent: "Scope | None" = None
    owner: ast.ClassDef | None = None
    leaves: list[Leaf] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The function's name, "" for the module."""
        return "" if isinstance(self.node, ast.Module) else self.node.name

    @cached_property
    def bound(self) -> set[str]:
        """The names that are its own."""
        return parameters(self.node).union(*(leaf.bound for leaf in self.leaves)) - self.declared_global

    @cached_property
    def touching(self) -> dict[str, list[Leaf]]:
        """By name the statements that give it a value or build it up, in their order."""
        found: dict[str, list[Leaf]] = {}
        for leaf in self.leaves:
            for name in leaf.bound | leaf.changed:
                found.setdefault(name, []).append(leaf)
        return found

    @cached_property
    def declared_global(self) -> set[str]:
        """The names that it assigns for the whole module."""
        return {name for leaf in self.leaves if isinstance(leaf.node, ast.Global) for name in leaf.node.names}


def _visited(header: ast.stmt, changed_names: set[str], statement: ast.stmt) -> set[str]:
    """The network of `for layer in net.modules()`, where the loop changes the layer but does not freeze it."""
    if not isinstance(header, ast.For) or isinstance(statement, ast.AugAssign):
        return set()
    targets = {node.id for node in ast.walk(header.target) if isinstance(node, ast.Name)}
    freezes = any(getattr(node, "attr", "") == "requires_grad" for node in ast.walk(statement))
    return {root(header.iter)} - {""} if targets & changed_names and not freezes else set()


def find_scopes(tree: ast.Module) -> list[Scope]:
    """Return the module's scope and after it those of all functions in it, methods too."""
    module = Scope(tree)
    return [module, *_fill(module)]


def _fill(scope: Scope) -> Iterator[Scope]:
    scope.leaves.extend(_leaves(scope.node.body, ()))
    for leaf in scope.leaves:
        yield from _scopes_of(leaf.node, scope, None)


def _scopes_of(node: ast.stmt, parent: Scope, owner: ast.ClassDef | None) -> Iterator[Scope]:
    if isinstance(node, FUNCTIONS):
        scope = Scope(node, parent, owner)
        yield scope
        yield from _fill(scope)
    elif isinstance(node, ast.ClassDef):
        for member in node.body:
            yield from _scopes_of(member, parent, node)


def _leaves(body: list[ast.stmt], headers: tuple[ast.stmt, ...]) -> Iterator[Leaf]:
    for statement in body:
        if is_main_block(statement):
            yield from _leaves(cast(ast.If, statement).body, headers)
        elif isinstance(statement, HEADERS):
            for part in _PARTS:
                yield from _leaves(_statements(statement, part), (*headers, statement))
        else:
            yield Leaf(statement, headers)


def _statements(statement: ast.stmt, part: str) -> list[ast.stmt]:
    found = getattr(statement, part, [])
    if part == "handlers":
        return [inner for handler in found for inner in handler.body]
    return cast(list[ast.stmt], found)


def is_main_block(statement: ast.stmt) -> bool:
    """Say whether a statement is `if __name__ == "__main__":`."""
    test = statement.test if isinstance(statement, ast.If) else None
    return isinstance(test, ast.Compare) and "__name__" in {getattr(test.left, "id", ""), *_ids(test.comparators)}


def _ids(nodes: list[ast.expr]) -> set[str]:
    return {getattr(node, "id", "") for node in nodes}


def header_parts(header: ast.stmt) -> list[ast.AST]:
    """Return what a compound statement itself evaluates."""
    match header:
        case ast.If() | ast.While():
            return [header.test]
        case ast.For() | ast.AsyncFor():
            return [header.iter, header.target]
        case ast.With() | ast.AsyncWith():
            return list(header.items)
        case ast.Try():
            return [handler.type for handler in header.handlers if handler.type]
    return []


def prune(body: list[ast.stmt], kept: set[int]) -> list[ast.stmt]:
    """Return the statements whose leaves are kept (by id), their compound statements cut down to them."""
    pruned: list[ast.stmt] = []
    for statement in body:
        if is_main_block(statement):
            pruned += prune(cast(ast.If, statement).body, kept)
        elif isinstance(statement, HEADERS):
            pruned += _prune_compound(statement, kept)
        elif id(statement) in kept:
            pruned.append(statement)
    return pruned


def _prune_compound(statement: ast.stmt, kept: set[int]) -> list[ast.stmt]:
    if not _keeps(statement, kept):
        return []
    smaller = copy(statement)
    if isinstance(statement, ast.Try):
        if not any(_keeps_one(inner, kept) for inner in statement.body):
            # `try: net = torch.load(…)`, `except: net = Net()`: without the one, the other always runs.
            return next((prune(handler.body, kept) for handler in statement.handlers if _keeps(handler, kept)), [])
        # Whether an import works decides which part of a `try` runs.
        kept = kept | {id(inner) for inner in statement.body if isinstance(inner, ast.Import | ast.ImportFrom)}
        smaller.handlers = [_prune_handler(handler, kept) for handler in statement.handlers]  # type: ignore[attr-defined]
    for part in ("body", "orelse", "finalbody"):
        if hasattr(statement, part):
            setattr(smaller, part, prune(getattr(statement, part), kept))
    smaller.body = smaller.body or [ast.copy_location(ast.Pass(), statement)]  # type: ignore[attr-defined]
    return [smaller]


def _keeps(node: ast.AST, kept: set[int]) -> bool:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return False  # their own statements are another scope's
    return any(_keeps_one(statement, kept) for part in _PARTS for statement in getattr(node, part, []))


def _keeps_one(statement: ast.AST, kept: set[int]) -> bool:
    return id(statement) in kept or _keeps(statement, kept)


def _prune_handler(handler: ast.ExceptHandler, kept: set[int]) -> ast.ExceptHandler:
    smaller = copy(handler)
    smaller.body = prune(handler.body, kept) or [ast.copy_location(ast.Pass(), handler)]
    return smaller
