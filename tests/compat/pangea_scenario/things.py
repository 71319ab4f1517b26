"""Accounts, organizations, groups and samples."""

from noted import Noted
from party import Party


def accounts(party: Party, note: Noted) -> None:
    knex = party.pangea.Knex(party.endpoint)
    user = party.pangea.User(knex, "new@example.org", "Foobar2222")
    note("name", user.username)
    note("registered is oneself", user.register() is user)
    note.outcome("registered again", user.register)
    note("an organization of one's own", party.pangea.Organization(knex, "New Org").create().name)
    other = party.pangea.Knex(party.endpoint)
    note.outcome("a wrong password", party.pangea.User(other, "new@example.org", "WRONG").login)
    note.outcome("nobody", party.pangea.User(other, "nobody@example.org", "WRONG").login)


def organizations(party: Party, note: Noted) -> None:
    made = party.pangea.Organization(party.knex, "Some Org")
    note("is there", made.exists())
    note("created is oneself", made.create() is made)
    note("created again", made.create() is made)
    note.outcome("another of the name", lambda: party.pangea.Organization(party.knex, "Some Org").create())
    same = party.pangea.Organization(party.knex, "Some Org").get()
    note("the same", same.uuid == made.uuid)
    note("has its moments", [isinstance(same.created_at, str), isinstance(same.updated_at, str)])
    note.outcome("none", lambda: party.pangea.Organization(party.knex, "No Org").get())
    note("made where need be", party.pangea.Organization(party.knex, "Other Org").idem().name)
    note("is there after all", party.pangea.Organization(party.knex, "Other Org").exists())


def groups(party: Party, note: Noted) -> None:
    org = party.organization("Group Org")
    library = org.sample_group("Group Lib", is_library=True, is_public=True).create()
    note("a library", [library.name, library.is_library, library.is_public])
    private = org.sample_group("Group Private", is_library=True, is_public=False).create()
    note("private means private", party.there(f"sample_groups/{private.uuid}")["is_public"])
    group = org.sample_group("Group", metadata={"k": "v"}, is_public=True).idem()
    note("a group", [group.is_library, group.metadata])
    note.outcome("saved unchanged", group.save)
    group.description = "changed"
    note.outcome("saved", group.save)
    note("is changed", party.there(f"sample_groups/{group.uuid}")["description"])
    blank = org.sample_group("Group Blank", is_library=True, is_public=True).create()
    blank.long_description = "ld"
    note.outcome("saved with a blank description", blank.save)
    note("all", sorted(group.name for group in org.get_sample_groups()))
    note(
        "the same",
        party.pangea.Organization(party.knex, "Group Org").get().sample_group("Group Lib").get().uuid == library.uuid,
    )


def samples(party: Party, note: Noted) -> None:
    library = party.library("Sample")
    sample = library.sample("s 1", metadata={"city": "Paris"}).create()
    note("created", [sample.name, sample.metadata, sample.library == library.uuid])
    note.outcome("another of the name", lambda: library.sample("s 1").create())
    note.outcome("with other metadata", lambda: library.sample("s 1", metadata={"city": "Rome"}).get())
    party.change(f"samples/{sample.uuid}", metadata={"city": "Paris", "n": 1})
    note("made where need be", library.sample("s 2").idem().name)
    note("are there", [library.sample(name).exists() for name in ("s 2", "s 3")])
    second = library.sample("s 2").get()
    second.metadata = {"a": 1}
    second.save()
    note("is changed", party.there(f"samples/{second.uuid}")["metadata"])
    note.outcome("a child of what was saved", lambda: second.analysis_result("m", replicate="1").create().module_name)
    note("manifest", sorted(library.sample("s 2").get().get_manifest()))
    note("in the library", sorted(sample.name for sample in library.get_samples(cache=False)))


def names(party: Party, note: Noted) -> None:
    library = party.library("Name")
    for name in ("é 🧬", "a+b&c=d", "50% x", "v1.2", "say 'hi'"):
        made = library.sample(name).create()
        note.outcome(name, lambda name=name: library.sample(name).get().name)
        note(f"{name}, the same", made.name == name)
    for name in ("a/b", "q?x#y"):
        made = library.sample(name).create()
        note.outcome(name, lambda name=name: library.sample(name).get().name)


