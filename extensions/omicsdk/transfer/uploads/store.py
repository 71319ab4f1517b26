"""What to upload and where to: a presigned URL for the whole file, or a store that takes parts; and how it is cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from omicsdk.core.checksums import ALGORITHMS, ETAG_PART, ETAG_PARTS, MIB, etag_part_size
from omicsdk.core.errors import TransferError
from omicsdk.core.redaction import without_query
from omicsdk.core.sending.connections import Network
from omicsdk.transfer.arguments import a
from omicsdk.transfer.network.requests import Location

#: S3's limits, which other object stores share: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
LEAST_PART = 5 * MIB
LARGEST_PART = 5 * 1024 * MIB
MOST_PARTS = 10_000
#: The part size unless told otherwise: large enough to be cheap, small enough to be sent again.
PART_SIZE = 16 * MIB
#: Of a file at least this share, and of what the link moves in this time in seconds, goes into a part whose size may adapt. What
#: is in flight when a process is killed is lost: at 60 MB/s and below parts have their 5 MiB, at 200 MB/s and above 16 MiB.
SHARE, SPELL = 32, 1 / 12


@dataclass(frozen=True, slots=True)
class PartRules:
    """A platform's rules for parts, and what is wished within them.

    Attributes:
        least: The smallest part in bytes, the last one excepted; 1 or more.
        largest: The largest part in bytes, and the largest file in one request.
        parts: How many parts there may be, 1 or more.
        part_size: The wished size of parts in bytes, from `least` to `largest`; larger ones are taken where there
            would be too many.
        single: Files up to so many bytes go in one request where the platform has that, at most `largest`.
        adapts: Whether parts may be smaller than wished, for small files and slow links, down to S3's 5 MiB.

    Raises:
        ValueError: A number that contradicts another.
    """

    least: int = LEAST_PART
    largest: int = LARGEST_PART
    parts: int = MOST_PARTS
    part_size: int = PART_SIZE
    single: int = PART_SIZE
    adapts: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.largest:
            raise ValueError(f"the smallest part is {self.least} bytes and the largest {self.largest}: no part fits")
        if self.parts < 1:
            raise ValueError(f"at most {self.parts} parts: there must be at least one")
        if not self.least <= self.part_size <= self.largest:
            raise ValueError(f"parts of {self.part_size} bytes: they may have {self.least} to {self.largest}")
        if not 0 <= self.single <= self.largest:
            raise ValueError(f"one request for up to {self.single} bytes: at most {self.largest} are allowed")


def etag_rules(size: int) -> PartRules:
    """Gives rules of S3 with which its ETag is the `s3_etag` that `omicsdk.core.checksums` computes.

    Args:
        size: The file's size in bytes.
    """
    return PartRules(part_size=etag_part_size(size), single=ETAG_PART, parts=ETAG_PARTS)


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
    """How a file is cut.

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
        """How many parts there are; an empty file has one."""
        return max(1, -(-self.size // self.part_size))

    def cut(self, number: int) -> Cut:
        """Gives a part.

        Args:
            number: Its number, from 1 to `count`.
        """
        start = (number - 1) * self.part_size
        return Cut(number, start, min(self.part_size, self.size - start))

    @property
    def whole(self) -> Cut:
        """All of the file as one part."""
        return Cut(1, 0, self.size)


def plan_parts(size: int, rules: PartRules, rate: float = 0.0) -> PartPlan:
    """Cut a file.

    Args:
        size: Its size in bytes, 0 or more.
        rules: The platform's rules.
        rate: Bytes a second that the link moved so far, at best; 0 when nothing is known of it.

    Returns:
        Parts of the wished size, of a smaller one where rules let it adapt, or of the smallest whole number of MiB with which
        there are not too many.

    Raises:
        ValueError: The file is larger than all parts together may be.
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
        path: Where it is.
        name: What the upload calls it.
        size: Its size in bytes.
        mtime_ns: Its time of change, in nanoseconds.
        inode: Its number in the file system, 0 where there is none.
        part_size: The size of its parts in bytes.
        checksums: Checksums of the whole that the destination needs beforehand, from algorithm to value.
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
        etag: What the platform called it, without quotes; may be empty.
        checksums: What is known of its contents, from algorithm to value.
    """

    number: int
    size: int
    etag: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])


class NoSuchUpload(TransferError):
    """The platform doesn't know an upload (any longer); stores raise it, and the file is sent from the beginning."""

    default_remedy = "Run the same command again to send it from the beginning."


