"""Volumes, imports and exports."""

from typing import Any

from seen import Seen
from world import World

LOOK = {"read": True, "copy": False, "write": False, "admin": False}


def volume_of(world: World, name: str) -> Any:
    matches = [volume for volume in world.api.volumes.query().all() if volume.name == name]
    return matches[0] if matches else world.api.volumes.create_s3_volume(name, "lab", "key", "secret", "RW")


def volumes(world: World, see: Seen) -> None:
    api = world.api
    made = api.volumes.create_s3_volume(
        "first",
        "lab",
        "key",
        "secret",
        "RW",
        description="A bucket",
        prefix="a",
        properties={"sse_algorithm": "AES256"},
    )
    see("made", made)
    see("as text", str(made))
    see("by role", api.volumes.create_s3_volume_role_auth("role", "lab", "arn:aws:iam::1:role/r", "outside", "RO"))
    see("google", api.volumes.create_google_volume("google", "lab", "me@example.org", "key", "RW"))
    iam = {"type": "external_account", "audience": "them"}
    see("google by iam", api.volumes.create_google_iam_volume("iam", "lab", iam, "RW"))
    see("oss", api.volumes.create_oss_volume("oss", "lab", "oss.example.org", "key", "secret", "RW"))
    see("all", [volume.name for volume in api.volumes.query().all()])
    made.description = "Another"
    made.access_mode = "RO"
    see("saved", made.save())
    see.outcome("nothing to save", made.save)
    see("one", api.volumes.get(made.id))
    see.outcome("active", made.delete)
    made.active = False
    made.save()
    made.delete()
    see.outcome("deleted", lambda: api.volumes.get(made.id))
    see.outcome("the same name", lambda: api.volumes.create_s3_volume("role", "lab", "key", "secret", "RW"))


def volume_members(world: World, see: Seen) -> None:
    volume = volume_of(world, "shared")
    see("at first", list(volume.get_members()))
    see("added", volume.add_member("ada", LOOK))
    team = world.api.teams.query("sandbox-division")[0]
    see("a team", volume.add_member_team(team.id, LOOK))
    see("a division", volume.add_member_division("sandbox-division", LOOK))
    ada = volume.get_member("ada")
    ada.permissions["write"] = True
    ada.save()
    see("saved", volume.get_member("ada").permissions)
    volume.remove_member("ada")
    see.outcome("removed", lambda: volume.get_member("ada"))


def exports(world: World, see: Seen) -> None:
    api, volume = world.api, volume_of(world, "bucket")
    files = [world.upload(f"export-{number}.txt", f"bytes {number}".encode()) for number in range(5)]
    export = api.exports.submit_export(files[0], volume, "out/one.txt", properties={"sse_algorithm": "AES256"})
    see("begun", [export.state, export.destination, export.source == files[0]])
    see("as text", str(export))
    world.finish()
    export.reload()
    see("ended", export)
    see("an alias now", api.files.get(files[0].id))
    see("its bytes", api.files.get(files[0].id).content())
    see("result", export.result == files[0])
    copied = api.exports.submit_export(files[1], volume, "out/two.txt", copy_only=True)
    world.finish()
    see("a copy", [api.exports.get(copied.id).state, api.files.get(files[1].id).storage])
    submissions = [{"file": file, "volume": volume, "location": f"out/{file.name}"} for file in files[2:4]]
    records = api.exports.bulk_submit(submissions, copy_only=True)
    world.finish()
    see("in bulk", [[record.valid, record.resource.destination.location] for record in records])
    got = api.exports.bulk_get([record.resource.id for record in records])
    see("got in bulk", [[record.valid, record.resource.state] for record in got])
    there = api.exports.submit_export(files[4], volume, "out/two.txt")
    world.finish()
    there = api.exports.get(there.id)
    see("it is there already", [there.state, there.error.code])
    over = api.exports.submit_export(files[4], volume, "out/two.txt", overwrite=True, copy_only=True)
    world.finish()
    see("overwritten", api.exports.get(over.id).state)
    see("all", [job.state for job in api.exports.query(volume=volume).all()])
    see("failed", [job.id == there.id for job in api.exports.query(state="FAILED")])
    see("of the volume", len(volume.get_exports()))
    see.outcome("an alias", lambda: api.exports.submit_export(files[0], volume, "out/again.txt"))
    see.outcome("none", lambda: api.exports.get("none"))


