"""Uploads: files into fields of results, many at once, whole or in parts, resumed after a stop."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar, Unpack

from omicsdk.core.batches import repeated
from omicsdk.core.checksums import ALGORITHMS
from omicsdk.core.clock import Clock
from omicsdk.core.errors import APIError, NotFound, OmicsError, UsageError
from omicsdk.core.platform import settings_of
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_object
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.field_store import FieldStore, Logger, NotPutTogether, PartUrls, Refused
from omicsdk.pangea.fields import CHUNK, FieldId, ResultId, extension_of, has_file, holds_file, without_signature
from omicsdk.pangea.listings import check_bucket, ensure_result, find_sample, find_sample_group
from omicsdk.pangea.responses import identified
from omicsdk.transfer import (
    Outcome,
    Outcomes,
    TransferOptions,
    TransferOptionsDict,
    TransferReport,
    Upload,
    abort_upload,
)
from omicsdk.transfer import upload as send_all
from omicsdk.transfer.journal import journal_for, remove_journal
from omicsdk.transfer.uploads.uploading import upload_prepared

T = TypeVar("T")

# Requests with bytes that run at once by default.
CONNECTIONS = 4
# The end of the name of a field whose file is not complete.
UNFINISHED = "~unfinished"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
#: Characters of a field's name in that of its object.
_LONGEST = 100


# -- one file


def upload(
    client: Pangea,
    path: str | os.PathLike[str],
    organization: str,
    group: str,
    sample: str | None,
    module: str,
    field: str,
    *,
    replicate: str | None = None,
    private: bool = True,
    overwrite: bool = False,
    **options: Unpack[TransferOptionsDict],
) -> TransferReport:
    """Upload a file into a field of a result. The result and the field are created if missing.

    A file that is replaced stays until the new one is complete. The same call resumes an upload that was stopped, for a
    day.

    Args:
        path: The file.
        organization: The name of the organization that owns the group, or its UUID.
        group: The group's name, or its UUID. It needs a bucket.
        sample: The sample's name, or its UUID; None for a result of the group itself.
        module: The module's name.
        field: The field's name.
        replicate: The result's replicate; None for the newest result of the module.
        private: Whether only members of the organization see a result that is created.
        overwrite: Whether to replace the field's content.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run checks the file and that the sample exists.

    Returns:
        The outcome of the file.

    Raises:
        TransferFailed: It could not be uploaded.
        UsageError: The file does not exist, the group has no bucket, or the field has content and `overwrite` is false.
        NotFound: There is no such sample or group, or it is not visible to this user.
        OmicsError: The server refused, or did not respond.

    Example:
        client.upload("counts.tsv", "Sandbox", "Sandbox Library", "sample", "counts", "table")
    """
    chosen = TransferOptions.of(options, connections=CONNECTIONS)
    check_files([path])
    if sample is None:
        sample_group = find_sample_group(client, organization, group)
        owner = sample_group.uuid
    else:
        sample_record = find_sample(client, organization, group, sample)
        sample_group, owner = identified(client.get_sample_group(uuid=sample_record.library)), sample_record.uuid
    check_bucket(sample_group)
    if chosen.dry_run:
        return TransferReport([planned_upload(path)], title="Upload")

    def begin(name: str) -> FieldPut:
        result = ensure_result(client, owner, module, replicate, of_group=sample is None, private=private)
        return begin_put(client, ResultId(result.uuid, sample is None), name, overwrite=overwrite)

    return chosen.checked(put_files(client, [(field, path)], begin, chosen))


def planned_upload(path: str | os.PathLike[str]) -> Outcome:
    """Return the outcome of a file in a dry run.

    Args:
        path: The file.
    """
    return Outcome(os.fspath(path), "planned", Path(path).stat().st_size, plan="uploaded")


class UploadedField(TransferReport):
    """The result for the file of a field: `skipped` if the field had it.

    Attributes:
        name: The field's name.
        uuid: Its UUID; empty if a dry run found no such field.
        analysis_result: The UUID of its result.
        path: The file.
    """

    name: str = ""
    uuid: str = ""
    analysis_result: str = ""
    path: str = ""

    def details(self, number: int) -> Mapping[str, object]:
        """The field that the file is in."""
        del number
        return {"field": self.name, "uuid": self.uuid, "analysis_result": self.analysis_result}


def uploaded_field(report: TransferReport, name: str, uuid: str, result: str, path: str) -> UploadedField:
    """Return a report with the field that a file is in.

    Args:
        report: The outcome of the file.
        name: The field's name.
        uuid: Its UUID.
        result: The UUID of its result.
        path: The file.
    """
    uploaded = UploadedField.of(report)
    uploaded.name, uploaded.uuid, uploaded.analysis_result, uploaded.path = name, uuid, result, path
    return uploaded


def upload_field(
    client: Pangea,
    path: str | os.PathLike[str],
    result: ResultId,
    name: str,
    **options: Unpack[TransferOptionsDict],
) -> UploadedField:
    """Upload a file into a field of a result that has its name immediately; the field is created if missing.

    A field whose upload was interrupted is filled, and one that holds the same file is skipped.

    Args:
        path: The file.
        result: The result.
        name: The field's name.
        **options: See `omicsdk.transfer.TransferOptions`.

    Raises:
        UsageError: The file does not exist.
        FieldExists: The field holds something else.
        TransferFailed: It could not be uploaded.
        OmicsError: The server refused, or did not respond.

    Example:
        from omicsdk.pangea import ResultId

        sample = client.find_sample("Sandbox", "Sandbox Library", "sample")
        result = client.create_sample_analysis_result(module_name="counts", sample=sample.uuid)
        client.upload_field("counts.tsv", ResultId(result.uuid), "table")
    """
    chosen = TransferOptions.of(options, connections=CONNECTIONS)
    check_files([path])
    path_text = os.fspath(path)
    field = next(result.fields(client, name), None)
    if field is not None and has_file(client, result.field(field.uuid), field.stored_data):
        if not holds_file(client, result.field(field.uuid), field.stored_data, path):
            raise FieldExists(
                f"the field {name!r} already contains data",
                remedy=f"Choose another name, or delete the field ({field.uuid}) first.",
            )
        size = Path(path).stat().st_size
        outcome = Outcome(path_text, "skipped", size, verified="the ETag of the stored object", verification="verified")
        report = TransferReport([outcome], title="Upload")
        return uploaded_field(report, name, field.uuid, result.uuid, path_text)
    if chosen.dry_run:
        uuid = "" if field is None else field.uuid
        return uploaded_field(
            TransferReport([planned_upload(path)], title="Upload"), name, uuid, result.uuid, path_text
        )
    is_new = field is None
    field = field or result.create_field(client, name)
    target = [field_upload(result.field(field.uuid), name, path)]
    report = send_files(client, target, chosen)
    if is_new and report.failed:
        _delete_empty(client, result.field(field.uuid))
    return chosen.checked(uploaded_field(report, field.name, field.uuid, result.uuid, path_text))


# -- files that replace others


class FieldExists(UsageError):
    """A field holds something, and is not to be replaced."""


class FieldPut(NamedTuple):
    """A file on its way to a name: it goes into a field of another name, which replaces the old one when it is
    complete.

    The server names a field's file before a byte is sent, so that a field whose file never arrived would look complete.

    Attributes:
        name: The field's name.
        new: The field that the file goes into.
        old: The field that has the name; None if there is none.
    """

    name: str
    new: FieldId
    old: FieldId | None = None


def begin_put(client: Pangea, result: ResultId, name: str, *, overwrite: bool) -> FieldPut:
    """Create the field that a file is uploaded into.

    Args:
        client: The server.
        result: The result.
        name: The final name of the field.
        overwrite: Whether to replace an existing field of that name.

    Raises:
        FieldExists: An existing field of the name has content, and is not to be replaced.
    """
    old = next(result.fields(client, name), None)
    if old is not None and not overwrite and old.stored_data != {}:
        raise FieldExists(
            f"The field {name!r} ({old.uuid}) already contains data", remedy="Choose another name or overwrite it."
        )
    unfinished = f"{name}{UNFINISHED}"
    new = next(result.fields(client, unfinished), None) or result.create_field(client, unfinished)
    return FieldPut(name, result.field(new.uuid), None if old is None else result.field(old.uuid))


def _end_put(client: Pangea, put: FieldPut, outcome: Outcome) -> None:
    """Rename a field whose file is complete; delete one without a file."""
    if outcome.state in ("done", "skipped"):
        # Names are unique within a result: the old field has to be gone before the new one gets its name.
        if put.old is not None:
            with suppress(NotFound):
                put.old.delete(client)
        data: object = without_signature(put.new.read(client).stored_data)
        facts = {**data, **_facts(outcome)} if is_object(data) else data
        put.new.change(client, name=put.name, stored_data=facts)
    elif outcome.state == "failed":
        _delete_empty(client, put.new)


def _delete_empty(client: Pangea, field: FieldId) -> None:
    """Delete a field whose upload failed before it began."""
    with suppress(OmicsError):  # the outcome states what failed
        if field.read(client).stored_data == {}:
            field.delete(client)


def _facts(outcome: Outcome) -> dict[str, object]:
    """Return the facts of a sent file that fields state: the platform itself states neither size nor checksums."""
    size = {} if outcome.size is None else {"size": outcome.size}
    return {**size, **{name: outcome.checksums[name] for name in ALGORITHMS if name in outcome.checksums}}


def put_files(
    client: Pangea,
    files: Sequence[tuple[T, str | os.PathLike[str]]],
    begin: Callable[[T], FieldPut],
    options: TransferOptions,
) -> TransferReport:
    """Upload files that replace others.

    Args:
        client: The server.
        files: Of each file where it goes, in terms of `begin`, and its path.
        begin: Creates the field of a file; called in threads, several at once. The error that it raises is the file's
            outcome.
        options: The options of the transfer.

    Returns:
        The outcome of each file, in their order.
    """

    def send(ready: Sequence[tuple[FieldPut, str]]) -> TransferReport:
        entries = [field_upload(put.new, put.name, path, extension_of(put.name)) for put, path in ready]
        report = send_files(client, entries, options)
        sent = [(put, outcome) for (put, _), outcome in zip(ready, report.outcomes, strict=True)]
        ended = side_by_side(lambda put: _end_put(client, *put), sent)
        return report.with_outcomes(
            outcome._replace(state="failed", error=end) if isinstance(end, OmicsError) else outcome
            for (_, outcome), end in zip(sent, ended, strict=True)
        )

    named = [(os.fspath(path), (target, os.fspath(path))) for target, path in files]
    return upload_prepared(named, lambda upload: (begin(upload[0]), upload[1]), send, lambda: options.stopped)


# -- files into fields


class FieldUpload(NamedTuple):
    """A file that goes into a field.

    Attributes:
        field: The field.
        path: The file.
        object_name: The last part of its object's key, which has to be unique in a sample; by default the file's name.
    """

    field: FieldId
    path: str | os.PathLike[str]
    object_name: str = ""


def field_upload(field: FieldId, name: str, path: str | os.PathLike[str], extension: str = "") -> FieldUpload:
    """Return a file that goes into a field, with a name of its object that no other field has.

    Args:
        field: The field.
        name: Its name.
        path: The file.
        extension: The extension of the object's name; by default the file's.
    """
    extension = extension or extension_of(Path(path).name)
    stem = _UNSAFE.sub("_", name.removesuffix(f".{extension}"))[:_LONGEST]
    end = _UNSAFE.sub("_", extension)[:_LONGEST]
    return FieldUpload(field, path, f"{stem}.{field.uuid[:8]}{f'.{end}' if end else ''}")


def upload_files(
    client: Pangea,
    entries: Iterable[FieldUpload],
    *,
    multipart_thresh: int = CHUNK,
    chunk_size: int = CHUNK,
    logger: Logger | None = None,
    clock: Clock | None = None,
    **options: Unpack[TransferOptionsDict],
) -> TransferReport:
    """Upload files into fields that exist; one that fails does not stop the others from being uploaded.

    The same call resumes an upload that was stopped, for a day.

    Args:
        client: The server.
        entries: The files.
        multipart_thresh: The size in bytes from which on a file is sent in parts.
        chunk_size: The size of parts in bytes.
        logger: Receives messages about the progress, in other threads.
        clock: Returns the time and sleeps; by default that of the client.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The outcome of each file, in their order.

    Raises:
        TransferFailed: A file failed; the others are uploaded.
        UsageError: Two files go into one field.
        FolderBusy: Another process uploads the same files.
    """
    chosen = TransferOptions.of(options, connections=CONNECTIONS)
    return chosen.checked(
        send_files(
            client,
            entries,
            chosen,
            multipart_thresh=multipart_thresh,
            chunk_size=chunk_size,
            logger=logger,
            clock=clock,
        )
    )


def send_files(
    client: Pangea,
    entries: Iterable[FieldUpload],
    options: TransferOptions,
    *,
    multipart_thresh: int = CHUNK,
    chunk_size: int = CHUNK,
    logger: Logger | None = None,
    clock: Clock | None = None,
) -> TransferReport:
    """Upload files into fields, as `upload_files`, whose other arguments these are; the report states failures.

    Args:
        client: The server.
        entries: The files.
        options: The options of the transfer.
        multipart_thresh: The size from which on a file is sent in parts.
        chunk_size: The size of parts.
        logger: Receives messages.
        clock: Returns the time.
    """
    chosen = list(entries)
    routes = [upload.field.route for upload in chosen]
    if twice := repeated(routes):
        raise UsageError(f"Two files go into one field ({twice[0]})", remedy="Use a separate field for each file.")
    if options.dry_run:
        return TransferReport([planned_upload(upload.path) for upload in chosen], title="Upload")
    facts = sorted(f"{upload.field.route} {Path(upload.path).absolute()}" for upload in chosen)
    journal = journal_for("pangea/uploads", f"{client.base_url}/api", *facts) if chosen else None
    settings = settings_of(client)

    def prepared(field_upload: FieldUpload) -> Upload:
        path = Path(field_upload.path)
        urls = None if journal is None else journal.with_name(f"{journal.name}.{field_upload.field.uuid}.urls")
        store = FieldStore(
            client,
            field_upload.field,
            field_upload.object_name or path.name,
            PartUrls(urls),
            part_size=chunk_size,
            single=multipart_thresh - 1,
            logger=logger,
        )
        is_whole = not store.in_parts and _size(path) <= store.rules.single
        return Upload(path, store, str(path), ("md5",) if is_whole else ())

    uploads = [prepared(upload) for upload in chosen]

    def run() -> TransferReport:
        return send_all(
            uploads,
            options=options,
            journal=journal,
            environ=settings.environ,
            clock=settings.clock if clock is None else clock,
            wait=False,
        )

    report = run()
    if _forget_useless(uploads, report, journal):  # URLs of an earlier run had ended
        report = run()
        _forget_useless(uploads, report, journal)
    report.outcomes = Outcomes(_with_cause(outcome) for outcome in report.outcomes)
    if report.ok:
        remove_journal(journal)
    return report


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # the engine reports it
        return 0


def _forget_useless(uploads: Sequence[Upload], report: TransferReport, journal: Path | None) -> bool:
    """Delete uploads that cannot be resumed; return whether an earlier run began some of them."""
    was_resumed = False
    for entry, outcome in zip(uploads, report.outcomes, strict=True):
        error = outcome.error
        ended = isinstance(error, APIError) and error.status in (400, 401, 403, 410)
        if journal is not None and (ended or isinstance(error, NotPutTogether)) and abort_upload(entry, journal):
            was_resumed |= ended and isinstance(entry.to, FieldStore) and entry.to.resumed
    return was_resumed


def _with_cause(outcome: Outcome) -> Outcome:
    """The server's own refusal in place of the error that kept the engine from retrying."""
    error = outcome.error
    cause = error.__cause__ if isinstance(error, Refused) else None
    return outcome._replace(error=cause) if isinstance(cause, OmicsError) else outcome


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Check that files exist, before anything is requested.

    Args:
        paths: Their paths.

    Raises:
        UsageError: One does not, or is a folder.
    """
    missing = [path for path in paths if not Path(path).is_file()]
    if missing:
        more = f" (nor {len(missing) - 1} more of the list)" if len(missing) > 1 else ""
        problem = "is not a file" if Path(missing[0]).exists() else "not found"
        raise UsageError(
            f"{os.fspath(missing[0])} {problem}{more}", remedy="Check the paths; they begin in this folder."
        )
