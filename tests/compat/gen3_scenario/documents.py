"""Documents of the metadata service, and objects."""

import asyncio

from noted import Noted
from party import Party


def metadata(party: Party, note: Noted) -> None:
    mds = party.metadata
    note("healthy", mds.is_healthy())
    note("version", mds.get_version())
    note("path", mds.create_index_key_path("x.y"))
    note("paths", mds.get_index_key_paths())
    note("path deleted", mds.delete_index_key_path("x.y"))
    note.outcome("path deleted again", lambda: mds.delete_index_key_path("x.y"))
    note("created", mds.create("k1", {"x": {"y": "1"}}))
    note("created with aliases", mds.create("k2", {"x": {"y": "2"}}, aliases=["k2a", "k2b"]))
    note.outcome("created again", lambda: mds.create("k1", {}))
    note("overwritten", mds.create("k1", {"x": {"y": "1"}, "o": 1}, overwrite=True))
    note("got", [mds.get("k1"), mds.get("k2a")])
    note.outcome("not there", lambda: mds.get("nope"))
    note("found", mds.query("x.y=1"))
    note("found with all", mds.query("x.y=1", return_full_metadata=True, limit=5, offset=0))
    note("a page", [mds.query("", limit=1, offset=0), mds.query("", limit=1, offset=1)])
    note("many", mds.batch_create([{"guid": "k1", "data": {"b": 1}}, {"guid": "k3", "data": {"b": 2}}]))
    note("many, none replaced", mds.batch_create([{"guid": "k3", "data": {}}], overwrite=False))
    note("replaced", [mds.update("k1", {"n": 1}), mds.get("k1")])
    note("merged", [mds.update("k1", {"p": 2}, merge=True), mds.get("k1")])
    note("deleted", mds.delete("k3"))
    note.outcome("deleted again", lambda: mds.delete("k3"))
    with_slash = mds.create("dg.1/a b", {"s": 1})
    note("a slash and a blank", [with_slash, mds.get("dg.1/a b")])


def aliases(party: Party, note: Noted) -> None:
    mds = party.metadata
    mds.create("a1", {"a": 1})
    note("created", mds.create_aliases("a1", ["one", "two"]))
    note("listed", mds.get_aliases("a1"))
    note("merged", mds.update_aliases("a1", ["three"], merge=True))
    note("replaced", mds.update_aliases("a1", ["four"]))
    note("through one", mds.get("four"))
    note("deleted", mds.delete_alias("a1", "four"))
    mds.create_aliases("a1", ["five", "six"])
    note("all deleted", mds.delete_aliases("a1"))
    note("none", mds.get_aliases("a1"))
    note.outcome("of nothing", lambda: mds.create_aliases("nope", ["x"]))


def documents_at_once(party: Party, note: Noted) -> None:
    mds = party.metadata

    async def all_of_it() -> None:
        note("created", await mds.async_create("s1", {"a": 1}, aliases=["s1a"]))
        note("got", await mds.async_get("s1a"))
        note("merged", await mds.async_update("s1", {"b": 2}, merge=True))
        note("more aliases", await mds.async_update_aliases("s1", ["s1b"], merge=True))
        note("an alias deleted", await mds.async_delete_alias("s1", "s1a"))
        await mds.async_create("s2", {"c": 3})
        note("aliases created", await mds.async_create_aliases("s2", ["s2a"]))

    asyncio.run(all_of_it())
    note.outcome("aliases", lambda: asyncio.run(mds.async_get_aliases("s1")))
    note.outcome("aliases deleted", lambda: asyncio.run(mds.async_delete_aliases("s1")))
    note("none", mds.get_aliases("s1"))


def documents_of_strangers(party: Party, note: Noted) -> None:
    nobody = party.module("metadata").Gen3Metadata(party.url)
    party.metadata.create("open", {"o": 1})
    note("reads", nobody.get("open"))
    note.outcome("writes", lambda: nobody.create("mine", {}))
    note.outcome("deletes", lambda: nobody.delete("open"))


def objects(party: Party, note: Noted) -> None:
    objects = party.module("object").Gen3Object(party.auth)
    open_to_all = {"version": 0, "resource_paths": ["/open"]}
    guid, url = objects.create_object("o.txt", open_to_all, metadata={"k": "v"}, aliases=["o-alias"])
    party.fetch(url, b"an object")
    party.finish()
    metadata = party.metadata.get(guid)
    note("metadata", metadata)
    note("record", [party.index.get_record(guid)[name] for name in ("size", "authz", "file_name")])
    note("by its alias", party.index.get("o-alias")["did"] == guid)
    note("bytes", party.fetch(party.files.get_presigned_url(guid)["url"]))
    note("deleted", objects.delete_object(guid, delete_file_locations=True))
    note.outcome("metadata that is gone", lambda: party.metadata.get(guid))
    note.outcome("deleted again", lambda: objects.delete_object(guid))


GROUPS = (metadata, aliases, documents_at_once, documents_of_strangers, objects)
