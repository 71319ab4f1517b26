"""Operations of uploads in parts: start, where a part goes, reports, complete, abort."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.files.placing import check_name, destination, known
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import refuse
from omicsdk.sandbox.sb.state import Sb, new_id, when
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.sb.stores.presigned import part_url
from omicsdk.sandbox.sb.stores.upload_parts import (
    LARGEST_FILE,
    MOST_PARTS,
    Part,
    choose_part_size,
    complaint,
    stated_etag,
)
from omicsdk.sandbox.sb.stores.uploads import Upload
from omicsdk.sandbox.service import Call, Reply


def start_upload(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart."""
    body: Mapping[str, Any] = call.body
    folder = destination(sb, call, body)
    overwrite = bool(call.arguments.get("overwrite"))
    name = check_name(body["name"])
    _check_free(sb, folder.id, name, overwrite)
    upload = begin(sb, call, body, project=folder.project, parent=folder.id, overwrite=overwrite)
    return Reply(_shown(sb, call, upload))


def begin(
    sb: Sb,
    call: Call,
    body: Mapping[str, Any],
    *,
    project: str = "",
    parent: str = "",
    overwrite: bool = False,
    automation: str = "",
) -> Upload:
    """Enters a new upload.

    Args:
        sb: The platform.
        call: The request.
        body: Its body: name, size, part_size.
        project: Project that the file will be in.
        parent: Folder that the file will be in.
        overwrite: Whether a file of that name is replaced.
        automation: The automation that the code is for.

    Raises:
        Problem: 8013; the size is no file's.
    """
    size: int | None = body.get("size")
    if size is not None and not 0 <= size <= LARGEST_FILE:
        raise refuse(400, 8013, f"A file has between 0 and {LARGEST_FILE} bytes, not {size}")
    settings = sb.grounds.settings
    part_size = choose_part_size(
        size or 0,
        body.get("part_size"),
        least=int(settings.number("sb.part_least")),
        most_parts=int(settings.number("sb.parts_most")) or MOST_PARTS,
    )
    upload = Upload(
        id=new_id(),
        owner=sb.user(call),
        name=body["name"],
        project=project,
        parent=parent,
        size=size,
        part_size=part_size,
        overwrite=overwrite,
        initiated=sb.now(),
        automation=automation,
        by_folder="parent" in body,
    )
    sb.work.uploads.add(upload)
    return upload


def _check_free(sb: Sb, parent: str, name: str, overwrite: bool) -> None:
    there = sb.work.files.child(parent, name)
    if there is not None and (there.type == "folder" or not overwrite):
        more = "" if there.type == "folder" else " or overwrite it"
        raise refuse(409, 8005, f"There is already a {there.type} {name!r}: choose another name{more}")


