"""Rows that weren't taken, so that those that link to them needn't be sent."""

from __future__ import annotations

from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.records.finding import Finding, shown
from omicsdk.gen3.records.known import Known
from omicsdk.gen3.records.row import Place
from omicsdk.gen3.records.validation.checking import finding
from omicsdk.gen3.records.validation.reading import targets_of
from omicsdk.gen3.records.validation.validating import Checked


class Lost:
    """Rows that weren't taken.

    Args:
        dictionary: The dictionary.
        known: Tells which records there are: of those, an older state is there to be linked to.
    """

    def __init__(self, dictionary: Dictionary, known: Known) -> None:
        self._dictionary = dictionary
        self._known = known
        self._places: dict[tuple[str, str, str], Place] = {}
        self._there: dict[tuple[str, str, str], bool] = {}

    def add(self, each: Checked) -> None:
        """Notes that a row wasn't taken."""
        node = self._dictionary.nodes.get(each.type)
        for key in (node.key, "id") if node is not None else ():
            if isinstance(name := each.record.get(key), str) and name:
                self._places[each.type, key, name] = each.row.place

    def finding(self, each: Checked) -> Finding | None:
        """Tells why a row needn't be sent: it links to one that wasn't taken, and that isn't there from before.

        Args:
            each: The row.

        Returns:
            None where it is to be sent.
        """
        for link in self._dictionary.nodes[each.type].links.values() if self._places else ():
            for target in targets_of(each.record, link.name):
                for key in ("id", link.key):
                    name = (link.target, key, str(target.get(key)))
                    if name in self._places and not self._is_there(name):
                        place = self._places[name]
                        where = Finding("", "", file=place.file, sheet=place.sheet, row=place.row).where
                        told = f"The {link.target} {shown(name[2])} that it links to, in {where}, wasn't taken"
                        return finding(
                            each.row, "broken-link", told, "Correct that row, then submit both.", link.name, name[2]
                        )
        return None

    def _is_there(self, name: tuple[str, str, str]) -> bool:
        if name not in self._there:
            node, key, value = name
            self._there[name] = value in self._known(node, key, [value])
        return self._there[name]
