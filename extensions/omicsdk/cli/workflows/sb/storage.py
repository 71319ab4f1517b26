"""The commands of `omics sb volumes`, `imports` and `exports`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.words import DRY_RUN, LIMIT, OF_PROJECT, RECURSIVE, flag, waiting, with_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_MANY = "A hundred go in each request. What can't be started or fails is reported one by one, and ends the command with 3, or 1 when all did."
_STATE: Argument = {
    "name": "state",
    "type": "string",
    "choices": ["PENDING", "RUNNING", "COMPLETED", "FAILED"],
    "default": None,
    "help": "Those in this state.",
}


def _volume(text: str) -> Argument:
    return {"name": "volume", "type": "string", "default": None, "help": text}


def _manifest(what: str, columns: str) -> Argument:
    return {
        "name": "manifest",
        "type": "string",
        "default": None,
        "help": f"Table of tab-separated values with {what} a row, in the place of words; - is stdin. Columns: {columns}.",
    }


def _ids(what: str) -> Argument:
    return {
        "name": "ids",
        "type": "array",
        "items": "string",
        "positional": True,
        "required": True,
        "help": f"Ids of {what}.",
    }


def _wait(what: str) -> list[Argument]:
    return [flag("wait", "Wait until they are over."), *waiting(what), DRY_RUN]


_VOLUMES: list[Command] = [
    {
        "command": "volumes ls",
        "summary": "List volumes, or what is on one.",
        "description": with_examples("", "volumes ls", "volumes ls me/my_bucket --prefix reads/"),
        "run": "omicsdk.cli.commands.sb.volumes:ls",
        "parameters": [
            {
                "name": "volume",
                "type": "string",
                "positional": True,
                "default": None,
                "help": "owner/volume; all volumes when omitted.",
            },
            {"name": "prefix", "type": "string", "default": None, "help": "Only what begins so."},
            LIMIT,
        ],
    },
]

_IMPORTS: list[Command] = [
    {
        "command": "imports ls",
        "summary": "List imports.",
        "description": with_examples("", "imports ls --volume me/my_bucket --state FAILED"),
        "run": "omicsdk.cli.commands.sb.imports:ls",
        "parameters": [OF_PROJECT, _volume("Those from a volume: owner/volume."), _STATE, LIMIT],
    },
    {
        "command": "imports start",
        "summary": "Make files of a project of what is on a volume; the bytes stay there.",
        "description": with_examples(
            f"Folders that aren't there are made. {_MANY}",
            "imports start reads/a.fastq sb://me/my-project/reads/ --volume me/my_bucket",
            "imports start reads/ sb://me/my-project/ --volume me/my_bucket --wait",
            "imports start --manifest imports.tsv --wait",
        ),
        "run": "omicsdk.cli.commands.sb.imports:start",
        "parameters": [
            {
                "name": "paths",
                "type": "array",
                "items": "string",
                "positional": True,
                "default": [],
                "help": "Names on the volume, that of a folder with a slash at its end, then where to: "
                "sb://owner/project/folder/, or for a single one its path.",
            },
            _volume("What is imported from: owner/volume; with --manifest, for rows that name none."),
            _manifest(
                "an import",
                "volume, location and to, which is a file's sb:// path or, with a slash at its end, that of the folder that it "
                "goes into",
            ),
            flag("overwrite", "Replace files that are there already."),
            flag("autorename", "Give another name to what has the name of a file that is there."),
            flag("flat", "Take the files of a folder without the folders that they are in."),
            *_wait("imports"),
        ],
    },
    {
        "command": "imports wait",
        "summary": "Wait until imports are over.",
        "description": with_examples(
            "Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the imports.",
            "imports wait 8ZGCyHGcDBiBqwpvrYTFXYZb7Ie6KVqQ",
        ),
        "run": "omicsdk.cli.commands.sb.imports:wait",
        "parameters": [_ids("imports"), *waiting("imports")],
    },
]

_EXPORTS: list[Command] = [
    {
        "command": "exports ls",
        "summary": "List exports.",
        "description": with_examples("", "exports ls --state RUNNING"),
        "run": "omicsdk.cli.commands.sb.exports:ls",
        "parameters": [_volume("Those to a volume: owner/volume."), _STATE, LIMIT],
    },
    {
        "command": "exports start",
        "summary": "Put files onto a volume; they become aliases of what is there then.",
        "description": with_examples(
            f"Those of a folder keep their place in it. {_MANY}",
            "exports start sb://me/my-project/a.bam --volume me/my_bucket --to results/",
            "exports start sb://me/my-project/results/ --recursive --volume me/my_bucket --copy-only --wait",
            "exports start --manifest exports.tsv --wait",
        ),
        "run": "omicsdk.cli.commands.sb.exports:start",
        "parameters": [
            {
                "name": "paths",
                "type": "array",
                "items": "string",
                "positional": True,
                "default": [],
                "help": "Files, and with --recursive folders: sb://owner/project/folder/file, or ids.",
            },
            _volume("What is exported to: owner/volume; with --manifest, for rows that name none."),
            {
                "name": "to",
                "type": "string",
                "default": "",
                "help": "Where on the volume: a folder, with a slash at its end, or for a single file its name there; at the top "
                "under its own name when omitted.",
            },
            _manifest("an export", "file (its sb:// path or id), volume and location (its name there)"),
            RECURSIVE,
            flag("overwrite", "Replace what is on the volume under the name."),
            flag("copy_only", "Leave the files as they are, on the platform's own storage."),
            *_wait("exports"),
        ],
    },
    {
        "command": "exports wait",
        "summary": "Wait until exports are over.",
        "description": with_examples(
            "Ends with 1 when none completed, with 3 when some didn't. Ctrl-C ends the waiting, not the exports.",
            "exports wait 8ZGCyHGcDBiBqwpvrYTFXYZb7Ie6KVqQ",
        ),
        "run": "omicsdk.cli.commands.sb.exports:wait",
        "parameters": [_ids("exports"), *waiting("exports")],
    },
]

OF_STORAGE: list[Command] = [*_VOLUMES, *_IMPORTS, *_EXPORTS]
