"""The commands of `omics sb apps`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.words import APP, LIMIT, OF_PROJECT, PROJECT, flag, with_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

OF_APPS: list[Command] = [
    {
        "command": "apps ls",
        "summary": "List apps.",
        "description": with_examples("", "apps ls --project me/my-project", "apps ls --visibility public --search bwa"),
        "run": "omicsdk.cli.commands.sb.apps:ls",
        "parameters": [
            OF_PROJECT,
            {
                "name": "visibility",
                "type": "string",
                "choices": ["private", "public"],
                "default": None,
                "help": "Yours, or everybody's; yours when omitted.",
            },
            {"name": "search", "type": "array", "items": "string", "default": None, "help": "With all of these words."},
            LIMIT,
        ],
    },
    {
        "command": "apps get",
        "summary": "Print the CWL of an app, as omics sb apps install takes it.",
        "description": with_examples(
            "", "apps get me/my-project/bwa > bwa.cwl", "apps get admin/sbg-public-data/bwa-mem-bundle/3"
        ),
        "run": "omicsdk.cli.commands.sb.apps:get",
        "parameters": [
            {
                "name": "app",
                "type": "string",
                "positional": True,
                "required": True,
                "help": f"The app: {APP}; the latest revision without.",
            }
        ],
    },
    {
        "command": "apps install",
        "summary": "Install an app from a CWL file, as a new revision where it is there already.",
        "description": with_examples(
            "The file is JSON or YAML. A workflow or tool that refers to other files becomes one document; that needs the extra: "
            "pip install 'omicsdk[cwl]'.",
            "apps install bwa.cwl me/my-project/bwa --note 'more memory'",
            "apps install workflow.cwl me/my-project/workflow --dry-run",
        ),
        "run": "omicsdk.cli.commands.sb.apps:install",
        "parameters": [
            {"name": "file", "type": "string", "positional": True, "required": True, "help": "The CWL file."},
            {
                "name": "app",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "What it becomes: owner/project/app.",
            },
            {"name": "note", "type": "string", "default": None, "help": "What is new in this revision."},
            flag("dry_run", "Only print the document that would be sent, as one; nothing is."),
        ],
    },
    {
        "command": "apps copy",
        "summary": "Copy an app into a project.",
        "description": with_examples("", "apps copy admin/sbg-public-data/bwa-mem me/my-project"),
        "run": "omicsdk.cli.commands.sb.apps:copy",
        "parameters": [
            {"name": "app", "type": "string", "positional": True, "required": True, "help": f"The app: {APP}."},
            {
                "name": "project",
                "type": "string",
                "positional": True,
                "required": True,
                "help": f"Where to: {PROJECT}.",
            },
            {"name": "name", "type": "string", "default": None, "help": "What it is called there."},
            {
                "name": "strategy",
                "type": "string",
                "choices": ["clone", "direct", "clone_direct", "transient"],
                "default": None,
                "help": "What it keeps of its origin: clone (all revisions; when omitted), direct (the latest), clone_direct or "
                "transient.",
            },
        ],
    },
]
