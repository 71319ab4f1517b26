"""django-crunch's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands import crunch
from omicsdk.cli.index import Entry
from omicsdk.crunch.diagnostics import get_diagnostics

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.shapes import Argument

_SAID = "Print what is sent and how the site answers; the default."
_UNSAID = "Print the result only: the opposite of --verbose."
_VERBOSE: tuple[Argument, ...] = (
    {"name": "verbose", "type": "boolean", "flag": True, "default": True, "help": _SAID},
    {"name": "no_verbose", "python": "verbose", "type": "boolean", "flag": True, "negates": True, "help": _UNSAID},
)
_PROCESSING: dict[str, Any] = {
    "switches": ("allow_shared_folder",),
    "opposites": {"download": "--no-download", "upload": "--no-upload", "cleanup": "--no-cleanup"},
}


def _attribute(kind: str, function: Callable[..., object], example: str, values: tuple[str, ...] = ("value",)) -> Entry:
    return Entry(
        f"add-{kind}-attribute",
        function,
        positional=("item", "key", *values),
        options=_VERBOSE,
        examples=(f"my-project:reads {example}",),
    )


COMMANDS = (
    Entry(
        "run",
        crunch.run,
        positional=("dataset",),
        switches=("take_over", *_PROCESSING["switches"]),
        opposites=_PROCESSING["opposites"],
        render=crunch.run_result,
        examples=(
            "my-project:reads --storage-settings storage.toml --cores all",
            "my-project:reads --workflow script --path count.sh --no-upload",
        ),
    ),
    Entry("next", crunch.run_next, **_PROCESSING, render=crunch.run_result, examples=("--project my-project",)),
    Entry(
        "loop",
        crunch.loop,
        **_PROCESSING,
        render=crunch.loop_result,
        examples=("--project my-project --workflow script --cleanup",),
    ),
    Entry(
        "files", crunch.files, positional=("dataset",), examples=("my-project:reads", "my-project:reads --output json")
    ),
    Entry("diagnostics", get_diagnostics, hidden=("directory",), examples=("--query hostname",)),
    Entry(
        "add-project",
        crunch.add_project,
        positional=("project",),
        options=_VERBOSE,
        aliases=("projects create",),
        examples=("'My Project' --description 'Counts of reads' --workflow count.sh",),
    ),
    Entry(
        "add-dataset",
        crunch.add_dataset,
        positional=("project", "dataset"),
        options=_VERBOSE,
        aliases=("datasets create",),
        examples=("my-project Reads --base-file-path crunch/my-project/reads --no-verbose",),
    ),
    Entry(
        "add-item",
        crunch.add_item,
        positional=("parent", "item"),
        options=_VERBOSE,
        aliases=("items create",),
        examples=("my-project:reads 'Sample 1'",),
    ),
    _attribute("char", crunch.char_attribute, "organism 'Mus musculus'"),
    _attribute("float", crunch.float_attribute, "concentration 1.5"),
    _attribute("integer", crunch.integer_attribute, "lanes 4"),
    _attribute("filesize", crunch.filesize_attribute, "size 1073741824"),
    _attribute("boolean", crunch.boolean_attribute, "paired true"),
    _attribute("url", crunch.url_attribute, "protocol https://example.org/protocol"),
    _attribute("datetime", crunch.datetime_attribute, "sequenced '2024-05-06 07:08'"),
    _attribute("date", crunch.date_attribute, "collected 31/12/2023 --format %d/%m/%Y"),
    _attribute("lat-long", crunch.lat_long_attribute, "where -37.8136 144.9631", ("latitude", "longitude")),
    *(
        Entry(
            f"{noun}s {verb}",
            None,
            () if verb == "ls" else ("slug",),
            operation=operation.format(noun),
            examples=(rest.format(slug),),
        )
        for noun, slug in (("project", "my-project"), ("dataset", "my-project:reads"), ("item", "my-project:reads:s1"))
        for verb, operation, rest in (
            ("ls", "list-{}s", ""),
            ("get", "get-{}", "{}"),
            ("update", "update-{}", "{} --description 'Counts of reads'"),
            ("rm", "delete-{}", "{} --dry-run"),
        )
    ),
)
