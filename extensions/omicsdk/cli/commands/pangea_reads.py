"""What `omics pangea upload reads` and `single-ended-reads` do, and `create sample-with-data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.cli.commands.pangea_batches import each, tell
from omicsdk.cli.commands.pangea_creation import chosen, ensured
from omicsdk.cli.commands.pangea_lines import (
    check_outfile,
    field_line,
    lines,
    names_given,
    result_line,
    sample_line,
    told,
)
from omicsdk.cli.commands.pangea_places import Thing, group, tag
from omicsdk.cli.commands.pangea_sending import check_files, sent
from omicsdk.cli.commands.pangea_tagging import tag_samples
from omicsdk.core.errors import UsageError
from omicsdk.pangea.blob_constructors import sample_from_blob
from omicsdk.pangea.files.read_plan import ReadSet, pair_reads, single_reads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea_access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.pangea.analysis_result import SampleAnalysisResult
    from omicsdk.pangea.field import AnalysisResultField

PAIRED = "raw::paired_short_reads"


class Prepared(NamedTuple):
    """A sample whose fields are there for its files.

    Attributes:
        sample: The sample.
        result: Its analysis result.
        fields: The result's fields for reads.
        missing: Those whose files are to be sent, with the files.
    """

    sample: Thing
    result: SampleAnalysisResult
    fields: Sequence[AnalysisResultField]
    missing: Sequence[tuple[AnalysisResultField, str]]


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
    fields = ["read_1", "read_2"] if arguments["module_name"] == PAIRED else ["reads"]
    if len(files) != len(fields):
        raise UsageError(
            f"DATA_FILES: {arguments['module_name']} takes {len(fields)}, got {len(files)}", remedy="Check the files."
        )
    sets = [ReadSet(arguments["sample_name"], dict(zip(fields, files, strict=True)))]
    return _uploaded(access, sets, {**arguments, "public": True}, console)


def _uploaded(access: Access, sets: Sequence[ReadSet], arguments: Mapping[str, Any], console: Console) -> Told:
    reads = {one.sample: {field: str(path) for field, path in one.files.items()} for one in sets}
    check_outfile(arguments)
    check_files(path for files in reads.values() for path in files.values())
    overwrite = chosen(arguments, "overwrite", "no_overwrite", default=False)
    private = chosen(arguments, "private", "public", default=True)
    if arguments.get("dry_run"):
        text = lines(f"Sample: {name} {' '.join(files.values())}" for name, files in reads.items())
        return told(text, [{"sample": name, **files} for name, files in reads.items()], arguments)
    library = group(access, arguments["org_name"], arguments["library_name"])
    tags = [tag(access, name) for name in arguments.get("tag") or ()]
    there, failed = ensured(access, library, list(reads))
    tag_samples(access, list(there.values()), tags, console)
    module: str = arguments["module_name"]

    def prepare(sample: Thing) -> Prepared:
        return _prepared(access, sample, module, reads[sample["name"]], overwrite=overwrite, private=private)

    wanted = [there[name] for name in reads if name in there]
    prepared, refused = each(wanted, prepare, lambda sample: sample["name"])
    tell([*failed, *refused], len(reads), "samples", console)
    entries = [entry for one in prepared for entry in one.missing]
    kept = sum(not one.missing for one in prepared)
    if kept:
        console.message(f"{kept} samples have their reads; --overwrite sends them again")
    bad = sent(entries, arguments, console, f"uploading to {access.endpoint}")
    whole = [one for one in prepared if not any(field in bad for field in one.fields)]
    return told(lines(map(_line, whole)), [_row(one) for one in whole], arguments)


def _prepared(
    access: Access, sample: Thing, module: str, files: Mapping[str, str], *, overwrite: bool, private: bool
) -> Prepared:
    """Makes the result and the fields that a sample lacks."""
    result = sample_from_blob(access.knex, sample).analysis_result(module)
    if not result.exists():
        result.is_private = private
        result.create()
    there = {field.name: field for field in result.get_fields()}
    fields = [there.get(name) or result.field(name).create() for name in files]
    missing = [(field, files[field.name]) for field in fields if overwrite or not field.stored_data]
    if missing and result.is_private != private:
        result.is_private = private
        result.save()
    return Prepared(sample, result, fields, missing)


def _line(one: Prepared) -> str:
    fields = (field_line({"name": field.name, "uuid": field.uuid}) for field in one.fields)
    return " ".join([sample_line(one.sample), result_line(_facts(one.result)), *fields])


def _row(one: Prepared) -> dict[str, Any]:
    return {
        "sample": one.sample["name"],
        "sample_uuid": one.sample["uuid"],
        "result": _facts(one.result),
        "fields": {field.name: field.uuid for field in one.fields},
        "sent": [field.name for field, _ in one.missing],
    }


def _facts(result: SampleAnalysisResult) -> dict[str, Any]:
    return {"module_name": result.module_name, "replicate": result.replicate, "uuid": result.uuid}
