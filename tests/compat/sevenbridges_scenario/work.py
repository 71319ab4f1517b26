"""Apps, tasks and batches."""

from typing import Any

from seen import Seen
from world import World

TOOL = {
    "cwlVersion": "v1.2",
    "class": "CommandLineTool",
    "label": "Cat",
    "baseCommand": ["cat"],
    "inputs": {"reads": {"type": "File[]"}, "n": {"type": "int?"}},
    "outputs": {"out": {"type": "File", "outputBinding": {"glob": "out.txt"}}},
    "stdout": "out.txt",
}


def app_of(world: World) -> Any:
    id = f"{world.project.id}/cat"
    matches = [app for app in world.api.apps.query(project=world.project).all() if app.id == id]
    return matches[0] if matches else world.api.apps.install_app(id, TOOL)


def reads_of(world: World, project: Any) -> list[Any]:
    return [world.upload(name, name.encode(), project=project) for name in ("a.txt", "b.txt")]


def apps(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    app = api.apps.install_app(f"{project.id}/tool", TOOL)
    see("installed", app)
    see("as text", str(app))
    revised = api.apps.create_revision(f"{project.id}/tool", 1, {**TOOL, "label": "Better"})
    see("revised", [revised.id, revised.revision, revised.raw["label"]])
    see("first revision", [api.apps.get_revision(app.id, 0).revision, api.apps.get(app.id).revision])
    see("listed", list(api.apps.query(project=project)))
    see("of the project", [app.name for app in project.get_apps()])
    see("public", len(api.apps.query(visibility="public")))
    see("sought", [app.id for app in api.apps.query(visibility="private", q="Better")])
    other = world.new_project()
    copy = revised.copy(other, name="copied")
    see("copied", copy)
    see("directly", revised.copy(other, name="direct", strategy="direct").id)
    first = api.apps.get_revision(app.id, 0)
    see("of a revision", first.copy(other, name="first", use_revision=True).raw["label"])
    api.apps.create_revision(f"{project.id}/tool", 2, TOOL)
    see("synchronised", copy.sync().revision)
    see("the same", [app == api.apps.get(app.id), app == copy])
    see.outcome("it is there already", lambda: api.apps.install_app(f"{project.id}/tool", TOOL))
    see.outcome("a revision too far", lambda: api.apps.create_revision(f"{project.id}/tool", 9, TOOL))
    see.outcome("none", lambda: api.apps.get(f"{project.id}/none"))


def tasks(world: World, see: Seen) -> None:
    api, project, app = world.api, world.project, app_of(world)
    reads = reads_of(world, world.new_project())
    task = api.tasks.create("one", project, app, inputs={"reads": reads, "n": 3}, description="What it does")
    see("a draft", task)
    see("as text", str(task))
    task.name = "first"
    task.inputs["n"] = 4
    task.description = "Something else"
    see("saved", task.save())
    see("silently", task.save() is None or task.save() is task)
    task.run()
    see("queued", task.status)
    world.finish()
    task.reload()
    see("completed", [task.status, task.type, task.app, task.executed_by, task.start_time, task.end_time])
    see("inputs", [[file.name for file in task.inputs["reads"]], task.inputs["n"], task.inputs["none"]])
    out = task.outputs["out"]
    see("output", [out.name, out.type, out.content(), out.origin.task == task.id])
    see("by origin", [file.name for file in api.files.query(project=project, origin={"task": task.id})])
    details = task.get_execution_details()
    see("details", [details.status, [[job.name, job.status, sorted(job.logs)] for job in details.jobs]])
    see("instance", details.jobs[0].instance)
    log = details.jobs[0].logs[sorted(details.jobs[0].logs)[0]]
    see("a log", [log.type, log.name])
    see("price", task.price.currency)
    again = task.clone(run=False)
    see("cloned", [again.status, again.name, again == task])
    again.run()
    see("aborted", again.abort().status)
    ran = task.clone()
    see("cloned and run", ran.status)
    see("all", sorted(task.name for task in api.tasks.query(project=project).all()))
    see("completed ones", [task.name for task in api.tasks.query(project=project, status="COMPLETED")])
    see("of the project", len(project.get_tasks(status="COMPLETED")))
    records = api.tasks.bulk_get([task.id, "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"])
    see("in bulk", [[record.valid, record.error and record.error.code] for record in records])
    again.delete()
    see.outcome("deleted", lambda: api.tasks.get(again.id))
    see.outcome("none", lambda: api.tasks.get("5f8f1d6c-7c2e-4b39-9a51-0d3c1e6affff"))
    see.outcome("run again", task.run)
    see.outcome("aborted again", task.abort)
    try:
        api.tasks.create("without", project, app, run=True)
    except world.errors.TaskValidationError as error:
        see("without its inputs", [error.task.status, sorted(error.task.errors)])
    world.control("/settings", **{"sb.failing_tasks": "bad*"})
    bad = api.tasks.create("bad one", project, app, inputs={"reads": reads}, run=True)
    world.finish()
    world.control("/settings", **{"sb.failing_tasks": ""})
    see("failed", [api.tasks.get(bad.id).status, api.tasks.get(bad.id).execution_status.message is not None])


def batches(world: World, see: Seen) -> None:
    api, project, app = world.api, world.new_project(), app_of(world)
    reads = reads_of(world, project)
    for number, file in enumerate(reads):
        file.metadata = {"sample_id": f"S{number}"}
        file.save()
    batch = api.tasks.create(
        "batch", project, app, inputs={"reads": reads}, batch_input="reads", batch_by={"type": "item"}, run=True
    )
    see("begun", [batch.batch, batch.batch_by, batch.batch_input])
    world.finish()
    batch.reload()
    see("ended", [batch.status, batch.execution_status.completed])
    children = list(batch.get_batch_children().all())
    see("children", sorted((child.status, child.batch_group.value) for child in children))
    see("a child", [children[0].parent == batch.id, children[0].batch, children[0].batch_group])
    see("completed children", len(batch.get_batch_children(status="COMPLETED")))
    see("parents only", [task.name for task in api.tasks.query(project=project)])
    see("by parent", len(api.tasks.query(parent=batch)))
    criteria = {"type": "criteria", "criteria": ["metadata.sample_id"]}
    other = api.tasks.create(
        "by sample", project, app, inputs={"reads": reads}, batch_input="reads", batch_by=criteria, run=True
    )
    world.finish()
    groups = [child.batch_group.fields for child in other.get_batch_children()]
    see("by criteria", sorted(str(sorted(group.items())) for group in groups))
    off = api.tasks.create(
        "off",
        project,
        app,
        inputs={"reads": reads},
        batch_input="reads",
        batch_by=criteria,
        disable_batch=True,
        run=True,
    )
    see("disabled", [off.batch, off.batch_by])
    see.outcome(
        "without input", lambda: api.tasks.create("none", project, app, batch_by=criteria, inputs={"reads": reads})
    )


def by_hand(world: World, see: Seen) -> None:
    """Send requests for which the clients have no method, by their HTTP verbs."""
    api, app = world.api, app_of(world)
    project = world.new_project()
    file = reads_of(world, project)[0]
    task = api.tasks.create("by hand", project, app, inputs={"n": 1})

    def get_json(path: str, **more: Any) -> Any:
        return api.get(path, **more).json()

    see("billing", get_json("/billing"))
    see("files", [entry["name"] for entry in get_json(f"/projects/{project.id}/files", params={"limit": 1})["items"]])
    see("tasks", [entry["name"] for entry in get_json(f"/projects/{project.id}/tasks")["items"]])
    see("by its address", get_json(file.href, append_base=False)["name"])
    see("inputs", get_json(f"/tasks/{task.id}/inputs"))
    see("other inputs", api.patch(f"/tasks/{task.id}/inputs", data={"n": 2}).json())
    see("CWL", get_json(f"/apps/{app.id}/raw")["label"])
    see("CWL of a revision", get_json(f"/apps/{app.id}/0/raw")["label"])
    see("put", api.put(f"/files/{file.id}/tags", data=["by hand"]).json())
    see("metadata", get_json(f"/files/{file.id}/metadata"))
    begun = api.post("/upload/multipart", data={"project": project.id, "name": "begun", "size": 5}).json()
    see("uploads", [entry["name"] for entry in get_json("/upload/multipart")["items"]])
    see("an upload", get_json(f"/upload/multipart/{begun['upload_id']}")["upload_id"] == begun["upload_id"])
    see("deleted", api.delete(f"/upload/multipart/{begun['upload_id']}"))
    rights = {"read": True, "copy": True, "write": False, "execute": False, "admin": False}
    project.add_member("ada", {"read": True, "write": True})
    see("all permissions", api.put(f"/projects/{project.id}/members/ada/permissions", data=rights).json())
    service = {"type": "S3", "bucket": "by-hand", "credentials": {"access_key_id": "AK"}}
    body = {"name": "by_hand", "access_mode": "RO", "service": service}
    volume = api.post("/storage/volumes", data=body).json()["id"]
    api.post(f"/storage/volumes/{volume}/members", data={"username": "ada"})
    see("on a volume", api.put(f"/storage/volumes/{volume}/members/ada/permissions", data=rights).json())
    begun = api.post("/upload/multipart", data={"project": project.id, "name": "none", "size": 5}).json()
    part = {"part_number": 1, "response": {"headers": {"ETag": "none"}}}
    path = f"/upload/multipart/{begun['upload_id']}"
    see.outcome("parts that never came", lambda: api.post(path, data={"parts": [part]}))
    automation = api.post("/automation/automations", data={"name": "by hand"}).json()["id"]
    code = {"automation_id": automation, "name": "code.zip", "size": 5}
    begun = api.post("/automation/upload", data=code).json()
    api.delete(f"/automation/upload/{begun['upload_id']}")
    see.outcome("code that isn't sent", lambda: api.get(f"/automation/upload/{begun['upload_id']}/part/1"))
    see("headers", api.get("/user").headers["X-RateLimit-Limit"])


GROUPS = (apps, tasks, batches, by_hand)
