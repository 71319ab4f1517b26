"""Lists of programs that version data: the files of DVC, and what git-annex and DataLad state of theirs."""

from __future__ import annotations

import configparser
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from omicsdk.core.json_decoding import decoded
from omicsdk.core.lazy import require
from omicsdk.core.type_guards import is_array, is_object, only_objects
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.portals.lists import (
    FETCHABLE,
    FileList,
    Format,
    Head,
    ListedFile,
    ListError,
    Manual,
    Row,
    RowFault,
    checksums_in,
    file_at,
    name_in,
    numbered_lines,
    opened,
    scheme_of,
    size_in,
)
from omicsdk.portals.rows import text_of


def _files(row: Row, _: FileList) -> Iterator[ListedFile]:
    """The file of a row, whose URLs are separated by blanks."""
    first, *mirrors = row.cells["url"].split()
    sums = checksums_in({row.cells["algorithm"]: row.cells["checksum"]} if row.cells["algorithm"] else {})
    name, size = name_in(row.cells["path"]), size_in(row.cells["size"])
    yield file_at(first, name=name, size=size, checksums=sums, mirrors=tuple(mirrors))


# -- DVC

_MOST_YAML = 1 << 24
"""Most characters of a file of DVC."""
_DVC_KEY = re.compile(r"(?m)^(?:outs|stages):\s*(?:#.*)?$")
_DVC_PATH = re.compile(r"(?m)^[ -]*path:\s*\S")


def _dvc_rows(file_list: FileList) -> Iterator[Row]:
    """The outputs of a .dvc file or dvc.lock, and dependencies of stages at URLs."""
    require("yaml", "dvc", "files of DVC")
    with opened(file_list) as text:
        data = text.read(_MOST_YAML + 1)
    if len(data) > _MOST_YAML:
        raise ListError(f"{file_list.shown}: longer than {_MOST_YAML >> 20} MiB", remedy="Name some of its .dvc files.")
    try:
        document: object = read_yaml(data)
    except YamlFault as fault:
        raise ListError(f"{file_list.shown}: {fault}", remedy="Restore the file from version control.") from fault
    if not is_object(document):
        raise ListError(f"{file_list.shown}: no file of DVC", remedy="Name a .dvc file or dvc.lock.")
    stages: object = document.get("stages")
    number = 0
    for stage in only_objects([*stages.values()]) if is_object(stages) else [document]:
        outputs, inputs = only_objects(stage.get("outs")), only_objects(stage.get("deps"))
        is_import = len(outputs) == len(inputs) == 1 and (
            "repo" in inputs[0] or (stage is document and scheme_of(text_of(inputs[0].get("path"))) != "")
        )
        inputs_at_urls = () if is_import else (entry for entry in inputs if scheme_of(text_of(entry.get("path"))))
        for entry in (*outputs, *inputs_at_urls):
            for part in _parts_of(entry):
                number += 1
                origin = inputs[0] if is_import else part if scheme_of(text_of(part.get("path"))) else None
                yield _dvc_row(file_list, number, part, origin, text_of(document.get("wdir")))


