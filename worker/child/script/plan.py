"""What is to be run to get the network: kept statements of the module, pieces of functions, and one expression."""

import ast
import builtins
from dataclasses import dataclass, field

from worker.child.script.aliases import dotted, root
from worker.child.script.closure import Closure, close
from worker.child.script.costs import Cause, causes_of_names, costly_leaves
from worker.child.script.evidence import calls_of, defaults_of, given_arguments
from worker.child.script.finding import Network
from worker.child.script.names import parameters
from worker.child.script.program import Program
from worker.child.script.scopes import Leaf, Scope, prune
from worker.child.script.sites import Site

# Names that the running script sees and no student writes.
SELF = "__empty_self__"
_LIFTED = "__lifted_{}__"
_DEEPEST = 6
_NAMED = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(eq=False)
class Plan:
    """`statements` are run first, then each of `lifted` is defined under its name; `result` gives the network."""

    statements: list[ast.stmt]
    lifted: dict[str, ast.FunctionDef]
    result: ast.expr
    left_out: dict[str, Cause]
    is_from_script: bool


@dataclass(eq=False)
class _Lifting:
    program: Program
    unwanted: set[Leaf]
    lifted: dict[str, ast.FunctionDef] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    left_out: dict[str, Cause] = field(default_factory=dict)


def make_plan(program: Program, network: Network, arguments: ast.Call | None) -> Plan:
    """Return the plan for a network; `arguments` is a call with what the form gives to its constructor."""
    site = network.site
    if arguments is not None or site is None:
        result, scope = _bare_call(program, network, arguments)
        # `Net = Net()` would hide the class.
        unwanted = {leaf for leaf in scope.leaves if network.name in leaf.bound and not isinstance(leaf.node, _NAMED)}
    else:
        result, scope, unwanted = _result(program, site), site.scope, _later_values(site)
    lifting = _Lifting(program, unwanted)
    wanted = _lift(lifting, scope, result, _DEEPEST)
    module = _close_module(lifting, wanted)
    statements = prune(program.tree.body, module.ids())
    is_from_script = site is not None and arguments is None
    return Plan(statements, lifting.lifted, wanted, lifting.left_out | module.left_out, is_from_script)


def _bare_call(program: Program, network: Network, arguments: ast.Call | None) -> tuple[ast.expr, Scope]:
    call = arguments or ast.Call(ast.Name(network.name, ast.Load()), [], [])
    owner = program.classes[network.name][1] if network.name in program.classes else program.module
    return ast.fix_missing_locations(call), owner


def _later_values(site: Site) -> set[Leaf]:
    """The statements after the site that give its variable another value, unless it is handed on to make that value.

    `net = net.to(device)` and `net = None` are of no use here; `net = nn.Sequential(net, nn.Softmax(1))` is.
    """
    later = site.scope.leaves[site.scope.leaves.index(site.leaf) + 1 :]
    return {leaf for leaf in later if site.variable in leaf.bound and not _takes(leaf.node, site.variable)}


def _takes(statement: ast.stmt, variable: str) -> bool:
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and any(
        dotted(node) == variable for argument in value.args for node in ast.walk(argument)
    )


def _result(program: Program, site: Site) -> ast.expr:
    """The variable with what the script does to the network afterwards, or the bare call where it is reused."""
    is_reused = len(_assigned_calls(site)) > 1
    if not site.variable or site.is_in_loop or is_reused:
        return site.call
    node = ast.parse(site.variable, mode="eval").body
    for part in ast.walk(node):
        ast.copy_location(part, site.call)
    return node


def _assigned_calls(site: Site) -> set[str]:
    """The texts of the calls by which the site's scope makes what it assigns to the same variable."""
    name = site.variable
    return {
        ast.unparse(leaf.node.value)
        for leaf in site.scope.leaves
        if name in leaf.bound and isinstance(leaf.node, ast.Assign | ast.AnnAssign) and leaf.node.value
        if not _passes_on(leaf.node.value, name)
    }


def _passes_on(value: ast.expr, name: str) -> bool:
    """Say whether `model = model.to(device)`, `model = DataParallel(model)` or `model = load(...)` is meant."""
    names = {inner.id for inner in ast.walk(value) if isinstance(inner, ast.Name)}
    return name in names or root(value) == "torch" or isinstance(value, ast.Constant)


