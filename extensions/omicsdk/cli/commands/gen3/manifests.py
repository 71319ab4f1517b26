"""What `omics gen3 objects manifest` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.cli.errors import REFUSED, SHOWN
from omicsdk.core.errors import SomeFailed, UsageError
from omicsdk.gen3.manifests import Rules, check_format, compare_manifests, merge_manifests, rows_of
from omicsdk.gen3.manifests.format import PROTOCOLS
from omicsdk.gen3.manifests.records import DELETED, GONE, MISSING, WRONG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.gen3.manifests import Fault, Summary


def read(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects manifest read`: what came of it."""
    summary = access.commons.read_index(
        arguments["output_file"],
        manifest=arguments.get("input_manifest"),
        threads=arguments["max_concurrent_requests"],
    )
    return told(summary, console)


def verify(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects manifest verify`: what came of it."""
    path = Path(arguments["file"])
    output = arguments.get("output_file") or path.with_name(f"{path.stem}.verified.log")
    summary = access.commons.verify_manifest(
        path, output, threads=arguments["max_concurrent_requests"], delimiter=delimiter_of(arguments)
    )
    result = told(summary, console)
    differing = sum(summary.counts.get(each, 0) for each in (WRONG, MISSING))
    if differing:
        console.some_failed(f"{differing} of {summary.rows} rows differ from the index; how stands in {output}")
    return result


def validate_format(access: Access, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics gen3 objects manifest validate-manifest-format`: a row for each fault."""
    del access
    given: list[str] = arguments.get("allowed_protocols") or []
    found: list[dict[str, Any]] = []

    def on_fault(fault: Fault) -> None:
        found.append(
            {
                "line": fault.line,
                "column": fault.column,
                "value": fault.value,
                "reason": fault.reason,
                "remedy": fault.remedy,
                "level": "warning" if fault.warns else "error",
            }
        )

    check = check_format(
        arguments["file"],
        protocols=[each for word in given for each in word.split()] or PROTOCOLS,
        base64_md5=bool(arguments.get("allow_base64_encoded_md5")),
        urls_required=bool(arguments.get("error_on_empty_url")),
        line_limit=arguments.get("line_limit"),
        delimiter=delimiter_of(arguments),
        on_fault=on_fault,
    )
    said = f"{check.rows} rows, {check.faults} faults, {check.warnings} warnings"
    if check.valid:
        console.message(said)
    else:
        console.error(said)
        console.exit_code = REFUSED
    return found


def publish(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects manifest publish`: what came of it."""
    summary = access.logged_in.index_manifest(
        arguments["file"],
        arguments["out_manifest_file"],
        threads=arguments["thread_num"],
        replace_urls=not arguments.get("append_urls"),
        metadata=not arguments.get("no_metadata"),
        empty_metadata=bool(arguments.get("force_metadata_columns_even_if_empty")),
        delimiter=delimiter_of(arguments),
    )
    return told(summary, console)


def delete_all_guids(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any] | None:
    """`omics gen3 objects manifest delete-all-guids`: what came of it."""
    path: str = arguments["file"]
    if arguments.get("dry_run"):
        planned = access.logged_in.delete_index_records(path, dry_run=True)
        for error in planned.errors[:SHOWN]:
            console.some_failed(f"{path}: {error}")
        gone = {"gone": planned.counts[GONE]} if GONE in planned.counts else {}
        return {"would delete": planned.counts.get(DELETED, 0), **gone, "unreadable": planned.failed}
    count = sum(1 for _ in rows_of(path, on_fault=lambda _: None))
    if not agreed(f"Deleting the records of {count} files from {access.endpoint} is for good. Go on?", console):
        return None
    return told(access.logged_in.delete_index_records(path, arguments.get("output_file")), console)


def merge(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects manifest merge`: what came of it."""
    del access

    def on_fault(fault: Fault) -> None:
        console.warning(str(fault))

    rules = Rules(
        many_guids=bool(arguments.get("allow_multiple_guids")), go_on=bool(arguments.get("continue_on_error"))
    )
    merged = merge_manifests(arguments["files"], arguments["out"], rules=rules, on_fault=on_fault)
    return {**merged._asdict(), "output": arguments["out"]}


def diff(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics gen3 objects manifest diff`: what came of it."""
    del access, console
    found = compare_manifests(
        arguments["before"],
        arguments["after"],
        arguments["out"],
        key=arguments["key"],
        further_columns=bool(arguments.get("further_columns")),
    )
    return {**found._asdict(), "output": arguments["out"]}


def told(summary: Summary, console: Console) -> dict[str, Any]:
    """Tells which rows failed, and gives what a run over a manifest came to.

    Args:
        summary: The run.
        console: Where failures are told.

    Raises:
        SomeFailed: All rows failed.
    """
    result = {
        "rows": summary.rows,
        "counts": summary.counts,
        "output": str(summary.output),
        "failures": str(summary.failures) if summary.failures else None,
        **({"failed_rows": str(summary.failed_rows)} if summary.failed_rows else {}),
    }
    if not summary.failed:
        return result
    for error in summary.errors:
        console.some_failed(error)
    said = f"{summary.failed} of {summary.rows} rows failed; all of them are in {summary.failures}"
    if summary.failed >= summary.rows:
        raise SomeFailed(said, remedy="Correct their cause, and run the same again.")
    console.some_failed(said)
    if summary.failed_rows:
        console.message(f"{summary.failed_rows} is a manifest of these rows alone")
    return result


def delimiter_of(arguments: Mapping[str, Any]) -> str | None:
    r"""What --manifest-file-delimiter names; `\t` and `tab` are the tab that shells make it hard to type.

    Args:
        arguments: Those of the command.

    Raises:
        UsageError: It is no single character.
    """
    given: str | None = arguments.get("manifest_file_delimiter")
    if given is None:
        return None
    named = {"\\t": "\t", "tab": "\t", "comma": ","}.get(given, given)
    if len(named) != 1:
        raise UsageError(
            f"--manifest-file-delimiter {given}: that is no character", remedy="Give one, such as , or tab."
        )
    return named
