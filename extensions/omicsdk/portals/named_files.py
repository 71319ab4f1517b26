"""JSON and YAML that names files without addresses: inputs of workflows, registries of data sets, checksums by names."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from urllib.parse import unquote

from omicsdk.core.type_guards import is_array, is_object
from omicsdk.portals.cells import ALGORITHMS, address_in, folder_of
from omicsdk.portals.headings import files_in
from omicsdk.portals.lists import FileList, Format, Head, Manual, Row, Stated
from omicsdk.portals.unsupported import what_it_is

_PATH = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^\s/|<>*?$~{}][^|<>*?${}\n]*\.[A-Za-z]\w{0,14}\Z")
_SUM = re.compile(
    r"(?:(?:md5|sha-?1|sha-?256|sha-?512)[:$])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})\Z", re.I
)
# Members that name a file, the preferred one first: a path is more than a name.
_PATHS = ("location", "path", "s3_key", "key", "file_path", "file_name", "filename", "name")
_SUMS = (*ALGORITHMS, "checksum", "hash", "known_hash", "md5sum")
_SIZES = ("size", "file_size", "bytes")
# A name of an input of WDL: WORKFLOW.INPUT.
_INPUT = re.compile(r"\w+(?:\.\w+)+\Z")
_STATED = Stated(("url",), ("file_name",), ("size",), (("checksum", ""),))


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _described(node: Mapping[str, object]) -> dict[str, str] | None:
    """The path, checksum and size of an object that describes a file: one of CWL, or one with a checksum."""
    is_cwl = node.get("class") == "File"
    path = next((text for name in _PATHS if _PATH.match(text := _text(node.get(name)))), "")
    checksum = next((text for name in _SUMS if _SUM.match(text := _text(node.get(name)))), "")
    if not path or not (is_cwl or checksum):
        return None
    size = next((str(node[name]) for name in _SIZES if isinstance(node.get(name), int)), "")
    return {"path": unquote(path) if is_cwl and "location" in node else path, "checksum": checksum, "size": size}


def _files(node: object) -> Iterator[dict[str, str]]:
    """The files that a document names by objects, or by the checksums of their names."""
    if is_object(node):
        if (described := _described(node)) is not None:
            yield described
        if node and all(_PATH.match(name) and _SUM.match(_text(value)) for name, value in node.items()):
            yield from ({"path": name, "checksum": _text(value), "size": ""} for name, value in node.items())
    for child in node.values() if is_object(node) else node if is_array(node) else ():
        yield from _files(child)


def _paths(node: object) -> Iterator[dict[str, str]]:
    """The texts of the inputs of a workflow that are paths in folders."""
    if is_object(node) or is_array(node):
        for child in node.values() if is_object(node) else node:
            yield from _paths(child)
    elif "/" in (path := _text(node)) and ":" not in path and _PATH.match(path):  # images of containers have tags
        yield {"path": path, "checksum": "", "size": ""}


def _beside(node: object) -> Iterator[str]:
    """The paths that are members of objects outside arrays; a path called so is one of what its object describes."""
    for name, child in node.items() if is_object(node) else ():
        if is_object(child):
            yield from _beside(child)
        elif name.lower() not in _PATHS:
            texts = child if is_array(child) else [child]
            yield from (file["path"] for text in texts if isinstance(text, str) for file in _paths(text))


def paths_beside(document: object, described: Container[str], names: Container[str]) -> set[str]:
    """Return the paths of files without addresses, in a document with addresses of other files.

    Args:
        document: The document.
        described: The members of its objects that have addresses.
        names: The names of the files that have addresses.
    """
    of_objects = {path for file in _files(document) if (path := file["path"]) not in described}
    return of_objects | {path for path in _beside(document) if path not in names}


def _named(head: Head) -> Iterator[dict[str, str]]:
    document = head.document
    yield from _files(document)
    if is_object(document) and document and all(map(_INPUT.match, document)):
        yield from _paths(document)


def _rows(file_list: FileList) -> Iterator[Row]:
    base = folder_of(file_list, ": it names files without addresses")
    for number, file in enumerate(_named(file_list.head), 1):
        path = file["path"].removeprefix("./")
        # The result manifest names the file by these cells.
        cells = {"url": address_in(base, path), "file_name": path, "size": file["size"], "checksum": file["checksum"]}
        yield Row(number, cells, stated=_STATED)


NAMED_FILES = Format(
    "named-files",
    "JSON or YAML with names of files",
    "no URLs; objects of CWL (class: File), objects with a name and a checksum, checksums by names, or inputs of WDL with paths",
    lambda head: any(True for _ in _named(head)) and not any(what_it_is(head)),
    _rows,
    files_in,
    manual=Manual(
        "the name or path, in the folder of the list or of `--base`", "those in the same object", "by scheme and host"
    ),
)
