"""Keys of a bucket's objects, read as paths of files in folders."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from omicsdk.fs.errors import NotAFolder
from omicsdk.fs.store import Entry, Store


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

    def _begins_with(self, path: str, prefix: str) -> bool:
        """Whether a key begins so."""
        return any(objects for objects, _ in self._listed(path, prefix, most=2))

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
