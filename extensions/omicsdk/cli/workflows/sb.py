"""Seven Bridges' commands beside its operations."""

from __future__ import annotations

from omicsdk.cli.workflows.sb_files import FILES, MANIFEST, flag, with_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_TASKS: Argument = {
    "name": "tasks",
    "type": "array",
    "items": "string",
    "positional": True,
    "required": True,
    "help": "Ids of tasks.",
}
_LIMIT: Argument = {
    "name": "limit",
    "type": "integer",
    "default": None,
    "help": "So many at most; all when omitted.",
}
_WAITING: list[Argument] = [
    {
        "name": "period",
        "type": "number",
        "default": 10,
        "help": "Seconds between two looks at the tasks, 1 or more.",
    },
    {
        "name": "timeout_seconds",
        "type": "number",
        "default": None,
        "help": "Seconds to wait at most; as long as it takes when omitted.",
    },
]
_APP = "owner/project/app, with /revision behind it where a certain one is meant"
_PROJECT = "owner/project or sb://owner/project"

_OF_TASKS: list[Command] = [
    {
        "command": "tasks ls",
        "summary": "List tasks, the latest first.",
        "description": with_examples("", "tasks ls --project me/my-project --status RUNNING"),
        "run": "omicsdk.cli.commands.sb_tasks:ls",
        "parameters": [
            {"name": "project", "type": "string", "default": None, "help": f"Those of a project: {_PROJECT}."},
            {
                "name": "status",
                "type": "string",
                "default": None,
                "choices": ["DRAFT", "CREATING", "QUEUED", "RUNNING", "COMPLETED", "ABORTING", "ABORTED", "FAILED"],
                "help": "Those that are there.",
            },
            {"name": "parent", "type": "string", "default": None, "help": "The children of a batch, by its id."},
            {"name": "batch", "type": "boolean", "default": None, "help": "Only batches, or with false only others."},
            _LIMIT,
        ],
    },
    {
        "command": "tasks run",
        "summary": "Make a task and run it, or run tasks that are drafts.",
        "description": with_examples(
            "Inputs are key=value: JSON, or else text; an sb:// path becomes the file or folder that it names. A key that is "
            "given several times becomes a list.",
            "tasks run --app me/my-project/bwa --project me/my-project --input reads=sb://me/my-project/a.fastq threads=4",
            "tasks run --app me/my-project/bwa/3 --project me/my-project --inputs @inputs.json --wait",
            "tasks run 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11",
        ),
        "run": "omicsdk.cli.commands.sb_tasks:run",
        "parameters": [
            {**_TASKS, "required": False, "default": [], "help": "Ids of drafts, in place of --app and --project."},
            {"name": "app", "type": "string", "default": None, "help": f"What is run: {_APP}."},
            {"name": "project", "type": "string", "default": None, "help": f"Where: {_PROJECT}."},
            {
                "name": "name",
                "type": "string",
                "default": None,
                "help": "What the task is called; the app's name by default.",
            },
            {
                "name": "input",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Inputs, as key=value.",
            },
            {
                "name": "inputs",
                "type": "object",
                "default": None,
                "help": "Inputs as one JSON object, or @ and the name of a file that holds it; --input goes over them.",
            },
            {"name": "description", "type": "string", "default": None, "help": "More about the task."},
            {
                "name": "batch_input",
                "type": "string",
                "default": None,
                "help": "Input whose files are shared out to tasks of their own; needs --batch-by.",
            },
            {
                "name": "batch_by",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "By what: item (a task a file), or keys such as metadata.sample_id (a task a value).",
            },
            flag("interruptible", "Use instances that may be taken away, which cost less."),
            {
                "name": "instance_type",
                "type": "string",
                "default": None,
                "help": "What the task runs on, such as c4.2xlarge;ebs-gp2;2000.",
            },
            flag("draft", "Only make the task; don't run it."),
            flag("wait", "Wait until it is over; one that didn't complete ends the command with 1."),
            *_WAITING,
        ],
    },
    {
        "command": "tasks wait",
        "summary": "Wait until tasks are over.",
        "description": with_examples(
            "Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the tasks.",
            "tasks wait 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --timeout-seconds 7200",
        ),
        "run": "omicsdk.cli.commands.sb_tasks:wait",
        "parameters": [_TASKS, *_WAITING],
    },
    {
        "command": "tasks logs",
        "summary": "Show the jobs of a task with their logs, print logs, or download them.",
        "description": with_examples(
            "",
            "tasks logs 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11",
            "tasks logs 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --log std.err",
            "tasks logs 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --download-dir logs",
        ),
        "run": "omicsdk.cli.commands.sb_tasks:logs",
        "parameters": [
            {
                "name": "task",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "The id of a task; of a batch its children's.",
            },
            {"name": "job", "type": "string", "default": None, "help": "Only of this job."},
            {
                "name": "log",
                "type": "string",
                "default": None,
                "help": "Print the logs of this name, such as std.err or stderr.log.",
            },
            {
                "name": "download_dir",
                "type": "string",
                "default": None,
                "help": "Download the logs into this folder, one below it for each job.",
            },
            flag("overwrite", "Replace local files that are there already."),
        ],
    },
    {
        "command": "tasks abort",
        "summary": "Stop tasks.",
        "description": with_examples("", "tasks abort 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11"),
        "run": "omicsdk.cli.commands.sb_tasks:abort",
        "parameters": [_TASKS],
    },
]

