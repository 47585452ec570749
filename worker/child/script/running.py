"""Running what is kept of a script, statement by statement, in a module of its own."""

import argparse
import ast
import linecache
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from traceback import walk_tb
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import nn

from worker.child.failure import Failure
from worker.child.script.adapting import adapted
from worker.child.script.aliases import dotted
from worker.child.script.costs import Cause
from worker.child.script.names import bound
from worker.child.script.packages import is_installed
from worker.child.script.plan import SELF, Plan
from worker.child.script.program import Program
from worker.child.script.scopes import HEADERS, Leaf
from worker.child.script.standins import LeftOut, imported
from worker.child.script.tracebacks import SOURCE, student_detail
from worker.child.script.wording import LEFT_OUT, LEFT_OUT_FAILED, PARAMETER_UNKNOWN

# The name under which the script's classes are found again, by pickle or by typing.get_type_hints.
MODULE = "homework"


def run(program: Program, plan: Plan, before: Callable[[Any], None]) -> Any:
    """Run a plan and return what its last expression gives, whatever that raises.

    `before` is called with the class or function that is about to be called without any arguments. A kept statement
    that fails is taken for one that was left out: only who uses its names hears of it.
    """
    module = _new_module(program)
    complaints: list[Failure] = []
    for name, cause in plan.left_out.items():
        module.__dict__[name] = _left_out(program, cause, complaints)
    with _surroundings(program.source.name):
        for statement in _futures_first(plan.statements):
            _run_statement(program, module, statement, complaints)
        try:
            result = _result(program, module, plan, before)
        except Exception as error:
            explained = _explained(error, complaints)
            if explained is error:
                raise
            raise explained from error
    if isinstance(result, LeftOut):
        raise result.reason()
    return result


def _new_module(program: Program) -> ModuleType:
    source = program.source
    module = ModuleType(MODULE)
    module.__dict__.update({"__file__": source.name, SOURCE: source, SELF: SimpleNamespace})
    # The usual imports, in case they were in a cell or a file that is not here.
    module.__dict__.update({"torch": torch, "nn": nn, "F": nn.functional})
    sys.modules[MODULE] = module
    for name in source.modules:
        if not is_installed(name):
            sys.modules[name] = module
    # Without a time of change, linecache never looks for the file; inspect.getsource and torch.jit.script read it here.
    lines = [f"{line}\n" for line in source.text.split("\n")]
    linecache.cache[source.name] = (len(source.text), None, lines, source.name)
    return module


@contextmanager
def _surroundings(name: str) -> Iterator[None]:
    """A command line with nothing but the file's name, and parsers that ask for nothing more."""
    arguments, parse = sys.argv, argparse.ArgumentParser.parse_known_args

    def parse_nothing(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> Any:
        for action in parser._actions:
            if action.required and action.default is None and action.choices:
                action.default = next(iter(action.choices))
            action.required = False
            if not action.option_strings and action.nargs is None:
                action.nargs = "?"
        return parse(parser, [])

    sys.argv = [name]
    argparse.ArgumentParser.parse_known_args = parse_nothing  # type: ignore[assignment]  # put back below
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.argv = arguments
        argparse.ArgumentParser.parse_known_args = parse  # type: ignore[method-assign]


def _futures_first(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    return sorted(statements, key=lambda node: not (isinstance(node, ast.ImportFrom) and node.module == "__future__"))


def _run_statement(program: Program, module: ModuleType, statement: ast.stmt, complaints: list[Failure]) -> None:
    names = module.__dict__
    if isinstance(statement, ast.ImportFrom) and statement.level:  # from a folder that was not uploaded
        names.update(imported(statement, program.source.name))
        return
    try:
        exec(_compiled(program, module, [statement]), names)  # noqa: S102  # the sandbox is around this process
    except ImportError as error:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names.update(imported(statement, program.source.name))
        else:
            _bind_failed(program, names, statement, error, complaints)
    except Exception as error:  # noqa: BLE001  # kept in the stand-in, which raises it when the name is used
        _bind_failed(program, names, statement, error, complaints)


def _bind_failed(
    program: Program, names: dict[str, Any], statement: ast.stmt, error: Exception, complaints: list[Failure]
) -> None:
    explained = _explained(error, complaints)
    for name in _all_bound(statement) - set(names):
        names[name] = _left_out(program, Cause(name, Leaf(statement, ())), complaints, explained)


def _all_bound(statement: ast.stmt) -> set[str]:
    inner = [node for node in ast.walk(statement) if isinstance(node, ast.stmt) and not isinstance(node, HEADERS)]
    is_simple = not isinstance(statement, HEADERS)
    return bound(statement) if is_simple else {name for node in inner for name in bound(node)}


def _explained(error: Exception, complaints: list[Failure]) -> Exception:
    """The failure of a stand-in where a library has put its own words in place of it: “must be tuple of ints”."""
    if isinstance(error, Failure | NameError) or not isinstance(error, TypeError | ValueError | RuntimeError):
        return error
    if complaints:
        return complaints[-1]
    if LeftOut.__name__ not in str(error):
        return error
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    used = [value for frame in reversed(frames) for value in frame.f_locals.values() if isinstance(value, LeftOut)]
    return used[0].explain() if used else error


def _left_out(program: Program, cause: Cause, complaints: list[Failure], error: Exception | None = None) -> LeftOut:
    source, line = program.source, cause.leaf.line
    values = {"missing": cause.name, "place": source.place(line), "line": source.line(line)}

    def complain() -> Failure:
        if isinstance(error, Failure):
            failure = error
        elif error is not None:
            failure = Failure(
                "bad_model",
                LEFT_OUT_FAILED,
                values | {"error": f"{type(error).__name__}: {error}"},
                student_detail(error),
            )
        elif cause.function:
            failure = Failure("bad_model", PARAMETER_UNKNOWN, values | {"function": cause.function})
        else:
            failure = Failure("bad_model", LEFT_OUT, values)
        complaints.append(failure)
        return failure

    return LeftOut(complain, error)


def _result(program: Program, module: ModuleType, plan: Plan, before: Callable[[Any], None]) -> Any:
    for hidden, function in plan.lifted.items():
        holder: dict[str, Any] = {}
        exec(_compiled(program, module, [function]), module.__dict__, holder)  # noqa: S102
        module.__dict__[hidden] = holder[function.name]
    if isinstance(plan.result, ast.Call) and not plan.is_from_script and not plan.lifted:
        maker = module.__dict__.get(dotted(plan.result.func))
        if callable(maker) and not (plan.result.args or plan.result.keywords):
            before(maker)
    expression = ast.Expression(deepcopy(plan.result))
    file = program.source.name if plan.is_from_script else "<constructor>"
    code = compile(adapted(expression, program), file, "eval", dont_inherit=True)
    return eval(code, module.__dict__)  # noqa: S307


def _compiled(program: Program, module: ModuleType, statements: list[ast.stmt]) -> Any:
    tree = adapted(ast.Module(deepcopy(statements), []), program)
    annotations = module.__dict__.get("annotations")
    flags = getattr(annotations, "compiler_flag", 0)
    return compile(tree, program.source.name, "exec", flags=flags, dont_inherit=True)
