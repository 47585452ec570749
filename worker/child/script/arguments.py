"""What the form gives to a network's constructor, and what its constructor still needs."""

import ast
import inspect
from typing import Any

from worker.child.failure import Failure
from worker.child.script.plain import NotPlain, literal
from worker.child.script.wording import ARGUMENTS_NEEDED, BAD_ARGUMENTS

# What to write in an example, by a word in the parameter's name; the first that fits.
_EXAMPLES = (
    ("class", "10"),
    ("out", "10"),
    ("channel", "1"),
    ("drop", "0.2"),
    ("hidden", "128"),
    ("in", "784"),
)


def parse_arguments(name: str, text: str) -> ast.Call:
    """Return a call of the network with the arguments of the form.

    Raises:
        Failure: `bad_model` if they are more than plain values.
    """
    try:
        call = ast.parse(f"f({text}\n)", mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            raise NotPlain("a bracket is closed too early")
        positional = [_constant(argument) for argument in call.args]
        keywords = [ast.keyword(keyword.arg, _constant(keyword.value)) for keyword in call.keywords]
        if any(keyword.arg is None for keyword in keywords):
            raise NotPlain("“**” is no plain value")
        made = ast.fix_missing_locations(ast.Call(ast.Name(name, ast.Load()), positional, keywords))
        compile(ast.Expression(made), "<arguments>", "eval")  # finds a name that is given twice
    except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError, NotPlain) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise Failure("bad_model", BAD_ARGUMENTS, {"arguments": text, "error": reason}) from error
    return made


def _constant(node: ast.expr) -> ast.expr:
    return ast.parse(repr(literal(node)), mode="eval").body


def check_arguments(maker: Any, name: str) -> None:
    """Refuse to call a constructor without arguments if it needs some.

    Raises:
        Failure: `bad_model`, with what to write into the form.
    """
    needed = [
        parameter.name
        for parameter in inspect.signature(maker).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    ]
    if needed:
        example = ", ".join(f"{parameter}={_example(parameter)}" for parameter in needed)
        values = {"class_name": name, "arguments": ", ".join(needed), "example": example}
        raise Failure("bad_model", ARGUMENTS_NEEDED, values)


def _example(parameter: str) -> str:
    return next((value for word, value in _EXAMPLES if word in parameter.lower()), "…")
