"""Lists of DVC, which versions data: what .dvc files and dvc.lock name, at its origin or in the storage of its project."""

from __future__ import annotations

import configparser
import os
import posixpath
import re
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from omicsdk import transfer
from omicsdk.core.checksums import digest
from omicsdk.core.errors import OmicsError
from omicsdk.core.json_coding import decoded
from omicsdk.core.lazy import require
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_object, only_objects
from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.portals.cells import FETCHABLE, address_in, checksums_in, file_at, name_in, size_in
from omicsdk.portals.lists import (
    LONGEST_DOCUMENT,
    FileList,
    Format,
    ListedFile,
    ListError,
    Manual,
    Row,
    RowFault,
    opened,
    scheme_of,
)
from omicsdk.portals.rows import text_of
from omicsdk.portals.sources import SourceOptions, Sources
from omicsdk.transfer.reports.report import raise_failure
from omicsdk.transfer.s3.settings import Settings, is_configured

# Most characters of a file of DVC.
_MOST_YAML = 1 << 24
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
    number, wdir = 0, text_of(document.get("wdir"))
    if posixpath.normpath(wdir).startswith(".."):  # paths below the folder that it ascends to are kept
        wdir = ""
    for stage in only_objects([*stages.values()]) if is_object(stages) else [document]:
        outputs, inputs = only_objects(stage.get("outs")), only_objects(stage.get("deps"))
        # The one dependency of a .dvc file is where its output was imported from; of a stage it is an input of a
        # command.
        is_import = len(outputs) == len(inputs) == 1 and (
            "repo" in inputs[0] or (stage is document and scheme_of(text_of(inputs[0].get("path"))) != "")
        )
        inputs_at_urls = () if is_import else (entry for entry in inputs if scheme_of(text_of(entry.get("path"))))
        for entry in (*outputs, *inputs_at_urls):
            try:
                parts = _parts_of(file_list, entry)
            except RowFault as fault:
                number += 1
                path = text_of(entry.get("path"))
                yield Row(number, {}, fault=f"{path!r} {fault}", name=f"{_name(path, wdir)}/")
                continue
            for part in parts:
                number += 1
                origin = inputs[0] if is_import else part if scheme_of(text_of(part.get("path"))) else None
                yield _dvc_row(file_list, number, part, origin, wdir)


