"""Azul's files: a catalog's projects are folders, and their files have the names that they have there."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import ClassVar, NamedTuple

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.consistency import InconsistentListing, despite_contradictions, read_again_if_doubtful
from omicsdk.core.errors import BadRequest, NotFound
from omicsdk.core.platform import unbound
from omicsdk.fs.errors import NotAFolder, NotListed, PathNotFound, WrongUri
from omicsdk.fs.store import Cache, ClientStore, Entry, Features
from omicsdk.hca.azul.client import Azul
from omicsdk.hca.azul.downloads import Sources
from omicsdk.hca.azul.files import AzulFile
from omicsdk.hca.azul.filters import CONTAINERS
from omicsdk.hca.azul.index import catalogs, file_of, files, pages
from omicsdk.transfer import Item, Location

#: In the place of a container: files by their own UUIDs.
FILES = "files"
#: In the place of a catalog: the default one.
DEFAULT = "default"
#: Files of all projects whose listings are kept, at most; about 1 KB each.
MAX_CACHED_FILES = 100_000
_FORMS = (
    "Write azul://CATALOG/projects/UUID/NAME (AnVIL: datasets in the place of projects), or azul://CATALOG/files/UUID for a "
    f"single file; {DEFAULT} is the default catalog."
)


@dataclass(frozen=True, slots=True)
class AzulPath:
    """A parsed path.

    Attributes:
        catalog: The catalog as the path states it; empty at the top.
        kind: The type of the container, or `files`; empty above.
        uuid: UUID of the container or file; empty above.
        name: Name of a file or folder in the container; empty for the container itself.
    """

    catalog: str = ""
    kind: str = ""
    uuid: str = ""
    name: str = ""

    @property
    def requested_catalog(self) -> str:
        """The catalog that requests state; empty for the default one."""
        return "" if self.catalog == DEFAULT else self.catalog


def read_path(path: str) -> AzulPath:
    """Read a path.

    Args:
        path: As `Entry.path`.

    Raises:
        WrongUri: Nothing can be there.
    """
    parts = [part for part in path.split("/") if part]
    parsed = AzulPath(*parts[:3], name="/".join(parts[3:])) if len(parts) > 3 else AzulPath(*parts)
    if parsed.kind and parsed.kind not in (*CONTAINERS, FILES):
        raise WrongUri(f"azul://{path}: {parsed.kind!r} is not a type of folder", remedy=_FORMS)
    if parsed.kind == FILES and parsed.name:
        raise WrongUri(f"azul://{path}: a single file has no members", remedy=_FORMS)
    return parsed


def named(files: list[AzulFile]) -> dict[str, AzulFile]:
    """Name the files of a project, sorted by name: a name that several have is in a folder of the file's UUID, or of
    `UUID.VERSION` where that is not unique either.

    Args:
        files: The files.
    """
    names = [file.name for file in files]
    for folders in ([file.uuid for file in files], [f"{file.uuid}.{file.version}" for file in files]):
        times = Counter(names)
        names = [
            name if times[name] == 1 else f"{folder}/{file.name}"
            for name, folder, file in zip(names, folders, files, strict=True)
        ]
    return dict(sorted(zip(names, files, strict=True), key=itemgetter(0)))


class Listing(NamedTuple):
    """The files of a container.

    Attributes:
        files: By their names in it.
        names: The names, sorted; each folder is looked for in them, of which there may be as many as files.
        doubts: How the service's listing contradicts itself.
    """

    files: dict[str, AzulFile]
    names: list[str]
    doubts: list[InconsistentListing]


class AzulStore(ClientStore[Azul]):
    """Files of Azul.

    `azul://CATALOG/projects/UUID/NAME` is a file of a project; names with slashes are folders in it, and files of one
    name are in folders of their UUIDs. AnVIL has `datasets` in place of `projects`. `azul://CATALOG/files/UUID` is a
    file alone. The catalog `default` is the default one. Listings are cached for ten minutes. The store is read-only.

    Args:
        base_url: The service; by default that of the Human Cell Atlas and LungMAP.
        token: An access token of a Google account; by default what `Azul` finds.
        client: A client in place of a new one; it stays open.
        clock: Returns the time.
    """

    scheme: ClassVar[str] = "azul"
    features: ClassVar[Features] = Features(
        alternative="Azul only serves files: data is submitted to the atlases, see their portals.", shared_paths=True
    )

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        client: Azul | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(client, partial(Azul, unbound(base_url), credentials=token))
        self._listings: Cache[AzulPath, Listing] = Cache(
            MAX_CACHED_FILES, 600.0, clock, weigh=lambda listing: len(listing.files)
        )
        self._sources: Sources | None = None

    def _stat(self, path: str) -> Entry:
        parsed = read_path(path)
        if not parsed.uuid:
            self._types(path, parsed)
            return Entry(path, "folder")
        if parsed.kind == FILES:
            try:
                return _entry(path, file_of(self.client, parsed.uuid, parsed.requested_catalog))
            # Azul responds with 404 to an unknown UUID, and 400 to what is not one.
            except (NotFound, BadRequest) as error:
                raise PathNotFound(self.uri(path), "not found", remedy="Check the UUID.") from error
        listing = self._listing(path, parsed)
        if parsed.name in listing.files:
            return _entry(path, listing.files[parsed.name])
        if not parsed.name or next(_below(listing, parsed.name), None) is not None:
            return Entry(path, "folder")
        above = "/".join((parsed.catalog, parsed.kind, parsed.uuid))
        raise PathNotFound(self.uri(path), "not found", remedy=f"List its files: omics ls azul://{above}/")

    def _stat_folder(self, path: str) -> Entry:
        parsed = read_path(path)
        if parsed.name and next(_below(self._listing(path, parsed), parsed.name), None) is not None:
            return Entry(path, "folder")
        return self._stat(path)

    def _entries(self, path: str) -> Iterator[Entry]:
        parsed = read_path(path)
        if not parsed.catalog:
            return iter([Entry(catalog.name, "folder") for catalog in catalogs(self.client)])
        if not parsed.kind:
            return iter([Entry(f"{path}/{kind}", "folder") for kind in self._types(path, parsed)])
        if parsed.kind == FILES:
            if parsed.uuid:
                raise NotAFolder(self.uri(path), "is a file")
            remedy = (
                f"Name one, azul://{parsed.catalog}/{FILES}/UUID, or list projects: azul://{parsed.catalog}/projects/"
            )
            raise NotListed(self.uri(path), "cannot be listed: a catalog has too many files", remedy=remedy)
        if not parsed.uuid:
            self._types(path, parsed)
            hits = (
                hit for page in pages(self.client, parsed.kind, {}, parsed.requested_catalog) for hit in page["hits"]
            )
            return (Entry(f"{path}/{hit['entryId']}", "folder") for hit in hits)
        self.stat(path, folder=True)
        return _inside(path, self._listing(path, parsed), parsed.name)

    def location(self, entry: Entry) -> Location:
        return self._open_sources.locate(self.handle_of(entry))

    def item(self, entry: Entry, name: str) -> Item:
        return self._open_sources.item((self.handle_of(entry), name)).replaced(label=self.uri(entry.path))

    def close(self) -> None:
        self._sources = None
        super().close()

    @property
    def _open_sources(self) -> Sources:
        if self._sources is None:
            self._sources = Sources(self.client)
        return self._sources

    def _types(self, path: str, parsed: AzulPath) -> list[str]:
        """The types of folders of a catalog."""
        all_catalogs = catalogs(self.client)
        chosen = next((catalog for catalog in all_catalogs if parsed.requested_catalog in ("", catalog.name)), None)
        if chosen is None:
            names = ", ".join(catalog.name for catalog in all_catalogs)
            remedy = (
                f"Use one of: {names}." if names else f"{self.client.base_url} lists no public catalog: check its URL."
            )
            raise PathNotFound(self.uri(path), "not found: unknown catalog", remedy=remedy)
        return [kind for kind in CONTAINERS if kind in chosen.entity_types]

    def _listing(self, path: str, parsed: AzulPath) -> Listing:
        """The files of a container; a listing that contradicts itself is requested twice."""
        whole = replace(parsed, name="")
        cached = self._listings.get(whole)
        if cached is not None:
            return cached
        chosen = {CONTAINERS[parsed.kind]: {"is": [parsed.uuid]}}
        try:
            listed_files, doubts = read_again_if_doubtful(
                lambda doubts: list(
                    despite_contradictions(files(self.client, chosen, parsed.requested_catalog), doubts)
                )
            )
        except (NotFound, BadRequest) as error:
            raise PathNotFound(self.uri(path), "not found", remedy="Check the catalog and the UUID.") from error
        if not listed_files and not doubts:
            remedy = f"List what exists: omics ls azul://{parsed.catalog}/{parsed.kind}/"
            raise PathNotFound(self.uri(path), "not found: no files", remedy=remedy)
        each_once = list({(file.uuid, file.version): file for file in listed_files}.values())
        by_name = named(each_once)
        return self._listings.keep(whole, Listing(by_name, list(by_name), doubts))


def _below(listing: Listing, folder: str) -> Iterator[str]:
    """The names of the files below a folder."""
    names, start = listing.names, f"{folder}/" if folder else ""
    for at in range(bisect_left(names, start), len(names)):
        if not names[at].startswith(start):
            return
        yield names[at]


def _inside(path: str, listing: Listing, folder: str) -> Iterator[Entry]:
    """Return the contents of a folder; then raise what is doubtful of them."""
    skip, last = len(folder) + 1 if folder else 0, ""
    for name in _below(listing, folder):
        first, slash, _ = name[skip:].partition("/")
        if not slash:
            yield _entry(f"{path}/{first}", listing.files[name])
        elif first != last:
            last = first
            yield Entry(f"{path}/{first}", "folder")
    for doubt in listing.doubts:
        raise copy.copy(doubt)  # it is cached, and an exception that is raised twice would grow its traceback


def _entry(path: str, file: AzulFile) -> Entry:
    try:
        modified = datetime.fromisoformat(file.version).timestamp()
    except ValueError:
        modified = None
    details = {"uuid": file.uuid, "name": file.name, "format": file.format}
    own_name = file.name.rpartition("/")[2]
    file_name = "" if path.endswith(f"/{own_name}") else own_name
    return Entry(path, "file", file.size, file.checksums, modified, file.version, details, file, file_name)
