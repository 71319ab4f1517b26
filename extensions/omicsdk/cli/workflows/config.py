"""The commands of `omics config`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_NAME: Argument = {
    "name": "name",
    "type": "string",
    "positional": True,
    "required": True,
    "help": "Path of the setting, joined by dots: DSSClient.swagger_url. A dot within a name has a backslash "
    "before it.",
}
_FILE: Argument = {
    "name": "file",
    "type": "string",
    "default": None,
    "help": "Settings file to change; by default your own, see omics config path.",
}

_COMMANDS: list[Command] = [
    {
        "command": "list",
        "summary": "Show every setting with its value (secrets masked) and its origin.",
        "description": "Settings of the HCA configuration, built-in ones included, then the environment variables that are set "
        "and looked at, those of the other platforms among them.",
        "run": "omicsdk.cli.commands.config:list_settings",
        "bare": True,
        "parameters": [
            {
                "name": "show_origin",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Name the line in the file, too.",
            }
        ],
    },
    {
        "command": "get",
        "summary": "Print one setting; ends with 1 when it isn't set.",
        "description": "Text is printed as it is, anything else as JSON. Secrets aren't printed.",
        "run": "omicsdk.cli.commands.config:get",
        "bare": True,
        "parameters": [_NAME],
    },
    {
        "command": "set",
        "summary": "Write one setting into your settings file.",
        "description": "Everything else in the file stays as it is. Defaults of commands are set like any other setting: "
        "omics config set dss.download.num_retries 3",
        "run": "omicsdk.cli.commands.config_changes:set_setting",
        "bare": True,
        "parameters": [
            _NAME,
            {
                "name": "value",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "JSON, or else text. - reads it from stdin; secrets are taken from there only.",
            },
            {
                "name": "text",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Take the value as text even if it is JSON.",
            },
            _FILE,
        ],
    },
    {
        "command": "unset",
        "summary": "Take one setting out of your settings file; ends with 1 when it isn't there.",
        "run": "omicsdk.cli.commands.config_changes:unset_setting",
        "bare": True,
        "parameters": [_NAME, _FILE],
    },
    {
        "command": "path",
        "summary": "Show the settings files in the order in which they are read; the last wins.",
        "run": "omicsdk.cli.commands.config:paths",
        "bare": True,
        "parameters": [],
    },
]

_EXAMPLES = {
    "list": (
        "",
        "--show-origin",
    ),
    "get": ("DSSClient.swagger_url",),
    "set": (
        "DSSClient.swagger_url https://dss.example.org/v1/swagger.json",
        "dss.download.num_retries 3",
    ),
    "unset": ("dss.download.num_retries",),
    "path": ("",),
}

COMMANDS = exemplified("config", _COMMANDS, _EXAMPLES)