def _lift(lifting: _Lifting, scope: Scope, result: ast.expr, depth: int) -> ast.expr:
    """Return an expression that gives the result at the module's level, through calls of cut-down functions."""
    program = lifting.program
    names = program.used(result)
    if isinstance(scope.node, ast.Module) or depth == 0:
        lifting.needed |= names
        return result
    closure = close(program, scope, names, _outside(program), lifting.unwanted)
    lifting.left_out.update(closure.left_out)
    lifting.needed |= closure.outside
    caller = next(calls_of(program, scope), None)
    given = given_arguments(scope, caller[2]) if caller else {}
    body = [*prune(scope.node.body, closure.ids()), ast.copy_location(ast.Return(result), result)]
    handed = {name: given[name] for name in sorted(closure.needed & set(given))}
    if "self" in closure.needed and scope.owner is not None:
        handed["self"] = _self(lifting, scope, closure, depth)
    unknown = (closure.needed & parameters(scope.node)) - handed.keys() - defaults_of(scope.node.args).keys()
    lifting.left_out.update({name: Cause(name, Leaf(scope.node, ()), scope.name) for name in unknown})
    hidden = _LIFTED.format(len(lifting.lifted))
    lifting.lifted[hidden] = _function(scope, body, closure.needed, set(handed))
    keywords = [ast.keyword(name, value) for name, value in handed.items()]
    call = ast.copy_location(ast.Call(ast.Name(hidden, ast.Load()), [], keywords), result)
    return _lift(lifting, caller[0] if caller else program.module, ast.fix_missing_locations(call), depth - 1)


def _outside(program: Program) -> dict[str, Cause]:
    return causes_of_names(program.module, costly_leaves(program, program.module, {}))


def _self(lifting: _Lifting, scope: Scope, closure: Closure, depth: int) -> ast.expr:
    """The object of a method: an empty one in its constructor, else one that the constructor has filled."""
    empty: ast.expr = ast.Call(ast.Name(SELF, ast.Load()), [], [])
    lacking = {name for name in closure.outside if name.startswith("self.")}
    constructor = next(
        (other for other in lifting.program.scopes if other.owner is scope.owner and other.name == "__init__"), None
    )
    if scope.name == "__init__" or constructor is None or not lacking:
        return empty
    # A tuple, so that the attributes are names that the constructor is asked for: `(self.a, self.b, self)[-1]`.
    wanted = ", ".join([*sorted(lacking), "self"])
    filled = ast.parse(f"({wanted},)[-1]", mode="eval").body
    return _lift(lifting, constructor, ast.fix_missing_locations(filled), depth - 1)


def _function(scope: Scope, body: list[ast.stmt], needed: set[str], handed: set[str]) -> ast.FunctionDef:
    """A function of the same name with only the parameters that are needed and have a value."""
    assert not isinstance(scope.node, ast.Module)  # noqa: S101  # only functions are lifted
    defaults = defaults_of(scope.node.args)
    names = sorted(handed | (needed & set(defaults)))
    arguments = ast.arguments(
        posonlyargs=[],
        args=[],
        kwonlyargs=[ast.arg(name) for name in names],
        kw_defaults=[None if name in handed else defaults[name] for name in names],
        defaults=[],
    )
    function = ast.FunctionDef(scope.node.name, arguments, body, [])
    return ast.fix_missing_locations(ast.copy_location(function, scope.node))


def _close_module(lifting: _Lifting, result: ast.expr) -> Closure:
    program, module = lifting.program, lifting.program.module
    needed = lifting.needed | program.used(result)
    for function in lifting.lifted.values():
        needed |= program.used(function)
    closure = close(program, module, needed, {}, lifting.unwanted)
    is_open = any(not hasattr(builtins, name) and not name.startswith(("self", "__")) for name in closure.outside)
    for leaf in module.leaves:
        if isinstance(leaf.node, ast.ImportFrom) and _is_kept_anyway(leaf.node, is_open):
            closure.kept.add(leaf)
    return closure


def _is_kept_anyway(node: ast.ImportFrom, is_open: bool) -> bool:
    return node.module == "__future__" or (is_open and any(name.name == "*" for name in node.names))
