"""sb:// paths: `sb://owner/project/folder/file` names the files of a project as a shell does. Pure.

Names are in a path as they are: nothing is percent-encoded, spaces and question marks are parts of names. A slash at
the end states that a folder is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from omicsdk.core.errors import UsageError

SCHEME = "sb://"

_ID = re.compile(r"[0-9a-fA-F]{24}")
#: Characters of a name that the platform accepts.
LONGEST = 255

_SURROGATE = re.compile("[\ud800-\udfff]")
#: Characters of a wrong name that are shown.
_MESSAGE_CHARACTERS = 60
_FORM = "Write sb://owner/project, then folders and the file's name: sb://me/my-project/reads/a.fastq."


class WrongPath(UsageError):
    """A text is not an sb:// path, or not one that can be used here."""

    default_remedy = _FORM


class SbPath(NamedTuple):
    """Where something is on the platform.

    Attributes:
        owner: Whose project it is: a user or a division; empty in `sb://`.
        project_name: The project's short name; empty if only an owner is named.
        names: Names of folders below the project, the last one that of a file or folder.
        is_folder: Whether it ends with a slash, so that only a folder can be meant.
    """

    owner: str = ""
    project_name: str = ""
    names: tuple[str, ...] = ()
    is_folder: bool = False

    @property
    def project(self) -> str:
        """The project's id, `owner/project`.

        Raises:
            WrongPath: The path does not lead into a project.
        """
        if not self.project_name:
            raise WrongPath(f"{self} names no project")
        return f"{self.owner}/{self.project_name}"

    @property
    def name(self) -> str:
        """The last name; empty for the project itself."""
        return self.names[-1] if self.names else ""

    @property
    def parent(self) -> SbPath:
        """The folder that it is in; that of a project itself is the project."""
        return self._replace(names=self.names[:-1], is_folder=True)

    def child(self, name: str, *, is_folder: bool = False) -> SbPath:
        """Return the path of a name in this folder.

        Args:
            name: The name.
            is_folder: Whether it is a folder.
        """
        return self._replace(names=(*self.names, name), is_folder=is_folder)

    def below(self, folder: SbPath) -> tuple[str, ...]:
        """The names that lead here from a folder above.

        Args:
            folder: The folder.

        Raises:
            WrongPath: This is not in it.
        """
        length = len(folder.names)
        if (self.owner, self.project_name) != (folder.owner, folder.project_name) or self.names[
            :length
        ] != folder.names:
            raise WrongPath(f"{self} is not in {folder}", remedy="Name something in that folder.")
        return self.names[length:]

    def __str__(self) -> str:
        parts = [part for part in (self.owner, self.project_name) if part] + list(self.names)
        end = "/" if parts and (self.is_folder or not self.names) else ""
        return f"{SCHEME}{'/'.join(parts)}{end}"


NO_PROJECT = "List your projects: omics sb projects ls. Create one: omics sb projects create."


def is_path(text: str) -> bool:
    """Whether a text is meant as an sb:// path.

    Args:
        text: The text.
    """
    return text[: len(SCHEME)].lower() == SCHEME


def is_file_id(text: str) -> bool:
    """Whether a text looks like the id that the platform gave a file or folder.

    Args:
        text: The text.
    """
    return _ID.fullmatch(text) is not None


def parse(text: str) -> SbPath:
    """Read an sb:// path.

    Args:
        text: The path. `sb://` is all projects, `sb://owner` those of an owner.

    Raises:
        WrongPath: It is invalid.
    """
    if not is_path(text):
        raise WrongPath(f"{text!r} is not an sb:// path", remedy=_meant(text))
    rest = text[len(SCHEME) :]
    is_folder = rest.endswith("/")
    parts = rest.removesuffix("/").split("/") if rest else []
    if any(not word for word in parts):
        raise WrongPath(f"{text!r} contains an empty name", remedy="Remove the second of two slashes.")
    for word in parts:
        _check(word, text)
    owner, project, *names = [*parts, "", ""][: max(2, len(parts))]
    return SbPath(owner, project, tuple(names), is_folder)


