"""Rows of tables, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omicsdk.gen3.records.finding import Finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands.

    Attributes:
        file: The file's name; empty for rows that are in no file.
        sheet: The sheet of a workbook; empty where there are none.
        row: The row's number from 1, its header counted; of JSON the object's number.
    """

    file: str = ""
    sheet: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, or an object of JSON.

    Attributes:
        values: Its cells by their columns.
        place: Where it stands.
        separator: What stands between the values of a list in a cell; None where values aren't texts but JSON.
        findings: What is wrong with its cells, whatever they mean.
    """

    values: Mapping[str, Any]
    place: Place
    separator: str | None = None
    findings: tuple[Finding, ...] = ()
