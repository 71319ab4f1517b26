"""Fence: presigned URLs to read files from, one by one, in bulk and as access of DRS objects."""

from collections.abc import Callable

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import CLIENT_ID
from omicsdk.sandbox.gen3.access import ACCESS_SECONDS

Clients = Callable[[str], httpx.Client]
CLOSED = "/programs/demo/projects/one"


def fetch(url: str, **headers: str) -> httpx.Response:
    """What storage answers, without a login."""
    return httpx.get(url, headers=headers, trust_env=False, verify=NO_TLS)


@pytest.fixture
def ada(sandbox: Sandbox, client_of: Clients) -> httpx.Client:
    """A client of a user who may read what is closed to others."""
    sandbox.gen3.access.add("ada@example.org", [(CLOSED, "*", "read-storage")])
    return client_of("ada@example.org")


def test_an_open_file_is_fetched_without_a_login(sandbox: Sandbox, anonymous: httpx.Client):
    guid = sandbox.gen3.add_file("reads one.txt", b"ACGT")
    url = anonymous.get(f"/user/data/download/{guid}").json()["url"]
    response = fetch(url)
    assert (response.status_code, response.content) == (200, b"ACGT")
    assert response.headers["ETag"] == '"f1f8f4bf413b16ad135722aa4591043e"'
    part = fetch(url, Range="bytes=1-2")
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"CG", "bytes 1-2/4")
    assert fetch(url, Range="bytes=9-").status_code == 416


def test_the_guid_may_come_with_a_slash_or_quoted_or_without_its_prefix(sandbox: Sandbox, anonymous: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a")
    for spelled in (guid, guid.replace("/", "%2F"), guid.partition("/")[2]):
        assert anonymous.get(f"/user/data/download/{spelled}").status_code == 200


def test_a_closed_file_is_for_those_who_may_read_it(
    sandbox: Sandbox, ada: httpx.Client, reader: httpx.Client, anonymous: httpx.Client, admin: httpx.Client
):
    path = f"/user/data/download/{sandbox.gen3.add_file('a.txt', b'a', authz=[CLOSED])}"
    assert [client.get(path).status_code for client in (ada, admin, reader, anonymous)] == [200, 200, 401, 401]
    assert "read-storage permission on authorization resource" in reader.get(path).text
    sandbox.settings.turn({"gen3.forbidden_status": 403})
    assert [client.get(path).status_code for client in (ada, admin, reader, anonymous)] == [200, 200, 403, 401]


def test_every_resource_of_a_file_must_be_readable(sandbox: Sandbox, ada: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a", authz=[CLOSED, "/programs/other"])
    assert ada.get(f"/user/data/download/{guid}").status_code == 401


def test_access_lists_hold_where_a_record_has_no_resources(
    sandbox: Sandbox, ada: httpx.Client, reader: httpx.Client, anonymous: httpx.Client
):
    public = sandbox.gen3.add_file("a.txt", b"a", authz=[], acl=["*"])
    project = sandbox.gen3.add_file("b.txt", b"b", authz=[], acl=["one"])
    nobodys = sandbox.gen3.add_file("c.txt", b"c", authz=[])
    assert anonymous.get(f"/user/data/download/{public}").status_code == 200
    assert [client.get(f"/user/data/download/{project}").status_code for client in (ada, reader, anonymous)] == [
        200,
        401,
        401,
    ]
    assert ada.get(f"/user/data/download/{nobodys}").status_code == 401


def test_a_token_that_ended_does_not_even_read_open_files(sandbox: Sandbox, reader: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a")
    sandbox.clock.advance(ACCESS_SECONDS + 1)
    assert reader.get(f"/user/data/download/{guid}").status_code == 401


def test_a_program_reads_what_it_may(sandbox: Sandbox, anonymous: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a", authz=[CLOSED])
    token = sandbox.gen3.access.issue_to_client(CLIENT_ID, sandbox.gen3_url, 60, ["data"])
    response = anonymous.get(f"/user/data/download/{guid}", headers={"Authorization": f"bearer {token}"})
    assert response.status_code == 200


@pytest.mark.parametrize("query", [{"protocol": "carrier-pigeon"}, {"expires_in": "soon"}])
def test_bad_requests_are_reported(sandbox: Sandbox, anonymous: httpx.Client, query: dict[str, str]):
    guid = sandbox.gen3.add_file("a.txt", b"a")
    assert anonymous.get(f"/user/data/download/{guid}", params=query).status_code == 400


def test_a_files_protocols_are_distinguished(sandbox: Sandbox, anonymous: httpx.Client):
    sandbox.gen3.files.put("gs://other/a.txt", b"from gs")
    sandbox.gen3.files.put("s3://sandbox-gen3/a.txt", b"from s3")
    urls = ["gs://other/a.txt", "s3://sandbox-gen3/a.txt", "https://files.example.org/a.txt"]
    path = f"/user/data/download/{sandbox.gen3.add_file('a.txt', b'', urls=urls)}"
    assert fetch(anonymous.get(path).json()["url"]).content == b"from gs"
    assert fetch(anonymous.get(path, params={"protocol": "s3"}).json()["url"]).content == b"from s3"
    for protocol in ("https", "http"):
        assert anonymous.get(path, params={"protocol": protocol}).json()["url"] == urls[2]


def test_a_url_ends(sandbox: Sandbox, anonymous: httpx.Client):
    path = f"/user/data/download/{sandbox.gen3.add_file('a.txt', b'a')}"
    short = anonymous.get(path, params={"expires_in": 10}).json()["url"]
    longest = anonymous.get(path, params={"expires_in": 100_000}).json()["url"]
    sandbox.clock.advance(11)
    assert (fetch(short).status_code, fetch(longest).status_code) == (403, 200)
    assert "Request has expired" in fetch(short).text
    sandbox.clock.advance(3600)
    assert fetch(longest).status_code == 403
    sandbox.settings.turn({"gen3.url_seconds": 5})
    shorter = anonymous.get(path).json()["url"]
    sandbox.clock.advance(6)
    assert fetch(shorter).status_code == 403


def test_passports_are_not_taken_and_never_beside_a_token(sandbox: Sandbox, ada: httpx.Client, anonymous: httpx.Client):
    guid = sandbox.gen3.add_file("a.txt", b"a")
    for path, body in (
        (f"/ga4gh/drs/v1/objects/{guid}/access/s3", {"passports": ["one"]}),
        (
            "/ga4gh/drs/v1/objects/access",
            {"passports": ["one"], "bulk_object_access_ids": [{"bulk_object_id": guid, "bulk_access_ids": ["s3"]}]},
        ),
    ):
        both, alone = ada.post(path, json=body), anonymous.post(path, json=body)
        assert (both.status_code, "cannot supply both" in both.text) == (400, True)
        assert (alone.status_code, "not supported" in alone.text) == (400, True)


def test_too_many_drs_objects_are_refused(reader: httpx.Client):
    requests = [{"bulk_object_id": str(number), "bulk_access_ids": ["s3"]} for number in range(101)]
    response = reader.post("/ga4gh/drs/v1/objects/access", json={"bulk_object_access_ids": requests})
    assert (response.status_code, response.json()["error_code"]) == (413, 413)
    assert reader.post("/ga4gh/drs/v1/objects/access", json={}).status_code == 400
