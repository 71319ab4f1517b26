"""The documented metadata client on the sandbox: merge means merge, and what fails is said."""

import asyncio
from typing import Any

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import NO_RETRY, Conflict, Forbidden, NotFound, TransportError, Unauthorized
from omicsdk.sandbox import Rule, Sandbox
from omicsdk_api.gen3.metadata import MetadataApi


def test_a_document_s_life(documents: Gen3Metadata):
    assert documents.create("dg.1/a", {"a": {"b": 1}, "k": "v"}, ["one", "two"]) == {"a": {"b": 1}, "k": "v"}
    assert documents.get("one") == documents.get("dg.1/a")
    assert documents.update("dg.1/a", {"c": 2}, merge=True) == {"a": {"b": 1}, "k": "v", "c": 2}
    assert documents.update("dg.1/a", {"c": 3}) == {"c": 3} == documents.get("dg.1/a")
    assert sorted(documents.get_aliases("dg.1/a")["aliases"]) == ["one", "two"]
    assert sorted(documents.update_aliases("dg.1/a", ["three"], merge=True)["aliases"]) == ["one", "three", "two"]
    assert documents.update_aliases("dg.1/a", "four")["aliases"] == ["four"]
    assert documents.delete_alias("dg.1/a", "four") == ""
    assert documents.get_aliases("dg.1/a")["aliases"] == []
    assert documents.delete("dg.1/a") == {"c": 3}
    with pytest.raises(NotFound):
        documents.get("dg.1/a")


def test_an_alias_alone_is_one(documents: Gen3Metadata):
    documents.create("dg.1/a", {}, "five")
    assert documents.get_aliases("dg.1/a")["aliases"] == ["five"]


def test_searches(documents: Gen3Metadata):
    result = documents.batch_create(
        [{"guid": f"g{number}", "data": {"n": str(number % 2), "x": {"y": "z"}}} for number in range(5)]
    )
    assert result["created"] == [f"g{number}" for number in range(5)]
    assert documents.query("n=1") == ["g1", "g3"]
    assert documents.query("n=1&n=0", limit=3, offset=1) == ["g1", "g2", "g3"]
    assert documents.query("?x.y=z", return_full_metadata=True, limit=1) == {"g0": {"n": "0", "x": {"y": "z"}}}
    assert documents.query(n="1", limit=1) == ["g1"]
    assert len(documents.query()) == 5


def test_all_documents_come_however_long_a_page_was_requested(documents: Gen3Metadata, sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr("omicsdk.sandbox.gen3.metadata.operations.LONGEST", 2)
    documents.batch_create([{"guid": f"g{number}", "data": {}} for number in range(5)])
    with MetadataApi(f"{sandbox.gen3_url}/mds") as api:
        assert list(api.query.iterate(limit=1000)) == [f"g{number}" for number in range(5)]


def test_aliases_that_are_taken_say_that_the_document_exists(documents: Gen3Metadata):
    documents.create("g", {"a": 1}, ["taken"])
    with pytest.raises(Conflict) as caught:
        documents.create("h", {"a": 2}, ["taken"])
    assert "The document h was created; setting its aliases failed" in str(caught.value)
    assert documents.get("h") == {"a": 2}


def test_a_connection_that_breaks_after_the_document_says_that_it_exists(auth: Gen3Auth, sandbox: Sandbox):
    sandbox.add_faults(Rule("reset", path="*/mds-admin/metadata/*/aliases"))
    with Gen3Metadata(auth, retry=NO_RETRY) as documents:
        for change, done in ((documents.create, "created"), (documents.update, "changed")):
            with pytest.raises(TransportError, match=f"The document g was {done}; setting its aliases failed"):
                change("g", {"a": done}, ["x"])
            assert documents.get("g") == {"a": done}


def test_writing_without_a_login_is_an_error(sandbox: Sandbox, tmp_path):
    with Gen3Metadata(sandbox.gen3_url) as nobody, pytest.raises((Unauthorized, Forbidden)):
        nobody.create("g", {})
    reader = Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org"))
    with Gen3Metadata(reader) as mds, pytest.raises(Forbidden):
        mds.create("g", {})


def test_asynchronously(documents: Gen3Metadata):
    async def life() -> list[Any]:
        await documents.async_create("g", {"a": 1}, ["x"], _ssl=False)
        changed = await documents.async_update("g", {"b": 2}, ["y"], merge=True)
        aliases = sorted((await documents.async_get_aliases("g"))["aliases"])
        await documents.async_delete_alias("g", "x")
        await documents.async_update_aliases("g", ["z"])
        after = (await documents.async_get_aliases("g"))["aliases"]
        await documents.async_delete_aliases("g")
        await documents.async_create_aliases("g", ["w"])
        return [changed, aliases, after, await documents.async_get("w")]

    assert asyncio.run(life()) == [{"a": 1, "b": 2}, ["x", "y"], ["z"], {"a": 1, "b": 2}]
