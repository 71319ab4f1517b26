"""Download the results of groups: the selection of fields, the names of files, the URLs of their bytes, and the
transfer.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, Unpack

from omicsdk import transfer  # lazy: the engine is imported with its first use
from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.client import Client
from omicsdk.core.errors import ChecksumMissing, NotWritable, OmicsError, TransferError, UnsafePath
from omicsdk.core.files import in_place_of
from omicsdk.core.json_text import written
from omicsdk.core.plain_client import network_of
from omicsdk.core.platform import settings_of
from omicsdk.core.response import json_of
from omicsdk.core.sending.time_limits import Timeout
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.fields import (
    FieldId,
    NoFile,
    blob_file_name,
    checksums_of,
    download_url,
    item_of,
    kind_of,
    referenced_file_name,
    size_of,
    without_signature,
)
from omicsdk.pangea.listings import find_sample_group, is_uuid
from omicsdk.pangea.responses import Blob, identified, name_in, object_of, objects_in, update_order
from omicsdk.transfer import SelectionOptionsDict, TransferReport
from omicsdk.transfer.filters import Filters, fits_rules

if TYPE_CHECKING:
    from omicsdk.transfer import Item, Outcome

C = TypeVar("C", bound=Client)

# Names the journal within the target folder.
RUN = "pangea-results"
MANIFEST = "the group's manifest"
_MANIFEST_SECONDS = 900.0


# -- workflows


@text_is_one_item
def result_urls(
    client: Pangea,
    organization: str,
    group: str,
    *,
    samples: str | Collection[str] | None = None,
    module_name: str | None = None,
    field_name: str | None = None,
    of_group: bool = False,
    filters: Filters | None = None,
) -> list[tuple[str, str]]:
    """Return the URLs of the files of a group's results, without fetching them; presigned ones expire within a day.

    Args:
        organization: The name of the organization that owns the group, or its uuid; ignored if `group` is a uuid.
        group: The group's name, or its uuid.
        samples: Names of samples; None for all.
        module_name: The module; None for all.
        field_name: The field; None for all.
        of_group: Whether to include results of the group itself.
        filters: Which files, as for `download`; None for all.

    Returns:
        Each URL with the name that `download` gives to its file.

    Raises:
        OmicsError: The server refused, or did not respond.
    """
    planned = _planned(client, organization, group, ResultSelection(samples, module_name, field_name, of_group))
    return [
        (download_url(planned_file.data), planned_file.file_name)
        for planned_file in planned
        if planned_file.file_name
        and not planned_file.problem
        and (filters is None or _is_selected(planned_file, filters))
    ]


@text_is_one_item
def download(
    client: Pangea,
    organization: str,
    group: str,
    folder: str | os.PathLike[str] = ".",
    *,
    samples: str | Collection[str] | None = None,
    module_name: str | None = None,
    field_name: str | None = None,
    of_group: bool = False,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download the results of a group's samples: the JSON of each field, and the file that it refers to.

    Files are `SAMPLE/SAMPLE.MODULE.FIELD.EXTENSION` with the JSON beside them, as `get_referenced_filename` and
    `get_blob_filename` name them; of several results of a module the newest has these names, and the others include
    their replicates. The JSON is written without presigned URLs. Each file is verified if a checksum is stated. A file
    that was downloaded is not downloaded again unless its field has changed; a file that fails does not stop the
    others. The same call resumes a stopped download.

    Args:
        organization: The name of the organization that owns the group, or its uuid; ignored if `group` is a uuid.
        group: The group's name, or its uuid.
        folder: The target folder, created if missing.
        samples: Names of samples; None for all.
        module_name: The module; None for all.
        field_name: The field; None for all.
        of_group: Whether to include results of the group itself.
        **options: See `omicsdk.transfer.TransferOptions`.

    Returns:
        The outcome of each field: of its file if it refers to one, else of its JSON.

    Raises:
        TransferFailed: A field failed; the others are downloaded.
        OmicsError: The server refused, or did not respond.
        NotWritable: The folder is not writable.
        Interrupted: It was stopped while it waited for another process that downloads into the folder.

    Example:
        client.download("Sandbox", "study", "results", samples=["sample"])
    """
    chosen = transfer.TransferOptions.of(options, connections=16, selects=True)
    planned = _planned(client, organization, group, ResultSelection(samples, module_name, field_name, of_group))
    if not chosen.fit_all:
        planned = [planned_file for planned_file in planned if _is_selected(planned_file, chosen)]
    target = Path(folder)
    ends_by_field: dict[FieldId, Outcome] = {}
    if not chosen.dry_run:
        for result_field in planned:
            end = _write(target, result_field, require_checksum=chosen.require_checksum)
            if end is not None:
                ends_by_field[result_field.field] = end
    files = [
        result_field
        for result_field in planned
        if result_field.file_name
        and not result_field.problem
        and not (result_field.field in ends_by_field and ends_by_field[result_field.field].state == "failed")
    ]
    from omicsdk.transfer.items import MappedItems

    settings = settings_of(client)
    report = transfer.download(
        MappedItems(lambda file: item_of(client, file.field, file.data, file.file_name), files),
        target,
        options=chosen,
        environ=settings.environ,
        clock=settings.clock,
        run=RUN,
    )
    ends_by_field |= zip((file.field for file in files), report.outcomes, strict=True)
    report.outcomes = transfer.Outcomes(_outcome(result, ends_by_field.get(result.field)) for result in planned)
    report.title = "Download"
    return chosen.checked(report)


