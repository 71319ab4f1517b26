"""The commands of `omics sb files`, as data."""

from __future__ import annotations

from omicsdk.cli.options import REPORT
from omicsdk.cli.workflows.sb.words import (
    DRY_RUN,
    FETCH,
    FILES,
    LIMIT,
    LIMITS,
    PATHS,
    QUIET,
    RECURSIVE,
    TIMEOUT,
    flag,
    with_examples,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_SOURCES: Argument = {
    "name": "paths",
    "type": "array",
    "items": "string",
    "positional": True,
    "required": True,
    "help": f"Files and folders ({PATHS}), then where to: a folder (ends with a slash, or is there already), or for a single "
    "one its new path.",
}

OF_FILES: list[Command] = [
    {
        "command": "files ls",
        "summary": "List what is in a folder or project; projects without a path.",
        "description": with_examples(
            "sb:// lists all projects, sb://owner those of an owner. What --name, --tag, --metadata and --task choose, the "
            "platform chooses, in one folder.",
            "files ls sb://me/my-project/",
            "files ls sb://me/my-project/reads/ --recursive",
            "files ls sb://me/my-project/ --metadata sample_id=S1 --output tsv",
        ),
        "run": "omicsdk.cli.commands.sb.files:ls",
        "parameters": [
            {
                "name": "path",
                "type": "string",
                "positional": True,
                "default": "sb://",
                "help": "sb://owner/project/folder/, or the id of a folder.",
            },
            flag("recursive", "List folders below, too, by their paths.", "-r"),
            flag("long", "Show metadata, tags and where files come from, too.", "-l"),
            {"name": "name", "type": "array", "items": "string", "default": None, "help": "Only of these names."},
            {"name": "tag", "type": "array", "items": "string", "default": None, "help": "Only with these tags."},
            {
                "name": "metadata",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Only with this metadata, as key=value; a key may come with several values.",
            },
            {"name": "task", "type": "string", "default": None, "help": "Only what this task (its id) put out."},
            LIMIT,
        ],
    },
    {
        "command": "files cat",
        "summary": "Print what is in files, one after the other.",
        "description": with_examples(
            "Bytes as they are, nothing else. What isn't text goes to no terminal.",
            "files cat sb://me/my-project/notes.txt",
            "files cat sb://me/my-project/a.fastq.gz | zcat | head",
        ),
        "run": "omicsdk.cli.commands.sb.files:cat",
        "parameters": [{**FILES, "help": f"Files: {PATHS}."}],
    },
    {
        "command": "files cp",
        "summary": "Copy files and folders on the platform, within a project or to another.",
        "description": with_examples(
            "Nothing is transferred. Between this machine and the platform: omics sb files upload and download.",
            "files cp sb://me/my-project/a.bam sb://me/other/",
            "files cp sb://me/my-project/a.bam sb://me/my-project/b.bam",
            "files cp --recursive sb://me/my-project/reads sb://me/other/",
        ),
        "run": "omicsdk.cli.commands.sb.moving:cp",
        "parameters": [_SOURCES, RECURSIVE, TIMEOUT, DRY_RUN],
    },
    {
        "command": "files mv",
        "summary": "Move or rename files and folders within a project.",
        "description": with_examples(
            "Folders move with all that is in them.",
            "files mv sb://me/my-project/a.bam sb://me/my-project/b.bam",
            "files mv sb://me/my-project/a.bam sb://me/my-project/old/",
        ),
        "run": "omicsdk.cli.commands.sb.moving:mv",
        "parameters": [_SOURCES, TIMEOUT, DRY_RUN],
    },
    {
        "command": "files rm",
        "summary": "Delete files, and folders with --recursive, permanently.",
        "description": with_examples(
            "On a terminal it asks first, unless --yes is given.",
            "files rm sb://me/my-project/a.bam sb://me/my-project/b.bam",
            "files rm --recursive --dry-run sb://me/my-project/old/",
        ),
        "run": "omicsdk.cli.commands.sb.moving:rm",
        "parameters": [FILES, RECURSIVE, TIMEOUT, DRY_RUN],
    },
    {
        "command": "files mkdir",
        "summary": "Make folders.",
        "description": with_examples(
            "With --parents those above are made too, and one that is there already is no error.",
            "files mkdir --parents sb://me/my-project/reads/run1",
        ),
        "run": "omicsdk.cli.commands.sb.files:mkdir",
        "parameters": [
            {**FILES, "help": "Folders: sb://owner/project/folder."},
            flag("parents", "Make folders above as well, and take those that are there.", "-p"),
        ],
    },
    {
        "command": "files tag",
        "summary": "Add tags to files, take tags away, or set all of them.",
        "description": with_examples(
            "Give files before the options. Tags and metadata of many files: omics sb manifest.",
            "files tag sb://me/my-project/a.bam --add checked hg38 --remove new",
            "files tag sb://me/my-project/reads/ --recursive --set raw",
        ),
        "run": "omicsdk.cli.commands.sb.tagging:tag",
        "parameters": [
            FILES,
            {"name": "add", "type": "array", "items": "string", "default": None, "help": "Tags to add."},
            {"name": "remove", "type": "array", "items": "string", "default": None, "help": "Tags to take away."},
            {
                "name": "set",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "All tags that there shall be. Excludes --add and --remove.",
            },
            flag("recursive", "Take the files in folders, with those in folders below.", "-r"),
            DRY_RUN,
        ],
    },
    {
        "command": "files metadata",
        "summary": "Show the metadata of files, set values, or take keys away.",
        "description": with_examples(
            "Give files before the options. Keys that aren't named stay as they are. Of a single file the metadata are shown as "
            "one object. Many files with different values: omics sb manifest.",
            "files metadata sb://me/my-project/a.bam",
            "files metadata sb://me/my-project/a.bam --set sample_id=S1 'disease_type=Lung Cancer' --unset note",
            "files metadata sb://me/my-project/reads/ --recursive --set library_id=L7 --dry-run",
        ),
        "run": "omicsdk.cli.commands.sb.tagging:metadata",
        "parameters": [
            FILES,
            {
                "name": "set",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Values, as key=value. A key that is given several times becomes a list; JSON is for what isn't "
                "text, when it begins with a quote, a bracket or a brace, or what is there isn't text either.",
            },
            {"name": "unset", "type": "array", "items": "string", "default": None, "help": "Keys to take away."},
            flag("recursive", "Take the files in folders, with those in folders below.", "-r"),
            DRY_RUN,
        ],
    },
    {
        "command": "files search",
        "summary": "Find files in all projects by a query of the platform's own language.",
        "description": with_examples(
            "Prints what the platform finds, page after page.",
            """files search 'IN "me/my-project" WHERE metadata.sample_id = "S1"'""",
        ),
        "run": "omicsdk.cli.commands.sb.files:search",
        "parameters": [
            {
                "name": "expression",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "The query, as one word of the shell.",
            },
            LIMIT,
        ],
    },
    {
        "command": "files upload",
        "summary": "Upload files and folders.",
        "description": with_examples(
            "Files go in parts, several at once. Those of a folder keep their place in it; missing folders are created. "
            "An existing file of the same name is refused unless --overwrite is given. Run the same command again to "
            "resume. A row for each file: --query files --output tsv.",
            "files upload a.bam sb://me/my-project/",
            "files upload a.bam sb://me/my-project/renamed.bam",
            "files upload reads/ sb://me/my-project/reads/",
        ),
        "run": "omicsdk.cli.commands.sb.transfers:upload",
        "parameters": [
            {
                "name": "paths",
                "type": "array",
                "items": "string",
                "positional": True,
                "required": True,
                "help": "Files and folders of this machine, then where to: sb://owner/project/folder/, or for a single file "
                "its path. Of a folder that ends with a slash goes what is in it, else the folder itself.",
            },
            flag("overwrite", "Replace files that are there already."),
            QUIET,
            *LIMITS,
            flag("dry_run", "Only print what would be sent, and to where."),
            REPORT,
        ],
    },
    {
        "command": "files download",
        "summary": "Download files and folders.",
        "description": with_examples(
            "Folders come with all that is in them. A local file that is there already is refused unless --overwrite is given. "
            "Run the same command again to resume what was stopped or failed. A row for each file: --query files "
            "--output tsv.",
            "files download sb://me/my-project/a.bam",
            "files download sb://me/my-project/reads/ --download-dir reads",
        ),
        "run": "omicsdk.cli.commands.sb.transfers:download",
        "parameters": [
            {
                **FILES,
                "help": f"Files and folders: {PATHS}. Of a folder that ends with a slash comes what is in it, else the folder "
                "itself.",
            },
            {
                "name": "download_dir",
                "type": "string",
                "default": "",
                "help": "Folder to download into; by default the current one.",
            },
            flag("overwrite", "Replace local files that are there already."),
            QUIET,
            *FETCH,
            flag("dry_run", "Only print what would be fetched, and whether the disk has room; nothing is written."),
            REPORT,
        ],
    },
]
