"""Operations of files and folders, one or up to 100 at once: list, get, change, delete, copy, move, and where to download from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.documents import FileRecord
from omicsdk.sandbox.sb.responses import page, page_of, read_token, refuse, scroll_page, when, window, write_token
from omicsdk.sandbox.sb.state import Sb, in_bulk
from omicsdk.sandbox.service import Call, JsonObject, Reply

_FIRST = "init"
_LONGEST_NAME = 255


def file_json(call: Call, record: FileRecord) -> JsonObject:
    """All fields of a file or folder.

    Args:
        call: The request, which knows the platform's address.
        record: The file.
    """
    fields: JsonObject = {
        "href": f"{call.origin}{call.prefix}/files/{record.id}",
        "id": record.id,
        "type": record.type,
        "name": record.name,
        "parent": record.parent or None,
        "project": None if ":" in record.project else record.project,
        "created_on": when(record.created_on),
        "modified_on": when(record.modified_on),
    }
    if record.type == "file":
        on_volume = {"type": "VOLUME", "volume": record.volume, "location": record.location}
        fields["size"] = record.size
        fields["origin"] = {"task": record.task} if record.task else {}
        fields["storage"] = on_volume if record.volume else {"type": "PLATFORM"}
        fields["metadata"], fields["tags"] = record.metadata, record.tags
        if record.secondary:
            fields["_secondary_files"] = [{"class": "File", "path": id} for id in record.secondary]
    return fields


def file_known(sb: Sb, call: Call, id: str | None) -> JsonObject | None:
    """The same of a file by its identity; None when it does not exist."""
    record = sb.files.get(id) if id else None
    return record and file_json(call, record)


# -- places and names


def destination(sb: Sb, who: Call | str, body: Mapping[str, Any]) -> FileRecord:
    """The folder that a body's `project` or `parent` names, in which a user may write.

    Args:
        sb: The platform.
        who: The request, or the name of the user whose job it is.
        body: A body, or an item of it.

    Raises:
        Problem: 5029 or 5031; it names neither or both. 5002; there is no such folder. 5022; it is a file.
    """
    project, parent = body.get("project"), body.get("parent")
    if bool(project) == bool(parent):
        raise refuse(400, 5031 if project else 5029, "Give either a project or a parent folder")
    if project:
        sb.project(who, project, "write")
        return sb.files.existing(sb.files.root(project))
    return _folder(sb, who, str(parent), "write")


def _folder(sb: Sb, who: Call | str, id: str, needs: str = "read") -> FileRecord:
    folder = sb.file(who, id, needs)
    if folder.type != "folder":
        raise refuse(400, 5022, f"{id} is a file: only folders have something in them")
    return folder


def check_name(name: str) -> str:
    """A name that a file may have.

    Raises:
        Problem: 5024; it may not.
    """
    if not name.strip() or "/" in name or name in (".", "..") or len(name) > _LONGEST_NAME:
        raise refuse(400, 5024, f"Names have 1 to {_LONGEST_NAME} characters and no slash, unlike {name[:40]!r}")
    return name


def _check_name_free(sb: Sb, parent: str, name: str, code: int = 5003) -> None:
    if (existing := sb.files.child(parent, name)) is not None:
        raise refuse(409, code, f"There is already a {existing.type} {name!r} in this folder: choose another name")


# -- changes


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> JsonObject:
    """Metadata with changes; a null removes its key."""
    return {key: value for key, value in {**old, **new}.items() if value is not None}


def _change(sb: Sb, record: FileRecord, body: Mapping[str, Any], *, merge: bool = True) -> FileRecord:
    """Change what a body states of name, tags and metadata; these are added to, or replaced without `merge`."""
    changes: JsonObject = {}
    if record.type == "folder" and ("metadata" in body or "tags" in body):
        raise refuse(400, 5025, f"{record.name!r} is a folder: folders have no metadata and no tags")
    if "metadata" in body:
        changes["metadata"] = _merged(record.metadata if merge else {}, body["metadata"] or {})
    if "tags" in body:
        changes["tags"] = list(dict.fromkeys(body["tags"] or ()))
    if (name := body.get("name")) is not None and name != record.name:
        _check_in_folder(record)
        changes["name"] = check_name(name)
        _check_name_free(sb, record.parent, name)
    return _changed(sb, record, changes)


def _check_in_folder(record: FileRecord) -> None:
    if not record.parent:
        raise refuse(400, 5033, f"{record.id} is the folder of project {record.project}: it stays as it is")


def _changed(sb: Sb, record: FileRecord, changes: JsonObject) -> FileRecord:
    if changes:
        sb.files.change(record.id, **changes)
    return sb.files.existing(record.id)


def move(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Move a file or folder within its project.

    Args:
        sb: The platform.
        record: The file or folder.
        folder: Target folder.
        name: What it is called there; None keeps its name.

    Returns:
        The file as it is now.

    Raises:
        Problem: 5015; to another project. 5033; into itself. 5003; something has the name. 5024; it is no name.
    """
    if folder.project != record.project:
        raise refuse(400, 5015, f"{record.name!r} is in project {record.project}: copy it to {folder.project} instead")
    _check_in_folder(record)
    _check_outside(sb, folder, record)
    new = check_name(name or record.name)
    if (folder.id, new) != (record.parent, record.name):
        _check_name_free(sb, folder.id, new)
    return _changed(sb, record, {"parent": folder.id, "name": new})


