"""What files of results are called: a folder a sample, and in it sample, module and field. All of it is pure."""

from __future__ import annotations

from hashlib import blake2b

from omicsdk.pangea.contents.stored_data import extension_of, file_name_of

LONGEST = 200
"""Bytes of a part of a path; file systems take 255, and an unfinished file has a longer name."""

_ESCAPES = {"/": "%2F", "\\": "%5C", **{chr(code): f"%{code:02X}" for code in (*range(32), 127)}}
_TABLE = str.maketrans(_ESCAPES)


def blob_file_name(owner: str, module: str, field: str, replicate: str = "") -> str:
    """Names the file for a field's data.

    Args:
        owner: The sample's name, or the group's.
        module: The module's name.
        field: The field's name.
        replicate: Tells results of one module apart; by default there is nothing to tell apart.

    Returns:
        A path of two parts with "/" between them, which can't lead out of a folder.
    """
    return _path(owner, module, field, replicate, "json")


def referenced_file_name(owner: str, module: str, field: str, data: object, replicate: str = "") -> str:
    """Names the file that a field refers to; it ends as the file does that was uploaded.

    Args:
        owner: The sample's name, or the group's.
        module: The module's name.
        field: The field's name.
        data: The field's `stored_data`.
        replicate: Tells results of one module apart; by default there is nothing to tell apart.

    Returns:
        A path of two parts with "/" between them, which can't lead out of a folder.

    Raises:
        NoFile: The data name no file.
    """
    return _path(owner, module, field, replicate, extension_of(file_name_of(data)))


def _path(owner: str, module: str, field: str, replicate: str, extension: str) -> str:
    stem = ".".join(part.replace(".", "-") for part in (owner, module, replicate, field) if part)
    end = f".{_safe(extension)}" if extension else ""
    return f"{_fitting(_safe(owner))}/{_fitting(_safe(stem), end)}"


def _safe(part: str) -> str:
    part = part.encode("utf-8", "replace").decode().replace("::", "__").translate(_TABLE) or "_"
    return part.replace(".", "%2E") if part.strip(".") == "" else part


def _fitting(part: str, end: str = "") -> str:
    """A part with its end, cut where it is too long; what was cut off is told apart by its digest."""
    whole = (part + end).encode()
    if len(whole) <= LONGEST:
        return part + end
    if len(end.encode()) > LONGEST // 4:
        end = ""
    digest = f"~{blake2b(whole, digest_size=6).hexdigest()}{end}"
    kept = part.encode()[: LONGEST - len(digest.encode())]
    return kept.decode("utf-8", "ignore") + digest
