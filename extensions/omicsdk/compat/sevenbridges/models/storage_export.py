"""Exports: files of projects, as objects on volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.enums import FileStorageType
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import lists, required
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import identifier, identifiers
from omicsdk.compat.sevenbridges.models._storage_job import StorageJob, VolumeFile, given_items
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.core.type_guards import is_object
from omicsdk.sb.jobs import export_item

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Volume


class VolumeProperties(fields.DictView):
    """Properties of what is stored, such as how it is encrypted."""


class Export(StorageJob, path="export_id", calls="get_export"):
    """An export."""

    _COLLECTION = "exports"

    destination = fields.Part(lambda: VolumeFile)
    properties = fields.View(VolumeProperties, read_only=True)

    @property
    def source(self) -> File | None:
        """The file that is exported."""
        return self._file("source", "file")

    @classmethod
    def submit_export(
        cls,
        file: File | str,
        volume: Volume | str,
        location: str,
        properties: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        copy_only: bool = False,
        api: Api | None = None,
    ) -> Self:
        """Start an export.

        Args:
            file: The file, or its id; neither a public one nor an alias of an object on a volume.
            volume: A volume that may be written to, or its id.
            location: The object's name on the volume.
            overwrite: Whether to replace an object of that name.
            copy_only: Whether the file is unchanged; else it becomes an alias of the object.
        """
        source, target = {"file": identifier(file)}, {"volume": identifier(volume), "location": location}
        options = {"properties": properties or None, "overwrite": overwrite, "copy_only": copy_only or None}
        try:
            return cls._from_operation(api, "create_export", source=source, destination=target, **options)
        except SbgError as error:
            storage: object = file.field("storage") if isinstance(file, File) else None
            if is_object(storage) and storage.get("type") == FileStorageType.VOLUME:
                volume_path = f"on a volume already, at {storage.get('volume')}/{storage.get('location')}"
                error.remedy = f"The file is an alias: its bytes are {volume_path}. Copy them from there."
            raise

    @classmethod
    @lists("list_exports", fields="_all")
    def query(
        cls,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List exports."""
        ...

    @classmethod
    def bulk_get(cls, exports: Iterable[Export | str], api: Api | None = None) -> list[ExportBulkRecord]:
        """Get exports, in any number: a record for each, in their order, with the export or what is wrong with it."""
        ids = identifiers(exports)
        return ExportBulkRecord.collect(cls._client(api), "bulk_get_exports", ids, "export_ids", in_order=False)

    @classmethod
    def bulk_submit(
        cls, exports: Iterable[Mapping[str, Any]], copy_only: bool = False, api: Api | None = None
    ) -> list[ExportBulkRecord]:
        """Start exports, in any number: a record for each, in their order, with the export or what is wrong with it.

        Args:
            exports: For each a dictionary with "file", "volume", "location" and optionally "properties" and "overwrite"; as the
                arguments of `submit_export`.
            copy_only: Whether the files are unchanged; else they become aliases of the objects.
        """
        items = [_item(entry, at) for at, entry in enumerate(given_items(exports, "exports"))]
        return ExportBulkRecord.collect(cls._client(api), "bulk_create_exports", items, copy_only=copy_only)


class ExportBulkRecord(BulkRecord[Export]):
    """The result for one export of a bulk call."""

    _KIND = Export


def _item(entry: Mapping[str, Any], at: int) -> dict[str, Any]:
    ids = {name: identifier(required(entry, name, at)) for name in ("file", "volume")}
    return export_item({**entry, **ids, "location": required(entry, "location", at)})
