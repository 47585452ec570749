"""Small changes to kept code, so that it runs on this machine and gives the bare network with fresh weights."""

import ast
import re
from typing import TypeVar, cast

import torch

from worker.child.script.program import Program
from worker.child.script.sites import PLACING_METHODS, WRAPPERS, makes_network, products

_OTHER_DEVICE = re.compile(r"(cuda|mps|xpu)(:\d+)?")


class Adapter(ast.NodeTransformer):
    """Takes off what places or wraps whole networks, `.cuda()` where there is no GPU, and weights to be downloaded."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.aliases = program.aliases
        self.has_cuda = torch.cuda.is_available()

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Name the processor where the script names a device that is not here."""
        if isinstance(node.value, str) and not self.has_cuda and _OTHER_DEVICE.fullmatch(node.value):
            return ast.copy_location(ast.Constant("cpu"), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace a call by what it is given, if that is the network itself."""
        self.generic_visit(node)
        path = self.aliases.path(node.func)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "cuda":
            return node if self.has_cuda else node.func.value
        if isinstance(node.func, ast.Attribute) and node.func.attr in PLACING_METHODS and self._is_network(node):
            return node.func.value
        if path.startswith("torch.") and path.rpartition(".")[2] in WRAPPERS and node.args:
            return node.args[0]
        if path.startswith("torchvision.models"):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg not in {"pretrained", "weights"}]
            node.args = [argument for argument in node.args if not _is_true(argument)]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Take off `@torch.compile`: there is no compiler in the sandbox."""
        node.decorator_list = [mark for mark in node.decorator_list if not self._compiles(mark)]
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Do the same for classes."""
        node.decorator_list = [mark for mark in node.decorator_list if not self._compiles(mark)]
        return self.generic_visit(node)

    def _is_network(self, node: ast.Call) -> bool:
        return any(call is not node and makes_network(self.program, call) for call in products(node))

    def _compiles(self, mark: ast.expr) -> bool:
        return self.aliases.path(mark.func if isinstance(mark, ast.Call) else mark) == "torch.compile"


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


_Node = TypeVar("_Node", bound=ast.AST)


def adapted(node: _Node, program: Program) -> _Node:
    """Return a node changed for this machine; the node must be a copy."""
    return cast(_Node, Adapter(program).visit(node))
