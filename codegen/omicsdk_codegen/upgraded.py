"""A document that is ready for generating a client: OpenAPI 3.1 in one form, independent of its published dialect."""

from __future__ import annotations

from dataclasses import dataclass

from .places import Places
from .source import SourceLocation
from .values import Object


@dataclass(frozen=True, eq=False)
class Document:
    """The upgraded document, read-only.

    Attributes:
        data: OpenAPI 3.1. The only references left are schemas' to `#/components/schemas/NAME` (a plain pointer, as
            `values.schema_name` reads it); examples, defaults and extensions are unchanged. Null is a member of a
            type list. Every operation's parameters are its own, those of its path item merged in. A schema that several
            operations reach through one shared response, body or parameter is one object (`is`) in all.
        label: how messages name the document that the user gave.
        places: where each part of `data` came from.
    """

    data: Object
    label: str
    places: Places

    def origin(self, pointer: str) -> SourceLocation:
        """Return the published place of a pointer of `data`.

        Args:
            pointer: JSON pointer into `data`; for a value without an origin, that of the nearest enclosing place.
        """
        return self.places.follow(self.data, pointer) or SourceLocation(self.label, None, pointer)
