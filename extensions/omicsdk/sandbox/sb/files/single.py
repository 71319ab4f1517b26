"""Operations of single files and folders: list, get, change, delete, copy, move, and where to download from."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.sb.files.changes import change_file, check_name_free, copied, make_folder, moved, remove_tree
from omicsdk.sandbox.sb.files.continuation import read_token, write_token
from omicsdk.sandbox.sb.files.filter import Filter
from omicsdk.sandbox.sb.files.placing import check_name, destination
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.requests.paging import page, page_of, scroll_page, window
from omicsdk.sandbox.sb.state import Sb, path_id
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.sb.stores.presigned import file_url
from omicsdk.sandbox.service import Call, Reply

_FIRST = "init"


def _listed(sb: Sb, call: Call) -> str:
    """The folder whose contents a list is of."""
    given = {name: call.arguments[name] for name in ("project", "parent", "dataset") if call.arguments.get(name)}
    if len(given) > 1:
        raise refuse(400, 5031, f"Give one of project, parent and dataset, not {' and '.join(given)}")
    if not given:
        raise refuse(400, 5029, "Give a project, a parent folder or a dataset: it isn't said whose files to list")
    if "project" in given:
        sb.project(call, given["project"], "read")
        return sb.work.files.root(given["project"])
    if "dataset" in given:
        sb.held(call, "dataset", given["dataset"])
        return sb.work.files.make_root(f"dataset:{given['dataset']}")
    return _folder(sb, call, given["parent"]).id


def _folder(sb: Sb, call: Call, id: str) -> FileRecord:
    found = sb.file(call, id, "read")
    if found.type != "folder":
        raise refuse(400, 5022, f"{id} is a file: only folders have something in them")
    return found


def _filter(call: Call) -> Filter:
    given = call.arguments
    return Filter(
        names=given.get("name") or (),
        metadata=given.get("metadata") or {},
        tags=given.get("tag") or (),
        task=given.get("origin.task"),
    )


def list_files(sb: Sb, call: Call) -> Reply:
    """GET /files."""
    return _page(sb, call, _listed(sb, call), _filter(call))


def list_project_files(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}/files."""
    project = path_id(call, "project")
    sb.project(call, project, "read")
    return _page(sb, call, sb.work.files.root(project), Filter())


def list_folder_files(sb: Sb, call: Call) -> Reply:
    """GET /files/{folder_id}/list."""
    return _page(sb, call, _folder(sb, call, call.arguments["folder_id"]).id, Filter())


def _page(sb: Sb, call: Call, folder: str, wanted: Filter) -> Reply:
    if wanted.open:
        offset, limit = window(call)
        items = [file_json(call, record) for record in sb.work.files.children(folder, offset, limit)]
        return page(call, items, sb.work.files.count(folder))
    return page_of(call, _matching(sb, folder, wanted), lambda record: file_json(call, record))


def _matching(sb: Sb, folder: str, wanted: Filter) -> list[FileRecord]:
    if wanted.names:  # a name is looked up, whatever else is in the folder
        found = [sb.work.files.child(folder, name) for name in dict.fromkeys(wanted.names)]
        return [record for record in found if record is not None and wanted.takes(record)]
    return [record for record in sb.work.files.children(folder) if wanted.takes(record)]


def scroll_files(sb: Sb, call: Call) -> Reply:
    """GET /files/scroll."""
    if any(name == "offset" for name, _ in call.query):
        raise bad("Scrolling takes no offset: follow the link to the next page")
    return _scroll(sb, call, _listed(sb, call), _filter(call))


def scroll_folder_files(sb: Sb, call: Call) -> Reply:
    """GET /files/{folder_id}/scroll."""
    return _scroll(sb, call, _folder(sb, call, call.arguments["folder_id"]).id, Filter())


