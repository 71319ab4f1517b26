"""Azul: files of projects of the Human Cell Atlas and LungMAP, of datasets of AnVIL, and of catalogs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import NotFound
from omicsdk.hca.azul.filters import CONTAINERS
from omicsdk.hca.azul.index import catalogs, files
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names.archive import Archive, NamedRow

if TYPE_CHECKING:
    from omicsdk.hca.azul import Azul as Client
    from omicsdk.hca.azul.files import AzulFile
    from omicsdk.portals.names.grammar import Name

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


class Azul(Archive):
    """Azul: the service of the Human Cell Atlas, which OMICS_AZUL_URL or a profile replaces, and that of AnVIL for its pages."""

    title: ClassVar[str] = "Azul"

    def rows(self, name: Name) -> Iterator[NamedRow]:
        client = self._at(name.level)
        catalog, _, project = name.id.rpartition("/")
        if not _UUID.match(project):
            catalog, project = name.id, ""
        if name.level == "lungmap":
            catalog = _newest_of(client, "lungmap")
        field = CONTAINERS["datasets" if name.level == "anvil" else "projects"]
        is_any = False
        for file in files(client, {field: {"is": [project]}} if project else {}, catalog):
            is_any = True
            yield _row(name, file)
        if not is_any:
            where = f"its catalog {catalog}" if catalog else "its catalog"
            remedy = "Check that the UUID is of a project, or name another catalog: azul:CATALOG/UUID; `omics azul catalogs` lists them."
            raise NotFound(f"Azul has no files of {name.id} in {where}", remedy=remedy)

    def _at(self, level: str) -> Client:
        from omicsdk.hca.azul import Azul as Client
        from omicsdk.hca.azul.client import ANVIL_HOST

        client = self.client(Client, "")
        host = self.options.environ.get("OMICS_ANVIL_URL", "").strip().rstrip("/") or ANVIL_HOST
        if level != "anvil" or client.base_url == host:
            return client
        return self.client(Client, "", host, credentials=ANONYMOUS)  # the login is for the service that is configured


def _newest_of(client: Client, atlas: str) -> str:
    """The newest catalog of an atlas: that with the highest number, such as lm10."""
    names = [catalog.name for catalog in catalogs(client) if catalog.atlas == atlas]
    if not names:
        raise NotFound(f"Azul has no catalog of {atlas} now", remedy="Try again later.")
    return max(names, key=lambda name: int(re.sub(r"\D", "", name) or 0))


def _row(name: Name, file: AzulFile) -> NamedRow:
    """A file in the columns of Azul's compact manifests, so that the result manifest is one."""
    cells = {
        "accession": name.id,
        "bundle_uuid": file.bundle_uuid,
        "file_name": file.name,
        "file_format": file.format,
        "file_size": "" if file.size is None else str(file.size),
        "file_uuid": file.uuid,
        "file_version": file.version,
        "file_sha256": file.sha256,
        "file_drs_uri": file.drs_uri,
        "file_url": file.url,
        "project.project_core.project_short_name": file.project,
    }
    mirrors = (file.mirror_uri,) if file.mirror_uri else ()
    listed_file = ListedFile("azul", file.url, file.name, file.size, file.checksums, file.uuid, mirrors)
    if not file.url and file.drs_uri:
        listed_file = ListedFile("drs", file.drs_uri, file.name, file.size, file.checksums, file.uuid)
    elif not file.url:
        remedy = "Ask the atlas for it, or leave it out: --exclude."
        listed_file = listed_file._replace(
            address=file.uuid, error=NotFound(f"Azul has no address of {file.name}", remedy=remedy)
        )
    return NamedRow(cells, [listed_file])
