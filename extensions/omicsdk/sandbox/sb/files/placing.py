"""Where a new, copied or moved file goes, and what it may be called."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.service import Call

LONGEST_NAME = 255


def destination(sb: Sb, call: Call, body: Mapping[str, Any]) -> FileRecord:
    """The folder that a body's `project` or `parent` names, in which the caller may write.

    Args:
        sb: The platform.
        call: The request.
        body: Its body, or an item of it.

    Raises:
        Problem: 5029 or 5031; it names neither or both. 5026; there is no such folder. 5022; it is a file.
    """
    return place_of(sb, sb.user(call), body.get("project"), body.get("parent"))


def place_of(sb: Sb, user: str, project: str | None, parent: str | None) -> FileRecord:
    """The same for a job that goes on without a request.

    Args:
        sb: The platform.
        user: For whom.
        project: A project, or None.
        parent: A folder, or None.

    Raises:
        Problem: As `destination` does.
    """
    if project and parent:
        raise refuse(400, 5031, "Give either a project or a parent folder, not both")
    if project:
        sb.project_for(user, project, "write")
        return known(sb, sb.work.files.root(project))
    if not parent:
        raise refuse(400, 5029, "Give a project or a parent folder: it isn't said where to")
    try:
        found = sb.file_for(user, parent, "write")
    except Problem as problem:
        if problem.status != 404:
            raise
        raise refuse(404, 5026, f"There is no folder {parent} to put anything into") from problem
    if found.type != "folder":
        raise refuse(400, 5022, f"{parent} is a file, so nothing can be put into it: name a folder")
    return found


def known(sb: Sb, id: str) -> FileRecord:
    """A file or folder that is known to be there."""
    found = sb.work.files.get(id)
    assert found is not None, f"there is no file {id}"
    return found


def check_name(name: str) -> str:
    """A name that a file may have.

    Raises:
        Problem: 5024; it may not.
    """
    if not name.strip() or "/" in name or name in (".", "..") or len(name) > LONGEST_NAME:
        said = f"{len(name)} characters" if len(name) > LONGEST_NAME else repr(name)
        raise refuse(400, 5024, f"Names have 1 to {LONGEST_NAME} characters and no slash, not {said}")
    return name
