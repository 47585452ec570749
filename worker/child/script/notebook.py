"""The code cells of a Jupyter notebook, joined into one text; cells that are no Python are emptied."""

import json
from collections.abc import Mapping
from typing import Any

from worker.child.failure import Failure
from worker.child.script.magics import cell_body
from worker.child.script.parsing import readable
from worker.child.script.source import Fault, Source
from worker.child.script.wording import BROKEN_NOTEBOOK, JSON_FILE, NO_CODE_CELLS, NOT_PYTHON_NOTEBOOK, TOO_DEEP


def read_notebook(text: str, name: str) -> Source:
    """Return the joined code cells.

    Raises:
        Failure: `bad_file` for JSON that is broken or no notebook, a notebook in another language or without code.
    """
    notebook = _load(text, name)
    _check_language(notebook, name)
    codes = _codes(notebook)
    if not any(code.strip() for code in codes):
        raise Failure("bad_file", NO_CODE_CELLS, {"name": name})
    return _join(codes, name)


def _load(text: str, name: str) -> Mapping[str, Any]:
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError as error:
        raise Failure("bad_file", BROKEN_NOTEBOOK, {"name": name, "error": error}) from error
    except RecursionError as error:
        raise Failure("bad_file", TOO_DEEP, {"name": name}) from error
    if not isinstance(loaded, dict) or not ("cells" in loaded or "worksheets" in loaded):
        raise Failure("bad_file", JSON_FILE, {"name": name})
    return loaded


def _check_language(notebook: Mapping[str, Any], name: str) -> None:
    metadata = _mapping(notebook.get("metadata"))
    stated = _mapping(metadata.get("kernelspec")).get("language") or _mapping(metadata.get("language_info")).get("name")
    if isinstance(stated, str) and "python" not in stated.lower():
        raise Failure("bad_file", NOT_PYTHON_NOTEBOOK, {"name": name, "language": stated})


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _codes(notebook: Mapping[str, Any]) -> list[str]:
    """The text of every code cell, also of notebooks from before 2015, which keep them in worksheets."""
    sheets = notebook.get("worksheets")
    holders = [notebook] if not isinstance(sheets, list) else [_mapping(sheet) for sheet in sheets]
    cells = [_mapping(cell) for holder in holders for cell in _sequence(holder.get("cells"))]
    return [_code(cell) for cell in cells if cell.get("cell_type") == "code"]


def _sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _code(cell: Mapping[str, Any]) -> str:
    given = cell.get("source", cell.get("input", ""))
    text = "".join(str(line) for line in given) if isinstance(given, list) else str(given)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _join(codes: list[str], name: str) -> Source:
    texts: list[str] = []
    starts: list[int] = []
    faults: list[Fault] = []
    modules: set[str] = set()
    line = 1
    for code in codes:
        body, module = cell_body(code)
        text, fault = readable(body)
        if fault:
            faults.append(Fault(line + fault.line - 1, fault.error))
            text = "\n" * code.count("\n")
        starts.append(line)
        texts.append(text)
        modules.add(module)
        line += code.count("\n") + 1
    lines = tuple("\n".join(codes).split("\n"))
    return Source(name, "notebook", "\n".join(texts), lines, tuple(starts), tuple(faults), frozenset(modules - {""}))
