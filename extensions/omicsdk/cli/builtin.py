"""The commands that belong to no service, as data."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NotRequired, TypedDict

    from omicsdk.cli.shapes import Argument, Command

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

_TIMEOUT: Argument = {
    "name": "timeout",
    "type": "number",
    "convert": "omicsdk.cli.commands.numbers:above_0",
    "default": 10,
    "help": "Seconds that each step of a call may take.",
}

COMMANDS: list[Command] = [
    {
        "command": "init",
        "summary": "Find the settings and credentials of all platforms, try them, and say how to get what is missing.",
        "description": "Looks where each platform's own programs keep theirs: variables, and files in your home. Secrets are never "
        "shown. On a terminal it asks before it tries or writes anything; elsewhere it does neither without an option for it.\n\n"
        "Examples:\n\n    omics init\n    omics init --check --output json",
        "run": "omicsdk.cli.commands.init:init",
        "bare": True,
        "parameters": [
            {
                "name": "check",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Try each with one call that changes nothing, without asking, and write nothing; ends with 1 when one fails.",
            },
            _TIMEOUT,
        ],
    },
]
