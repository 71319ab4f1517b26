"""Exports: files of projects, as objects on volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.enums import FileStorageType
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import lists, required
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import identifier, identifiers, request_of
from omicsdk.compat.sevenbridges.models._storage_job import StorageJob, VolumeFile, given_items
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.core.type_guards import is_object
from omicsdk.sb.jobs import export_item

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Volume


class VolumeProperties(fields.DictView):
    """Properties of what is stored, such as how it is encrypted."""


class Export(StorageJob):
    """An export."""

    _PATH, _GET, _PLACE = "export_id", "get_export", "exports"

    destination = fields.Part(lambda: VolumeFile)
    properties = fields.View(VolumeProperties, read_only=True)

    @property
    def source(self) -> File | None:
        """The file that is exported."""
        payload = fields.typed(self, "source", self.look_up("source"), is_object)
        return self._file("source", payload, payload.get("file")) if payload else None

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
            file: The file, or its id. It cannot be a public one, or an alias of something that is on a volume already.
            volume: The volume, or its id; one that may be written to.
            location: The object's name on the volume.
            properties: How it is stored, such as {"sse_algorithm": "AES256"}.
            overwrite: Whether it may take the place of an object of that name.
            copy_only: Whether the file is unchanged; else it becomes an alias of the object.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = request_of(
            api,
            "create_export",
            source={"file": identifier(file)},
            destination={"volume": identifier(volume), "location": location},
            properties=properties or None,
            overwrite=overwrite,
            copy_only=copy_only or None,
        )
        try:
            return cls.of(api.call_object(request), api)
        except SbgError as error:
            storage: object = file.field("storage") if isinstance(file, File) else None
            if is_object(storage) and storage.get("type") == FileStorageType.VOLUME:
                volume_path = f"{storage.get('volume')}/{storage.get('location')}"
                error.remedy = (
                    f"The file is an alias: its bytes are on a volume already, at {volume_path}. Copy them from there."
                )
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
        """List exports.

        Args:
            volume: Those to a volume, or its id.
            state: Those in a state; see ImportExportState.
            offset: Records to skip.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        ...

    @classmethod
    def bulk_get(cls, exports: Iterable[Export | str], api: Api | None = None) -> list[ExportBulkRecord]:
        """Get exports.

        Args:
            exports: They, or their ids; any number.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order: the export, or what is wrong with it.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        ids = identifiers(exports)
        return ExportBulkRecord.collect(cls._client(api), "bulk_get_exports", ids, "export_ids", in_order=False)

    @classmethod
    def bulk_submit(
        cls, exports: Iterable[Mapping[str, Any]], copy_only: bool = False, api: Api | None = None
    ) -> list[ExportBulkRecord]:
        """Start exports.

        Args:
            exports: For each a dictionary with "file", "volume", "location" and, where wanted, "properties" and
                "overwrite"; as the arguments of `submit_export`. Any number.
            copy_only: Whether the files are unchanged; else they become aliases of the objects.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order: the export, or what is wrong with it.

        Raises:
            SbgError: There are none, one is not complete, or the platform answered with an error as a whole; nothing was
                started.
        """
        items = [_item(entry, at) for at, entry in enumerate(given_items(exports, "exports"))]
        return ExportBulkRecord.collect(cls._client(api), "bulk_create_exports", items, copy_only=copy_only)


class ExportBulkRecord(BulkRecord[Export]):
    """The result for one export of a bulk call."""

    _KIND = Export


def _item(entry: Mapping[str, Any], at: int) -> dict[str, Any]:
    ids = {name: identifier(required(entry, name, at)) for name in ("file", "volume")}
    return export_item({**entry, **ids, "location": required(entry, "location", at)})
