"""The documented index client: what is not recorded, and the sandbox's index behind it."""

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.core import APIError, BadRequest, Conflict, Forbidden, NotFound
from omicsdk.gen3 import index_records
from omicsdk.sandbox import Sandbox
from omicsdk_api.gen3.indexd.models.output_info import OutputInfo

MD5 = {"md5": "0" * 32}


def test_the_login_alone_states_which_commons(auth: Gen3Auth):
    for index in (Gen3Index(auth), Gen3Index(auth_provider=auth), Gen3Index(auth.endpoint, auth)):
        assert index.endpoint == f"{auth.endpoint}/index"


def test_an_asynchronous_block_closes_the_connections(auth: Gen3Auth, monkeypatch: pytest.MonkeyPatch):
    closed: list[Gen3Index] = []
    real = Gen3Index.close
    monkeypatch.setattr(Gen3Index, "close", lambda self: closed.append(self) or real(self))

    async def several() -> Gen3Index:
        async with Gen3Index(auth) as index:
            for _ in range(3):
                await index.async_get_records_on_page()
            assert closed == []
        return index

    index = asyncio.run(several())
    assert closed == [index]


# -- with the sandbox's index


def test_a_record_s_life(index: Gen3Index):
    record = index.create_record(
        MD5,
        5,
        urls=["s3://b/x", "s3://b/z"],
        authz=["/open"],
        urls_metadata={"s3://b/x": {"a": "b"}, "s3://b/z": {"c": "d"}},
    )
    guid = record["did"]
    assert index.get_record(guid) == record
    changed = index.update_record(guid, urls=["s3://b/z"], file_name="z.txt")
    assert (changed["urls"], changed["file_name"], changed["authz"]) == (["s3://b/z"], "z.txt", ["/open"])
    assert changed["urls_metadata"]["s3://b/z"]["c"] == "d"
    assert changed["rev"] != record["rev"]
    assert index.delete_record(guid) == changed
    with pytest.raises(NotFound):
        index.get_record(guid)
    json.dumps(record)


@pytest.mark.parametrize("asynchronously", [False, True])
def test_what_the_index_made_up_is_not_stored(index: Gen3Index, asynchronously: bool):
    urls = ["s3://b/x", "gs://b/y", "https://example.org/z"]
    about = {"s3://b/x": {"type": "primary"}, "gs://b/y": {"cloud": "mine", "available": "no"}}
    guid = index.create_record(MD5, 5, urls=urls, authz=["/open"], urls_metadata=about)["did"]
    assert index.get_record(guid)["urls_metadata"]["s3://b/x"] == {"type": "primary", "available": True, "cloud": "aws"}
    left = ["s3://b/x", "gs://b/y", "s3://b/new"]
    if asynchronously:
        asyncio.run(index.async_update_record(guid, urls=left))
    else:
        index.update_record(guid, urls=left)
    assert index.get(guid)["urls_metadata"] == {**about, "s3://b/new": {}}


def _change_after_the_next_read(monkeypatch: pytest.MonkeyPatch, auth: Gen3Auth, guid: str, **fields: Any) -> None:
    """Another client changes a record as soon as it was read."""
    real = index_records.read_record

    def changed_meanwhile(*arguments: Any) -> OutputInfo:
        monkeypatch.undo()
        record = real(*arguments)
        with Gen3Index(auth) as other:
            other.update_record(guid, **fields)
        return record

    monkeypatch.setattr(index_records, "read_record", changed_meanwhile)


def test_a_change_between_the_two_reads_of_an_update_is_not_overwritten(
    index: Gen3Index, auth: Gen3Auth, monkeypatch: pytest.MonkeyPatch
):
    guid = index.create_record(MD5, 5, urls=["s3://b/x", "s3://b/y"], authz=["/open"])["did"]
    _change_after_the_next_read(monkeypatch, auth, guid, urls_metadata={"s3://b/x": {"a": "b"}})
    with pytest.raises(Conflict):
        index.update_record(guid, urls=["s3://b/x"])
    assert index.get(guid)["urls_metadata"] == {"s3://b/x": {"a": "b"}, "s3://b/y": {}}


