"""Execution details of a task: jobs, instances, and logs as files."""

import copy
import pickle
from datetime import datetime

import pytest
from omicsdk.compat.sevenbridges.models.execution_details import Logs
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.sb.task_runs import file_id_in as file_id

ID = "11111111-1111-4111-8111-111111111111"
HREF = f"https://api.example.org/v2/tasks/{ID}/execution_details"


@pytest.fixture
def details(api, platform):
    platform.on(
        f"GET /tasks/{ID}/execution_details",
        {
            "href": HREF,
            "status": "COMPLETED",
            "start_time": "2024-01-31T12:00:00Z",
            "end_time": "2024-01-31T12:30:00.250Z",
            "message": "",
            "jobs": [
                {
                    "name": "sort",
                    "status": "COMPLETED",
                    "start_time": "2024-01-31T12:01:00Z",
                    "command_line": "samtools sort",
                    "retried": False,
                    "instance": {
                        "id": "i-1",
                        "type": "c4.2xlarge",
                        "provider": "AWS",
                        "disk": {"size": 1024, "unit": "GB", "type": "EBS"},
                    },
                    "docker": {"checksum": "sha256:abc"},
                    "logs": {
                        "cmd.log": "https://api.example.org/v2/files/f-log/download_info",
                        "job.err.log": "https://api.example.org/v2/files/f-err",
                        "elsewhere": "https://logs.example.org/x",
                    },
                },
                {"name": "wait", "status": "RUNNING", "instance": None, "logs": {}},
            ],
        },
    )
    return api.tasks.of({"id": ID}, api).get_execution_details()


def test_jobs_with_their_instances(details):
    sort, wait = details.jobs
    assert (details.status, details.end_time) == ("COMPLETED", datetime(2024, 1, 31, 12, 30, 0, 250_000))
    assert (sort.name, sort.command_line, sort.retried) == ("sort", "samtools sort", False)
    assert (sort.instance.id, sort.instance.type, sort.instance.provider) == ("i-1", "c4.2xlarge", "AWS")
    assert (sort.instance.disk.size, sort.instance.disk.unit, sort.instance.disk.type) == (1024, "GB", "EBS")
    assert sort.docker.checksum == "sha256:abc"
    assert (wait.instance, wait.docker, wait.end_time) == (None, None, None)


def test_logs_are_files_without_a_request(details, platform):
    before = len(platform.requests)
    logs = details.jobs[0].logs
    assert isinstance(logs["cmd.log"], File)
    assert (logs["cmd.log"].id, logs["job.err.log"].id) == ("f-log", "f-err")
    assert logs["elsewhere"] is None
    assert logs["nothing"] is None
    assert logs.get("elsewhere") == dict(logs)["elsewhere"] == "https://logs.example.org/x"
    assert {name: file and file.id for name, file in logs.items()}["cmd.log"] == "f-log"
    assert len(platform.requests) == before


def test_a_log_can_be_requested_its_name(details, platform):
    platform.on("GET /files/f-log", {"id": "f-log", "name": "cmd.log", "type": "file"})
    assert details.jobs[0].logs["cmd.log"].name == "cmd.log"


def test_details_are_requested_again(details, platform):
    platform.on(f"GET /tasks/{ID}/execution_details", {"href": HREF, "status": "FAILED", "jobs": []})
    assert details.reload().status == "FAILED"
    assert details.jobs == []
    assert "FAILED" in repr(details)


def test_logs_go_through_copies_and_pickles():
    logs = Logs({"a": "https://x/files/f-1"})
    assert copy.deepcopy(logs) == {"a": "https://x/files/f-1"}
    assert pickle.loads(pickle.dumps(logs)) == logs


@pytest.mark.parametrize(
    ("url", "id"),
    [
        ("https://h/v2/files/abc/download_info", "abc"),
        ("https://h/v2/files/abc", "abc"),
        ("/files/a%2Fb/", "a/b"),
        ("https://h/v2/files/", None),
        ("https://h/v2/files", None),
        ("https://h/v2/logs/abc", None),
        (None, None),
    ],
)
def test_the_file_that_a_url_names(url, id):
    assert file_id(url) == id
