"""The commands of `omics crunch` that add something, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.crunch.words import command, option, switch, with_examples, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_TOLD = switch("verbose", "Print what is sent and how the site answers.", default=True)
_ABOUT = [
    option("description", "What it is, in at most 1023 characters.", ""),
    option("details", "More about it, in Markdown.", ""),
]
_ITEM = word("item", "Slug of the item, dataset or project.")
_KEY = word("key", "The attribute's key, at most 255 characters.")
_PRINTED = "Prints what the site has stored. It ends with 1 where the site refuses it."


def _attribute(kind: str, article: str, value: Argument, *more: Argument, example: str) -> Command:
    name = f"add-{kind}-attribute"
    return command(
        name,
        f"crunch.adding:{kind.replace('-', '_')}_attribute",
        f"Give an item {article}.",
        _ITEM,
        _KEY,
        value,
        *more,
        *_TOLD,
        description=with_examples(_PRINTED, f"{name} my-project:reads {example}"),
    )


_FORMAT = option(
    "format",
    "How the value is written, as Python's strptime has it: %d/%m/%Y. When empty ISO 8601, and with python-dateutil whatever "
    "that understands.",
    "",
)

OF_ADDING: list[Command] = [
    command(
        "add-project",
        "crunch.adding:project",
        "Create a project.",
        word("project", "Its name, which nothing else on the site may have."),
        *_ABOUT,
        option("workflow", "File with the Snakefile or script that processes its datasets."),
        *_TOLD,
        description=with_examples(
            f"{_PRINTED} Its slug is what other commands want.",
            'add-project "My Project" --description "Counts of reads" --workflow count.sh',
        ),
    ),
    command(
        "add-dataset",
        "crunch.adding:dataset",
        "Create a dataset.",
        word("project", "Slug of its project."),
        word("dataset", "Its name."),
        *_ABOUT,
        option(
            "base_file_path",
            "Its folder in the storage. When empty the site chooses, and version 0.1.14 gives all datasets of a project the same: "
            "that is warned of, and only --allow-shared-folder runs such a dataset.",
            "",
        ),
        *_TOLD,
        description=with_examples(
            _PRINTED, "add-dataset my-project Reads --base-file-path crunch/my-project/reads --no-verbose"
        ),
    ),
    command(
        "add-item",
        "crunch.adding:item",
        "Create an item.",
        word("parent", "Slug of the item, dataset or project that it belongs to."),
        word("item", "Its name."),
        *_ABOUT,
        *_TOLD,
        description=with_examples(_PRINTED, 'add-item my-project:reads "Sample 1"'),
    ),
    _attribute(
        "char", "a text", word("value", "The text, at most 1023 characters."), example='organism "Mus musculus"'
    ),
    _attribute("float", "a number", word("value", "The number."), example="concentration 1.5"),
    _attribute(
        "integer",
        "a whole number",
        word("value", "The number, at most 64 bits."),
        example="lanes 4",
    ),
    _attribute("filesize", "a size in bytes", word("value", "The bytes, from 0."), example="size 1073741824"),
    _attribute("boolean", "a truth value", word("value", "true or false."), example="paired true"),
    _attribute(
        "url",
        "a URL",
        word("value", "The URL: http, https, ftp or ftps."),
        example="protocol https://example.org/protocol",
    ),
    _attribute(
        "datetime",
        "a date and time",
        word("value", "The moment; without a zone it is of the site's."),
        _FORMAT,
        example='sequenced "2024-05-06 07:08"',
    ),
    _attribute("date", "a day", word("value", "The day."), _FORMAT, example="collected 31/12/2023 --format %d/%m/%Y"),
    command(
        "add-lat-long-attribute",
        "crunch.adding:lat_long_attribute",
        "Give an item a place.",
        _ITEM,
        _KEY,
        word("latitude", "Degrees north."),
        word("longitude", "Degrees east."),
        *_TOLD,
        description=with_examples(_PRINTED, "add-lat-long-attribute my-project:reads where -37.8136 144.9631"),
    ),
]
