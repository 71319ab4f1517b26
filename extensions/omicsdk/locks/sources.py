"""The file omics.toml: sources of data, edited by users; their comments and order are kept."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Never, get_args

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.errors import OmicsError, UnsafePath, UsageError
from omicsdk.core.files import encoded, in_place_of, locked, read_small_text
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.redaction import without_query
from omicsdk.core.settings.toml import dumped, in_line_ends_of, line_of, parsed
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.fs.uris import without_file_scheme
from omicsdk.locks.lockfile import MARKERS, SOURCES_FILE, LockError, secret_in
from omicsdk.portals.downloads import STDIN, unknown_word
from omicsdk.portals.formats import recognised
from omicsdk.portals.headings import parsed_map
from omicsdk.portals.lists import Head, scheme_of
from omicsdk.portals.names.archive import Reads
from omicsdk.portals.names.written import names_written
from omicsdk.portals.plan import Layout
from omicsdk.portals.selection import Selection
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.engine.options import FILTERS
from omicsdk.transfer.names import check_name

TABLE = "sources"
TARGET = "data"
"""The folder of files by default."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NAME_REMEDY = "Use letters, digits, '-' and '_'."
_HEAD = "# Sources of data: `omics lock` resolves them to files, and `omics pull` fetches these.\n"
_TEXT, _TEXTS, _COUNT, _SIZE, _SWITCH, _MAP = (
    "a text",
    "a text, or a list of texts",
    "a whole number",
    "a number of bytes, or a text such as '10M'",
    "true or false",
    "a table of texts, or a list of texts such as 'url=link'",
)
KEYS: Mapping[str, str | tuple[str, ...]] = {
    "from": _TEXTS,
    "to": _TEXT,
    "layout": get_args(Layout),
    "format": _TEXT,
    "prefer": _TEXTS,
    "where": _TEXT,
    "limit": _COUNT,
    "sample": _COUNT,
    "reads": get_args(Reads),
    "include": _TEXTS,
    "exclude": _TEXTS,
    "min_size": _SIZE,
    "max_size": _SIZE,
    "related": _SWITCH,
    "map": _MAP,
    "base": _TEXT,
}
"""The keys of a source, with what their values are: those of `omics get`, `from` and `to`."""


class LockSource(NamedTuple):
    """A source of a lock.

    Attributes:
        name: Its name.
        references: What names its files: accessions, lists, URIs and URLs.
        to: The folder of its files, below that of the lock; empty for that one itself.
        options: What selects and places its files, as keywords of `omicsdk.get`.
    """

    name: str
    references: tuple[str, ...]
    to: str
    options: Mapping[str, Any]

    @property
    def filters(self) -> dict[str, Any]:
        """The options that are filters of files by name and size."""
        return {name: value for name, value in self.options.items() if name in FILTERS}

    @property
    def lists(self) -> dict[str, Any]:
        """The other options."""
        return {name: value for name, value in self.options.items() if name not in FILTERS}


def read_sources(path: Path) -> dict[str, LockSource]:
    """Read omics.toml.

    Args:
        path: The file.

    Returns:
        Its sources by name, in its order.

    Raises:
        LockError: It is missing, or a value is invalid; with the line.
        ConfigError: It is not TOML.
    """
    text = _text_of(path)
    if text is None:
        raise LockError("there are no sources here", remedy="Name some: omics add WHAT --to FOLDER.", file=str(path))
    return _sources_in(text, str(path))


