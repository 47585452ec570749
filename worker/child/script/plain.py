"""Values that stand plainly in the source: literals, sums of them, and names that were given such values."""

import ast
import operator
from collections.abc import Callable
from functools import cached_property
from typing import Any

from worker.child.script.aliases import dotted
from worker.child.script.evidence import calls_of, defaults_of, given_arguments
from worker.child.script.names import parameters
from worker.child.script.program import Program
from worker.child.script.scopes import Scope

_DEEPEST = 8
_LARGEST = 10**9
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "str": str, "bool": bool}


class NotPlain(Exception):
    """The value does not stand in the source."""


def literal(node: ast.expr) -> Any:
    """Return the value of a literal, or of arithmetic on literals.

    Raises:
        NotPlain: it is something else, or too large to be meant.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Tuple():
            return tuple(literal(part) for part in node.elts)
        case ast.List():
            return [literal(part) for part in node.elts]
        case ast.Dict() if all(node.keys):
            return {literal(key): literal(value) for key, value in zip(node.keys, node.values, strict=True) if key}
        case ast.UnaryOp(op=ast.USub()):
            return calculate(ast.Sub(), 0, literal(node.operand))
        case ast.UnaryOp(op=ast.UAdd()):
            return literal(node.operand)
        case ast.BinOp():
            return calculate(node.op, literal(node.left), literal(node.right))
    raise NotPlain(f"“{ast.unparse(node)[:60]}” is no plain value")


def calculate(sign: ast.operator, left: Any, right: Any) -> Any:
    """Return the result of arithmetic on two numbers that stays small."""
    if type(sign) not in _OPERATORS or not isinstance(left, int | float) or not isinstance(right, int | float):
        raise NotPlain("only numbers can be calculated with")
    if isinstance(sign, ast.Pow) and (abs(right) > 64 or abs(left) > 1000):
        raise NotPlain("the number is too large")
    try:
        result = _OPERATORS[type(sign)](left, right)
    except ArithmeticError as error:
        raise NotPlain(str(error)) from error
    if isinstance(result, complex) or abs(result) > _LARGEST:
        raise NotPlain("the number is too large")
    return result


class PlainValues:
    """Looks up expressions of a script: constants, parameters of functions, command line options, settings."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def value(self, node: ast.expr, scope: Scope, depth: int = _DEEPEST) -> Any:
        """Return the plain value of an expression.

        Raises:
            NotPlain: it cannot be told without running the script.
        """
        if depth == 0:
            raise NotPlain
        match node:
            case ast.Name():
                return self._of_name(node.id, scope, depth - 1)
            case ast.Attribute():
                return self._of_setting(dotted(node.value), node.attr, scope, depth - 1)
            case ast.Subscript(slice=ast.Constant(value=str() as key)):
                return self._of_setting(dotted(node.value), key, scope, depth - 1)
            case ast.BinOp():
                left, right = (self.value(part, scope, depth - 1) for part in (node.left, node.right))
                return calculate(node.op, left, right)
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _CONVERSIONS:
                return self._converted(name, self.value(argument, scope, depth - 1))
            case ast.Tuple() | ast.List():
                return [self.value(part, scope, depth - 1) for part in node.elts]
        return literal(node)

    def _converted(self, name: str, value: Any) -> Any:
        try:
            return _CONVERSIONS[name](value)
        except (TypeError, ValueError, OverflowError) as error:
            raise NotPlain from error

    def _of_name(self, name: str, scope: Scope, depth: int) -> Any:
        inner: Scope | None = scope
        while inner is not None:
            if name in inner.bound:
                return self._of_variable(name, inner, depth)
            inner = inner.parent
        raise NotPlain(name)

    def _of_variable(self, name: str, scope: Scope, depth: int) -> Any:
        for leaf in scope.touching.get(name, []):
            if name in leaf.bound and isinstance(leaf.node, ast.Assign | ast.AnnAssign) and leaf.node.value is not None:
                return self.value(_part(leaf.node, name), scope, depth)
        return self._of_parameter(name, scope, depth)

    def _of_parameter(self, name: str, scope: Scope, depth: int) -> Any:
        if isinstance(scope.node, ast.Module):
            raise NotPlain(name)
        for caller, _, call in calls_of(self.program, scope):
            if name in (given := given_arguments(scope, call)):
                return self.value(given[name], caller, depth)
        if name in (defaults := defaults_of(scope.node.args)):
            return self.value(defaults[name], scope.parent or scope, depth)
        raise NotPlain(name)

    def _of_setting(self, holder: str, key: str, scope: Scope, depth: int) -> Any:
        """The value of `args.lr`, `config["lr"]`, `Config.lr` or `self.lr`."""
        if holder == "self":
            return self._of_own(key, scope, depth)
        if holder == "self.hparams":  # where Lightning keeps the arguments of the constructor
            constructor = self._constructor(scope)
            return self._of_parameter(key, constructor, depth) if constructor else self.options.get(key)
        given, where = self._definition(holder, scope, depth)
        if isinstance(given, ast.Call) and (found := _keyword(given, key)):
            return self.value(found, where, depth)
        if isinstance(given, ast.Dict):
            for name, value in zip(given.keys, given.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == key:
                    return self.value(value, where, depth)
        class_name = dotted(given.func) if isinstance(given, ast.Call) else holder
        if class_name in self.program.classes:
            return self._of_class(class_name, key, depth)
        if key in self.options:
            return self.options[key]
        raise NotPlain(f"{holder}.{key}")

    def _definition(self, holder: str, scope: Scope, depth: int) -> tuple[ast.expr | None, Scope]:
        """The call or dictionary that a variable holds, followed through parameters and attributes."""
        own = [other for other in self.program.scopes if other.owner is not None and other.owner is scope.owner]
        for where in (scope, *(own if holder.startswith("self.") else ()), self.program.module):
            given = self._assigned(holder, where)
            if given is None:
                continue
            value, place = given
            return self._definition(dotted(value), place, depth - 1) if dotted(value) and depth else (value, place)
        return None, scope

    def _assigned(self, name: str, scope: Scope) -> tuple[ast.expr, Scope] | None:
        for leaf in scope.leaves:
            if (
                name in leaf.bound
                and isinstance(leaf.node, ast.Assign)
                and not isinstance(leaf.node.value, ast.Constant)
            ):
                return leaf.node.value, scope
        if name not in parameters(scope.node):
            return None
        for caller, _, call in calls_of(self.program, scope):
            if name in (given := given_arguments(scope, call)):
                return given[name], caller
        return None

    def _constructor(self, scope: Scope) -> Scope | None:
        own = [other for other in self.program.scopes if other.owner is not None and other.owner is scope.owner]
        return next((other for other in own if other.name == "__init__"), None)

    def _of_own(self, key: str, scope: Scope, depth: int) -> Any:
        for other in self.program.scopes:
            if other.owner is not None and other.owner is scope.owner and f"self.{key}" in other.bound:
                return self._of_variable(f"self.{key}", other, depth)
        raise NotPlain(key)

    def _of_class(self, name: str, key: str, depth: int) -> Any:
        for member in self.program.classes[name][0].body:
            targets = member.targets if isinstance(member, ast.Assign) else [getattr(member, "target", None)]
            value = getattr(member, "value", None)
            if isinstance(value, ast.expr) and any(dotted(target) == key for target in targets if target):
                return self.value(value, self.program.module, depth)
        raise NotPlain(key)

    @cached_property
    def options(self) -> dict[str, Any]:
        """The defaults of the command line options, under the names that argparse gives them."""
        found: dict[str, Any] = {}
        for scope, _, call in self.program.calls:
            names = [part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            default = _keyword(call, "default")
            if not dotted(call.func).endswith("add_argument") or not names or default is None:
                continue
            long = [name for name in names if name.startswith("--")]
            stated = _keyword(call, "dest")
            key = stated.value if isinstance(stated, ast.Constant) else (long or names)[0].lstrip("-").replace("-", "_")
            try:
                found[str(key)] = self._typed(call, self.value(default, scope))
            except NotPlain:
                continue
        return found

    def _typed(self, call: ast.Call, value: Any) -> Any:
        kind = _keyword(call, "type")
        return self._converted(kind.id, value) if isinstance(kind, ast.Name) and kind.id in {"int", "float"} else value


def _part(statement: ast.Assign | ast.AnnAssign, name: str) -> ast.expr:
    """The expression that a name gets in `a, b = 1, 2`."""
    value = statement.value
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for one, part in zip(target.elts, value.elts, strict=False):
            if dotted(one) == name:
                return part
    if value is None or isinstance(target, ast.Tuple | ast.List):
        raise NotPlain(name)
    return value


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)
