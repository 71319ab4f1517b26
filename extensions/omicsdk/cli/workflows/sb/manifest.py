"""The commands of `omics sb manifest`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.sb.words import DRY_RUN, FILES, flag, with_examples

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

OF_MANIFEST: list[Command] = [
    {
        "command": "manifest export",
        "summary": "Write the metadata and tags of files as a table, a file a row.",
        "description": with_examples(
            "Tab-separated columns: id, path, size, tags, and metadata.KEY for each key that a file has. What isn't plain text "
            "is JSON. Edit it with any program and give it to omics sb manifest import.",
            "manifest export sb://me/my-project/ --recursive --file files.tsv",
        ),
        "run": "omicsdk.cli.commands.sb.manifest:export",
        "parameters": [
            {**FILES, "help": "Projects, folders and files: sb://owner/project/folder/."},
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
        "run": "omicsdk.cli.commands.sb.manifest:import_",
        "parameters": [
            {
                "name": "file",
                "type": "string",
                "positional": True,
                "required": True,
                "help": "The table; - is stdin.",
            },
            flag("clear", "Take away what a file has where the table's cell is empty."),
            DRY_RUN,
        ],
    },
]
