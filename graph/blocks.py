"""Which network stands in which: what can be said of blocks without any shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.document import Network, Node, Project, Value
from graph.errors import DocumentError
from graph.expressions import Scalar, evaluated
from graph.uses import used_networks

__all__ = [
    "DEEPEST",
    "arguments_of",
    "check_block",
    "default_arguments",
    "given_arguments",
    "inner_networks",
    "innermost_first",
    "recursion",
    "root_networks",
    "too_deep",
    "used_with_blocks",
    "with_blocks",
]

#: How many times a network may stand in a network that stands in a network ...
DEEPEST = 30


def inner_networks(network: Network) -> list[str]:
    """Return the names of the networks that stand in one as blocks, each once."""
    names = (node.params.get("network") for node in network.by_kind("Block"))
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def recursion(project: Project, outer: str, inner: str) -> list[str] | None:
    """Return the path by which a block of `inner` in `outer` would hold itself, or None.

    It begins and ends with `outer`: ``["net", "stage", "net"]``.
    """
    before: dict[str, str] = {inner: outer}
    waiting = [inner]
    while waiting:
        name = waiting.pop()
        if name == outer:
            path = [name]
            while len(path) == 1 or path[-1] != outer:
                path.append(before[path[-1]])
            return path[::-1]
        if name in project.networks:
            for found in inner_networks(project.networks[name]):
                if found not in before:
                    before[found] = name
                    waiting.append(found)
    return None


def check_block(project: Project, outer: str, inner: str) -> None:
    """Raise DocumentError where a block of `inner` in `outer` would hold itself."""
    path = recursion(project, outer, inner)
    if path is not None:
        raise DocumentError(
            f"A block of {inner!r} cannot stand in {outer!r}: it would hold itself, "
            f"{' -> '.join(path)}."
        )


def too_deep(project: Project, name: str) -> bool:
    """Whether networks stand in networks more than :data:`DEEPEST` times below this one."""
    level = {name}
    for _ in range(DEEPEST):
        networks = [project.networks[n] for n in level if n in project.networks]
        level = {inner for network in networks for inner in inner_networks(network)}
        if not level:
            return False
    return True


def with_blocks(project: Project, names: Iterable[str]) -> list[str]:
    """Return these networks and all that stand in them, in the project's order."""
    found: set[str] = set()
    waiting = [name for name in names if name in project.networks]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            inner = inner_networks(project.networks[name])
            waiting += [n for n in inner if n in project.networks]
    return [name for name in project.networks if name in found]


def used_with_blocks(project: Project) -> list[str]:
    """Return the networks that the training graph uses, with the blocks in them."""
    return with_blocks(project, used_networks(project))


def root_networks(project: Project) -> list[str]:
    """Return the networks that are more than blocks of others."""
    uses = used_networks(project)
    inner = {name for network in project.networks.values() for name in inner_networks(network)}
    return [name for name in project.networks if name in uses or name not in inner]


def innermost_first(project: Project, names: Iterable[str]) -> list[str]:
    """Return networks in an order in which each comes after those that stand in it."""
    wanted, done = dict.fromkeys(names), dict[str, None]()
    for start in wanted:
        stack = [(start, False)]
        entered: set[str] = set()
        while stack:
            name, left = stack.pop()
            if left:
                done[name] = None
            elif name not in done and name not in entered:
                entered.add(name)
                stack.append((name, True))
                stack += [(n, False) for n in inner_networks(project.network(name)) if n in wanted]
    return list(done)


# -- arguments ------------------------------------------------------------------------------------


def default_arguments(network: Network) -> dict[str, Scalar]:
    """Return the value that each argument of a network has where none is given."""
    return {argument.name: argument.default for argument in network.arguments}


def given_arguments(node: Node) -> dict[str, Value]:
    """Return what a block gives for the arguments of its network, expressions as they are."""
    pairs = node.params.get("arguments")
    found: dict[str, Value] = {}
    for pair in pairs if isinstance(pairs, tuple) else ():
        if isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str):
            found[pair[0]] = pair[1]
    return found


def arguments_of(network: Network, node: Node, outer: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return the value of every argument of a block's network.

    `outer` are the arguments of the network that the block stands in. What does not belong is
    left out: that is a problem of its own. Raises ExpressionError.
    """
    given = given_arguments(node)
    found = default_arguments(network)
    for argument in network.arguments:
        if argument.name in given:
            value = evaluated(given[argument.name], outer)
            if argument.takes(value):
                found[argument.name] = value
    return found
