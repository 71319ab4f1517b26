"""Files of platforms as inputs and outputs of Snakemake 8 and later: `storage.omics("dss://aws/UUID/cells.csv")`.

Snakemake finds this package by its name. It adapts omicsdk.fs to Snakemake's interface.
"""

# pyright: reportMissingModuleSource=false
# Snakemake's environment has its interface; typings/ declares the parts that are used.

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk import OmicsError
from omicsdk.fs import STORES, CopyOptions, Entry, PathError, PathNotFound, Put, Store, Uri, parse_uri
from snakemake_interface_storage_plugins.io import IOCacheStorageInterface, Mtime, get_constant_prefix
from snakemake_interface_storage_plugins.settings import StorageProviderSettingsBase
from snakemake_interface_storage_plugins.storage_object import StorageObjectGlob, StorageObjectRead, StorageObjectWrite
from snakemake_interface_storage_plugins.storage_provider import (
    ExampleQuery,
    Operation,
    QueryType,
    StorageProviderBase,
    StorageQueryValidationResult,
)

if TYPE_CHECKING:
    from omicsdk.fs.uris import Stores

#: Entries of a folder that are looked at together; of a larger one the files that are needed are requested one by one.
MOST_LISTED = 1000


@dataclass
class StorageProviderSettings(StorageProviderSettingsBase):
    """No settings: logins and addresses are those of the platforms' commands."""


class StorageProvider(StorageProviderBase):
    """The files of all platforms."""

    def __post_init__(self) -> None:
        from omicsdk.fs.uris import Stores

        self.stores: Stores = Stores()

    def __deepcopy__(self, _: dict[int, Any]) -> StorageProvider:
        return self  # a copy would have separate connections

    @classmethod
    def example_queries(cls) -> list[ExampleQuery]:
        """Return examples."""
        return [
            ExampleQuery("dss://aws/UUID.VERSION/cells.csv", "A file of a bundle in the Data Store", QueryType.INPUT),
            ExampleQuery("drs://HOST/ID", "An object of a GA4GH DRS server", QueryType.INPUT),
            ExampleQuery("sb://OWNER/PROJECT/reads/{sample}.bam", "Files on a Seven Bridges platform", QueryType.ANY),
        ]

    def rate_limiter_key(self, query: str, operation: Operation) -> str:
        """Return which requests are counted together: those to one platform."""
        del operation
        return parse_uri(query).scheme

    def default_max_requests_per_second(self) -> float:
        """Return a rate that all platforms support."""
        return 20.0

    def use_rate_limiter(self) -> bool:
        """State that requests are to be counted."""
        return True

    @classmethod
    def is_valid_query(cls, query: str) -> StorageQueryValidationResult:
        """Return whether a text, perhaps with wildcards, is a URI of a platform."""
        try:
            uri = parse_uri(query)
        except OmicsError as error:
            return StorageQueryValidationResult(query, valid=False, reason=str(error))
        if uri.scheme == "file" or uri.scheme not in STORES:
            schemes = ", ".join(f"{scheme}://" for scheme in STORES if scheme != "file")
            return StorageQueryValidationResult(query, valid=False, reason=f"it begins with none of {schemes}")
        other = {"s3": "s3", "gs": "gcs"}.get(uri.scheme)
        if other is not None and find_spec(f"snakemake_storage_plugin_{other}") is not None:
            reason = f"{uri.scheme}:// is storage.{other}'s, which is installed"
            return StorageQueryValidationResult(query, valid=False, reason=reason)
        if ".." in uri.path.split("/"):
            return StorageQueryValidationResult(query, valid=False, reason="'..' would lead out of Snakemake's folder")
        return StorageQueryValidationResult(query, valid=True)

    def postprocess_query(self, query: str) -> str:
        """Return the one spelling of a query."""
        uri = parse_uri(query)
        return str(Uri(uri.scheme, uri.path))