def list_uploads(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart."""
    return Reply({"items": [_shown(sb, call, upload) for upload in sb.work.uploads.of(sb.user(call))]})


def get_upload(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart/{upload_id}."""
    upload = started(sb, call)
    shown = _shown(sb, call, upload)
    if call.arguments.get("list_parts"):
        reported = [part for part in sb.work.uploads.parts(upload.id) if part.reported]
        shown["parts"] = [
            {"part_number": part.number, "response": {"headers": {"ETag": part.etag}}} for part in reported
        ]
    return Reply(shown)


def started(sb: Sb, call: Call, *, automation: bool = False) -> Upload:
    """The upload that a request is about.

    Raises:
        Problem: 8003; there is none, or it is somebody else's.
    """
    id: str = call.arguments["upload_id"]
    found = sb.work.uploads.get(id)
    if found is None or found.owner != sb.user(call) or bool(found.automation) != automation:
        raise refuse(404, 8003, f"There is no upload {id}: it is complete, was aborted, or never was")
    return found


def _shown(sb: Sb, call: Call, upload: Upload) -> dict[str, Any]:
    return {
        "href": call.service_url(f"/upload/multipart/{upload.id}", {}),
        "upload_id": upload.id,
        "project": upload.project,
        "parent": upload.parent if upload.by_folder else None,
        "name": upload.name,
        "initiated": when(upload.initiated),
        "parallel_uploads": True,
        "part_size": upload.part_size,
        "uploaded_parts_count": sb.work.uploads.reported_count(upload.id),
    }


def get_upload_part_url(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart/{upload_id}/part/{part_number}."""
    return where_to(sb, call, started(sb, call))


def where_to(sb: Sb, call: Call, upload: Upload) -> Reply:
    """A presigned URL for a part, and how to use it."""
    number: int = call.arguments["part_number"]
    if not 1 <= number <= MOST_PARTS:
        raise refuse(400, 8012, f"Parts have numbers from 1 to {MOST_PARTS}, not {number}")
    settings = sb.grounds.settings
    seconds = settings.number("sb.part_url_seconds")
    name, _, value = settings.text("sb.part_header").partition(":")
    headers = {name.strip(): value.strip()} if name else {}
    url = part_url(sb.grounds.signer, call.origin, upload.id, number, seconds, headers)
    return Reply(
        {
            "method": "PUT",
            "url": url,
            "expires": when(sb.now() + seconds),
            "headers": headers,
            "report": {"success_codes": [200], "headers": ["ETag"]},
        }
    )


def report_upload_part(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}/part."""
    report(sb, started(sb, call), [call.body])
    return Reply()


def report_upload_parts(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}."""
    report(sb, started(sb, call), call.body["parts"], code=8015)
    return Reply()


def report(sb: Sb, upload: Upload, stated: Sequence[Mapping[str, Any]], code: int = 8014) -> None:
    """Notes parts that the client says it has sent.

    Raises:
        Problem: 8014 or 8015; the storage didn't answer that ETag for such a part.
    """
    etags = {each["part_number"]: stated_etag(each["response"]["headers"]) for each in stated}
    wrong = sb.work.uploads.report(upload.id, etags)
    if wrong is not None:
        said = f"the ETag {etags[wrong]!r}" if etags[wrong] else "no ETag"
        raise refuse(400, code, f"Part {wrong} is reported with {said}, which isn't what the storage answered for it")


def complete_upload(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}/complete."""
    upload = started(sb, call)
    body: Mapping[str, Any] = call.body or {}
    parts = all_parts(sb, upload, body.get("parts") or ())
    if sb.work.files.get(upload.parent) is None:
        raise refuse(404, 5026, f"The folder of upload {upload.id} is gone: upload to another one")
    _check_free(sb, upload.parent, upload.name, upload.overwrite)
    content = sb.work.uploads.finish(upload, parts)
    record = put_file(sb, upload.parent, upload.name, content.sha256, content.size)
    return Reply(file_json(call, record))


def put_file(sb: Sb, parent: str, name: str, blob: str, size: int) -> FileRecord:
    """Makes a file, or gives one of that name new contents; it keeps its identity then."""
    files = sb.work.files
    there = files.child(parent, name)
    if there is None:
        folder = known(sb, parent)
        return files.add(project=folder.project, parent=parent, name=name, blob=blob, size=size)
    files.change(there.id, blob=blob, size=size, volume="", location="", task="")
    return known(sb, there.id)


def all_parts(sb: Sb, upload: Upload, stated: Sequence[Mapping[str, Any]]) -> list[Part]:
    """The parts of an upload that is to be completed.

    Args:
        sb: The platform.
        upload: The upload.
        stated: Parts that are reported with the request.

    Raises:
        Problem: 8007; they don't make up the file.
    """
    if stated:
        report(sb, upload, stated, code=8015)
    parts = [part for part in sb.work.uploads.parts(upload.id) if part.reported]
    if said := complaint(parts, upload.size):
        raise _incomplete(upload, said)
    return parts


def _incomplete(upload: Upload, said: str) -> Problem:
    return refuse(400, 8007, f"Upload {upload.id} can't be completed: {said}")


def abort_upload(sb: Sb, call: Call) -> Reply:
    """DELETE /upload/multipart/{upload_id}."""
    sb.work.uploads.drop(started(sb, call).id)
    return Reply(status=204)
