"""Every command of `omics`, by its words."""

from collections.abc import Iterator

from omicsdk.cli.catalog import Catalog
from omicsdk.cli.program import CommandNode, Group


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
