"""Objects of Google Cloud Storage as files, read-only: `gs://bucket/key`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from omicsdk.core.checksums import from_base64
from omicsdk.core.consistency import ListingCheck, ResponseMismatch
from omicsdk.core.dates import seconds_of
from omicsdk.core.errors import APIError, DecodeError, Forbidden, NotFound, Unauthorized
from omicsdk.core.oauth.google import REMEDY
from omicsdk.core.plain_client import PlainClient, plain_request
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object, number_in
from omicsdk.drs.credentials import PROJECT_VARIABLE, Storage
from omicsdk.fs.errors import NotListed, PathNotFound
from omicsdk.fs.store import ClientStore, Entry, Features
from omicsdk.fs.stores.buckets import BucketStore, prefix_of, split
from omicsdk.transfer import Location

# Without the access lists of each object, which are most of a page.
_FIELDS = "name,size,md5Hash,crc32c,updated,generation,etag,contentType,contentEncoding,storageClass,metadata"
# What `omics stat` shows of an object, by Google's name for it.
_DETAILS = {
    "etag": "etag",
    "contentType": "content_type",
    "contentEncoding": "content_encoding",
    "storageClass": "storage_class",
}


class GsStore(BucketStore, ClientStore[PlainClient]):
    """Buckets of Google Cloud Storage and their objects, read-only: public ones, or those that the user's Google login
    may read.

    Args:
        project: The project that pays for requests to buckets whose owner does not; by default OMICS_GOOGLE_PROJECT.
    """

    scheme: ClassVar[str] = "gs"
    features: ClassVar[Features] = Features(
        alternative="Copy to a folder of this machine, and from there with gcloud storage cp.",
        shared_paths=True,
        listing_proves_folder=True,
        sorted_listings=True,
    )

    def __init__(self, *, project: str | None = None) -> None:
        super().__init__(None, self._connected_client)
        self._storage = Storage()
        if project is not None:
            self._storage.project = project

    def _connected_client(self) -> PlainClient:
        return PlainClient(self._storage.google_url, credentials=self._storage.google_login)

    def _stat(self, path: str) -> Entry:
        return self._object_or_folder(path, partial(self._stat_folder, path))

    def _stat_folder(self, path: str) -> Entry:
        _, key = split(path)
        # The list of a bucket that is missing is an error.
        if path and not self._begins_with(path, prefix_of(key)) and key is not None:
            raise PathNotFound(self.uri(path), "not found")
        return Entry(path, "folder")

    def _object(self, path: str, bucket: str, key: str) -> Entry:
        where = f"/storage/v1/b/{_quoted(bucket)}/o/{_quoted(key)}"
        facts = self._requested(path, where, {"fields": _FIELDS})
        return _entry_of(bucket, facts, f"object {self.uri(path)}")

    def _buckets(self) -> Iterator[Entry]:
        raise NotListed(self.uri(""), "cannot be listed", remedy="Name a bucket: gs://BUCKET/.")

    def _listed(
        self, path: str, prefix: str, delimiter: str = "", most: int | None = None
    ) -> Iterator[tuple[Sequence[Entry], Sequence[str]]]:
        bucket, _ = split(path)
        operation, token, tokens = f"list of gs://{bucket}/{prefix}", "", set[str]()
        listing = ListingCheck(operation, ascends=True)
        while True:
            query = {
                "prefix": prefix,
                "delimiter": delimiter,
                "maxResults": "" if most is None else str(most),
                "pageToken": token,
                "fields": f"nextPageToken,prefixes,items({_FIELDS})",
            }
            page = self._requested(path, f"/storage/v1/b/{_quoted(bucket)}/o", query)
            items, prefixes = page.get("items", []), page.get("prefixes", [])
            if not is_array(items) or not is_array(prefixes):
                raise DecodeError(operation, "items", page, expected="a list of objects")
            objects, folders = [_entry_of(bucket, item, operation) for item in items], list(map(str, prefixes))
            names = [*(entry.path.partition("/")[2] for entry in objects), *folders]
            if (other := next((name for name in names if not name.startswith(prefix)), None)) is not None:
                raise ResponseMismatch(operation, "prefix", prefix, other)
            yield [entry for entry in objects if listing.entry(entry.path)], folders
            token = str(page.get("nextPageToken", ""))
            if not token:
                listing.finish()
                return
            if token in tokens:  # it would list the same pages without end
                raise DecodeError(operation, "nextPageToken", token, expected="the token of the next page")
            tokens.add(token)

    def _requested(self, path: str, where: str, query: Mapping[str, str]) -> Mapping[str, object]:
        chosen = [(name, value or None) for name, value in {**query, "userProject": self._storage.project}.items()]
        operation = f"GET {self.uri(path)}"
        with self._explained(path):
            facts: object = json_of(self.client.send(plain_request(operation, "GET", where, query=chosen)), operation)
        if not is_object(facts):
            raise DecodeError(operation, "", facts, expected="an object")
        return facts

    @contextmanager
    def _explained(self, path: str) -> Generator[None]:
        try:
            yield
        except NotFound as error:
            raise PathNotFound(self.uri(path), "not found") from error
        except APIError as error:
            if "requester pays" in str(error):
                error.remedy = f"Set {PROJECT_VARIABLE} to the Google project to bill, or --option gs.project=PROJECT."
            elif isinstance(error, (Forbidden, Unauthorized)) and self._storage.google_login is None:
                error.remedy = REMEDY
            raise

    def location(self, entry: Entry) -> Location:
        return self._storage.location(self.uri(entry.path))


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")


def _entry_of(bucket: str, facts: object, operation: str) -> Entry:
    """Return the entry of an object as Google describes it; one that was composed of others has no MD5."""
    name, size = (facts.get("name"), number_in(facts.get("size"))) if is_object(facts) else (None, None)
    if not is_object(facts) or not isinstance(name, str) or size is None:
        raise DecodeError(operation, "items", facts, expected="an object with a name and a size")
    checksums = {
        kind: from_base64(kind, str(facts.get(field, ""))) for kind, field in (("md5", "md5Hash"), ("crc32c",) * 2)
    }
    metadata = facts.get("metadata")
    return Entry(
        f"{bucket}/{name}",
        "file",
        size,
        {kind: value for kind, value in checksums.items() if value},
        seconds_of(facts.get("updated")),
        str(facts.get("generation", "")),
        {
            **(metadata if is_object(metadata) else {}),
            **{shown: facts[field] for field, shown in _DETAILS.items() if facts.get(field)},
        },
    )