def test_a_change_that_another_user_made_meanwhile_is_not_overwritten(
    index: Gen3Index, auth: Gen3Auth, monkeypatch: pytest.MonkeyPatch
):
    record = index.create_record(MD5, 5, urls=["s3://b/x"], authz=["/open"])
    guid = record["did"]
    _change_after_the_next_read(monkeypatch, auth, guid, file_name="theirs")
    with pytest.raises(Conflict) as caught:
        index.update_record(guid, file_name="mine")
    assert index.get_record(guid)["file_name"] == "theirs"
    message = str(caught.value)
    assert f"Another client has changed {guid} since its revision {record['rev']} was read" in message
    assert "Read it again, see what has changed, and repeat the call" in message


def test_a_short_guid_will_do_to_change_and_delete(index: Gen3Index):
    guid = index.create_record(MD5, 5, urls=["s3://b/x"], authz=["/open"])["did"]
    prefix = index.get_guids_prefix()
    assert prefix
    assert guid.startswith(prefix)
    short = guid.removeprefix(prefix)
    assert index.update_record(short, file_name="x")["did"] == guid
    deleted = index.delete_record(short)
    assert (deleted.did, vars(type(deleted))["_deleted"], "_deleted" in deleted) == (guid, True, False)


def test_a_blank_record_is_filled_once(index: Gen3Index):
    blank = index.create_blank("me", "f.txt")
    assert (blank["size"], blank["hashes"]) == (None, {})
    with pytest.raises(Conflict, match="Another client has changed"):
        index.update_blank(blank["did"], "deadbeef", MD5, 3, authz=["/open"])
    filled = index.update_blank(blank["did"], blank["rev"], MD5, 3, ["s3://b/f.txt"], ["/open"])
    assert (filled["size"], filled["hashes"], filled["urls"]) == (3, MD5, ["s3://b/f.txt"])
    with pytest.raises(BadRequest):
        index.update_blank(blank["did"], filled["rev"], MD5, 3)


def test_what_is_not_allowed_is_stated(sandbox: Sandbox, tmp_path):
    reader = Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org"))
    with Gen3Index(reader) as index, pytest.raises(Forbidden):
        index.create_record(MD5, 1, urls=["s3://b/1"], authz=["/programs/secret"])


def test_an_end_of_the_login_is_no_matter(index: Gen3Index, auth: Gen3Auth, sandbox: Sandbox):
    index.create_record(MD5, 1, urls=["s3://b/1"], authz=["/open"])
    sandbox.gen3.access.revoke(sandbox.gen3.access.claims(auth.get_access_token())["jti"])
    assert index.create_record(MD5, 2, urls=["s3://b/2"], authz=["/open"])["size"] == 2


def test_errors_of_asynchronous_calls_are_those_of_aiohttp(index: Gen3Index, monkeypatch: pytest.MonkeyPatch):
    refused = type("ClientResponseError", (Exception,), {})
    monkeypatch.setitem(sys.modules, "aiohttp", SimpleNamespace(ClientResponseError=refused))
    with pytest.raises(refused) as caught:
        asyncio.run(index.async_get_record("nope"))
    assert isinstance(caught.value, NotFound)


def test_errors_are_core_s_own_and_those_of_requests(index: Gen3Index):
    with pytest.raises(APIError) as caught:
        index.get_record("nope")
    assert caught.value.status == 404
    assert isinstance(caught.value, NotFound)
    assert isinstance(caught.value, requests.HTTPError)  # as published
    assert caught.value.response.status_code == 404


def test_the_index_by_the_names_of_indexclient(index: Gen3Index, auth: Gen3Auth):
    client = index.client
    assert (client.url, client.auth, client.version) == (index.endpoint, auth, "v0")
    assert client.url_for("index", "x") == f"{index.endpoint}/index/x"
    client.check_status()
    made = [client.create(MD5, size, urls=["s3://b/1"], authz=["/open"]) for size in range(5)]
    first = made[0].did
    assert client.get(first) == index.get_record(first)
    assert client.get(first).to_json()["size"] == 0
    client.add_alias_for_did("first-one", first)
    assert client.global_get("first-one", no_dist=True).did == first
    assert client.get_with_params({"size": 3}).did == made[3].did
    assert {record.did for record in client.bulk_request([first, "nope"])} == {first}
    assert [record.did for record in client.list(page_size=2)] == sorted(record.did for record in made)
    assert len(list(client.list(limit=3, page_size=2))) == 3
    assert [record.size for record in client.list_with_params(params={"size": 4})] == [4]
    assert client.get_latest_version(first).did == first
    assert [record.did for record in client.list_versions(first)] == [first]
    for missing in (client.get("nope"), client.global_get("nope"), client.get_with_params({"size": 99})):
        assert missing is None
    assert "token" not in repr(client).lower()