def _text_of(path: Path) -> str | None:
    try:
        return read_small_text(path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot be read: {error}", remedy="Check the file.", file=str(path)) from error


def _sources_in(text: str, file_name: str) -> dict[str, LockSource]:
    marker = next((number for number, line in enumerate(text.split("\n"), 1) if line.startswith(MARKERS)), None)
    if marker is not None:
        remedy = "Keep the tables of both sides, and delete the markers."
        raise LockError("this is a conflict marker of a merge", remedy=remedy, file=file_name, line=marker)
    values = parsed(text, file_name)

    def refuse(keys: Sequence[str], why: str, remedy: str = "Correct it.") -> Never:
        raise LockError(f"{'.'.join(keys)}: {why}", remedy=remedy, file=file_name, line=line_of(text, keys))

    def check_known(keys: Sequence[str], names: Iterable[str]) -> None:
        if keys[-1] not in names:
            refuse(keys, "unknown key", did_you_mean(keys[-1], names, "{!r}") or f"Known are {', '.join(names)}.")

    for name in values:
        check_known((name,), (TABLE,))
    tables: object = values.get(TABLE, {})
    if not is_object(tables):
        refuse((TABLE,), "is no table", f"Write [{TABLE}.NAME] above the keys of a source.")
    sources: dict[str, LockSource] = {}
    for name, table in tables.items():
        at = (TABLE, name)
        if not is_object(table):
            refuse(at, "is no table", f"Write [{TABLE}.{name}] above the keys of the source.")
        if _NAME.fullmatch(name) is None:
            refuse(at, "is no name of a source", _NAME_REMEDY)
        fields: dict[str, Any] = {}
        for key, value in table.items():
            check_known((*at, key), KEYS)
            try:
                fields[key] = _of_kind(KEYS[key], key, value)
            except UsageError as error:
                refuse((*at, key), "invalid value", error.remedy)
        try:
            sources[name] = _source(name, fields)
        except OmicsError as error:
            refuse(at, error.message, error.remedy)
    return sources


def _of_kind(kind: str | tuple[str, ...], key: str, value: object) -> Any:
    """Return a value of a kind in its one form.

    Raises:
        UsageError: It is of another kind.
    """
    if (checked := _checked(kind, value)) is None:
        kinds = kind if isinstance(kind, str) else " or ".join(kind)
        raise UsageError(f"{key}: invalid value {value!r}", remedy=f"Use {kinds}.")
    return checked


def _checked(kind: str | tuple[str, ...], value: object) -> Any:
    """Return a value of a kind in its one form; None for any other."""
    is_text = isinstance(value, str)
    if isinstance(kind, tuple):
        return value if value in kind else None
    if kind in (_TEXTS, _MAP) and is_array(value):
        return tuple(value) if all(isinstance(item, str) for item in value) else None
    if kind == _TEXTS:
        return (value,) if is_text else None
    if kind == _MAP:
        is_map = is_object(value) and all(isinstance(item, str) for item in value.values())
        return value if is_map or is_text else None
    if kind == _SWITCH:
        return value if isinstance(value, bool) else None
    is_number = type(value) is int and value >= 0
    return value if (is_text and kind in (_TEXT, _SIZE)) or (is_number and kind in (_COUNT, _SIZE)) else None


def _source(name: str, fields: Mapping[str, Any]) -> LockSource:
    """Return a source of checked values, whose options are checked as `omics get` does."""
    options = {key: value for key, value in fields.items() if key not in ("from", "to")}
    locations: tuple[str, ...] = fields.get("from", ())
    if not locations or not all(locations):
        raise UsageError("nothing is named", remedy="Name accessions, lists, URIs or URLs: from = [...].")
    if STDIN in locations:
        raise UsageError("a lock cannot read from stdin", remedy="Write the list into a file, and name that.")
    for word in (*locations, options.get("base", "")):
        if secret_in(word):
            problem = f"{without_query(word)} has credentials or a signature, which are not written down"
            raise UsageError(problem, remedy="Use its URL without them, and log in: omics login.")
    Selection(options.get("where", ""), options.get("limit"), options.get("sample"))
    parsed_map(options.get("map", ()))
    source = LockSource(name, locations, _target(fields.get("to", TARGET)), options)
    TransferOptions.of(source.filters, selects=True)
    return source


def _target(to: str) -> str:
    """Return the folder of files, normalized."""
    folder = posixpath.normpath(to) if to else "."
    if folder == ".":
        return ""
    try:
        check_name(folder)
    except UnsafePath as error:
        problem = f"the folder {to!r} {error.reason}"
        raise UsageError(problem, remedy=f"Name a folder below that of {SOURCES_FILE}.") from error
    return folder


@text_is_one_item
def add(
    what: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    to: str = TARGET,
    name: str | None = None,
    folder: str | os.PathLike[str] = ".",
    layout: Layout = "name",
    format: str | None = None,
    prefer: str | Sequence[str] = (),
    where: str = "",
    limit: int | None = None,
    sample: int | None = None,
    reads: Reads | None = None,
    include: str | Sequence[str] = (),
    exclude: str | Sequence[str] = (),
    min_size: int | str | None = None,
    max_size: int | str | None = None,
    related: bool = False,
    map: Mapping[str, str] | str | Sequence[str] = (),
    base: str = "",
) -> LockSource:
    """Add a source of data to omics.toml.

    The file is made if it is missing; its comments and order are kept, and it may be edited. No request is sent: run
    `omics lock` to find the files of the source, then `omics pull` to fetch them.

    Args:
        what: What names the files, as for `omics get`: accessions, DOIs, lists, URIs and URLs. Lists on this machine are
            read again whenever the source is resolved.
        to: Folder for the files, below that of omics.toml. A folder that a URI names is put into it under its name.
        name: Name of the source; by default one made from what is named.
        folder: The folder of omics.toml.
        include: Only include files whose path matches this pattern, such as '*.bam'. Can be repeated.
        exclude: Exclude files whose path matches this pattern. Can be repeated.
        min_size: Minimum size in bytes, or 10K, 1.5M, 2G in powers of 1024.
        max_size: Maximum size, in the same format.

    Returns:
        The source.

    Raises:
        UsageError: A value is invalid, has credentials, or a source has the name.
        UnknownList: It is a folder that is neither a bag nor a data set.
        ListError: It is neither a name of data nor a file that exists.
        LockError: omics.toml is invalid.
        NotWritable: It cannot be written.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"{folder} is no folder", remedy=f"Name the folder of {SOURCES_FILE}.")
    locations = tuple(
        _from_folder(without_file_scheme(os.fspath(location)), folder)
        for location in ([what] if isinstance(what, str | os.PathLike) else what)
    )
    for location in locations:
        if location and os.path.isdir(Path(folder, location)):  # noqa: PTH112 - false if it is too long
            recognised(Head(Path(folder, location)), location)  # a folder that is no list is refused now
    options = {
        "from": locations,
        "to": to,
        "layout": layout,
        "format": format,
        "prefer": prefer,
        "where": where,
        "limit": limit,
        "sample": sample,
        "reads": reads,
        "include": include,
        "exclude": exclude,
        "min_size": min_size,
        "max_size": max_size,
        "related": related,
        "map": map,
        "base": base,
    }
    usual = {"layout": "name"}
    fields = {
        key: [*value] if isinstance(value, tuple) else value
        for key, value in options.items()
        if value not in (None, "", (), [], {}, False, usual.get(key))
    }
    path = Path(folder, SOURCES_FILE)
    with write_errors(str(path)), locked(path):
        text = _text_of(path)
        existing = {} if text is None else _sources_in(text, str(path))
        chosen = name or _free_name(locations, existing)
        if chosen in existing:
            raise UsageError(f"{path} has a source {chosen!r}", remedy=f"Use another --name, or edit {SOURCES_FILE}.")
        if _NAME.fullmatch(chosen) is None:
            raise UsageError(f"{chosen!r} is no name of a source", remedy=_NAME_REMEDY)
        source = _source(chosen, {key: _of_kind(KEYS[key], key, value) for key, value in fields.items()})
        for word in locations:
            names_data = scheme_of(word) or (not format and names_written(word))
            if not names_data and not os.path.lexists(Path(folder, word)):
                raise unknown_word(word)
        added = dumped({TABLE: {chosen: {**fields, "from": locations[0] if len(locations) == 1 else [*locations]}}})
        before = f"{_HEAD}\n" if text is None else text.rstrip("\n") + "\n\n" if text.strip() else ""
        # Parsed before it is written: a file that defines its sources inline takes no further table.
        _sources_in(before + added, str(path))
        with in_place_of(path, through_links=True) as file:
            file.write(encoded(in_line_ends_of(path, before + added), path))
    return source


def _from_folder(word: str, folder: str | os.PathLike[str]) -> str:
    """Return a list's path as it is named in the folder of omics.toml, where it is another than the current one."""
    is_list = word and not scheme_of(word) and not Path(word).is_absolute() and os.path.lexists(word)
    return os.path.relpath(word, folder) if is_list else word


def _free_name(locations: Sequence[str], existing: Iterable[str]) -> str:
    """Return a name for a source, from what it names first."""
    first = without_query(locations[0]) if locations else ""
    last = first.rstrip("/").rpartition("/")[2]
    stem = last if not scheme_of(first) and "." not in last[1:] else last.partition(".")[0] or last
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-")[:40] or "data"
    names = {*existing}
    return next(
        name for name in (base, *(f"{base}-{number}" for number in range(2, len(names) + 3))) if name not in names
    )
