"""An uploaded script or notebook, read without running it, and built into a network when asked."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from worker.child.failure import Failure, is_out_of_memory
from worker.child.script.arguments import check_arguments, parse_arguments
from worker.child.script.decoding import decode
from worker.child.script.finding import Network, choose, find_candidates, find_networks
from worker.child.script.notebook import read_notebook
from worker.child.script.packages import is_installed
from worker.child.script.parsing import parse
from worker.child.script.plan import Plan, make_plan
from worker.child.script.program import Program
from worker.child.script.refusals import no_network
from worker.child.script.running import run
from worker.child.script.scopes import HEADERS
from worker.child.script.source import Source
from worker.child.script.suggestions import suggest
from worker.child.script.tracebacks import student_detail
from worker.child.script.wording import (
    CHOOSE,
    NAME_MISSING,
    NO_ARGUMENTS_TAKEN,
    NO_SUCH_CLASS,
    NOT_A_NETWORK,
    SCRIPT_ENDED,
    SCRIPT_RAISED,
    TOO_DEEP,
)


@dataclass(frozen=True)
class Candidate:
    """A class, a variable or a function that could be the network.

    `line` is counted as the student counts it, in a notebook within its cell; `place` says it in words.
    """

    name: str
    line: int
    place: str = ""


@dataclass(frozen=True, eq=False)
class Script:
    """What a script says about its network. `class_name` is "" where that cannot be told."""

    format: str
    candidates: list[Candidate]
    class_name: str
    arguments: str
    suggestions: dict[str, str | int | float | bool]
    missing: list[str]
    _program: Program = field(repr=False)
    _plan: Plan | None = field(repr=False)

    def build(self) -> nn.Module:
        """Run the kept code and return the network with fresh weights.

        Raises:
            Failure: `bad_model` when the network cannot be told or built; the student's traceback is its detail.
        """
        if self._plan is None:
            names = ", ".join(f"{candidate.name} ({candidate.place})" for candidate in self.candidates)
            raise Failure("bad_model", CHOOSE, {"name": self._program.source.name, "classes": names})
        try:
            built = self._run(self._plan)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            if is_out_of_memory(error):
                raise
            raise self._failure(error) from error
        if not isinstance(built, nn.Module):
            given = f"the class {built.__name__}" if isinstance(built, type) else f"a {type(built).__name__}"
            raise Failure("bad_model", NOT_A_NETWORK, {"class_name": self.class_name, "given": given})
        return built

    def _run(self, plan: Plan) -> object:
        return run(self._program, plan, before=lambda maker: check_arguments(maker, self.class_name))

    def _failure(self, error: BaseException) -> Failure:
        """What the student reads of an error in their code."""
        detail = student_detail(error)
        if isinstance(error, Failure):
            return Failure(error.outcome, error.text, error.values, error.detail or detail)
        values = {"class_name": self.class_name, "error": f"{type(error).__name__}: {error}"}
        if isinstance(error, SystemExit | KeyboardInterrupt):
            return Failure("bad_model", SCRIPT_ENDED, values, detail)
        if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
            named = values | {"missing": error.name, "name": self._program.source.name}
            return Failure("bad_model", NAME_MISSING, named, detail)
        return Failure("bad_model", SCRIPT_RAISED, values, detail)


def read_script(path: Path, name: str, class_name: str = "", arguments: str = "") -> Script:
    """Read an uploaded file; `name` is what the student calls it, the rest comes from the form.

    Nothing of the file is run.

    Raises:
        Failure: `bad_file` when there is no network in it that could be read, `bad_model` for unreadable arguments.
    """
    try:
        source, tree = parse(_source(path.read_bytes(), name))
        return _read(Program(source, tree), class_name.strip(), arguments.strip())
    except (RecursionError, MemoryError) as error:
        raise Failure("bad_file", TOO_DEEP, {"name": name}) from error


def _source(content: bytes, name: str) -> Source:
    text = decode(content, name)
    if text.lstrip().startswith("{") and (name.lower().endswith(".ipynb") or _is_json(text)):
        return read_notebook(text, name)
    return Source(name, "python", text, tuple(text.split("\n")))


def _is_json(text: str) -> bool:
    return text.lstrip()[1:].lstrip().startswith(('"', "}")) and '"cells"' in text


def _read(program: Program, class_name: str, arguments: str) -> Script:
    networks = find_networks(program)
    if not networks:
        raise no_network(program)
    candidates = find_candidates(program, networks)
    chosen = _named(program, networks, class_name) if class_name else choose(candidates)
    plan = _plan(program, chosen, arguments) if chosen else None
    return Script(
        format=program.source.format,
        candidates=[_candidate(program.source, network) for network in candidates],
        class_name=chosen.name if chosen else "",
        arguments=arguments or (_own_arguments(program, chosen) if chosen else ""),
        suggestions=suggest(program, chosen),
        missing=_missing(program, plan) if plan else [],
        _program=program,
        _plan=plan,
    )


def _named(program: Program, networks: list[Network], class_name: str) -> Network:
    for network in networks:
        if network.name == class_name:
            return network
    names = ", ".join(network.name for network in networks)
    values = {"name": program.source.name, "class_name": class_name, "classes": names}
    raise Failure("bad_file", NO_SUCH_CLASS, values)


def _plan(program: Program, chosen: Network, arguments: str) -> Plan:
    if arguments and not _takes_arguments(program, chosen):
        raise Failure("bad_model", NO_ARGUMENTS_TAKEN, {"class_name": chosen.name})
    return make_plan(program, chosen, parse_arguments(chosen.name, arguments) if arguments else None)


def _takes_arguments(program: Program, chosen: Network) -> bool:
    return chosen.name in program.classes or chosen.name in program.functions


def _candidate(source: Source, network: Network) -> Candidate:
    return Candidate(network.name, source.line_in_cell(network.line), source.place(network.line))


def _own_arguments(program: Program, chosen: Network) -> str:
    """The source text between the brackets where the script makes the network."""
    if chosen.site is None or not chosen.site.is_class:
        return ""
    call = chosen.site.call
    parts = [program.text(argument) for argument in call.args]
    parts += [f"{keyword.arg}={program.text(keyword.value)}" if keyword.arg else "" for keyword in call.keywords]
    stars = [f"**{program.text(keyword.value)}" for keyword in call.keywords if not keyword.arg]
    return ", ".join([part for part in parts if part] + stars)


def _missing(program: Program, plan: Plan) -> list[str]:
    """The packages that kept imports want and that are not installed; an import in a `try` has another way."""
    roots: set[str] = set()
    for statement in plan.statements:
        if isinstance(statement, HEADERS):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                roots.add(node.module.split(".")[0])
    return sorted(name for name in roots - program.source.modules if not is_installed(name))
