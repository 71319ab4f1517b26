"""What `omics pangea upload reads` and `single-ended-reads` do, and `create sample-with-data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.batches import Failure, tell
from omicsdk.cli.commands.pangea.creation import chosen
from omicsdk.cli.commands.pangea.lines import (
    field_line,
    lines,
    names_given,
    result_line,
    sample_line,
    told,
)
from omicsdk.cli.commands.pangea.places import group
from omicsdk.cli.commands.pangea.sending import check_finished, reported
from omicsdk.cli.commands.transfer_reports import watched
from omicsdk.core.errors import UsageError
from omicsdk.pangea.reads import PAIRED_END, ReadSet, ReadsResult, UploadedReads, pair_reads, single_reads, upload_reads
from omicsdk.pangea.uploads import check_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.transfer import Control, Progress


def paired(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea upload reads`."""
    paths = names_given(None, arguments["file_list"], "FILE_LIST")
    sets = pair_reads(paths, ext_1=arguments["ext_1"], ext_2=arguments["ext_2"], delim=arguments.get("delim"))
    others = len(paths) - sum(len(one.files) for one in sets)
    if others:
        console.warning(f"{others} files of the list are no reads by their names, and are left out")
    return _uploaded(access, sets, arguments, console)


def single(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea upload single-ended-reads`."""
    chosen(arguments, "dry_run", "wetrun", default=False)
    paths = names_given(None, arguments["file_list"], "FILE_LIST")
    sets = single_reads(paths, ext=arguments["ext"], field_name=arguments["field_name"])
    return _uploaded(access.of(arguments.get("email")), sets, arguments, console)


def sample_with_data(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea create sample-with-data`."""
    files: list[str] = arguments["data_files"]
    fields = ["read_1", "read_2"] if arguments["module_name"] == PAIRED_END else ["reads"]
    if len(files) != len(fields):
        raise UsageError(
            f"DATA_FILES: {arguments['module_name']} takes {len(fields)}, got {len(files)}", remedy="Check the files."
        )
    sets = [ReadSet(arguments["sample_name"], dict(zip(fields, files, strict=True)))]
    return _uploaded(access, sets, {**arguments, "public": True}, console)


def _uploaded(access: Access, sets: Sequence[ReadSet], arguments: Mapping[str, Any], console: Console) -> Told:
    check_files(str(path) for one in sets for path in one.files.values())
    overwrite = chosen(arguments, "overwrite", "no_overwrite", default=False)
    private = chosen(arguments, "private", "public", default=True)
    if arguments.get("dry_run"):
        rows = [{"sample": one.sample, **{field: str(path) for field, path in one.files.items()}} for one in sets]
        return told(lines(f"Sample: {' '.join(row.values())}" for row in rows), rows, arguments)
    library = group(access, arguments["org_name"], arguments["library_name"])

    def work(progress: Callable[[Progress], None] | None, control: Control) -> ReadsResult:
        return upload_reads(
            access.api,
            sets,
            library["organization"],
            library["uuid"],
            module_name=arguments["module_name"],
            private=private,
            overwrite=overwrite,
            tags=arguments.get("tag") or (),
            progress=progress,
            control=control,
        )

    title = f"uploading to {access.endpoint}"
    result = watched(work, arguments, console, title)
    reported(result.report, arguments, console, title)
    failed = [Failure(one.reads.sample, one.error) for one in result.samples if one.error is not None]
    tell(failed, len(sets), "samples", console)
    whole = [one for one in result.samples if one.state in ("uploaded", "kept")]
    kept = sum(one.state == "kept" for one in whole)
    if kept:
        console.message(f"{kept} samples have their reads; --overwrite sends them again")
    check_finished(result.report, len(whole), len(sets), "samples")
    return told(lines(map(_line, whole)), [_row(one) for one in whole], arguments)


def _line(one: UploadedReads) -> str:
    things = [
        sample_line(_facts(one.sample)),
        result_line(_facts(one.result)),
        *(field_line(_facts(field)) for field in one.fields),
    ]
    return " ".join(things)


def _row(one: UploadedReads) -> dict[str, Any]:
    return {
        "sample": one.reads.sample,
        "state": one.state,
        "sample_uuid": _facts(one.sample)["uuid"],
        "result": _facts(one.result),
        "fields": {field.name: field.uuid for field in one.fields},
    }


def _facts(thing: object) -> dict[str, Any]:
    """The facts that lines state of something."""
    named = ("name", "module_name", "replicate", "uuid")
    return {name: getattr(thing, name) for name in named if hasattr(thing, name)}
