"""Which property a header is; where it is none, which one was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from omicsdk.dtp.sds.layout import OWN, VERSIONS, TableKind, Version, squashed
from omicsdk.gen3.dictionary import Node
from omicsdk.gen3.names import nearest
from omicsdk.gen3.records.tables import Finding, Place, shown

#: How alike a header and that of a property have to be which records needn't have, to be told as misspelt.
ALIKE = 0.85


class Headers:
    """The headers of a table.

    Args:
        kind: The table.
        version: The version of the data set's structure.
        node: What its records are, as the dictionary has it.

    Attributes:
        properties: The properties that it may have, in the template's order, then in the dictionary's.
    """

    def __init__(self, kind: TableKind, version: Version, node: Node) -> None:
        self._kind = kind
        self._version: Version = version
        self._required = node.required
        template = kind.headers.get(version, ())
        listed = (*template, *kind.also)
        self._listed = {squashed(header) for header in listed}
        stated = [name for name in node.properties if name not in node.system and name not in OWN]
        self._by_name = {squashed(name): name for name in stated}
        # The template's header is the one that a property is told by.
        named = {name: header for header in reversed(listed) if (name := self.property_of(header)) is not None}
        self._template = [name for header in template if (name := self.property_of(header)) is not None]
        self.properties = tuple(dict.fromkeys((*self._template, *reversed(named), *stated)))
        self._headers = {name: named.get(name, name.replace("_", " ")) for name in self.properties}

    def property_of(self, header: str) -> str | None:
        """Gives the property that a header is; None where it is none that the dictionary has.

        Args:
            header: The header; blanks, case and punctuation don't matter.
        """
        return self._meant(header, self._version)

    def _meant(self, header: str, version: Version) -> str | None:
        name = squashed(header)
        return self._by_name.get(squashed(self._kind.others.get(version, {}).get(name, name)))

    def header_of(self, name: str) -> str:
        """Gives the header of a property.

        Args:
            name: One of `properties`.
        """
        return self._headers[name]

    def unknown(self, header: str, there: Iterable[str], place: Place, column: str) -> tuple[Finding, bool]:
        """Tells of a header that is no property.

        Args:
            header: The header.
            there: The properties that the table has.
            place: Where it stands.
            column: The column that the finding names.

        Returns:
            What is to be told, and whether it is a fault: the header is like one that is missing.
        """
        known = set(there)
        lacking = {self._headers[name].casefold(): name for name in self._template if name not in known}
        fault, remedy = False, "It is left out."
        other = self._version_of(header)
        if other is not None:
            name = self._meant(header, other)
            # What no version has a property for is lost in each of them.
            if name is not None and name not in known:
                fault = True
                called = f", or call it {self._headers[name]!r}"
                remedy = f"It is of SDS {other}: give version={other!r} (--sds-version {other}){called}."
        # What the template has isn't misspelt, though nothing in the dictionary is like it.
        elif squashed(header) not in self._listed:
            near = nearest(header.strip().casefold(), lacking)
            if near is not None:
                alike = SequenceMatcher(None, header.strip().casefold(), near).ratio()
                fault = lacking[near] in self._required or alike >= ALIKE
                remedy = f"Did you mean {self._headers[lacking[near]]!r}?"
        told = Finding(
            "unknown-header" if fault else "left-out",
            f"{shown(header.strip())} is nothing that the dictionary knows here",
            remedy,
            place.file,
            place.sheet,
            place.row,
            column,
            header,
        )
        return told, fault

    def _version_of(self, header: str) -> Version | None:
        """The newest other version whose template has a header that this one's has not."""
        name = squashed(header)
        if not name or name in self._listed:
            return None
        for version in reversed(VERSIONS):
            template = {squashed(each) for each in self._kind.headers.get(version, ())}
            if name in template | set(self._kind.others.get(version, {})):
                return version
        return None


def twice(header: str, first: str, place: Place, column: str) -> Finding:
    """Tells of a header or element that is there twice.

    Args:
        header: The later one.
        first: What the first is called.
        place: Where the later one stands.
        column: The column that the finding names.
    """
    told = f"{shown(header.strip())} is there already" + (f", as {shown(first.strip())}" if first != header else "")
    return Finding("twice", told, "Keep one of them.", place.file, place.sheet, place.row, column, header)