def _check_outside(sb: Sb, folder: FileRecord, record: FileRecord) -> None:
    if folder.id in {record.id, *(descendant.id for descendant in sb.files.below(record.id))}:
        raise refuse(400, 5033, f"{record.name!r} can't be put into itself")


def copy(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Copy a file, with its metadata and tags; its bytes are shared.

    Args:
        sb: The platform.
        record: The file.
        folder: Target folder.
        name: What the copy is called; None takes the file's name, with a number before it where that is taken.

    Raises:
        Problem: 5018; it is a folder. 5003; something has the name. 5024; it is no name.
    """
    if record.type == "folder":
        raise refuse(400, 5018, f"{record.name!r} is a folder: folders are copied by a file job")
    if name is not None:
        _check_name_free(sb, folder.id, check_name(name))
    copied_fields = ("size", "blob", "volume", "location", "metadata", "tags", "task")
    copied = {field: getattr(record, field) for field in copied_fields}
    free_name = name or sb.files.free_name(folder.id, record.name)
    return sb.files.add(project=folder.project, parent=folder.id, name=free_name, **copied)


def copy_tree(sb: Sb, record: FileRecord, folder: FileRecord, name: str | None) -> FileRecord:
    """Copy a file, or a folder with all that is in it.

    Raises:
        Problem: As `copy` does; 5033 for a folder into itself.
    """
    if record.type == "file":
        return copy(sb, record, folder, name)
    _check_outside(sb, folder, record)
    new_folder = _make_folder(sb, folder, name or record.name)
    for child in sb.files.children(record.id):
        copy_tree(sb, child, new_folder, child.name)
    return new_folder


def _make_folder(sb: Sb, parent: FileRecord, name: str) -> FileRecord:
    _check_name_free(sb, parent.id, check_name(name), code=5030)
    return sb.files.add(project=parent.project, parent=parent.id, name=name, type="folder")


def remove_tree(sb: Sb, record: FileRecord) -> None:
    """Remove a file, or a folder with all that is in it.

    Raises:
        Problem: 5033; it is a project's own folder.
    """
    _check_in_folder(record)
    sb.files.remove(record.id)


def _remove_one(sb: Sb, record: FileRecord) -> None:
    if record.parent and record.type == "folder" and sb.files.count(record.id):
        message = f"Folder {record.name!r} isn't empty: delete what is in it first, or delete it by a file job"
        raise refuse(400, 5021, message)
    remove_tree(sb, record)


def files_in(sb: Sb, record: FileRecord) -> Iterator[FileRecord]:
    """The files of a folder and of those below it; of a file the file."""
    if record.type == "file":
        yield record
    else:
        yield from (descendant for descendant in sb.files.below(record.id) if descendant.type == "file")


# -- lists


def texts(value: Any) -> list[str]:
    """The texts of a metadata value: one, several, or none."""
    if value is None:
        return []
    if isinstance(value, list):
        return [str(item) for item in cast("list[Any]", value)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _listed(sb: Sb, call: Call) -> str:
    """The folder whose contents a list is of, which the path or the query names."""
    if "owner" in call.arguments:
        return sb.files.root(sb.requested(call, "project")["id"])
    if "folder_id" in call.arguments:
        return _folder(sb, call, call.arguments["folder_id"]).id
    places = {name: call.arguments[name] for name in ("project", "parent", "dataset") if call.arguments.get(name)}
    if len(places) != 1:
        raise refuse(400, 5031 if places else 5029, "Give one of a project, a parent folder and a dataset to list")
    if "project" in places:
        return sb.files.root(sb.project(call, places["project"])["id"])
    if "dataset" in places:
        return sb.files.root(f"dataset:{sb.permitted(call, 'dataset', places['dataset'])['id']}")
    return _folder(sb, call, places["parent"]).id


def _matching(sb: Sb, call: Call, folder: str) -> list[FileRecord] | None:
    """The condition of a query on a folder's contents; None when it takes everything. Values of one kind are alternatives."""
    names, tags, task = (call.arguments.get(name) for name in ("name", "tag", "origin.task"))
    metadata: Mapping[str, Sequence[str]] = call.arguments.get("metadata") or {}
    if not (names or tags or task or metadata):
        return None

    def is_selected(record: FileRecord) -> bool:
        return (
            (not tags or any(tag in record.tags for tag in tags))
            and (not task or record.task == task)
            and all(set(texts(record.metadata.get(key))) & set(values) for key, values in metadata.items())
        )

    files = sb.files
    # A name is looked up, however many files the folder has.
    candidates = [files.child(folder, name) for name in dict.fromkeys(names)] if names else files.children(folder)
    return [record for record in candidates if record is not None and is_selected(record)]


def list_files(sb: Sb, call: Call) -> Reply:
    """GET /files, GET /projects/{owner}/{project}/files, GET /files/{folder_id}/list."""
    folder = _listed(sb, call)
    if (matching := _matching(sb, call, folder)) is not None:
        return page_of(call, matching, lambda record: file_json(call, record))
    items = [file_json(call, record) for record in sb.files.children(folder, *window(call))]
    return page(call, items, sb.files.count(folder))


list_project_files = list_folder_files = list_files


def scroll_files(sb: Sb, call: Call) -> Reply:
    """GET /files/scroll, GET /files/{folder_id}/scroll."""
    folder = _listed(sb, call)
    token, limit = call.arguments["token"], window(call)[1]
    offset = 0 if token == _FIRST else read_token(token, folder)
    matching = _matching(sb, call, folder)
    if matching is None:
        records, total = sb.files.children(folder, offset, limit), sb.files.count(folder)
    else:
        records, total = matching[offset : offset + limit], len(matching)
    after = offset + len(records)
    following = write_token(after, folder) if after < total else None
    return scroll_page(call, [file_json(call, record) for record in records], following, total)


scroll_folder_files = scroll_files


# -- one file


def create_folder(sb: Sb, call: Call) -> Reply:
    """POST /files."""
    return Reply(file_json(call, _make_folder(sb, destination(sb, call, call.body), call.body["name"])))


def _file(sb: Sb, call: Call, needs: str = "read") -> FileRecord:
    return sb.file(call, call.arguments["file_id"], needs)


def get_file(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}."""
    return Reply(file_json(call, _file(sb, call)))


def update_file(sb: Sb, call: Call) -> Reply:
    """PATCH /files/{file_id}."""
    return Reply(file_json(call, _change(sb, _file(sb, call, "write"), call.body)))


def delete_file(sb: Sb, call: Call) -> Reply:
    """DELETE /files/{file_id}."""
    _remove_one(sb, _file(sb, call, "write"))
    return Reply(status=204)


def get_file_metadata(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}/metadata."""
    return Reply(dict(_file(sb, call).metadata))


def update_file_metadata(sb: Sb, call: Call) -> Reply:
    """PATCH /files/{file_id}/metadata."""
    return Reply(_change(sb, _file(sb, call, "write"), {"metadata": call.body}).metadata)


def replace_file_metadata(sb: Sb, call: Call) -> Reply:
    """PUT /files/{file_id}/metadata."""
    return Reply(_change(sb, _file(sb, call, "write"), {"metadata": call.body}, merge=False).metadata)


def replace_file_tags(sb: Sb, call: Call) -> Reply:
    """PUT /files/{file_id}/tags."""
    return Reply(_change(sb, _file(sb, call, "write"), {"tags": call.body}).tags)


def _one_file(sb: Sb, call: Call, needs: str) -> FileRecord:
    record = _file(sb, call, needs)
    if record.type == "folder":
        raise refuse(403, 5032, f"{record.name!r} is a folder: take the files in it, or a file job")
    return record


def copy_file(sb: Sb, call: Call) -> Reply:
    """POST /files/{file_id}/actions/copy."""
    record = _file(sb, call, "copy")
    return Reply(file_json(call, copy(sb, record, destination(sb, call, call.body), call.body.get("name"))))


def move_file(sb: Sb, call: Call) -> Reply:
    """POST /files/{file_id}/actions/move."""
    record = _one_file(sb, call, "write")
    return Reply(file_json(call, move(sb, record, destination(sb, call, call.body), call.body.get("name"))))


def get_file_download_info(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}/download_info."""
    record = _one_file(sb, call, "copy")
    seconds = sb.number("url_seconds")
    if record.volume and not record.blob:
        return Reply({"url": sb.place(record.volume).url(record.location, seconds)})
    return Reply({"url": sb.storage.file_url(call.origin, record.blob, record.name, seconds)})


# -- up to 100 files


def bulk_get_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/get."""
    return in_bulk(sb, call.body["file_ids"], lambda id: file_json(call, sb.file(call, id)))


def bulk_delete_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/delete."""

    def delete(id: str) -> JsonObject:
        record = sb.file(call, id, "write")
        _remove_one(sb, record)
        return file_json(call, record)

    return in_bulk(sb, call.body["file_ids"], delete)


def bulk_update_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/update."""
    return _bulk_change(sb, call, {"tags": [], "metadata": {}}, merge=False)


def bulk_edit_files(sb: Sb, call: Call) -> Reply:
    """POST /bulk/files/edit."""
    return _bulk_change(sb, call, {}, merge=True)


def _bulk_change(sb: Sb, call: Call, unless: JsonObject, *, merge: bool) -> Reply:
    def change(item: JsonObject) -> JsonObject:
        return file_json(call, _change(sb, sb.file(call, item["id"], "write"), {**unless, **item}, merge=merge))

    return in_bulk(sb, call.body["items"], change)


def bulk_copy_files(sb: Sb, call: Call) -> Reply:
    """POST /action/files/copy."""
    folder = destination(sb, call, {"project": call.body["project"]})

    def copied_file(id: str) -> JsonObject:
        try:
            new_file = copy(sb, sb.file(call, id, "copy"), folder, None)
        except Problem as problem:
            return {"status": problem.title}
        return {"status": "ok", "new_file_id": new_file.id, "new_file_name": new_file.name}

    return Reply({id: copied_file(id) for id in call.body["file_ids"]})
