"""A project's exports: the platform lists those of all projects, so each page is sifted by whose files they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.models.storage_export import Export

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.compat.sevenbridges.http.client import HttpClient


class ProjectExports(Collection[Export]):
    """A page of the platform's exports, less those of other projects' files; `total` is -1, as nobody knows it.

    Args:
        page: The platform's page.
        project: The project's id.
        api: Where it came from.

    Raises:
        SbgError: The platform answered with an error when it was asked about the files.
    """

    def __init__(self, page: Collection[Export], project: str, api: HttpClient) -> None:
        inside = _files_of(project, [_source(export) for export in page], api)
        kept = [export for export in page if _source(export) in inside]
        super().__init__(page.resource, page.href, -1, kept, page.links, api)
        self._project = project

    def _fetched(self, href: str) -> Collection[Export]:
        return ProjectExports(super()._fetched(href), self._project, self._api)


def _source(export: Export) -> str:
    """The id of the file that is exported; empty where the platform doesn't say."""
    source: dict[str, Any] = export.field("source") or {}
    return str(source.get("file") or "")


def _files_of(project: str, ids: Sequence[str], api: HttpClient) -> set[str]:
    """Which files are a project's; what isn't there any more is none's."""
    files = [record.resource for record in File.bulk_get(sorted(set(ids) - {""}), api)]
    return {str(file.id) for file in files if file is not None and file.field("project") == project}
