"""S3 and compatible stores: boto3's errors, lists of objects, and an object as the target of an upload.

boto3 only signs uploads: the engine moves the bytes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from types import TracebackType
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from omicsdk.core.checked_json import count_at
from omicsdk.core.checksums import ETAG_PART, base64_of, digest, etag_part_size, from_base64
from omicsdk.core.errors import (
    AuthError,
    BadRequest,
    ChecksumMismatch,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    Forbidden,
    NotFound,
    OmicsError,
    TimedOut,
    TransferError,
    TransportError,
    error_class,
)
from omicsdk.core.model import STRING, check, members
from omicsdk.core.redaction import mask_text
from omicsdk.core.s3_clients import careful
from omicsdk.core.sending.connections import Network, network
from omicsdk.core.type_guards import is_number
from omicsdk.transfer.network.requests import Location, server_of
from omicsdk.transfer.s3.client import REMEDIES
from omicsdk.transfer.s3.listing import Object, Page, pages_of
from omicsdk.transfer.uploads.store import (
    PART_SIZE,
    QUICK,
    SINGLE,
    Cut,
    MultipartStore,
    NoSuchUpload,
    PartRules,
    SentPart,
    Source,
    Unconfirmed,
)

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

# -- errors


def s3_error(error: Exception, what: str) -> OmicsError:
    """Convert an error of boto3 to the one that users see.

    Args:
        error: The exception.
        what: The operation and its object, as text.
    """
    from botocore import exceptions as boto

    text = mask_text(str(error))
    if isinstance(error, boto.ClientError):
        about, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, status = str(about.get("Code", "")), int(meta.get("HTTPStatusCode", 0) or 0)
        if code == "NoSuchUpload":
            return NoSuchUpload(f"{what}: the upload does not exist in the store (any longer)")
        message, request_id = f"{what}: {mask_text(str(about.get('Message') or text))}", meta.get("RequestId")
        error_type, remedy = error_class(status), REMEDIES.get(code)
        return error_type(message, status=status, code=code or None, request_id=request_id, remedy=remedy)
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return AuthError(f"{what}: {text}", remedy=remedy)
    for kind, ours in _UNREACHED.items():
        if isinstance(error, getattr(boto, kind)):
            return ours(f"{what}: {text}")
    return TransferError(f"{what}: {text}", remedy="Check the client's settings and the arguments of the upload.")


@contextmanager
def asking_s3(doing: str) -> Generator[None]:
    """Raise users' errors in place of boto3's, whose texts may contain signed URLs.

    Args:
        doing: The operation and its object, as text.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    unparsed: type[Exception] = import_module("botocore.parsers").ResponseParserError
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise s3_error(error, doing) from None
    except TransportError as error:  # of our own part of the client
        error.about(doing)
        raise
    except unparsed as error:
        raise DecodeError(doing, "", mask_text(str(error)), expected="a response of S3") from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # boto3 reads answers without checking them: an element that is missing or not a number ends in these.
        if (field := _field_being_read(error.__traceback__)) is None:
            raise
        if isinstance(error, KeyError):
            raise DecodeError(doing, str(error.args[0]), None, expected="what S3 states of each entry") from None
        raise DecodeError(doing, field, mask_text(str(error)), expected="a response of S3") from None


def _field_being_read(traceback: TracebackType | None) -> str | None:
    """Return the dotted place in a response that boto3 was reading when it failed; None if it was reading none."""
    is_reading, names = False, list[str]()
    while traceback is not None:
        frame = traceback.tb_frame
        is_reading |= frame.f_globals.get("__name__") in ("botocore.parsers", "botocore.handlers")
        if isinstance(name := frame.f_locals.get("member_name"), str):
            names.append(name)
        traceback = traceback.tb_next
    return ".".join(dict.fromkeys(names)) if is_reading else None


