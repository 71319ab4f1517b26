"""The commands of `omics sandbox`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_URL: Argument = {"name": "url", "type": "string", "help": "A running sandbox, such as http://127.0.0.1:8080."}
_DIR: Argument = {"name": "dir", "type": "string", "help": "The folder of a sandbox that isn't running."}
_SNAPSHOT: Argument = {
    "name": "file",
    "type": "string",
    "positional": True,
    "required": True,
    "help": "The file with the state.",
}

_COMMANDS: list[Command] = [
    {
        "command": "up",
        "summary": "Start the server; Ctrl-C ends it.",
        "description": "State is kept in the folder and is there again the next time. What to set for other programs "
        "to find the server is printed as shell lines. Needs the extra: pip install 'omicsdk[sandbox]'.",
        "run": "omicsdk.cli.commands.sandbox:up",
        "bare": True,
        "parameters": [
            {
                "name": "port",
                "type": "integer",
                "default": 0,
                "help": "TCP port; 0 picks a free one.",
            },
            {
                "name": "dir",
                "type": "string",
                "default": "omics-sandbox",
                "help": "Folder that keeps the state; made when it isn't there.",
            },
            {
                "name": "faults",
                "type": "string",
                "help": "YAML or JSON file of faults that the server shall show.",
            },
            {
                "name": "host",
                "type": "string",
                "default": "127.0.0.1",
                "help": "Address to listen on. With another one, such as 0.0.0.0 in a container, any user who reaches "
                "this machine controls the sandbox.",
            },
            {
                "name": "s3_port",
                "type": "integer",
                "default": 0,
                "help": "TCP port of the S3 server; 0 picks a free one.",
            },
            {
                "name": "allow_host",
                "repeated": True,
                "type": "array",
                "items": "string",
                "help": "Host names besides localhost that requests may be for, such as a container's or a proxy's; "
                ".example.org allows all names below it. All others are refused.",
            },
            {
                "name": "run_tools",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Let cwltool run the tools of Seven Bridges' tasks, with your rights. Without it outputs are placeholders.",
            },
        ],
    },
    {
        "command": "seed",
        "summary": "Put folders, or what other servers answered, into a sandbox.",
        "description": "With --service dss each folder becomes a bundle, whose files with names in .json are its metadata; "
        "upload: an area; sb: a project; gen3: records of the index; crunch: a project whose folders are datasets; "
        "pangea: a library whose folders are samples. --exchanges takes JSON lines of requests and answers. Give the URL "
        "of a running sandbox, or the folder of one that isn't running.",
        "run": "omicsdk.cli.commands.sandbox:seed",
        "bare": True,
        "parameters": [
            {
                "name": "folder",
                "type": "array",
                "items": "string",
                "positional": True,
                "help": "Folders of files.",
            },
            {
                "name": "service",
                "type": "string",
                "default": "dss",
                "choices": ["dss", "upload", "sb", "gen3", "crunch", "pangea"],
                "help": "Which platform the folders are put into.",
            },
            {
                "name": "exchanges",
                "type": "string",
                "help": "Recorded exchanges, one JSON object a line.",
            },
            _URL,
            _DIR,
        ],
    },
    {
        "command": "save",
        "summary": "Write a sandbox's whole state into one file.",
        "description": "Of a running sandbox by its URL, while requests continue, or of a folder. What is only on the S3 server "
        "(staging buckets, volumes, Pangea's uploads) isn't in it, as it doesn't outlive the server either. "
        "Keys that sign tokens are: the file is readable by its owner only.",
        "run": "omicsdk.cli.commands.sandbox_state:save",
        "bare": True,
        "parameters": [_SNAPSHOT, _URL, _DIR],
    },
    {
        "command": "load",
        "summary": "Make a sandbox's folder of such a file.",
        "description": "The sandbox mustn't be running: it is started on the folder afterwards. The author of the file knows "
        "the keys and tokens in it.",
        "run": "omicsdk.cli.commands.sandbox_state:load",
        "bare": True,
        "parameters": [
            _SNAPSHOT,
            {
                "name": "dir",
                "type": "string",
                "default": "omics-sandbox",
                "help": "The folder; it isn't there yet, or is empty.",
            },
            {
                "name": "replace",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Take away the state that is in the folder.",
            },
        ],
    },
    {
        "command": "status",
        "summary": "Print whether a sandbox runs, and how much is in it.",
        "run": "omicsdk.cli.commands.sandbox_state:status",
        "bare": True,
        "parameters": [_URL, {**_DIR, "help": "The sandbox's folder, whether it is running or not."}],
    },
]

_EXAMPLES = {
    "up": (
        "",
        "--port 8080 --dir my-sandbox",
    ),
    "seed": (
        "bundle-1/ bundle-2/ --dir my-sandbox",
        "study/ --service gen3 --url http://127.0.0.1:8080",
        "--exchanges recording.jsonl --dir my-sandbox",
    ),
    "save": ("state.tar --url http://127.0.0.1:8080",),
    "load": ("state.tar --dir my-sandbox",),
    "status": ("--url http://127.0.0.1:8080",),
}

COMMANDS = exemplified("sandbox", _COMMANDS, _EXAMPLES)
