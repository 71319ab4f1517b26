"""Commands that transfer files and tables between this machine and Pangea."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from omicsdk_api.pangea.models.sample import Sample

from omicsdk.cli.commands.pangea.resources import Names, check_words, line, print_done, printed, unique_names
from omicsdk.cli.commands.transfers import (
    COMPLETE_STATES,
    count_of,
    ended,
    finish,
    foreseen,
    named_errors,
    plan_line,
    print_failures,
    print_stopped,
    record_report,
    report_path,
    summary,
)
from omicsdk.cli.commands.values import text_of
from omicsdk.cli.output import Call, Console, TextAndData
from omicsdk.core.errors import Interrupted, UsageError
from omicsdk.pangea.batches import Batch
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.fields import ResultId
from omicsdk.pangea.listings import ensure_result, group_samples
from omicsdk.pangea.reads import PAIRED_END, ReadSet, ReadsResult, UploadedReads, pair_reads, single_reads
from omicsdk.pangea.responses import identified
from omicsdk.pangea.samples import metadata_csv, not_found, rows_of
from omicsdk.pangea.uploads import UploadedField, check_files
from omicsdk.transfer import SelectionOptionsDict, TransferOptions, TransferOptionsDict, TransferReport

Urls = list[tuple[str, str]]
ReadsModule = Literal["raw::paired_short_reads", "raw::single_short_reads", "raw::basecalled_nanopore_reads"]


def upload_reads(
    client: Pangea,
    org_name: str,
    library_name: str,
    file_list: str,
    *,
    overwrite: bool = False,
    private: bool = True,
    tag: Sequence[str] = (),
    module_name: str = PAIRED_END,
    delim: str | None = None,
    ext_1: str = ".R1.fastq.gz",
    ext_2: str = ".R2.fastq.gz",
    ext: str = "",
    field_name: str = "reads",
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> ReadsResult:
    """Upload reads into samples that are named after the files.

    `omics pangea upload reads` takes paired-end reads, `omics pangea upload single-ended-reads` single-ended and
    nanopore reads. If one of two paired files is missing, the command fails before anything is sent. Samples that
    already have their reads are skipped.

    Args:
        file_list: File with the paths of FASTQ files, one per line; - is stdin.
        overwrite: Upload existing files again.
        private: Restrict access to the reads to members of the organization.
        tag: Name of a tag for the samples; may be given several times.
        module_name: Module of the analysis result for the reads.
        delim: Text after the sample's name within a file's name.
        ext_1: Suffix of the names of first reads.
        ext_2: Suffix of the names of second reads.
        ext: Suffix of the names of the files.
        field_name: Field of the analysis result for the reads.
        console: Prints warnings.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    paths = unique_names(None, file_list, "FILE_LIST")
    if ext:
        sets = single_reads(paths, ext=ext, field_name=field_name)
    else:
        sets = pair_reads(paths, ext_1=ext_1, ext_2=ext_2, delim=delim)
    if others := len(paths) - sum(len(file_set.files) for file_set in sets):
        console.warning(f"skipped {count_of(others, 'file')} of the list: not named as reads")
    return client.upload_reads(
        sets, org_name, library_name, module_name=module_name, private=private, overwrite=overwrite, tags=tag, **options
    )


def create_sample_with_data(
    client: Pangea,
    org_name: str,
    library_name: str,
    sample_name: str,
    data_files: Sequence[str],
    *,
    module_name: ReadsModule,
    **options: Unpack[TransferOptionsDict],
) -> ReadsResult:
    """Create a sample with its reads.

    Args:
        org_name: Name of the organization.
        sample_name: Name of the sample.
        data_files: The reads, gzipped FASTQ: two files of paired ones, else one.
        module_name: Module of the reads, which states their kind.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    fields = ["read_1", "read_2"] if module_name == PAIRED_END else ["reads"]
    if len(data_files) != len(fields):
        raise UsageError(
            f"DATA_FILES: {module_name} takes {len(fields)}, got {len(data_files)}", remedy="Check the files."
        )
    sets = [ReadSet(sample_name, dict(zip(fields, data_files, strict=True)))]
    return client.upload_reads(sets, org_name, library_name, module_name=module_name, private=False, **options)


def create_field(
    client: Pangea, names: Sequence[str], *, console: Console, **options: Unpack[TransferOptionsDict]
) -> UploadedField:
    """Create a field of a sample's analysis result, and upload a file into it.

    A field with the same file is skipped; a field with other content is an error.

    Args:
        names: ORGANIZATION LIBRARY SAMPLE MODULE FIELD FILE; or RESULT_UUID FIELD FILE.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    check_words(names, "RESULT_UUID FIELD FILE", "ORGANIZATION LIBRARY SAMPLE MODULE FIELD FILE")
    *owner, field, path = names
    # Before the first request, which would create a field that stays empty.
    check_files([path])
    if len(owner) == 1:
        analysis_result = identified(client.get_sample_analysis_result(uuid=owner[0].lower()))
    else:
        analysis_result = client.find_sample_result(client.find_sample(*owner[:3]).uuid, owner[3])
    console.message(f"Uploading file: {path}")
    return client.upload_field(path, ResultId(analysis_result.uuid), field, **options)


