"""The Data Store's commands that are not in the index yet."""

from __future__ import annotations

from omicsdk.cli.workflows.login import login_commands
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

_COMMANDS: list[Command] = [
    *login_commands("dss"),
    {
        "command": "refresh-swagger",
        "summary": "Nothing to do: no definitions of services are cached.",
        "run": "omicsdk.cli.commands.documented:nothing_cached",
        "bare": True,
        "parameters": [],
    },
    {
        "command": "get-events",
        "extends": True,
        "parameters": [
            {
                "name": "from_date",
                "convert": "omicsdk.hca.dss.bundles:version_of",
                "help": "Earliest time: a date such as 2019-08-01, a time such as 2019-08-01T20:01:47Z, or a DSS_VERSION. The "
                "beginning of all events when omitted.",
            },
            {
                "name": "to_date",
                "convert": "omicsdk.hca.dss.bundles:version_of",
                "help": "The time before which events are listed, written likewise; now when omitted.",
            },
        ],
    },
]

COMMANDS = exemplified("dss", _COMMANDS, {"login": ("", "--remote"), "logout": ("",), "refresh-swagger": ("",)})
