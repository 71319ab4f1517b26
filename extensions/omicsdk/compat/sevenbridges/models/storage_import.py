"""Imports: files and folders of volumes, as files of projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import destination, lists, required
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Value, identifier, identifiers
from omicsdk.compat.sevenbridges.models._storage_job import StorageJob, VolumeFile, given_items
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.sb.jobs import import_item

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, File, Project, Volume


class ImportDestination(Value):
    """Destination of an import."""

    project = parent = name = fields.text()


class Import(StorageJob, path="import_id", calls="get_import"):
    """An import."""

    _COLLECTION = "imports"

    preserve_folder_structure = autorename = fields.switch()
    source = fields.Part(lambda: VolumeFile)
    destination = fields.Part(lambda: ImportDestination)

    @classmethod
    def submit_import(
        cls,
        volume: Volume | str,
        location: str,
        project: Project | str | None = None,
        name: str | None = None,
        overwrite: bool = False,
        properties: Mapping[str, Any] | None = None,
        parent: File | str | None = None,
        preserve_folder_structure: bool = True,
        autorename: bool = False,
        api: Api | None = None,
    ) -> Self:
        """Start an import into a project or, as `parent`, a folder.

        Args:
            location: The file's name on the volume; a folder's, with a slash at its end.
            name: Name of the imported file; by default its present name.
            overwrite: Whether to replace a file of that name.
            preserve_folder_structure: Whether a folder's folders are kept.
            autorename: Whether it gets another name if there is a file of that name.
        """
        target = {**destination(project, parent, "An import"), **({"name": name} if name else {})}
        source_and_target = {"source": {"volume": identifier(volume), "location": location}, "destination": target}
        keeps = None if preserve_folder_structure else False
        options = {"overwrite": overwrite, "autorename": autorename or None, "properties": properties or None}
        return cls._from_operation(
            api, "create_import", **source_and_target, preserve_folder_structure=keeps, **options
        )

    @classmethod
    @lists("list_imports", fields="_all")
    def query(
        cls,
        project: Project | str | None = None,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List imports."""
        ...

    @classmethod
    def bulk_get(cls, imports: Iterable[Import | str], api: Api | None = None) -> list[ImportBulkRecord]:
        """Get imports, in any number: a record for each, in their order, with the import or what is wrong with it."""
        ids = identifiers(imports)
        return ImportBulkRecord.collect(cls._client(api), "bulk_get_imports", ids, "import_ids", in_order=False)

    @classmethod
    def bulk_submit(cls, imports: Iterable[Mapping[str, Any]], api: Api | None = None) -> list[ImportBulkRecord]:
        """Start imports, in any number: a record for each, in their order, with the import or what is wrong with it.

        Args:
            imports: For each a dictionary with "volume", "location", one of "project" and "parent", and optionally
                "name", "overwrite", "autorename", "preserve_folder_structure"; as the arguments of `submit_import`.
        """
        items = [_item(entry, at) for at, entry in enumerate(given_items(imports, "imports"))]
        return ImportBulkRecord.collect(cls._client(api), "bulk_create_imports", items)


class ImportBulkRecord(BulkRecord[Import]):
    """The result for one import of a bulk call."""

    _KIND = Import


def _item(entry: Mapping[str, Any], at: int) -> dict[str, Any]:
    target = destination(entry.get("project"), entry.get("parent"), f"Import {at}")
    volume = identifier(required(entry, "volume", at))
    rest = {name: value for name, value in entry.items() if name not in ("project", "parent")}
    return import_item({**rest, **target, "volume": volume, "location": required(entry, "location", at)})
