"""Turning an uploaded Python file or notebook into a network: `read_script` reads it, `Script.build` runs it."""

from worker.child.script.reading import Candidate, Script, read_script
from worker.child.script.tracebacks import student_detail

__all__ = ["Candidate", "Script", "read_script", "student_detail"]