def upload_group_field(
    client: Pangea,
    org_name: str,
    grp_name: str,
    module_name: str,
    field_name: str,
    file_path: str,
    *,
    console: Console,
    **options: Unpack[TransferOptionsDict],
) -> UploadedField:
    """Upload a file as a field of a group's analysis result.

    Existing fields are treated as by omics pangea create field.

    Args:
        org_name: Name of the organization.
        grp_name: Name of the sample group.
        module_name: Module of the result, which is created if missing.
        field_name: Name of the field.
        file_path: The file.
        console: Prints messages.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    # Before the first request, which would create a result that stays empty.
    check_files([file_path])
    owner = client.find_sample_group(org_name, grp_name).uuid
    result = ensure_result(client, owner, module_name, of_group=True, private=False)
    console.message(f"Uploading file: {file_path}")
    return client.upload_field(file_path, ResultId(result.uuid, True), field_name, **options)


def upload_metadata(
    client: Pangea,
    org_name: str,
    library_name: str,
    table: str,
    *,
    overwrite: bool = False,
    create: bool = False,
    update: bool = False,
    index_col: str = "0",
    encoding: str = "utf_8",
    console: Console,
) -> Batch[Sample]:
    """Save a table as the metadata of samples.

    A column with only integers, numbers or booleans (True, False) keeps that type; numbers with leading zeros stay
    text. Empty cells and values that pandas treats as missing (NA, NaN, null ...) are left out. Samples whose metadata
    would not change are skipped.

    Args:
        org_name: Name of the organization.
        table: CSV file with a header and a row for each sample; - is stdin.
        overwrite: Replace existing metadata of samples.
        create: Create missing samples.
        update: Merge the table into existing metadata; the table takes precedence.
        index_col: Column with the names: its number, from 0, or its name.
        encoding: Encoding of the file, such as utf_8 or latin_1.
        console: Prints messages.
    """
    rows = {row.name: row.metadata for row in rows_of(text_of(table, "TABLE", encoding), index_col)}
    return client.save_metadata(
        org_name, library_name, rows, overwrite=overwrite, update=update, create=create, on_message=console.message
    )


def download_metadata(client: Pangea, org_name: str, grp_name: str, of: Names) -> Batch[Sample]:
    """Download the metadata of a group's samples as CSV.

    The names are in the first column. Lists and objects within metadata are written as JSON.

    Args:
        org_name: Name of the organization.
        grp_name: Name of the sample group.
        of: The samples; by default all of the group.
    """
    names, group = of.names() or None, client.find_sample_group(org_name, grp_name)
    samples = list(group_samples(client, group, names))
    return Batch("found", "samples", samples, 0, not_found(names or (), samples, group))


def download_results(
    client: Pangea,
    org_name: str,
    grp_name: str,
    of: Names,
    *,
    module_name: str | None = None,
    field_name: str | None = None,
    target_dir: str = ".",
    urls_only: bool = False,
    console: Console,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport | Urls:
    """Download the analysis results of a group's samples.

    Downloads the data of each field, and the file that it refers to. Prints the path of each field's file, or of its
    data where it refers to none. Completed downloads are skipped.

    Args:
        org_name: Name of the organization.
        grp_name: Name of the sample group.
        of: The samples; by default all of the group.
        module_name: Only results of this module.
        field_name: Only fields with this name.
        target_dir: Folder to write into.
        urls_only: Only print the URLs of the files, each with its local name.
        console: Reports samples that were not found.
        **options: See `omicsdk.transfer.TransferOptions`.
    """
    names, group = of.names() or None, client.find_sample_group(org_name, grp_name)
    missing = not_found(names, group_samples(client, group, names), group) if names is not None else []
    # Without any sample there is nothing to download: an error, not a part.
    if missing and len(missing) == len(names or ()):
        raise missing[0]
    print_failures(missing, console, len(names or ()))
    where = org_name, group.uuid
    if urls_only:
        filters = TransferOptions.of(options, selects=True).filters
        return client.result_urls(
            *where, samples=names, module_name=module_name, field_name=field_name, filters=filters
        )
    return client.download(*where, target_dir, samples=names, module_name=module_name, field_name=field_name, **options)


# -- output


def metadata_table(result: Batch[Sample], call: Call) -> TextAndData:
    """Render the metadata of samples as CSV."""
    print_done(result, call.console)
    data: list[dict[str, Any]] = [
        {"name": item.name, "uuid": item.uuid, "metadata": dict(item.metadata or {})} for item in result.items
    ]
    return printed(metadata_csv((record["name"], record["metadata"]) for record in data).removesuffix("\n"), data, call)


def _planned(reads: ReadSet, call: Call) -> list[dict[str, Any]]:
    """Return what a dry run would send of a sample."""
    arguments = call.arguments
    sample = f"pangea://{arguments['org_name']}/{arguments['library_name']}/{reads.sample}/{arguments.get('module_name', PAIRED_END)}"
    return [
        {"source": str(path), "target": f"{sample}/{field}", "size": Path(path).stat().st_size, "checksum": "md5"}
        for field, path in reads.files.items()
    ]


def uploaded_reads(result: ReadsResult, call: Call) -> TextAndData:
    """Render the upload of reads: each with its sample, result and fields."""
    if call.arguments.get("dry_run"):
        samples = [
            {"sample": sample.reads.sample, **{name: str(path) for name, path in sample.reads.files.items()}}
            for sample in result.samples
        ]
        text = "\n".join(f"Sample: {' '.join(row.values())}" for row in samples)
        planned = [_planned(sample.reads, call) for sample in result.samples]
        for file in (file for files in planned for file in files):
            call.console.message(plan_line(file))
        rows = [{**sample, "files": files} for sample, files in zip(samples, planned, strict=True)]
        return printed(text, rows, call)
    console, report = call.console, result
    record_report(report_path(call.options.get("report")), report, named_errors(report.failed), call.title, console)
    complete = [sample for sample in result.samples if sample.state in ("uploaded", "kept")]
    errors = [sample.error for sample in result.samples if sample.error is not None]
    samples = Batch("uploaded", "samples", complete, sum(sample.state == "kept" for sample in complete), errors)
    print_done(samples, console, f"; {summary(report, 'uploaded')}", is_stopped=bool(report.why_stopped))
    if report.why_stopped:
        progress = f"{len(complete)} of {len(result.samples)} samples are complete"
        print_stopped(Interrupted(f"{report.why_stopped}; {progress}"), console)
    return printed("\n".join(map(_reads_line, complete)), [_reads_row(sample) for sample in complete], call)


def _field_line(name: str, uuid: str) -> str:
    return f"<Pangea::AnalysisResultField {name} {uuid} />"


def _reads_line(uploaded: UploadedReads) -> str:
    fields = (_field_line(field.name, field.uuid) for field in uploaded.fields)
    return " ".join([line(uploaded.sample), line(uploaded.result), *fields])


def _reads_row(uploaded: UploadedReads) -> dict[str, Any]:
    result = uploaded.result.to_dict() if uploaded.result is not None else {}
    return {
        "sample": uploaded.reads.sample,
        "state": uploaded.state,
        "sample_uuid": uploaded.sample.uuid if uploaded.sample is not None else None,
        "result": {name: result.get(name) for name in ("module_name", "replicate", "uuid")},
        "fields": {field.name: field.uuid for field in uploaded.fields},
    }


def uploaded_field(result: UploadedField, call: Call) -> TextAndData:
    """Render the upload of a file into a field."""
    field_text = _field_line(result.name, result.uuid)
    skipped = bool(result.counts["skipped"])
    if result.ok:
        call.console.message(
            f"Skipped: {field_text} holds {result.path} already" if skipped else f"Created: {field_text}"
        )
    finish(result, call)
    facts = {"name": result.name, "uuid": result.uuid, "analysis_result": result.analysis_result, "file": result.path}
    return printed(field_text, facts, call, on_stderr=True)


def downloaded_results(result: TransferReport | Urls, call: Call) -> TextAndData | dict[str, object]:
    """Render the download of results: the path of each file, or URLs."""
    if isinstance(result, list):
        rows = [{"url": url, "name": name} for url, name in result]
        return printed("\n".join(f"{url} {name}" for url, name in result), rows, call)
    folder = Path(call.arguments.get("target_dir") or ".")
    finish(result, call, where=str(folder))
    if call.arguments.get("dry_run"):
        return foreseen(result)
    outcomes = result.outcomes
    files = [{"path": str(folder / outcome.name), "size": outcome.size, **ended(outcome)} for outcome in outcomes]
    return printed("\n".join(str(row["path"]) for row in files if row["state"] in COMPLETE_STATES), files, call)
