"""Which network of a script is meant: what could be one, and what the script itself trains."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from worker.child.script.aliases import dotted, makes_ready_network
from worker.child.script.evidence import MADE, OPTIMIZED, weigh
from worker.child.script.names import FUNCTIONS
from worker.child.script.program import Program
from worker.child.script.sites import Site, find_builders, find_sites


@dataclass(frozen=True)
class Network:
    """Something that could be the network, and the site at which the script most surely trains it."""

    name: str
    line: int
    site: Site | None
    weight: int


def find_networks(program: Program) -> list[Network]:
    """Return all networks in the order of the file: candidates for the choice and the parts that they use."""
    weights = weigh(program, find_sites(program))
    nodes = {name: program.classes[name][0] for name in program.networks - program.losses}
    builders = {name: program.functions[name].node for name in find_builders(program)}
    lines = {name: getattr(node, "lineno", 1) for name, node in (builders | nodes).items()}
    for site, weight in weights.items():
        is_part = "." in site.variable and not (site.variable.startswith("self.") and weight == OPTIMIZED)
        if not site.is_class and not is_part and (weight == OPTIMIZED or _is_whole(program, site)):
            lines.setdefault(site.network, site.leaf.line)
    networks = [_network(name, line, weights) for name, line in lines.items()]
    return sorted(networks, key=lambda network: network.line)


def _is_whole(program: Program, site: Site) -> bool:
    path = program.aliases.path(site.call.func)
    if program.networks_in_table(site.call.func):
        return True
    return path.endswith(".Sequential") or makes_ready_network(path)


def _network(name: str, line: int, weights: dict[Site, int]) -> Network:
    sites = [site for site in weights if site.network == name]
    weight = max((weights[site] for site in sites), default=0)
    best = [site for site in sites if weights[site] == weight]
    # The same variable may hold several networks in turn; one that ends in ten numbers is the one for digits.
    digits = [site for site in best if not site.is_class and _mentions_ten(site)]
    if digits:
        return Network(name, digits[-1].leaf.line, digits[-1], weight)
    return Network(name, line, best[-1] if best else None, weight)


def _mentions_ten(site: Site) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == 10 for node in ast.walk(site.call))


def find_candidates(program: Program, networks: list[Network]) -> list[Network]:
    """Return those that could be the whole network: none that another one uses as a part."""
    parts = _parts(program, networks)
    whole = [network for network in networks if network.name not in parts or network.weight == OPTIMIZED]
    complete = [network for network in whole if network.weight > MADE or _has_forward(program, network.name)]
    return complete or whole or networks


def _parts(program: Program, networks: list[Network]) -> set[str]:
    found: set[str] = set()
    for network in networks:
        if network.name in program.classes:
            found |= _used_by_class(program, network.name)
    for network in networks:
        if network.site and not network.site.is_class:
            found |= program.networks_in_table(network.site.call.func)
    found |= _used_by_sites(networks)
    found |= _used_by_builders(program, networks)
    return found


def _used_by_class(program: Program, name: str) -> set[str]:
    node = program.classes[name][0]
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - {name}


def _used_by_sites(networks: list[Network]) -> set[str]:
    """Networks that are handed to the constructor of another one, or added to it afterwards."""
    found: set[str] = set()
    for user in networks:
        if user.site is None:
            continue
        handed = _names_handed(user.site)
        inside = {id(inner) for inner in ast.walk(user.site.call) if inner is not user.site.call}
        for part in networks:
            if part.site and part is not user and (part.site.variable in handed or id(part.site.call) in inside):
                found.add(part.name)
    return found


def _names_handed(site: Site) -> set[str]:
    given: list[ast.AST] = [*site.call.args, *(keyword.value for keyword in site.call.keywords)]
    added = [leaf.node for leaf in site.scope.leaves if site.variable and site.variable in leaf.changed]
    return _names(given) | (_names(added) - {site.variable})


def _names(nodes: Iterable[ast.AST]) -> set[str]:
    return {inner.id for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _used_by_builders(program: Program, networks: list[Network]) -> set[str]:
    """What a function builds that the script calls; else the function, if what it builds has a name."""
    found: set[str] = set()
    for builder in networks:
        if builder.name in program.classes or builder.name not in program.functions:
            continue
        scope = program.functions[builder.name]
        inner = {network.name for network in networks if network.site and network.site.scope is scope}
        has_class = bool(inner & set(program.classes))
        found |= {builder.name} if has_class and not builder.site else inner
    return found


def _has_forward(program: Program, name: str) -> bool:
    if name not in program.classes:
        return True
    node = program.classes[name][0]
    if any(isinstance(member, FUNCTIONS) and member.name == "forward" for member in node.body):
        return True
    bases = [dotted(base) for base in node.bases]
    outside = [program.aliases.path(base) for base in node.bases if dotted(base) not in program.classes]
    # A class derived from nn.Sequential or from a finished network has its forward from there.
    inherits = any(not path.endswith(("nn.Module", "LightningModule", "object", "ABC")) for path in outside)
    return inherits or any(_has_forward(program, base) for base in bases if base in program.classes and base != name)


def choose(candidates: list[Network]) -> Network | None:
    """Return the one that the script trains, or None if that cannot be told."""
    most = max((network.weight for network in candidates), default=0)
    best = [network for network in candidates if network.weight == most]
    return best[0] if len(best) == 1 else None
