"""The commands of `omics sb tasks`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.words import APP, LIMIT, OF_PROJECT, PROJECT, flag, waiting, with_examples

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
_INPUTS: list[Argument] = [
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
]
_RUNNING: list[Argument] = [
    flag("draft", "Only make the task; don't run it."),
    flag("wait", "Wait until it is over; one that didn't complete ends the command with 1."),
    *waiting("tasks"),
]

OF_TASKS: list[Command] = [
    {
        "command": "tasks ls",
        "summary": "List tasks, the latest first.",
        "description": with_examples("", "tasks ls --project me/my-project --status RUNNING"),
        "run": "omicsdk.cli.commands.sb.tasks:ls",
        "parameters": [
            OF_PROJECT,
            {
                "name": "status",
                "type": "string",
                "default": None,
                "choices": ["DRAFT", "CREATING", "QUEUED", "RUNNING", "COMPLETED", "ABORTING", "ABORTED", "FAILED"],
                "help": "Those that are there.",
            },
            {"name": "parent", "type": "string", "default": None, "help": "The children of a batch, by its id."},
            {"name": "batch", "type": "boolean", "default": None, "help": "Only batches, or with false only others."},
            LIMIT,
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
        "run": "omicsdk.cli.commands.sb.tasks:run",
        "parameters": [
            {**_TASKS, "required": False, "default": [], "help": "Ids of drafts, in place of --app and --project."},
            {"name": "app", "type": "string", "default": None, "help": f"What is run: {APP}."},
            {"name": "project", "type": "string", "default": None, "help": f"Where: {PROJECT}."},
            {
                "name": "name",
                "type": "string",
                "default": None,
                "help": "What the task is called; the app's name by default.",
            },
            *_INPUTS,
            {"name": "description", "type": "string", "default": None, "help": "More about the task."},
            {
                "name": "batch_input",
                "type": "string",
                "default": None,
                "help": "Input whose files are divided among separate tasks; needs --batch-by.",
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
            *_RUNNING,
        ],
    },
    {
        "command": "tasks clone",
        "summary": "Make a task like another and run it.",
        "description": with_examples(
            "Inputs are written as those of omics sb tasks run, and go over the other task's.",
            "tasks clone 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --wait",
            "tasks clone 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --name 'with 8 threads' --input threads=8",
        ),
        "run": "omicsdk.cli.commands.sb.tasks:clone",
        "parameters": [
            {"name": "task", "type": "string", "positional": True, "required": True, "help": "The id of a task."},
            {
                "name": "name",
                "type": "string",
                "default": None,
                "help": "What the new task is called; the platform says when omitted.",
            },
            *_INPUTS,
            *_RUNNING,
        ],
    },
    {
        "command": "tasks wait",
        "summary": "Wait until tasks are over.",
        "description": with_examples(
            "Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the tasks.",
            "tasks wait 5c4b9a0e-8a52-4b7d-9d5e-6d8f8a5c3f11 --timeout-seconds 7200",
        ),
        "run": "omicsdk.cli.commands.sb.tasks:wait",
        "parameters": [_TASKS, *waiting("tasks")],
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
        "run": "omicsdk.cli.commands.sb.tasks:logs",
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
        "run": "omicsdk.cli.commands.sb.tasks:abort",
        "parameters": [_TASKS],
    },
]
