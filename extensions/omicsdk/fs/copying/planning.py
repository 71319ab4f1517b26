"""The plan of a copy: the selected files, the target of each by the rules of `cp`, and its name, with or without its folders or from a
template such as `{guid}_{name}`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from omicsdk.core.checksums import ALGORITHMS
from omicsdk.core.consistency import despite_contradictions, read_again_if_doubtful, read_again_if_inconsistent
from omicsdk.core.errors import NameClash, OmicsError, UnsafePath, UsageError
from omicsdk.core.frozen import Frozen, NamedTuple
from omicsdk.core.likeness import did_you_mean
from omicsdk.fs.errors import IsFolder, PathError
from omicsdk.fs.store import Entry, Store
from omicsdk.fs.uris import BUCKETS, WEB, Uri, name_in_url
from omicsdk.transfer.engine.options import InvalidOption
from omicsdk.transfer.filters import Filters, fits_rules
from omicsdk.transfer.names import LEFT, ROOM, check_name, is_unfinished, room_in

if TYPE_CHECKING:
    from omicsdk.transfer import Outcome


class Selected(NamedTuple):
    """A selected file.

    Attributes:
        uri: Its path.
        entry: Its entry.
        name: Its path below the named folder; its own name if it was named itself.
    """

    uri: Uri
    entry: Entry
    name: str


ALL = Filters()


def select(
    store: Store,
    uri: Uri,
    *,
    entry: Entry | None = None,
    recursive: bool = True,
    patterns: Filters = ALL,
    names_only: bool = False,
) -> Iterator[Selected]:
    """Yield the files that a URI names.

    Args:
        store: Its store.
        uri: A file, or a folder.
        entry: The result of `store.entry`; requested if not given.
        recursive: Whether a folder means all files below it.
        patterns: Which of those to select; a named file is always selected.
        names_only: Whether the names of files below a folder suffice; see `Store.names_below`.

    Raises:
        PathNotFound: The URI does not exist.
        IsFolder: It is a folder, and `recursive` is not set.
        FileAndFolder: It is both.
        InconsistentListing: After the last file: the listing contradicts itself.
    """
    entry = entry or store.entry(uri, recursive=recursive)
    if not entry.is_folder:
        yield Selected(uri, entry, entry.file_name or entry.name or uri.name)
        return
    if not recursive:
        raise IsFolder(str(uri), "is a folder", remedy="Use --recursive to copy its contents.")
    scheme = uri.scheme
    for name, member in named(store, scheme, entry, patterns, names_only=names_only):
        yield Selected(Uri(scheme, member.path), member, name)


def named(
    store: Store, scheme: str, folder: Entry, patterns: Filters = ALL, *, names_only: bool = False
) -> Iterator[tuple[str, Entry]]:
    """Yield the files below a folder, with their names as seen from it; as `select`, for lists of many.

    Args:
        store: Its store.
        scheme: The store's scheme.
        folder: The folder.
        patterns: As for `select`.
        names_only: As for `select`.
    """
    top = folder.path
    start = top if not top or (scheme == "file" and top.endswith("/")) else f"{top}/"
    # Where the system has another separator, `below` replaces it; it decodes URLs.
    length = len(start) if scheme not in WEB and (os.sep == "/" or scheme != "file") else None
    fits = None if patterns.fit_all else patterns.fits

    def needed(path: str) -> bool:
        return fits_rules(patterns.rules, below(scheme, top, path))

    members_below = store.names_below if names_only and not patterns.has_facts else store.below
    for member in members_below(top, needed) if patterns.rules else members_below(top):
        path = member.path
        name = below(scheme, top, path) if length is None or not path.startswith(start) else path[length:]
        if fits is None or fits(name, member.size, member.modified):
            yield name, member


def select_to_change(
    store: Store, uri: Uri, *, entry: Entry | None = None, patterns: Filters = ALL
) -> Iterator[Selected]:
    """Select files that are removed, or by which others are: a listing that contradicts itself is read once more.

    A named file is selected if it meets the patterns, too: a shell names each file of a folder in place of `*`.

    Args:
        store: As for `select`.
        uri: A file, or a folder with all files below it.
        entry: As for `select`.
        patterns: As for `select`.

    Raises:
        InconsistentListing: The listing contradicts itself both times.
        OmicsError: As for `select`.
    """
    root = store.entry(uri, recursive=True) if entry is None else entry
    if not (root.is_folder or patterns.fits(root.file_name or root.name, root.size, root.modified)):
        return iter(())
    return iter(read_again_if_inconsistent(lambda: select(store, uri, entry=root, patterns=patterns)))


def below(scheme: str, folder: str, path: str) -> str:
    """The path of something as seen from a folder above it, with slashes between its parts.

    Args:
        scheme: The scheme of both.
        folder: The folder's path.
        path: The path.
    """
    if scheme == "file":
        start = folder if folder.endswith(os.sep) else folder + os.sep
        if path.startswith(start):  # as the system lists it
            return path[len(start) :].replace(os.sep, "/")
        from pathlib import PurePath

        return PurePath(path).relative_to(folder).as_posix()
    name = path[len(folder) :].removeprefix("/") if folder else path
    return name_in_url(name) if scheme in WEB else name


#: The kind of an existing target; "" if it does not exist.
Kind = Literal["file", "folder", ""]


class Source(NamedTuple):
    """One of the objects to copy.

    Attributes:
        uri: As it was named.
        is_folder: Whether it is a folder.
        files: The files that it means, with their names below it.
        unlisted: What stands for the files that may be missing, since a listing contradicts itself, with the reason.
    """

    uri: Uri
    is_folder: bool
    files: Sequence[Selected]
    unlisted: Sequence[tuple[Selected, OmicsError]] = ()


def source_to_copy(
    store: Store, uri: Uri, *, recursive: bool = True, patterns: Filters = ALL, entry: Entry | None = None
) -> Source:
    """Select files that are copied, and stay. A listing that contradicts itself is read once more.

    Args:
        store: As for `select`.
        uri: As for `select`.
        recursive: As for `select`.
        patterns: As for `select`.
        entry: As for `select`.

    Raises:
        OmicsError: As for `select`.
    """
    root = store.entry(uri, recursive=recursive) if entry is None else entry
    files, doubts = read_again_if_doubtful(
        lambda doubts: list(
            despite_contradictions(select(store, uri, entry=root, recursive=recursive, patterns=patterns), doubts)
        )
    )
    if doubts:  # it may list some twice
        files = list({file.name: file for file in files}.values())
    return Source(uri, root.is_folder, files, [(Selected(uri, root, str(uri)), doubt) for doubt in doubts])


class CopyPlan(NamedTuple):
    """Files and where they go.

    Attributes:
        base: The folder that they go into.
        files: The files; `name` is the path below that folder.
        descriptions: The named sources and their targets, which identify the copy independently of the remaining files; by
            default the files.
        differing: Whether all files are known to differ or be missing at the target, regardless of earlier runs.
        resumes: Whether a later run can continue the copy: its sources have the same names then.
        makes_folder: Whether the folder that is copied becomes `base`, which did not exist.
        unfit: What is not copied, each with the reason: objects of a bucket, since their keys cannot be names at the
            target, and what listings that contradict themselves may lack.
    """

    base: Uri
    files: Sequence[Selected]
    descriptions: Sequence[str] = ()
    differing: bool = False
    resumes: bool = True
    makes_folder: bool = False
    unfit: Sequence[tuple[Selected, OmicsError]] = ()

    @property
    def key_lines(self) -> Sequence[str]:
        """What identifies the copy."""
        return [str(self.base), *(self.descriptions or [f"{file.uri}\t{file.name}" for file in self.files])]

    @property
    def unfit_outcomes(self) -> list[Outcome]:
        """The failure of each object that is not copied, and of each listing that contradicts itself."""
        from omicsdk.transfer import Outcome  # listing needs no engine

        return [Outcome.of_error(file.name, error, file.entry.size) for file, error in self.unfit]

    def target(self, file: Selected) -> Uri:
        """Where a file goes.

        Args:
            file: One of `files`.
        """
        return self.base.child(file.name)


def plan_copy(sources: Sequence[Source], target: Uri, kind: Kind) -> CopyPlan:
    """Plan the target of each file.

    A single file is copied to the given name, or into the folder of that name if it exists or ends with a slash. A
    folder is copied into an existing folder, or becomes the missing one, with or without a slash at its end; a slash at
    the end of the source selects its contents. Several sources are copied into a folder.

    Args:
        sources: The sources.
        target: The target.
        kind: The kind of the existing target.

    Raises:
        UsageError: Several sources, or a folder, go to a file.
        NameClash: Two files would have one path.
        UnsafePath: One has no name.
    """
    for source in sources:
        _refuse_nameless(source.files)
    into = target.is_folder or kind == "folder"
    if not into and len(sources) == 1 and not sources[0].is_folder:
        only = sources[0].files[0]
        return CopyPlan(parent_of(target), [only._replace(name=target.name)], [f"{only.uri}\t{target.name}"])
    if kind == "file":
        raise UsageError(f"{target} is a file", remedy="Name a folder to copy into.")
    if not into and len(sources) > 1 and not any(source.is_folder for source in sources):
        raise UsageError(
            f"{target} does not exist", remedy=f"Several files need a folder: write {target}/ to create it."
        )
    files: list[Selected] = []
    descriptions: list[str] = []
    for source in sources:
        keeps_name = source.is_folder and not source.uri.is_folder and (kind == "folder" or len(sources) > 1)
        # `.` and `..` are no names that a copy could have.
        before = f"{source.uri.name}/" if keeps_name and source.uri.name not in ("", ".", "..") else ""
        files += [file._replace(name=f"{before}{file.name}") for file in source.files]
        descriptions.append(f"{source.uri}\t{before}")
    files, unfit = fitting(files, target)
    unfit += [unlisted for source in sources for unlisted in source.unlisted]
    _refuse_clashes(files, target)
    makes_folder = kind == "" and len(sources) == 1 and sources[0].is_folder and not sources[0].uri.is_folder
    return CopyPlan(target._replace(is_folder=True), files, descriptions, makes_folder=makes_folder, unfit=unfit)


#: Begins the reason for an object whose key cannot be a name in a folder.
UNFIT = "cannot be a file"
#: Schemes whose files may have names that are none on this machine: objects of a bucket, named by arbitrary keys, and files of web servers.
_OF_BUCKETS = (*BUCKETS, "crunch", *WEB)
_ENDS_WITH_SLASH = "ends with a slash"


def fitting(files: Iterable[Selected], folder: Uri) -> tuple[list[Selected], list[tuple[Selected, OmicsError]]]:
    """Split off objects of buckets whose keys cannot be names in a folder, and unfinished downloads of this machine; none is
    renamed. Others are returned as they are.

    Args:
        files: The files.
        folder: The folder.

    Returns:
        The files, and those that were split off with the reason for each.
    """
    chosen, folders = list(files), set[str]()
    unfit: list[tuple[Selected, OmicsError]] = []
    if folder.scheme != "s3" and any(file.uri.scheme in _OF_BUCKETS for file in chosen):
        # A bucket may have `a` and `a/b`; on a disk one of them cannot exist.
        folders = folders_of(file.name for file in chosen)
    return list(_fit(chosen, folder, unfit, folders)), unfit


def _fit(
    files: Iterable[Selected],
    folder: Uri,
    unfit: list[tuple[Selected, OmicsError]],
    folders: Collection[str] = (),
) -> Iterator[Selected]:
    """Yield the files whose names can be names in a folder, where others are folders; add those that cannot be to `unfit`."""
    room = room_in(folder.path) if folder.scheme == "file" else ROOM
    # Lists of portals and locks are read before their folder is known, and by more commands than copies.
    is_listed = folder == Uri("file", ".")
    location = "on this machine" if is_listed else f"in {folder}"
    begin = "Leave it out, or copy it with omics cp" if is_listed else "It was skipped. Copy it"
    for file in files:
        why = _why_unfit(file.name, folders, room) if file.uri.scheme in _OF_BUCKETS and folder.scheme != "s3" else ""
        if why:
            alone = "" if why == _ENDS_WITH_SLASH else ", or alone, to a name of your own"
            reason = f"{UNFIT} {location}: its {'name' if file.uri.scheme in WEB else 'key'} {why}"
            unfit.append((file, PathError(str(file.uri), reason, remedy=f"{begin} to a bucket{alone}.")))
        elif file.uri.scheme == "file" and is_unfinished(file.name):
            remedy = "It was skipped. Complete the download by the same command, or remove the file; then copy again."
            unfit.append((file, PathError(str(file.uri), LEFT, remedy=remedy)))
        else:
            yield file


class OutOfOrder(Exception):
    """Files do not come in the order of their names, or one is a folder of others: they have to be compared together."""


def fitting_in_order(
    files: Iterable[Selected], folder: Uri, unfit: list[tuple[Selected, OmicsError]]
) -> Iterator[Selected]:
    """Yield what `fitting` returns, while the files come in the order of their names.

    Args:
        files: The files.
        folder: The folder.
        unfit: Receives those that are split off with the reason for each.

    Raises:
        OutOfOrder: They do not, one comes twice or has no name, or one is a folder of others.
    """
    last, above = "", list[str]()  # those that the name begins with
    for file in _fit(files, folder, unfit):
        name = file.name
        while above and not name.startswith(above[-1]):
            above.pop()
        # `above` are the names before that this one begins with: where a slash follows, one of them would be its folder.
        if name <= last or (above and any(name[len(prefix)] == "/" for prefix in above)):
            raise OutOfOrder(name)
        above.append(name)
        last = name
        yield file


def folders_of(names: Iterable[str]) -> set[str]:
    """Return the folders that files with these names are in, and those above them.

    Args:
        names: Paths with slashes between their parts.
    """
    return {name[:at] for name in names for at in _slashes(name)}


def _slashes(name: str) -> Iterator[int]:
    at = name.find("/")
    while at >= 0:
        yield at
        at = name.find("/", at + 1)


def _why_unfit(name: str, folders: Collection[str], room: int) -> str:
    if not name or name.endswith("/"):
        return _ENDS_WITH_SLASH
    try:
        check_name(name, room=room)
    except UnsafePath as error:
        return "contains two slashes in a row" if name.startswith("/") else error.reason
    return "is also what other keys begin with" if name in folders else ""


def by_name(files: Iterable[Selected], target: Uri) -> dict[str, Selected]:
    """Return files by name, without repetitions.

    Args:
        files: The files.
        target: The folder that the names are in.

    Raises:
        NameClash: Two have one name.
        UnsafePath: One has none.
    """
    selected: dict[str, Selected] = {}
    for file in files:
        if not file.name:
            _refuse_nameless([file])
        other = selected.setdefault(file.name, file)
        # The same file named twice is copied once; only two different ones contend for the name.
        if other is not file and other != file:
            raise _clash(other, file, target)
    return selected


def _refuse_nameless(files: Iterable[Selected]) -> None:
    """Refuse what has no name below its folder, save the key of a folder in a bucket: it would take the folder's place."""
    for file in files:
        if not file.name and file.uri.scheme not in _OF_BUCKETS:
            raise UnsafePath(file.name, f"of {file.uri} is empty")


