"""What the commands of `omics pangea` print: a documented line for each thing, the same as data, and one line of what was done."""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk_api.pangea.models.organization import Organization
from omicsdk_api.pangea.models.project import Project
from omicsdk_api.pangea.models.s3_bucket import S3Bucket
from omicsdk_api.pangea.models.sample import Sample
from omicsdk_api.pangea.models.sample_group import SampleGroup
from omicsdk_api.pangea.models.tag import Tag

from omicsdk.cli.commands.transfers import (
    ended,
    finish,
    foreseen,
    named_errors,
    report_path,
    summary,
    tell_failures,
    tell_report,
)
from omicsdk.cli.output import Told
from omicsdk.core.errors import SomeFailed, TransferError
from omicsdk.core.files import in_place_of
from omicsdk.core.json_encoding import written
from omicsdk.core.model import Model
from omicsdk.pangea.batches import Batch
from omicsdk.pangea.tables import csv_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from omicsdk.cli.commands.pangea.things import Deletion, Membership
    from omicsdk.cli.commands.pangea.transfers import Urls
    from omicsdk.cli.console import Console
    from omicsdk.cli.output import Call
    from omicsdk.pangea.reads import ReadsResult, UploadedReads
    from omicsdk.pangea.uploads import UploadedField
    from omicsdk.transfer import TransferReport

_TITLES: Mapping[type, str] = {
    Organization: "Organization",
    SampleGroup: "SampleGroup",
    Tag: "Contrib::Tag",
    Project: "Project",
    S3Bucket: "S3Bucket",
}
"""The types that lines state; those of analysis results state that of samples."""
_SRA_COLUMNS = ("experiment", "filename", "size", "md5", "url")


def line(thing: object) -> str:
    """A thing as documented lines have it."""
    title = next((title for kind, title in _TITLES.items() if isinstance(thing, kind)), "Sample")
    given: Any = thing
    name = given.name if hasattr(thing, "name") else f"{given.module_name} {given.replicate}"
    return f"<Pangea::{title} {name} {given.uuid} />"


def field_line(name: str, uuid: str) -> str:
    """A field of an analysis result."""
    return f"<Pangea::AnalysisResultField {name} {uuid} />"


def told(text: str, data: object, call: Call, *, made: bool = False) -> Told:
    """Documented lines, or data for users that choose a form of it; with --outfile the lines are written there.

    Args:
        text: The lines.
        data: The same as JSON data.
        call: The command.
        made: Whether stderr has the lines already, so that terminals get nothing and pipes the data.
    """
    file: str = call.options.get("outfile") or "-"
    if file == "-":
        return Told("", data, terminal_only=True) if made else Told(text, data)
    with in_place_of(file) as target:
        target.write(f"{text}\n".encode() if text and not text.endswith("\n") else text.encode())
    return Told("", data)


def facts(result: Model, _: Call) -> dict[str, Any]:
    """Render a thing: all that the server states of it."""
    return result.to_dict()


def as_json(result: Model | Mapping[str, Any], call: Call) -> Told:
    """Render an object in the documented form of JSON."""
    data = result.to_dict() if isinstance(result, Model) else result
    return told(written(data, indent=4, sort_keys=True), data, call)


def made(result: Model, call: Call) -> Told:
    """Render a thing that was created."""
    call.console.message(f"Created: {line(result)}")
    return told(line(result), result.to_dict(), call, made=True)


def listed(result: Iterable[Model], call: Call) -> Told:
    """Render a list, as far as --limit allows."""
    limit: int | None = call.options.get("limit")
    things = list(islice(result, None if limit is None else limit + 1))
    if limit is not None and len(things) > limit:
        call.console.more_left(limit)
    return _lines(things[:limit], call)


def batch(result: Batch[Any], call: Call) -> Told:
    """Render what was done with each of several things."""
    _tell(result, call.console)
    return _lines(result.items, call)


def membership(result: Membership, call: Call) -> Told:
    """Render samples that were added to a group."""
    _tell(result.samples, call.console)
    added = [{"name": each.name, "uuid": each.uuid} for each in result.samples.items]
    return told(f"Added {len(added)} to {result.group.name}", {"group": result.group.uuid, "added": added}, call)


def tagged_group(result: SampleGroup, call: Call) -> None:
    """Render a group that was tagged: a message only."""
    call.console.message(f"tagged {result.name} with {', '.join(call.arguments['tag_names'])}")


def library(result: SampleGroup, call: Call) -> Told:
    """Render the library that a project of NCBI became."""
    call.console.message(f"linked {call.arguments['bioproj_accession']} to the library {result.name}")
    return told(line(result), {"name": result.name, "uuid": result.uuid}, call)


