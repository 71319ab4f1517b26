"""The commands that belong to no service, as data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NotRequired, TypedDict

    from omicsdk.cli.shapes import Command

    class BuiltinGroup(TypedDict):
        """Commands under one word, here or in a module's COMMANDS, which is read when the word is given."""

        title: str
        commands: NotRequired[list[Command]]
        workflows: NotRequired[str]


INDEX = ("files", "builtin", "shell", "login")
"""Names of the files of cli/index with commands of no service; those of a group begin with its word: `sandbox up`."""


GROUPS: dict[str, BuiltinGroup] = {
    "sandbox": {"title": "A local server with every service in it, to try, teach and test."},
    "config": {"title": "Settings, and where each comes from."},
    "alias": {"title": "Your own names for commands, and hca's."},
    "compat": {"title": "Programs for the platforms' published clients, as they are."},
}
