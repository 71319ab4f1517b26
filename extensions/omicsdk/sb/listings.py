"""The objects of sb:// paths: projects, folders and files, found name by name, and listed several pages at once.

The platform knows files by ids. A project's own folder has no id that requests take, so a `Folder` is a project or a
folder of one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar, cast
from unicodedata import normalize
from urllib.parse import parse_qsl

from omicsdk_api.sb import SbApi

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import (
    Identifier,
    InconsistentListing,
    ListingCheck,
    ResponseMismatch,
    declared_number,
    read_again_if_inconsistent,
    up_to_contradiction,
)
from omicsdk.core.errors import DecodeError, NotFound, UsageError
from omicsdk.core.items import page_break
from omicsdk.core.late_names import LateModule
from omicsdk.core.likeness import nearest
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import number_in
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_file_id, is_path, parse, project_place

if TYPE_CHECKING:
    from omicsdk_api.sb import models
    from omicsdk_api.sb.models.file import File
    from omicsdk_api.sb.models.file_page import FilePage
    from omicsdk_api.sb.models.project import Project
else:
    models = LateModule("omicsdk_api.sb.models")

P = TypeVar("P")
T = TypeVar("T")

# A name is found in any form of Unicode.
FILE_NAME = Identifier("name", partial(normalize, "NFC"))
# Items on the platform's longest page.
PAGE = 100
PAGES_AT_ONCE = 16
FOLDERS_AT_ONCE = 8
_THREADS = "omicsdk-page"


class Target(TypedDict, total=False):
    """A folder as uploads, copies and new folders name it: one of both.

    Attributes:
        project: The project whose own folder it is.
        parent: The folder's id.
    """

    project: str
    parent: str


class Folder(NamedTuple):
    """A folder, or a project as the folder of all that is in it.

    Attributes:
        path: Its path; without owner where it was named by its id.
        file: The folder; None for a project.
    """

    path: SbPath
    file: File | None

    @property
    def target(self) -> Target:
        """The arguments by which requests name it."""
        return {"project": self.path.project} if self.file is None else {"parent": self.file.id}


class Entry(NamedTuple):
    """A file or folder that was found.

    Attributes:
        path: Its path; None if it was named by its id. It has no owner where a folder above was named so.
        file: The file or folder.
    """

    path: SbPath | None
    file: models.File

    @property
    def name(self) -> str:
        """Its path, or its id where that is not known."""
        return str(self.path) if self.path is not None and self.path.owner else self.file.id

    @property
    def id(self) -> str:
        """Its id."""
        return self.file.id

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return is_folder(self.file)

    def _repr_html_(self) -> str:
        return self.file._repr_html_()  # pyright: ignore[reportPrivateUsage] - a protocol of notebooks

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: its path as `name`, and what the platform states of it."""
        return {**self.file.to_dict(), "name": self.name}


def is_folder(file: File) -> bool:
    """Whether something in a project is a folder.

    Args:
        file: The file or folder.
    """
    return str(file.type).lower() == "folder"


def name_of(file: File) -> str:
    """The name of a file or folder.

    Args:
        file: The file or folder.

    Raises:
        UnsafePath: The name cannot be part of a path.
    """
    from omicsdk.transfer.names import safe_name

    return safe_name(file.name, f"the file {file.id}", one_part=True)


@text_is_one_item
def ls(
    client: SbApi,
    path: str,
    *,
    recursive: bool = False,
    name: str | Sequence[str] = (),
    tags: str | Sequence[str] = (),
    metadata: Mapping[str, str | Sequence[str]] | None = None,
    task: str | None = None,
) -> Iterator[Entry]:
    """List the files and folders of a project or folder. `list_projects.iterate()` lists projects.

    Args:
        path: The path of a project (`sb://owner/project`), folder or file, or the id of one of the latter.
        recursive: Whether to list the folders below, too; folders come before what is in them.
        name: Only those of these names. This and the arguments below exclude `recursive`: the platform selects within a
            folder.
        tags: Only those with one of these tags.
        metadata: Only those with one of the values for each key.
        task: Only those that this task produced.

    Yields:
        Files and folders.

    Raises:
        WrongPath: It is not a path and no id, or names no project.
        NotFound: There is no such project, folder or file.
        UsageError: A selection is combined with `recursive`.
        InconsistentListing: The platform listed less than it stated, or entries more than once.
    """
    chosen = selection(name=name, tags=tags, metadata=metadata, task=task)
    if is_path(path):
        parse(path).project  # noqa: B018 - raises if there is none
    if chosen and recursive:
        raise UsageError(
            "recursive and a selection by name, tag, metadata or task are mutually exclusive",
            remedy="Leave out one of them, or search with a query: search_files, or omics sb files search.",
        )
    folders = Folders(client)
    entry = folders.named(path)
    if isinstance(entry, Entry):
        yield entry
    elif chosen:
        yield from (Entry(entry.path.child(name_of(file)), file) for file in files_in(client, entry.target, chosen))
    else:
        yield from folders.below(entry) if recursive else folders.children(entry)


