"""Many files at once: in bulk, and as jobs."""

from seen import Seen
from world import World


def bulk(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    files = [world.upload(f"b{number}", project=project) for number in range(3)]
    gone = world.upload("gone", project=project)
    gone.delete()
    see("got", api.files.bulk_get([*files, gone.id]))
    for file in files:
        file.metadata = {"k": file.name}
        file.tags = ["t"]
    records = api.files.bulk_edit(files)
    see(
        "edited",
        [[record.valid, record.resource.name, record.resource.metadata, record.resource.tags] for record in records],
    )
    files[0].name = "b0 again"
    files[0].metadata = {}
    records = api.files.bulk_update(files)
    see(
        "updated",
        [[record.valid, record.resource.name, record.resource.metadata, record.resource.tags] for record in records],
    )
    see("as text", str(records[0]))
    records = api.files.bulk_delete([files[0], gone.id])
    see("deleted", [[record.valid, record.error and record.error.code] for record in records])
    see("left", [file.name for file in project.get_files()])
    see.outcome("nothing to edit", lambda: api.files.bulk_edit([]))


def async_jobs(world: World, see: Seen) -> None:
    api, project, other = world.api, world.new_project(), world.new_project()
    folder = api.files.create_folder("folder", project=project)
    for name in ("x", "y"):
        world.upload(name, parent=folder)
    single = world.upload("single", project=project)
    copy = api.async_jobs.file_bulk_copy(
        [{"file": folder.id, "parent": other.root_folder, "name": "copied"}, {"file": "0" * 24, "project": other.id}]
    )
    see("a copy", [copy.type, copy.state])
    see("as text", str(copy))
    world.finish()
    copy = api.async_jobs.get_file_copy_job(copy.id)
    see("the copy at its end", [copy.type, copy.state, copy.total_files, copy.completed_files, copy.failed_files])
    see("its times", [copy.started_on, copy.finished_on])
    see("its records", [[record.valid, record.error and record.error.code] for record in copy.get_result()])
    see("what was copied", copy.get_result()[0].resource)
    move = api.async_jobs.file_bulk_move([{"file": single.id, "parent": folder.id, "name": "moved"}])
    world.finish()
    move = api.async_jobs.get_file_move_job(move.id)
    see("a move", [move.state, [record.valid for record in move.get_result()]])
    see("moved", sorted(file.name for file in folder.list_files()))
    gone = api.async_jobs.file_bulk_delete([{"file": folder.id}])
    world.finish()
    gone = api.async_jobs.get_file_delete_job(gone.id)
    see("a deletion", [gone.state, gone.total_files, gone.completed_files])
    see("left", [file.name for file in project.get_files()])
    see("all jobs", [job.type for job in api.async_jobs.list_file_jobs().all()])
    see.outcome("no such job", lambda: api.async_jobs.get_file_copy_job("none"))
    see.outcome("a job of another kind", lambda: api.async_jobs.get_file_copy_job(move.id))


GROUPS = (bulk, async_jobs)