def project_id(text: str) -> str:
    """Read a project, written as its id or as a path.

    Args:
        text: `owner/project` or `sb://owner/project`.

    Returns:
        Its id, `owner/project`.

    Raises:
        WrongPath: It is neither.
    """
    path = parse(text if is_path(text) else f"{SCHEME}{text}")
    if path.names or not path.project_name:
        raise WrongPath(f"{text!r} is not a project", remedy="Write owner/project, such as me/my-project.")
    return path.project


class ProjectPlace(TypedDict):
    """A project as operations take it."""

    owner: str
    project: str


def project_place(text: str) -> ProjectPlace:
    """Read a project, as `project_id` does, for operations.

    Args:
        text: `owner/project` or `sb://owner/project`.

    Raises:
        WrongPath: It is neither.
    """
    owner, _, project = project_id(text).partition("/")
    return {"owner": owner, "project": project}


def app_id(text: str) -> tuple[str, int | None]:
    """Read an app, written as its id or as a path.

    Args:
        text: `owner/project/app`, or the same with /revision appended: `owner/project/app/3`; `sb://` may precede it.

    Returns:
        Its id without the revision, and the revision.

    Raises:
        WrongPath: It is neither.
    """
    path = parse(text if is_path(text) else f"{SCHEME}{text}")
    name, *more = path.names or ("",)
    revision = more[0] if more else None
    # Python converts no numbers of thousands of digits.
    if not name or len(more) > 1 or (revision is not None and not re.fullmatch(r"[0-9]{1,4000}", revision)):
        raise WrongPath(
            f"{text!r} is not an app",
            remedy="Write owner/project/app, followed by a revision if needed: me/my-project/bwa/3.",
        )
    return f"{path.project}/{name}", None if revision is None else int(revision)


def checked_name(name: str) -> str:
    """Refuse a name that the platform gives no file or folder.

    Args:
        name: The name.

    Raises:
        WrongPath: It contains a slash, is not from 1 to 255 characters long, or means a folder.
    """
    wrong = wrong_with(name)
    if wrong:
        raise WrongPath(f"the name {wrong}", remedy=f"Choose one of 1 to {LONGEST} characters without a slash.")
    return name


def check_distinct(names: Iterable[str], remedy: str) -> None:
    """Refuse files of which two would have one path.

    Args:
        names: Where they go.
        remedy: What to do.

    Raises:
        UsageError: Two go to one place.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(f"two files would both be {name}", remedy=remedy)
        seen.add(name)


def wrong_with(name: str) -> str:
    """Return what is wrong with a name, as text; pure.

    Args:
        name: The name.

    Returns:
        A sentence without a beginning that names it, such as "'a/b' contains a slash"; empty if nothing is wrong.
    """
    if "/" in name:
        wrong = "contains a slash"
    elif len(name) > LONGEST:
        wrong = f"has {len(name)} characters, and the platform allows {LONGEST}"
    elif not name.strip():
        wrong = "is empty"
    elif name in (".", ".."):
        wrong = "means a folder"
    elif _SURROGATE.search(name):
        wrong = "is not UTF-8"
    else:
        return ""
    cut = name if len(name) <= _MESSAGE_CHARACTERS else f"{name[:_MESSAGE_CHARACTERS]}..."
    return f"{cut!r} {wrong}"


def _check(word: str, text: str) -> None:
    if word in (".", ".."):
        raise WrongPath(f"{text!r}: {word!r} is not supported in paths of the platform", remedy="Write the whole path.")
    if any(c < " " or c == "\x7f" for c in word):
        raise WrongPath(f"{text!r} contains control characters", remedy="Check how it was generated.")


def _meant(text: str) -> str:
    """Suggest the path that a user may have meant."""
    if re.match(r"(?i)sb:/?(?!/)", text):
        return f"Did you mean {SCHEME}{text[3:].lstrip('/')}?"
    if "://" in text:
        return f"Only sb:// paths are allowed here. {_FORM}"
    return _FORM