def _parts_of(entry: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The files of an entry: those that a folder lists, or itself."""
    files = only_objects(entry.get("files"))
    return (
        (
            {
                **part,
                "path": f"{text_of(entry.get('path'))}/{text_of(part.get('relpath'))}",
                "part": part.get("relpath"),
                "hash": part.get("hash", entry.get("hash")),
            }
            for part in files
        )
        if files
        else (entry,)
    )


def _dvc_row(
    file_list: FileList, number: int, entry: Mapping[str, Any], origin: Mapping[str, Any] | None, wdir: str
) -> Row:
    """A row for an entry.

    Args:
        file_list: The list.
        number: The number of the row.
        entry: The output.
        origin: What it was imported from; None for an output of a project.
        wdir: The folder of its path.
    """
    path, md5, relative = (text_of(entry.get(key)) for key in ("path", "md5", "part"))
    name = posixpath.normpath(posixpath.join(wdir, path)) if path and not scheme_of(path) else path.rpartition("/")[2]
    if not path:
        return Row(number, {}, fault="an output has no path")
    if md5.endswith(".dir"):
        return Row(number, {}, fault=f"{path!r} is a folder, whose files only DVC's cache lists: dvc pull")
    is_of_bytes = entry.get("hash") == "md5"
    if md5 and not is_of_bytes:
        file_list.notes["MD5 of DVC 2, which may be of converted text, are not compared"] += 1
    try:
        url = _imported(origin, relative) if origin is not None else _stored(file_list, entry, md5)
    except RowFault as fault:
        return Row(number, {}, fault=f"{path!r} {fault}")
    checksum = md5 if is_of_bytes else ""
    return Row(
        number,
        {
            "path": name,
            "size": text_of(entry.get("size")),
            "algorithm": checksum and "md5",
            "checksum": checksum,
            "url": url,
        },
    )


def _imported(origin: Mapping[str, Any], relative: str) -> str:
    """The URL of what a file was imported from.

    Raises:
        RowFault: It is a file of another repository.
    """
    if is_object(repository := origin.get("repo")):
        raise RowFault(
            f"is imported from the repository {text_of(repository.get('url'))}: name the .dvc file of that one"
        )
    url = text_of(origin.get("path")).replace(" ", "%20")
    if scheme_of(url) not in FETCHABLE:
        raise RowFault(f"is imported from {url!r}, which is no URL that can be downloaded")
    return f"{url.rstrip('/')}/{relative}" if relative and not url.endswith(relative) else url


def _stored(file_list: FileList, entry: Mapping[str, Any], md5: str) -> str:
    """The URL of an output in the remote storage of its project.

    Raises:
        RowFault: The project states no storage that can be read.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", md5):
        raise RowFault("has no MD5, by which DVC stores it")
    config = configparser.ConfigParser(interpolation=None, strict=False)
    where = next(
        (file for above in file_list.path.absolute().parents if (file := above / ".dvc" / "config").is_file()), None
    )
    if where is None:
        raise RowFault(
            "is in the storage of its DVC project, which is not here: name the file in a copy of the project"
        )
    try:
        config.read_string(where.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise RowFault(f"is in the storage of its DVC project, whose {where} cannot be read") from error
    remote = text_of(entry.get("remote")) or config.get("core", "remote", fallback="")
    url = config.get(f"'remote \"{remote}\"'", "url", fallback="")
    if scheme_of(url) not in FETCHABLE:
        raise RowFault(
            f"is in DVC's storage {remote!r}, {url or 'without a URL'}, which cannot be downloaded: dvc pull"
        )
    folder = "/files/md5" if entry.get("hash") == "md5" else ""
    return f"{url.rstrip('/')}{folder}/{md5[:2]}/{md5[2:]}"


DVC = Format(
    "dvc",
    "file of DVC (.dvc, dvc.lock)",
    "outs or stages with path, in YAML",
    lambda head: _DVC_KEY.search(head.text) is not None and _DVC_PATH.search(head.text) is not None,
    _dvc_rows,
    _files,
    manual=Manual(
        "the URL that it was imported from, else the storage in the project's `.dvc/config`",
        "MD5 of DVC 3",
        "by scheme and host",
    ),
)


# -- git-annex

_KEY = re.compile(r"(?P<backend>[A-Z0-9_]+?)E?(?:-s(?P<size>\d+))?(?:-[a-zA-Z]\d+)*--(?P<name>.+)", re.DOTALL)


def _is_whereis(head: Head) -> bool:
    try:
        entry: object = decoded(head.first)
    except (ValueError, RecursionError):
        return False
    return is_object(entry) and {"key", "file", "whereis"} <= entry.keys()


def _annex_rows(file_list: FileList) -> Iterator[Row]:
    """The files that `git annex whereis --json` states, each with its key and the URLs of its content."""
    for number, line in numbered_lines(file_list):
        try:
            entry: object = decoded(line)
        except (ValueError, RecursionError):
            entry = None
        key = _KEY.fullmatch(text_of(entry.get("key"))) if is_object(entry) else None
        if not is_object(entry) or key is None:
            yield Row(number, {}, fault="the line is not of git annex whereis --json")
            continue
        copies = [*only_objects(entry.get("whereis")), *only_objects(entry.get("untrusted"))]
        stated = (text_of(url) for copy in copies if is_array(urls := copy.get("urls")) for url in urls)
        urls_to_fetch = dict.fromkeys(url.replace(" ", "%20") for url in stated if scheme_of(url) in FETCHABLE)
        path, algorithm = text_of(entry.get("file")), key["backend"].lower()
        checksum = key["name"].partition(".")[0] if algorithm in ("md5", "sha1", "sha256", "sha512") else ""
        if not urls_to_fetch:
            where = ", ".join(text_of(copy.get("description")) for copy in copies)
            yield Row(
                number, {}, fault=f"{path!r} has no URL, only copies in {where or 'no repository'}: git annex get"
            )
            continue
        cells = {"path": path, "size": key["size"] or "", "algorithm": checksum and algorithm, "checksum": checksum}
        yield Row(number, {**cells, "url": " ".join(urls_to_fetch)})


ANNEX = Format(
    "git-annex",
    "files of git-annex or DataLad",
    "lines of git annex whereis --json",
    _is_whereis,
    _annex_rows,
    _files,
    manual=Manual(
        "its URLs; the next one if one fails", "MD5, SHA-1, SHA-256 or SHA-512, from its key", "by scheme and host"
    ),
)
