"""Uploads of reads: samples, results and fields are made as they are needed, files go in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from omicsdk.core.errors import Interrupted, NotFound, OmicsError, SomeFailed, UsageError, first_of
from omicsdk.pangea.contents.limits import Logger
from omicsdk.pangea.contents.stored_data import kind_of
from omicsdk.pangea.downloads import RETRIES, object_facts
from omicsdk.pangea.files.read_plan import ReadSet
from omicsdk.pangea.uploads import upload_files
from omicsdk.transfer import Control, Outcome, Progress, TransferReport
from omicsdk.transfer.calls import never, side_by_side

if TYPE_CHECKING:
    from omicsdk.pangea.objects.analysis_result import SampleAnalysisResult
    from omicsdk.pangea.objects.field import AnalysisResultField, SampleAnalysisResultField
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup
    from omicsdk.pangea.objects.tagging import Tag

PAIRED_END = "raw::paired_short_reads"
"""The platform's module for reads that come in pairs."""

State = Literal["uploaded", "kept", "planned", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class UploadedReads:
    """What became of the reads of one sample.

    Attributes:
        reads: The files and the sample's name.
        state: `uploaded`; `kept` where the sample had them all; `planned` by a dry run; `failed` or `stopped`.
        sample: The sample on the server; None where it couldn't be had.
        result: The analysis result that the files are in.
        fields: The fields, in the order of the files.
        error: Why it failed.
    """

    reads: ReadSet
    state: State
    sample: Sample | None = None
    result: SampleAnalysisResult | None = None
    fields: Sequence[SampleAnalysisResultField] = ()
    error: OmicsError | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReadsResult:
    """What became of all.

    Attributes:
        samples: Each sample, in the order of the read sets.
        report: What was sent.
    """

    samples: Sequence[UploadedReads]
    report: TransferReport

    @property
    def ok(self) -> bool:
        """Whether every sample has its reads."""
        return self.report.ok and not any(each.state in ("failed", "stopped") for each in self.samples)

    def raise_if_failed(self) -> None:
        """Raises when the reads of a sample aren't there.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did.
            Interrupted: Some were stopped.
        """
        errors = [each.error for each in self.samples if each.error is not None]
        if len(errors) == 1:
            raise errors[0]
        if errors:
            said = f"{len(errors)} of {len(self.samples)} samples failed: {first_of(errors, len(errors))}"
            raise SomeFailed(said, errors)
        if not self.ok:
            raise Interrupted("The upload was stopped before its end; run the same again to go on")


def upload_reads(
    library: SampleGroup,
    sets: Iterable[ReadSet],
    *,
    module_name: str = PAIRED_END,
    private: bool = True,
    overwrite: bool = False,
    tags: Iterable[str] = (),
    dry_run: bool = False,
    logger: Logger | None = None,
    md5: bool | None = None,
    retries: int = RETRIES,
    connections: int = 4,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
) -> ReadsResult:
    """Uploads reads into a library; samples that aren't there are created.

    The files become fields of the newest result of the module, which is created where there is none. A result that gets
    files is private, or public, as it is asked for, before a byte is sent. Files that the store has are kept, unless they
    shall be overwritten; those whose upload was broken off are sent again. One sample that fails doesn't keep the others
    from being uploaded.

    Args:
        library: The library.
        sets: The files of each sample, see `pair_reads` and `single_reads`.
        module_name: The module.
        private: Whether only members of the organization may see the results.
        overwrite: Whether files that are there are sent again.
        tags: Names of tags for the samples; they must exist.
        dry_run: Only check the files, and tell what would become what; the server isn't asked.
        logger: Is told in words how each file fares, in other threads.
        md5: Whether each part's MD5 is held against its ETag; None where nothing else protects the bytes on their way.
        retries: How many failures in a row end a file, 0 for none.
        connections: How many requests with bytes run at once, at most.
        progress: Is called about ten times a second.
        stop: Ends the upload when it is set.
        control: Stops and pauses it, limits its rate, and bounds its time.

    Returns:
        What became of each sample. Call `raise_if_failed()` on it.

    Raises:
        UsageError: A file isn't there, or a sample comes twice; nothing was created or sent.
        PangeaNotFoundError: There is no such tag, or no such library.
        PangeaGeneralError: The server refused, or didn't answer.
    """
    chosen = list(sets)
    _check(chosen)
    if dry_run:
        return ReadsResult([UploadedReads(each, "planned") for each in chosen], TransferReport())
    library.get()
    stopped = _stopped(stop, control)
    making = _Preparing(library, module_name, _tags(library, tags), private=private, overwrite=overwrite)
    ends = list(side_by_side(making.prepared, chosen, stopped))
    entries = [
        (target, each.files[target.name])
        for each, end in zip(chosen, ends, strict=True)
        if not isinstance(end, OmicsError)
        for target in end.missing
    ]
    report = upload_files(
        entries,
        logger=logger,
        md5=md5,
        retries=retries,
        connections=connections,
        progress=progress,
        stop=stop,
        control=control,
    )
    outcomes = {id(target): outcome for (target, _), outcome in zip(entries, report.outcomes, strict=True)}
    told = [_told(each, end, outcomes) for each, end in zip(chosen, ends, strict=True)]
    return ReadsResult(told, report)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A sample whose fields are on the server."""

    sample: Sample
    result: SampleAnalysisResult
    fields: Sequence[SampleAnalysisResultField]
    missing: Sequence[SampleAnalysisResultField]


@dataclass(frozen=True, slots=True)
class _Preparing:
    """Makes what is missing on the server before bytes are sent."""

    library: SampleGroup
    module_name: str
    tags: Sequence[Tag]
    private: bool
    overwrite: bool

    def prepared(self, reads: ReadSet) -> _Prepared:
        """Has a sample, its result and its fields be there, and tells which files are to be sent.

        Args:
            reads: The sample's files.
        """
        sample = self.library.sample(reads.sample).idem()
        for tag in self.tags:
            tag(sample)
        result = sample.analysis_result(self.module_name)
        if not result.exists():
            result.is_private = self.private
            result.create()
        fields = [result.field(name) for name in reads.files]
        there = [has_file(each) for each in fields]
        missing = [each for each, whole in zip(fields, there, strict=True) if self.overwrite or not whole]
        if missing and result.is_private != self.private:
            result.is_private = self.private
            result.save()
        for each in missing:
            if each.uuid is None:
                each.create()
        return _Prepared(sample, result, fields, missing)


def has_file(field: AnalysisResultField) -> bool:
    """Whether a field has its file. The server says so from the moment on when an upload begins: the store is asked.

    Args:
        field: Which; it is read anew.
    """
    if not field.exists():
        return False
    if kind_of(field.stored_data) != "s3":
        return bool(field.stored_data)
    try:
        return object_facts(field.knex.client, field.flat_url, field.inherited_url_options) is not None
    except NotFound:
        return False
    except OmicsError:  # a bucket that isn't the organization's own can't be looked into
        return True


def _told(reads: ReadSet, end: _Prepared | OmicsError, outcomes: dict[int, Outcome]) -> UploadedReads:
    if isinstance(end, OmicsError):
        state = "stopped" if isinstance(end, Interrupted) else "failed"
        return UploadedReads(reads, state, error=None if state == "stopped" else end)
    whole = UploadedReads(reads, "uploaded" if end.missing else "kept", end.sample, end.result, end.fields)
    found = [outcomes[id(each)] for each in end.missing]
    errors = [outcome.error for outcome in found if outcome.error is not None]
    if errors:
        return replace(whole, state="failed", error=errors[0])
    return replace(whole, state="stopped") if any(each.state == "stopped" for each in found) else whole


def _check(sets: Sequence[ReadSet]) -> None:
    names = [each.sample for each in sets]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"The sample {twice!r} comes twice", remedy="Give each sample's files together.")
    missing = [path for each in sets for path in each.files.values() if not Path(path).is_file()]
    if missing:
        more = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
        raise UsageError(f"There is no file {missing[0]}{more}", remedy="Correct the list of files.")


def _tags(library: SampleGroup, names: Iterable[str]) -> list[Tag]:
    from omicsdk.pangea.objects.tagging import Tag

    return [Tag(library.knex, name).get() for name in names]


def _stopped(stop: threading.Event | None, control: Control | None) -> Callable[[], bool]:
    if stop is None and control is None:
        return never
    return lambda: (stop is not None and stop.is_set()) or (control is not None and control.stopped)
