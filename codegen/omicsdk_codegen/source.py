"""A loaded file, and the place of each of its values in the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from .faults import Fault
from .values import Json


def is_of_3_2(data: Json) -> bool:
    """Whether a document is one of OpenAPI 3.2."""
    return isinstance(data, dict) and str(data.get("openapi")).startswith("3.2")


@dataclass(frozen=True)
class SourceLocation:
    """A published place: file (as the user would name it), line from 1, pointer in that file."""

    file: str
    line: int | None
    pointer: str

    @property
    def short(self) -> str:
        """Return the file's name and the line, which are the same on every machine."""
        name = self.file.replace("\\", "/").rpartition("/")[2]
        return name if self.line is None else f"{name}:{self.line}"

    def fault(self, message: str, remedy: str) -> Fault:
        """Make a fault of this place."""
        return Fault(message, remedy, self.file, self.line, self.pointer)


@dataclass(frozen=True, eq=False)
class Source:
    """One file's value, read-only.

    Attributes:
        path: its file (for a document of the network: the copy, or its address as a path).
        label: how messages name it.
        uri: its address: file:///... or http(s)://...
        data: dict, list, str, int, float, bool or None; each container occurs in one place only.
        lines_of: reads the text once more and returns pointer -> line.
    """

    path: Path
    label: str
    uri: str
    data: Json
    lines_of: Callable[[], Mapping[str, int]]

    @cached_property
    def base(self) -> str:
        """The base of its references: the `$self` of OpenAPI 3.2, itself relative to the uri, else the uri."""
        declared_uri = self.data.get("$self") if isinstance(self.data, dict) else None
        if not isinstance(declared_uri, str) or not is_of_3_2(self.data):
            return self.uri
        try:
            return urldefrag(urljoin(self.uri, declared_uri) if not urlsplit(declared_uri).scheme else declared_uri)[0]
        except ValueError:
            return self.uri

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return self.lines_of()

    def line(self, pointer: str) -> int | None:
        """The line of a pointer, counted from 1; that of the nearest enclosing object when it is not in the text."""
        while pointer and pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines.get(pointer)

    def location(self, pointer: str) -> SourceLocation:
        """A pointer of this file as a place."""
        return SourceLocation(self.label, self.line(pointer), pointer)
