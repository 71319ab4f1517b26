"""Records of the index."""

import asyncio
from typing import Any

from noted import Noted
from party import Party, md5

DID = "00000511-0000-4000-8000-000000000511"


def _new(party: Party, number: int, **more: Any) -> Any:
    fields = {"hashes": {"md5": md5(str(number))}, "size": number, "urls": [f"s3://bucket/{number}"]}
    return party.index.create_record(**{**fields, **more})


def index(party: Party, note: Noted) -> None:
    index = party.index
    note("healthy", index.is_healthy())
    note("version", sorted(index.get_version()))
    note("statistics", index.get_stats())
    note("prefix", index.get_guids_prefix())
    note("minted", [len(index.get_valid_guids()), len(index.get_valid_guids(count=3))])
    made = _new(
        party,
        1,
        file_name="one.txt",
        metadata={"k": "v"},
        acl=["a"],
        authz=["/programs/q"],
        urls_metadata={"s3://bucket/1": {"s": "t"}},
        version="1",
        description="what it is",
        content_created_date="2024-01-01T00:00:00",
    )
    note("created", made)
    note("with an id", _new(party, 2, did=DID)["did"])
    note.outcome("the id again", lambda: _new(party, 3, did=DID))
    note("record", index.get_record(made["did"]))
    note.outcome("no such record", lambda: index.get_record("nope"))
    document = index.get_record_doc(made["did"])
    note(
        "document", {name: _of(document, name) for name in ("did", "rev", "size", "hashes", "urls", "authz", "version")}
    )
    note("anywhere", index.get(made["did"])["did"])
    note("here only", index.get(made["did"], dist_resolution=False)["did"])
    note.outcome("nowhere", lambda: index.get("nope"))
    note("some", [record["did"] for record in index.get_records([made["did"], _with_prefix(party)])])
    note("statistics of two", index.get_stats())


def _of(document: Any, name: str) -> Any:
    return document[name] if isinstance(document, dict) else getattr(document, name)


def _with_prefix(party: Party) -> str:
    return f"{party.index.get_guids_prefix()}{DID}"


def lists(party: Party, note: Noted) -> None:
    index = party.index
    for number in range(20, 27):
        _new(party, number, did=f"{DID[:-2]}{number}", file_name="listed")
    ours = [record for record in index.get_all_records(limit=3, paginate=True) if record["file_name"] == "listed"]
    note("page by page", [record["size"] for record in ours])
    note("all", sum(record["file_name"] == "listed" for record in index.get_all_records()))
    note("first ones", len(index.get_all_records(limit=2)))
    note("pages", [[record["size"] for record in index.get_records_on_page(limit=3, page=page)] for page in (0, 1)])
    note("found", index.get_with_params({"hashes": {"md5": md5("21")}, "size": 21})["size"])
    note.outcome("not found", lambda: index.get_with_params({"hashes": {"md5": md5("none")}}))
    note("URLs", index.get_urls(size=21, hashes=f"md5:{md5('21')}"))
    note("by a part of the URL", [record["urls"] for record in index.query_urls("bucket/2")])


def changes(party: Party, note: Noted) -> None:
    index = party.index
    did = _new(party, 31, file_name="a", acl=["x"])["did"]
    note("changed", index.update_record(did, file_name="b", authz=["/programs/r"], version="2"))
    note("URLs", index.update_record(did, urls=["s3://bucket/31", "gs://bucket/31"])["urls"])
    other = _new(party, 32, urls_metadata={"s3://bucket/32": {"s": "t"}})["did"]
    note.outcome("URLs with metadata", lambda: index.update_record(other, urls=["s3://bucket/32b"])["urls"])
    note.outcome("no such record", lambda: index.update_record("nope", file_name="x"))
    newer = index.create_new_version(did, {"md5": md5("33")}, 33, urls=["s3://bucket/33"], version="3")
    note("new version", newer)
    note("latest", index.get_latest_version(did)["size"])
    note("latest that has a version", index.get_latest_version(did, has_version=True)["version"])
    note("versions", [record["size"] for record in index.get_versions(did)])
    blank = index.create_blank("me@example.org", "blank.txt")
    note("blank", blank)
    note("filled", index.update_blank(blank["did"], blank["rev"], {"md5": md5("34")}, 34, ["s3://bucket/34"]))
    note.outcome(
        "a revision that isn't the last", lambda: index.update_blank(blank["did"], "0" * 8, {"md5": md5("1")}, 1)
    )
    note("deleted", _of(index.delete_record(newer["did"]), "size"))
    note.outcome("deleted again", lambda: index.delete_record(newer["did"]))
    note.outcome("no hash", lambda: index.create_record({"md5": "wrong"}, 35))


def at_once(party: Party, note: Noted) -> None:
    index = party.index

    async def all_of_it() -> None:
        made = await index.async_create_record({"md5": md5("41")}, 41, urls=["s3://bucket/41"], file_name="a")
        note("created", made)
        note("record", await index.async_get_record(made["did"]))
        note("a page", len(await index.async_get_records_on_page(limit=2, page=0)))
        note("by hash", [record["size"] for record in await index.async_get_records_from_checksum(md5("41"))])
        note("changed", await index.async_update_record(made["did"], file_name="b"))
        note("by a part of the URL", [record["urls"] for record in await index.async_query_urls("bucket/41")])

    asyncio.run(all_of_it())
    criteria = {"hash": f"md5:{md5('41')}"}
    note.outcome("found", lambda: len(asyncio.run(index.async_get_with_params(criteria))["records"]))


def strangers(party: Party, note: Noted) -> None:
    nobody = party.module("index").Gen3Index(party.url)
    did = _new(party, 51)["did"]
    note("reads", nobody.get_record(did)["size"])
    note.outcome("writes", lambda: nobody.create_record({"md5": md5("52")}, 52, authz=["/programs/x"]))
    note.outcome("deletes", lambda: nobody.delete_record(did))


GROUPS = (index, lists, changes, at_once, strangers)
