"""The commands of `omics sb projects`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.words import DRY_RUN, LIMIT, PROJECT, with_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

OF_PROJECTS: list[Command] = [
    {
        "command": "projects ls",
        "summary": "List projects.",
        "run": "omicsdk.cli.commands.sb.projects:ls",
        "parameters": [
            {
                "name": "owner",
                "type": "string",
                "default": None,
                "help": "Those of an owner; all of yours when omitted.",
            },
            {"name": "name", "type": "string", "default": None, "help": "With this in their names."},
            {"name": "tag", "type": "array", "items": "string", "default": None, "help": "With all of these tags."},
            LIMIT,
        ],
    },
    {
        "command": "projects create",
        "summary": "Make a project.",
        "description": with_examples("", "projects create 'My project' --tag hg38"),
        "run": "omicsdk.cli.commands.sb.projects:create",
        "parameters": [
            {
                "name": "name",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "What it is called; the platform makes its id of that.",
            },
            {
                "name": "billing_group",
                "type": "string",
                "default": None,
                "help": "Id of the billing group that pays; when omitted your only one.",
            },
            {"name": "description", "type": "string", "default": None, "help": "More about it."},
            {"name": "tag", "type": "array", "items": "string", "default": None, "help": "Its tags."},
            {"name": "settings", "type": "object", "default": None, "help": "Its settings."},
        ],
    },
    {
        "command": "projects rm",
        "summary": "Delete projects with all that is in them, permanently.",
        "description": with_examples(
            "On a terminal it asks first, unless --yes is given.", "projects rm me/old-project --dry-run"
        ),
        "run": "omicsdk.cli.commands.sb.projects:rm",
        "parameters": [
            {
                "name": "projects",
                "type": "array",
                "items": "string",
                "positional": True,
                "required": True,
                "help": f"Projects: {PROJECT}.",
            },
            DRY_RUN,
        ],
    },
    {
        "command": "projects members",
        "summary": "List the members of a project, add some or change what they may do, take some away.",
        "description": with_examples(
            "",
            "projects members me/my-project",
            "projects members me/my-project --add ann bob --permissions read copy",
            "projects members me/my-project --remove bob",
        ),
        "run": "omicsdk.cli.commands.sb.projects:members",
        "parameters": [
            {"name": "project", "type": "string", "positional": True, "required": True, "help": f"{PROJECT}."},
            {
                "name": "add",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Users, or mail addresses of people, who become members or get other permissions.",
            },
            {
                "name": "permissions",
                "type": "array",
                "items": "string",
                "choices": ["read", "copy", "write", "execute", "admin"],
                "default": ["read"],
                "help": "What those may do; nothing else.",
            },
            {
                "name": "remove",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Users who are members no longer.",
            },
        ],
    },
]
