"""Marked places of genomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import gives, lists
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Savable

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, File


class MarkerPosition(fields.DictView):
    """Position of a marker on its chromosome: "start" and "end", in bases."""


class Marker(Gettable, Savable):
    """A marked place of a genome, in a file."""

    _PATH = "marker_id"
    _GET, _SAVE, _DELETE = "get_marker", "update_marker", "delete_marker"

    file = fields.text()
    name = fields.text(read_only=False)
    chromosome = fields.text(read_only=False)
    position = fields.View(MarkerPosition)
    created_time = fields.time()
    created_by = fields.text()

    @classmethod
    @lists("list_markers", fields="_all")
    def query(
        cls, file: File | str, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[Self]:
        """List a file's markers.

        Args:
            file: The file, or its id.
            offset: Records to skip.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        ...

    @classmethod
    @gives("create_marker")
    def create(
        cls,
        file: File | str,
        name: str,
        position: Mapping[str, int],
        chromosome: str,
        private: bool = True,
        api: Api | None = None,
    ) -> Self:
        """Mark a place.

        Args:
            file: The file, often a BAM file, or its id.
            name: What the marker is called.
            position: "start" and "end", in bases.
            chromosome: The chromosome's name.
            private: Whether only this user sees it.
            api: The Api, where the class belongs to none.

        Raises:
            ValidationError: `position` is no dictionary.
            SbgError: The platform answered with an error.
        """
        ...
