"""What to upload and where to: a presigned URL for the whole file, or a store of parts; and its division into parts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast, runtime_checkable

from omicsdk.core.checksums import ALGORITHMS, MIB
from omicsdk.core.errors import TransferError
from omicsdk.core.frozen import EMPTY
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.arguments import a
from omicsdk.transfer.network.requests import Location

#: S3's limits, which other object stores share: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
MOST_PARTS = 10_000
#: The default part size: large enough to be efficient, small enough to be sent again.
PART_SIZE = 16 * MIB
#: A part whose size may adapt has at least this share of the file, and of what the link moves in this time in seconds.
#: Parts in flight when a process is killed are lost: at 60 MB/s and below parts have 5 MiB, at 200 MB/s and above 16
#: MiB.
SHARE, SPELL = 64, 1 / 12
#: Files up to this size are sent in one request: more would be lost, again and again, where runs are killed.
SINGLE = 8 * MIB
#: A file up to this size is hashed by the engine's own thread, which is faster than a hand-over, and signed there if
#: the store does so without waiting.
QUICK = 64 * 1024


@dataclass(frozen=True, slots=True)
class PartRules:
    """A platform's rules for parts, and preferences within them.

    Attributes:
        least: The smallest part in bytes, except the last one; 1 or more.
        largest: The largest part in bytes, and the largest file in one request.
        parts: Maximum number of parts, 1 or more.
        part_size: The preferred size of parts in bytes, from `least` to `largest`; larger ones are used if there would
            be too many.
        single: Files up to this size in bytes are sent in one request if the platform supports that, at most `largest`.
        adapts: Whether parts may be smaller than preferred, for small files and slow links, down to S3's 5 MiB.

    Raises:
        ValueError: A number that contradicts another.
    """

    least: int = LEAST_PART
    largest: int = LARGEST_PART
    parts: int = MOST_PARTS
    part_size: int = PART_SIZE
    single: int = SINGLE
    adapts: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.largest:
            raise ValueError(f"invalid part size limits: {self.least} to {self.largest} bytes")
        if self.parts < 1:
            raise ValueError(f"at most {self.parts} parts: there must be at least one")
        if not self.least <= self.part_size <= self.largest:
            raise ValueError(f"parts of {self.part_size} bytes: they may have {self.least} to {self.largest}")
        if not 0 <= self.single <= self.largest:
            raise ValueError(f"one request for up to {self.single} bytes: at most {self.largest} are allowed")


@dataclass(frozen=True, slots=True)
class Cut:
    """One part of a file.

    Attributes:
        number: Its number, from 1.
        start: Its first byte.
        length: Its length in bytes.
    """

    number: int
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class PartPlan:
    """The division of a file into parts.

    Attributes:
        size: The file's size in bytes.
        part_size: The size of every part but the last, in bytes; 1 or more.
        single: Whether one request for the whole is allowed.
    """

    size: int
    part_size: int
    single: bool = False

    @property
    def count(self) -> int:
        """The number of parts; an empty file has one."""
        return max(1, -(-self.size // self.part_size))

    def cut(self, number: int) -> Cut:
        """Return a part.

        Args:
            number: Its number, from 1 to `count`.
        """
        start = (number - 1) * self.part_size
        return Cut(number, start, min(self.part_size, self.size - start))

    @property
    def whole(self) -> Cut:
        """The whole file as one part."""
        return Cut(1, 0, self.size)


def plan_parts(size: int, rules: PartRules, rate: float = 0.0) -> PartPlan:
    """Divide a file into parts.

    Args:
        size: Its size in bytes, 0 or more.
        rules: The platform's rules.
        rate: The link's best rate so far in bytes a second; 0 if unknown.

    Returns:
        Parts of the preferred size, of a smaller one if the rules allow it, or of the smallest whole number of MiB that
        avoids too many parts.

    Raises:
        ValueError: The file exceeds all parts together.
    """
    part_size = rules.part_size
    if rules.adapts:
        fitting = int(max(size / SHARE, rate * SPELL)) // MIB * MIB
        part_size = min(part_size, max(fitting, LEAST_PART, rules.least))
    if size > rules.parts * part_size:
        part_size = -(-size // rules.parts)
        part_size = min(-(-part_size // MIB) * MIB, max(part_size, rules.largest))
    if part_size > rules.largest:
        limit = f"{rules.parts} parts of {rules.largest} bytes can hold, the platform's limit"
        raise ValueError(f"{size} bytes are more than {limit}")
    return PartPlan(size, part_size, size <= rules.single)


# ruff: noqa: ARG002 - methods that give what most stores need


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when its upload began.

    Attributes:
        path: Its path.
        name: The upload's name.
        size: Its size in bytes.
        mtime_ns: Its modification time in nanoseconds.
        inode: Its number in the file system, 0 if there is none.
        part_size: The size of its parts in bytes.
        checksums: Checksums of the whole that the destination needs beforehand, by algorithm.
    """

    path: str
    name: str
    size: int
    mtime_ns: int = 0
    inode: int = 0
    part_size: int = 0
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part that the platform has.

    Attributes:
        number: Its number, from 1.
        size: Its length in bytes.
        etag: The platform's ETag, without quotes; may be empty.
        checksums: Known checksums of its bytes, by algorithm.
    """

    number: int
    size: int
    etag: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


class NoSuchUpload(TransferError):
    """The platform no longer has an upload, or never had it; raised by stores, and the file is sent from the beginning."""

    default_remedy = "Run the same command again to send it from the beginning."


class Unconfirmed(TransferError):
    """What was sent counts as not stored: its response is not a store's, or the store does not have it."""

    default_remedy = "Check the network: a proxy, or the login page of a network, may have answered. Then run the same command again."


