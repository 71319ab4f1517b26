"""Records of the index, manifests and crosswalks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.transfers import count_of, print_failures
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.errors import REFUSED
from omicsdk.cli.failures import MAX_ERRORS
from omicsdk.cli.listing import Rows
from omicsdk.core.errors import OmicsError, SomeFailed, UsageError
from omicsdk.core.response import json_of
from omicsdk.gen3 import manifests
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import matching_records, without_none
from omicsdk.gen3.manifests import crosswalk
from omicsdk.gen3.manifests.format import PROTOCOLS
from omicsdk.gen3.manifests.records import DELETED, GONE, MISSING, WRONG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.cli.output import Call, Console
    from omicsdk.cli.shapes import Argument

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


def delimiter(text: str) -> str:
    r"""Convert a separator of cells; `\t` and `tab` are the tab, which is hard to type in a shell.

    Args:
        text: The value of the option.

    Raises:
        UsageError: It is not a single character.
    """
    named = {"\\t": "\t", "tab": "\t", "comma": ","}.get(text, text)
    if len(named) != 1:
        raise UsageError(f"invalid separator {text!r}", remedy="Use one character, such as a comma, or tab.")
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
        print_failures(errors, console, result.rows)
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
    summary = ", ".join(map(count_of, (check.rows, check.faults, check.warnings), ("row", "fault", "warning")))
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
        for error in planned.errors[:MAX_ERRORS]:
            console.some_failed(f"{file}: {error}")
        absent = {"gone": planned.counts[GONE]} if GONE in planned.counts else {}
        return {"would delete": planned.counts.get(DELETED, 0), **absent, "unreadable": planned.failed}
    # The question states the number; faulty rows are reported by the deletion itself.
    files = count_of(sum(1 for _ in manifests.rows_of(file, on_fault=lambda _: None)), "file")
    if not agreed(f"Deleting the records of {files} from {client.base_url} cannot be undone. Continue?", console):
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
    print_failures(errors, call.console, len(errors) + sum(result.counts.values()))
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
