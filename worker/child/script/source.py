"""A homework file as text that Python can read, which still knows the places of the file that the student wrote."""

from bisect import bisect_right
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """A syntax error: the line of the joined text, counted from 1, and what Python says of it."""

    line: int
    error: str


@dataclass(frozen=True)
class Source:
    """`text` is what Python reads; `lines` are the same lines as the student wrote them.

    `cells` holds the first line of every code cell of a notebook, `faults` the cells that are no Python and were
    emptied, `modules` the names of the modules that a notebook writes with %%writefile.
    """

    name: str
    format: str
    text: str
    lines: tuple[str, ...]
    cells: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    modules: frozenset[str] = frozenset()

    def with_text(self, text: str) -> "Source":
        """Return the same file, read by Python as another text of as many lines."""
        return replace(self, text=text)

    def line_in_cell(self, line: int) -> int:
        """Return the line as the student counts it: in a notebook within its cell."""
        return line - self.cells[self._cell(line) - 1] + 1 if self.cells else line

    def place(self, line: int) -> str:
        """Return where a line is, in words: “line 7” or “cell 3, line 7”."""
        cell = f"cell {self._cell(line)}, " if self.cells else ""
        return f"{cell}line {self.line_in_cell(line)}"

    def line(self, line: int) -> str:
        """Return one of the student's lines without the space around it."""
        return self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""

    def _cell(self, line: int) -> int:
        return max(1, bisect_right(self.cells, line))