def members(party: Party, note: Noted) -> None:
    org = party.organization("Member Org")
    library = org.sample_group("Member Lib", is_library=True, is_public=True).create()
    group = org.sample_group("Member Grp", is_public=True).create()
    made = [library.sample(f"s{number}").create() for number in range(3)]
    group.description = "not blank"
    for sample in made:
        group.add_sample(sample)
    note.outcome("added", group.save)
    note("in the group", sorted(sample.name for sample in group.get_samples(cache=False)))
    group.remove_sample(made[0])
    note.outcome("removed", group.save)
    note("left", sorted(entry["name"] for entry in party.there(f"sample_groups/{group.uuid}/samples")["results"]))
    blank = org.sample_group("Member Blank", is_public=True).create()
    blank.add_sample(made[1])
    note.outcome("added to a group without a description", blank.save)
    note("in it", [entry["name"] for entry in party.there(f"sample_groups/{blank.uuid}/samples")["results"]])


def moves(party: Party, note: Noted) -> None:
    org = party.organization("Move Org")
    one, other = (org.sample_group(f"Move {name}", is_library=True, is_public=True).create() for name in "ab")
    sample = one.sample("s").create()
    sample.change_library(other)
    note.outcome("saved", sample.save)
    note("moved", party.there(f"samples/{sample.uuid}")["library"] == other.uuid)
    note.outcome("and of use", lambda: sample.analysis_result("m", replicate="1").create().module_name)


def pages(party: Party, note: Noted) -> None:
    library = party.library("Page")
    names = [f"p{number:03}" for number in range(205)]
    party.knex.post("bulk_samples", json={"names": names, "library": library.uuid})
    note("all", [sample.name for sample in library.get_samples(cache=False)] == names)
    note("all, kept", [sample.name for sample in library.get_samples()] == names)
    note("manifest", len(library.get_manifest()["samples"]))
    note("counts", library.get_module_counts())
    org = party.pangea.Organization(party.knex, "Page Org").get()
    for number in range(101):
        party.knex.post("sample_groups", json={"name": f"Page {number}", "organization": org.uuid})
    note("all groups", len(list(org.get_sample_groups())))


def parents(party: Party, note: Noted) -> None:
    org = party.pangea.Organization(party.knex, "Parent Org")
    library = org.sample_group("Parent Lib", is_library=True, is_public=True)
    note("a sample of what isn't there yet", library.sample("s").create().name)
    note("was made with it", party.there("organizations", name="Parent Org")["count"])


def anonymous(party: Party, note: Noted) -> None:
    org = party.organization("Open Org")
    library = org.sample_group("Open Lib", is_library=True, is_public=True).create()
    library.sample("s").create()
    knex = party.pangea.Knex(party.endpoint)
    open_library = party.pangea.Organization(knex, "Open Org").get().sample_group("Open Lib").get()
    note("a public group", open_library.name)
    note("its manifest", [entry["name"] for entry in open_library.get_manifest()["samples"]])
    note.outcome("creates", lambda: party.pangea.Organization(knex, "Anonymous Org").create())
    private = org.sample_group("Closed Lib", is_library=True, is_public=True).create()
    party.change(f"sample_groups/{private.uuid}", is_public=False)
    note.outcome("a private group", lambda: knex.get(f"sample_groups/{private.uuid}"))


def deletions(party: Party, note: Noted) -> None:
    library = party.library("Deleted")
    sample = library.sample("s").create()
    result = sample.analysis_result("m", replicate="1").create()
    field = result.field("f", {"a": 1}).create()
    for label, resource in (("field", field), ("result", result), ("sample", sample), ("library", library)):
        note.outcome(label, resource.delete)
    note("fields", party.there("sample_ar_fields", name="f", uuid=field.uuid)["count"])
    note("libraries", party.there("sample_groups", name="Deleted Lib")["count"])
    other = party.library("Flat")
    note.outcome(
        "by its flat route", lambda: bool(party.knex.delete(f"sample_groups/{other.uuid}", json_response=False))
    )
    note("gone", party.there("sample_groups", name="Flat Lib")["count"])
    note.outcome("what isn't there", lambda: party.knex.delete(f"sample_groups/{other.uuid}", json_response=False))


GROUPS = (accounts, organizations, groups, samples, names, members, moves, pages, parents, anonymous, deletions)
