"""The content of a result's field: data, or the location of a file; the file's name, and reading its bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b, md5
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote, unquote

from omicsdk import transfer  # lazy: the engine is imported with its first use
from omicsdk.core.checked_json import check_fields
from omicsdk.core.checksums import ALGORITHMS, MIB, Digests, is_checksum
from omicsdk.core.consistency import NAME, UUID
from omicsdk.core.errors import APIError, Forbidden, NotFound, OmicsError, Unauthorized, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.platform import deleting
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_object, number_in
from omicsdk.pangea.responses import all_listed_by, identified, listed_by

if TYPE_CHECKING:
    from omicsdk_api.pangea import PangeaApi
    from omicsdk_api.pangea.models.sample_analysis_result_field import SampleAnalysisResultField
    from omicsdk_api.pangea.models.sample_group_analysis_result_field import SampleGroupAnalysisResultField
    from omicsdk_api.pangea.models.uploaded_part import UploadedPart

    from omicsdk.transfer import Item, Location

    Field = SampleAnalysisResultField | SampleGroupAnalysisResultField

# The published client's size of parts, and the size from which on a file is sent in parts, in bytes.
CHUNK = 10_311_680
# A file on S3, one of the Sequence Read Archive, one at any URL (ftp and http alike), or data in JSON.
Kind = Literal["s3", "sra", "ftp", "blob"]

# The member that the server adds to what it gives: a secret that ends within a day, and no part of the data.
SIGNED = "presigned_url"

_FILES: tuple[Kind, ...] = ("s3", "sra", "ftp")
_S3 = re.compile(r"s3://([^/]+)/(.+)\Z", re.DOTALL)
# Characters of a key that are not quoted in a path.
_KEY_SAFE = "/-_.~"


class NoFile(UsageError, TypeError):
    """A field holds data, and no file."""


def kind_of(data: object) -> Kind:
    """Return the kind of a field's data, by their member `__type__` in any case.

    Args:
        data: The field's `stored_data`.
    """
    __type__ = data.get("__type__") if is_object(data) else None
    type_name = __type__.lower() if isinstance(__type__, str) else ""
    return type_name if type_name in _FILES else "blob"


def without_signature(data: object) -> object:
    """Return data as they are kept and sent: without the URL that the server signs for each response.

    Args:
        data: The field's `stored_data`; it is not changed.
    """
    if is_object(data) and SIGNED in data:
        return {name: value for name, value in data.items() if name != SIGNED}
    return data


def download_url(data: object) -> str:
    """Return the URL of a field's file.

    Args:
        data: The field's `stored_data`.

    Raises:
        NoFile: The field has no file, or does not state its location.
    """
    kind = kind_of(data)
    if kind == "blob" or not is_object(data):
        raise NoFile(
            "Cannot fetch a file for a BLOB type result field.",
            remedy="Read its data from stored_data; there is no file to download.",
        )
    if kind != "s3":
        return _text(data, "url")
    signed = data.get(SIGNED)
    if isinstance(signed, str) and signed:
        return signed
    uri = _text(data, "uri")
    parts = _S3.match(uri)
    if parts is None:
        return uri
    bucket, key = parts.groups()
    return f"{_text(data, 'endpoint_url').rstrip('/')}/{bucket}/{quote(key, safe=_KEY_SAFE)}"


def file_name_of(data: object) -> str:
    """Return the last part of the name that a field's data have for their file.

    Args:
        data: The field's `stored_data`.

    Raises:
        NoFile: They name none.
    """
    if is_object(data):
        for member in ("filename", "uri", "url"):
            file_name = data.get(member)
            if isinstance(file_name, str) and file_name:
                return _last_part(file_name)
    raise NoFile(
        "Cannot make a reference filename for a BLOB type result field.",
        remedy="Call get_blob_filename() for the name of a file of its data.",
    )


def extension_of(name: str) -> str:
    """Return a name's extension without its dot, including one before a compression's ("fastq.gz"); empty for none.

    Args:
        name: A file's name.
    """
    pieces = name.split(".")
    return ".".join(pieces[-2:] if pieces[-1] == "gz" and len(pieces) > 2 else pieces[1:][-1:])


def checksums_of(data: object) -> dict[str, str]:
    """Return the checksums that a field's data state of their file, from algorithm to value, as far as they can be verified.

    Args:
        data: The field's `stored_data`.
    """
    if kind_of(data) == "blob" or not is_object(data):
        return {}
    values = {name.lower(): value.strip().lower() for name, value in data.items() if isinstance(value, str)}
    return {name: values[name] for name in ALGORITHMS if name in values and is_checksum(name, values[name])}


def size_of(data: object) -> int | None:
    """Return the size in bytes that a field's data state, as the record of the Sequence Read Archive does; None otherwise.

    Args:
        data: The field's `stored_data`.
    """
    if kind_of(data) == "blob" or not is_object(data):
        return None
    record = data.get("full_record")
    size = data.get("size", record.get("size") if is_object(record) else None)
    return number_in(size)


def _last_part(url: str) -> str:
    if _S3.match(url) is None and "://" in url:
        url = unquote(url_parts(url).path)
    return url.rstrip("/").rpartition("/")[2]


def _text(data: Mapping[str, object], member: str) -> str:
    value = data.get(member)
    if isinstance(value, str) and value:
        return value
    raise NoFile(f"The field's data have no {member}", remedy="Set it, or upload the file again.")


# -- names of files

# Bytes of a part of a path; file systems take 255, and an unfinished file has a longer name.
LONGEST = 200

_ESCAPES = {"/": "%2F", "\\": "%5C", **{chr(code): f"%{code:02X}" for code in (*range(32), 127)}}
_TABLE = str.maketrans(_ESCAPES)


def blob_file_name(owner: str, module: str, field: str, replicate: str = "") -> str:
    """Return the name of the file for a field's data.

    Args:
        owner: The sample's name, or the group's.
        module: The module's name.
        field: The field's name.
        replicate: Distinguishes results of one module; by default there is one.

    Returns:
        A path of two parts with "/" between them, which cannot lead out of a folder.
    """
    return _path(owner, module, field, replicate, "json")


def referenced_file_name(owner: str, module: str, field: str, data: object, replicate: str = "") -> str:
    """Return the name of the file that a field refers to, with the extension of the file that was uploaded.

    Args:
        owner: The sample's name, or the group's.
        module: The module's name.
        field: The field's name.
        data: The field's `stored_data`.
        replicate: Distinguishes results of one module; by default there is one.

    Returns:
        A path of two parts with "/" between them, which cannot lead out of a folder.

    Raises:
        NoFile: The data name no file.
    """
    return _path(owner, module, field, replicate, extension_of(file_name_of(data)))


def _path(owner: str, module: str, field: str, replicate: str, extension: str) -> str:
    stem = ".".join(part.replace(".", "-") for part in (owner, module, replicate, field) if part)
    end = f".{_safe(extension)}" if extension else ""
    return f"{_fitting(_safe(owner))}/{_fitting(_safe(stem), end)}"


def _safe(part: str) -> str:
    # Without halves of surrogate pairs, which no file name can have.
    part = part.encode("utf-8", "replace").decode().replace("::", "__").translate(_TABLE) or "_"
    return part.replace(".", "%2E") if part.strip(".") == "" else part


def _fitting(part: str, end: str = "") -> str:
    """Shorten a part that is too long, keeping its end; a digest distinguishes shortened ones."""
    whole = (part + end).encode()
    if len(whole) <= LONGEST:
        return part + end
    # So long an end is no extension.
    if len(end.encode()) > LONGEST // 4:
        end = ""
    digest = f"~{blake2b(whole, digest_size=6).hexdigest()}{end}"
    shortened = part.encode()[: LONGEST - len(digest.encode())]
    return shortened.decode("utf-8", "ignore") + digest


# -- results and fields on the server


def operation(client: PangeaApi, name: str, of_group: bool) -> Any:
    """Return an operation on results: those of samples and those of groups have equal arguments under different names.

    Args:
        client: The server.
        name: The operation's name with `{}` for what the results belong to, such as `get_{}_analysis_result_field`.
        of_group: Whether the results are of groups.
    """
    return getattr(client, name.format("sample_group" if of_group else "sample"))


class ResultId(NamedTuple):
    """A result on the server.

    Attributes:
        uuid: Its UUID.
        of_group: Whether it is of a group, not of a sample.
    """

    uuid: str
    of_group: bool = False

    def fields(self, client: PangeaApi, name: str | None = None) -> Iterator[Field]:
        """Iterate over its fields, or over the one of a name, after all have been listed: one that is missing in the
        list would be created again, or deleted with the result.

        Raises:
            InconsistentListing: The list is incomplete.
        """
        list_fields = operation(client, "list_{}_analysis_result_fields", self.of_group)
        narrowed = {} if name is None else {"name": name}
        for field in all_listed_by(list_fields, analysis_result_id=self.uuid, **narrowed):
            if name in (None, field.name):
                yield field

    def listed(self, client: PangeaApi) -> Iterator[Field]:
        """Yield its fields as they arrive.

        Raises:
            InconsistentListing: After the last one: the list is incomplete.
        """
        call = operation(client, "list_{}_analysis_result_fields", self.of_group)
        return listed_by(call, analysis_result_id=self.uuid)

    def create_field(self, client: PangeaApi, name: str) -> Field:
        """Create a field without data, to upload a file into."""
        create = operation(client, "create_{}_analysis_result_field", self.of_group)
        field = create(name=name, analysis_result=self.uuid, stored_data={})
        NAME.check(name, field.name, "create_field")
        UUID.check(self.uuid, field.analysis_result, f"create_field {name}")
        return identified(field)

    def field(self, uuid: str) -> FieldId:
        """The field of a UUID."""
        return FieldId(uuid, self.of_group)


class FieldId(NamedTuple):
    """A field on the server.

    Attributes:
        uuid: Its UUID.
        of_group: Whether its result is one of a group, not of a sample.
        work_order: The UUID of the work order that gives access to it; None if the user's own rights do.
    """

    uuid: str
    of_group: bool = False
    work_order: str | None = None

    @property
    def route(self) -> str:
        """Its path below `/api`."""
        return f"{'sample_group_ar_fields' if self.of_group else 'sample_ar_fields'}/{self.uuid}"

    def _call(self, client: PangeaApi, operation_name: str, /, **arguments: object) -> Any:
        order = {} if self.work_order is None else {"work_order_uuid": self.work_order}
        return operation(client, operation_name, self.of_group)(**arguments, **order)

    def read(self, client: PangeaApi) -> Field:
        """Return the field as the server has it; a presigned URL in its data is new.

        Raises:
            NotFound: It does not exist.
            Forbidden: It is not visible to this user.
        """
        field = self._call(client, "get_{}_analysis_result_field", uuid=self.uuid)
        check_fields("read_field", field)
        return field

    def change(self, client: PangeaApi, **changes: object) -> Field:
        """Change its `name` or its `stored_data`."""
        return self._call(client, "patch_{}_analysis_result_field", uuid=self.uuid, **changes)

    def delete(self, client: PangeaApi) -> None:
        """Delete it."""
        with deleting():
            self._call(client, "delete_{}_analysis_result_field", uuid=self.uuid)

    def begin_upload(self, client: PangeaApi, file_name: str, parts: int | None = None) -> object:
        """Begin the upload of a file: a form that takes all of it, or the URLs of its parts.

        Args:
            client: The server.
            file_name: The last part of the object's key.
            parts: The number of parts; None for a form.
        """
        how = {} if parts is None else {"n_parts": parts, "stance": "upload-multipart"}
        return self._call(client, "upload_{}_analysis_result_field", id=self.uuid, filename=file_name, **how)

    def complete_upload(self, client: PangeaApi, upload_id: str, parts: Sequence[UploadedPart]) -> bool:
        """Complete an upload in parts.

        Returns:
            Whether the server reports success: if the storage refused, it responds with 200 and null, or nothing.
        """
        response: object = self._call(
            client, "complete_{}_analysis_result_field_upload", id=self.uuid, upload_id=upload_id, parts=parts
        )
        return getattr(response, "status", "") == "success"


_log = logger("omicsdk.pangea")
_RANGE = re.compile(r"bytes \d+-\d+/(\d+)\Z")


def item_of(client: PangeaApi, field: FieldId | None, data: object, name: str, *, label: str = "") -> Item:
    """Return the engine's item for a field's file; an expired presigned URL is requested again.

    Args:
        client: The server.
        field: The field; None if it is not on the server.
        data: Its `stored_data`.
        name: The path within the target folder.
        label: Its name in messages.

    Raises:
        NoFile: The field refers to no file.
    """
    location = transfer.Location(download_url(data))
    renew = None if field is None or kind_of(data) != "s3" else lambda: locate(client, field)
    return transfer.Item(name, location, size_of(data), checksums_of(data), label, renew=renew)


def locate(client: PangeaApi, field: FieldId) -> Location:
    """Request a new URL of a field's file.

    Raises:
        NoFile: The field refers to no file.
        OmicsError: The server refused, or did not respond.
    """
    return transfer.Location(download_url(field.read(client).stored_data))


def object_facts(client: PangeaApi, field: FieldId) -> tuple[int, str] | None:
    """Return the size and the ETag, without quotes, of the object that a field's file is; its first byte is requested.

    Returns:
        Both; None if the store does not state them.

    Raises:
        OmicsError: There is no such object, or it cannot be read.
    """
    from omicsdk.core.plain_client import PlainClient, beside, plain_request

    url = download_url(field.read(client).stored_data)
    whole = {"accept": "*/*", "accept-encoding": "identity"}
    storage = beside(client, PlainClient, client.base_url, None)

    def facts(headers: Mapping[str, str]) -> tuple[int, str] | None:
        with storage.streamed(plain_request("", "GET", url, headers=headers)) as body:
            received = body.headers
            content_range = _RANGE.match(received.get("content-range", ""))
            size = (
                content_range[1]
                if content_range is not None
                else received.get("content-length", "")
                if body.status_code == 200
                else ""
            )
            etag = received.get("etag", "").removeprefix("W/").strip('"')
        number = number_in(size)
        return (number, etag) if number is not None and etag else None

    try:
        return facts({**whole, "range": "bytes=0-0"})
    except APIError as error:
        if error.status != 416:
            raise
        return facts(whole)  # it is empty, and has no first byte


def has_file(client: PangeaApi, field: FieldId, data: object) -> bool:
    """Whether a field has its file, or data. The server names the file as soon as an upload begins, so the store is
    asked.

    Args:
        client: The server.
        field: The field.
        data: Its `stored_data`.

    Raises:
        OmicsError: The server or the store cannot be asked.
    """
    if kind_of(data) != "s3":
        return bool(data)
    try:
        return object_facts(client, field) is not None
    except NotFound:
        return False
    except (Forbidden, Unauthorized) as error:  # as of another organization's bucket
        problem = "the file of field %s cannot be examined (%s) and is taken as complete; overwrite it if it is not"
        _log.warning(problem, field.uuid, error.summary)
        return True


def holds_file(client: PangeaApi, field: FieldId, data: object, path: str | os.PathLike[str]) -> bool:
    """Whether a field has the same file as one on this machine, by the size and the ETag of the object in the store.

    Args:
        client: The server.
        field: The field.
        data: Its `stored_data`.
        path: The file.
    """
    if kind_of(data) != "s3":
        return False
    try:
        facts = object_facts(client, field)
    except OmicsError:  # another organization's bucket cannot be read
        return False
    size = Path(path).stat().st_size
    if facts is None or facts[0] != size:
        return False
    count = facts[1].rpartition("-")[2] if "-" in facts[1] else "1"
    # Parts have the published size, or a smaller one in MiB that suits the file and the link.
    sizes = [part for part in (CHUNK, *range(5 * MIB, CHUNK, MIB)) if str(max(1, -(-size // part))) == count]
    digests = [Digests(("s3_etag",), part_size=part) for part in sizes]
    with Path(path).open("rb") as file:
        while block := file.read(MIB):
            for digest in digests:
                digest.update(block)
    etags = {digest.values()["s3_etag"] for digest in digests}
    if facts[1].endswith("-1"):  # a file of exactly one part was sent as a part
        etags = {f"{md5(bytes.fromhex(etag), usedforsecurity=False).hexdigest()}-1" for etag in etags}
    return facts[1] in etags
