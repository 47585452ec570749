"""Why there is no network in a script, in words that help."""

import ast

from worker.child.failure import Failure
from worker.child.script.aliases import dotted
from worker.child.script.packages import FRAMEWORKS, KNOWN_PACKAGES, is_installed
from worker.child.script.parsing import syntax_failure
from worker.child.script.program import Program
from worker.child.script.sites import products
from worker.child.script.wording import DEFINED_ELSEWHERE, NO_NETWORK, OTHER_FRAMEWORK


def no_network(program: Program) -> Failure:
    """Return the failure for a script without a network: it is in another file, a broken cell, another framework."""
    source = program.source
    if elsewhere := _defined_elsewhere(program):
        return elsewhere
    for fault in source.faults:
        return syntax_failure(source, fault)
    roots = {path.split(".")[0] for path in [*program.aliases.paths.values(), *program.aliases.stars]}
    for package, (framework, export) in FRAMEWORKS.items():
        if package in roots and not ("torch" in roots and package == "sklearn"):
            values = {"name": source.name, "framework": framework, "export": export}
            return Failure("bad_file", OTHER_FRAMEWORK, values)
    return Failure("bad_file", NO_NETWORK, {"name": source.name})


def _defined_elsewhere(program: Program) -> Failure | None:
    """A network whose class is imported from a module that is neither installed nor uploaded."""
    trained = _names_with_parameters(program)
    for _, leaf, call in program.calls:
        path = program.aliases.path(call.func)
        made = {name for name in leaf.bound if call in _made(leaf.node)}
        if made & trained and _is_own_module(program, path):
            module, _, class_name = path.rpartition(".")
            place = program.place(call)
            values = {"name": program.source.name, "class_name": class_name, "module": module, "place": place}
            return Failure("bad_file", DEFINED_ELSEWHERE, values)
    return None


def _made(statement: ast.stmt) -> list[ast.Call]:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    return products(value) if value is not None else []


def _names_with_parameters(program: Program) -> set[str]:
    """Variables that are asked for their parameters or trained, as only networks are."""
    methods = {"parameters", "train", "eval", "state_dict", "load_state_dict", "to"}
    found: set[str] = set()
    for _, _, call in program.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in methods:
            found.add(dotted(call.func.value))
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "fit":
            # `trainer.fit(model, data)`: what follows the network is no network.
            first = [keyword.value for keyword in call.keywords if keyword.arg == "model"] or call.args
            found |= {dotted(argument) for argument in first[:1]}
    return found


def _is_own_module(program: Program, path: str) -> bool:
    first = path.split(".")[0]
    if "." not in path or first in program.classes or first in program.source.modules:
        return False
    is_imported = path.startswith(".") or first in {known.split(".")[0] for known in program.aliases.paths.values()}
    return is_imported and (path.startswith(".") or (first not in KNOWN_PACKAGES and not is_installed(first)))
