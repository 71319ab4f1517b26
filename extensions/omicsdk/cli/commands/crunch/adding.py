"""The commands `omics crunch add-...`: each returns what the site has stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.input_files import text_of
from omicsdk.core.errors import APIError, OmicsError, UsageError
from omicsdk.crunch import attributes
from omicsdk.crunch.datasets import DatasetFolders, shared_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.crunch.client import Crunch


def project(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-project`: the project.

    Raises:
        UsageError: The workflow's file can't be read.
        APIError: The site refused it.
    """
    workflow = _workflow(arguments["workflow"])
    fields = {"name": arguments["project"], **_about(arguments)}
    what = f"Adding project '{arguments['project']}' on the site {client.base_url}"
    return _added(
        client, "api/projects/", {**fields, "workflow": workflow} if workflow else fields, what, arguments, console
    )


def _workflow(file: str | None) -> str:
    if file is None:
        return ""
    text = text_of(file, "--workflow")
    if not text.strip():
        raise UsageError(f"--workflow: {file} is empty", remedy="Leave it out, or give a workflow.")
    return text


def dataset(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-dataset`: the dataset.

    Raises:
        APIError: The site refused it.
    """
    of, name, folder = arguments["project"], arguments["dataset"], arguments["base_file_path"]
    fields = {"parent": of, "name": name, **_about(arguments)}
    what = f"Adding dataset '{name}' to project '{of}' on the site {client.base_url}"
    fields = {**fields, "base_file_path": folder} if folder else fields
    made = _added(client, "api/datasets/", fields, what, arguments, console)
    _warn_if_shared(client, made, console)
    return made


def _warn_if_shared(client: Crunch, made: Mapping[str, Any], console: Console) -> None:
    slug, base = str(made.get("slug") or ""), str(made.get("base_file_path") or "")
    if not slug or not base.strip("/"):
        return
    try:
        others = DatasetFolders(client).shared_with(slug, base)
    except OmicsError as error:  # the dataset was added all the same
        console.warning(f"whether another dataset shares the folder {base} isn't known: {error.message}")
        return
    if others:
        console.warning(
            f"{shared_words(slug, base, others)}. Set a base_file_path of its own on the site, or give --base-file-path "
            "for the next ones; it isn't run without --allow-shared-folder."
        )


def item(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-item`: the item.

    Raises:
        APIError: The site refused it.
    """
    of, name = arguments["parent"], arguments["item"]
    what = f"Adding item '{name}' to parent '{of}' on the site {client.base_url}"
    return _added(client, "api/items/", {"parent": of, "name": name, **_about(arguments)}, what, arguments, console)


def char_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-char-attribute`: the attribute. Errors, here and below: UsageError for a value that the site cannot hold."""
    return _attribute(client, "char", arguments["value"], arguments, console)


def float_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-float-attribute`: the attribute."""
    return _attribute(client, "float", attributes.number(arguments["value"]), arguments, console)


def integer_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-integer-attribute`: the attribute."""
    return _attribute(client, "int", attributes.whole_number(arguments["value"]), arguments, console)


def filesize_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-filesize-attribute`: the attribute."""
    return _attribute(client, "filesize", attributes.file_size(arguments["value"]), arguments, console)


def boolean_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-boolean-attribute`: the attribute."""
    return _attribute(client, "bool", attributes.truth(arguments["value"]), arguments, console)


def url_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-url-attribute`: the attribute."""
    return _attribute(client, "url", arguments["value"], arguments, console)


def datetime_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-datetime-attribute`: the attribute."""
    value = attributes.as_datetime(arguments["value"], arguments["format"])
    return _attribute(client, "datetime", value, arguments, console)


def date_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-date-attribute`: the attribute."""
    return _attribute(client, "date", attributes.as_date(arguments["value"], arguments["format"]), arguments, console)


def lat_long_attribute(client: Crunch, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics crunch add-lat-long-attribute`: the attribute."""
    given = {name: arguments[name] for name in ("latitude", "longitude")}
    place = {name: attributes.coordinate(name, value) for name, value in given.items()}
    return _keyed(client, "lat-long", place, ",".join(map(str, given.values())), arguments, console)


def _attribute(client: Crunch, kind: str, value: object, arguments: Mapping[str, Any], console: Console) -> object:
    return _keyed(client, kind, {"value": value}, value, arguments, console)


def _keyed(
    client: Crunch, kind: str, value: Mapping[str, Any], shown: object, arguments: Mapping[str, Any], console: Console
) -> object:
    of, key = arguments["item"], arguments["key"]
    what = f"Adding attribute '{key}'->'{shown}' to item '{of}' on the hosted site {client.base_url}"
    return _added(client, attributes.attribute_url(kind), {"item": of, "key": key, **value}, what, arguments, console)


def _about(arguments: Mapping[str, Any]) -> dict[str, str]:
    return {"description": arguments["description"], "details": arguments["details"]}


def _added(
    client: Crunch, path: str, fields: Mapping[str, Any], what: str, arguments: Mapping[str, Any], console: Console
) -> dict[str, Any]:
    """Post a form, and report what is sent and answered unless --no-verbose was given."""

    def report(line: str) -> None:
        if not arguments["no_verbose"]:
            console.message(line)

    report(what)
    report(f"Posting to {client.base_url}/{path} : {dict(fields)}")
    try:
        answer = client.raw_request("POST", path, fields)
    except APIError as error:
        report(f"Response {error.status}")
        raise
    report(f"Response {answer.status_code}: {answer.reason_phrase}")
    return answer.json()
