"""Keys of a bucket's objects, read as paths of files in folders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence

from omicsdk.core.errors import Forbidden, OmicsError, Unauthorized
from omicsdk.fs.errors import NotAFolder, PathNotFound
from omicsdk.fs.store import Entry, Store

#: Types of empty objects that stand for folders: of SeaweedFS, and of s3fs.
_FOLDER_TYPES = frozenset({"httpd/unix-directory", "application/x-directory"})


def split(path: str) -> tuple[str, str | None]:
    """The bucket and the key of a path; None without a key; after a slash the key may be empty.

    Args:
        path: `bucket/key`. The key is everything after the first slash, unchanged there.
    """
    bucket, slash, key = path.partition("/")
    return bucket, key if slash else None


def prefix_of(key: str | None) -> str:
    """Return the prefix of the keys in a folder.

    Args:
        key: The folder's own; None for the bucket.
    """
    return "" if key is None else f"{key}/"


class BucketStore(Store):
    """Buckets and their objects. Keys are kept as they are written, dots and doubled slashes among them.

    There are no folders: one exists as long as a key begins with its path and a slash. An object without data whose key
    ends in a slash only marks its folder; one with data is a file of that key.
    """

    @abstractmethod
    def _buckets(self) -> Iterator[Entry]:
        """List the user's buckets."""

    @abstractmethod
    def _listed(
        self, path: str, prefix: str, delimiter: str = "", most: int | None = None
    ) -> Iterator[tuple[Sequence[Entry], Sequence[str]]]:
        """Yield the pages of a list of objects: these, and the prefixes of others up to the delimiter.

        Args:
            path: What is listed, for errors; it begins with the bucket.
            prefix: Prefix of the keys.
            delimiter: The delimiter; empty for all keys below the prefix.
            most: Objects of a page, at most; by default the platform's own limit.
        """

    @abstractmethod
    def _object(self, path: str, bucket: str, key: str) -> Entry:
        """Request an object."""

    def _begins_with(self, path: str, prefix: str) -> bool:
        """Whether a key begins so."""
        return any(objects for objects, _ in self._listed(path, prefix, most=2))

    def _object_or_folder(self, path: str, folder: Callable[[], Entry], refused: OmicsError | None = None) -> Entry:
        """Return an object, or the folder of its name; where neither is, the error is that of an earlier request, if it was refused."""
        bucket, key = split(path)
        marker: Entry | None = None
        if key:
            try:
                entry = self._object(path, bucket, key)
                if entry.size or not (key.endswith("/") or entry.details.get("content_type") in _FOLDER_TYPES):
                    return entry
                marker = None if key.endswith("/") else entry
            except PathNotFound:
                pass
            # So stores answer, too, where nothing is and the bucket may not be listed.
            except (Forbidden, Unauthorized) as error:
                refused = error
        try:
            return folder()
        except OmicsError as error:
            if marker is not None and isinstance(error, PathNotFound):
                return marker
            raise refused or error from error.__cause__

    def _entries(self, path: str) -> Iterator[Entry]:
        if not path:
            yield from self._buckets()
            return
        bucket, key = split(path)
        prefix, is_there, before = prefix_of(key), key is None, set[str]()
        for objects, folders in self._listed(path, prefix, "/"):
            is_there = is_there or bool(objects or folders)
            for folder in folders:
                if folder not in before:  # some stores name one again on the next page, where more of its keys are
                    yield Entry(f"{bucket}/{folder[:-1]}", "folder")
            before = set(folders)
            for entry in objects:
                if entry.path != f"{bucket}/{prefix}" or entry.size:
                    yield entry
        if not is_there and not self.stat(path).is_folder:
            raise NotAFolder(self.uri(path), "is an object")

    def _below(self, path: str) -> Iterator[Entry]:
        if not path:
            for bucket in self._buckets():
                yield from self.below(bucket.path)
            return
        _, key = split(path)
        for objects, _ in self._listed(path, prefix_of(key)):
            for entry in objects:
                if entry.size or not entry.path.endswith("/"):
                    yield entry
