"""What `omics crunch add-...` does: each gives what the site has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.crunch.access import told
from omicsdk.cli.commands.input_files import text_of
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.crunch.run.data import DatasetFolders, shared_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.crunch.connections import Connection


def project(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-project`: the project.

    Raises:
        UsageError: The workflow's file can't be read.
        CrunchAPIException: The site refused it.
    """
    workflow = _workflow(arguments["workflow"])
    site = told(connection, arguments, console)
    about = arguments["description"], arguments["details"]
    return site.add_project(arguments["project"], *about, workflow=workflow).json()


def _workflow(file: str | None) -> str:
    if file is None:
        return ""
    text = text_of(file, "--workflow")
    if not text.strip():
        raise UsageError(f"--workflow: {file} is empty", remedy="Leave it out, or give a workflow.")
    return text


def dataset(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-dataset`: the dataset.

    Raises:
        CrunchAPIException: The site refused it.
    """
    site = told(connection, arguments, console)
    about = arguments["description"], arguments["details"]
    folder = arguments["base_file_path"]
    made: dict[str, Any] = site.add_dataset(
        arguments["project"], arguments["dataset"], *about, base_file_path=folder
    ).json()
    _warn_if_shared(connection, made, console)
    return made


def _warn_if_shared(connection: Connection, made: Mapping[str, Any], console: Console) -> None:
    slug, base = str(made.get("slug") or ""), str(made.get("base_file_path") or "")
    if not slug or not base.strip("/"):
        return
    try:
        others = DatasetFolders(connection.get_json_response).shared_with(slug, base)
    except OmicsError as error:  # the dataset is there all the same
        console.warning(f"whether another dataset shares the folder {base} isn't known: {error.message}")
        return
    if others:
        console.warning(
            f"{shared_words(slug, base, others)}. Set a base_file_path of its own on the site, or give --base-file-path "
            "for the next ones; it isn't run without --allow-shared-folder."
        )


def item(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-item`: the item.

    Raises:
        CrunchAPIException: The site refused it.
    """
    site = told(connection, arguments, console)
    return site.add_item(arguments["parent"], arguments["item"], arguments["description"], arguments["details"]).json()


def char_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-char-attribute`: the attribute; errors as those of `Connection`'s method, here and below."""
    return told(connection, arguments, console).add_char_attribute(*_given(arguments)).json()


def float_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-float-attribute`: the attribute."""
    return told(connection, arguments, console).add_float_attribute(*_given(arguments)).json()


def integer_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-integer-attribute`: the attribute."""
    return told(connection, arguments, console).add_integer_attribute(*_given(arguments)).json()


def filesize_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-filesize-attribute`: the attribute."""
    return told(connection, arguments, console).add_filesize_attribute(*_given(arguments)).json()


def boolean_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-boolean-attribute`: the attribute."""
    return told(connection, arguments, console).add_boolean_attribute(*_given(arguments)).json()


def url_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-url-attribute`: the attribute."""
    return told(connection, arguments, console).add_url_attribute(*_given(arguments)).json()


def datetime_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-datetime-attribute`: the attribute."""
    site = told(connection, arguments, console)
    return site.add_datetime_attribute(*_given(arguments), arguments["format"]).json()


def date_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-date-attribute`: the attribute."""
    site = told(connection, arguments, console)
    return site.add_date_attribute(*_given(arguments), arguments["format"]).json()


def lat_long_attribute(connection: Connection, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-lat-long-attribute`: the attribute."""
    site = told(connection, arguments, console)
    place = arguments["latitude"], arguments["longitude"]
    return site.add_lat_long_attribute(arguments["item"], arguments["key"], *place).json()


def _given(arguments: Mapping[str, Any]) -> tuple[str, str, Any]:
    return arguments["item"], arguments["key"], arguments["value"]
