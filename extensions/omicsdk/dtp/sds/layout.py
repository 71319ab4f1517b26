"""The layout of SDS data sets (SPARC Dataset Structure): tables, their headers by version, the nodes of their records.

The tables are in layout.toml, which states where their headers are from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar

T = TypeVar("T")
Version = Literal["1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2"]
#: The versions whose headers are known, oldest first.
VERSIONS: tuple[Version, ...] = ("1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2")
#: The version of a data set that states none; dtp's default, too.
DEFAULT_VERSION: Version = "2.0.0"
#: The node of the data set itself.
EXPERIMENT = "experiment"
#: The node of subjects.
CASE = "case"
#: The stems of tables that differ from the others.
DATASET_DESCRIPTION, SUBJECTS, SAMPLES, MANIFEST = "dataset_description", "subjects", "samples", "manifest"
#: Properties of records that no table has.
SYSTEM_PROPERTIES = frozenset(
    {"type", "id", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime"}
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)  # compared by identity, and used as a key
class TableKind:
    """A table of a data set.

    Attributes:
        stem: Its file's name without the suffix, and that of the file of its records.
        node: The node of its records.
        headers: By version: the headers of the official template, in its order; without versions that have no such
            table.
        renamed: By version: headers that are not named as their property is, `squashed`.
        also: Headers that no template has, or only another edition of it, but data sets do; none of them is misspelt.
        key: The property that names a record; empty if there is one record at most.
        by_element: Whether each row is an element with its values, rather than a record.
        first_value: Of a table of elements: the column of the first value, from 0, where no header states it.
        anywhere: Whether folders within the data set may have it, too.
        needed: Whether each data set has it.
    """

    stem: str
    node: str
    headers: Mapping[Version, tuple[str, ...]]
    renamed: Mapping[Version, Mapping[str, str]] = field(default_factory=dict[Version, Mapping[str, str]])
    also: tuple[str, ...] = ()
    key: str = ""
    by_element: bool = False
    first_value: int = 3
    anywhere: bool = False
    needed: bool = False


def squashed(name: str) -> str:
    """Return a header or property in the form that is compared: its letters and digits in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _by_version(by_first_version: Mapping[str, T]) -> dict[Version, T]:
    """Return the values for each version: those stated for it, or for the last one before."""
    by_version: dict[Version, T] = {}
    latest: T | None = None
    for version in VERSIONS:
        latest = by_first_version.get(version, latest)
        if latest:
            by_version[version] = latest
    return by_version


def _kind(table: dict[str, Any]) -> TableKind:
    headers = {version: tuple(header_names) for version, header_names in table.pop("headers").items()}
    renamed = {
        version: {squashed(header): name for header, name in renames.items()}
        for version, renames in table.pop("renamed", {}).items()
    }
    also = tuple(table.pop("also", ()))
    return TableKind(headers=_by_version(headers), renamed=_by_version(renamed), also=also, **table)


class Layout(NamedTuple):
    """The tables of data sets.

    Attributes:
        sections: By the first element of each section of a description (from 2.0.0): the section's name.
        kinds: All tables that become records, in the order in which messages list them.
    """

    sections: Mapping[str, str]
    kinds: tuple[TableKind, ...]

    @property
    def needed(self) -> list[TableKind]:
        """The tables that each data set has."""
        return [kind for kind in self.kinds if kind.needed]


@cache
def layout() -> Layout:
    """Read layout.toml, when it is first needed: queries and exports of records do without."""
    import tomllib
    from importlib import resources

    text = resources.files(__package__ or "").joinpath("layout.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return Layout(document["sections"], tuple(_kind(table) for table in document["tables"]))
