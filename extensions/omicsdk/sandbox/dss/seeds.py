"""Bundles from local folders without the network: for demos, teaching and tests."""

import mimetypes
import uuid as uuids
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from omicsdk.sandbox.dss.state import BundleEntry, Dss, FileRecord, JsonObject


def content_type(name: str) -> str:
    """The type that the Data Store's own uploads state for a file name, without their errors for compressed files."""
    # Not the module's function: that one also reads the machine's files, and machines differ.
    kind, encoding = mimetypes.MimeTypes().guess_type(name)
    if encoding == "gzip":
        return "application/gzip"
    return kind or "application/octet-stream"


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a tree, each with its path in the tree, with slashes, in that path's order."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    yield from sorted((path.relative_to(folder).as_posix(), path) for path in paths)


def seed_folder(dss: Dss, folder: Path, *, replica: str, creator_uid: int) -> JsonObject:
    """Make a bundle of a folder.

    Args:
        dss: The Data Store.
        folder: The folder.
        replica: aws or gcp.
        creator_uid: The user's number in the bundle and its files.

    Returns:
        The new bundle: its bundle_uuid, version, creator_uid and replica, and its files, each with its name (its path in the
        folder, with slashes), uuid, version, creator_uid, size, sha256, and whether it is indexed.

    Raises:
        ValueError: The folder is not one or has no files, or the replica is not one.
    """
    if replica not in ("aws", "gcp"):
        raise ValueError(f"the replica is aws or gcp, not {replica}")
    if not folder.is_dir():
        raise ValueError(f"{folder} isn't a folder")
    stored = [(name, dss.context.objects.put_file(path)) for name, path in files_below(folder)]
    if not stored:
        raise ValueError(f"{folder} has no files")
    version = dss.new_version("")
    bundle_uuid = str(uuids.uuid4())
    entries = [
        BundleEntry(
            name,
            name.endswith(".json"),
            FileRecord(
                uuid=str(uuids.uuid4()),
                version=version,
                creator_uid=creator_uid,
                content_type=content_type(name),
                **asdict(content),
                ready=dss.now(),
            ),
        )
        for name, content in stored
    ]
    with dss.transaction():
        dss.files.put_all(entry.file for entry in entries)
        dss.add_bundle(bundle_uuid, version, creator_uid, entries)
    return {
        "bundle_uuid": bundle_uuid,
        "version": version,
        "creator_uid": creator_uid,
        "replica": replica,
        "files": [_summary(entry) for entry in entries],
    }


def _summary(entry: BundleEntry) -> JsonObject:
    facts = {name: getattr(entry.file, name) for name in ("uuid", "version", "creator_uid", "size", "sha256")}
    return {"name": entry.name, **facts, "indexed": entry.indexed}