@dataclass(frozen=True, slots=True, repr=False)
class Form(Location):
    """Where a file goes as the last part of a form (multipart/form-data); a `PutTo` may have one in place of a URL.

    Attributes:
        fields: What stands before the file, in this order: the key, the policy, its signature.
        file_name: What the form calls the file.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    file_name: str = "file"


@dataclass(frozen=True, slots=True)
class PutTo:
    """A single PUT of the whole file to a presigned URL, or a POST of it with a presigned `Form`.

    Attributes:
        locate: Where to, with headers that must go along; or a function of the file that says so, which is called in a
            thread and asked again when the URL has ended.
        needs: Checksums of the file that the function wants to know (in `Source.checksums`); they are made before.
        route: Gives the way to a URL (proxy, certificates) instead of the environment.
    """

    locate: Location | Callable[[Source], Location] = field(repr=False)
    needs: tuple[str, ...] = ()
    route: Callable[[str], Network] | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """Where to, without secrets; empty when only the function knows."""
        place = self.locate
        if not isinstance(place, Location):
            return ""
        url = without_query(place.url)
        if not isinstance(place, Form):
            return url
        # One URL takes forms for many objects.
        return f"{url} {place.fields.get('key', '').replace('${filename}', place.file_name)}"


class MultipartStore(Protocol):
    """One object of a store that takes files in parts.

    All methods may block; they are called in threads, several at once. Whoever implements it raises errors of
    `omicsdk.core`; after a TransportError, RateLimited or ServerError a call is tried again. Inheriting from this class
    gives the methods that most stores don't need.
    """

    target: str
    """Where to, without secrets: stands in journals and messages, and tells this object from all others."""
    rules: PartRules
    """How files may be cut."""
    part_checksum: str | None = None
    """The checksum that each part is sent with ("crc32c", "sha256", "sha1", "md5"), None for none."""
    needs: tuple[str, ...] = ()
    """Checksums of the whole file that `begin` and `put` want to know; they are made before."""
    whole_needs: tuple[str, ...] = ()
    """Those that only `put` wants to know."""
    wants: tuple[str, ...] = ()
    """Checksums of the whole file that `complete` wants to know; they are made beside the sending."""
    reports_parts: bool = False
    """Whether `sent` has to be called."""
    renewable: bool = True
    """Whether URLs that have ended can be signed again."""
    signs_at_once: bool = False
    """Whether `put` and `sign` only compute, and wait for nothing: of small files the engine's own thread calls them then."""

    def begin(self, source: Source) -> str:
        """Begins an upload in parts; gives its id."""
        ...

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Gives the URL and the headers of a part's PUT."""
        ...

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Puts the parts together.

        Args:
            upload_id: The upload.
            parts: All of them, in order.
            checksums: Those of the whole file that are known.

        Returns:
            What the platform says of the whole: algorithms with values, "etag", and anything else.
        """
        ...

    def abort(self, upload_id: str) -> None:
        """Gives an upload up; the platform forgets its parts. One that is gone already is no error."""
        ...

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Gives the platform's list of an upload's parts, None when it can't say; raises NoSuchUpload."""
        return None

    def unfinished(self, source: Source) -> str:
        """Gives the id of an earlier upload of this object to go on with, "" for none; asked when no journal knows one."""
        return ""

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location | None:
        """Gives the URL and the headers of a PUT of the whole file, None when there is only the way in parts."""
        return None

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Tells the platform that a part was sent, where it wants to know.

        Args:
            upload_id: The upload.
            part: The part.
            status: The HTTP status that its PUT was answered with.
            headers: That answer's headers, with lower-case names.
        """

    def part_size(self, upload_id: str) -> int | None:
        """Gives the size of parts that the platform chose for an upload, None where it takes what it is sent.

        Asked after `begin` or `known`, in the engine's thread: it must not wait for anything.
        """
        return None

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Tells whether the object is made of these parts already, as `complete` would; asked when the upload is gone."""
        return None

    def route(self, url: str) -> Network | None:
        """Gives the way to a URL (proxy, certificates), None for what the environment says."""
        return None


@dataclass(frozen=True, slots=True)
class Upload:
    """One file to upload.

    Attributes:
        path: The file.
        to: Where to.
        name: What to call it in messages and reports; by default the file's own name.
        checksums: Checksums of the file to compute beside the sending, out of `omicsdk.core.checksums.ALGORITHMS`.
        retries: How many failures in a row end it, 0 for none. Each part that is sent wins one back.
        min_delay: Seconds before the first retry; each further one without progress waits twice as long, at most 60 s.

    Raises:
        ValueError: A negative number, or an algorithm that isn't known.
        TypeError: A URL as `to`.
    """

    path: str | os.PathLike[str]
    to: PutTo | MultipartStore
    name: str = ""
    checksums: Iterable[str] = ()
    retries: int = 10
    min_delay: float = 0.25

    def __post_init__(self) -> None:
        if isinstance(cast("object", self.to), str | Location):
            kinds = "a PutTo, an S3Object or another MultipartStore"
            raise TypeError(f"{self.path}: `to` must be {kinds}, not {a(self.to)}")
        if not self.name:
            object.__setattr__(self, "name", os.path.basename(os.fspath(self.path)))
        if self.retries < 0 or self.min_delay < 0:
            raise ValueError(f"{self.name}: retries and min_delay cannot be negative")
        object.__setattr__(self, "checksums", tuple(dict.fromkeys(name.lower() for name in self.checksums)))
        wanted = (*self.checksums, *self.to.needs)
        if unknown := [name for name in wanted if name not in ALGORITHMS]:
            raise ValueError(f"{self.name}: unknown checksum '{unknown[0]}'; known are {', '.join(ALGORITHMS)}")


class WholeStore(MultipartStore):
    """A `PutTo` as a store that takes files whole only.

    Args:
        to: Where to.

    Attributes:
        renewable: Whether another URL can be had when this one has ended.
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
        """There are no parts."""
        raise NotImplementedError

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """There are no parts."""
        raise NotImplementedError

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """There are no parts."""
        raise NotImplementedError

    def abort(self, upload_id: str) -> None:
        """There is nothing to give up."""

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
        """Gives the URL, or asks for it."""
        location = self._locate if isinstance(self._locate, Location) else cast("object", self._locate(source))
        if isinstance(location, Location):
            return location
        raise TypeError(f"the function returned {a(location)}, not a Location")

    def route(self, url: str) -> Network | None:
        """Gives the way that was given."""
        return self._route(url) if self._route is not None else None


_WHOLE = PartRules(least=1, largest=1 << 62, part_size=1 << 62, single=1 << 62)
