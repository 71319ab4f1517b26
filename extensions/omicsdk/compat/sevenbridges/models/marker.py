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


class Marker(Gettable, Savable, path="marker_id", calls="get_marker update_marker delete_marker"):
    """A marked place of a genome, in a file."""

    file = created_by = fields.text()
    name = chromosome = fields.text(read_only=False)
    position = fields.View(MarkerPosition)
    created_time = fields.time()

    @classmethod
    @lists("list_markers", fields="_all")
    def query(
        cls, file: File | str, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[Self]:
        """List a file's markers."""
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
        """Mark a place of a genome in a file, often a BAM file; only this user sees a private one.

        Args:
            position: "start" and "end", in bases.
        """
        ...