@text_is_one_item
def selection(
    *,
    name: str | Sequence[str] = (),
    tags: str | Sequence[str] = (),
    metadata: Mapping[str, str | Sequence[str]] | None = None,
    task: str | None = None,
) -> dict[str, Any]:
    """The arguments of `list_files` that select among the files of a folder; those of `ls`."""
    return {
        **({"name": list(name)} if name else {}),
        **({"tag": list(tags)} if tags else {}),
        **({"metadata": dict(metadata)} if metadata else {}),
        **({"origin_task": task} if task else {}),
    }


def projects_of(client: SbApi, owner: str = "", **chosen: Any) -> Iterator[Project]:
    """List projects.

    Args:
        client: The platform.
        owner: Whose; empty for all that the user is a member of.
        **chosen: Further arguments of the operation, such as name and tags.
    """
    if owner:
        return client.list_owner_projects.iterate(owner=owner, **chosen, limit=PAGE, fields="_all")
    return client.list_projects.iterate(**chosen, limit=PAGE, fields="_all")


def files_in(client: SbApi, target: Target, chosen: Mapping[str, Any] | None = None) -> Iterator[File]:
    """List a folder; up to PAGES_AT_ONCE pages are requested at once.

    Args:
        client: The platform.
        target: The folder.
        chosen: What `selection` returned.

    Raises:
        DecodeError: A response is not a page of files.
        InconsistentListing: The platform listed fewer than it stated, or entries more than once.
    """
    query: dict[str, Any] = {**target, **(chosen or {}), "limit": PAGE, "fields": "_all"}
    try:
        response = client.list_files.with_headers(**query)
    except NotFound as error:
        if "project" in target:
            error.remedy = "Name a project as OWNER/PROJECT, by its id: list_projects(), or omics sb projects ls."
        raise
    total = _total(response.headers)

    def page_at(offset: int) -> FilePage:
        return client.list_files(**query, offset=offset)

    def follow(page: FilePage) -> FilePage:
        offset = dict(parse_qsl(url_parts(str(_next(page))).query)).get("offset", "")
        if (number := number_in(offset)) is None:
            raise DecodeError("list_files", "links", page.links, expected="a link with an offset")
        return page_at(number)

    check = ListingCheck(f"list_files of {target.get('project') or target.get('parent')}")
    check.total(total)
    for file in paged(response.value, total, page_at, follow, _files_of, _next):
        check.entry(file.id)
        yield file
    check.finish(exact=False)  # what was added meanwhile comes after the last page


def _total(headers: Any) -> int | None:
    total: object = headers.x_total_matching_query
    return declared_number(total, "headers.X-Total-Matching-Query", "list_files")


class CircularPages(DecodeError):
    """A page links to itself as the next one."""


