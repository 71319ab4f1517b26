"""In which forms instances may come: as they are kept, compressed ones included, as far as an association has room."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynetdicom.presentation import PresentationContext

_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
# Compressed forms, those that archives use most first (PS3.6, annex A).
_COMPRESSED = (
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.102",
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.106",
    "1.2.840.10008.1.2.4.107",
)


def storage_contexts(classes: Collection[str], most: int) -> list[PresentationContext]:
    """Gives what an archive is offered that sends over our own association.

    Args:
        classes: The kinds of instances that are wanted; none for those that are usual.
        most: How many contexts there may be.

    Returns:
        A context of the uncompressed forms for each kind, then one for each compressed form, as long as there is room:
        an archive picks one form of a context, and sends nothing that is kept in another.
    """
    from pynetdicom.presentation import StoragePresentationContexts, build_context

    kinds = sorted(classes) or [str(each.abstract_syntax) for each in StoragePresentationContexts]
    made = [build_context(kind, list(_PLAIN)) for kind in kinds[:most]]
    for form in _COMPRESSED:
        made += [build_context(kind, form) for kind in kinds[: max(0, most - len(made))]]
    return made
