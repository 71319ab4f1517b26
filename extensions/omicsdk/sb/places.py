"""Finds what sb:// paths name: projects, folders and files, asked for name by name.

The platform knows files by ids; what is found here is the `File` that has one. A project's own folder has none that anybody
needs: it is a `Place` without a folder.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.sb.errors import NO_CODE, NotFound, PaginationError
from omicsdk.sb.paths import SbPath, WrongPath, checked_name, is_file_id, is_path, parse
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.file import File

#: Folders whose contents are asked for at once.
FOLDERS_AT_ONCE = 8


class Place(NamedTuple):
    """A folder that things are in, or can be put into.

    Attributes:
        path: Its path.
        folder: The folder; None where it is the project's own.
    """

    path: SbPath
    folder: File | None

    @property
    def target(self) -> dict[str, Any]:
        """It as copies, uploads and new folders are told it: `parent`, or `project`."""
        return {"project": self.path.project} if self.folder is None else {"parent": str(self.folder.id)}


class Entry(NamedTuple):
    """A file or folder that was found.

    Attributes:
        path: Its path; None where it was named by its id, without an owner where a folder above was.
        file: The file or folder.
    """

    path: SbPath | None
    file: File

    @property
    def name(self) -> str:
        """What to call it."""
        return str(self.path) if self.path is not None and self.path.owner else str(self.file.id)


def name_of(file: File) -> str:
    """What a file or folder is called.

    Args:
        file: The file or folder.

    Raises:
        UnsafePath: Its name can't be a part of a path.
    """
    return safe_name(file.name, f"the file {file.id}", one_part=True)


class Places:
    """What paths name on one platform. A folder is asked for once.

    Args:
        api: The platform.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._folders: dict[SbPath, Place] = {}
        self._suggests = True

    @property
    def unsuggesting(self) -> Places:
        """The same places, folders that are known among them, for who asks only whether something is there.

        What isn't there costs no listing of a folder, and its error names nothing that is like it.
        """
        made = Places(self._api)
        made._folders, made._suggests = self._folders, False
        return made

    def entry(self, text: str) -> Entry:
        """Finds a file or folder.

        Args:
            text: Its path, or its id.

        Raises:
            WrongPath: It is neither, or the path is a project's.
            NotFound: There is none.
        """
        if not is_path(text):
            if "/" in text or not text:
                raise WrongPath(f"{text!r} is neither an sb:// path nor a file's id")
            if not is_file_id(text):
                raise WrongPath(f"{text!r} is neither an sb:// path nor a file's id, which has 24 digits from 0 to f")
            return Entry(None, self._api.files.get(text))
        return self.at(parse(text))

    def at(self, path: SbPath) -> Entry:
        """Finds what a path names within a project.

        Args:
            path: The path.

        Raises:
            WrongPath: It is a project's, or ends with a slash and names a file.
            NotFound: There is none.
        """
        if not path.names:
            raise WrongPath(f"{path} is a project", remedy="Name a file or folder in it.")
        found = self.find(path)
        if found is None:
            raise self._missing(path)
        if path.is_folder and not found.file.is_folder():
            raise WrongPath(f"{path} is a file", remedy="Take off the slash at its end.")
        return found

    def find(self, path: SbPath) -> Entry | None:
        """Finds what has a path's name in its folder, file or folder; None when nothing has.

        Args:
            path: The path, with a name.

        Raises:
            NotFound: The folder that it would be in isn't there.
        """
        place = self.folder(path.parent)
        found = next(iter(self._api.files.query(**place.target, names=[path.name])), None)
        return None if found is None else Entry(path._replace(is_folder=found.is_folder()), found)

    def folder(self, path: SbPath, *, make: bool = False) -> Place:
        """Finds a folder.

        Args:
            path: Its path, or a project's.
            make: Whether it is made, with those above it, when it isn't there.

        Raises:
            NotFound: It isn't there.
            WrongPath: It is a file.
        """
        path = path._replace(is_folder=True)
        if path in self._folders:
            return self._folders[path]
        if not path.names:
            place = Place(path, None)
            path.project  # noqa: B018 - raises where there is none
        else:
            place = self._named_folder(path, make=make)
        self._folders[path] = place
        return place

    def _named_folder(self, path: SbPath, *, make: bool) -> Place:
        above = self.folder(path.parent, make=make)
        found = self.find(path)
        if found is None and make:
            return Place(path, self._api.files.create_folder(checked_name(path.name), **above.target))
        if found is None:
            raise self._missing(path)
        if not found.file.is_folder():
            raise WrongPath(f"{found.path} is a file, not a folder", remedy="Name a folder.")
        return Place(path, found.file)

    def children(self, place: Place) -> Iterator[Entry]:
        """What is in a folder, as the platform orders it.

        Args:
            place: The folder.

        Raises:
            PaginationError: The platform listed fewer entries than it says that there are; a deletion may rest on the list.
        """
        page, count = self._api.files.query(**place.target, limit=100), 0
        for file in page.all():
            count += 1
            yield Entry(place.path.child(name_of(file), is_folder=file.is_folder()), file)
        if count < page.total:
            raise PaginationError(
                f"The list of {place.path} is incomplete: the platform says {page.total} entries, and gave {count}",
                remedy="Try again: it may have changed meanwhile.",
            )

    def below(self, place: Place) -> Iterator[Entry]:
        """What is in a folder and in all folders below, folders before what is in them; several are asked for at once.

        Args:
            place: The folder.
        """
        with ThreadPoolExecutor(FOLDERS_AT_ONCE, "omicsdk-folder") as pool:
            coming: deque[Future[list[Entry]]] = deque([pool.submit(self._listed, place)])
            try:
                while coming:
                    for entry in coming.popleft().result():
                        yield entry
                        if entry.path is not None and entry.file.is_folder():
                            coming.append(pool.submit(self._listed, Place(entry.path, entry.file)))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _listed(self, place: Place) -> list[Entry]:
        return list(self.children(place))

    def root_folder(self, project: str) -> str:
        """The id of a project's own folder, which moves need.

        Args:
            project: `owner/project`.
        """
        return str(self._api.projects.get(project).root_folder)

    def parent_id(self, place: Place) -> str:
        """The id of a folder, whichever.

        Args:
            place: The folder.
        """
        return self.root_folder(place.path.project) if place.folder is None else str(place.folder.id)

    def _missing(self, path: SbPath) -> NotFound:
        """The error for a name that isn't there, with the one that is like it."""
        listed = self._first(path.parent) if self._suggests else ()
        names = [entry.path.name for entry in listed if entry.path is not None]
        near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
        remedy = f"Did you mean {path.parent.child(near[0])}?" if near else f"Look at what is in {path.parent}."
        return NotFound(NO_CODE, f"There is no {path}", remedy=remedy)

    def _first(self, path: SbPath) -> list[Entry]:
        """The first hundred of what is in a folder."""
        place = self.folder(path)
        return [
            Entry(place.path.child(name_of(file)), file) for file in self._api.files.query(**place.target, limit=100)
        ]