def paged(
    page: P,
    total: int | None,
    page_at: Callable[[int], P],
    follow: Callable[[P], P],
    items_of: Callable[[P], Sequence[T]],
    next_of: Callable[[P], str | None],
    at: int = 0,
    size: int = PAGE,
) -> Iterator[T]:
    """Yield the items of a page and of those after it; up to PAGES_AT_ONCE pages are requested at once.

    A page may be shorter than requested, so what is missing up to the next offset is requested, too. Entries that are
    added meanwhile come after the last page: its link is followed.

    Args:
        page: The first page.
        total: How many items there are; None if the platform does not state it.
        page_at: Requests the page from an offset on.
        follow: Requests the page after one.
        items_of: What is on a page.
        next_of: The link to the page after one; None after the last.
        at: The first page's offset.
        size: How many items `page_at` requests.

    Raises:
        CircularPages: A page links to itself as the next one.
    """
    items = items_of(page)
    yield from items
    at += len(items)
    # Without a stated total pages are followed one by one.
    offsets = iter(range(at, total or 0, size) if next_of(page) else ())
    coming = deque[tuple[int, Future[P]]]()
    pool = ThreadPoolExecutor(PAGES_AT_ONCE, _THREADS)
    try:
        while True:
            page_break()
            while len(coming) < PAGES_AT_ONCE and (offset := next(offsets, None)) is not None:
                coming.append((offset, pool.submit(page_at, offset)))
            if not coming:
                break
            at, future = coming.popleft()
            page = future.result()
            upcoming = coming[0][0] if coming else None
            while True:
                items = items_of(page)
                # The next page was requested by its offset: what this one has beyond that would be listed twice.
                yield from items if upcoming is None else items[: upcoming - at]
                at += len(items)
                if upcoming is None or at >= upcoming or not next_of(page):
                    break
                page = page_at(at)
    finally:
        # A caller that stops early does not wait for pages that it will not read.
        pool.shutdown(wait=False, cancel_futures=True)
    for later in followed(page, follow, next_of):
        yield from items_of(later)


def followed(page: P, follow: Callable[[P], P], next_of: Callable[[P], str | None]) -> Iterator[P]:
    """The pages after a page, each requested while the one before it is used.

    Args:
        page: The page.
        follow: Requests the page after one.
        next_of: The link to the page after one, or its token; None after the last.

    Raises:
        CircularPages: A page links to itself as the next one.
    """
    page_break()
    pool = ThreadPoolExecutor(1, _THREADS)
    try:
        coming = pool.submit(follow, page) if next_of(page) else None
        while coming is not None:
            link, page = next_of(page), coming.result()
            if next_of(page) == link:
                raise CircularPages("paging", "the link to the next page", link, expected="that of another page")
            coming = pool.submit(follow, page) if next_of(page) else None
            yield page
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _files_of(page: FilePage) -> list[File]:
    for number, file in enumerate(page.items or ()):
        check_fields("list_files", file, "id", optional=("size", "metadata", "tags"), path=f"items[{number}]")
    return list(page.items or ())


def _next(page: FilePage) -> str | None:
    """The URL of the page after one; None after the last, and after an empty one."""
    from omicsdk_api.sb.models.link import Link

    if not page.items or not isinstance(cast("object", page.links), list):  # the count reveals missing pages
        return None
    links = (link for link in page.links or () if isinstance(link, Link))  # pyright: ignore[reportUnnecessaryIsInstance]
    return next((link.href for link in links if str(link.rel).lower() == "next" and link.href), None)


