"""What moto leaves out about bytes: it stores any, whatever checksums their requests state, and names no ETag for forms; and
about lists of the first version.

Without further packages its own CRC32C and CRC64NVME are CRC32, and it fails with 500 for uploads, parts and pages that are not there.
"""

import base64
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import wraps
from html import unescape
from importlib import import_module
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from omicsdk.core.retry import seconds_of_date
from omicsdk.core.type_guards import is_array
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.s3.guard import (
    NOT_IMPLEMENTED,
    SUBRESOURCES,
    Target,
    Wsgi,
    body_of,
    form_of,
    headers_of,
    refused,
    target_of,
)
from omicsdk.sandbox.state.objects import CHECKSUM, DeclaredChecksums, checksum_of

_INVALID_PART = (
    "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified"
    " entity tag might not have matched the part's entity tag."
)
_PRECONDITION = (412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
_MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
# Settings that moto stores, and which then change nothing, and requests that it does not know.
_WITHOUT_EFFECT = SUBRESOURCES - {"acl", "delete", "restore", "tagging", "uploads", "versioning"}
_LEFT_OUT = re.compile(r"x-amz-(write-offset-bytes: .*|(bucket-)?object-lock-[a-z-]+: (?!(?i:false)).*)")
# Conditions of deleting, and versioning that is suspended: moto's bucket forgets its versions with the next object.
_NOT_IN_MOTO = re.compile(rb"<(ETag|LastModifiedTime|Size)>|Suspended")
_BARE_ETAG = re.compile(r"[0-9a-f]{32}(-\d+)?")
# Bytes of UTF-8.
LONGEST_KEY = 1024
_ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")
_STATED = re.compile(rf"X_AMZ_CHECKSUM_({'|'.join(_ALGORITHMS)})\b")


@dataclass(frozen=True, slots=True)
class Verified:
    """A WSGI application around the S3 server's: refuses bytes that differ from the stated checksums, as S3 does.

    Attributes:
        app: The S3 server.
        find_upload: Returns moto's upload in parts of a bucket, by its id.
        find_key: Returns moto's object by bucket, key and version; None for none.
        check_known: Raises a Problem where a request names an upload, part, page or setting that is not there.
        find_part: Returns first and last byte of the part of an object that a request names; None for none.
    """

    app: Wsgi
    find_upload: Callable[[str, str], Any]
    find_key: Callable[[str, str, str | None], Any]
    check_known: Callable[[Target, Mapping[str, str]], object]
    find_part: Callable[[Target], tuple[int, int] | None]
    # Held while an object is created. Not of the module: a fork would inherit it locked.
    _changes: Any = field(default_factory=threading.Lock, init=False)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on, or refuse it in S3's way."""
        target = target_of(environ)
        if target.method not in ("PUT", "POST") or "partNumber" in target.query:
            return self._respond(environ, target, start_response)
        # moto itself examines a condition and then stores the object, between which another thread may store one. The body is
        # received before: a slow client would hold up all others.
        body_of(environ)
        with self._changes:
            return self._respond(environ, target, start_response)

    def _respond(self, environ: dict[str, Any], target: Target, start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = headers_of(environ)
        form, numbers = dict[str, str](), list[int]()
        try:
            self.check_known(target, headers)
            _check_form(environ, target, headers)
            self._check_conditions(environ, target, headers)
            if target.method == "PUT" and target.key and not target.copied:
                _check_object(environ)
            elif target.method == "POST" and "uploadId" in target.query:
                numbers = self._check_parts(environ, target)
            elif target.method == "POST" and not target.key:
                form, data = form_of(environ)
                _compare(DeclaredChecksums(form), data)
        except Problem as problem:
            return refused(problem, environ, start_response)
        key = form.get("key", "")
        _as_moto_reads(environ, target)
        existing = self.find_key(target.bucket, target.key, None) if target.method == "HEAD" and target.key else None
        if existing is not None and not existing._is_versioned and target.query.get("versionId") == "null":
            environ["QUERY_STRING"] = re.sub(r"(^|&)versionId=null", "", environ["QUERY_STRING"])
        part = self.find_part(target)
        if part is not None:
            key = target.key
            if target.method == "GET":  # moto sends the whole object
                environ["HTTP_RANGE"] = "bytes={}-{}".format(*part)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if key and status[0] in "23" and (etag := self._etag(target.bucket, key)):
                headers = [pair for pair in headers if pair[0].lower() != "etag"] + [("ETag", f'"{etag}"')]
            if target.method in ("GET", "HEAD") and target.key and status[0] == "2":
                headers = self._of_object(target, headers, part)
                status = "206 Partial Content" if part else status  # also of HEAD
            if target.method == "POST" and "uploadId" in target.query:
                headers = [pair for pair in headers if pair != ("x-amz-version-id", "null")]
            return start_response(status, headers, *more)

        is_list = target.method == "GET" and target.bucket and not target.key
        if is_list and _UNENCODED.keys() >= SUBRESOURCES & target.query.keys():
            return _changed(self.app, environ, start, lambda body: _list(target.query, body))
        if numbers:
            return _changed(self.app, environ, start, lambda body: self._completed(target, numbers, body))
        if form.get("success_action_status") == "201":
            url = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['PATH_INFO'].rstrip('/')}/{quote(key, '')}"
            object_fields = {"Location": url, "Bucket": target.bucket, "Key": key}
            return _changed(self.app, environ, start, lambda _: self._posted(object_fields))
        return self.app(environ, start)

    def _completed(self, target: Target, numbers: list[int], body: str) -> str:
        """Keep those parts of a completed object that its request names; add its checksum to the response."""
        key = self.find_key(target.bucket, target.key, None)
        if key is None or not key.multipart:  # another request was faster
            return body
        for number in key.multipart.parts.keys() - numbers:
            key.multipart.parts.pop(number).dispose()
        key.multipart.partlist = numbers
        if not key.checksum_algorithm:
            return body
        parts = f"-{key.checksum_parts}" if key.checksum_type == "COMPOSITE" else ""
        tag = f"Checksum{key.checksum_algorithm}"
        checksum_xml = f"<{tag}>{key.checksum_value}{parts}</{tag}><ChecksumType>{key.checksum_type}</ChecksumType>"
        return body.replace("</ETag>", f"</ETag>{checksum_xml}")

    def _posted(self, object_fields: Mapping[str, str]) -> str:
        fields = {**object_fields, "ETag": f'"{self._etag(object_fields["Bucket"], object_fields["Key"])}"'}
        elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{elements}</PostResponse>'

    def _etag(self, bucket: str, name: str) -> str:
        key = self.find_key(bucket, name, None)
        return "" if key is None else key.etag.strip('"')

    def _of_object(
        self, target: Target, headers: list[tuple[str, str]], part: tuple[int, int] | None
    ) -> list[tuple[str, str]]:
        """A response's headers with the kind of the checksum and the number of parts, of which moto has each in some responses."""
        key = self.find_key(target.bucket, target.key, target.query.get("versionId"))
        if key is None:
            return headers
        sent, added = {name.lower(): value for name, value in headers}, dict[str, str]()
        if part is not None:
            added |= {
                "x-amz-mp-parts-count": str(len(key.multipart.partlist)),
                "content-range": f"bytes {part[0]}-{part[1]}/{key.size}",
            }
        if value := sent.get(checksum := f"{CHECKSUM}{key.checksum_algorithm}".lower()):
            added[f"{CHECKSUM}type"] = kind = key.checksum_type or "FULL_OBJECT"
            if kind == "COMPOSITE" and "-" not in value:
                added[checksum] = f"{value}-{key.checksum_parts}"
        return [*((name, value) for name, value in headers if name.lower() not in added), *added.items()]

    def _check_conditions(self, environ: dict[str, Any], target: Target, headers: Mapping[str, str]) -> None:
        """Refuse conditions that moto ignores, and would overwrite or remove objects in spite of."""
        writes = target.method in ("PUT", "POST")
        is_unknown = environ.get("HTTP_IF_NONE_MATCH", "*") != "*" or _WITHOUT_EFFECT & target.query.keys()
        if writes and (is_unknown or any(_LEFT_OUT.fullmatch(f"{name}: {value}") for name, value in headers.items())):
            raise Problem(*NOT_IMPLEMENTED)
        if writes and {"delete", "versioning"} & target.query.keys():
            body = body_of(environ)
            if _NOT_IN_MOTO.search(body):
                raise Problem(*NOT_IMPLEMENTED)
            if match := re.search(rb"<VersionId>(?!null<)([^<]*)", body):
                self.check_known(replace(target, query={"versionId": match[1].decode()}), headers)
            if body.count(b"<Object>") > 1000:
                raise Problem(400, "MalformedXML", _MALFORMED)
        if writes and len(target.key.encode()) > LONGEST_KEY:
            raise Problem(400, "KeyTooLongError", "Your key is too long")
        # moto takes the asterisk, which means any object, for an ETag.
        if target.method == "DELETE" and environ.get("HTTP_IF_MATCH") == "*" and self._etag(target.bucket, target.key):
            environ.pop("HTTP_IF_MATCH")
        is_completed = target.method == "POST" and "uploadId" in target.query
        if is_completed or (target.copied and "uploadId" not in target.query):
            etag = self._etag(target.bucket, target.key)
            if (match := environ.get("HTTP_IF_MATCH")) and not etag:
                raise Problem(404, "NoSuchKey", "The specified key does not exist.")
            # moto itself refuses to complete an upload over an object, unless it is of the same upload.
            is_in_the_way = target.copied and etag and "HTTP_IF_NONE_MATCH" in environ
            if (match or etag).strip('"') != etag or is_in_the_way:
                raise Problem(*_PRECONDITION)
        if target.copied:
            _check_source(self.find_key(*target.copied), environ)

    def _check_parts(self, environ: dict[str, Any], target: Target) -> list[int]:
        """Compare the parts that an object is made of with the checksums that its request states; return their numbers."""
        upload = self.find_upload(target.bucket, target.query["uploadId"])
        if upload is None:
            return []  # completed before: moto answers as it did then
        required = str(upload.metadata.get("x-amz-checksum-algorithm") or "").lower()
        parts = _parts_of(body_of(environ))
        numbers = [number for number, _ in parts]
        if numbers != sorted(set(numbers)):
            message = "The list of parts was not in ascending order. The parts list must be specified in order by part number."
            raise Problem(400, "InvalidPartOrder", message)
        for number, part_checksums in parts:
            stored = or_raise(upload.parts.get(number), Problem(400, "InvalidPart", _INVALID_PART))
            if required not in ("", "crc64nvme") and required not in part_checksums:
                message = (
                    f"The upload was created using a {required} checksum. The complete request must include the checksum"
                    f" for each part. It was missing for part {number} in the request."
                )
                raise Problem(400, "InvalidRequest", message)
            if any(checksum_of(name, stored.value) != value for name, value in part_checksums.items()):
                raise Problem(400, "InvalidPart", _INVALID_PART)
        headers = headers_of(environ).items()
        whole = DeclaredChecksums({key: value.partition("-")[0] for key, value in headers if key.startswith(CHECKSUM)})
        if whole.are_any:
            usual = "FULL_OBJECT" if required in ("", "crc64nvme") else "COMPOSITE"
            is_of_parts = upload.metadata.get(f"{CHECKSUM}type", usual) == "COMPOSITE"
            for data in (upload.parts[number].value for number in numbers):
                whole.update(base64.b64decode(checksum_of(required, data)) if is_of_parts else data)
            whole.check()
        return numbers


# Headers whose values are chosen from a few.
_CHOICES = {
    "x-amz-sdk-checksum-algorithm": _ALGORITHMS,
    "x-amz-checksum-algorithm": _ALGORITHMS,
    "x-amz-checksum-type": ("COMPOSITE", "FULL_OBJECT"),
}


def _check_form(environ: dict[str, Any], target: Target, headers: Mapping[str, str]) -> None:
    """Refuse headers and documents that are malformed, on which moto fails or which it ignores."""
    for name, choices in _CHOICES.items():
        if (value := headers.get(name)) and value.upper() not in choices:
            raise Problem(400, "InvalidRequest", f"Value for {name} header is invalid.")
    if "x-amz-copy-source" in headers and not (target.copied and target.copied[0] and target.copied[1]):
        message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise Problem(400, "InvalidArgument", message)
    if (path := _document_of(target)) is not None:
        body = body_of(environ)
        if (body or target.key or target.query) and not _has(body, path):
            raise Problem(400, "MalformedXML", _MALFORMED)


def _document_of(target: Target) -> str | None:
    """The path of an element that the document of a request has to have; None if its body is none."""
    query = target.query.keys()
    if target.method == "POST":
        if "uploadId" in query:
            return "CompleteMultipartUpload/Part/ETag"
        return "Delete/Object/Key" if "delete" in query else None
    if target.method != "PUT":
        return None
    if "tagging" in query:
        return "Tagging/TagSet"
    if target.key:
        return None
    return "VersioningConfiguration/Status" if "versioning" in query else None if query else "CreateBucketConfiguration"


def _has(body: bytes, path: str) -> bool:
    """Whether a body is an XML document with an element, and each tag and part in it is complete."""
    xml: Any = import_module("xmltodict")  # moto's own reader
    try:
        value: Any = xml.parse(body, force_list=("Object", "Part", "Tag"))
        if part_list := value.get("CompleteMultipartUpload"):
            _ = [int(part["PartNumber"]) for part in part_list["Part"]]
        if (tagging := value.get("Tagging")) and (tag_set := tagging.get("TagSet")):
            _ = [(tag["Key"], tag["Value"]) for tag in tag_set.get("Tag", ())]
        for name in path.split("/"):
            values: Any = value if is_array(value) else [value]
            if not all(name in each for each in values):
                return False
            value = values[0][name]
    except (AttributeError, KeyError, TypeError, ValueError, xml.expat.ExpatError):
        return False
    return True


def _check_source(source: Any, environ: dict[str, Any]) -> None:
    """Refuse to copy an object that does not meet the request's conditions, of which moto has one."""
    if source is None:
        return
    match, other, unmodified, modified = (
        str(environ.get(f"HTTP_X_AMZ_COPY_SOURCE_IF_{name}", ""))
        for name in ("MATCH", "NONE_MATCH", "UNMODIFIED_SINCE", "MODIFIED_SINCE")
    )
    etag, changed = source.etag.strip('"'), source.last_modified.replace(microsecond=0, tzinfo=UTC)
    try:
        is_older = not unmodified or changed <= parsedate_to_datetime(unmodified)
        is_newer = not modified or not changed <= parsedate_to_datetime(modified) <= datetime.now(UTC)
    except (TypeError, ValueError):
        raise Problem(400, "InvalidArgument", "A date of a condition is not valid") from None
    if not (match.strip('"') == etag if match else is_older) or not (other.strip('"') != etag if other else is_newer):
        raise Problem(*_PRECONDITION)


def _as_moto_reads(environ: dict[str, Any], target: Target) -> None:
    """Write headers as moto reads them.

    It decodes no plus in a copy's source, and takes that for a URL, whose host it ignores; leaves `aws-chunked` in the
    encoding after a blank, compares ETags without quotes for GET only, takes ranges of any unit for bytes, finds no
    attribute after a blank, and stores no checksum but of the algorithm that boto3 names besides.
    """
    if target.copied:
        _, mark, version = environ["HTTP_X_AMZ_COPY_SOURCE"].partition("?")
        environ["HTTP_X_AMZ_COPY_SOURCE"] = quote("/".join(target.copied[:2])) + mark + version
    if encoding := environ.get("HTTP_CONTENT_ENCODING"):
        environ["HTTP_CONTENT_ENCODING"] = encoding.replace(", ", ",")
    for name, date in (("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"), ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")):
        if name in environ:
            environ.pop(date, None)  # the other condition decides
        if date in environ:  # moto fails on what is no date, or in an older form of HTTP's
            seconds = seconds_of_date(environ.pop(date))
            if seconds is not None:
                environ[date] = formatdate(seconds, usegmt=True)
        if _BARE_ETAG.fullmatch(environ.get(name, "")):
            environ[name] = f'"{environ[name]}"'
    if not environ.get("HTTP_RANGE", "bytes=").startswith("bytes="):
        environ.pop("HTTP_RANGE")  # of another unit, or none
    if attributes := environ.get("HTTP_X_AMZ_OBJECT_ATTRIBUTES"):
        environ["HTTP_X_AMZ_OBJECT_ATTRIBUTES"] = "".join(attributes.split())
    names = " ".join((*environ, environ.get("HTTP_X_AMZ_TRAILER", "").upper().replace("-", "_")))
    if target.method == "PUT" and target.key and (match := _STATED.search(names)):
        environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", match[1])


def _changed(
    app: Wsgi, environ: dict[str, Any], start_response: Callable[..., Any], change: Callable[[str], str]
) -> Iterable[bytes]:
    """A response with another body, if it is no refusal."""
    responses: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        responses.append((status, headers))

    body = b"".join(app(environ, start))
    ((status, headers),) = responses
    if status.startswith("20"):
        body = change(body.decode()).encode()
    content_headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
    others = [pair for pair in headers if pair[0].lower() not in ("content-type", "content-length")]
    start_response(status, others + content_headers)
    return [body]


# Names in lists, by their subresource or list-type, that moto leaves as they are where encoded ones are requested.
_OF_KEYS = "Key|Prefix|Delimiter|KeyMarker|NextKeyMarker"
_UNENCODED = {
    "versions": _OF_KEYS,
    "uploads": _OF_KEYS,
    "1": "Prefix|Delimiter|Marker|NextMarker",
    "2": "Delimiter|StartAfter",
}


def _list(query: Mapping[str, str], body: str) -> str:
    """A list with all its names encoded if that is requested, and one of the first version with its marker."""
    kind = next((kind for kind in ("versions", "uploads") if kind in query), query.get("list-type", "1"))
    if kind == "1":
        body = body.replace("<IsTruncated>", f"<Marker>{escape(query.get('marker', ''))}</Marker><IsTruncated>", 1)
    if kind == "2" and (token := query.get("continuation-token")):
        token_xml = f"<ContinuationToken>{escape(token)}</ContinuationToken>"
        body = body.replace("<IsTruncated>", f"{token_xml}<IsTruncated>", 1)
    if query.get("encoding-type") != "url":
        return body
    if "<EncodingType>" not in body:
        body = body.replace("<IsTruncated>", "<EncodingType>url</EncodingType><IsTruncated>", 1)
    return re.sub(
        rf"<({_UNENCODED.get(kind, _UNENCODED['2'])})>([^<]+)",
        lambda match: f"<{match[1]}>{escape(quote(unescape(match[2])))}",
        body,
    )


def _check_object(environ: dict[str, Any]) -> None:
    """Compare the bytes of an object, or of a part, with the checksums that its request states."""
    # Those in the query of a presigned URL have no effect in S3: AWS's SDK for JavaScript states that of an empty body there.
    checksums = DeclaredChecksums(headers_of(environ))
    if checksums.are_any:
        _compare(checksums, body_of(environ))  # moto also reads each request completely


def _compare(checksums: DeclaredChecksums, body: bytes) -> None:
    checksums.update(body)
    checksums.check()


def _parts_of(body: bytes) -> list[tuple[int, Mapping[str, str]]]:
    """The parts of a well-formed request to complete an upload: numbers, and checksums by S3's names in lower case."""
    xml: Any = import_module("xmltodict")  # moto's own reader
    return [
        (
            int(part["PartNumber"]),
            {
                name.removeprefix("Checksum").lower(): str(value)
                for name, value in part.items()
                if name.startswith("Checksum") and value
            },
        )
        for part in xml.parse(body, force_list=("Part",))["CompleteMultipartUpload"]["Part"]
    ]


def exact_checksums(models: Any) -> None:
    """Replace moto's checksums of uploads in parts by those of S3.

    Args:
        models: The module `moto.s3.models`.
    """
    builder = getattr(models, "MultipartChecksumBuilder", None)  # earlier releases of moto state none
    if builder is None or models.compute_checksum is _computed:
        return

    # An upload that names no algorithm has none in its responses, so that a quick one does: CRC64NVME takes a tenth of a second for 10 MB here.
    def build(name: str | None, kind: str | None) -> Any:
        return builder(name or "CRC32", kind if name else "FULL_OBJECT")

    models.compute_checksum, models.MultipartChecksumBuilder = _computed, build
    responses: Any = import_module("moto.s3.responses")
    responses.compute_checksum = _computed  # of copies


def exact_lists(models: Any) -> None:
    """Replace moto's first version of lists, which repeats all common prefixes on each page and counts none of them.

    Its lists of versions are replaced, too: a page is empty whose marker was removed since.

    Args:
        models: The module `moto.s3.models`.
    """
    original, all_versions = models.S3Backend.list_objects, models.S3Backend.list_object_versions
    if hasattr(original, "__wrapped__"):
        return

    @wraps(original)
    def listed(backend: Any, bucket: Any, prefix: Any, delimiter: Any, marker: str | None, max_keys: int | None) -> Any:
        keys, folders, *rest = original(backend, bucket, prefix, delimiter, None, None)
        if max_keys is None:  # for the second version
            return keys, folders, *rest
        entries: list[tuple[str, Any]] = sorted(
            [*((key.name, key) for key in keys), *((name, None) for name in folders)]
        )
        if marker:
            entries = [pair for pair in entries if pair[0] > marker]  # without the folder that it is in, as S3
        page, is_truncated = entries[:max_keys], len(entries) > max_keys > 0
        folders, keys = [name for name, key in page if key is None], [key for _, key in page if key is not None]
        # S3 names the last entry only where it may be a prefix; else it is the last key.
        return keys, folders, is_truncated, page[-1][0] if is_truncated and delimiter else None

    @wraps(all_versions)
    def versions_listed(
        backend: Any,
        bucket_name: str,
        delimiter: str | None = None,
        key_marker: str | None = None,
        max_keys: int | None = None,
        prefix: str = "",
        version_id_marker: str | None = None,
    ) -> Any:
        versions, folders, removals, *_ = all_versions(backend, bucket_name, delimiter, None, None, prefix)
        entries = [(key.name, key.version_id, key) for key in (*versions, *removals)]
        entries += [(name, "", None) for name in folders]
        entries.sort(key=lambda entry: (entry[0], -entry[2].last_modified.timestamp() if entry[2] else 0.0))
        if key_marker:
            same = [id for name, id, _ in entries if name == key_marker]
            # Of the marker's key the versions are left that follow; all of them, if the marker's own was removed.
            left = same[same.index(version_id_marker) + 1 :] if version_id_marker in same else same
            left = left if version_id_marker else []
            entries = [item for item in entries if item[0] > key_marker or (item[0] == key_marker and item[1] in left)]
        page, is_truncated = entries[:max_keys], max_keys is not None and len(entries) > max_keys > 0
        keys = [key for *_, key in page if key is not None]
        return (
            [key for key in keys if isinstance(key, models.FakeKey)],
            [name for name, _, key in page if key is None],
            [key for key in keys if not isinstance(key, models.FakeKey)],
            *(page[-1][:2] if is_truncated else (None, None)),
        )

    models.S3Backend.list_objects, models.S3Backend.list_object_versions = listed, versions_listed


def _computed(body: bytes, algorithm: str, encode_base64: bool = True) -> bytes:
    value = checksum_of(algorithm.lower(), body).encode()
    return value if encode_base64 else base64.b64decode(value)