def parent_of(uri: Uri) -> Uri:
    """The folder that a file is in.

    Args:
        uri: The file.
    """
    if uri.scheme == "file":
        from pathlib import PurePath

        return Uri("file", str(PurePath(uri.path).parent), is_folder=True)
    return Uri(uri.scheme, uri.path.rpartition("/")[0], is_folder=True)


def _refuse_clashes(files: Sequence[Selected], target: Uri) -> None:
    seen: dict[str, Selected] = {}
    for file in files:
        other = seen.setdefault(file.name, file)
        if other is not file:
            raise _clash(other, file, target)


def _clash(first: Selected, second: Selected, target: Uri) -> NameClash:
    problem = f"would come from {first.uri} and {second.uri}"
    return NameClash(str(target.child(first.name)), problem, remedy="Copy them to different folders.")


#: Whether copies keep the folders below what was named.
Layout = Literal["tree", "flat"]

_FIELDS: Mapping[str, Callable[[Selected], object]] = {
    "name": lambda file: PurePosixPath(file.name).name,
    "stem": lambda file: PurePosixPath(file.name).stem,
    "suffix": lambda file: PurePosixPath(file.name).suffix,
    "path": lambda file: file.name,
    "folder": lambda file: PurePosixPath(file.name).parent,
    "guid": lambda file: next(
        (file.entry.details[key] for key in ("guid", "id", "uuid") if file.entry.details.get(key)), ""
    ),
    "size": lambda file: "" if file.entry.size is None else file.entry.size,
    "version": lambda file: file.entry.details.get("version") or file.entry.version,
    "date": lambda file: file.entry.changed_at.date() if file.entry.changed_at else "",
    **{name: lambda file, name=name: file.entry.checksums.get(name, "") for name in ALGORITHMS},
}
_PATHS = ("path", "folder")
_EMPTY = ("suffix",)