def volume_lists(world: World, see: Seen) -> None:
    volume = volume_of(world, "bucket")
    top = volume.list()
    see("the top", [list(top), list(top.prefixes)])
    below = volume.list(prefix="out/", limit=2)
    see("a page", [entry.location for entry in below])
    see("all pages", [[entry.location, entry.volume, entry.type] for entry in below.all()])
    see("the next", [entry.location for entry in below.next_page()])
    info = volume.get_volume_object_info("out/one.txt")
    see("an object", [info.location, info.volume, info.type, info.metadata["size"]])
    see.outcome("none", lambda: volume.get_volume_object_info("out/none"))


def imports(world: World, see: Seen) -> None:
    api, volume, project = world.api, volume_of(world, "bucket"), world.new_project()
    made = api.imports.submit_import(volume, "out/one.txt", project=project, name="imported.txt")
    see("begun", made)
    see("as text", str(made))
    world.finish()
    made.reload()
    see("ended", made)
    see("result", made.result)
    see("its bytes", api.files.get(made.result.id).content())
    folder = api.files.create_folder("folder", project=project)
    whole = api.imports.submit_import(volume, "out", parent=folder, preserve_folder_structure=True)
    again = api.imports.submit_import(volume, "out/one.txt", project=project, name="imported.txt", autorename=True)
    clash = api.imports.submit_import(volume, "out/one.txt", project=project, name="imported.txt")
    missing = api.imports.submit_import(volume, "out/none", project=project)
    world.finish()
    see("a folder", [file.name for file in folder.list_files()[0].list_files()])
    whole.reload()
    see("its result", [whole.state, whole.result.type, whole.result.name])
    see("renamed", api.imports.get(again.id).result.name)
    see("it is there already", [api.imports.get(clash.id).state, api.imports.get(clash.id).error])
    see("nothing there", [api.imports.get(missing.id).state, api.imports.get(missing.id).error.code])
    submissions = [
        {"volume": volume, "location": f"out/export-{number}.txt", "project": project, "overwrite": True}
        for number in (2, 3)
    ]
    records = api.imports.bulk_submit(submissions)
    world.finish()
    got = api.imports.bulk_get([record.resource for record in records])
    see("in bulk", [[record.valid, record.resource.state, record.resource.result.name] for record in got])
    see("all", [job.state for job in api.imports.query(project=project).all()])
    see("failed", len(api.imports.query(volume=volume, state="FAILED")))
    see("of the volume", len(volume.get_imports()))
    see("of the project", len(project.get_imports()))
    see.outcome("neither project nor parent", lambda: api.imports.submit_import(volume, "x"))
    see.outcome("none", lambda: api.imports.get("none"))


def drs_imports(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    source = world.upload("drs.txt", b"by DRS")
    job = api.drs_imports.bulk_submit(
        [
            {"drs_uri": f"drs://sandbox.example.org/{source.id}", "project": project, "name": "fetched.txt"},
            {"drs_uri": "drs://sandbox.example.org/none", "project": project, "name": "none.txt"},
        ],
        tags=["drs"],
    )
    see("begun", job.state)
    see("as text", str(job))
    world.finish()
    job = api.drs_imports.bulk_get(job.id)
    see("ended", job)
    see("there", [[file.name, file.tags, file.content()] for file in project.get_files()])
    see.outcome("neither project nor parent", lambda: api.drs_imports.bulk_submit([{"drs_uri": "drs://a/b"}]))


GROUPS = (volumes, volume_members, exports, volume_lists, imports, drs_imports)
