"""What to fetch: a file's name, where its bytes are, and what they must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from omicsdk.core.checksums import ALGORITHMS, FORMS, is_checksum
from omicsdk.core.redaction import without_query
from omicsdk.transfer.arguments import a, number, whole_number

#: Characters that stay as they are when a URL is written for the wire; what is escaped already is left alone.
URL_SAFE = "%/:?#[]@!$&'()*+,;=~-._"

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_HEADER_VALUE = re.compile(r"[\t -~]*\Z")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def server_of(url: str) -> str:
    """Scheme and authority as a URL has them: cheaper than its origin, and two spellings of one do no harm."""
    end = url.find("/", url.find("//") + 2)
    server = url if end < 0 else url[:end]
    return server.partition("?")[0] if "?" in server else server


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file's bytes are.

    Attributes:
        url: An http or https URL, presigned or not; to fetch from, an ftp URL will do, too.
        headers: Headers to send to that URL's origin (scheme, host, port); on a redirect to another one they are
            dropped.

    Raises:
        ValueError: A header that would become more than one, or characters outside of what HTTP can carry.
        TypeError: A URL or header that isn't text.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.url), str):
            raise TypeError(f"a Location's url is text, not {a(self.url)}")
        if not isinstance(cast("object", self.headers), Mapping):
            raise TypeError(f"a Location's headers is a mapping from name to value, not {a(self.headers)}")
        for name, value in self.headers.items():
            if not isinstance(cast("object", value), str):
                raise TypeError(f"the header {name!r} is text, not {a(value)}")
            if not _HEADER_NAME.match(name) or not _HEADER_VALUE.match(value):
                raise ValueError(f"the header {name!r} has characters that can't be sent")
        if _LONE_SURROGATE.search(self.url):
            raise ValueError(f"the URL has characters that can't be sent: {without_query(self.url)!a}")

    @property
    def server(self) -> str:
        """Whom it asks; see `server_of`."""
        return server_of(self.url)

    def __repr__(self) -> str:
        names = ", ".join(sorted(self.headers))
        return f"Location({without_query(self.url)!r}{f', headers: {names}' if names else ''})"


@dataclass(frozen=True, slots=True)
class Item:
    """One file to fetch.

    Attributes:
        name: The path of the final file within the target folder, with "/" between its parts.
        locate: A Location, or a function that gives one. The function is called in a thread shortly before the fetch,
            and again when the URL that it gave has ended.
        size: The file's size in bytes as the platform states it; None when it doesn't.
        checksums: What the platform states, from algorithm (omicsdk.core.checksums.ALGORITHMS) to value; all are
            verified. Values are compared without case.
        label: What to call the file in messages; by default its name.
        retries: How many failures in a row end it, 0 for none. Each cell of 4 MiB that arrives wins one back.
        min_delay: Seconds before the first retry; each further one without progress waits twice as long, at most 60 s.
        renew: Where `locate` is a Location, a function that gives another one when that isn't accepted (any longer), called
            in a thread; None when there is no other.

    Raises:
        ValueError: A negative size, retries or delay, an algorithm that isn't known, or a value that is no such checksum.
        TypeError: A field of another type.
    """

    name: str
    locate: Callable[[], Location] | Location = field(repr=False)
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    label: str = ""
    retries: int = 10
    min_delay: float = 0.25
    renew: Callable[[], Location] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check_types()
        if (self.size or 0) < 0 or self.retries < 0 or self.min_delay < 0:
            raise ValueError(f"{self.name}: size, retries and min_delay can't be negative")
        checksums = {algorithm.lower(): value.strip().lower() for algorithm, value in self.checksums.items() if value}
        if unknown := [algorithm for algorithm in checksums if algorithm not in ALGORITHMS]:
            known = ", ".join(ALGORITHMS)
            raise ValueError(f"{self.name}: no checksum '{unknown[0]}' can be verified; known are {known}")
        for algorithm, value in checksums.items():
            if not is_checksum(algorithm, value):
                raise ValueError(f"{self.name}: {value!r} is no {algorithm}, which is {FORMS[algorithm]}")
        object.__setattr__(self, "checksums", checksums)

    def _check_types(self) -> None:
        if not isinstance(cast("object", self.name), str):
            raise TypeError(f"an item's name is text, not {a(self.name)}")
        if not (isinstance(self.locate, Location) or callable(cast("object", self.locate))):
            said = f"{self.name}: locate is a Location or a function that gives one, not {a(self.locate)}"
            raise TypeError(f"{said}; of a URL make a Location(url)")
        if self.renew is not None and not callable(cast("object", self.renew)):
            raise TypeError(f"{self.name}: renew is a function that gives a Location, not {a(self.renew)}")
        if type(self.size) is not int and self.size is not None:
            # numpy's are numbers too, but no journal can write them.
            object.__setattr__(self, "size", whole_number(f"{self.name}: size", self.size, 0, "bytes"))
        if type(self.retries) is not int:
            object.__setattr__(self, "retries", whole_number(f"{self.name}: retries", self.retries, 0))
        if type(self.min_delay) is not float:
            number(f"{self.name}: min_delay", self.min_delay, "seconds")
        if not isinstance(cast("object", self.checksums), Mapping):
            raise TypeError(f"{self.name}: checksums is a mapping from algorithm to value, not {a(self.checksums)}")
        for algorithm, value in self.checksums.items():
            if value and not isinstance(cast("object", value), str):
                raise TypeError(f"{self.name}: the {algorithm} is text, not {type(value).__name__}")

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.label or self.name