class Naming(Frozen):
    """How copies are named.

    Attributes:
        layout: Whether they keep their folders.
        template: The name of each, with fields in braces; empty for the names that files have.

    Raises:
        InvalidOption: The template has no field, an unknown one, or is not well-formed.
    """

    layout: Layout = "tree"
    template: str = ""

    def __post_init__(self) -> None:
        if self.template and not any(name for _, name in self._parts()):
            raise InvalidOption(
                "name_template",
                f"{self.template!r}: missing field: all files would have one name",
                remedy="Use a field such as {name}.",
            )

    @property
    def is_usual(self) -> bool:
        """Whether files keep their names and folders."""
        return self.layout == "tree" and not self.template

    def name(self, file: Selected) -> str:
        """The name of a file's copy, below the target.

        Args:
            file: The file.

        Raises:
            InvalidOption: The template has a field that the file has no value for.
        """
        if not self.template:
            return PurePosixPath(file.name).name if self.layout == "flat" else file.name
        new_name = "".join(text + (self._value(field, file) if field else "") for text, field in self._parts())
        # The folder of a file that is in none is ".".
        new_name = "/".join(part for part in new_name.split("/") if part != ".")
        above = PurePosixPath(file.name).parent
        return new_name if self.layout == "flat" or _names_folders(self._parts()) else str(above / new_name)

    def of(self, sources: Sequence[Source]) -> list[Source]:
        """Sources with the names of their copies; what is in a folder goes into the target itself then.

        Args:
            sources: The sources.
        """
        if self.is_usual:
            return list(sources)
        return [
            source._replace(
                uri=source.uri._replace(is_folder=source.is_folder),
                files=[file._replace(name=self.name(file)) for file in source.files],
            )
            for source in sources
        ]

    def _parts(self) -> Iterator[tuple[str, str]]:
        from string import Formatter  # few copies have a template

        try:
            parts = list(Formatter().parse(self.template))
        except ValueError as error:
            problem = f"{self.template!r}: {error}"
            raise InvalidOption("name_template", problem, remedy="Write {{ for a brace.") from error
        for text, field, form, conversion in parts:
            if field is not None and (field not in _FIELDS or form or conversion):
                meant = "" if field in _FIELDS else did_you_mean(field, _FIELDS, "{{{}}}")
                extra = "".join(f"{mark}{text}" for mark, text in (("!", conversion), (":", form)) if text)
                raise InvalidOption(
                    "name_template",
                    f"{self.template!r}: unknown field {{{field}{extra}}}",
                    remedy=f"{meant} Fields are {', '.join(_FIELDS)}.".lstrip(),
                )
            yield text, field or ""

    def _value(self, field: str, file: Selected) -> str:
        value = str(_FIELDS[field](file))
        if not value and field not in _EMPTY:
            problem = f"{self.template!r}: {file.uri} has no {field}"
            raise InvalidOption("name_template", problem, remedy="Use another field, or leave the file out.")
        return value if field in _PATHS else value.replace("/", "_")


def _names_folders(parts: Iterator[tuple[str, str]]) -> bool:
    return any("/" in text or field in _PATHS for text, field in parts)