# The most specific first.
_UNREACHED: dict[str, type[TransportError]] = {
    "ConnectTimeoutError": TimedOut,
    "ReadTimeoutError": TimedOut,
    "EndpointConnectionError": ConnectFailed,
    "ConnectionClosedError": ConnectionLost,
    "HTTPClientError": TransportError,
}


# -- lists of objects


def s3_pages(
    list_objects_v2: Callable[..., Mapping[str, Any]], bucket: str, prefix: str, **arguments: Any
) -> Iterator[Page]:
    """Yield the pages of a list of objects that boto3 requests; compared, and with errors, as `pages_of`.

    Args:
        list_objects_v2: Requests a page: a client's method, or a function that calls it.
        bucket: The bucket.
        prefix: Prefix of the keys.
        **arguments: Further arguments of the method.
    """
    where = f"s3://{bucket}/{prefix}".removesuffix("/")
    operation = f"list_objects_v2 of {where}"

    def ask(more: dict[str, str]) -> Page:
        token = {"ContinuationToken": more["continuation-token"]} if more else {}
        with asking_s3(f"{where} cannot be listed"):
            response = list_objects_v2(Bucket=bucket, Prefix=prefix, **arguments, **token)
        objects = list[Object]()
        for entry in response.get("Contents", ()):
            key, size, modified = entry.get("Key"), entry.get("Size"), entry.get("LastModified")
            if not isinstance(key, str) or not is_number(size):
                raise DecodeError(operation, "Contents", dict(entry), expected="a Key and a Size")
            seconds = None if modified is None else modified.timestamp()
            objects.append(Object(key, size, seconds, etag_of(entry), entry.get("StorageClass", "")))
        folders = [str(entry.get("Prefix")) for entry in response.get("CommonPrefixes", ())]
        names = ("IsTruncated", "KeyCount", "NextContinuationToken")
        facts = {name: str(response[name]) for name in names if name in response}
        if "IsTruncated" in facts:
            facts["IsTruncated"] = facts["IsTruncated"].lower()  # as XML has it
        return Page(objects, folders, facts)

    return pages_of(ask, operation, prefix, arguments.get("Delimiter", ""))


def etag_of(response: Mapping[str, Any]) -> str:
    """Return the ETag of an object without its quotes; empty if there is none.

    Args:
        response: The entry of a list, or the response to HEAD.
    """
    return str(response.get("ETag", "")).strip('"')


def size_of(response: Mapping[str, Any], field: str = "ContentLength") -> int:
    """Return the size of an object in bytes.

    Args:
        response: The response to HEAD, or the entry of a list.
        field: What states it.

    Raises:
        DecodeError: It is missing, or no whole number from 0 to 2**63 - 1.
    """
    return count_at(response, field, "head_object")


def upload_id_of(response: dict[str, Any], operation: str = "create_multipart_upload") -> str:
    """Return the id of an upload in parts that was begun.

    Args:
        response: The response to `create_multipart_upload`.
        operation: Named in errors.

    Raises:
        DecodeError: It has none.
    """
    check(operation, "", response, members(UploadId=STRING))
    return response["UploadId"]


# -- an object to upload to

PartChecksum = Literal["crc32c", "sha256", "sha1", "md5"]

#: Seconds for which a signed URL is valid; it is signed again if a store refuses it.
EXPIRES = 3600

#: Arguments whose values are copied into a header; the values of all others are part of an example.
_VARIABLE = {
    "ChecksumCRC32C": "x-amz-checksum-crc32c",
    "ChecksumSHA1": "x-amz-checksum-sha1",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ContentMD5": "content-md5",
    "ContentType": "content-type",
    "Tagging": "x-amz-tagging",
}
#: Keys that need no escaping in a URL.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.~/-]+\Z")
#: Maximum number of examples, and routes to servers, that are cached for a client.
_MOST_EXAMPLES = _MOST_WAYS = 256