def download_field(client: Pangea, field: FieldId | None, data: object, path: str | os.PathLike[str]) -> None:
    """Download the file of one field, verified if a checksum is stated; the same call resumes a stopped download.

    Args:
        client: The server.
        field: The field; None if it is not on the server.
        data: Its `stored_data`.
        path: The target; a folder that does not exist is created.

    Raises:
        NoFile: The field refers to no file.
        OmicsError: It did not arrive, or not as it was stated.
    """
    from omicsdk.transfer.journal import journal_for, remove_journal
    from omicsdk.transfer.reports.report import raise_failure

    target = Path(path).absolute()
    item = item_of(client, field, data, target.name, label=os.fspath(path))
    route = "" if field is None else field.route
    journal = journal_for("pangea/downloads", f"{client.base_url}/api", route, str(target))
    settings = settings_of(client)
    raise_failure(
        transfer.download([item], target.parent, journal=journal, environ=settings.environ, clock=settings.clock)
    )
    remove_journal(journal)


@contextmanager
def open(client: Pangea, organization: str, group: str, sample: str, module: str, field: str) -> Generator[BinaryIO]:
    """Open the file of a field of a sample's newest result of a module; if a field refers to no file, its data as JSON.

    A file is downloaded to a temporary folder first, and verified if a checksum is stated.

    Args:
        organization: The name of the organization that owns the group.
        group: The name of the sample's library.
        sample: The sample's name.
        module: The module's name.
        field: The field's name.

    Raises:
        NotFound: There is no such field, or it is not visible to this user.
        TransferError: The file could not be downloaded, or is corrupt.
    """
    result_field = client.get_sample_analysis_result_field_by_name(
        org=organization, grp=group, sample=sample, module_name=module, field=field
    )
    data: object = identified(result_field).stored_data
    if kind_of(data) == "blob":
        yield BytesIO(json_bytes(data))
        return
    with tempfile.TemporaryDirectory(prefix="omics-pangea-") as folder:
        path = Path(folder, "file")
        download_field(client, FieldId(result_field.uuid), data, path)
        with path.open("rb") as file:
            yield file


