"""The commands for files of all platforms by their URIs, as data."""

from __future__ import annotations

from omicsdk.cli.options import FETCH, REPORT, REQUIRE_CHECKSUM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

FORMS = "dss://, sb://, gen3://, drs://, pangea://, crunch://, s3://, or a path of this machine"

_RECURSIVE: Argument = {
    "name": "recursive",
    "short": "-r",
    "type": "boolean",
    "flag": True,
    "default": False,
    "help": "Take folders, with all that is in them.",
}
_DRY_RUN: Argument = {
    "name": "dry_run",
    "type": "boolean",
    "flag": True,
    "default": False,
    "help": "Only print what would be done; nothing is done.",
}
_OPTION: Argument = {
    "name": "option",
    "type": "array",
    "items": "string",
    "repeated": True,
    "default": None,
    "help": "SCHEME.NAME=VALUE: what a scheme's place is opened with, in the place of its platform's own settings, such as "
    "sb.profile=cgc or dss.staging_bucket=mine. Give it once for each.",
}
_PATTERNS: list[Argument] = [
    {
        "name": "include",
        "type": "array",
        "items": "string",
        "repeated": True,
        "default": None,
        "help": "Shell pattern for names below a folder, such as '*.fastq.gz': others are left out. Give it once for each.",
    },
    {
        "name": "exclude",
        "type": "array",
        "items": "string",
        "repeated": True,
        "default": None,
        "help": "Shell pattern for names below a folder that are left out. Give it once for each.",
    },
]
_MOVING: list[Argument] = [
    {
        "name": "connections",
        "type": "integer",
        "convert": "omicsdk.cli.commands.numbers:at_least_1",
        "default": 16,
        "help": "Requests for bytes that run at once, at most.",
    },
    *FETCH,
    REPORT,
    {
        "name": "quiet",
        "short": "-q",
        "type": "boolean",
        "flag": True,
        "default": False,
        "help": "Show no progress.",
    },
]
_SPOOL: Argument = {
    "name": "spool",
    "type": "string",
    "default": None,
    "help": "Folder for files on their way from one platform to another, 4 GiB at once or one larger file, kept until they "
    "arrive; by default one in the user's state folder.",
}


def _uri(name: str, text: str, *, required: bool = True) -> Argument:
    found: Argument = {"name": name, "type": "string", "positional": True, "help": f"{text}: {FORMS}."}
    return {**found, "required": True} if required else {**found, "default": None}


def _uris(name: str, text: str) -> Argument:
    return {
        "name": name,
        "type": "array",
        "items": "string",
        "positional": True,
        "required": True,
        "help": f"{text}: {FORMS}.",
    }