#: S3's names of the algorithms; MD5 has an older header.
_ALGORITHMS = {"crc32c": "CRC32C", "sha256": "SHA256", "sha1": "SHA1"}
_MD5 = re.compile(r"[0-9a-f]{32}\Z")
_OF_PARTS_ETAG = re.compile(r"[0-9a-f]{32}-[0-9]+\Z")
_OF_PARTS = (
    "create_multipart_upload",
    "upload_part",
    "complete_multipart_upload",
    "abort_multipart_upload",
    "list_parts",
)
_OPERATIONS = (
    *_OF_PARTS,
    *("list_multipart_uploads", "head_object", "put_object", "put_object_tagging", "delete_object"),
)


class UnsignedRequest(NamedTuple):
    """A request as boto3 is about to sign it.

    Attributes:
        url: Its URL.
        headers: Its headers.
        signer: The client's signer.
        how: The signer's arguments: version, service and region.
    """

    url: str
    headers: Mapping[str, str]
    signer: Any
    how: Mapping[str, Any]

    def __repr__(self) -> str:
        return "<UnsignedRequest>"  # headers contain customers' own keys

    def signed(self, url: str, headers: Mapping[str, str]) -> Location:
        """Sign a PUT of another URL and other headers, with the current credentials."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("PUT", url, headers)
        self.signer.get_auth_instance(**self.how, expires=EXPIRES).add_auth(request)
        return Location(request.url, headers)


class _Signing(threading.local):
    """The signing in progress in this thread, which the client's hooks read; they leave all other signing unchanged."""

    request: UnsignedRequest | None = None
    ours: bool = False


_signing = _Signing()


class _ClientCache:
    """What is cached for a client, which many objects share.

    It registers hooks, by which the client signs with version 4, and hands over the request before it is signed. They act only while
    an S3Object signs in the same thread.

    Attributes:
        arguments: The arguments that each operation accepts.
        examples: A request of each kind before it was signed.
        ways: The routes to servers.
        signs_at_once: Whether signing needs no request for credentials.
    """

    def __init__(self, client: Any) -> None:
        events, model, names = client.meta.events, client.meta.service_model, client.meta.method_to_api_mapping
        shapes = {method: model.operation_model(names[method]).input_shape for method in _OPERATIONS}
        self.arguments = {method: frozenset[str](shape.members) for method, shape in shapes.items()}
        self.examples = dict[tuple[str, ...], UnsignedRequest]()
        self.ways = dict[str, Network | None]()
        self.signs_at_once = _has_fixed_credentials(client)
        careful(client)
        for name in ("UploadPart", "PutObject"):
            events.register_first(f"choose-signer.s3.{name}", _choose_signer, unique_id=f"omicsdk-choose-{name}")
            events.register_last(f"before-sign.s3.{name}", _before_sign, unique_id=f"omicsdk-sign-{name}")


_clients = WeakKeyDictionary[Any, _ClientCache]()  # called by the client's events


