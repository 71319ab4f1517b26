"""Changes of files and folders: their name, tags and metadata, where they are, copies of them."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from omicsdk.sandbox.sb.files.placing import check_name, known
from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.files import FileRecord

Metadata = dict[str, Any]


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Metadata:
    """Metadata with changes; a null removes its key.

    Raises:
        Problem: 5006; a value is neither text, number, boolean, null nor a list of these.
    """
    for key, value in new.items():
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        if not key or any(isinstance(each, dict | list) for each in values):
            raise refuse(400, 5006, f"Metadata {key!r} is neither text nor a list of texts")
    return {key: value for key, value in {**old, **new}.items() if value is not None}


def change_file(sb: Sb, record: FileRecord, body: Mapping[str, Any], *, merge: bool) -> FileRecord:
    """Changes what a body states of name, tags and metadata.

    Args:
        sb: The platform.
        record: The file or folder.
        body: What to change.
        merge: Whether metadata is added to; otherwise it is replaced.

    Returns:
        The file as it is now.

    Raises:
        Problem: 5024, 5003, 5006, 5025 or 5027; it may not be changed that way.
    """
    changes: dict[str, Any] = {}
    if "metadata" in body:
        if record.type == "folder":
            raise refuse(400, 5025, f"{record.name!r} is a folder: folders have no metadata")
        changes["metadata"] = merged(record.metadata if merge else {}, body["metadata"] or {})
    if "tags" in body:
        if record.type == "folder":
            raise refuse(400, 5027, f"{record.name!r} is a folder: folders have no tags")
        changes["tags"] = list(dict.fromkeys(body["tags"] or ()))
    if (name := body.get("name")) is not None and name != record.name:
        if not record.parent:
            raise refuse(400, 5008, f"{record.id} is the folder of project {record.project}: it can't be renamed")
        changes["name"] = check_name(name)
        check_name_free(sb, record.parent, name)
    return _changed(sb, record, changes)


def _changed(sb: Sb, record: FileRecord, changes: Mapping[str, Any]) -> FileRecord:
    if not changes:
        return record
    sb.work.files.change(record.id, **changes)
    return known(sb, record.id)


def check_name_free(sb: Sb, parent: str, name: str, code: int = 5003) -> None:
    """Refuses a name that something in a folder has already.

    Raises:
        Problem: 409; it has.
    """
    if (there := sb.work.files.child(parent, name)) is not None:
        raise refuse(409, code, f"There is already a {there.type} {name!r} in this folder: choose another name")


def moved(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Moves a file or folder within its project.

    Args:
        sb: The platform.
        record: What is moved.
        folder: Where to.
        name: What it is called there; None keeps its name.

    Returns:
        The file as it is now.

    Raises:
        Problem: 5015; to another project. 5033; into itself. 5003; something has the name. 5024; it is no name.
    """
    if folder.project != record.project:
        raise refuse(400, 5015, f"{record.name!r} is in project {record.project}: copy it to {folder.project} instead")
    if not record.parent or folder.id in within(sb, record):
        raise refuse(400, 5033, f"{record.name!r} can't be moved into itself")
    new = check_name(name or record.name)
    if (folder.id, new) != (record.parent, record.name):
        check_name_free(sb, folder.id, new)
    return _changed(sb, record, {"parent": folder.id, "name": new})


def within(sb: Sb, record: FileRecord) -> set[str]:
    """Identities of a folder and of all that is below it; of a file its own."""
    below = sb.work.files.below(record.id) if record.type == "folder" else ()
    return {record.id, *(each.id for each in below)}


def copied(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Copies a file, with its metadata and tags; its bytes are shared.

    Args:
        sb: The platform.
        record: The file.
        folder: Where to.
        name: What the copy is called; None takes the file's name, with a number before it where that is taken.

    Returns:
        The copy.

    Raises:
        Problem: 5018; it is a folder. 5003; something has the name. 5024; it is no name.
    """
    if record.type == "folder":
        raise refuse(400, 5018, f"{record.name!r} is a folder: folders are copied by a file job")
    if name is not None:
        check_name_free(sb, folder.id, check_name(name))
    return sb.work.files.add(
        project=folder.project,
        parent=folder.id,
        name=name or sb.work.files.free_name(folder.id, record.name),
        size=record.size,
        blob=record.blob,
        volume=record.volume,
        location=record.location,
        metadata=record.metadata,
        tags=record.tags,
        task=record.task,
    )


def copied_tree(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Copies a file, or a folder with all that is in it.

    Raises:
        Problem: As `copied` does; 5033 for a folder into itself.
    """
    if record.type == "file":
        return copied(sb, record, folder, name)
    if folder.id in within(sb, record):
        raise refuse(400, 5033, f"Folder {record.name!r} can't be copied into itself")
    new = check_name(name or record.name)
    check_name_free(sb, folder.id, new, code=5030)
    made = make_folder(sb, folder, new)
    for child in sb.work.files.children(record.id):
        copied_tree(sb, child, made, child.name)
    return made


def remove_tree(sb: Sb, record: FileRecord) -> None:
    """Removes a file, or a folder with all that is in it.

    Raises:
        Problem: 5033; it is a project's own folder.
    """
    if not record.parent:
        raise refuse(400, 5033, f"{record.id} is the folder of project {record.project}: it goes with the project")
    sb.work.files.remove(record.id)


def make_folder(sb: Sb, parent: FileRecord, name: str) -> FileRecord:
    """Makes a folder whose name is free."""
    return sb.work.files.add(project=parent.project, parent=parent.id, name=name, type="folder")


def files_in(sb: Sb, record: FileRecord) -> Iterator[FileRecord]:
    """The files of a folder and of those below it; of a file the file."""
    if record.type == "file":
        yield record
    else:
        yield from (each for each in sb.work.files.below(record.id) if each.type == "file")