def _parts_of(file_list: FileList, entry: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """The files of an entry: those that it lists, or that the list of a folder does; else itself.

    Raises:
        RowFault: The list of a folder cannot be had.
    """
    files, md5 = only_objects(entry.get("files")), text_of(entry.get("md5"))
    if not files and not md5.endswith(".dir"):
        return (entry,)
    return (
        {
            "remote": entry.get("remote"),
            **part,
            "path": f"{text_of(entry.get('path'))}/{text_of(part.get('relpath'))}",
            "part": part.get("relpath"),
            "hash": part.get("hash", entry.get("hash")),
        }
        for part in files or _folder(file_list, entry, md5)
    )


def _folder(file_list: FileList, entry: Mapping[str, Any], md5: str) -> Sequence[Mapping[str, Any]]:
    """The files of a folder, by the list that DVC stores of it in its cache and in the storage of its project.

    Raises:
        RowFault: It is in neither, or damaged.
    """
    why = "is a folder, whose list of files is "
    config, project = _config(file_list)
    cache = project / ".dvc" / config.get("cache", "dir", fallback="cache") / _place(entry, md5)
    try:
        with cache.open("rb") if cache.is_file() else _downloaded(_stored(file_list, entry, md5), md5) as file:
            data = file.read(LONGEST_DOCUMENT + 1)
    except RowFault as fault:
        raise RowFault(f"{why}not in DVC's cache, and {fault}") from fault
    except (OSError, OmicsError) as error:
        reason = error.message if isinstance(error, OmicsError) else error.strerror
        reasons = "; ".join((str(reason), *file_list.notes))
        raise RowFault(f"{why}not in DVC's cache and cannot be read ({reasons}): dvc fetch") from error
    if len(data) > LONGEST_DOCUMENT:
        raise RowFault(
            f"{why}longer than {LONGEST_DOCUMENT >> 20} MiB: name the files of a part, as `dvc add` lists them"
        )
    if digest(data, "md5") != md5.removesuffix(".dir"):
        raise RowFault(f"{why}damaged in {cache}: remove that file, then dvc fetch")
    try:
        return only_objects(decoded(data))
    except (ValueError, RecursionError) as error:
        raise RowFault(f"{why}no JSON: {md5}") from error


@contextmanager
def _downloaded(url: str, md5: str) -> Generator[IO[bytes]]:
    """Open what is at a URL, as an item of its service.

    Raises:
        OmicsError: It cannot be downloaded.
    """
    file = file_at(url, name=md5, checksums={"md5": md5.removesuffix(".dir")})
    with tempfile.TemporaryDirectory(prefix="omics-") as work, Sources(SourceOptions((), os.environ)) as sources:
        item = sources.of(file.kind).item(file)
        raise_failure(transfer.download([item] if item is not None else [], work))
        with Path(work, md5).open("rb") as opened_file:
            yield opened_file


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
    name = _name(path, wdir)
    if not path:
        return Row(number, {}, fault="an output has no path")
    is_of_bytes = entry.get("hash") == "md5"
    if md5 and not is_of_bytes:
        file_list.notes["MD5 of DVC 2, which may be of converted text, are not compared"] += 1
    try:
        url = _imported(file_list, origin, relative) if origin is not None else _stored(file_list, entry, md5)
    except RowFault as fault:
        return Row(number, {}, fault=f"{path!r} {fault}", name=name)
    cells = {"path": name, "size": text_of(entry.get("size")), "md5": md5 if is_of_bytes else "", "url": url}
    return Row(number, cells, name=name)


def _name(path: str, wdir: str) -> str:
    """The path of an output below the folder of its list, or the name of a file at a URL; empty if it has none."""
    return posixpath.normpath(posixpath.join(wdir, path)) if path and not scheme_of(path) else path.rpartition("/")[2]


def _imported(file_list: FileList, origin: Mapping[str, Any], relative: str) -> str:
    """The URL of what a file was imported from.

    Raises:
        RowFault: It is a file of another repository.
    """
    if is_object(repository := origin.get("repo")):
        raise RowFault(
            f"is imported from the repository {text_of(repository.get('url'))}: name the .dvc file of that one"
        )
    url = text_of(origin.get("path"))
    if scheme_of(url) not in FETCHABLE:
        raise RowFault(f"is imported from {url!r}, which is no URL that can be downloaded")
    address = address_in(url, relative) if relative and not url.endswith(relative) else url
    options: object = origin.get("fs_config")
    return _at_endpoint(file_list, address, options) if is_object(options) else address


def _config(file_list: FileList) -> tuple[configparser.ConfigParser, Path]:
    """The configuration of the project that a file is in, and the folder of the project.

    Raises:
        RowFault: It is in none.
    """
    # A "%" of a URL is no interpolation. config.local, which is read last, overrides config, as for DVC.
    config = configparser.ConfigParser(interpolation=None, strict=False)
    above = file_list.path.absolute().parents
    project = next((folder for folder in above if (folder / ".dvc" / "config").is_file()), None)
    if project is None:
        raise RowFault(
            "is in the storage of its DVC project, which is not here: name the file in a copy of the project"
        )
    for name in ("config", "config.local"):
        path = project / ".dvc" / name
        try:
            config.read(path, "utf-8")
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            raise RowFault(f"is in the storage of its DVC project, whose {path} cannot be read") from error
    return config, project


def _place(entry: Mapping[str, Any], md5: str) -> str:
    """The path of content in DVC's caches and storages."""
    if not re.fullmatch(r"[0-9a-f]{32}(\.dir)?", md5):
        raise RowFault("has no MD5, by which DVC stores it")
    # DVC 3 keeps its content apart from that of DVC 2, whose MD5 may be of converted text.
    return f"{'files/md5/' if entry.get('hash') == 'md5' else ''}{md5[:2]}/{md5[2:]}"


def _stored(file_list: FileList, entry: Mapping[str, Any], md5: str) -> str:
    """The URL of an output in the remote storage of its project.

    Raises:
        RowFault: The project states no storage that can be read.
    """
    place, (config, _) = _place(entry, md5), _config(file_list)
    remote = text_of(entry.get("remote")) or config.get("core", "remote", fallback="")
    section = f"'remote \"{remote}\"'"
    options = dict(config[section]) if config.has_section(section) else {}
    url = options.get("url", "")
    if scheme_of(url) not in FETCHABLE:
        raise RowFault(
            f"is in DVC's storage {remote!r}, {url or 'without a URL'}, which cannot be downloaded: dvc pull"
        )
    for option in ("version_aware", "worktree"):
        if options.get(option, "false").lower() != "false":
            raise RowFault(f"is in DVC's storage {remote!r}, which has versions of files by path ({option}): dvc pull")
    return _at_endpoint(file_list, f"{url.rstrip('/')}/{place}", options)


def _at_endpoint(file_list: FileList, url: str, options: Mapping[str, Any]) -> str:
    """The address of what DVC has at a URL: of an object in S3 elsewhere than S3's settings state, its URL there.

    Args:
        file_list: The list, whose notes state which settings would use credentials.
        url: The URL.
        options: DVC's options of the storage.
    """
    endpoint, profile = text_of(options.get("endpointurl")), text_of(options.get("profile"))
    if scheme_of(url) != "s3":
        return url
    # Only a file names this endpoint, so no keys of the user are sent there.
    if endpoint and not is_configured(Settings(), endpoint):
        shown = mask_url(endpoint)
        file_list.notes[f"S3 at {shown} is read without credentials; set AWS_ENDPOINT_URL_S3={shown} to use yours"] += 1
        return address_in(endpoint, url.removeprefix("s3://"))
    if profile and profile != os.environ.get("AWS_PROFILE"):
        file_list.notes[f"DVC reads S3 by the profile {profile!r}; set AWS_PROFILE={profile} to use its keys"] += 1
    return url


def _files(row: Row, _: FileList) -> Iterator[ListedFile]:
    cells = row.cells
    sums = checksums_in({"md5": cells["md5"]})
    yield file_at(cells["url"], name=name_in(cells["path"]), size=size_in(cells["size"]), checksums=sums)


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
