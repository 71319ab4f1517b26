"""Every command, wherever it is, and those that are handwritten."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from omicsdk.cli.catalog import Catalog
from omicsdk.cli.program import CommandNode, Group


def every_command() -> list[CommandNode]:
    """All of them, in the order of the help."""
    return list(_below(Catalog().root()))


def handwritten() -> list[CommandNode]:
    """All that are handwritten, in the same order."""
    return [node for node in every_command() if "run" in node.command]


def by_group(commands: Iterable[CommandNode]) -> dict[str, list[CommandNode]]:
    """Commands by the first word after `omics`; those of one word are in the group `omics`."""
    groups = defaultdict[str, list[CommandNode]](list)
    for node in commands:
        groups[node.path[0] if len(node.path) > 1 else "omics"].append(node)
    return dict(groups)


def line(node: CommandNode) -> str:
    """A command as it is typed."""
    return " ".join(["omics", *node.path])


def _below(group: Group) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for below in group.below():
        yield from _below(below)


def leaf_commands() -> dict[str, CommandNode]:
    """Return the commands that are no groups."""
    catalog = Catalog()

    def below(node: Group) -> Iterator[CommandNode]:
        for word in node.next_words():
            child = catalog.follow(node if node.path else None, [word])
            if isinstance(child, Group):
                yield from below(child)
            else:
                yield child

    return {" ".join(command.path): command for command in below(catalog.root())}
