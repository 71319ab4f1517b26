"""The calls of the Seven Bridges Platform that are recorded: each operation once, with pages where there are some."""

from typing import Any

import httpx
from omicsdk.core import ApiKey
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.sb import SANDBOX_SB_USER as USER
from omicsdk.sandbox.sb.accounts import BILLING_GROUP, DIVISION
from recording import Recorder

PILOT = {"owner": USER, "project": "pilot"}
VOLUME = {"owner": USER, "volume": "lab"}
DATASET = {"owner": USER, "dataset": "reference-set"}
CONTENT = b"@read\nACGT\n+\nFFFF\n"
TOOL: dict[str, Any] = {
    "class": "CommandLineTool",
    "cwlVersion": "v1.2",
    "label": "align",
    "baseCommand": "align",
    "inputs": {"reads": "File", "threads": "int?"},
    "outputs": {"bam": {"type": "File", "outputBinding": {"glob": "out.bam"}}},
}
PAGE = {"limit": 1}


def sb(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the platform."""
    for operation in ("get_endpoints", "get_rate_limit", "get_current_user"):
        recorder.call(operation)
    _projects(recorder)
    _people(recorder)
    _billing(recorder)
    _datasets(recorder)
    _uploads(recorder)
    _files(recorder, sandbox)
    _many_files(recorder, sandbox)
    _markers(recorder, sandbox)
    _volumes(recorder, sandbox)
    _imports_and_exports(recorder, sandbox)
    _apps(recorder)
    _tasks(recorder, sandbox)
    _automations(recorder)
    _packages(recorder)
    _runs(recorder, sandbox)
    recorder.call("delete_project", owner=USER, project="other")
    recorder.call("disable_user", username="grace")
    recorder.client = recorder.client.with_options(
        credentials=ApiKey("a-token-of-nobody", header="X-SBG-Auth-Token", origins=[sandbox.url])
    )
    recorder.refused(401, "get_current_user")


def _file(sandbox: Sandbox, name: str, project: str = f"{USER}/pilot") -> str:
    """Puts a file into a project and gives its identity."""
    files, objects = sandbox.sb.files, sandbox.sb.objects
    blob = objects.put_bytes(CONTENT).sha256
    return files.add(project=project, parent=files.root(project), name=name, size=len(CONTENT), blob=blob).id


def _projects(recorder: Recorder) -> None:
    recorder.call("create_project", name="Pilot", description="a test", tags=["first"])
    recorder.client.create_project(name="Other")
    recorder.call("get_project", **PILOT)
    recorder.call("update_project", **PILOT, tags=["first", "changed"], settings={"locked": True})
    recorder.iterate("list_projects", **PAGE)
    recorder.iterate("list_owner_projects", owner=USER, **PAGE)
    ada = {**PILOT, "username": "ada"}
    recorder.call("add_project_member", **ada, permissions={"copy": True})
    recorder.call("get_project_member", **ada)
    all_of_them = dict.fromkeys(("read", "copy", "write", "execute"), True)
    recorder.call("replace_project_member_permissions", **ada, **all_of_them, admin=False)
    recorder.call("update_project_member_permissions", **ada, write=False)
    recorder.iterate("list_project_members", **PILOT, **PAGE)
    recorder.call("remove_project_member", **ada)
    recorder.refused(404, "get_project", owner=USER, project="none")
    recorder.refused(409, "add_project_member", **PILOT, username=USER)


def _people(recorder: Recorder) -> None:
    recorder.call("get_user", username="ada")
    recorder.iterate("list_users", division=DIVISION, **PAGE)
    recorder.call("list_divisions")
    recorder.call("get_division", division_id=DIVISION)
    team = recorder.call("create_team", name="readers", division=DIVISION).id
    recorder.call("get_team", team_id=team)
    recorder.call("update_team", team_id=team, name="writers")
    recorder.call("add_team_member", team_id=team, id="grace")
    recorder.iterate("list_teams", division=DIVISION, **PAGE)
    recorder.iterate("list_team_members", team_id=team, **PAGE)
    recorder.call("remove_team_member", team_id=team, username="grace")


def _billing(recorder: Recorder) -> None:
    recorder.iterate("list_billing_groups", **PAGE)
    recorder.call("get_billing_group", billing_group=BILLING_GROUP)
    for kind in ("analysis", "storage", "egress"):
        recorder.iterate(f"list_{kind}_breakdown", billing_group=BILLING_GROUP, **PAGE)
    invoices = recorder.iterate("list_invoices", **PAGE)
    recorder.call("get_invoice", invoice_id=invoices[0].id)
    recorder.refused(404, "get_invoice", invoice_id="none")


def _datasets(recorder: Recorder) -> None:
    recorder.call("list_datasets", visibility="public")
    recorder.call("list_owner_datasets", username=USER)
    recorder.call("get_dataset", **DATASET)
    recorder.call("update_dataset", **DATASET, name="Reference files")
    recorder.call("add_dataset_member", **DATASET, username="ada")
    recorder.call("get_dataset_member", **DATASET, username="ada")
    recorder.call("update_dataset_member_permissions", **DATASET, username="ada", write=True)
    recorder.iterate("list_dataset_members", **DATASET, **PAGE)
    recorder.call("remove_dataset_member", **DATASET, username="ada")
    recorder.call("delete_dataset", **DATASET)


def _report(url: str) -> Any:
    """Sends a part to where the platform states, and gives what is to be reported."""
    etag = httpx.put(url, content=CONTENT, trust_env=False).headers["ETag"]
    return {"part_number": 1, "response": {"headers": {"ETag": etag}}}


def _uploads(recorder: Recorder) -> None:
    new: dict[str, Any] = {"project": f"{USER}/pilot", "size": len(CONTENT)}
    upload = recorder.call("start_upload", name="reads.fastq", **new)
    id = {"upload_id": upload.upload_id}
    report = _report(recorder.call("get_upload_part_url", **id, part_number=1).url)
    recorder.call("report_upload_part", **id, **report)
    recorder.call("report_upload_parts", **id, parts=[report])
    recorder.call("get_upload", **id, list_parts=True)
    recorder.call("list_uploads")
    recorder.call("complete_upload", **id)
    recorder.call("abort_upload", upload_id=recorder.client.start_upload(name="none", **new).upload_id)
    recorder.refused(404, "get_upload", **id)
    recorder.refused(409, "start_upload", name="reads.fastq", **new)


def _files(recorder: Recorder, sandbox: Sandbox) -> None:
    project = {"project": f"{USER}/pilot"}
    one, folder = _file(sandbox, "one.bam"), recorder.call("create_folder", name="folder", type="FOLDER", **project).id
    for name in ("two.bam", "three.bam"):
        recorder.client.move_file(file_id=_file(sandbox, name), parent=folder)
    recorder.call("get_file", file_id=one)
    recorder.call("update_file", file_id=one, tags=["a tag"], metadata={"sample_id": "first"})
    recorder.call("get_file_metadata", file_id=one)
    recorder.call("replace_file_metadata", file_id=one, body={"sample_id": "second"})
    recorder.call("update_file_metadata", file_id=one, body={"library_id": "third"})
    recorder.call("replace_file_tags", file_id=one, body=["another"])
    recorder.call("get_file_download_info", file_id=one)
    recorder.call("copy_file", file_id=one, project=f"{USER}/other", name="copy.bam")
    recorder.iterate("list_files", **project, **PAGE)
    recorder.iterate("list_project_files", **PILOT, **PAGE)
    recorder.iterate("list_folder_files", folder_id=folder, **PAGE)
    recorder.iterate("scroll_files", token="init", **project, **PAGE)
    recorder.iterate("scroll_folder_files", folder_id=folder, token="init", **PAGE)
    recorder.iterate("search_files", query=f'IN "{USER}/pilot" WHERE type = "file"', **PAGE)
    recorder.call("move_file", file_id=one, parent=folder, name="moved.bam")
    recorder.call("delete_file", file_id=one)
    recorder.refused(404, "get_file", file_id=one)
    recorder.refused(400, "search_files", query="IN")


def _many_files(recorder: Recorder, sandbox: Sandbox) -> None:
    files = [_file(sandbox, f"{number}.txt") for number in range(3)]
    recorder.call("bulk_get_files", file_ids=[files[0], "none"])
    recorder.call("bulk_update_files", items=[{"id": files[0], "name": "zero.txt", "tags": ["a tag"]}])
    recorder.call("bulk_edit_files", items=[{"id": files[0], "metadata": {"sample_id": "first"}}])
    recorder.call("bulk_copy_files", project=f"{USER}/other", file_ids=[files[0], "none"])
    folder = recorder.client.create_folder(name="elsewhere", type="FOLDER", project=f"{USER}/other").id
    for kind, file in zip(("copy", "move", "delete"), files, strict=True):
        item = {"file": file} if kind == "delete" else {"file": file, "parent": folder}
        job = recorder.call(f"start_file_{kind}_job", items=[item])
        sandbox.finish()
        recorder.call(f"get_file_{kind}_job", job_id=job.id)
    recorder.iterate("list_file_jobs", **PAGE)
    recorder.call("bulk_delete_files", file_ids=[files[0], "none"])


def _markers(recorder: Recorder, sandbox: Sandbox) -> None:
    place: dict[str, Any] = {"file": _file(sandbox, "genome.bam"), "chromosome": "chr1"}
    marker = {"marker_id": recorder.call("create_marker", name="one", position={"start": 1, "end": 2}, **place).id}
    recorder.client.create_marker(name="two", position={"start": 3, "end": 4}, **place)
    recorder.iterate("list_markers", file=place["file"], **PAGE)
    recorder.call("get_marker", **marker)
    recorder.call("update_marker", **marker, name="renamed")
    recorder.call("delete_marker", **marker)
    recorder.refused(404, "get_marker", **marker)


def _volumes(recorder: Recorder, sandbox: Sandbox) -> None:
    bucket = sandbox.context.staging.client()
    bucket.create_bucket(Bucket="lab")
    for key in ("a.txt", "all/x.fq", "b.txt"):
        bucket.put_object(Bucket="lab", Key=key, Body=CONTENT)
    secret = {"access_key_id": "the key of a bucket", "secret_access_key": "the secret key of a bucket"}
    service: Any = {"type": "S3", "bucket": "lab", "credentials": secret}
    recorder.call("create_volume", name="lab", access_mode="RW", description="a test", service=service)
    recorder.client.create_volume(name="spare", access_mode="RO", service=service)
    recorder.iterate("list_volumes", **PAGE)
    recorder.call("get_volume", **VOLUME)
    recorder.call("update_volume", **VOLUME, description="changed")
    recorder.iterate("list_volume_objects", **VOLUME, limit=2)
    recorder.call("get_volume_object", **VOLUME, location="a.txt")
    ada = {**VOLUME, "username": "ada"}
    recorder.call("add_volume_member", **ada, permissions={"read": True})
    recorder.call("get_volume_member", **ada)
    recorder.call("replace_volume_member_permissions", **ada, read=True, copy=True, write=False, admin=False)
    recorder.call("update_volume_member_permissions", **ada, copy=False)
    recorder.iterate("list_volume_members", **VOLUME, **PAGE)
    recorder.call("remove_volume_member", **ada)
    spare = {"owner": USER, "volume": "spare"}
    recorder.refused(400, "delete_volume", **spare)
    recorder.client.update_volume(**spare, active=False)
    recorder.call("delete_volume", **spare)
    recorder.refused(404, "get_volume_object", **VOLUME, location="none")


def _imports_and_exports(recorder: Recorder, sandbox: Sandbox) -> None:
    volume, target = f"{USER}/lab", {"project": f"{USER}/pilot"}
    items: list[Any] = [
        {"source": {"volume": volume, "location": key}, "destination": target} for key in ("a.txt", "none")
    ]
    job = recorder.call("create_import", **items[0])
    many = recorder.call("bulk_create_imports", items=items[1:])
    sandbox.finish()
    recorder.call("get_import", import_id=job.id)
    recorder.call("bulk_get_imports", import_ids=[job.id, many.items[0].resource.id])
    recorder.iterate("list_imports", **PAGE)
    items = [
        {
            "source": {"file": _file(sandbox, f"{name}.out")},
            "destination": {"volume": volume, "location": f"out/{name}"},
        }
        for name in ("one", "two")
    ]
    job = recorder.call("create_export", **items[0])
    many = recorder.call("bulk_create_exports", items=items[1:], copy_only=True)
    sandbox.finish()
    recorder.call("get_export", export_id=job.id)
    recorder.call("bulk_get_exports", export_ids=[job.id, many.items[0].resource.id])
    recorder.iterate("list_exports", **PAGE)
    objects: list[Any] = [
        {"drs_uri": f"drs://drs.example.org/{id}", "project": f"{USER}/other", "name": name}
        for name, id in (("found.out", _file(sandbox, "drs.out")), ("none.out", "none"))
    ]
    job = recorder.call("bulk_create_drs_imports", items=objects, conflict_resolution="SKIP", tags=["drs"])
    sandbox.finish()
    recorder.call("get_drs_imports", job_id=job.id)
    recorder.refused(404, "get_import", import_id="none")


def _apps(recorder: Recorder) -> None:
    align = {**PILOT, "app": "align"}
    recorder.call("install_app_", **align, body=TOOL)
    recorder.call("create_app_revision", **align, revision=1, body={**TOOL, "label": "align again"})
    recorder.call("get_app", **align)
    recorder.call("get_app_revision", **align, revision=0)
    recorder.call("get_raw_app", **align)
    recorder.call("get_raw_app_revision", **align, revision=0)
    recorder.call("copy_app_", **align, body={"project": f"{USER}/other", "strategy": "clone"})
    recorder.call("copy_app_revision", **align, revision=0, body={"project": f"{USER}/other", "name": "first"})
    recorder.client.create_app_revision(**align, revision=2, body=TOOL)
    recorder.call("sync_app", owner=USER, project="other", app="align")
    recorder.iterate("list_apps", **PAGE)
    recorder.refused(404, "get_app", **PILOT, app="none")
    recorder.refused(409, "create_app_revision", **align, revision=9, body=TOOL)


def _tasks(recorder: Recorder, sandbox: Sandbox) -> None:
    reads: Any = {"reads": {"class": "File", "path": _file(sandbox, "task.fastq")}}
    new: dict[str, Any] = {"project": f"{USER}/pilot", "app": f"{USER}/pilot/align", "inputs": reads}
    task = {"task_id": recorder.call("create_task_", name="first", description="a test", **new).id}
    recorder.call("update_task", **task, name="renamed")
    recorder.call("get_task_inputs", **task)
    recorder.call("update_task_inputs", **task, body={"threads": 2})
    recorder.call("run_task", **task)
    sandbox.finish()
    recorder.call("get_task", **task)
    recorder.call("get_task_execution_details", **task)
    clone = recorder.call("clone_task_", **task, action="run")
    recorder.call("abort_task", task_id=clone.id)
    sandbox.finish()
    recorder.call("bulk_get_tasks", task_ids=[task["task_id"], "none"])
    recorder.iterate("list_tasks", project=f"{USER}/pilot", **PAGE)
    recorder.iterate("list_project_tasks", **PILOT, **PAGE)
    recorder.call("delete_task", task_id=recorder.client.create_task_(name="draft", **new).id)
    recorder.refused(404, "get_task", task_id="00000000-0000-4000-8000-000000000000")


def _automations(recorder: Recorder) -> None:
    settings = {"key": "a secret setting of an automation"}
    one = recorder.call("create_automation", name="Nightly", description="a test", secret_settings=settings)
    recorder.client.create_automation(name="Weekly")
    id = {"automation_id": one.id}
    recorder.iterate("list_automations", **PAGE)
    recorder.call("get_automation", **id)
    recorder.call("update_automation", **id, description="changed", memory_limit=512)
    recorder.call("archive_automation", **id)
    recorder.call("restore_automation", **id)
    ada = {**id, "username": "ada"}
    recorder.call("add_automation_member", **ada, permissions={"read": True})
    recorder.call("get_automation_member", **ada)
    recorder.call("update_automation_member", **ada, permissions={"write": True})
    recorder.iterate("list_automation_members", **id, **PAGE)
    recorder.call("remove_automation_member", **ada)
    recorder.refused(404, "get_automation_member", **ada)


def _packages(recorder: Recorder) -> None:
    client = recorder.client
    automation = {"automation_id": next(iter(client.list_automations.iterate(name="Nightly"))).id}
    code: dict[str, Any] = {"name": "code.zip", "size": len(CONTENT), **automation}
    upload = {"upload_id": recorder.call("start_automation_upload", **code).upload_id}
    report = _report(recorder.call("get_automation_upload_part_url", **upload, part_number=1).url)
    recorder.call("report_automation_upload_part", **upload, **report)
    location = recorder.call("complete_automation_upload", **upload).id
    recorder.call("abort_automation_upload", upload_id=client.start_automation_upload(**code).upload_id)
    made = recorder.call(
        "create_automation_package", **automation, version="1", location=location, schema={"inputs": []}
    )
    client.create_automation_package(**automation, version="2", location=location, schema={})
    package = {"package_id": made.id}
    recorder.iterate("list_automation_packages", **automation, **PAGE)
    recorder.call("get_automation_package", **package)
    recorder.call("update_automation_package", **package, custom_url="https://notebooks.example.org")
    recorder.call("archive_automation_package", **automation, **package)
    recorder.call("restore_automation_package", **automation, **package)
    recorder.refused(409, "create_automation_package", **automation, version="1", location=location, schema={})


def _runs(recorder: Recorder, sandbox: Sandbox) -> None:
    automation = next(iter(recorder.client.list_automations.iterate(name="Nightly"))).id
    package = next(iter(recorder.client.list_automation_packages.iterate(automation_id=automation))).id
    run = {"run_id": recorder.call("create_automation_run", package=package, name="first", inputs={"a": 1}).id}
    recorder.call("update_automation_run", **run, name="renamed")
    sandbox.finish()
    recorder.call("get_automation_run", **run)
    recorder.call("get_automation_run_state", **run)
    again = recorder.call("rerun_automation_run", **run, merge=True, inputs={"b": 2})
    recorder.call("stop_automation_run", run_id=again.id)
    sandbox.finish()
    recorder.iterate("list_automation_runs", automation_id=automation, **PAGE)
    recorder.refused(409, "stop_automation_run", **run)