class S3Object(MultipartStore):
    """An object to upload to.

    Endpoint, credentials, proxies and certificates are those of the client; requests are signed with version 4 unless
    the client is configured otherwise. Parts have a checksum that the store verifies, and the whole is verified at the
    end.

    Args:
        client: A boto3 client for S3.
        bucket: The bucket.
        key: The object's key.
        checksum: The checksum of each part; "md5" for stores that support no other, None for none.
        part_size: The size of parts in bytes, at least 5 MiB; by default 5 to 16 MiB, depending on the file and the
            link.
            Larger ones are used if there would be too many.
        single: Files up to this size in bytes are sent in one request; by default 8 MiB, or the part size.
        extra_args: Arguments of boto3's operations (ContentType, Tagging, Metadata, ACL, ServerSideEncryption ...);
            each operation gets those that it accepts.
        tags: Makes the object's tags from the file's checksums, instead of Tagging in `extra_args`. Objects in parts
            are tagged when they are complete, so that the file need not be read before it is sent.
        tag_checksums: The checksums that `tags` needs.
        is_new: Whether nothing can be at the key yet. Otherwise it is asked for before a file above 64 KiB is sent whole,
            so that wrong bytes that the store accepts can be removed where nothing was.
        go_on: Whether to resume an unfinished upload of this object that no journal has; its parts are compared with
            the file. No other client may be uploading to it.

    Raises:
        ValueError: A part size that the store does not accept, or an argument that no operation has.
    """

    has_one_server = True
    remedies = REMEDIES

    def __init__(
        self,
        client: Any,
        bucket: str,
        key: str,
        *,
        checksum: PartChecksum | None = "crc32c",
        part_size: int | None = None,
        single: int | None = None,
        extra_args: Mapping[str, Any] | None = None,
        tags: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None,
        tag_checksums: tuple[str, ...] = (),
        is_new: bool = False,
        go_on: bool = False,
    ) -> None:
        self.target = f"s3://{bucket}/{key}"
        size = PART_SIZE if part_size is None else part_size
        self.rules = PartRules(
            part_size=size, single=min(size, SINGLE) if single is None else single, adapts=part_size is None
        )
        self.part_checksum = checksum
        self.wants = self.whole_needs = tag_checksums
        self._client = client
        self._address = {"Bucket": bucket, "Key": key}
        self._tags = tags
        self._resume = go_on
        # Size and ETag of what was there; an empty ETag for nothing, None if it is unknown.
        self._before = (0, "") if is_new else None
        if client.meta.events not in _clients:
            _clients[client.meta.events] = _ClientCache(client)
        self._client_cache = _clients[client.meta.events]
        self.signs_at_once = self._client_cache.signs_at_once
        extra, allowed = extra_args or {}, self._client_cache.arguments
        if unknown := [name for name in extra if not any(name in arguments for arguments in allowed.values())]:
            raise ValueError(f"{unknown[0]} is not an argument of an upload to S3")
        self._extra = {
            method: {name: extra[name] for name in extra if name in allowed[method]} for method in _OPERATIONS
        }
        # It is that of `checksum`: a store that is told another requires a checksum of each part by it.
        self._extra["create_multipart_upload"].pop("ChecksumAlgorithm", None)
        self._tag_checksums: Mapping[str, str] | None = None  # for the tags, once it is assembled

    def __repr__(self) -> str:
        return f"S3Object({self.target!r})"

    def begin(self, source: Source) -> str:
        """Begin an upload in parts."""
        algorithm = _ALGORITHMS.get(self.part_checksum or "")
        arguments: dict[str, Any] = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        response = self._call("create_multipart_upload", **arguments)
        return upload_id_of(response, f"{self.target}: create_multipart_upload")

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Sign a part's PUT."""
        return self._signed("upload_part", checksums, UploadId=upload_id, PartNumber=cut.number)

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location | None:
        """Sign a PUT of the whole."""
        # For `withdraw`, which must not remove an object that was there before.
        if self._before is None and source.size > QUICK:
            self._before = self._existing_version()
        tags = {"Tagging": urlencode(self._tags(source.checksums))} if self._tags is not None else {}
        return self._signed("put_object", checksums, **tags)

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Assemble the parts and verify the whole.

        Raises:
            ChecksumMismatch: The assembled object differs.
        """
        self._tag_checksums = checksums
        part_list = [
            {"PartNumber": part.number, "ETag": f'"{part.etag}"', **self._argument(part.checksums, "Content")}
            for part in parts
        ]
        response = self._call("complete_multipart_upload", UploadId=upload_id, MultipartUpload={"Parts": part_list})
        self._verify(parts, response)
        # S3 states the object's ETag. A response without one may be of another server: the object is examined.
        examined = None if etag_of(response) else self.examine()
        self._tag(checksums)
        return {**self._facts(response, parts), **(examined or {})}

    def _existing_version(self) -> tuple[int, str] | None:
        try:
            head = self._call("head_object")
        except OmicsError as error:  # keys that may put need not be allowed to read
            return (0, "") if isinstance(error, NotFound) else None
        return size_of(head), etag_of(head)

    def examine(self) -> Mapping[str, str] | None:
        """Return the size of the object, and its checksums, as HEAD states them.

        Raises:
            Unconfirmed: There is no such object.
        """
        try:
            response = self._call("head_object")
        except NotFound as error:
            problem = f"{self.target}: the store accepted it, but does not have it"
            raise Unconfirmed(problem) from error
        except (AuthError, BadRequest, Forbidden):
            return None
        return {"size": str(size_of(response)), "etag": etag_of(response)}

    def withdraw(self, source: Source, etag: str) -> str:
        """Remove the object if there was none before, and it can only be this one."""
        try:
            head = self._call("head_object")
        except NotFound:
            return f"{self.target} does not exist."
        size, now = size_of(head), etag_of(head)
        # An object that is longer than the file, or has another ETag than the store stated, is another client's.
        if self._before == (0, "") and size <= source.size and etag in ("", now):
            self._call("delete_object")
            return f"{self.target} did not exist before; what was stored there was removed."
        if (size, now) == self._before:
            return f"{self.target} has its former {size} bytes."
        return f"{self.target} has {size} bytes now (ETag {now}): check it."

    def abort(self, upload_id: str) -> None:
        """Abort an upload."""
        try:
            self._call("abort_multipart_upload", UploadId=upload_id)
        except NoSuchUpload:
            return

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """List an upload's parts."""
        sent_parts = dict[int, SentPart]()
        marker = 0
        while True:
            page = self._call("list_parts", UploadId=upload_id, PartNumberMarker=marker)
            for part in page.get("Parts", []):
                etag = etag_of(part)
                checksums = {
                    name: from_base64(name, part.get(f"Checksum{kind}", "")) for name, kind in _ALGORITHMS.items()
                }
                checksums["md5"] = etag if _MD5.match(etag) and not self._encrypted else ""
                digests = {name: value for name, value in checksums.items() if value}
                number = count_at(part, "PartNumber", "list_parts")
                sent_parts[number] = SentPart(number, count_at(part, "Size", "list_parts"), etag, digests)
            if not page.get("IsTruncated"):
                return sent_parts
            following = count_at(page, "NextPartNumberMarker", "list_parts")
            if following <= marker:  # it would list the same parts without end
                expected = f"a number above {marker}"
                raise DecodeError("list_parts", "NextPartNumberMarker", following, expected=expected)
            marker = following

    def unfinished(self, source: Source) -> str:
        """Return the newest unfinished upload of this object that can be resumed."""
        if not self._resume:
            return ""
        bucket = {"Bucket": self._address["Bucket"], "Prefix": self._address["Key"]}
        page = self._call("list_multipart_uploads", address=bucket)
        # Parts of another algorithm cannot be completed with ours, and a prefix also lists longer keys.
        algorithm = _ALGORITHMS.get(self.part_checksum or "")
        ours = [
            entry
            for entry in page.get("Uploads", [])
            if entry.get("Key") == self._address["Key"]
            and {"UploadId", "Initiated"} <= entry.keys()
            and entry.get("ChecksumAlgorithm") in (algorithm, None)
        ]
        return str(max(ours, key=lambda entry: entry["Initiated"])["UploadId"]) if ours else ""

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Return whether the object's ETag is that of these parts."""
        whole = etag_of_parts(parts)
        if not whole:
            return None
        if self._tags is not None and self._tag_checksums is None:
            return None  # an earlier run may have ended before it was tagged; its checksums are unknown here
        try:
            response = self._call("head_object")
        # Without a response nothing is known of the object: the call is made again, not the upload.
        except TransportError:
            raise
        except OmicsError:
            return None
        if etag_of(response) != whole:
            return None
        self._tag(self._tag_checksums or {})
        return self._facts(response, parts)

    def route(self, url: str) -> Network | None:
        """Return the client's own route: its proxies, authorities and certificate; None if it has none."""
        # The client read its settings once, too; reading the environment takes 0.2 ms.
        ways, server = self._client_cache.ways, server_of(url)
        if server not in ways:
            if len(ways) >= _MOST_WAYS:
                ways.clear()
            ways[server] = self._way_to(url)
        return ways[server]

    def _way_to(self, url: str) -> Network | None:
        config = self._client.meta.config
        certificate: Any = config.client_cert
        authorities = _authorities(self._client)
        if config.proxies is None and certificate is None and authorities is None:
            return None
        route = network(url)
        if config.proxies is not None:
            route = route._replace(proxy=config.proxies.get(url.partition(":")[0]))
        if authorities is not None:
            route = route._replace(ca_file=authorities, ca_dir=None)
        if certificate is not None:
            pair = (certificate, None) if isinstance(certificate, str) else certificate
            route = route._replace(client_cert=pair[0], client_key=pair[1])
        return route

    def _is_opaque(self, response: Mapping[str, Any]) -> bool:
        """Whether the ETag of a response proves nothing."""
        by_rule = str(response.get("ServerSideEncryption", "")).startswith("aws:")
        return self._encrypted or by_rule or self._address["Bucket"].endswith("--x-s3")

    @property
    def _encrypted(self) -> bool:
        """Whether ETags are not MD5: objects are encrypted with keys of KMS or the customer's."""
        arguments = self._extra["put_object"]
        return str(arguments.get("ServerSideEncryption", "")).startswith("aws:") or "SSECustomerKey" in arguments

    def _signed(self, operation: str, checksums: Mapping[str, str], **arguments: Any) -> Location:
        params = {**self._address, **self._extra[operation], **self._argument(checksums, ""), **arguments}
        return self._alike(params) if operation == "put_object" else self._by_boto(operation, params)[0]

    def _alike(self, params: Mapping[str, Any]) -> Location:
        """Sign the PUT of a whole object: the first of a kind by boto3, others like it by its signer alone."""
        values = {header: str(params[name]) for name, header in _VARIABLE.items() if name in params}
        fixed = repr(sorted((name, value) for name, value in params.items() if name not in _VARIABLE and name != "Key"))
        kind, key, examples = (fixed, *values), self._address["Key"], self._client_cache.examples
        if kind in examples and _PLAIN_KEY.match(key):
            example = examples[kind]
            with self._asking("put_object"):
                return example.signed(example.url + key, {**example.headers, **values})
        location, request = self._by_boto("put_object", params)
        # Only a request whose URL ends with the key as it is can be signed again with another key in its place.
        is_usual = (
            request is not None and request.how["signature_version"] == "s3v4-query" and request.url.endswith(f"/{key}")
        )
        if request is not None and is_usual and len(examples) < _MOST_EXAMPLES:
            headers = {name.lower(): value for name, value in request.headers.items()}
            examples[kind] = request._replace(url=request.url.removesuffix(key), headers=headers)
        return location

    def _by_boto(self, operation: str, params: Mapping[str, Any]) -> tuple[Location, UnsignedRequest | None]:
        """Let boto3 sign a request; return it, and its unsigned form."""
        # By thread: the client's hooks must leave alone what others sign with the same client.
        _signing.ours, _signing.request = True, None
        try:
            with self._asking(operation):
                url = self._client.generate_presigned_url(operation, Params=params, ExpiresIn=EXPIRES)
            request = _signing.request
            return Location(url, request.headers if request else {}), request
        finally:
            _signing.ours, _signing.request = False, None

    def _argument(self, checksums: Mapping[str, str], without: str) -> dict[str, str]:
        """The name of a part's checksum in boto3."""
        name = self.part_checksum
        if name is None or name not in checksums or (name == "md5" and without):
            return {}
        argument = "ContentMD5" if name == "md5" else f"Checksum{_ALGORITHMS[name]}"
        return {argument: base64_of(checksums[name])}

    def _verify(self, parts: Sequence[SentPart], response: Mapping[str, Any]) -> None:
        etag, whole = etag_of(response), etag_of_parts(parts)
        # Some stores state the whole's own MD5 instead, without a number of parts.
        if whole and _OF_PARTS_ETAG.match(etag) and whole != etag and not self._is_opaque(response):
            remedy = "The stored object is damaged. Upload it again, under a new name if possible."
            raise ChecksumMismatch(self.target, algorithm="etag", expected=whole, actual=etag, remedy=remedy)
        name = self.part_checksum
        theirs = str(response.get(f"Checksum{_ALGORITHMS.get(name or '', '')}", ""))
        if name is None or "-" not in theirs or not all(name in part.checksums for part in parts):
            return
        # As S3 computes it: the checksum of the parts' checksums, with their number.
        whole = digest(b"".join(bytes.fromhex(part.checksums[name]) for part in parts), name)
        ours = f"{base64_of(whole)}-{len(parts)}"
        if ours != theirs:
            what = f"{name} of all parts"
            remedy = "The stored object is damaged. Upload it again, under a new name if possible."
            raise ChecksumMismatch(self.target, algorithm=what, expected=ours, actual=theirs, remedy=remedy)

    def _facts(self, response: Mapping[str, Any], parts: Sequence[SentPart]) -> dict[str, str]:
        facts = {"etag": etag_of(response)}
        size = sum(part.size for part in parts)
        # A resumed upload may be in parts of another size than requested.
        if not self._is_opaque(response) and size > ETAG_PART and parts[0].size == etag_part_size(size):
            facts["s3_etag"] = facts["etag"]
        return facts

    def _tag(self, checksums: Mapping[str, str]) -> None:
        if self._tags is not None:
            tags = [{"Key": name, "Value": value} for name, value in self._tags(checksums).items()]
            self._call("put_object_tagging", Tagging={"TagSet": tags})

    def _call(self, operation: str, *, address: Mapping[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        parameters = {**(address or self._address), **self._extra[operation], **arguments}
        with self._asking(operation):
            return cast("dict[str, Any]", getattr(self._client, operation)(**parameters))

    def _asking(self, operation: str) -> AbstractContextManager[None]:
        return asking_s3(f"{self.target}: {operation}")


def etag_of_parts(parts: Sequence[SentPart]) -> str:
    """Return the ETag of the object that S3 makes of parts; empty if an ETag of theirs is not an MD5.

    Args:
        parts: All of them, in order.
    """
    if not all(_MD5.match(part.etag) for part in parts):
        return ""
    return f"{digest(b''.join(bytes.fromhex(part.etag) for part in parts), 'md5')}-{len(parts)}"


def _choose_signer(signature_version: object, **_: object) -> str | None:
    # Presigning falls back to version 2 in old regions, which new buckets refuse.
    return "s3v4-query" if _signing.ours and signature_version in ("v4-query", "s3v4-query") else None


def _before_sign(
    request: Any, signature_version: object, request_signer: Any, signing_name: str, region_name: str, **_: object
) -> None:
    if _signing.ours:
        headers = {name: str(value) for name, value in request.headers.items()}
        context = request.context.get("signing", {})
        how = {
            "signature_version": signature_version,
            "signing_name": context.get("signing_name") or signing_name,
            "region_name": context.get("region") or region_name,
        }
        _signing.request = UnsignedRequest(request.url, headers, request_signer, how)


def _has_fixed_credentials(client: Any) -> bool:
    """Whether a client's credentials are a fixed pair of keys, or none: others may be fetched when one signs."""
    signer: Any = getattr(client, "_request_signer", None)  # there is no public access to its credentials
    credentials: Any = getattr(signer, "_credentials", ...)
    return credentials is None or type(credentials) is import_module("botocore.credentials").Credentials


def _authorities(client: Any) -> str | None:
    """The file of authorities that a client was created with; boto3 documents no access to it."""
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    verify: object = getattr(session, "_verify", None)
    return verify if isinstance(verify, str) else None
