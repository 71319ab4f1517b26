"""The sandbox's DRS: its objects one by one, as a list, and several at once."""

from collections.abc import Generator
from typing import Any

import httpx
import pytest
from indexd_clients import indexd_client, new_record
from omicsdk import Drs
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.indexd.drs import drs_uri
from omicsdk.sandbox.gen3.indexd.index import MAX_BULK

OBJECTS = "/ga4gh/drs/v1/objects"


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client without a token: descriptions are open to all."""
    with indexd_client(sandbox, "") as client:
        yield client


def enter(sandbox: Sandbox, number: int = 1, **fields: Any) -> str:
    return sandbox.gen3.index.create(new_record(number, **fields))["did"]


def bundled(sandbox: Sandbox, *members: str) -> str:
    with indexd_client(sandbox) as admin:
        return admin.post("/index/bundle", json={"name": "b", "bundles": [*members]}).json()["bundle_id"]


def test_an_object_states_where_its_bytes_are_and_how_to_request_them(sandbox: Sandbox, web: httpx.Client):
    did = enter(sandbox, urls=["s3://b/1", "https://example.org/1"], authz=["/programs/p"], file_name="a.txt")
    object_ = web.get(f"{OBJECTS}/{did}").json()
    assert (object_["name"], object_["checksums"]) == ("a.txt", [{"type": "md5", "checksum": f"{1:032x}"}])
    assert object_["self_uri"] == f"drs://{did.replace('/', ':')}"
    allowed = {
        "drs_object_id": did,
        "supported_types": ["BearerAuth"],
        "bearer_auth_issuers": [f"{sandbox.gen3_url}/user"],
        "passport_auth_issuers": [],
    }
    web_method, bucket_method = object_["access_methods"]
    assert (web_method["access_id"], web_method["cloud"]) == ("https", None)
    assert (bucket_method["access_id"], bucket_method["cloud"]) == ("s3", "aws")
    assert bucket_method["access_url"] == {"url": "s3://b/1"}
    assert web_method["authorizations"] == bucket_method["authorizations"] == allowed
    assert web.get(f"/index{OBJECTS}/{did}").json() == object_
    assert web.get(f"{OBJECTS}/{did.removeprefix('dg.TEST/')}").json() == object_


def test_counted_pages_of_the_list_have_every_object_once(sandbox: Sandbox, web: httpx.Client):
    members = [enter(sandbox, number) for number in range(5)]
    bundle = bundled(sandbox, members[0])

    def pages(**filters: Any) -> list[str]:
        ids: list[str] = []
        for page in range(9):
            objects = web.get(OBJECTS, params={"page": page, "limit": 2, **filters}).json()["drs_objects"]
            ids += [object_["id"] for object_ in objects]
        return ids

    assert pages(form="object") == members
    assert pages(form="bundle") == [bundle]
    assert sorted(pages()) == sorted([*members, bundle])
    assert web.get(OBJECTS, params={"limit": 2000}).json() == {
        "msg": "limit must be between 0 and 1024",
        "status_code": 400,
    }


def test_several_objects_are_read_at_once_up_to_a_limit(sandbox: Sandbox, web: httpx.Client):
    dids = [enter(sandbox, number) for number in range(3)]
    payload = web.post(OBJECTS, json={"bulk_object_ids": [*dids, "nope"]}).json()
    assert {object_["id"] for object_ in payload["resolved_drs_objects"]} == set(dids)
    assert payload["unresolved_drs_objects"] == [{"error_code": 404, "object_ids": ["nope"]}]
    assert payload["summary"] == {"requested": 4, "resolved": 3, "unresolved": 1}
    assert web.post(OBJECTS, json={"bulk_object_ids": ["x"] * MAX_BULK}).status_code == 200
    assert web.post(OBJECTS, json={"bulk_object_ids": ["x"] * (MAX_BULK + 1)}).status_code == 413
    assert web.post(OBJECTS, json={"bulk_object_ids": "x"}).status_code == 400


def test_the_client_reads_what_the_server_is(sandbox: Sandbox):
    enter(sandbox, 3)
    with Drs(sandbox.gen3_url) as client:
        info = client.get_service_info()
    assert (info.type.artifact, info.max_bulk_request_length, info.drs.object_count) == ("drs", MAX_BULK, 1)
    assert info.drs.total_object_size == 3


def test_aliases_of_records_are_not_reported_and_what_does_not_exist_is_404(sandbox: Sandbox, web: httpx.Client):
    did = enter(sandbox)
    sandbox.gen3.index.add_aliases(did, ["b", "a"])
    assert web.get(f"{OBJECTS}/{did}").json()["aliases"] == []
    for method in ("GET", "POST", "OPTIONS"):
        response = web.request(method, f"{OBJECTS}/nope")
        assert (response.status_code, response.json()) == (404, {"msg": "no record found", "status_code": 404})


@pytest.mark.parametrize(
    ("id", "prefix", "uri"),
    [
        ("dg.1/u", "dg.1/", "drs://dg.1:u"),
        ("dg.2/u", "dg.1/", "drs://dg.2:u"),
        ("u", "dg.1/", "drs://dg.1:u"),
        ("u", "", "drs://commons.example.org/u"),
    ],
)
def test_uris_are_compact_by_the_prefix_or_name_the_host(id: str, prefix: str, uri: str):
    assert drs_uri(id, prefix, "https://commons.example.org") == uri