class Folders:
    """Finds what paths name on one platform. Each folder is requested once.

    Args:
        client: The platform.
    """

    def __init__(self, client: SbApi) -> None:
        self._client = client
        self._folders_by_path: dict[SbPath, Folder] = {}
        self._suggests = True

    @property
    def unsuggesting(self) -> Folders:
        """The same, without suggestions in errors: what is missing costs no listing of its folder."""
        copy = Folders(self._client)
        copy._folders_by_path, copy._suggests = self._folders_by_path, False
        return copy

    def named(self, text: str) -> Folder | Entry:
        """Find what a path or an id names: a folder or project, or a file.

        Args:
            text: The path of a project, folder or file, or the id of one of the latter.

        Raises:
            WrongPath: It is neither.
            NotFound: There is none.
        """
        path = parse(text) if is_path(text) else None
        if path is not None and not path.names:
            return self.folder(path)
        entry = self.entry(text)
        return Folder(entry.path or SbPath(is_folder=True), entry.file) if entry.is_folder else entry

    def entry(self, text: str) -> Entry:
        """Find a file or folder.

        Args:
            text: Its path, or its id.

        Raises:
            WrongPath: It is neither, or the path is a project's.
            NotFound: There is none.
        """
        if is_path(text):
            return self.at(parse(text))
        if "/" in text or not text:
            remedy = f"Did you mean sb://{text.strip('/')}/?" if text.strip("/") else None
            raise WrongPath(f"{text!r} is neither an sb:// path nor a file's id", remedy=remedy)
        if not is_file_id(text):
            raise WrongPath(f"{text!r} is neither an sb:// path nor a file's id, which has 24 digits from 0 to f")
        file = self._client.get_file(file_id=text)
        check_fields("get_file", file)
        return Entry(None, file)

    def at(self, path: SbPath) -> Entry:
        """Find what a path names within a project.

        Args:
            path: The path.

        Raises:
            WrongPath: It is a project's, or ends with a slash and names a file.
            NotFound: There is none.
        """
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Name a file or folder in it.")
        entry = self.find(path)
        if entry is None:
            raise self._missing(path)
        if path.is_folder and not entry.is_folder:
            raise WrongPath(f"{path} is a file", remedy="Remove the slash at its end.")
        return entry

    def find(self, path: SbPath) -> Entry | None:
        """Find the file or folder of a path, of both what the path states; None if there is none.

        Args:
            path: The path, with a name.

        Raises:
            NotFound: The folder above does not exist.
            InconsistentListing: The platform states several of this name, or the folder above again.
        """
        above = self.folder(path.parent)

        def read() -> list[File]:
            page = self._client.list_files(**above.target, name=[path.name], limit=PAGE, fields="_all")
            files = _files_of(page)
            for kind in (False, True):  # a file and a folder may have one name
                if len(ids := [file.id for file in files if is_folder(file) is kind]) > 1:
                    problem = f"{len(ids)} entries have this name ({', '.join(ids)})"
                    raise InconsistentListing(f"list_files of {path}", problem)
            return files

        files = read_again_if_inconsistent(read)
        # A file and a folder may have one name: the slash of the path decides.
        entry = min(files, key=lambda file: is_folder(file) != path.is_folder, default=None)
        if entry is None:
            return None
        self._check_outside(above, entry)
        return Entry(path._replace(is_folder=is_folder(entry)), entry)

    def found_at(self, path: SbPath) -> Entry | None:
        """The same; None, too, when the folders above do not exist.

        Args:
            path: The path, with a name.
        """
        try:
            return self.unsuggesting.find(path)
        except NotFound:
            return None

    def folder(self, path: SbPath, *, make: bool = False) -> Folder:
        """Find a folder.

        Args:
            path: Its path, or a project's.
            make: Whether to create it, with those above it, when it does not exist.

        Raises:
            NotFound: It does not exist.
            WrongPath: It is a file.
        """
        path = path._replace(is_folder=True)
        if path in self._folders_by_path:
            return self._folders_by_path[path]
        if not path.names:
            folder = Folder(path, None)
            # A project is requested by its first listing; here it needs a name only.
            path.project  # noqa: B018 - raises if there is none
        else:
            folder = self._named_folder(path, make=make)
        self._folders_by_path[path] = folder
        return folder

    def _named_folder(self, path: SbPath, *, make: bool) -> Folder:
        above = self.folder(path.parent, make=make)
        folder = self.find(path)
        if folder is None and make:
            return Folder(path, self.make(above, path.name))
        if folder is None:
            raise self._missing(path)
        if not folder.is_folder:
            raise WrongPath(f"{folder.path} is a file, not a folder", remedy="Name a folder.")
        return Folder(path, folder.file)

    def make(self, above: Folder, name: str) -> File:
        """Create a folder.

        Args:
            above: The folder that it is created in.
            name: Its name.

        Raises:
            WrongPath: The platform accepts no such name.
            Conflict: There is something of that name.
        """
        return self._client.create_folder(name=checked_name(name), type="folder", **above.target)

    def children(self, folder: Folder) -> Iterator[Entry]:
        """List a folder in the platform's order.

        Args:
            folder: The folder.

        Raises:
            InconsistentListing: The platform listed fewer entries than it stated, entries more than once, or entries of
                several folders.
        """
        parent = folder.file.id if folder.file is not None else None
        for file in files_in(self._client, folder.target):
            self._check_outside(folder, file)
            parent = parent or file.parent
            if file.parent not in (None, parent):
                raise ResponseMismatch(f"list_files of {folder.path}", "folder", parent, file.parent)
            yield Entry(folder.path.child(name_of(file), is_folder=is_folder(file)), file)

    def below(self, folder: Folder) -> Iterator[Entry]:
        """List a folder with all folders below it; folders come before what is in them.

        Args:
            folder: The folder.
        """
        with ThreadPoolExecutor(FOLDERS_AT_ONCE, "omicsdk-sb-folder") as pool:
            coming = deque([pool.submit(self._list_with_problem, folder)])
            problem: InconsistentListing | None = None
            check = ListingCheck(f"list_files of {folder.path} and below")
            try:
                while coming:
                    entries, error = coming.popleft().result()
                    # The first one is raised, after all that could be listed.
                    problem = problem or error
                    folders: list[Folder] = []
                    for entry in entries:
                        yield entry
                        if entry.path is not None and entry.is_folder:
                            check.entry(entry.file.id)
                            check.finish()  # at once: a folder that is in itself would never end
                            folders.append(Folder(entry.path, entry.file))
                    page_break()
                    coming += [pool.submit(self._list_with_problem, folder) for folder in folders]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        if problem is not None:
            raise problem

    def files_named(self, text: str, *, recursive: bool) -> Iterator[tuple[tuple[str, ...], Entry]]:
        """Find the files that a path or id names: the file itself, or all in a folder or project.

        Args:
            text: As for `named`.
            recursive: Whether folders are allowed.

        Yields:
            The names of each file's path, and the file. Names begin within a folder whose path ends with a slash, else
            with the folder's own.

        Raises:
            UsageError: It is a folder, and `recursive` is not set.
        """
        match = self.named(text)
        if isinstance(match, Entry):
            yield (name_of(match.file),), match
            return
        if not recursive:
            raise UsageError(f"{text} is a folder", remedy="Use --recursive to include its files.")
        for names, entry in self.tree(text, match):
            if not entry.is_folder:
                yield names, entry

    def tree(self, text: str, folder: Folder) -> Iterator[tuple[tuple[str, ...], Entry]]:
        """List what is below a folder, with the names that lead there.

        Args:
            text: What named the folder: with a slash at its end, names begin within it.
            folder: The folder.
        """
        before = top_of(text, folder)
        for entry in self.below(folder):
            if entry.path is not None:
                yield (*before, *entry.path.below(folder.path)), entry

    def is_folder_to_be(self, path: SbPath, *, single: bool) -> bool:
        """Whether a path is that of a folder to put things into, and not the new path of a single file.

        Args:
            path: The path.
            single: Whether a single file goes there.

        Raises:
            WrongPath: Several go there, and it is a file.
        """
        if path.is_folder or not path.names:
            return True
        entry = self.found_at(path)
        if entry is not None and entry.is_folder:
            return True
        if not single and entry is not None:
            raise WrongPath(f"{path} is a file, so only one file can be written to it", remedy="Name a folder.")
        return not single

    def root_folder(self, project: str) -> str:
        """The id of a project's own folder, which moves need.

        Args:
            project: `owner/project`.
        """
        details = self._client.get_project(**project_place(project))
        check_fields("get_project", details, "root_folder")
        return str(details.root_folder)

    def parent_id(self, folder: Folder) -> str:
        """The id of any folder, a project's own included.

        Args:
            folder: The folder.
        """
        return self.root_folder(folder.path.project) if folder.file is None else folder.file.id

    def _list_with_problem(self, folder: Folder) -> tuple[list[Entry], InconsistentListing | None]:
        """The contents of a folder, which is read once more if they contradict themselves, and how they do."""
        entries, problem = _with_problem(self.children(folder))
        return (entries, None) if problem is None else _with_problem(self.children(folder))

    def _check_outside(self, folder: Folder, file: File) -> None:
        """Refuse a folder that the platform lists within itself."""
        above, path = folder.file, folder.path
        while above is not None:
            if above.id == file.id:
                raise InconsistentListing(f"list_files of {folder.path}", f"the folder {path} is listed within itself")
            path = path.parent
            listing = self._folders_by_path.get(path)
            above = None if listing is None else listing.file

    def _missing(self, path: SbPath) -> NotFound:
        """The error for a name that does not exist, with one that resembles it."""
        names: list[str] = []
        if self._suggests:
            target = self.folder(path.parent).target
            names = [name_of(file) for file in _files_of(self._client.list_files(**target, limit=PAGE, fields="_all"))]
        near = nearest(path.name, names)
        remedy = f"Did you mean {path.parent.child(near[0])}?" if near else f"Check the contents of {path.parent}."
        return NotFound(f"There is no {path}", remedy=remedy)


def _with_problem(listing: Iterator[Entry]) -> tuple[list[Entry], InconsistentListing | None]:
    problems: list[InconsistentListing] = []
    return list(up_to_contradiction(listing, problems)), next(iter(problems), None)


def top_of(text: str, folder: Folder) -> tuple[str, ...]:
    """Return the folder's own name, if its path has no slash at its end; empty for a project.

    Args:
        text: What named the folder.
        folder: The folder.
    """
    return () if folder.file is None or text.endswith("/") else (name_of(folder.file),)
