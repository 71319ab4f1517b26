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
    return [found for found in every_command() if "run" in found.command]


def by_group(commands: Iterable[CommandNode]) -> dict[str, list[CommandNode]]:
    """Commands by the first word after `omics`; those of one word are in the group `omics`."""
    groups = defaultdict[str, list[CommandNode]](list)
    for found in commands:
        groups[found.path[0] if len(found.path) > 1 else "omics"].append(found)
    return dict(groups)


def line(found: CommandNode) -> str:
    """A command as it is typed."""
    return " ".join(["omics", *found.path])


def _below(group: Group) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for below in group.below():
        yield from _below(below)


def leaf_commands() -> dict[str, CommandNode]:
    """Return the commands that are no groups."""
    catalog = Catalog()

    def below(node: Group) -> Iterator[CommandNode]:
        for word in node.next_words():
            found = catalog.follow(node if node.path else None, [word])
            if isinstance(found, Group):
                yield from below(found)
            else:
                yield found

    return {" ".join(each.path): each for each in below(catalog.root())}
