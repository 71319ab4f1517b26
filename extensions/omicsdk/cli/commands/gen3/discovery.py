"""Studies of the discovery page, and their data objects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

from omicsdk.cli.commands.transfers import count_of, print_failures
from omicsdk.cli.commands.values import agreed, check_unused, file_to_write
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import OmicsError, SomeFailed, UsageError
from omicsdk.core.response import json_of
from omicsdk.gen3 import manifests
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.manifests import discovery
from omicsdk.gen3.metadata_documents import documents_of

OBJECTS = "discovery_objects"


def read_discovery(
    client: Gen3,
    *,
    limit: int | None = None,
    agg: bool = False,
    guid_type: str = discovery.GUID_TYPE,
    output_format: Literal["tsv", "json"] = "tsv",
    output_filename_suffix: str = "",
    output_file: str | None = None,
    console: Console,
) -> TextAndData:
    """Write the studies of the discovery page into a file.

    Args:
        limit: Maximum number of documents to read; all when omitted. The exit code is 3 if there are more.
        agg: Read the documents of all commons that this one aggregates.
        guid_type: Type of the documents, their _guid_type.
        output_format: Format of the file.
        output_filename_suffix: Text after the file's name.
        output_file: The file; by default named after the commons and the type.
        console: Prints messages.
    """
    file = output_file or discovery.name_for(client.base_url, guid_type, output_filename_suffix, f".{output_format}")
    # Before the documents are read, which may take minutes.
    file_to_write(file)
    count = client.read_discovery(
        file,
        guid_type=guid_type,
        limit=limit,
        aggregate=agg,
        output_format=output_format,
        on_more=lambda: console.more_left(limit or 0, "documents"),
    )
    return _written(file, count, "documents", console)


def list_studies(client: Gen3, *, agg: bool = False, limit: int = 1000, console: Console) -> Rows:
    """List the studies of the discovery page.

    Args:
        agg: List the studies of all commons that this one aggregates.
        limit: Maximum number of studies to print. The exit code is 3 if there are more.
        console: Prints messages.
    """
    documents = documents_of(
        client, discovery.GUID_TYPE, limit=limit, aggregate=agg, on_more=lambda: console.more_left(limit, "studies")
    )
    return Rows.of({"guid": guid, **discovery.shown_in(document)} for guid, document in documents)


def look_at_study(client: Gen3, guid: str) -> None:
    """Check that there is a study.

    Args:
        guid: GUID of the study.
    """
    client.delete_study(guid, dry_run=True)


def get_study(client: Gen3, guid: str) -> Any:
    """Show the metadata of a study.

    Args:
        guid: GUID of the study.
    """
    return json_of(client.metadata.get.raw(guid=guid))


def combined_studies(result: int, call: Call) -> TextAndData:
    """Render studies that were written with further columns."""
    return _written(call.arguments["output_filename"], result, "documents", call.console)


def _written(file: str, count: int, what: str, console: Console) -> TextAndData:
    """The name of a file that was written, with the number of objects in it."""
    console.message(f"{count} {what} written to {file}")
    return TextAndData(file, {what: count, "output": file})


def publish_discovery(
    client: Gen3,
    file: str | None = None,
    *,
    default_file: bool = False,
    omit_empty: bool = False,
    guid_type: str = discovery.GUID_TYPE,
    guid_field: str | None = None,
) -> manifests.Published:
    """Publish the studies of a file on the discovery page, in place of existing ones.

    The exit code is 3 if some studies failed.

    Args:
        file: Studies: a table (.tsv, .csv) or JSON, as `discovery read` writes it.
        default_file: Publish the file that `discovery read` writes by default.
        omit_empty: Leave out fields that are empty.
        guid_type: Type of the documents, their _guid_type.
        guid_field: Field that is the GUID; guid when omitted. Studies without one are left out.
    """
    if file and default_file:
        raise UsageError("--default-file excludes FILE", remedy="Use one of them.")
    path = file or (discovery.name_for(client.base_url, guid_type) if default_file else None)
    if path is None:
        raise UsageError("no file is named", remedy="Use FILE, or --default-file.")
    return client.publish_discovery(path, guid_type=guid_type, guid_field=guid_field, omit_empty=omit_empty)


def read_objects(
    client: Gen3,
    dataset_guids: Sequence[str] = (),
    *,
    only_object_guids: bool = False,
    template: bool = False,
    output_format: Literal["tsv", "json"] = "tsv",
    output_file: str | None = None,
    limit: int | None = None,
    console: Console,
) -> TextAndData:
    """Write the data objects of studies into a file.

    Args:
        dataset_guids: GUIDs of studies; all when omitted.
        only_object_guids: Print the GUIDs of the objects instead, one per line.
        template: Write the columns that `publish` requires, without rows.
        output_format: Format of the file.
        output_file: The file; by default named after the commons.
        limit: Maximum number of studies to read if no GUIDs are given; all when omitted. The exit code is 3 if there are more.
        console: Prints messages.
    """
    if template:
        is_json = output_format == "json"
        check_unused("with --template", only_object_guids=only_object_guids, output_format=is_json, limit=limit)
        if dataset_guids:
            raise UsageError("--template takes no GUIDs", remedy="Omit them, or --template.")
        file = output_file or discovery.name_for(client.base_url, OBJECTS, "TEMPLATE")
        discovery.write_template(file)
        return _written(file, 0, "objects", console)
    if only_object_guids:
        file_name = None if output_file in console.called else output_file  # what is printed may go to stdout
        check_unused("with --only-object-guids", output_file=file_name, output_format=output_format == "json")
    console.add_outcomes((), len(dataset_guids))
    objects = client.discovery_objects(
        dataset_guids,
        limit=limit,
        on_more=lambda: console.more_left(limit or 0, "studies"),
        on_missing=lambda guid: print_failures([f"{guid}: study not found"], console, 0),
    )
    if only_object_guids:
        guids = [str(object_.get("guid")) for object_ in objects]
        return TextAndData("\n".join(guids), guids)
    file = output_file or discovery.name_for(client.base_url, OBJECTS, ending=f".{output_format}")
    return _written(file, discovery.write_objects(objects, file, output_format), "objects", console)


def delete_objects(
    client: Gen3, guids: Sequence[str] = (), *, file: str | None = None, dry_run: bool = False, console: Console
) -> dict[str, Any] | None:
    """Remove data objects from studies; their files are kept.

    Args:
        guids: GUIDs of studies, which lose all of their objects.
        file: Table of single objects, as `publish` reads it.
        dry_run: Only print which objects would be removed.
        console: Prints messages.
    """
    if bool(guids) == bool(file):
        raise UsageError("no objects are named", remedy="Use GUIDs of studies, or --file TABLE.")
    requested: dict[str, Collection[str] | None] = dict.fromkeys(guids)
    if file is not None:
        requested.update({dataset: set(study.objects) for dataset, study in discovery.objects_in_table(file).items()})
    named = ", ".join(requested) if len(requested) < 5 else f"{len(requested)} studies"
    if not dry_run and not agreed(f"Removing objects from {named} cannot be undone. Continue?", console):
        return None
    counts = client.delete_discovery_objects(requested, dry_run=dry_run)
    missing = [guid for guid in requested if guid not in counts]
    errors = [OmicsError(f"{guid}: study not found") for guid in missing]
    if errors and not counts:
        raise SomeFailed(f"none of {len(missing)} studies exists", errors, remedy="Check their GUIDs.")
    print_failures(errors, console, len(requested))
    if dry_run:
        existing = {name: some for name, some in requested.items() if name in counts}
        return {"would delete": {name: "all" if some is None else sorted(some) for name, some in existing.items()}}
    studies = "1 study" if len(counts) == 1 else f"{len(counts):,} studies"
    console.message(f"removed {count_of(sum(counts.values()), 'object')} from {studies}")
    return {"counts": counts}
