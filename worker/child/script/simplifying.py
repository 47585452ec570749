"""Expressions of a script that mean something plain, put in other words before anything is looked for."""

import ast

from worker.child.script.aliases import Aliases, dotted


def simplified(tree: ast.Module, aliases: Aliases, modules: frozenset[str]) -> ast.Module:
    """Return the tree in plainer words; `modules` are those that cells of the notebook write."""
    simplifier = Simplifier(aliases, modules)
    simpler: ast.Module = simplifier.visit(tree)
    for name in simplifier.models:
        aliases.paths[name] = f"torchvision.models.{name}"
        simpler.body.insert(0, ast.ImportFrom("torchvision.models", [ast.alias(name)], 0))
    return ast.fix_missing_locations(simpler)


class Simplifier(ast.NodeTransformer):
    """Puts 10 for `len(train_data.classes)`, as the data are left out, and `Net` for `my_nets.Net` of another cell."""

    def __init__(self, aliases: Aliases, modules: frozenset[str]) -> None:
        self.aliases = aliases
        self.modules = modules
        self.models: set[str] = set()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace a count of the classes, and torch.hub by torchvision, where it would take the network from."""
        self.generic_visit(node)
        if self.aliases.path(node.func) == "torch.hub.load" and (name := _vision_model(node)):
            self.models.add(name)
            return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), node.args[2:], node.keywords), node)
        is_count = dotted(node.func) == "len" and len(node.args) == 1
        named = getattr(node.args[0], "attr", "") if is_count else ""
        return ast.copy_location(ast.Constant(10), node) if named in {"classes", "class_to_idx"} else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Replace what was imported from a module that another cell writes."""
        return self._of_written_module(node) or node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Do the same for an attribute of such a module."""
        return self._of_written_module(node) or self.generic_visit(node)

    def _of_written_module(self, node: ast.Name | ast.Attribute) -> ast.Name | None:
        module, _, name = self.aliases.path(node).partition(".") if self.modules else ("", "", "")
        is_plain = module in self.modules and name.isidentifier() and isinstance(node.ctx, ast.Load)
        return ast.copy_location(ast.Name(name, ast.Load()), node) if is_plain else None


def _vision_model(call: ast.Call) -> str:
    """The name of the network of `torch.hub.load("pytorch/vision", "resnet18")`, "" for other places."""
    given = [part.value if isinstance(part, ast.Constant) else "" for part in call.args[:2]]
    is_vision = len(given) == 2 and str(given[0]).startswith("pytorch/vision") and str(given[1]).isidentifier()
    return str(given[1]) if is_vision else ""
