"""Records of the index, manifests, crosswalks, and studies of the discovery page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.commands.transfers import tell_failures
from omicsdk.cli.commands.values import agreed, file_to_write
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.failures import SHOWN
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import TextAndData
from omicsdk.core.errors import OmicsError, SomeFailed, UsageError
from omicsdk.core.json_responses import json_of
from omicsdk.gen3 import manifests
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import matching_records, without_none
from omicsdk.gen3.manifests import crosswalk, discovery
from omicsdk.gen3.manifests.format import PROTOCOLS
from omicsdk.gen3.manifests.records import DELETED, GONE, MISSING, WRONG
from omicsdk.gen3.metadata_documents import documents_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from omicsdk.cli.output import Call, Console
    from omicsdk.cli.shapes import Argument

OBJECTS = "discovery_objects"
# Options of gen3's command that are accepted and ignored.
WITHOUT_EFFECT: tuple[Argument, ...] = (
    {
        "name": "num_processes",
        "type": "integer",
        "convert": "omicsdk.cli.commands.values:at_least_1",
        "default": 4,
        "help": "Ignored; no other process is used.",
    },
    {
        "name": "python_subprocess_command",
        "type": "string",
        "default": None,
        "help": "Ignored; no subprocess is started.",
    },
)


def delimiter(given: str) -> str:
    r"""Convert a separator of cells; `\t` and `tab` are the tab, which is hard to type in a shell.

    Args:
        given: The value of the option.

    Raises:
        UsageError: It is not a single character.
    """
    named = {"\\t": "\t", "tab": "\t", "comma": ","}.get(given, given)
    if len(named) != 1:
        raise UsageError(f"invalid separator {given!r}", remedy="Use one character, such as a comma, or tab.")
    return named


def list_objects(
    client: Gen3,
    *,
    file_name: str | None = None,
    size: int | None = None,
    md5: str | None = None,
    authz: Sequence[str] = (),
    uploader: str | None = None,
    url: str | None = None,
    limit: int = 1000,
    console: Console,
) -> Rows:
    """List records of the index.

    Args:
        file_name: Only files with this name.
        size: Only files of this size in bytes.
        md5: Only files with this MD5 sum.
        authz: Only files with these resources.
        uploader: Only files of this user.
        url: Only files with this URL.
        limit: Maximum number of records to print. The exit code is 3 if there are more.
        console: Prints messages.
    """
    hashes = None if md5 is None else f"md5:{md5}"
    query = without_none(
        file_name=file_name, size=size, hash=hashes, authz=list(authz) or None, uploader=uploader, url=url
    )
    return Rows.of(console.limited(matching_records(client.indexd, query), limit, "records"))


def get_object(client: Gen3, guid: str) -> Any:
    """Show the record of a file.

    Args:
        guid: GUID of the object.
    """
    return json_of(client.indexd.get_record.raw(guid=guid))


def changed_object(result: dict[str, Any], call: Call) -> dict[str, Any]:
    """Render a record that was created or changed."""
    call.console.message(f"stored {result.get('did')}: {', '.join(call.arguments)}")
    return result


def summarized(result: manifests.Summary, call: Call) -> dict[str, Any]:
    """Render the result of a manifest's rows, and print which failed.

    Raises:
        SomeFailed: All rows failed.
    """
    console = call.console
    if result.failed:
        errors = [OmicsError(error) for error in result.errors]
        problem = f"{result.failed} of {result.rows} rows failed; all of them are in {result.failures}"
        if result.failed >= result.rows:
            others = result.rows - len(errors)
            raise SomeFailed(
                problem, errors, others=others, remedy="Correct their cause, and run the same command again."
            )
        tell_failures(errors, console, result.rows)
        console.some_failed(problem)
        if result.failed_rows:
            console.message(f"{result.failed_rows} is a manifest of these rows alone")
    counted = ", ".join(f"{count} {state}" for state, count in result.counts.items()) or "nothing"
    differ = result.counts.get(WRONG, 0) + result.counts.get(MISSING, 0)
    # Rows that differ are failures of a verification, though they were processed without an error.
    console.add_outcomes(range(differ), result.rows)
    (console.error if differ else console.message)(f"{result.rows} rows: {counted}; written to {result.output}")
    files = {"output": result.output, "failures": result.failures, "failed_rows": result.failed_rows}
    written = {name: file and str(file) for name, file in files.items() if file or name != "failed_rows"}
    return {"rows": result.rows, "counts": result.counts, **written}


def validate_format(
    file: str,
    *,
    allowed_protocols: Sequence[str] = (),
    allow_base64_encoded_md5: bool = False,
    error_on_empty_url: bool = False,
    line_limit: int | None = None,
    manifest_file_delimiter: str | None = None,
    console: Console,
) -> list[dict[str, Any]]:
    """Check the format of a manifest, without requests.

    Prints each fault with its line and column. The exit code is 1 if there are errors.

    Args:
        file: Manifest: a table with tabs between its columns if its name ends in .tsv, else with commas.
        allowed_protocols: Protocols that URLs may have; s3 and gs when omitted.
        allow_base64_encoded_md5: Accept MD5 sums in Base64, too.
        error_on_empty_url: Treat an empty URL as an error.
        line_limit: Lines to check, the header included; all when omitted.
        manifest_file_delimiter: Separator of the columns; by default that of the file's suffix.
        console: Prints messages.
    """
    faults: list[manifests.Fault] = []
    check = manifests.check_format(
        file,
        protocols=[protocol for word in allowed_protocols for protocol in word.split()] or PROTOCOLS,
        base64_md5=allow_base64_encoded_md5,
        urls_required=error_on_empty_url,
        line_limit=line_limit,
        delimiter=manifest_file_delimiter,
        on_fault=faults.append,
    )
    summary = f"{check.rows} rows, {check.faults} faults, {check.warnings} warnings"
    if check.valid:
        console.message(summary)
    else:
        console.error(summary)
        console.exit_code = REFUSED
    return [
        {name: getattr(fault, name) for name in ("line", "column", "value", "reason", "remedy")}
        | {"level": "warning" if fault.warns else "error"}
        for fault in faults
    ]


def delete_manifest(
    client: Gen3, file: str, *, output_file: str | None = None, dry_run: bool = False, console: Console
) -> manifests.Summary | dict[str, Any] | None:
    """Delete the index records of all files of a manifest; the files are kept.

    Run the same command again to resume. The exit code is 3 if rows failed.

    Args:
        output_file: File for the result for each GUID; FILE with .deleted.tsv when omitted.
        dry_run: Only count the records.
        console: Prints messages.
    """
    if dry_run:
        planned = client.delete_index_records(file, dry_run=True)
        for error in planned.errors[:SHOWN]:
            console.some_failed(f"{file}: {error}")
        absent = {"gone": planned.counts[GONE]} if GONE in planned.counts else {}
        return {"would delete": planned.counts.get(DELETED, 0), **absent, "unreadable": planned.failed}
    # The question states the number; faulty rows are reported by the deletion itself.
    count = sum(1 for _ in manifests.rows_of(file, on_fault=lambda _: None))
    if not agreed(f"Deleting the records of {count} files from {client.base_url} cannot be undone. Continue?", console):
        return None
    return client.delete_index_records(file, output_file)


def merge(
    files: Sequence[str],
    *,
    out: str,
    continue_on_error: bool = False,
    allow_multiple_guids: bool = False,
    console: Console,
) -> manifests.Merged:
    """Merge manifests: rows of one MD5 sum become one, with the URLs of all.

    Args:
        files: Manifests with the columns md5, size and urls; the first value of a field is kept.
        out: File for the merged manifest.
        continue_on_error: Skip conflicting values, and print each.
        allow_multiple_guids: Allow several GUIDs for one MD5 sum.
        console: Prints messages.
    """
    rules = manifests.Rules(many_guids=allow_multiple_guids, go_on=continue_on_error)
    return manifests.merge_manifests(files, out, rules=rules, on_fault=lambda fault: console.warning(str(fault)))


def combined(result: manifests.Merged | manifests.Difference, call: Call) -> dict[str, Any]:
    """Render a merged manifest."""
    output = call.arguments["out" if isinstance(result, manifests.Merged) else "output"]
    counts = result._asdict()
    counts_text = ", ".join(f"{count} {name}" for name, count in counts.items())
    call.console.message(f"{counts_text}; written to {output}")
    return {**counts, "output": output}


def published(result: manifests.Published, call: Call) -> dict[str, Any]:
    """Render a publication: counts, and what failed with its place.

    Raises:
        SomeFailed: All failed.
    """
    errors = [OmicsError(error) for error in result.errors]
    if errors and not sum(result.counts.values()):
        raise SomeFailed(
            f"all {len(errors)} failed", errors, remedy="Correct their cause, and run the same command again."
        )
    tell_failures(errors, call.console, len(errors) + sum(result.counts.values()))
    counted = [f"{count} {state}" for state, count in result.counts.items()]
    failed = [f"{len(errors)} failed"] if errors else []
    call.console.message(f"{', '.join([*counted, *failed]) or 'nothing to do'} at {call.base_url}")
    return {"counts": result.counts, "failures": result.errors}


def crosswalk_read(result: int, call: Call) -> dict[str, Any]:
    """Render a crosswalk that was written."""
    output = Path(call.arguments["output"])
    call.console.message(f"{result} subjects written to {output}")
    return {"subjects": result, "output": str(output), "info": str(output.with_name(f"{output.stem}_info.csv"))}


def crosswalk_verified(result: list[manifests.Missing], call: Call) -> list[dict[str, Any]]:
    """Render the names of a crosswalk that are unknown to the commons, or belong to another subject there."""
    if result:
        call.console.error(f"{len(result)} names do not match those of {call.base_url}")
        call.console.exit_code = REFUSED
    else:
        call.console.message(f"all names match those of {call.base_url}")
    return [row._asdict() for row in result]


def deleted(
    result: manifests.Summary | manifests.Published | dict[str, Any] | None, call: Call
) -> dict[str, Any] | None:
    """Render a deletion, or what a dry run counted."""
    if isinstance(result, manifests.Summary):
        return summarized(result, call)
    return published(result, call) if isinstance(result, manifests.Published) else result


def delete_crosswalk(
    client: Gen3, file: str, *, dry_run: bool = False, console: Console
) -> manifests.Published | dict[str, Any] | None:
    """Delete the names of a crosswalk from the commons.

    Other metadata of the subjects is kept.

    Args:
        file: Crosswalk: a table (.csv, .tsv) whose columns are called COMMONS|TYPE|NAME, with a subject in each row.
        dry_run: Only count the subjects.
        console: Prints messages.
    """
    if dry_run:
        counts = client.delete_crosswalk(file, dry_run=True).counts
        subject_count = counts.pop(crosswalk.KNOWN, 0)
        return {"would delete": {"subjects": subject_count}, **counts}
    count = sum(1 for _ in manifests.subjects_of(file))
    question = f"Deleting the names of {count} subjects from {client.base_url} cannot be undone. Continue?"
    return client.delete_crosswalk(file) if agreed(question, console) else None


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
        file = output_file or discovery.name_for(client.base_url, OBJECTS, "TEMPLATE")
        discovery.write_template(file)
        return _written(file, 0, "objects", console)
    console.add_outcomes((), len(dataset_guids))
    objects = client.discovery_objects(
        dataset_guids,
        limit=limit,
        on_more=lambda: console.more_left(limit or 0, "studies"),
        on_missing=lambda guid: tell_failures([f"{guid}: study not found"], console, 0),
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
    tell_failures(errors, console, len(requested))
    if dry_run:
        existing = {name: some for name, some in requested.items() if name in counts}
        return {"would delete": {name: "all" if some is None else sorted(some) for name, some in existing.items()}}
    console.message(f"removed {sum(counts.values())} objects from {len(counts)} studies")
    return {"counts": counts}