class StorageObject(StorageObjectRead, StorageObjectWrite, StorageObjectGlob):
    """A file; as an input, a folder with all that is in it."""

    provider: StorageProvider

    @property
    def _uri(self) -> Uri:
        return parse_uri(self.query)

    @property
    def _store(self) -> Store:
        return self.provider.stores.of(self._uri)

    def _entry(self) -> Entry:
        return self._store.stat(self._uri.path)

    def _suffix(self, path: str) -> str:
        return f"{self._uri.scheme}/{path}"

    def local_suffix(self) -> str:
        """Return the place below Snakemake's folder for what is fetched."""
        return self._suffix(self._uri.path)

    def get_inventory_parent(self) -> str | None:
        """Return the key of the folder that is listed for what is known of this file."""
        parent = self._uri.path.rpartition("/")[0]
        return self.cache_key(self._suffix(parent)) if parent else None

    async def inventory(self, cache: IOCacheStorageInterface) -> None:
        """Record what a listing states about the files beside this one.

        Args:
            cache: Where.
        """
        key, parent = self.get_inventory_parent(), self._uri.path.rpartition("/")[0]
        if key is None or key in cache.exists_in_storage:
            return
        cache.exists_in_storage[key] = True
        try:
            for entry in islice(self._store.entries(parent), MOST_LISTED):
                if not entry.is_folder:
                    self._note(entry, cache)
        except PathError:  # it does not exist yet, or its platform does not list it
            return

    def _note(self, entry: Entry, cache: IOCacheStorageInterface) -> None:
        key = self.cache_key(self._suffix(entry.path))
        cache.exists_in_storage[key] = True
        cache.mtime[key] = Mtime(storage=_whole_seconds(entry))
        if entry.size is not None:
            cache.size[key] = entry.size

    def cleanup(self) -> None:
        """Leave nothing behind: what was fetched is Snakemake's."""

    def exists(self) -> bool:
        """Return whether it exists."""
        try:
            self._entry()
        except PathNotFound:
            return False
        return True

    def mtime(self) -> float:
        """Return when it was changed last, in whole seconds since 1970: for a folder the newest of its files.

        Where a platform does not say, it is as old as can be: what is made of it is not made again.
        """
        return max((_whole_seconds(entry) for entry in self._files()), default=0.0)

    def size(self) -> int:
        """Return its bytes; 0 if the platform does not state it."""
        return sum(entry.size or 0 for entry in self._files())

    def _files(self) -> Iterator[Entry]:
        entry = self._entry()
        return self._store.walk(entry.path) if entry.is_folder else iter([entry])

    def retrieve_object(self) -> None:
        """Fetch it, verified; what a lost run began is resumed."""
        from omicsdk.fs.copying.fetching import fetch
        from omicsdk.fs.copying.spool import Unfinished

        local, entry = self.local_path().absolute(), self._entry()
        if entry.is_folder:
            local.mkdir(parents=True, exist_ok=True)
            start = len(entry.path) + 1
            folder, entries = local, [(file, file.path[start:]) for file in self._store.walk(entry.path)]
        else:
            folder, entries = local.parent, [(entry, local.name)]
        with Unfinished("snakemake", [self.query, str(local)]) as journal:
            report = fetch(entries, self._store, str(folder), CopyOptions(journal=journal.path))
            journal.keep = not report.ok
        report.raise_if_failed()

    def store_object(self) -> None:
        """Put it, verified."""
        self._store.put([Put(str(self.local_path()), self._uri.path)], CopyOptions()).raise_if_failed()

    def remove(self) -> None:
        """Remove it; if it has a local copy, that alone."""
        # Snakemake removes local copies of inputs with retrieve=False by this method (its issues 2768, 3476 and 3898). An
        # output with retrieve=False, which it removes so as well, is written by the rule and has none.
        local = self.local_path()
        if local.is_dir():
            shutil.rmtree(local)
        elif local.exists():
            local.unlink()
        else:
            self._store.remove(self._entry())

    def list_candidate_matches(self) -> Iterable[str]:
        """Return the URIs among which those that fit the wildcards are."""
        start = parse_uri(get_constant_prefix(self.query, strip_incomplete_parts=True))
        folder = self._store.stat(start.path, folder=True)
        return [str(Uri(start.scheme, entry.path)) for entry in self._store.below(folder.path)]


def _whole_seconds(entry: Entry) -> float:
    # Some platforms state whole seconds, others fractions. An output stored in the second of its input would look older than
    # that input, and be made again.
    return float(int(entry.modified or 0.0))
