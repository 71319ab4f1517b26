"""The document under which a bundle is found: its manifest and the contents of its metadata files."""

import json
import re
from collections.abc import Callable, Sequence

from omicsdk.sandbox.dss.store import BundleEntry, JsonObject

MANIFEST_FORMAT = "0.0.1"
# The platform documents that larger manifests aren't part of the index document.
MAX_INDEXED_FILES = 20_000


def manifest(version: str, creator_uid: int, entries: Sequence[BundleEntry]) -> JsonObject:
    """A bundle's manifest, as `PUT /bundles` answers it."""
    return {
        "format": MANIFEST_FORMAT,
        "version": version,
        "creator_uid": creator_uid,
        "files": [entry.manifest() for entry in entries],
    }


def schema_key(name: str) -> str:
    """Under which key of `files` a metadata file's content stands: cell_suspension_0.json is cell_suspension_json."""
    stem = re.sub(r"\.json$", "", name)
    return re.sub(r"_\d+$", "", re.sub(r"\W", "_", stem)) + "_json"


def index_document(
    uuid: str,
    version: str,
    creator_uid: int,
    entries: Sequence[BundleEntry],
    read: Callable[[str], bytes],
) -> JsonObject:
    """Makes the document.

    Args:
        uuid: The bundle's uuid.
        version: Its version.
        creator_uid: Who made it.
        entries: Its files.
        read: Reads the bytes of a content, by SHA-256.

    Returns:
        `uuid`, `state`, `manifest`, and `files`: schema key to the contents of that kind. An indexed file that isn't
        JSON is left out, as by the platform.
    """
    files: dict[str, list[object]] = {}
    for entry in entries:
        if not entry.indexed:
            continue
        try:
            content = json.loads(read(entry.file.sha256))
        except (ValueError, RecursionError):
            continue
        files.setdefault(schema_key(entry.name), []).append(content)
    document: JsonObject = {"uuid": uuid, "state": "new", "files": files}
    if len(entries) <= MAX_INDEXED_FILES:
        document["manifest"] = manifest(version, creator_uid, entries)
    return document