def _scroll(sb: Sb, call: Call, folder: str, wanted: Filter) -> Reply:
    token: str = call.arguments["token"]
    limit = window(call)[1]
    offset = 0 if token == _FIRST else read_token(token, folder)
    if wanted.open:
        found: Sequence[FileRecord] = sb.work.files.children(folder, offset, limit)
        total = sb.work.files.count(folder)
    else:
        everything = _matching(sb, folder, wanted)
        found, total = everything[offset : offset + limit], len(everything)
    after = offset + len(found)
    following = write_token(after, folder) if after < total else None
    return scroll_page(call, [file_json(call, record) for record in found], following, total)


def create_folder(sb: Sb, call: Call) -> Reply:
    """POST /files."""
    body: Mapping[str, Any] = call.body
    folder = destination(sb, call, body)
    name = check_name(body["name"])
    check_name_free(sb, folder.id, name, code=5030)
    return Reply(file_json(call, make_folder(sb, folder, name)))


def get_file(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}."""
    return Reply(file_json(call, _file(sb, call)))


def _file(sb: Sb, call: Call, needs: str = "read") -> FileRecord:
    return sb.file(call, call.arguments["file_id"], needs)


def update_file(sb: Sb, call: Call) -> Reply:
    """PATCH /files/{file_id}."""
    body: Mapping[str, Any] = call.body
    changed = change_file(sb, _file(sb, call, "write"), body, merge=True)
    return Reply(file_json(call, changed))


def delete_file(sb: Sb, call: Call) -> Reply:
    """DELETE /files/{file_id}."""
    record = _file(sb, call, "write")
    remove_one(sb, record)
    return Reply(status=204)


def remove_one(sb: Sb, record: FileRecord) -> None:
    """Removes a file or an empty folder.

    Raises:
        Problem: 5021; it is a folder with something in it. 5033; it is a project's own folder.
    """
    if record.parent and record.type == "folder" and sb.work.files.count(record.id):
        raise refuse(
            400, 5021, f"Folder {record.name!r} isn't empty: delete what is in it first, or delete it by a file job"
        )
    remove_tree(sb, record)


# -- metadata and tags


def get_file_metadata(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}/metadata."""
    return Reply(dict(_file(sb, call).metadata))


def update_file_metadata(sb: Sb, call: Call) -> Reply:
    """PATCH /files/{file_id}/metadata."""
    record = _file(sb, call, "write")
    return Reply(change_file(sb, record, {"metadata": call.body}, merge=True).metadata)


def replace_file_metadata(sb: Sb, call: Call) -> Reply:
    """PUT /files/{file_id}/metadata."""
    record = _file(sb, call, "write")
    return Reply(change_file(sb, record, {"metadata": call.body}, merge=False).metadata)


def replace_file_tags(sb: Sb, call: Call) -> Reply:
    """PUT /files/{file_id}/tags."""
    return Reply(change_file(sb, _file(sb, call, "write"), {"tags": call.body}, merge=True).tags)


# -- elsewhere


def copy_file(sb: Sb, call: Call) -> Reply:
    """POST /files/{file_id}/actions/copy."""
    record = _file(sb, call, "copy")
    folder = destination(sb, call, call.body)
    return Reply(file_json(call, copied(sb, record, folder, call.body.get("name"))))


def move_file(sb: Sb, call: Call) -> Reply:
    """POST /files/{file_id}/actions/move."""
    record = _file(sb, call, "write")
    if record.type == "folder":
        raise refuse(403, 5032, f"{record.name!r} is a folder: folders are moved by a file job")
    folder = destination(sb, call, call.body)
    return Reply(file_json(call, moved(sb, record, folder, call.body.get("name"))))


def get_file_download_info(sb: Sb, call: Call) -> Reply:
    """GET /files/{file_id}/download_info."""
    record = _file(sb, call, "copy")
    if record.type == "folder":
        raise refuse(400, 5017, f"{record.name!r} is a folder: download the files in it")
    seconds = sb.grounds.settings.number("sb.url_seconds")
    if record.volume and not record.blob:
        return Reply({"url": sb.volume_url(record.volume, record.location, seconds)})
    return Reply({"url": file_url(sb.grounds.signer, call.origin, record.blob, record.name, seconds)})
