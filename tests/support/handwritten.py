"""Every handwritten command, wherever it stands."""

from collections.abc import Iterator

from omicsdk.cli.catalog import Catalog, Found, Group


def handwritten() -> list[Found]:
    """All of them, in the order of the help."""
    return list(_below(Catalog().root()))


def _below(group: Group) -> Iterator[Found]:
    for found in group.found():
        if "run" in found.command:
            yield found
    for below in group.below():
        yield from _below(below)
