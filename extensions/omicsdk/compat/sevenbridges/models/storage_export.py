"""Exports: files of projects, as objects on volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.destination import required
from omicsdk.compat.sevenbridges.enums import FileStorageType
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import DictView
from omicsdk.compat.sevenbridges.meta.identity import identifier, identifiers
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.compat.sevenbridges.models.storage_job import StorageJob, VolumeFile, given_items
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.models.volume import Volume
    from omicsdk.core.request import Request


class VolumeProperties(DictView):
    """Properties of what is stored, such as how it is encrypted."""


class Export(StorageJob):
    """An export."""

    _PLACE = "exports"

    destination = fields.Part(lambda: VolumeFile)
    properties = fields.View(VolumeProperties, read_only=True)

    @property
    def source(self) -> File | None:
        """The file that is exported."""
        told = self.look_up("source")
        return self._file("source", told, told.get("file")) if told else None

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_export.build(export_id=identifier(id))

    @classmethod
    def submit_export(
        cls,
        file: File | str,
        volume: Volume | str,
        location: str,
        properties: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        copy_only: bool = False,
        api: HttpClient | None = None,
    ) -> Self:
        """Starts an export.

        Args:
            file: The file, or its id. It can't be a public one, or an alias of something that is on a volume already.
            volume: The volume, or its id; one that may be written to.
            location: The object's name on the volume.
            properties: How it is stored, such as {"sse_algorithm": "AES256"}.
            overwrite: Whether it may take the place of an object of that name.
            copy_only: Whether the file stays as it is; else it becomes an alias of the object.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.file import File

        api = cls._client(api)
        request = api.client.create_export.build(
            source={"file": identifier(file)},
            destination={"volume": identifier(volume), "location": location},
            properties=cast("Any", properties or OMIT),
            overwrite=overwrite,
            copy_only=copy_only or OMIT,
        )
        try:
            return cls.of(api.call_object(request), api)
        except SbgError as error:
            storage: dict[str, Any] = (file.field("storage") if isinstance(file, File) else None) or {}
            if storage.get("type") == FileStorageType.VOLUME:
                place = f"{storage.get('volume')}/{storage.get('location')}"
                error.remedy = (
                    f"The file is an alias: its bytes are on a volume already, at {place}. Copy them from there."
                )
            raise

    @classmethod
    def query(
        cls,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists exports.

        Args:
            volume: Those to a volume, or its id.
            state: Those in a state; see ImportExportState.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_exports.build(
            volume=identifier(volume) if volume else OMIT,
            state=given(cast("Any", state)),
            offset=given(offset),
            limit=given(limit),
            fields="_all",
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Export | str, api: HttpClient | None = None) -> Self:
        """Gets an export.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such export.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def bulk_get(cls, exports: Iterable[Export | str], api: HttpClient | None = None) -> list[ExportBulkRecord]:
        """Gets exports.

        Args:
            exports: They, or their ids; any number.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order: the export, or what is wrong with it.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        return cls._records(identifiers(exports), cls._client(api))

    @classmethod
    def _records(cls, ids: Sequence[str], api: HttpClient) -> list[ExportBulkRecord]:
        build = api.client.bulk_get_exports.build
        return ExportBulkRecord.collect(ids, lambda some: build(export_ids=some), api, side_by_side=True)

    @classmethod
    def bulk_submit(
        cls, exports: Iterable[Mapping[str, Any]], copy_only: bool = False, api: HttpClient | None = None
    ) -> list[ExportBulkRecord]:
        """Starts exports.

        Args:
            exports: For each a dictionary with "file", "volume", "location" and, where wanted, "properties" and
                "overwrite"; as the arguments of `submit_export`. Any number.
            copy_only: Whether the files stay as they are; else they become aliases of the objects.
            api: The Api, where this is the class of none.

        Returns:
            A record for each, in their order: the export, or what is wrong with it.

        Raises:
            SbgError: There are none, one isn't complete, or the platform answered with an error as a whole; nothing was
                started.
        """
        api = cls._client(api)
        build = api.client.bulk_create_exports.build
        items = [_item(each, at) for at, each in enumerate(given_items(exports, "exports"))]
        return ExportBulkRecord.collect(items, lambda some: build(items=cast("Any", some), copy_only=copy_only), api)


class ExportBulkRecord(BulkRecord[Export]):
    """What came of one export of a bulk call."""

    @classmethod
    def _kind(cls) -> type[Resource]:
        return Export


def _item(wanted: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {
        "source": {"file": identifier(required(wanted, "file", at))},
        "destination": {
            "volume": identifier(required(wanted, "volume", at)),
            "location": required(wanted, "location", at),
        },
        "properties": dict(wanted.get("properties") or {}),
        "overwrite": wanted.get("overwrite", False),
    }
