"""The statements of one scope that some names need, and what those need in turn."""

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from worker.child.script.costs import Cause, causes_of_names, costly_leaves
from worker.child.script.program import Program
from worker.child.script.scopes import Leaf, Scope, header_parts


@dataclass(eq=False)
class Closure:
    """What is kept of a scope. `left_out` are needed names that only statements give a value that are left out."""

    scope: Scope
    kept: set[Leaf] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    left_out: dict[str, Cause] = field(default_factory=dict)

    @property
    def outside(self) -> set[str]:
        """The needed names that the scope does not bind."""
        return self.needed - self.scope.bound

    def ids(self) -> set[int]:
        """The kept statements by identity, as `prune` wants them."""
        return {id(leaf.node) for leaf in self.kept}


def close(
    program: Program, scope: Scope, names: Iterable[str], outside: Mapping[str, Cause], unwanted: Collection[Leaf] = ()
) -> Closure:
    """Return the statements of a scope that give these names their values, as far as they are worth running.

    `outside` are names of the module that have no value; `unwanted` statements are not kept in any case.
    """
    found = Closure(scope)
    costly = costly_leaves(program, scope, {name: outside[name] for name in outside if name not in scope.bound})
    causes = causes_of_names(scope, costly)
    pending = set(names)
    while pending:
        name = pending.pop()
        found.needed.add(name)
        if name in causes:
            found.left_out[name] = causes[name]
        for leaf in scope.touching.get(name, []):
            if leaf not in found.kept and leaf not in costly and leaf not in unwanted:
                for part in (leaf, *_exits(scope, leaf)):
                    found.kept.add(part)
                    pending |= _needs(program, part, name) - found.needed
    return found


def _exits(scope: Scope, leaf: Leaf) -> list[Leaf]:
    """The `break` and `continue` of the loops around a statement: they decide how often it runs."""
    loops = {id(header) for header in leaf.headers if isinstance(header, ast.For | ast.While)}
    ends = [other for other in scope.leaves if isinstance(other.node, ast.Break | ast.Continue)] if loops else []
    return [other for other in ends if loops & set(map(id, other.headers))]


def _needs(program: Program, leaf: Leaf, name: str) -> set[str]:
    parts: list[ast.AST] = [leaf.node, *(part for header in leaf.headers for part in header_parts(header))]
    found = {needed for part in parts for needed in program.used(part)} - leaf.bound_around
    # `group` of `group = parser.add_argument_group()`: what is done to it is done to the parser.
    return found | (leaf.bound if name not in leaf.bound else set())
