"""Notes on faults of a document, and on corrections, by the containers that they concern."""

from __future__ import annotations

from collections.abc import Iterable

from .faults import Fault, Kind, Report
from .source import Places, Source, SourceLocation
from .values import Json, Node


class Notes:
    """The notes of one step on a document.

    Attributes:
        faults: what keeps the document from being read, in the order of finding; for a strict report the faults of
            parts too.
    """

    def __init__(self, source: Source, places: Places, report: Report) -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._places = places
        self._report = report

    def record_origin(self, new: Node, old: Node | None) -> None:
        """State what a container was created from."""
        if old is not None:
            self._places.link(new, old)

    def moved(self, new: Node, key: str, old: Node, old_key: str) -> None:
        """State which member of an older container a member was created from."""
        self._places.link_member(new, key, old, old_key)

    def location(self, node: Node, key: str | int | None = None) -> SourceLocation:
        """Return the published place of a container, or of a member of it."""
        return self._places.find(node, key) or self._source.location("")

    def fault(self, node: Node, key: str | int | None, message: str, remedy: str) -> None:
        """Note what keeps the document from being read."""
        self.faults.append(self.location(node, key).fault(message, remedy))

    def without(self, faults: Iterable[Fault]) -> None:
        """Note faults of a part that the rest of the document can be read without."""
        (self.faults if self._report.strict else self._report.faults).extend(faults)

    def leave_out(self, node: Node, key: str | int | None, message: str, after: str, remedy: str) -> None:
        """Note a fault of a part, and what the document is read with instead."""
        self.note(node, key, "fault", message, after, certain=False, remedy=remedy)
        self.without([self.location(node, key).fault(f"{message}{self.consequence(after)}", remedy)])

    def consequence(self, after: str) -> str:
        """Return what follows a fault's message: nothing for a strict report, which refuses the document."""
        return "" if self._report.strict else f"; {after}"

    def note(
        self,
        node: Node,
        key: str | int | None,
        kind: Kind,
        before: str,
        after: str,
        *,
        certain: bool = True,
        remedy: str = "",
    ) -> None:
        """Note something that is read differently from how it is written.

        Args:
            node: the container that has it.
            key: its key there; None is the container itself.
            kind: as in `faults.Note`.
            before: the present value.
            after: its replacement.
            certain: whether its author can have meant nothing else.
            remedy: as in `faults.Note`.
        """
        self._report.add(self.location(node, key).note(kind, before, after, certain=certain, remedy=remedy))

    def repair(self, node: Node, key: str | int | None, before: str, after: str, *, certain: bool = True) -> None:
        """Add a note of a correction."""
        self.note(node, key, "repair", before, after, certain=certain)

    def omit(self, node: Node, key: str, why: str, kind: Kind = "omission") -> None:
        """Note a member that is not taken over."""
        before = brief(node[key]) if isinstance(node, dict) else ""
        self.note(node, key, kind, before, f"{key} is left out: {why}", certain=False)


def brief(value: Json) -> str:
    """Tell a value in a few words."""
    if isinstance(value, dict):
        return "a mapping of " + ", ".join(list(value)[:5])
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return repr(value)[:60]
