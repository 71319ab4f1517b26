"""Imports of files that other platforms have, by their GA4GH DRS identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.enums import AsyncJobStates
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import destination, required
from omicsdk.compat.sevenbridges.meta._waiting import BackgroundJob
from omicsdk.compat.sevenbridges.meta.resource import Value, identifier, several
from omicsdk.compat.sevenbridges.models._storage_job import given_items
from omicsdk.compat.sevenbridges.models.bulk import Error
from omicsdk.compat.sevenbridges.models.file import File, FileBulkRecord

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


class FileImportResult(Value):
    """The result for one file: it, or what is wrong with it."""

    error = fields.Part(lambda: Error)
    resource = fields.Part(lambda: File)

    @property
    def valid(self) -> bool:
        """Whether it succeeded."""
        return self.field("error") is None


class DRSImportBulk(BackgroundJob, path="job_id", calls="get_drs_imports"):
    """An import of many files by their DRS identifiers: `result` has the result for each."""

    _ENDED = frozenset({AsyncJobStates.FINISHED})

    result = fields.Parts(lambda: FileImportResult)

    @property
    def result_files(self) -> list[FileBulkRecord]:
        """The files that were imported, as the platform has them now: a record for each, as `File.bulk_get` gives them."""
        files: list[File | None] = [record.resource for record in self.result or ()]  # None of one that failed
        return File.bulk_get([identifier(file) for file in files if file is not None], self.api)

    @classmethod
    def bulk_get(cls, import_job_id: DRSImportBulk | str, api: Api | None = None) -> Self:
        """Get an import."""
        return cls.get(import_job_id, api)

    @classmethod
    def bulk_submit(
        cls,
        imports: Iterable[Mapping[str, Any]],
        tags: Iterable[str] | None = None,
        conflict_resolution: str = "SKIP",
        api: Api | None = None,
    ) -> Self:
        """Start an import.

        Args:
            imports: For each file a dictionary with "drs_uri", one of "project" and "parent", and optionally "name" and
                "metadata".
            tags: Tags of the files.
            conflict_resolution: What happens to a file whose name is taken: "SKIP" leaves it out, "OVERWRITE" replaces the other.
        """
        items = [_item(entry, at) for at, entry in enumerate(given_items(imports, "imports"))]
        options = {"conflict_resolution": conflict_resolution, "tags": None if tags is None else several(tags)}
        return cls._from_operation(api, "bulk_create_drs_imports", items=items, **options)


def _item(entry: Mapping[str, Any], at: int) -> dict[str, Any]:
    """Return the body for a file; unknown members are sent unchanged."""
    target = destination(entry.get("project"), entry.get("parent"), f"Import {at}")
    rest = {name: value for name, value in entry.items() if name not in ("project", "parent")}
    return {**rest, "drs_uri": required(entry, "drs_uri", at), **target}
