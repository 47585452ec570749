"""The names that a statement binds, changes and uses. `self.width` counts as a name of its own beside `self`."""

import ast
from collections.abc import Iterable, Iterator

from worker.child.script.aliases import dotted, root
from worker.child.script.words import words

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Methods that build up what they belong to.
_BUILDING = words(
    "append extend insert update setdefault add pop remove discard clear sort reverse add_argument set_defaults "
    "add_argument_group add_mutually_exclusive_group add_subparsers add_module register_module register_buffer "
    "register_parameter apply merge_from_list reset_parameters"
)
_GROUPS = frozenset({"add_argument_group", "add_mutually_exclusive_group", "add_subparsers"})


def bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {statement.name}
        case ast.Import():
            return {name.asname or name.name.split(".")[0] for name in statement.names}
        case ast.ImportFrom():
            return {name.asname or name.name for name in statement.names}
        case ast.AnnAssign(value=None) | ast.Delete():
            return set()
    stored = {node.id for node in _walk_here(statement) if isinstance(node, ast.Name) and _is_stored(node)}
    return stored | {_self_name(node) for node in _walk_here(statement) if _is_stored(node)} - {""}


def changed(statement: ast.stmt) -> set[str]:
    """Return the names of the objects that a statement builds up without giving the name a new value."""
    found = {root(node) for node in _walk_here(statement) if _is_stored(node) and not isinstance(node, ast.Name)}
    if isinstance(statement, ast.AugAssign):
        found.add(root(statement.target))
    if isinstance(statement, ast.Expr | ast.Assign) and isinstance(statement.value, ast.Call):
        found |= _changed_by_call(statement.value, is_assigned=isinstance(statement, ast.Assign))
    return found - {"", "self"}


def _changed_by_call(call: ast.Call, *, is_assigned: bool) -> set[str]:
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method in _GROUPS if is_assigned else _builds_up(method):
        found = {root(call.func), _self_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""}
    else:
        found = set()
    if not is_assigned and _initializes(dotted(call.func)):
        found |= {root(argument) for argument in call.args}
    return found


def _builds_up(method: str) -> bool:
    # torch's methods that change a tensor in place end in one underscore; those of training are none to repeat.
    is_in_place = method.endswith("_") and not method.endswith("__") and method != "requires_grad_"
    return method in _BUILDING or _initializes(method) or is_in_place


def _initializes(name: str) -> bool:
    return "init" in name.lower() and "print" not in name.lower()


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store | ast.Del) and not isinstance(node, ast.Tuple | ast.List)


def _self_name(node: ast.AST) -> str:
    is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    return f"self.{node.attr}" if isinstance(node, ast.Attribute) and is_own else ""


def _walk_here(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement that run when it runs: without the bodies of functions and comprehensions."""
    yield node
    if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda, *_COMPREHENSIONS)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk_here(child)


def used(node: ast.AST, unused: Iterable[ast.AST] = ()) -> set[str]:
    """Return the names that a node needs from outside it, now or when its functions are called.

    `unused` are methods that are never called; of them only what runs at their definition counts.
    """
    skipped = set(map(id, unused))
    return _used(node, skipped)


def _used(node: ast.AST, skipped: set[int]) -> set[str]:
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return _used_by_function(node, skipped)
    if isinstance(node, _COMPREHENSIONS):
        targets = {n.id for part in node.generators for n in ast.walk(part.target) if isinstance(n, ast.Name)}
        return _used_by_children(node, skipped) - targets
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Store) else {node.id}
    found = _used_by_children(node, skipped)
    return found | {_self_name(node)} - {""}


def _used_by_children(node: ast.AST, skipped: set[int]) -> set[str]:
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        found |= _used(child, skipped)
    return found


def _used_by_function(node: ast.AST, skipped: set[int]) -> set[str]:
    assert isinstance(node, (*FUNCTIONS, ast.Lambda))  # noqa: S101  # tells the type checker what the caller knows
    outside = _used(node.args, skipped)
    if not isinstance(node, ast.Lambda):
        outside |= {name for part in (*node.decorator_list, node.returns) if part for name in _used(part, skipped)}
    if id(node) in skipped:
        return outside
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    inside = {name for part in body for name in _used(part, skipped)}
    return outside | (inside - _locals(node, body))


def _locals(function: ast.AST, body: Iterable[ast.AST]) -> set[str]:
    declared: set[str] = set()
    own = parameters(function)
    for part in body:
        for node in _walk_statements(part):
            if isinstance(node, ast.Global):
                declared |= set(node.names)
            elif isinstance(node, ast.stmt):
                own |= bound(node)
    return own - declared


def _walk_statements(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.expr)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _walk_statements(child)


def parameters(function: ast.AST) -> set[str]:
    """Return the names of a function's parameters."""
    if not isinstance(function, (*FUNCTIONS, ast.Lambda)):
        return set()
    return {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