class Form(Location):
    """A form (multipart/form-data) whose last part is the file; a `PutTo` may have one in place of a URL.

    Attributes:
        fields: The fields before the file, in this order: the key, the policy, its signature.
        file_name: The file's name in the form.
    """

    fields: Mapping[str, str] = EMPTY
    file_name: str = "file"


@dataclass(frozen=True, slots=True)
class PutTo:
    """A single PUT of the whole file to a presigned URL, or a POST of it with a presigned `Form`.

    Attributes:
        locate: The URL, with its required headers; or a function of the file that returns it, which is called in a
            thread, and again when the URL has expired.
        needs: Checksums of the file that the function needs (in `Source.checksums`); they are computed before.
        route: Returns the route to a URL (proxy, certificates) instead of the environment.
    """

    locate: Location | Callable[[Source], Location] = field(repr=False)
    needs: tuple[str, ...] = ()
    route: Callable[[str], Network] | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """The target, without secrets; empty if only the function knows it."""
        location = self.locate
        if not isinstance(location, Location):
            return ""
        url = without_query(location.url)
        if not isinstance(location, Form):
            return url
        # One URL accepts forms for many objects.
        return f"{url} {location.fields.get('key', '').replace('${filename}', location.file_name)}"


@runtime_checkable
class MultipartStore(Protocol):
    """One object of a store that accepts files in parts.

    All methods may block; they are called in threads, several at once. Implementations raise errors of `omicsdk.core`;
    after a TransportError, RateLimited or ServerError a call is retried. This class implements the methods that most
    stores do not need.
    """

    target: str
    """The target, without secrets: used in journals and messages, and distinguishes this object from all others."""
    rules: PartRules
    """The rules for dividing files."""
    part_checksum: str | None = None
    """The checksum of each part ("crc32c", "sha256", "sha1", "md5"), None for none."""
    needs: tuple[str, ...] = ()
    """Checksums of the whole file that `begin` and `put` need; they are computed before."""
    whole_needs: tuple[str, ...] = ()
    """Checksums that only `put` needs."""
    wants: tuple[str, ...] = ()
    """Checksums of the whole file that `complete` needs; they are computed while parts are sent."""
    reports_parts: bool = False
    """Whether `sent` has to be called."""
    needs_reports: bool = True
    """Whether the platform lacks a part until `sent` has returned; otherwise that only informs the user."""
    renewable: bool = True
    """Whether expired URLs can be signed again."""
    signs_at_once: bool = False
    """Whether `put` and `sign` only compute, without waiting: the engine's own thread then calls them for small files."""
    has_one_server: bool = False
    """Whether parts go to the server that `begin` reaches: one that then refuses connections is being restarted."""
    remedies: Mapping[str, str] = EMPTY
    """What to do about an error of the store, by its code."""

    def begin(self, source: Source) -> str:
        """Begin an upload in parts; return its id."""
        ...

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Return the URL and the headers of a part's PUT."""
        ...

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Assemble the parts.

        Args:
            upload_id: The upload.
            parts: All of them, in order.
            checksums: The known checksums of the whole file.

        Returns:
            What the platform states about the whole: checksums by algorithm, "etag", "size", and anything else.
        """
        ...

    def abort(self, upload_id: str) -> None:
        """Abort an upload: the platform discards its parts. An upload that is already gone is not an error."""
        ...

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Return the platform's list of an upload's parts, None if it has no such list; raise NoSuchUpload."""
        return None

    def unfinished(self, source: Source) -> str:
        """Return the id of an earlier upload of this object to resume, "" for none; called if no journal has one."""
        return ""

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location | None:
        """Return the URL and the headers of a PUT of the whole file, None if the store accepts parts only."""
        return None

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Report to the platform that a part was sent, if it requires that.

        Args:
            upload_id: The upload.
            part: The part.
            status: The HTTP status of the response to its PUT.
            headers: That response's headers, with lower-case names.
        """

    def examine(self) -> Mapping[str, str] | None:
        """Return what the store states about the whole, by a request of its own: "size", checksums, "etag".

        Called when no checksum was confirmed and no size was stated.

        Returns:
            The statements; None if the store cannot be asked, or does not allow it.

        Raises:
            Unconfirmed: The store does not have it.
        """
        return None

    def stored_before(self, source: Source, checksums: Mapping[str, str]) -> Mapping[str, str] | None:
        """Return what the store states of an object that a PUT of the whole must not replace (412), if it is this file: the
        response to an earlier PUT was lost.

        Args:
            source: The file as it was.
            checksums: Its checksums.

        Returns:
            The statements; None if it is another file, or that is not known.
        """
        return None

    def withdraw(self, source: Source, etag: str) -> str:
        """Remove what a PUT of a whole file left although its bytes are wrong, if nothing was at its target before.

        Args:
            source: The file as it was.
            etag: The ETag that the store stated; "" if it stated none: some stores keep an incomplete body.

        Returns:
            What is at the target now, as a sentence.
        """
        return f"Check {self.target or 'the target'}: it may have other bytes than the file."

    def relents(self, status: int, code: str | None, sent: Mapping[str, str] = EMPTY) -> bool:
        """Leave something out of further requests that the store refuses, such as a checksum that it does not know.

        Args:
            status: The HTTP status of its response.
            code: The code of its error.
            sent: The headers of the refused request, with lower-case names.

        Returns:
            Whether the request is worth another try.
        """
        return False

    def accepted(self, headers: Mapping[str, str]) -> None:
        """Note that the store has accepted a PUT; called in the engine's thread: it must not wait.

        Args:
            headers: The headers of the PUT, with lower-case names.
        """

    def part_size(self, upload_id: str) -> int | None:
        """Return the part size that the platform chose for an upload, None if it accepts any.

        Called after `begin` or `known`, in the engine's thread: it must not wait.
        """
        return None

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Return what the store states if the object consists of these parts already, as after `complete`; called when
        the upload is gone. With "doubtful" in it if nothing but its name and size shows that.
        """
        return None

    def route(self, url: str) -> Network | None:
        """Return the route to a URL (proxy, certificates), None for that of the environment."""
        return None


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to upload.

    Attributes:
        path: The file.
        to: The destination.
        name: Its name in messages and reports; by default the file's own name.
        checksums: Checksums of the file to compute while it is sent, from `omicsdk.core.checksums.ALGORITHMS`; a text is one.
        retries: Consecutive failures after which it fails, if they differ from those of the transfer's options.
        min_delay: Seconds before its first retry, if they differ from those of the transfer's options.

    Raises:
        ValueError: A negative number, an unknown algorithm, or a path that no file can have.
        TypeError: A URL as `to`, or bytes as `path`.
    """

    path: str | os.PathLike[str]
    to: PutTo | MultipartStore
    name: str = ""
    checksums: Iterable[str] = ()
    retries: int | None = None
    min_delay: float | None = None

    def __post_init__(self) -> None:
        if isinstance(cast("object", self.to), str | Location):
            kinds = "a PutTo, an S3Object or another MultipartStore"
            raise TypeError(f"{self.path}: `to` must be {kinds}, not {a(self.to)}")
        path = cast("object", os.fspath(self.path))
        if not isinstance(path, str):
            raise TypeError(f"{path!r}: path must be text or a pathlib.Path, not {type(path).__name__}")
        if "\0" in path:
            raise ValueError(f"{path!r}: a path cannot contain a NUL character")
        try:
            os.fsencode(path)
        except UnicodeEncodeError as error:
            raise ValueError(f"{path!r}: no file can have this path on this system") from error
        if not self.name:
            object.__setattr__(self, "name", os.path.basename(path))
        if min(self.retries or 0, self.min_delay or 0) < 0:
            raise ValueError(f"{self.name}: retries and min_delay cannot be negative")
        names = [self.checksums] if isinstance(self.checksums, str) else self.checksums
        object.__setattr__(self, "checksums", tuple(dict.fromkeys(name.lower() for name in names)))
        algorithms = (*self.checksums, *self.to.needs)
        if unknown := [name for name in algorithms if name not in ALGORITHMS]:
            raise ValueError(f"{self.name}: unknown checksum '{unknown[0]}'; known are {', '.join(ALGORITHMS)}")


class WholeStore(MultipartStore):
    """A `PutTo` as a store that accepts whole files only.

    Args:
        to: The destination.

    Attributes:
        renewable: Whether an expired URL can be replaced.
    """

    def __init__(self, to: PutTo) -> None:
        self._locate = to.locate
        self._route = to.route
        self.signs_at_once = isinstance(to.locate, Location)
        self.renewable = not self.signs_at_once
        self.target = to.target
        self.needs = to.needs
        self.rules = _WHOLE

    def begin(self, source: Source) -> str:
        """Unused: there are no parts."""
        raise NotImplementedError

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Unused: there are no parts."""
        raise NotImplementedError

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Unused: there are no parts."""
        raise NotImplementedError

    def abort(self, upload_id: str) -> None:
        """Do nothing: there is nothing to abort."""

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
        """Return the URL, requesting it if needed."""
        location = self._locate if isinstance(self._locate, Location) else cast("object", self._locate(source))
        if isinstance(location, Location):
            needs_kind = _SAS.search(location.url) and _KIND_OF_BLOB not in map(str.lower, location.headers)
            # A URL with a SAS does not state that Azure requires the header.
            return (
                location.replaced(headers={**location.headers, _KIND_OF_BLOB: "BlockBlob"}) if needs_kind else location
            )
        raise TypeError(f"the function returned {a(location)}, not a Location")

    def route(self, url: str) -> Network | None:
        """Return the given route."""
        return self._route(url) if self._route is not None else None


_KIND_OF_BLOB = "x-ms-blob-type"
# A shared access signature of Azure's storage, in any order of its parameters.
_SAS = re.compile(r"\?(?=(?:.*&)?sv=\d)(?=(?:.*&)?sig=)")
_WHOLE = PartRules(least=1, largest=1 << 62, part_size=1 << 62, single=1 << 62)
