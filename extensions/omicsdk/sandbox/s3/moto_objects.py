"""Objects of moto's S3, looked at in this process: block by block, where its own answers hold the whole in memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import Any, cast

BLOCK = 8 * 1024 * 1024
_META = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class MotoObject:
    """An object in a bucket.

    Attributes:
        name: Its key.
        size: Length in bytes.
        etag: Its ETag, without quotes.
        content_type: Its Content-Type.
        metadata: Its user metadata, names in lower case.
        modified: When it was put, in seconds since 1970 of the real time, which is moto's.
    """

    name: str
    size: int
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    modified: float
    _key: Any

    def blocks(self) -> Iterator[bytes]:
        """Its bytes."""
        start = 0
        while start < self.size:
            # Whoever else reads it moves the same file's position.
            with self._key.lock:
                self._key._value_buffer.seek(start)
                block: bytes = self._key._value_buffer.read(BLOCK)
            if not block:
                raise OSError(f"{self.name} was removed while it was read")
            start += len(block)
            yield block

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return _backend().tagger.get_tag_dict_for_resource(self._key.arn)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Adds tags, in place of those of the same names."""
        _backend().put_object_tagging(self._key, {**self.tags, **tags})

    def untag(self) -> None:
        """Removes its tags."""
        _backend().tagger.delete_all_tags_for_resource(self._key.arn)


def find_object(bucket: str, name: str) -> MotoObject | None:
    """An object, or None when there is no such bucket or key."""
    backend = _backend()
    key = backend.get_object(bucket, name) if bucket in backend.buckets else None
    return None if key is None else _object(key)


def objects_below(bucket: str, prefix: str) -> list[MotoObject]:
    """The objects of a bucket whose keys begin with a prefix, by key; none when there is no such bucket."""
    backend = _backend()
    if bucket not in backend.buckets:
        return []
    # Taken at one blow: moto's own listing fails while somebody else puts an object.
    names = list(cast("dict[str, Any]", backend.get_bucket(bucket).keys).copy())
    found = (find_object(bucket, name) for name in sorted(names) if name.startswith(prefix))
    return [each for each in found if each is not None]


def put_file(
    bucket: str, name: str, path: Path, *, etag: str, content_type: str, metadata: Mapping[str, str]
) -> MotoObject:
    """Puts a file of the local disk into a bucket that is there.

    Args:
        bucket: The bucket.
        name: The key.
        path: The file.
        etag: Its ETag, without quotes.
        content_type: Its Content-Type.
        metadata: Its user metadata.

    Returns:
        The object.
    """
    key = _backend().put_object(bucket, name, b"", etag=etag, disable_notification=True)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            key._value_buffer.write(block)
            key.contentsize += len(block)
    key.set_metadata({"Content-Type": content_type, **{f"{_META}{each}": value for each, value in metadata.items()}})
    return _object(key)


def remove_objects(bucket: str, prefix: str) -> None:
    """Removes the objects of a bucket whose keys begin with a prefix, and uploads to there that aren't complete."""
    for found in objects_below(bucket, prefix):
        found.untag()  # moto forgets that
        _backend().delete_object(bucket, found.name)
    backend = _backend()
    if bucket in backend.buckets:
        uploads = cast("dict[str, Any]", backend.get_bucket(bucket).multiparts)
        for id, upload in uploads.copy().items():
            if upload.key_name.startswith(prefix):
                uploads.pop(id).dispose()


def empty_buckets() -> None:
    """Removes every bucket with what is in it."""
    for account in list(_backends().values()):
        for backend in list(account.values()):
            backend.reset()


def _object(key: Any) -> MotoObject:
    metadata: dict[str, str] = {name.lower(): value for name, value in key.metadata.items()}
    return MotoObject(
        name=key.name,
        size=key.size,
        etag=key.etag.strip('"'),  # from here on moto remembers it and doesn't move the position to compute it
        content_type=metadata.get("content-type", "binary/octet-stream"),
        metadata={name.removeprefix(_META): value for name, value in metadata.items() if name.startswith(_META)},
        modified=key.last_modified.replace(tzinfo=UTC).timestamp(),
        _key=key,
    )


def _backends() -> Any:
    return import_module("moto.s3.models").s3_backends  # it has no types


def _backend() -> Any:
    return _backends()["123456789012"]["aws"]  # the account of whoever has no other with moto