COMMANDS: list[Command] = [
    {
        "command": "ls",
        "summary": "List files and folders of any platform, or what is known of one file.",
        "description": "Examples:\n\n    omics ls sb://me/my-project/reads/\n    omics ls --recursive --include '*.csv' "
        "dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d\n    omics --output jsonl ls s3://my-bucket/runs/",
        "run": "omicsdk.cli.commands.files.looking:ls",
        "bare": True,
        "parameters": [
            _uris("uris", "What to list"),
            _RECURSIVE,
            {
                "name": "long",
                "short": "-l",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Print checksums, versions and what else the platform states, too.",
            },
            *_PATTERNS,
            _OPTION,
        ],
    },
    {
        "command": "cat",
        "summary": "Print the bytes of files.",
        "description": "Examples:\n\n    omics cat drs://data.example.org/0d8b4c1e | zcat | head\n"
        "    omics cat --range 0-65535 s3://my-bucket/reads.bam > head.bam",
        "run": "omicsdk.cli.commands.files.looking:cat",
        "bare": True,
        "parameters": [
            _uris("uris", "Files, printed one after the other"),
            {
                "name": "range",
                "type": "string",
                "default": None,
                "help": "Only these bytes, counted from 0, the last one included: 0-99; 100- for all from there on; -100 for "
                "the last hundred.",
            },
            *[argument for argument in FETCH if argument["name"] in ("limit_rate", "resume_unvalidated")],
            _OPTION,
        ],
    },
    {
        "command": "cp",
        "summary": "Copy files and folders from and to anywhere, in parallel, verified where checksums are stated.",
        "description": "A file goes to the name that is given, or into the folder of that name; a folder (--recursive) goes into "
        "a folder that is there, or becomes it; a slash behind a folder means what is in it. A file appears under its "
        "name when it is whole and has the checksums that its platform states. From one platform to another, bytes pass "
        "through this machine, where the platform can't copy by itself. Run the same command again to resume. A device "
        "or a FIFO is written into, a socket is refused; - is stdin as the source, and stdout as "
        "the target.\n\nExamples:\n\n    omics cp dss://aws/5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d/cells.csv .\n"
        "    omics cp -r sb://me/my-project/reads/ s3://my-bucket/reads/\n"
        "    omics cp reads_1.fastq.gz reads_2.fastq.gz sb://me/my-project/reads/",
        "run": "omicsdk.cli.commands.files.moving:cp",
        "bare": True,
        "parameters": [
            _uris("paths", "What to copy, one or more, and at the end where to"),
            _RECURSIVE,
            {
                "name": "no_clobber",
                "short": "-n",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Leave files that are there already as they are.",
            },
            _DRY_RUN,
            *_PATTERNS,
            *_MOVING,
            _SPOOL,
            _OPTION,
        ],
    },
    {
        "command": "sync",
        "summary": "Make a folder equal to another one: copy what it lacks or has otherwise.",
        "description": "Both may be anywhere. Nothing is removed without --delete, which asks on a terminal unless --yes is "
        "given. To remove more than half of a target of ten files or more it asks also with --yes; where there is no terminal "
        "it is refused, with nothing done, unless --max-delete allows it.\n\nExamples:\n\n    omics sync --dry-run sb://me/my-project/reads/ reads/\n"
        "    omics sync --delete results/ s3://my-bucket/results/",
        "run": "omicsdk.cli.commands.files.moving:sync",
        "bare": True,
        "parameters": [
            _uri("source", "The folder that counts"),
            _uri("target", "The folder that is to be equal"),
            {
                "name": "delete",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Remove files from the target that the source doesn't have.",
            },
            {
                "name": "max_delete",
                "type": "integer",
                "convert": "omicsdk.cli.commands.numbers:at_least_0",
                "default": None,
                "help": "Remove at most N files; where more would be removed, nothing is done.",
            },
            {
                "name": "compare",
                "type": "string",
                "choices": ["auto", "size", "checksum"],
                "default": "auto",
                "help": "How files are compared. auto: checksums where both places state one of a kind, "
                "else sizes; where the source changed after the target, files of this machine are read. checksum: these are "
                "read in any case.",
            },
            _DRY_RUN,
            *_PATTERNS,
            *_MOVING,
            _SPOOL,
            _OPTION,
        ],
    },
    {
        "command": "du",
        "summary": "Sum up files and bytes of folders.",
        "description": "Examples:\n\n    omics du --depth 1 sb://me/my-project\n    omics du --human s3://my-bucket/runs/",
        "run": "omicsdk.cli.commands.files.looking:du",
        "bare": True,
        "parameters": [
            _uris("uris", "Folders"),
            {
                "name": "depth",
                "short": "-d",
                "type": "integer",
                "convert": "omicsdk.cli.commands.numbers:at_least_0",
                "default": 0,
                "help": "Print folders down to this many levels separately.",
            },
            {
                "name": "human",
                "type": "boolean",
                "flag": True,
                "default": False,
                "help": "Sizes in KiB, MiB, GiB ...",
            },
            *_PATTERNS,
            _OPTION,
        ],
    },
    {
        "command": "verify",
        "summary": "Hold copies against what their platform states of them, or a platform's own bytes.",
        "description": "With a copy, each file of the source is looked for in it: files of this machine are read and their "
        "checksums computed, platforms are believed what they state. Without one, the source's bytes are fetched, checked "
        "and thrown away. A file is verified by a checksum; size only where none is stated and the sizes are equal; unverified "
        "where nothing is stated. Ends with 3 when a file is missing, wrong or unverified.\n\nExamples:\n\n"
        "    omics verify sb://me/my-project/reads/ reads/\n    omics verify drs://data.example.org/0d8b4c1e",
        "run": "omicsdk.cli.commands.files.verifying:verify",
        "bare": True,
        "parameters": [
            _uri("source", "The file or folder that counts"),
            _uri("copy", "Its copy", required=False),
            *_PATTERNS,
            *[
                argument
                for argument in _MOVING
                if argument["name"] not in ("connections", "report", "require_checksum")
            ],
            {
                **REQUIRE_CHECKSUM,
                "help": "End with 3, too, when there is a file of which only the size could be compared.",
            },
            _SPOOL,
            _OPTION,
        ],
    },
]
