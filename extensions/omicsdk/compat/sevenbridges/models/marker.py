"""Marked places of genomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import DictView
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.core.request import Request


class MarkerPosition(DictView):
    """Where a marker begins ("start") and ends ("end") on its chromosome, in bases."""


class Marker(Resource):
    """A marked place of a genome, in a file."""

    href = fields.text()
    id = fields.text()
    file = fields.text()
    name = fields.text(read_only=False)
    chromosome = fields.text(read_only=False)
    position = fields.View(MarkerPosition)
    created_time = fields.time()
    created_by = fields.text()

    @classmethod
    def query(
        cls,
        file: File | str,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists a file's markers.

        Args:
            file: The file, or its id.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_markers.build(
            file=identifier(file), offset=given(offset), limit=given(limit), fields="_all"
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a marker.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such marker, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def create(
        cls,
        file: File | str,
        name: str,
        position: Mapping[str, int],
        chromosome: str,
        private: bool = True,
        api: HttpClient | None = None,
    ) -> Self:
        """Marks a place.

        Args:
            file: The file, often a BAM file, or its id.
            name: What the marker is called.
            position: "start" and "end", in bases.
            chromosome: The chromosome's name.
            private: Whether only this user sees it.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: `position` is no dictionary.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        fields.is_mapping("position", position)
        request = api.client.create_marker.build(
            file=identifier(file),
            name=name,
            position=cast("Any", dict(position)),
            chromosome=chromosome,
            private=private,
        )
        return cls.of(api.call_object(request), api)

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was changed.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.update_marker.build(marker_id=identifier(self), **self._changed())
        return self._saved(self.api.call_object(request), inplace)

    def delete(self) -> None:
        """Deletes it.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.delete_marker.build(marker_id=identifier(self)))

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_marker.build(marker_id=identifier(id))
