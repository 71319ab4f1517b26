"""A file or folder as the platform's answers have it."""

from typing import Any

from omicsdk.sandbox.sb.state import when
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.service import Call


def file_json(call: Call, record: FileRecord) -> dict[str, Any]:
    """All fields of a file.

    Args:
        call: The request, which knows the platform's address.
        record: The file.
    """
    folder = record.type == "folder"
    shown: dict[str, Any] = {
        "href": call.service_url(f"/files/{record.id}", {}),
        "id": record.id,
        "type": record.type,
        "name": record.name,
        "parent": record.parent or None,
        "project": None if ":" in record.project else record.project,
        "created_on": when(record.created_on),
        "modified_on": when(record.modified_on),
    }
    if folder:
        return shown
    storage = {"type": "PLATFORM"}
    if record.volume:
        storage = {"type": "VOLUME", "volume": record.volume, "location": record.location}
    shown["size"] = record.size
    shown["origin"] = {"task": record.task} if record.task else {}
    shown["storage"] = storage
    shown["metadata"] = dict(record.metadata)
    shown["tags"] = list(record.tags)
    if record.secondary:
        shown["_secondary_files"] = [{"class": "File", "path": id} for id in record.secondary]
    return shown
