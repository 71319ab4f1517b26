"""Sequencing reads: which files become which sample, by their names, and their upload into a library."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import TYPE_CHECKING, Literal, NamedTuple, Unpack

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import named_error, repeated
from omicsdk.core.errors import Interrupted, OmicsError, UsageError
from omicsdk.core.threads import side_by_side
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.field_store import Logger
from omicsdk.pangea.fields import FieldId, ResultId, has_file
from omicsdk.pangea.listings import check_bucket, ensure_result, ensure_sample, find_sample_group, find_tag
from omicsdk.pangea.responses import identified
from omicsdk.pangea.uploads import CONNECTIONS, check_files, field_upload, planned_upload, send_files
from omicsdk.transfer import Outcome, TransferOptions, TransferOptionsDict, TransferReport

if TYPE_CHECKING:
    from omicsdk_api.pangea.models.sample import Sample
    from omicsdk_api.pangea.models.sample_analysis_result import SampleAnalysisResult

    from omicsdk.pangea.fields import Field

# The platform's module for reads in pairs.
PAIRED_END = "raw::paired_short_reads"

PathText = str | os.PathLike[str]


class UnfitReads(UsageError, ValueError):
    """Files that make no sample, or not all of one."""


@dataclass(frozen=True, slots=True)
class ReadSet:
    """The reads of one sample.

    Attributes:
        sample: The sample's name.
        files: Its files, by the field that each becomes.
    """

    sample: str
    files: Mapping[str, PathText]


def pair_reads(
    paths: Iterable[PathText], *, ext_1: str = ".R1.fastq.gz", ext_2: str = ".R2.fastq.gz", delim: str | None = None
) -> list[ReadSet]:
    """Pair the two files of each sample.

    A sample is named by the part of a file's name before the extension, or before the delimiter where one is given.

    Args:
        paths: The files; blank lines and files with neither extension in their names are skipped.
        ext_1: Suffix of files of first reads, which become the field read_1.
        ext_2: What the name of a file of second reads has; it becomes the field read_2.
        delim: Ends the sample's name; None if the extension does.

    Returns:
        The samples in the order of their first files, read_1 before read_2.

    Raises:
        UnfitReads: A sample has one of the two only, or a file of the same kind twice (a ValueError, too); or no file
            has either extension, or one is empty.
    """
    extensions = {"read_1": ext_1, "read_2": ext_2}
    samples, faults = _grouped(paths, extensions, delim)
    for sample, files in samples.items():
        faults += [
            f"sample {sample!r} has no file with {extensions[key]!r} in its name"
            for key in extensions
            if key not in files
        ]
    if not samples:
        faults.append(f"no file has {ext_1!r} or {ext_2!r} in its name")
    _raise_unfit(faults)
    return [ReadSet(sample, dict(sorted(files.items()))) for sample, files in samples.items()]


def single_reads(
    paths: Iterable[PathText], *, ext: str = ".fastq.gz", field_name: str = "reads", delim: str | None = None
) -> list[ReadSet]:
    """Make a sample of each file, named by the part of the file's name before the extension or the delimiter.

    Args:
        paths: The files; blank lines are skipped.
        ext: What the names of all files have.
        field_name: The field that each becomes.
        delim: Ends the sample's name; None if the extension does.

    Returns:
        The samples, in the order of the files.

    Raises:
        UnfitReads: A file does not have the extension, or two make the same sample (a ValueError, too); or there is no
            file, or the extension is empty.
    """
    samples, faults = _grouped(paths, {field_name: ext}, delim, skips=False)
    if not samples and not faults:
        faults.append("no files")
    _raise_unfit(faults)
    return [ReadSet(sample, files) for sample, files in samples.items()]


def _grouped(
    paths: Iterable[PathText], extensions: Mapping[str, str], delim: str | None, *, skips: bool = True
) -> tuple[dict[str, dict[str, PathText]], list[str]]:
    """Group files by their samples.

    Args:
        paths: The files; blank lines are skipped.
        extensions: What the names of the files of each field have.
        delim: Ends the sample's name; None if the extension does.
        skips: Whether a file without any of the extensions is skipped, not a fault.

    Returns:
        By sample, the files by field; and what is wrong with files.

    Raises:
        UnfitReads: An extension is empty.
    """
    if "" in extensions.values():
        raise UnfitReads("An extension is empty", remedy="State the end of the files' names, such as .fastq.gz.")
    files_by_sample = dict[str, dict[str, PathText]]()
    faults = list[str]()
    for item in paths:
        path = item.strip() if isinstance(item, str) else item
        text = os.fspath(path)
        name = text.replace(os.sep, "/").rpartition("/")[2]
        key = next((key for key, ext in extensions.items() if ext in name), None)
        if key is None:
            if text and not skips:
                faults.append(f"{text} has no {' or '.join(map(repr, extensions.values()))} in its name")
            continue
        sample = name.partition(extensions[key])[0]
        sample = sample.partition(delim)[0] if delim else sample
        earlier = files_by_sample.get(sample, {}).get(key)
        if not sample:
            faults.append(f"{text} leaves nothing for the sample's name")
        elif earlier is not None:
            faults.append(f"{os.fspath(earlier)} and {text} both are {key} of sample {sample!r}")
        else:
            files_by_sample.setdefault(sample, {})[key] = path
    return files_by_sample, faults


def _raise_unfit(faults: list[str]) -> None:
    if faults:
        problem = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise UnfitReads(
            f"Cannot group the files into samples: {problem}",
            remedy="Check the list of files, the extensions and the delimiter.",
        )


# -- the upload

State = Literal["uploaded", "kept", "planned", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class UploadedReads:
    """The result for the reads of one sample.

    Attributes:
        reads: The files and the sample's name.
        state: `uploaded`; `kept` if the sample had them all; `planned` by a dry run; `failed` or `stopped`.
        sample: The sample on the server; None if it could not be found or created.
        result: The analysis result that the files are in.
        fields: The fields, in the order of the files.
        error: Why it failed.
    """

    reads: ReadSet
    state: State
    sample: Sample | None = None
    result: SampleAnalysisResult | None = None
    fields: Sequence[Field] = ()
    error: OmicsError | None = attribute(default=None, repr=False)


class ReadsResult(TransferReport):
    """What was sent: a file each, then the samples that could not be created.

    Attributes:
        samples: The result for each sample, in the order of the read sets.
        sent: The sample and the field of each outcome; a sample that could not be created has no field.
    """

    samples: Sequence[UploadedReads] = ()
    sent: Sequence[tuple[str, str | None]] = ()

    def details(self, number: int) -> Mapping[str, object]:
        """The sample and the field of a file."""
        sample, field = self.sent[number]
        return {"sample": sample, "field": field}


@text_is_one_item
def upload_reads(
    client: Pangea,
    sets: Iterable[ReadSet],
    organization: str,
    library: str,
    *,
    module_name: str = PAIRED_END,
    private: bool = True,
    overwrite: bool = False,
    tags: str | Iterable[str] = (),
    logger: Logger | None = None,
    **options: Unpack[TransferOptionsDict],
) -> ReadsResult:
    """Upload reads into a library; samples that do not exist are created.

    The files become fields of the newest result of the module, which is created if there is none. A result that
    receives files is made private, or public, before a byte is sent. Files that the store has are kept, unless
    `overwrite` is set; those whose upload was interrupted are sent again. One sample that fails does not stop the
    others from being uploaded.

    Args:
        sets: The files of each sample, see `pair_reads` and `single_reads`.
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID. It needs a bucket.
        module_name: The module.
        private: Whether only members of the organization see the results.
        overwrite: Whether files that exist are sent again.
        tags: Names of tags for the samples; they must exist.
        logger: Receives messages about the progress of each file, in other threads.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run checks the files; the server is not asked.

    Returns:
        The outcome of each file that was sent, and the result for each sample.

    Raises:
        TransferFailed: A file or a sample failed; the others are uploaded.
        UsageError: A file does not exist, a sample is listed twice, or the group is not a library or has no bucket;
            nothing was created or sent.
        NotFound: There is no such tag, or no such library.
        OmicsError: The server refused, or did not respond.

    Example:
        from omicsdk.pangea import pair_reads

        pairs = pair_reads(["sample.R1.fastq.gz", "sample.R2.fastq.gz"])
        client.upload_reads(pairs, "Sandbox", "Sandbox Library")
    """
    chosen = TransferOptions.of(options, connections=CONNECTIONS)
    sets = list(sets)
    names = [reads.sample for reads in sets]
    if twice := repeated(names):
        raise UsageError(f"The sample {twice[0]!r} is listed twice", remedy="List each sample's files together.")
    check_files(path for reads in sets for path in reads.files.values())
    if chosen.dry_run:
        files = [(reads.sample, name, path) for reads in sets for name, path in reads.files.items()]
        planned = TransferReport([planned_upload(path) for _, _, path in files], title="Upload")
        samples = [UploadedReads(reads, "planned") for reads in sets]
        return reads_result(planned, samples, [(sample, name) for sample, name, _ in files])
    group = find_sample_group(client, organization, library)
    if not group.is_library:
        raise UsageError(
            f"The group {group.name!r} is not a library", remedy="Use a library; other groups cannot own samples."
        )
    # Before samples are created: without a bucket none of their files can be sent.
    check_bucket(group)
    tagged = [find_tag(client, name).uuid for name in tags]

    def prepare(reads: ReadSet) -> _PreparedReads:
        return _prepared_reads(client, group.uuid, reads, module_name, tagged, private=private, overwrite=overwrite)

    results = list(side_by_side(prepare, sets, lambda: chosen.stopped))
    missing = [
        (reads, target)
        for reads, end in zip(sets, results, strict=True)
        if isinstance(end, _PreparedReads)
        for target in end.missing
    ]
    entries = [field_upload(FieldId(target.uuid), target.name, reads.files[target.name]) for reads, target in missing]
    report = send_files(client, entries, chosen, logger=logger)
    outcomes = {entry.field.uuid: outcome for entry, outcome in zip(entries, report.outcomes, strict=True)}
    samples = [_uploaded_reads(reads, end, outcomes) for reads, end in zip(sets, results, strict=True)]
    lost = [sample for sample in samples if sample.sample is None]
    states = [
        Outcome(sample.reads.sample, "stopped" if sample.error is None else "failed", error=sample.error)
        for sample in lost
    ]
    sent = [
        *((reads.sample, target.name) for reads, target in missing),
        *((reads.reads.sample, None) for reads in lost),
    ]
    return chosen.checked(reads_result(report.with_outcomes([*report.outcomes, *states]), samples, sent))


def reads_result(
    report: TransferReport, samples: Sequence[UploadedReads], sent: Sequence[tuple[str, str | None]] = ()
) -> ReadsResult:
    """Return a report with the result for each sample.

    Args:
        report: What was sent.
        samples: The result for each sample.
        sent: The sample and the field of each outcome.
    """
    result = ReadsResult.of(report)
    result.samples, result.sent = samples, sent
    return result


class _PreparedReads(NamedTuple):
    """A sample whose fields are on the server, and those of them whose files are to be sent."""

    sample: Sample
    result: SampleAnalysisResult
    fields: Sequence[Field]
    missing: Sequence[Field]


def _prepared_reads(
    client: Pangea,
    library: str,
    reads: ReadSet,
    module_name: str,
    tags: Sequence[str],
    *,
    private: bool,
    overwrite: bool,
) -> _PreparedReads:
    """Find or create a sample, its result and its fields, and determine which files are to be sent."""
    sample = ensure_sample(client, library, reads.sample)
    for tag in tags:
        client.tag_sample(tag_pk=tag, sample_uuid=sample.uuid)
    result: SampleAnalysisResult = ensure_result(client, sample.uuid, module_name, private=private)
    holder = ResultId(result.uuid)
    fields_by_name = {field.name: field for field in holder.fields(client)}
    missing = [
        name
        for name in reads.files
        if overwrite
        or name not in fields_by_name
        # A field whose upload was interrupted exists, without the file.
        or not has_file(client, holder.field(fields_by_name[name].uuid), fields_by_name[name].stored_data)
    ]
    if missing and result.is_private is not private:  # before the field of a file exists
        result = identified(client.patch_sample_analysis_result(uuid=result.uuid, is_private=private))
    for name in missing:
        if name not in fields_by_name:
            fields_by_name[name] = holder.create_field(client, name)
    return _PreparedReads(
        sample, result, [fields_by_name[name] for name in reads.files], [fields_by_name[name] for name in missing]
    )


def _uploaded_reads(reads: ReadSet, end: _PreparedReads | OmicsError, outcomes: Mapping[str, Outcome]) -> UploadedReads:
    if isinstance(end, OmicsError):
        state = "stopped" if isinstance(end, Interrupted) else "failed"
        return UploadedReads(reads, state, error=None if state == "stopped" else named_error(end, reads.sample))
    whole = UploadedReads(reads, "uploaded" if end.missing else "kept", end.sample, end.result, end.fields)
    outcomes_of_sample = [outcomes[field.uuid] for field in end.missing]
    errors = [outcome.error for outcome in outcomes_of_sample if outcome.error is not None]
    if errors:
        return replace(whole, state="failed", error=named_error(errors[0], reads.sample))
    return (
        replace(whole, state="stopped") if any(outcome.state == "stopped" for outcome in outcomes_of_sample) else whole
    )
