"""What the names of a script stand for: the dotted path behind an import, and whether that is a network of torch."""

import ast
import builtins
from dataclasses import dataclass, field

import torch
from torch import nn

LIGHTNING = ("pytorch_lightning", "lightning", "lightning_lite")


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for a chain of names, and "" for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def root(node: ast.AST) -> str:
    """Return the name at the bottom of attributes, items and calls, `model` of `model.layers[0].weight`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


@dataclass
class Aliases:
    """Names that imports bind, with the path they stand for, and the modules that are imported with a star."""

    paths: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    def path(self, node: ast.AST) -> str:
        """Return the full path of a chain of names: `torch.nn.Linear` for `nn.Linear`."""
        chain = dotted(node)
        if not chain:
            return ""
        first, _, rest = chain.partition(".")
        start = self.paths.get(first) or self._by_star(first)
        return f"{start}.{rest}" if rest else start

    def _by_star(self, name: str) -> str:
        if hasattr(builtins, name):
            return name
        for module in self.stars:
            if module.startswith("torch.nn") and hasattr(nn, name):
                return f"torch.nn.{name}"
            if module == "torch" and name in {"nn", "optim", "utils"}:
                return f"torch.{name}"
        return name


def find_aliases(tree: ast.Module) -> Aliases:
    """Collect the imports of the whole file, also those inside functions, and plain renamings of what they bind."""
    aliases = Aliases()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases.paths[name.asname or name.name.split(".")[0]] = name.name if name.asname else _first(name.name)
        elif isinstance(node, ast.ImportFrom):
            _add_from(aliases, node)
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            _add_renaming(aliases, statement.targets[0].id, statement.value)
    return aliases


def _first(path: str) -> str:
    return path.split(".")[0]


def _add_from(aliases: Aliases, node: ast.ImportFrom) -> None:
    module = "." * node.level + (node.module or "")
    for name in node.names:
        if name.name == "*":
            aliases.stars.append(module)
        else:
            aliases.paths[name.asname or name.name] = f"{module}.{name.name}"


def _add_renaming(aliases: Aliases, name: str, value: ast.expr) -> None:
    if dotted(value) and _first(dotted(value)) in aliases.paths:
        aliases.paths.setdefault(name, aliases.path(value))


def torch_class(path: str) -> type[nn.Module] | None:
    """Return the class of torch that a path names, if it is a network or a layer."""
    if not path.startswith(("torch.nn.", "torch.jit.")):
        # `nn` without its import: the script fails later with Python's own words, not with “there is no network”.
        return nn.Module if path == "nn.Module" else None
    found: object = torch
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, nn.Module) else None


def is_network_class(path: str) -> bool:
    """Say whether a path outside the file names a class of networks."""
    if torch_class(path):
        return True
    first, _, last = path.rpartition(".")
    if last == "LightningModule" and _first(path) in LIGHTNING:
        return True
    return first.startswith("torchvision.models") and last[:1].isupper() and "_" not in last


def is_loss_class(path: str) -> bool:
    """Say whether a path names one of torch's losses."""
    found = torch_class(path)
    return found is not None and issubclass(found, nn.modules.loss._Loss)


def makes_ready_network(path: str) -> bool:
    """Say whether calling what a path names gives a whole network, such as torchvision's resnet18."""
    makers = ("torchvision.models.", "timm.create_model", "torch.hub.load")
    return path.startswith(makers) and not path.endswith("_Weights")
