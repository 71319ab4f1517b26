"""django-crunch's commands."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from omicsdk.cli.commands import crunch
from omicsdk.cli.index import Entry, operations
from omicsdk.crunch.statuses import WorkflowType, get_diagnostics

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.shapes import Argument


_READS = "my-project:reads"
_ON = "Print requests and the responses of the site (default)."
_OFF = "Only print the result: the opposite of --verbose."
_VERBOSE: tuple[Argument, ...] = (
    {"name": "verbose", "type": "boolean", "flag": True, "default": True, "help": _ON},
    {"name": "no_verbose", "python": "verbose", "type": "boolean", "flag": True, "negates": True, "help": _OFF},
)
_OPPOSITES = {"download": "--no-download", "upload": "--no-upload", "cleanup": "--no-cleanup"}
_FLAGS = {
    "storage": "--storage-settings",
    "folder": "--directory",
    "workflow_type": "--workflow",
    "workflow_path": "--path",
}
_process = partial(
    Entry, flags=_FLAGS, checks={"workflow_type": WorkflowType}, metavars={"storage": "FILE"}, opposites=_OPPOSITES
)


def _add(names: str, function: Callable[..., object], example: str) -> Entry:
    """A command that creates something; after a comma its words in the grammar of all services."""
    command, *aliases = names.split(", ")
    return Entry(command, function, aliases=tuple(aliases), options=_VERBOSE, examples=(example,))


WRITES = (
    *("add-project", "add-dataset", "add-item", "add-char-attribute", "add-float-attribute", "add-integer-attribute"),
    *("add-filesize-attribute", "add-boolean-attribute", "add-url-attribute", "add-datetime-attribute"),
    *("add-date-attribute", "add-lat-long-attribute"),
)
PRIVATE = ("run", "next", "loop", "diagnostics", "files")  # a file with the settings of a storage may name any folder

COMMANDS = (
    _process(
        "run",
        crunch.run,
        examples=(
            "my-project:reads --storage-settings storage.toml --cores all",
            "my-project:reads --workflow script --path count.sh --no-upload",
        ),
    ),
    _process("next", crunch.run_next, examples=("--project my-project",)),
    _process("loop", crunch.loop, examples=("--project my-project --workflow script --cleanup",)),
    Entry("files", crunch.files, examples=("my-project:reads", "my-project:reads --output json")),
    Entry("diagnostics", get_diagnostics, hidden=("directory",), examples=("--query hostname",)),
    _add(
        "add-project, projects create",
        crunch.add_project,
        "'My Project' --description 'Counts of reads' --workflow count.sh",
    ),
    _add(
        "add-dataset, datasets create",
        crunch.add_dataset,
        "my-project Reads --base-file-path crunch/my-project/reads --no-verbose",
    ),
    _add("add-item, items create", crunch.add_item, f"{_READS} 'Sample 1'"),
    _add("add-char-attribute", crunch.char_attribute, f"{_READS} organism 'Mus musculus'"),
    _add("add-float-attribute", crunch.float_attribute, f"{_READS} concentration 1.5"),
    _add("add-integer-attribute", crunch.integer_attribute, f"{_READS} lanes 4"),
    _add("add-filesize-attribute", crunch.filesize_attribute, f"{_READS} size 1073741824"),
    _add("add-boolean-attribute", crunch.boolean_attribute, f"{_READS} paired true"),
    _add("add-url-attribute", crunch.url_attribute, f"{_READS} protocol https://example.org/protocol"),
    _add("add-datetime-attribute", crunch.datetime_attribute, f"{_READS} sequenced '2024-05-06 07:08'"),
    _add("add-date-attribute", crunch.date_attribute, f"{_READS} collected 31/12/2023 --format %d/%m/%Y"),
    _add("add-lat-long-attribute", crunch.lat_long_attribute, f"{_READS} where -37.8136 144.9631"),
    *(
        entry
        for noun, slug in (("project", "my-project"), ("dataset", _READS), ("item", f"{_READS}:s1"))
        for entry in operations(
            (f"{noun}s ls", f"list-{noun}s", "", ""),
            (f"{noun}s get", f"get-{noun}", "slug", slug),
            (f"{noun}s update", f"update-{noun}", "slug", f"{slug} --description 'Counts of reads'"),
            (f"{noun}s rm", f"delete-{noun}", "slug", f"{slug} --dry-run"),
        )
    ),
)
