"""Workflows of Seven Bridges whose responses have one place changed: they work, or end with one of our errors."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core import BearerToken
from omicsdk.sb import SevenBridges
from omicsdk.sb.downloads import checksums_of, url_of
from omicsdk.sb.jobs import StorageJobs
from omicsdk.sb.listings import Folders
from omicsdk.sb.manifest import table
from omicsdk.sb.moves import delete
from omicsdk.sb.storage import PlannedJob, obstacles
from omicsdk.sb.store import PlatformStore
from omicsdk.transfer.uploads.store import Cut
from scripted_services import Responses, checks_of, scripted

URL = "https://api.example.org/v2"
FILE = {
    "id": "0" * 24,
    "name": "a.txt",
    "type": "file",
    "size": 1,
    "project": "me/p",
    "parent": "1" * 24,
    "metadata": {"sample": "s", "more": ["a", None]},
    "tags": ["t"],
    "origin": {"task": "t"},
}
FOLDER = {"id": "1" * 24, "name": "a.txt", "type": "folder", "project": "me/p"}
ERROR = {"status": 404, "code": 5002, "message": "no"}
TASK = {"id": "t", "name": "n", "status": "FAILED", "execution_status": {"message": "m"}, "batch": False}
PART = {"url": "https://s3.example.org/p", "method": "PUT", "headers": {"a": "b"}}
REPORTED = {"part_number": 1, "response": {"headers": {"ETag": "e"}}}


def records(resource: Any) -> dict[str, Any]:
    return {"items": [{"resource": resource}]}


def store(client: SevenBridges) -> PlatformStore:
    return PlatformStore(client, "a.txt", {"project": "me/p"}, 1)


Act = Callable[[SevenBridges, Path], object]
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "list a folder": (
        lambda client, _: [
            (table([(str(entry.path), entry.file.to_dict())]), checksums_of(entry.file))
            for entry in client.ls("sb://me/p", recursive=True)
        ],
        {"GET /v2/files": scripted({"items": [FILE], "links": []})},
    ),
    "files by id": (
        lambda client, _: [outcome.resource for outcome in client.files_by_id(["0" * 24])],
        {"POST /bulk/files/get": scripted(records(FILE))},
    ),
    "edit files": (
        lambda client, _: client.edit_files([{"id": "0" * 24, "tags": []}]),
        {"POST /bulk/files/edit": scripted(records(FILE))},
    ),
    "find imports": (
        lambda client, _: StorageJobs(client, "imports").find(["i"]),
        {"POST /bulk/storage/imports/get": scripted(records({"id": "i", "state": "FAILED"}))},
    ),
    "failed exports": (
        lambda client, _: StorageJobs(client, "exports").find(["i"]),
        {"POST /bulk/storage/exports/get": scripted({"items": [{"error": ERROR}]})},
    ),
    "start imports": (
        lambda client, _: StorageJobs(client, "imports").start(
            [{"volume": "me/v", "location": "a", "project": "me/p"}]
        ),
        {"POST /bulk/storage/imports/create": scripted(records({"id": "i", "state": "PENDING"}))},
    ),
    "wait for tasks": (
        lambda client, _: [task.name for task in client.wait_for_tasks(["t"], timeout=1)],
        {"POST /bulk/tasks/get": scripted(records(TASK))},
    ),
    "logs of a task": (
        lambda client, _: list(client.task_logs("t")),
        {
            "GET /tasks/t": scripted(TASK),
            "GET /tasks/t/execution_details": scripted(
                {"jobs": [{"name": "j", "status": "FAILED", "logs": {"job.err.log": f"{URL}/files/1"}}]}
            ),
        },
    ),
    "the URL of a file": (
        lambda client, _: url_of(client, "0" * 24),
        {f"GET /files/{'0' * 24}/download_info": scripted({"url": "https://s3.example.org/a"})},
    ),
    "the folder of a project": (
        lambda client, _: Folders(client).root_folder("me/p"),
        {"GET /projects/me/p": scripted({"id": "me/p", "root_folder": "1" * 24})},
    ),
    "create a task": (
        lambda client, _: client.create_task("n", "me/p", "me/p/a", run=True),
        {"POST /tasks": scripted(TASK)},
    ),
    "a dry run of an export": (
        lambda client, _: obstacles(client, [PlannedJob(1, "a", "b", {"volume": "me/v"})]),
        {"GET /storage/volumes/me/v": scripted({"id": "me/v", "access_mode": "RO"})},
    ),
    "delete a folder": (
        lambda client, _: delete(client, ["1" * 24], recursive=True, timeout=1),
        {
            f"GET /files/{'1' * 24}": scripted(FOLDER),
            "POST /async/files/delete": scripted({"id": "j", "state": "RUNNING"}),
            "GET /async/files/delete/j": scripted({"id": "j", "state": "FINISHED", "result": [{"error": ERROR}]}),
        },
    ),
    "the URL of a part": (
        lambda client, _: store(client).sign("u", Cut(1, 0, 1), {}),
        {"GET /upload/multipart/u/part/1": scripted({**PART, "report": {"success_codes": [200], "headers": ["ETag"]}})},
    ),
    "parts that were sent": (
        lambda client, _: store(client).known("u"),
        {"GET /upload/multipart/u": scripted({"upload_id": "u", "part_size": 5 << 20, "parts": [REPORTED]})},
    ),
}


test_what_services_return_is_used, test_no_changed_response_is_more_than_an_error = checks_of(
    WORKFLOWS, partial(SevenBridges, URL, credentials=BearerToken("t"))
)
