"""Tasks: finding, making, running and saving them, and the execution details of their jobs."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone

import httpx
import pytest
from omicsdk.compat.sevenbridges import (
    BadRequest,
    ExecutionDetailsInvalidTaskType,
    SbgError,
    TaskValidationError,
    ValidationError,
)
from omicsdk.compat.sevenbridges.models.execution_details import Logs
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.models.task import Task
from omicsdk.sb.task_runs import file_id_in as file_id

ID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def task(api):
    return api.tasks.of({"id": ID, "name": "mine", "status": "DRAFT", "batch": False, "inputs": {}}, api)


def test_a_query_sends_what_was_requested(api, platform, task):
    platform.lists("/tasks", {"id": ID, "name": "mine"})
    project = api.projects.of({"id": "own/proj"}, api)
    page = api.tasks.query(
        project=project,
        status="RUNNING",
        batch=True,
        parent=task,
        created_from=datetime(2020, 1, 1, 1, 2, 3, 999),
        created_to=datetime(2020, 1, 1, 2, 0, tzinfo=timezone(timedelta(hours=2))),
        started_from=date(2020, 1, 31),
        started_to=datetime(2020, 1, 1, tzinfo=UTC),
        ended_from="x",
        offset=0,
        limit=1,
        order_by="created_time",
        order="asc",
        origin="o",
    )
    assert page.total == 1
    assert isinstance(page[0], api.tasks)
    assert platform.request_texts == [
        f"GET /tasks?project=own/proj&status=RUNNING&batch=true&parent={ID}&created_from=2020-01-01T01:02:03"
        "&created_to=2020-01-01T00:00:00&started_from=2020-01-31T00:00:00&started_to=2020-01-01T00:00:00&ended_from=x"
        "&order_by=created_time&order=asc&origin_id=o&offset=0&limit=1&fields=_all"
    ]


def test_a_time_of_another_kind_is_refused_before_anything_is_sent(api, platform):
    with pytest.raises(ValidationError, match="ended_to"):
        api.tasks.query(ended_to=5)
    assert platform.request_texts == []


def test_a_task_is_made_with_files_settings_and_a_batch(api, platform):
    platform.on("POST /tasks", {"id": ID, "status": "QUEUED", "errors": []})
    bam = api.files.of({"id": "fid", "type": "file"}, api)
    folder = api.files.of({"id": "dir", "type": "folder"}, api)
    made = api.tasks.create(
        "n",
        "own/proj",
        api.apps.of({"id": "o/p/a/1", "revision": 1}, api),
        batch_input="in",
        batch_by={"type": "item"},
        inputs={"f": bam, "l": [bam], "d": folder, "x": 1},
        description="d",
        run=True,
        disable_batch=True,
        interruptible=True,
        execution_settings={"instance_type": ["c4"], "max_parallel_instances": 2},
        output_location={"main_location": "x"},
    )
    assert made.status == "QUEUED"
    assert platform.request_texts == ["POST /tasks?action=run&batch=false"]
    assert platform.sent == {
        "name": "n",
        "project": "own/proj",
        "app": "o/p/a/1",
        "description": "d",
        "inputs": {
            "f": {"class": "File", "path": "fid"},
            "l": [{"class": "File", "path": "fid"}],
            "d": {"class": "Directory", "path": "dir"},
            "x": 1,
        },
        "batch_input": "in",
        "batch_by": {"type": "item"},
        "use_interruptible_instances": True,
        "execution_settings": {"instance_type": ["c4"], "max_parallel_instances": 2},
        "output_location": {"main_location": "x"},
    }


def test_only_what_is_given_is_sent(api, platform):
    platform.on("POST /tasks", {"id": ID, "status": "DRAFT"})
    api.tasks.create("n", "own/proj", "o/p/a")
    assert platform.request_texts == ["POST /tasks"]
    assert platform.sent == {"name": "n", "project": "own/proj", "app": "o/p/a"}


@pytest.mark.parametrize(
    ("app", "revision", "sent"),
    [
        ("o/p/a", None, "o/p/a"),
        ("o/p/a/3", None, "o/p/a/3"),
        ("o/p/a", 0, "o/p/a/0"),
        ("o/p/a/3", 5, "o/p/a/5"),
        ({"id": "o/p/a/3"}, None, "o/p/a/3"),
        ({"id": "o/p/a", "revision": 4}, None, "o/p/a/4"),
        ({"id": "o/p/a/3", "revision": 3}, 0, "o/p/a/0"),
    ],
)
def test_which_revision_runs(api, platform, app, revision, sent):
    platform.on("POST /tasks", {"id": ID})
    api.tasks.create("n", "own/proj", api.apps.of(app, api) if isinstance(app, dict) else app, revision=revision)
    assert platform.sent["app"] == sent


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"batch_input": "in"}, "batch_by is missing"),
        ({"batch_by": {"type": "ITEM"}}, "batch_input is missing"),
        ({"batch_input": "in", "batch_by": {"type": "CRITERIA"}}, "no criteria"),
        ({"batch_input": "in", "batch_by": {"type": "criteria", "criteria": []}}, "no criteria"),
        ({"batch_input": "in", "batch_by": {"type": "files"}}, "neither"),
        ({"batch_input": "in", "batch_by": {"criteria": ["metadata.x"]}}, "neither"),
        ({"app": "just-a-name"}, "is not the id of an app"),
        ({"app": "o/p/a/latest"}, "is not the id of an app"),
        ({"revision": -1}, "Invalid revision -1"),
    ],
)
def test_what_can_not_be_a_task_is_refused_before_anything_is_sent(api, platform, arguments, words):
    with pytest.raises(ValidationError, match=words):
        api.tasks.create("n", "own/proj", **{"app": "o/p/a", **arguments})
    assert platform.request_texts == []


@pytest.mark.parametrize(("kind", "sent"), [("item", "item"), ("ITEM", "ITEM"), ("Item", "ITEM")])
def test_batch_by_in_any_case(api, platform, kind, sent):
    platform.on("POST /tasks", {"id": ID})
    api.tasks.create("n", "own/proj", "o/p/a", batch_input="in", batch_by={"type": kind})
    assert platform.sent["batch_by"] == {"type": sent}


def test_one_criterion_as_text_is_a_list_of_it(api, platform):
    platform.on("POST /tasks", {"id": ID})
    batch_by = {"type": "Criteria", "criteria": "metadata.sample_id"}
    api.tasks.create("n", "own/proj", "o/p/a", batch_input="in", batch_by=batch_by)
    assert platform.sent["batch_by"] == {"type": "CRITERIA", "criteria": ["metadata.sample_id"]}


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([{"input_id": "reads", "message": "Required input is not set."}], "reads: Required input is not set."),
        ({"0": {"type": "missing", "description": "No app."}}, "missing: No app."),
        (["plain words", {"odd": 1}], "plain words; {'odd': 1}"),
    ],
)
def test_a_task_that_can_not_run_is_an_error_that_has_the_draft(api, platform, errors, words):
    platform.on("POST /tasks", {"id": ID, "status": "DRAFT", "errors": errors})
    with pytest.raises(TaskValidationError) as raised:
        api.tasks.create("n", "own/proj", "o/p/a", run=True)
    assert words in str(raised.value)
    assert raised.value.task.id == ID
    assert raised.value.task.status == "DRAFT"


def test_a_draft_with_errors_is_no_error(api, platform):
    platform.on("POST /tasks", {"id": ID, "status": "DRAFT", "errors": [{"message": "not yet"}]})
    assert api.tasks.create("n", "own/proj", "o/p/a").errors == [{"message": "not yet"}]


def test_run_states_the_task_its_new_state_and_keeps_edits(task, platform):
    platform.on(f"POST /tasks/{ID}/actions/run", {"id": ID, "name": "mine", "status": "QUEUED"})
    task.name = "renamed"
    assert task.run(batch=False, interruptible=True) is task
    assert platform.request_texts == [f"POST /tasks/{ID}/actions/run?batch=false&use_interruptible_instances=true"]
    assert (task.status, task.name, task.changes()) == ("QUEUED", "renamed", {"name": "renamed"})


def test_run_can_leave_the_object_alone(task, platform):
    platform.on(f"POST /tasks/{ID}/actions/run", {"id": ID, "status": "QUEUED"})
    other = task.run(inplace=False)
    assert platform.request_texts == [f"POST /tasks/{ID}/actions/run"]
    assert (other.status, task.status) == ("QUEUED", "DRAFT")


def test_run_raises_what_the_platform_refuses(task, platform):
    platform.on(f"POST /tasks/{ID}/actions/run", platform.refusal(400, 7024, "Validation errors."))
    with pytest.raises(BadRequest) as raised:
        task.run()
    assert raised.value.code == 7024


def test_abort(task, platform):
    platform.on(f"POST /tasks/{ID}/actions/abort", {"id": ID, "status": "ABORTED"})
    assert task.abort().status == "ABORTED"


@pytest.mark.parametrize(("run", "query"), [(True, "?action=run"), (False, "")])
def test_clone_gives_another_task(task, platform, run, query):
    platform.on(f"POST /tasks/{ID}/actions/clone", {"id": OTHER, "status": "DRAFT"})
    twin = task.clone(run=run)
    assert (twin.id, task.id) == (OTHER, ID)
    assert twin != task
    assert platform.request_texts == [f"POST /tasks/{ID}/actions/clone{query}"]


def test_a_clone_that_can_not_run_is_an_error(task, platform):
    platform.on(f"POST /tasks/{ID}/actions/clone", {"id": OTHER, "status": "DRAFT", "errors": [{"message": "gone"}]})
    with pytest.raises(TaskValidationError, match="gone"):
        task.clone()
    assert task.clone(run=False).errors == [{"message": "gone"}]


def test_delete(task, platform):
    platform.on(f"DELETE /tasks/{ID}", httpx.Response(204))
    assert task.delete() is None
    assert platform.request_texts == [f"DELETE /tasks/{ID}"]


def test_save_sends_what_was_changed_alone(task, platform):
    platform.on(f"PATCH /tasks/{ID}", lambda request: {"id": ID, **request.body})
    task.name = "other"
    task.description = "words"
    assert task.save() is task
    assert platform.sent == {"name": "other", "description": "words"}
    assert task.save() is task, "nothing is left to save, and nothing is raised"
    assert len(platform.requests) == 1


def test_save_sends_batching_and_settings_as_a_whole(api, platform):
    payload = {
        "id": ID,
        "batch_by": {"type": "CRITERIA", "criteria": ["metadata.a"]},
        "execution_settings": {"instance_type": "AUTO", "max_parallel_instances": 1},
    }
    task = api.tasks.of(payload, api)
    platform.on(f"PATCH /tasks/{ID}", payload)
    task.batch_by["criteria"] = ["metadata.b"]
    task.execution_settings["max_parallel_instances"] = 4
    task.save()
    assert platform.sent == {
        "batch_by": {"type": "CRITERIA", "criteria": ["metadata.b"]},
        "execution_settings": {"instance_type": "AUTO", "max_parallel_instances": 4},
    }


def test_save_refuses_a_batch_without_criteria(api, platform):
    task = api.tasks.of({"id": ID, "batch_by": {"type": "ITEM"}}, api)
    task.batch_by["type"] = "CRITERIA"
    with pytest.raises(ValidationError, match="no criteria"):
        task.save()
    assert platform.request_texts == []


def test_save_can_give_a_new_object(task, platform):
    platform.on(f"PATCH /tasks/{ID}", {"id": ID, "name": "other"})
    task.name = "other"
    saved = task.save(inplace=False)
    assert saved is not task
    assert (saved.name, saved.changes(), task.changes()) == ("other", {}, {"name": "other"})


def test_refresh_is_reload(task, platform):
    platform.on(f"GET /tasks/{ID}", {"id": ID, "status": "RUNNING"})
    assert task.refresh() is task
    assert task.status == "RUNNING"


def test_the_parts_of_a_task(api):
    task = api.tasks.of(
        {
            "id": ID,
            "batch_by": {"type": "ITEM"},
            "batch_group": {"value": "s1", "fields": {"metadata.sample_id": "s1"}},
            "execution_status": {"steps_completed": 1, "steps_total": 3, "message": "on its way", "running": 2},
            "price": {"currency": "USD", "amount": "1.25", "breakdown": {"storage": "0.25", "computation": "1.0"}},
            "created_time": "2024-01-31T12:00:00Z",
            "origin_id": "run-1",
            "errors": [],
            "outputs": None,
        },
        api,
    )
    assert task.batch_by["type"] == "ITEM"
    assert task.batch_by["criteria"] is None
    assert (task.batch_group.value, task.batch_group.fields) == ("s1", {"metadata.sample_id": "s1"})
    assert "s1" in repr(task.batch_group)
    assert (task.execution_status.steps_completed, task.execution_status.running) == (1, 2)
    assert task.execution_status.aborted is None
    assert (task.price.amount, task.price.breakdown.computation) == (1.25, "1.0")
    assert task.created_time == datetime(2024, 1, 31, 12)
    assert task.origin == "run-1"
    assert task.outputs is None


def test_children_of_a_batch(api, platform):
    platform.lists("/tasks", {"id": OTHER, "parent": ID})
    batch = api.tasks.of({"id": ID, "batch": True}, api)
    (child,) = batch.get_batch_children(status="FAILED")
    assert child.parent == ID
    assert platform.request_texts == [f"GET /tasks?status=FAILED&parent={ID}&fields=_all"]


def test_a_task_that_is_no_batch_has_no_children(task, platform):
    with pytest.raises(SbgError, match="is not a batch"):
        task.get_batch_children()
    assert platform.request_texts == []


def test_a_refused_view_of_a_batch_states_to_examine_its_children(api, platform):
    platform.on(f"GET /tasks/{ID}/execution_details", platform.refusal(400, 7005, "It is a batch."))
    with pytest.raises(ExecutionDetailsInvalidTaskType, match="get_batch_children"):
        api.tasks.of({"id": ID, "batch": True}, api).get_execution_details()
    with pytest.raises(BadRequest):
        api.tasks.of({"id": ID, "batch": False}, api).get_execution_details()


def test_many_tasks_are_requested_in_hundreds_and_come_in_order(api, platform):
    def response(request) -> dict:
        ids = request.body["task_ids"]
        return {"items": [bulk_item(id) for id in ids]}

    def bulk_item(id: str) -> dict:
        if id == "t-7":
            return {"resource": None, "error": {"status": 404, "code": 7002, "message": "No such task."}}
        return {"resource": {"id": id, "name": f"name of {id}"}, "error": None}

    platform.on("POST /bulk/tasks/get", response)
    task_ids = [f"t-{number}" for number in range(250)]
    records = api.tasks.bulk_get([*task_ids[:249], api.tasks.of({"id": "t-249"}, api)])
    assert sorted(len(request.body["task_ids"]) for request in platform.requests) == [50, 100, 100]
    assert [record.resource.id for record in records if record.valid] == [id for id in task_ids if id != "t-7"]
    assert isinstance(records[0].resource, Task)
    assert (records[7].valid, records[7].resource, records[7].error.code) == (False, None, 7002)


def test_no_tasks_are_no_request(api, platform):
    assert api.tasks.bulk_get([]) == []
    assert platform.request_texts == []


def test_files_of_a_task_belong_to_its_api(api, platform):
    platform.on(f"GET /tasks/{ID}", {"id": ID, "outputs": {"out": {"class": "File", "path": "f-1"}}})
    out = api.tasks.get(ID).outputs["out"]
    assert isinstance(out, File)
    assert out.api is api


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
    assert copy.copy(details.jobs[0].logs)["cmd.log"].name == "cmd.log"


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