@text_is_one_item
def verify(
    client: Pangea,
    organization: str,
    group: str,
    folder: str | os.PathLike[str] = ".",
    *,
    samples: str | Collection[str] | None = None,
    module_name: str | None = None,
    field_name: str | None = None,
    of_group: bool = False,
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare the files of a folder with the results that were downloaded there: JSON by its bytes, files by their
    fields' checksums.

    Args:
        organization: The name of the organization that owns the group, or its uuid; not looked at where `group` is a
            uuid.
        group: The group's name, or its uuid.
        folder: The folder that results were downloaded to.
        samples: Names of samples; None for all.
        module_name: The module; None for all.
        field_name: The field; None for all.
        of_group: Whether results of the group itself are compared, too.
        stop: Stops the comparison within a tenth of a second when set.

    Returns:
        The outcome of each field: done if its file is right, failed if it differs or is missing.

    Raises:
        OmicsError: The server refused, or did not respond.
    """
    planned = _planned(client, organization, group, ResultSelection(samples, module_name, field_name, of_group))
    report = transfer.verify(
        [_item(result_field) for result_field in planned if not result_field.problem], folder, stop=stop
    )
    ends_in_order = iter(report.outcomes)
    report.outcomes = transfer.Outcomes(
        _outcome(result_field, None if result_field.problem else next(ends_in_order)) for result_field in planned
    )
    return report


def _item(field: ResultField) -> Item:
    """Return what a downloaded file is compared with: the field's checksums, or its data."""
    if field.file_name:
        location = transfer.Location(download_url(field.data))
        return transfer.Item(field.file_name, location, size_of(field.data), checksums_of(field.data))
    content = json_bytes(field.data)
    sums = {"sha256": sha256(content).hexdigest()}
    return transfer.Item(field.blob_name, transfer.Location(""), len(content), sums)


def _is_selected(field: ResultField, filters: Filters) -> bool:
    """Whether a field's file is selected, or its data where it refers to none; one that cannot be downloaded by its name."""
    if field.problem:
        return fits_rules(filters.rules, field.file_name or field.blob_name)
    item = _item(field)
    return filters.fits(item.name, item.size)


def for_manifests(client: C) -> C:
    """Return a client that waits for manifests: the server makes one whole before it sends anything.

    Args:
        client: The client; time limits that its user chose are kept.
    """
    limits = network_of(client)[1]
    if limits != Timeout():
        return client
    # A minute for 1,500 samples was seen.
    return client.with_options(timeout=replace(limits, read=_MANIFEST_SECONDS, body=_MANIFEST_SECONDS))


def _planned(client: Pangea, organization: str, group: str, selection: ResultSelection) -> list[ResultField]:
    uuid = group if is_uuid(group) else find_sample_group(client, organization, group).uuid
    response = for_manifests(client).get_sample_group_manifest.raw(id=uuid)
    return plan_results(object_of(json_of(response), MANIFEST), selection)


def _write(target: Path, field: ResultField, *, require_checksum: bool) -> Outcome | None:
    """Write a field's JSON, which has no stated checksum; an existing file of other data is outdated, and deleted."""
    if field.problem:
        return None
    if require_checksum and not field.file_name:  # if there is a file, the file is verified
        return transfer.Outcome(field.blob_name, "failed", error=ChecksumMissing(field.blob_name))
    path = target / field.blob_name
    content = json_bytes(field.data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(target.resolve()):
            raise NotWritable(str(path), "a link points outside the folder")
        before = path.read_bytes() if path.is_file() else None
        if before == content:
            return transfer.Outcome(field.blob_name, "skipped", len(content))
        if before is not None and field.file_name:
            (target / field.file_name).unlink(missing_ok=True)
        with in_place_of(path, durable=False) as file:
            file.write(content)
    except OSError as error:
        from omicsdk.transfer.disk import write_error

        return transfer.Outcome(field.blob_name, "failed", error=write_error(error, str(path), field.title))
    except OmicsError as error:
        return transfer.Outcome(field.blob_name, "failed", error=error)
    return transfer.Outcome(field.blob_name, "done", len(content))


def json_bytes(data: object) -> bytes:
    """A field's data as the file that has it, without presigned URLs."""
    return written(without_signature(data), ensure_ascii=False).encode("utf-8", "backslashreplace")


def _outcome(field: ResultField, end: Outcome | None) -> Outcome:
    if field.problem:
        name = field.file_name or field.blob_name
        remedy = "Correct the field's data on the server."
        return transfer.Outcome(
            name, "failed", error=TransferError(f"{field.title}: {field.problem}", name=name, remedy=remedy)
        )
    return transfer.Outcome(field.blob_name, "planned", plan="would be written") if end is None else end


# -- which fields, and what their files are called


@dataclass(frozen=True, slots=True)
class ResultSelection:
    """A selection of a group's results.

    Attributes:
        samples: Names of samples; None for all.
        module_name: The module; None or empty for all.
        field_name: The field; None or empty for all.
        of_group: Whether to include results of the group itself, which belong to no sample.
    """

    samples: Collection[str] | None = None
    module_name: str | None = None
    field_name: str | None = None
    of_group: bool = False


@dataclass(frozen=True, slots=True)
class ResultField:
    """A field of a group's results.

    Attributes:
        owner: The sample's name, or the group's.
        module: The module's name.
        replicate: The result's replicate.
        name: The field's name.
        field: The field on the server.
        data: Its data.
        blob_name: The name of the file for its data, below the target folder.
        file_name: The name of its file; empty if it refers to none.
        problem: Why it cannot be downloaded; empty if nothing is wrong.
    """

    owner: str
    module: str
    replicate: str
    name: str
    field: FieldId
    data: object = attribute(repr=False)
    blob_name: str = ""
    file_name: str = ""
    problem: str = ""

    @property
    def title(self) -> str:
        """Its name in messages."""
        return f"{self.owner} :: {self.module} {self.replicate} :: {self.name}"


def plan_results(manifest: Blob, selection: ResultSelection) -> list[ResultField]:
    """Select fields of a group's manifest and name their files.

    Of several results of one module in a sample the newest has the plain names, as the server finds that one by name;
    those of others include the replicate. If names still clash, as "A" and "a" do on some systems, later ones include
    the field's uuid.

    Args:
        manifest: The server's manifest.
        selection: The selection.

    Returns:
        The fields: samples by name, the group's own results last.

    Raises:
        DecodeError: The manifest lacks one of its lists, or an entry has no name.
    """
    used_names = set[str]()
    planned = list[ResultField]()
    samples = objects_in(manifest, "samples", MANIFEST)
    if selection.samples is not None:
        names = frozenset(selection.samples)
        samples = [sample_blob for sample_blob in samples if str(sample_blob.get("name")) in names]
    for sample in sorted(samples, key=lambda sample: (name_in(sample, MANIFEST), str(sample.get("uuid")))):
        planned += _of_owner(name_in(sample, MANIFEST), sample, False, selection, used_names)
    if selection.of_group:
        planned += _of_owner(name_in(manifest, MANIFEST), manifest, True, selection, used_names)
    return planned


def _of_owner(
    owner: str, blob: Blob, of_group: bool, selection: ResultSelection, used_names: set[str]
) -> Iterator[ResultField]:
    results = objects_in(blob, "analysis_results", MANIFEST, "sample_group" if of_group else "sample")
    newest = dict[str, str]()  # of each module
    for result in sorted(results, key=lambda result: update_order(result.get("updated_at"))):
        newest[str(result.get("module_name"))] = str(result.get("uuid"))
    # Those with the plain names are named first: no other may use them.
    for result in sorted(results, key=lambda result: str(result.get("uuid")) not in newest.values()):
        module = name_in(result, MANIFEST, "module_name")
        if selection.module_name and module != selection.module_name:
            continue
        for field in objects_in(result, "fields", MANIFEST, "analysis_result"):
            if not selection.field_name or name_in(field, MANIFEST) == selection.field_name:
                yield _named(owner, result, field, of_group, newest[module] == str(result.get("uuid")), used_names)


def _named(owner: str, result: Blob, field: Blob, of_group: bool, plain: bool, used_names: set[str]) -> ResultField:
    module, replicate = name_in(result, MANIFEST, "module_name"), str(result.get("replicate") or "")
    name = name_in(field, MANIFEST)
    uuid, data = str(field.get("uuid")), field.get("stored_data")
    is_file, problem = kind_of(data) != "blob", ""
    blob_name = file_name = ""
    names = set[str]()
    if is_file:
        try:
            download_url(data)
        except NoFile as error:
            problem = error.message
    for distinction in ("" if plain else replicate, replicate, f"{replicate}~{uuid}"):
        blob_name = blob_file_name(owner, module, name, distinction)
        file_name = ""
        if is_file and not problem:
            file_name = referenced_file_name(owner, module, name, data, distinction)
            if file_name == blob_name:  # a file that is JSON itself
                blob_name = blob_name.removesuffix(".json") + ".field.json"
        names = {name.casefold() for name in (blob_name, file_name) if name}
        if not names & used_names:
            break
    used_names |= names
    from omicsdk.transfer.names import check_name

    try:
        for candidate in (blob_name, file_name):
            if candidate:
                check_name(candidate)
    except UnsafePath as error:  # one impossible name must not stop the others from being downloaded
        problem = error.message
    return ResultField(owner, module, replicate, name, FieldId(uuid, of_group), data, blob_name, file_name, problem)
