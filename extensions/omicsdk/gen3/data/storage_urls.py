"""Which object of a storage a presigned URL is for: read from the forms that the storages document, not guessed."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html: the bucket in the host, or in the path.
_S3_HOST = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?\Z")
_S3_PATH = re.compile(r"s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?\Z")
#: https://cloud.google.com/storage/docs/request-endpoints
_GOOGLE = "storage.googleapis.com"


def storage_url(presigned: str) -> str:
    """The object that a presigned URL is for, as an index has it: `s3://BUCKET/KEY` or `gs://BUCKET/KEY`.

    Args:
        presigned: The URL.

    Returns:
        The object; empty where the URL isn't in a form that tells.
    """
    parts = urlsplit(presigned)
    host, path = (parts.hostname or "").lower(), unquote(parts.path).lstrip("/")
    if found := _S3_HOST.match(host):
        return f"s3://{found['bucket']}/{path}" if path else ""
    bucket, _, key = path.partition("/")
    if _S3_PATH.match(host) and bucket and key:
        return f"s3://{bucket}/{key}"
    if host == _GOOGLE and bucket and key:
        return f"gs://{bucket}/{key}"
    if host.endswith(f".{_GOOGLE}") and path:
        return f"gs://{host.removesuffix(f'.{_GOOGLE}')}/{path}"
    return ""