def deletions(result: Deletion | None, call: Call) -> Told | None:
    """Render what was deleted, or would be; None where the user refused."""
    if result is None:
        return None
    kind, done, console = result.kind, "would delete" if result.is_dry_run else "deleted", call.console
    for name, uuid in result.things.items[:3]:
        console.message(f"{done} {kind} {f'{name} ' if result.is_dry_run else ''}{uuid}")
    if len(result.things.items) != 1 or result.things.errors:
        _tell(result.things, console)
    rows = [{done: kind, "name": name, "uuid": uuid} for name, uuid in result.things.items]
    return told("\n".join(f"{done} {kind} {row['uuid']}" for row in rows), rows, call, made=True)


def metadata_table(result: Batch[Sample], call: Call) -> Told:
    """Render the metadata of samples as CSV."""
    _tell_errors(result, call.console)
    found = result.items
    data = [{"name": each.name, "uuid": each.uuid, "metadata": dict(each.metadata)} for each in found]
    return told(csv_of((each.name, each.metadata) for each in found).removesuffix("\n"), data, call)


def runs_table(result: Sequence[Mapping[str, Any]], call: Call) -> Told:
    """Render runs of the Sequence Read Archive as CSV."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerows([_SRA_COLUMNS, *([row.get(name, "") for name in _SRA_COLUMNS] for row in result)])
    return told(text.getvalue().removesuffix("\n"), list(result), call)


# -- transfers


def uploaded_reads(result: ReadsResult, call: Call) -> Told:
    """Render the upload of reads: the sample, the result and the fields of each."""
    if call.arguments.get("dry_run"):
        files = [
            {"sample": each.reads.sample, **{name: str(path) for name, path in each.reads.files.items()}}
            for each in result.samples
        ]
        return told("\n".join(f"Sample: {' '.join(row.values())}" for row in files), files, call)
    console, report = call.console, result.report
    tell_report(report_path(call.options.get("report")), report, named_errors(report.failed), call.title, console)
    whole = [each for each in result.samples if each.state in ("uploaded", "kept")]
    errors = [each.error for each in result.samples if each.error is not None]
    samples = Batch("uploaded", "samples", whole, sum(each.state == "kept" for each in whole), errors)
    _tell_errors(samples, console)
    console.message(f"{samples}; {summary(report, 'uploaded')}")
    if report.why_stopped:
        raise TransferError(
            f"{report.why_stopped}; {len(whole)} of {len(result.samples)} samples are complete",
            remedy="Run the same command again to resume.",
        )
    return told("\n".join(map(_reads_line, whole)), [_reads_row(each) for each in whole], call)


def _reads_line(each: UploadedReads) -> str:
    return " ".join(
        [line(each.sample), line(each.result), *(field_line(field.name, field.uuid) for field in each.fields)]
    )


def _reads_row(each: UploadedReads) -> dict[str, Any]:
    result = each.result.to_dict() if each.result is not None else {}
    return {
        "sample": each.reads.sample,
        "state": each.state,
        "sample_uuid": each.sample.uuid if each.sample is not None else None,
        "result": {name: result.get(name) for name in ("module_name", "replicate", "uuid")},
        "fields": {field.name: field.uuid for field in each.fields},
    }


def uploaded_field(result: UploadedField, call: Call) -> Told:
    """Render the upload of a file into a field."""
    report, shown = result.report, field_line(result.name, result.uuid)
    skipped = bool(report.counts["skipped"])
    if not report.failed:
        call.console.message(f"Skipped: {shown} holds {result.path} already" if skipped else f"Created: {shown}")
    finish(report, call, did="uploaded")
    facts = {"name": result.name, "uuid": result.uuid, "analysis_result": result.analysis_result, "file": result.path}
    return told(shown, facts, call, made=True)


def downloaded_results(result: TransferReport | Urls, call: Call) -> Told | dict[str, object]:
    """Render the download of results: the path of each file, or addresses."""
    if isinstance(result, list):
        rows = [{"url": url, "name": name} for url, name in result]
        return told("\n".join(f"{url} {name}" for url, name in result), rows, call)
    folder = Path(call.arguments.get("target_dir") or ".")
    finish(result, call, did="downloaded", where=str(folder))
    if call.arguments.get("dry_run"):
        return foreseen(result)
    files = [{"path": str(folder / each.name), "size": each.size, **ended(each)} for each in result.outcomes]
    return told("\n".join(str(row["path"]) for row in files if row["state"] != "failed"), files, call)


def _lines(things: Sequence[Model], call: Call) -> Told:
    return told("\n".join(map(line, things)), [each.to_dict() for each in things], call)


def _tell(result: Batch[Any], console: Console) -> None:
    """Print what failed, and what was done."""
    _tell_errors(result, console)
    console.message(str(result))


def _tell_errors(result: Batch[Any], console: Console) -> None:
    """Print what failed; the process will end with 3.

    Raises:
        OmicsError: All failed: the only one, or one for all.
    """
    errors = result.errors
    if errors and not result.items:
        if len(errors) == 1:
            raise errors[0]
        raise SomeFailed(
            f"all of {len(errors)} {result.kind} failed", errors, remedy="Correct them, then run it again."
        )
    tell_failures(errors, console)
