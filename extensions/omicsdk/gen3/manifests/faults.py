"""What is wrong with a manifest, and where."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from omicsdk.core.errors import UsageError, shortened
from omicsdk.gen3.errors import Gen3Error

#: Characters of a value that a fault shows.
SHOWN = 120


class Fault(NamedTuple):
    """Something that is wrong in a manifest.

    Attributes:
        line: Where it stands, from 1; the header is line 1. Of a JSON list the number of the entry, from 1.
        column: The column's name as the manifest has it; empty where it is about the whole line.
        value: What stands there.
        reason: What is wrong with it, as it reads after the value.
        remedy: What to do.
        warns: Whether the manifest can be worked from all the same.
        unit: What `line` counts: "line" or "entry".
    """

    line: int
    column: str
    value: str
    reason: str
    remedy: str = ""
    warns: bool = False
    unit: str = "line"

    @property
    def text(self) -> str:
        """The place, the value and what is wrong with it, in one line without the remedy."""
        place = f"{self.unit} {self.line}" + (f", column {self.column!r}" if self.column else "")
        return f"{place}: {self._complaint}"

    @property
    def words(self) -> str:
        """The same without the line, and with the remedy, for what is listed by its line."""
        text = f"column {self.column!r}: {self._complaint}" if self.column else self._complaint
        return f"{text}. {self.remedy}" if self.remedy else text

    @property
    def _complaint(self) -> str:
        value = f"{shortened(self.value, SHOWN)!r} " if self.value or self.column else ""
        return f"{value}{self.reason}"

    def __str__(self) -> str:
        return f"{self.text}. {self.remedy}" if self.remedy else self.text


class ManifestError(Gen3Error, UsageError, ValueError):
    """A manifest that can't be worked from.

    Args:
        path: The manifest.
        fault: What is wrong with it, and where; or what is wrong with the whole file.
        remedy: What to do; by default the fault's own remedy.

    Attributes:
        fault: What is wrong; None where it is about the whole file.
    """

    def __init__(self, path: object, fault: Fault | str, *, remedy: str | None = None) -> None:
        told = fault if isinstance(fault, str) else fault.text
        own = "" if isinstance(fault, str) else fault.remedy
        super().__init__(f"{path}: {told}", remedy=own if remedy is None else remedy)
        self.fault = None if isinstance(fault, str) else fault


OnFault = Callable[[Fault], None]
"""Takes what is wrong with a row that is left out."""
