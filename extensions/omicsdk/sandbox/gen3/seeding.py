"""Puts files into the commons, so that whoever tries something out has some."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from omicsdk.sandbox.gen3.files import BUCKET, Files
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.state.objects import StoredObject

OPEN = "/open"
"""A resource that everybody may read."""


def add_file(
    files: Files,
    index: Index,
    name: str,
    content: bytes,
    *,
    authz: Sequence[str] = (OPEN,),
    did: str | None = None,
    **more: Any,
) -> str:
    """Puts bytes into the commons' bucket and a record of them, with md5, sha256 and size, into the index.

    Args:
        files: The contents of the commons' buckets.
        index: The records.
        name: The file's name.
        content: Its bytes.
        authz: The resources that say who may read it.
        did: Its GUID; a new one by default.
        more: Further fields of the record, such as metadata or acl; `urls` in place of the one that bytes are put at.

    Returns:
        The GUID.
    """
    stored = files.objects.put_bytes(content)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return add_stored_file(files, index, name, stored, md5, authz=authz, did=did, **more)


def add_stored_file(
    files: Files,
    index: Index,
    name: str,
    stored: StoredObject,
    md5: str,
    *,
    authz: Sequence[str] = (OPEN,),
    did: str | None = None,
    **more: Any,
) -> str:
    """Puts a content that is in the store already into the commons' bucket; otherwise as `add_file`.

    Args:
        files: The contents of the commons' buckets.
        index: The records.
        name: The file's name.
        stored: The content.
        md5: Its MD5, in hex digits.
        authz: The resources that say who may read it.
        did: Its GUID; a new one by default.
        more: Further fields of the record.

    Returns:
        The GUID.
    """
    url = f"s3://{BUCKET}/{uuid.uuid4()}/{name}"
    files.enter(url, stored, md5)
    record: dict[str, Any] = {
        "form": "object",
        "file_name": name,
        "size": stored.size,
        "hashes": {"md5": md5, "sha256": stored.sha256},
        "urls": [url],
        "authz": list(authz),
        **more,
    }
    if did is not None:
        record["did"] = did
    return index.create(record)["did"]
