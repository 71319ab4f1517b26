"""The URI of an upload area: where it is, in which deployment, and what it is called."""

from __future__ import annotations

from omicsdk.hca.upload.exceptions import NotAnAreaURI

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class UploadAreaURI:
    """`s3://<bucket prefix>-<deployment stage>/<area uuid>/`, such as
    `s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/`.

    Args:
        uri: The URI; the last slash may be missing.

    Raises:
        NotAnAreaURI: It is something else. What stands for the stage becomes part of a host's name, so only letters and
            digits are taken.

    Attributes:
        uri: The URI, with a slash at its end.
    """

    __slots__ = ("_bucket", "_uuid", "uri")

    def __init__(self, uri: str) -> None:
        scheme, separator, rest = uri.partition("://")
        bucket, _, uuid = rest.removesuffix("/").partition("/")
        if scheme != "s3" or not separator or not _is_bucket(bucket) or not _is_name(uuid):
            raise NotAnAreaURI(f"{uri!r} isn't the URI of an upload area")
        self.uri = f"s3://{bucket}/{uuid}/"
        self._bucket = bucket
        self._uuid = uuid

    @property
    def bucket_name(self) -> str:
        """The bucket that the area is in."""
        return self._bucket

    @property
    def deployment_stage(self) -> str:
        """The deployment that the bucket belongs to: what follows the last dash of its name."""
        return self._bucket.rpartition("-")[2]

    @property
    def area_uuid(self) -> str:
        """The area's UUID."""
        return self._uuid

    def __str__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"UploadAreaURI({self.uri!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UploadAreaURI) and other.uri == self.uri

    def __hash__(self) -> int:
        return hash(self.uri)


def _is_bucket(text: str) -> bool:
    prefix, dash, stage = text.rpartition("-")
    return bool(dash and prefix and stage) and _LETTERS.issuperset(stage) and (_LETTERS | set(".-_")).issuperset(prefix)


def _is_name(text: str) -> bool:
    return bool(text) and (_LETTERS | set("-_")).issuperset(text.lower())
