"""The commands of `omics sb files` and `omics sb manifest`, as data."""

from __future__ import annotations

from omicsdk.cli.options import REPORT, TRANSFER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command


def with_examples(text: str, *lines: str) -> str:
    """A description that ends with examples.

    Args:
        text: What comes before; may be empty.
        lines: The examples, without the program's name.
    """
    before = [text, ""] if text else []
    return "\n".join([*before, "Examples:", "", *(f"    omics sb {line}" for line in lines)])


def flag(name: str, text: str, short: str | None = None) -> Argument:
    """An option that stands alone.

    Args:
        name: Its name.
        text: What it means.
        short: Its short spelling.
    """
    made: Argument = {"name": name, "type": "boolean", "flag": True, "default": False, "help": text}
    return {**made, "short": short} if short is not None else made


_PATHS = "sb://owner/project/folder/file, or the ids of files"
_SOURCES: Argument = {
    "name": "paths",
    "type": "array",
    "items": "string",
    "positional": True,
    "required": True,
    "help": f"Files and folders ({_PATHS}), then where to: a folder (ends with a slash, or is there already), or for a single "
    "one its new path.",
}
_THINGS: Argument = {
    "name": "paths",
    "type": "array",
    "items": "string",
    "positional": True,
    "required": True,
    "help": f"Files and folders: {_PATHS}.",
}
_TIMEOUT: Argument = {
    "name": "timeout_seconds",
    "type": "number",
    "default": 3600,
    "help": "Seconds to wait for the platform, which works on many files and on folders by itself.",
}
_DRY_RUN = flag("dry_run", "Only tell what would be done; nothing is.")
_RECURSIVE = flag("recursive", "Take folders, with all that is in them.", "-r")
_LIMITS = [argument for argument in TRANSFER if argument["name"] != "dry_run"]
_QUIET = flag("quiet", "Show no progress.", "-q")

