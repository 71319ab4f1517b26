"""Files and folders, their metadata and tags, lists of them, searches, markers."""

from seen import Seen
from world import World


def files(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    one = world.upload("one.txt", project=project)
    see("one", api.files.get(one.id))
    see("as text", str(one))
    see("secondary files", one.secondary_files)
    one.name = "first.txt"
    see("renamed", one.save().name)
    see.outcome("nothing to save", one.save)
    see("silently", one.save(silent=True))
    see("listed", list(api.files.query(project=project)))
    see("of the project", [file.name for file in project.get_files()])
    copy = one.copy(project, "copy.txt")
    see("copied", copy)
    see("the same", [one == copy, one == api.files.get(one.id), one.is_folder()])
    other = world.new_project()
    other.add_files([one, copy])
    see("added to another project", sorted(file.name for file in other.get_files()))
    copy.delete()
    see.outcome("deleted", lambda: api.files.get(copy.id))
    see.outcome("an empty name", lambda: api.files.query())
    see.outcome("both project and parent", lambda: api.files.query(project=project, parent=one))
    kept = one.deepcopy()
    kept.name = "only here"
    see("a deep copy", [one.name, kept.name, kept == one])


def folders(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    top = api.files.create_folder("top", project=project)
    see("made", top)
    inner = api.files.create_folder("inner", parent=top)
    see("in it", [inner.type, inner.is_folder(), inner.parent == top.id])
    names = [f"f{number}" for number in range(5)]
    for name in names:
        world.upload(name, parent=inner)
    see("listed", [file.name for file in inner.list_files()])
    see("in pages", [file.name for file in inner.list_files(limit=2).all()])
    see("scrolled", [file.name for file in inner.list_files(limit=2, cont_token="init").all()])
    see("by query", [file.name for file in api.files.query(parent=inner, limit=3).all()])
    file = inner.list_files()[0]
    copied = file.copy_to_folder(top, "copied")
    see("copied", copied)
    moved = file.move_to_folder(top, "moved")
    see("moved", [moved.name, moved.parent == top.id, sorted(file.name for file in top.list_files())])
    see.outcome("a folder that isn't empty", inner.delete)
    see.outcome("the same name", lambda: api.files.create_folder("top", project=project))
    see.outcome("moving a folder", lambda: inner.move_to_folder(top))
    see.outcome("neither project nor parent", lambda: api.files.create_folder("x"))
    see.outcome("a list of a file", copied.list_files)
    empty = api.files.create_folder("empty", parent=top)
    empty.delete()
    see.outcome("deleted", lambda: api.files.get(empty.id))


def metadata(world: World, see: Seen) -> None:
    api = world.api
    file = world.upload("described.txt")
    file.metadata = {"sample_id": "S1", "reads": "1"}
    file.save()
    see("all of it", file.metadata)
    file.metadata["reads"] = "2"
    file.metadata["lane"] = "3"
    file.save()
    see("some of it", api.files.get(file.id).metadata)
    file.metadata["lane"] = None
    file.save()
    see("one less", api.files.get(file.id).metadata)
    file.tags = ["raw", "old"]
    file.name = "described again.txt"
    file.save()
    seen = api.files.get(file.id)
    see("tags", [seen.tags, seen.name, seen.metadata])
    file.tags = []
    file.save()
    see("no tags", api.files.get(file.id).tags)
    file.metadata = {"only": "this"}
    file.save()
    see("replaced", api.files.get(file.id).metadata)
    see("a key that isn't there", file.metadata.get("none"))


def lists(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    for number in range(7):
        file = world.upload(f"n{number}.txt", project=project)
        file.metadata = {"sample_id": f"S{number % 2}"}
        file.tags = ["even" if number % 2 == 0 else "odd"]
        file.save()
    page = api.files.query(project=project, limit=3)
    see("first page", [page.total, [file.name for file in page]])
    see("all", [file.name for file in page.all()])
    see("from an offset", [file.name for file in api.files.query(project=project, offset=5)])
    see("by name", [file.name for file in api.files.query(project=project, names=["n1.txt", "n5.txt"])])
    see("by metadata", [file.name for file in api.files.query(project=project, metadata={"sample_id": "S1"})])
    see("by tag", [file.name for file in api.files.query(project=project, tags=["even"])])
    see("scrolled", [file.name for file in api.files.query(project=project, limit=2, cont_token="init").all()])
    see("100 at most", len(api.files.query(project=project, limit=100)))
    see("no limit", len(api.files.query(project=project, limit=0)))


def search(world: World, see: Seen) -> None:
    api, project = world.api, world.new_project()
    for number in range(3):
        world.upload(f"sought{number}.txt", project=project)
    results = api.files.search(f'IN "{project.id}"', limit=2)
    see("count", results.count)
    see("found", [[entry["name"], entry["type"]] for entry in results.result_set])
    more = api.files.search(f'IN "{project.id}"', limit=2, cont_token=results.cont_token)
    see("more", [entry["name"] for entry in more.result_set])
    see.outcome("nothing asked", lambda: api.files.search(""))
    see.outcome("not understood", lambda: api.files.search("???"))


def markers(world: World, see: Seen) -> None:
    api = world.api
    file = world.upload("marked.bam")
    marker = api.markers.create(file, "here", {"start": 10, "end": 20}, "chr1", private=True)
    see("made", marker)
    see("as text", str(marker))
    marker.name = "there"
    marker.position["end"] = 30
    see("saved", marker.save())
    see.outcome("nothing to save", marker.save)
    see("listed", list(api.markers.query(file)))
    see("one", api.markers.get(marker.id).position)
    marker.delete()
    see.outcome("deleted", lambda: api.markers.get(marker.id))


GROUPS = (files, folders, metadata, lists, search, markers)
