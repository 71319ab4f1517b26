"""The Upload service's commands, with the names and arguments that its published client documents."""

from __future__ import annotations

from omicsdk.cli.options import LIMITS, REPORT
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_ALIAS: Argument = {
    "name": "uuid_or_alias",
    "type": "string",
    "positional": True,
    "required": True,
    "help": "Full or partial (alias) UUID of an upload area that was selected before.",
}
_WHICH: list[Argument] = [
    {
        "name": "env",
        "type": "string",
        "default": None,
        "help": "Deployment that the area belongs to, such as prod; by default that of the area.",
    },
    {
        "name": "uuid",
        "type": "string",
        "default": None,
        "help": "Full UUID of the upload area; by default the selected one.",
    },
]

_COMMANDS: list[Command] = [
    {
        "command": "select",
        "summary": "Select the upload area to which files go.",
        "description": "The area is remembered in your HCA configuration. Later the beginning of its UUID suffices to name it, "
        "as long as no other known area begins so.",
        "run": "omicsdk.cli.commands.upload:select",
        "bare": True,
        "quick": True,
        "parameters": [
            {
                "name": "uri_or_alias",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "S3 URI of an upload area, s3://<bucket>-<stage>/<uuid>/, or the beginning of a known one's UUID.",
            }
        ],
    },
    {
        "command": "files",
        "summary": "Upload files to the selected upload area.",
        "description": "Takes files, folders with all that is below them, and s3:// addresses, which S3 copies by itself. An area "
        "has no folders: files keep their own names only, so two of one name are refused. Nothing is sent unless everything "
        "can be. Each file is sent with its checksum and media type, verified, and announced to the service. Run the "
        "same command again to resume what was stopped or failed.",
        "run": "omicsdk.cli.commands.upload:files",
        "parameters": [
            {
                "name": "upload_paths",
                "type": "array",
                "items": "string",
                "positional": True,
                "required": True,
                "help": "Files, folders and s3:// addresses.",
            },
            {
                "name": "target_filename",
                "short": "-t",
                "type": "string",
                "default": None,
                "help": "Name in the upload area, when a single file is uploaded.",
            },
            {
                "name": "file_extension",
                "type": "string",
                "default": None,
                "help": "How the names of files in folders must end to be uploaded, such as .fastq.gz; for folders only.",
            },
            {
                "name": "no_transfer_acceleration",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Send straight to the bucket's region. By default files go to a place of Amazon S3 Transfer "
                "Acceleration near you, which in some places is slower.",
            },
            {
                "name": "quiet",
                "short": "-q",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Say nothing but what goes wrong.",
            },
            {
                "name": "sync",
                "short": "-s",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Leave out files that the area has already with the same contents.",
            },
            *LIMITS,
            {
                "name": "dry_run",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Only print what would be uploaded, under which names.",
            },
            REPORT,
        ],
    },
    {
        "command": "list",
        "summary": "List the files of the selected upload area.",
        "run": "omicsdk.cli.commands.upload:list_files",
        "parameters": [
            {
                "name": "long",
                "short": "-l",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Show details: size, address, media type, checksums.",
            }
        ],
    },
    {
        "command": "areas",
        "summary": "List the upload areas that were selected before; the selected one is marked.",
        "run": "omicsdk.cli.commands.upload:areas",
        "bare": True,
        "quick": True,
        "parameters": [],
    },
    {
        "command": "forget",
        "summary": "Forget an upload area; the area itself stays.",
        "run": "omicsdk.cli.commands.upload:forget",
        "bare": True,
        "quick": True,
        "parameters": [_ALIAS],
    },
    {
        "command": "creds",
        "summary": "Show temporary AWS credentials that open an upload area.",
        "description": "Printed as lines that a shell takes: export $(omics upload creds UUID). They end after a while.",
        "run": "omicsdk.cli.commands.upload:creds",
        "parameters": [_ALIAS],
    },
    {
        "command": "status",
        "summary": "Show how far a file of an upload area is: checksums, then validation.",
        "run": "omicsdk.cli.commands.upload:status",
        "parameters": [
            {
                "name": "filename",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "Name of the file in the area.",
            },
            *_WHICH,
        ],
    },
    {
        "command": "report",
        "summary": "Write a report of an upload area: how many files are in each state.",
        "run": "omicsdk.cli.commands.upload:report",
        "parameters": [
            *_WHICH,
            {
                "name": "output_file_name",
                "also": ["--output_file_name"],
                "type": "string",
                "default": None,
                "help": "Name of the report, to which .txt is added; by default the area's UUID. - is stdout.",
            },
        ],
    },
]

_EXAMPLES = {
    "select": (
        "s3://org-hca-upload-prod/ffffffff-0000-4000-8000-000000000001/",
        "ffff",
    ),
    "files": (
        "reads.fastq.gz",
        "data/ --file-extension fastq.gz",
    ),
    "list": (
        "",
        "--long",
    ),
    "areas": ("",),
    "forget": ("ffff",),
    "creds": ("ffff",),
    "status": ("reads.fastq.gz",),
    "report": ("--output-file-name report.txt",),
}

COMMANDS = exemplified("upload", _COMMANDS, _EXAMPLES)
