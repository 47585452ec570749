"""What a script is made of: its scopes, its classes, and which of them are networks."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from worker.child.script.aliases import Aliases, dotted, find_aliases, is_loss_class, is_network_class, root
from worker.child.script.names import FUNCTIONS, used
from worker.child.script.packages import FRAMEWORKS, is_installed
from worker.child.script.scopes import Leaf, Scope, find_scopes
from worker.child.script.simplifying import simplified
from worker.child.script.source import Source
from worker.child.script.words import words

# Methods that PyTorch Lightning would call, and nobody here; the names are too common to be taken for other calls.
_OF_TRAINERS = words(
    "training_step validation_step test_step predict_step configure_optimizers train_dataloader val_dataloader "
    "test_dataloader predict_dataloader prepare_data setup"
)

_LIGHT = sys.stdlib_module_names | {"torch", "numpy"}


@dataclass(eq=False)
class Program:
    """A parsed script. Where a class is defined twice, the last one counts, as in Python."""

    source: Source
    tree: ast.Module
    aliases: Aliases = field(init=False)
    scopes: list[Scope] = field(init=False)
    _used: dict[ast.AST, set[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.aliases = find_aliases(self.tree)
        self.tree = simplified(self.tree, self.aliases, self.source.modules)
        self.scopes = find_scopes(self.tree)

    @property
    def module(self) -> Scope:
        """The scope of the module."""
        return self.scopes[0]

    @cached_property
    def classes(self) -> dict[str, tuple[ast.ClassDef, Scope]]:
        """All classes by name, with the scope that each is defined in."""
        return {
            leaf.node.name: (leaf.node, scope)
            for scope in reversed(self.scopes)
            for leaf in scope.leaves
            if isinstance(leaf.node, ast.ClassDef)
        }

    @cached_property
    def functions(self) -> dict[str, Scope]:
        """The functions that are no methods, by name."""
        return {scope.name: scope for scope in reversed(self.scopes[1:]) if scope.owner is None}

    @cached_property
    def networks(self) -> set[str]:
        """Names of the classes that are networks, their layers and losses among them."""
        found: set[str] = set()
        while True:
            others = [(name, node) for name, (node, _) in self.classes.items() if name not in found]
            more = {name for name, node in others if self._inherits(node, found)}
            if not more:
                return found
            found |= more

    def _inherits(self, node: ast.ClassDef, networks: set[str]) -> bool:
        bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        if any(dotted(base) in networks or is_network_class(self.aliases.path(base)) for base in bases):
            return True
        # A class of another module that is not here may be a network; building it then says what is missing.
        return any(self._is_unknown(base) for base in bases) and "nn." in ast.unparse(node)

    def _is_unknown(self, base: ast.expr) -> bool:
        first = self.aliases.path(base).split(".")[0]
        is_imported = dotted(base).split(".")[0] in self.aliases.paths
        return is_imported and first not in FRAMEWORKS and not is_installed(first)

    @cached_property
    def losses(self) -> set[str]:
        """Names of those network classes that are losses."""
        named = {name for name in self.networks if "loss" in name.lower() or "criterion" in name.lower()}
        return named | {
            name
            for name in self.networks
            if any(is_loss_class(self.aliases.path(base)) for base in self.classes[name][0].bases)
        }

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """By variable the networks that its value mentions, other than by calling them: a class, or a table of some."""
        found: dict[str, set[str]] = {}
        for scope in self.scopes:
            for leaf in scope.leaves:
                value = leaf.node.value if isinstance(leaf.node, ast.Assign) else None
                if isinstance(value, ast.Name | ast.Dict | ast.List | ast.Tuple | ast.IfExp):
                    for name in leaf.bound:
                        found.setdefault(name, set()).update(_mentioned(value) & self.networks)
        return found

    def network_named(self, func: ast.expr) -> str:
        """Return the network class that a name stands for, through `model_class = Net`; "" if there is none."""
        name = dotted(func)
        held = self._holders.get(name, set())
        return name if name in self.networks else (next(iter(held)) if len(held) == 1 else "")

    def networks_in_table(self, func: ast.expr) -> set[str]:
        """Return the network classes among which `MODELS[name]` or `MODELS.get(name)` chooses."""
        is_choice = isinstance(func, ast.Subscript) or (
            isinstance(func, ast.Call) and dotted(func.func).endswith(".get")
        )
        name = root(func) if is_choice else dotted(func)
        return self._holders.get(name, set()) if name not in self.networks else set()

    def is_network_scope(self, scope: Scope | None) -> bool:
        """Say whether a scope is a method of a network, or a function inside one."""
        while scope is not None:
            if scope.owner is not None and scope.owner.name in self.networks:
                return True
            scope = scope.parent
        return False

    @cached_property
    def unused_methods(self) -> list[ast.AST]:
        """Methods of networks that a forward pass never calls, such as `fit`: what they need is not needed."""
        methods = [member for name in self.networks for member in _methods(self.classes[name][0])]
        # Methods that are called by the name of their class, such as a function for the command line.
        called = {"forward"} | {
            node.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute) and dotted(node.value) in self.networks
        }
        while True:
            running = [m for m in methods if m.name in called or m.name.startswith("__")]
            seen = {node.attr for m in running for node in ast.walk(m) if isinstance(node, ast.Attribute)}
            seen -= _OF_TRAINERS
            if seen <= called:
                return [m for m in methods if m not in running]
            called |= seen

    def used(self, node: ast.AST) -> set[str]:
        """Return the names that a node needs from outside it, without those of methods that are never called.

        Light imports count there, too: a method that nothing here calls may be one that torch calls, such as `train`.
        """
        if node not in self._used:
            self._used[node] = used(node, self.unused_methods) | (used(node) & self._light_imports)
        return self._used[node]

    @cached_property
    def _light_imports(self) -> set[str]:
        """Names of what every worker has imported already, or imports in no time."""
        return {name for node in ast.walk(self.tree) for name, package in _imported(node) if package in _LIGHT}

    @cached_property
    def calls(self) -> list[tuple[Scope, Leaf, ast.Call]]:
        """All calls outside the networks' own code, with the statement that each stands in."""
        outside = [scope for scope in self.scopes if not self.is_network_scope(scope)]
        return [(scope, leaf, call) for scope in outside for leaf in scope.leaves for call in calls_in(leaf.node)]

    @cached_property
    def all_calls(self) -> list[tuple[Scope, Leaf, ast.Call]]:
        """The same with those of the networks' own code."""
        inner = [scope for scope in self.scopes if self.is_network_scope(scope)]
        return self.calls + [
            (scope, leaf, call) for scope in inner for leaf in scope.leaves for call in calls_in(leaf.node)
        ]

    def place(self, node: ast.AST) -> str:
        """Return where a node is in the student's file, in words."""
        return self.source.place(getattr(node, "lineno", 1))

    def text(self, node: ast.AST) -> str:
        """Return the source text of a node, in one line."""
        return " ".join((ast.get_source_segment(self.source.text, node) or ast.unparse(node)).split())


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that an import binds, with the package that it comes from."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], alias.name.partition(".")[0]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, (node.module or "").partition(".")[0]


def _mentioned(value: ast.expr) -> set[str]:
    called = {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name) and id(node) not in called}


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [member for member in node.body if isinstance(member, FUNCTIONS)]


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """The calls in a statement, outer ones first, without those inside functions and classes."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return
    if isinstance(node, ast.Call):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from calls_in(child)
