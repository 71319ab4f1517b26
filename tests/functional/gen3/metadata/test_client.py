"""The documented metadata client on the sandbox: merge means merge, and what fails is said."""

import asyncio
from typing import Any

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import Conflict, Forbidden, NotFound, Unauthorized
from omicsdk.sandbox import Sandbox
from omicsdk_api.gen3.metadata import MetadataApi


@pytest.fixture
def mds(sandbox: Sandbox, tmp_path):
    with Gen3Metadata(Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "credentials.json"))) as mds:
        yield mds


def test_a_document_s_life(mds: Gen3Metadata):
    assert mds.create("dg.1/a", {"a": {"b": 1}, "k": "v"}, ["one", "two"]) == {"a": {"b": 1}, "k": "v"}
    assert mds.get("one") == mds.get("dg.1/a")
    assert mds.update("dg.1/a", {"c": 2}, merge=True) == {"a": {"b": 1}, "k": "v", "c": 2}
    assert mds.update("dg.1/a", {"c": 3}) == {"c": 3} == mds.get("dg.1/a")
    assert sorted(mds.get_aliases("dg.1/a")["aliases"]) == ["one", "two"]
    assert sorted(mds.update_aliases("dg.1/a", ["three"], merge=True)["aliases"]) == ["one", "three", "two"]
    assert mds.update_aliases("dg.1/a", ["four"])["aliases"] == ["four"]
    assert mds.delete_alias("dg.1/a", "four") == ""
    assert mds.get_aliases("dg.1/a")["aliases"] == []
    assert mds.delete("dg.1/a") == {"c": 3}
    with pytest.raises(NotFound):
        mds.get("dg.1/a")


def test_searches(mds: Gen3Metadata):
    told = mds.batch_create(
        [{"guid": f"g{number}", "data": {"n": str(number % 2), "x": {"y": "z"}}} for number in range(5)]
    )
    assert told["created"] == [f"g{number}" for number in range(5)]
    assert mds.query("n=1") == ["g1", "g3"]
    assert mds.query("n=1&n=0", limit=3, offset=1) == ["g1", "g2", "g3"]
    assert mds.query("?x.y=z", return_full_metadata=True, limit=1) == {"g0": {"n": "0", "x": {"y": "z"}}}
    assert mds.query(n="1", limit=1) == ["g1"]
    assert len(mds.query()) == 5


def test_all_documents_come_however_long_a_page_was_requested(mds: Gen3Metadata, sandbox: Sandbox, monkeypatch):
    monkeypatch.setattr("omicsdk.sandbox.gen3.metadata.operations.LONGEST", 2)
    mds.batch_create([{"guid": f"g{number}", "data": {}} for number in range(5)])
    with MetadataApi(f"{sandbox.gen3_url}/mds") as api:
        assert list(api.query.iterate(limit=1000)) == [f"g{number}" for number in range(5)]


def test_indexes(mds: Gen3Metadata):
    assert mds.create_index_key_path("a.b") == "a.b"
    assert "a.b" in mds.get_index_key_paths()
    assert mds.delete_index_key_path("a.b").status_code == 204
    with pytest.raises(NotFound):
        mds.delete_index_key_path("a.b")


def test_what_exists_is_not_replaced_unless_that_is_wanted(mds: Gen3Metadata):
    mds.create("g", {"a": 1})
    with pytest.raises(Conflict):
        mds.create("g", {"a": 2})
    assert mds.create("g", {"a": 2}, overwrite=True) == {"a": 2}
    assert mds.batch_create([{"guid": "g", "data": {"a": 3}}], overwrite=False)["conflict"] == ["g"]


def test_aliases_that_are_taken_say_that_the_document_is_there(mds: Gen3Metadata):
    mds.create("g", {"a": 1}, ["taken"])
    with pytest.raises(Conflict) as caught:
        mds.create("h", {"a": 2}, ["taken"])
    assert "The document h is there, without its aliases" in str(caught.value)
    assert mds.get("h") == {"a": 2}


def test_writing_without_a_login_is_an_error(sandbox: Sandbox, tmp_path):
    with Gen3Metadata(sandbox.gen3_url) as nobody, pytest.raises((Unauthorized, Forbidden)):
        nobody.create("g", {})
    reader = Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org"))
    with Gen3Metadata(reader) as mds, pytest.raises(Forbidden):
        mds.create("g", {})


def test_asynchronously(mds: Gen3Metadata):
    async def life() -> list[Any]:
        await mds.async_create("g", {"a": 1}, ["x"], _ssl=False)
        changed = await mds.async_update("g", {"b": 2}, ["y"], merge=True)
        aliases = sorted((await mds.async_get_aliases("g"))["aliases"])
        await mds.async_delete_alias("g", "x")
        await mds.async_update_aliases("g", ["z"])
        after = (await mds.async_get_aliases("g"))["aliases"]
        await mds.async_delete_aliases("g")
        await mds.async_create_aliases("g", ["w"])
        return [changed, aliases, after, await mds.async_get("w")]

    assert asyncio.run(life()) == [{"a": 1, "b": 2}, ["x", "y"], ["z"], {"a": 1, "b": 2}]
