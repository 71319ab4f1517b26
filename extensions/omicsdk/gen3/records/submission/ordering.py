"""Rows in the order in which they can be submitted: what they link to comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.dictionary.order import groups_in_order
from omicsdk.gen3.records.validation.reading import targets_of
from omicsdk.gen3.records.validation.validating import Checked


def in_order(rows: Iterable[Checked], dictionary: Dictionary) -> Iterator[Checked]:
    """Puts rows of nodes that link to each other, or to themselves, behind the rows that they link to.

    Args:
        rows: The rows; all of them are kept.
        dictionary: The dictionary.

    Yields:
        The rows; those that link to each other in a circle follow each other.
    """
    every = list(rows)
    places = {
        (each.type, key, name): place for place, each in enumerate(every) for key, name in _names(each, dictionary)
    }
    needs = {place: _needed(each, dictionary, places) for place, each in enumerate(every)}
    for group in groups_in_order(needs):
        for place in group:
            yield every[place]


def _names(each: Checked, dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    for key in (dictionary.nodes[each.type].key, "id"):
        if isinstance(name := each.record.get(key), str):
            yield key, name


def _needed(each: Checked, dictionary: Dictionary, places: Mapping[tuple[str, str, str], int]) -> Sequence[int]:
    found: list[int] = []
    for link in dictionary.nodes[each.type].links.values():
        for target in targets_of(each.record, link.name):
            named: list[tuple[str, Any]] = [(key, target.get(key)) for key in (link.key, "id")]
            found += [place for key, name in named if (place := places.get((link.target, key, name))) is not None]
    return found