FILES: list[Command] = [
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
        "run": "omicsdk.cli.commands.sb_files:ls",
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
            {"name": "limit", "type": "integer", "default": None, "help": "So many at most; all when omitted."},
        ],
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
        "run": "omicsdk.cli.commands.sb_moving:cp",
        "parameters": [_SOURCES, _RECURSIVE, _TIMEOUT, _DRY_RUN],
    },
    {
        "command": "files mv",
        "summary": "Move or rename files and folders within a project.",
        "description": with_examples(
            "Folders move with all that is in them.",
            "files mv sb://me/my-project/a.bam sb://me/my-project/b.bam",
            "files mv sb://me/my-project/a.bam sb://me/my-project/old/",
        ),
        "run": "omicsdk.cli.commands.sb_moving:mv",
        "parameters": [_SOURCES, _TIMEOUT, _DRY_RUN],
    },
    {
        "command": "files rm",
        "summary": "Delete files, and folders with --recursive, for good.",
        "description": with_examples(
            "On a terminal it asks first, unless --yes is given.",
            "files rm sb://me/my-project/a.bam sb://me/my-project/b.bam",
            "files rm --recursive --dry-run sb://me/my-project/old/",
        ),
        "run": "omicsdk.cli.commands.sb_moving:rm",
        "parameters": [_THINGS, _RECURSIVE, _TIMEOUT, _DRY_RUN],
    },
    {
        "command": "files mkdir",
        "summary": "Make folders.",
        "description": with_examples(
            "With --parents those above are made too, and one that is there already is no error.",
            "files mkdir --parents sb://me/my-project/reads/run1",
        ),
        "run": "omicsdk.cli.commands.sb_files:mkdir",
        "parameters": [
            {**_THINGS, "help": "Folders: sb://owner/project/folder."},
            flag("parents", "Make folders above as well, and take those that are there.", "-p"),
        ],
    },
    {
        "command": "files tag",
        "summary": "Add tags to files, take tags away, or set all of them.",
        "description": with_examples(
            "Files stand before the options. Tags and metadata of many files: omics sb manifest.",
            "files tag sb://me/my-project/a.bam --add checked hg38 --remove new",
            "files tag sb://me/my-project/reads/ --recursive --set raw",
        ),
        "run": "omicsdk.cli.commands.sb_files:tag",
        "parameters": [
            _THINGS,
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
            _DRY_RUN,
        ],
    },
    {
        "command": "files search",
        "summary": "Find files in all projects by a query of the platform's own language.",
        "description": with_examples(
            "Prints what the platform finds, page after page.",
            """files search 'IN "me/my-project" WHERE metadata.sample_id = "S1"'""",
        ),
        "run": "omicsdk.cli.commands.sb_files:search",
        "parameters": [
            {
                "name": "expression",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "The query, as one word of the shell.",
            },
            {"name": "limit", "type": "integer", "default": None, "help": "So many at most; all when omitted."},
        ],
    },
    {
        "command": "files upload",
        "summary": "Upload files and folders.",
        "description": with_examples(
            "Files go in parts, several at once. Those of a folder keep their place in it; folders that aren't there are made. "
            "What is there already under the name is refused unless --overwrite is given. What is stopped or fails goes "
            "on when the same command is run again.",
            "files upload a.bam sb://me/my-project/",
            "files upload a.bam sb://me/my-project/renamed.bam",
            "files upload reads/ sb://me/my-project/reads/",
        ),
        "run": "omicsdk.cli.commands.sb_uploads:upload",
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
            _QUIET,
            *_LIMITS,
            flag("dry_run", "Only tell what would be sent, and to where."),
            REPORT,
        ],
    },
    {
        "command": "files download",
        "summary": "Download files and folders.",
        "description": with_examples(
            "Folders come with all that is in them. A local file that is there already is refused unless --overwrite is given. What is stopped or "
            "fails goes on when the same command is run again.",
            "files download sb://me/my-project/a.bam",
            "files download sb://me/my-project/reads/ --download-dir reads",
        ),
        "run": "omicsdk.cli.commands.sb_downloads:download",
        "parameters": [
            {
                **_THINGS,
                "help": f"Files and folders: {_PATHS}. Of a folder that ends with a slash comes what is in it, else the folder "
                "itself.",
            },
            {
                "name": "download_dir",
                "type": "string",
                "default": "",
                "help": "Folder to download into; by default the current one.",
            },
            flag("overwrite", "Replace local files that are there already."),
            _QUIET,
            *_LIMITS,
            flag("dry_run", "Only tell what would be fetched, and whether there is room; nothing is written."),
            REPORT,
        ],
    },
]

MANIFEST: list[Command] = [
    {
        "command": "manifest export",
        "summary": "Write the metadata and tags of files as a table, a file a row.",
        "description": with_examples(
            "Tab-separated columns: id, path, size, tags, and metadata.KEY for each key that a file has. What isn't plain text "
            "is JSON. Edit it with any program and give it to omics sb manifest import.",
            "manifest export sb://me/my-project/ --recursive --file files.tsv",
        ),
        "run": "omicsdk.cli.commands.sb_manifest:export",
        "parameters": [
            {**_THINGS, "help": "Projects, folders and files: sb://owner/project/folder/."},
            {
                "name": "file",
                "type": "string",
                "default": "-",
                "help": "File to write; - is stdout, as when omitted.",
            },
            {
                "name": "keys",
                "type": "array",
                "items": "string",
                "default": None,
                "help": "Only these keys of the metadata, each with a column even if no file has it; all when omitted.",
            },
            flag("recursive", "Take folders below, too.", "-r"),
            flag("overwrite", "Replace the file if it is there already."),
        ],
    },
    {
        "command": "manifest import",
        "summary": "Give files the metadata and tags that a table says; only what differs is sent.",
        "description": with_examples(
            "The table has a column id or path, and tags or metadata.KEY for what shall be changed; other columns are refused, but "
            "for path, size and name, which aren't changed. An empty cell leaves what is there, unless --clear is given. "
            "Prints the differences.",
            "manifest import files.tsv --dry-run",
            "manifest import files.tsv",
        ),
        "run": "omicsdk.cli.commands.sb_manifest:import_",
        "parameters": [
            {
                "name": "file",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "The table; - is stdin.",
            },
            flag("clear", "Take away what a file has where the table's cell is empty."),
            _DRY_RUN,
        ],
    },
]