_OF_PROJECTS: list[Command] = [
    {
        "command": "projects ls",
        "summary": "List projects.",
        "run": "omicsdk.cli.commands.sb_projects:ls",
        "parameters": [
            {
                "name": "owner",
                "type": "string",
                "default": None,
                "help": "Those of an owner; all of yours when omitted.",
            },
            {"name": "name", "type": "string", "default": None, "help": "With this in their names."},
            {"name": "tag", "type": "array", "items": "string", "default": None, "help": "With all of these tags."},
            _LIMIT,
        ],
    },
    {
        "command": "projects create",
        "summary": "Make a project.",
        "description": with_examples("", "projects create 'My project' --tag hg38"),
        "run": "omicsdk.cli.commands.sb_projects:create",
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
        "command": "projects members",
        "summary": "List the members of a project, add some or change what they may do, take some away.",
        "description": with_examples(
            "",
            "projects members me/my-project",
            "projects members me/my-project --add ann bob --permissions read copy",
            "projects members me/my-project --remove bob",
        ),
        "run": "omicsdk.cli.commands.sb_projects:members",
        "parameters": [
            {"name": "project", "type": "string", "positional": True, "required": True, "help": f"{_PROJECT}."},
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
            {"name": "remove", "type": "array", "items": "string", "default": None, "help": "Users who go."},
        ],
    },
]

_OF_APPS: list[Command] = [
    {
        "command": "apps ls",
        "summary": "List apps.",
        "description": with_examples("", "apps ls --project me/my-project", "apps ls --visibility public --search bwa"),
        "run": "omicsdk.cli.commands.sb_apps:ls",
        "parameters": [
            {"name": "project", "type": "string", "default": None, "help": f"Those of a project: {_PROJECT}."},
            {
                "name": "visibility",
                "type": "string",
                "choices": ["private", "public"],
                "default": None,
                "help": "Yours, or everybody's; yours when omitted.",
            },
            {"name": "search", "type": "array", "items": "string", "default": None, "help": "With all of these words."},
            _LIMIT,
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
        "run": "omicsdk.cli.commands.sb_apps:install",
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
        "run": "omicsdk.cli.commands.sb_apps:copy",
        "parameters": [
            {"name": "app", "type": "string", "positional": True, "required": True, "help": f"The app: {_APP}."},
            {
                "name": "project",
                "type": "string",
                "positional": True,
                "required": True,
                "help": f"Where to: {_PROJECT}.",
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

_OF_VOLUMES: list[Command] = [
    {
        "command": "volumes ls",
        "summary": "List volumes, or what is on one.",
        "description": with_examples("", "volumes ls", "volumes ls me/my_bucket --prefix reads/"),
        "run": "omicsdk.cli.commands.sb_volumes:ls",
        "parameters": [
            {
                "name": "volume",
                "type": "string",
                "positional": True,
                "default": None,
                "help": "owner/volume; all volumes when omitted.",
            },
            {"name": "prefix", "type": "string", "default": None, "help": "Only what begins so."},
            _LIMIT,
        ],
    },
]

COMMANDS: list[Command] = [*FILES, *_OF_TASKS, *_OF_PROJECTS, *_OF_APPS, *_OF_VOLUMES, *MANIFEST]
