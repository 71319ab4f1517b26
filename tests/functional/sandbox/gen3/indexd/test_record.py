"""Records of the index, their rights, and the index after a stop and a reset."""

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexd_clients import Json, indexd_client, new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.indexd.index import BUNDLES

NOBODY = "ffffffff-0000-4000-8000-000000000000"


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of a user who may do everything."""
    with indexd_client(sandbox) as client:
        yield client


def created(web: httpx.Client, number: int = 1, **fields: object) -> Json:
    response = web.post("/index/index", json=new_record(number, **fields))
    assert response.status_code == 200, response.text
    return response.json()


def read(web: httpx.Client, did: str) -> Json:
    return web.get(f"/index/index/{did}").json()


def test_urls_state_their_cloud_when_a_record_is_read_alone(web: httpx.Client):
    urls = ["s3://b/1", "gs://b/1", "az://b/1", "https://example.org/1"]
    did = created(web, urls=urls, urls_metadata={"s3://b/1": {"state": "ok"}})["did"]
    assert read(web, did)["urls_metadata"] == {
        "az://b/1": {"available": True, "cloud": "azure"},
        "gs://b/1": {"available": True, "cloud": "gcp"},
        "https://example.org/1": {"available": True, "cloud": None},
        "s3://b/1": {"available": True, "cloud": "aws", "state": "ok"},
    }
    listed = web.get("/index/index").json()["records"][0]
    assert listed["urls_metadata"] == {**{url: {} for url in urls}, "s3://b/1": {"state": "ok"}}


def test_metadata_is_kept_as_texts(web: httpx.Client):
    did = created(web, metadata={"n": 1, "t": "x"}, urls_metadata={"s3://bucket/1": {"available": True}})["did"]
    record = read(web, did)
    assert (record["metadata"], record["urls_metadata"]["s3://bucket/1"]["available"]) == ({"n": "1", "t": "x"}, "1")
    assert web.get(f"/ga4gh/drs/v1/objects/{did}").json()["access_methods"][0]["available"] is True


def test_without_a_prefix_guids_are_plain(sandbox: Sandbox, web: httpx.Client):
    sandbox.settings.turn({"gen3.guid_prefix": ""})
    assert "/" not in created(web)["did"]
    assert web.get("/index/guid/prefix").json() == {"prefix": ""}
    assert "/" not in web.get("/index/guid/mint").json()["guids"][0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (new_record(size=2**63), "is greater than the maximum"),
        (new_record(content_created_date="yesterday"), "'yesterday' isn't a date and time"),
        (new_record(file_name=None), "None is not of type 'string'"),
        (new_record(metadata={"a": {"b": 1}}), "metadata is an object of texts, numbers and booleans"),
        (new_record(urls_metadata={"s3://bucket/1": {"a": ["b"]}}), "metadata is an object of texts"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(web: httpx.Client, body: Json, message: str):
    response = web.post("/index/index", json=body)
    assert response.status_code == 400
    assert message in response.json()["error"]
    assert web.get("/index/_stats").json() == {"fileCount": 0, "totalFileSize": 0}


def test_of_updates_at_the_same_time_one_wins(web: httpx.Client):
    record = created(web)

    def update(number: int) -> int:
        path = f"/index/index/{record['did']}"
        return web.put(path, params={"rev": record["rev"]}, json={"file_name": str(number)}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = sorted(threads.map(update, range(8)))
    assert statuses == [200, *[409] * 7]


def test_urls_that_go_take_their_metadata_with_them(web: httpx.Client):
    record = created(web, urls=["s3://b/1", "s3://b/2"], urls_metadata={"s3://b/1": {"a": "1"}, "s3://b/2": {"a": "2"}})
    web.put(f"/index/index/{record['did']}", params={"rev": record["rev"]}, json={"urls": ["s3://b/2", "s3://b/3"]})
    listed = web.get("/index/index").json()["records"][0]
    assert listed["urls_metadata"] == {"s3://b/2": {"a": "2"}, "s3://b/3": {}}
    assert web.get("/index/index", params={"url": "s3://b/1"}).json()["records"] == []
    for value, count in (("1", 0), ("2", 1)):
        by_metadata = {"urls_metadata": f'{{"s3://b": {{"a": "{value}"}}}}'}
        assert len(web.get("/index/index", params=by_metadata).json()["records"]) == count


def test_dates_of_contents_are_kept_without_their_zone_and_in_order(web: httpx.Client):
    record = created(web, content_created_date="2024-01-02T03:04:05Z")
    assert read(web, record["did"])["content_updated_date"] == "2024-01-02T03:04:05"
    path = f"/index/index/{record['did']}"
    early = {"content_updated_date": "2023-01-01T00:00:00"}
    assert web.put(path, params={"rev": record["rev"]}, json=early).status_code == 400
    late = {"content_updated_date": "2025-01-01T00:00:00"}
    assert web.put(path, params={"rev": record["rev"]}, json=late).status_code == 200
    assert read(web, record["did"])["content_updated_date"] == "2025-01-01T00:00:00"


@settings(
    max_examples=3 * settings().max_examples // 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=20)), max_size=6))
def test_every_update_has_a_separate_revision(web: httpx.Client, names: list[str | None]):
    record = created(web)
    path, revisions = f"/index/index/{record['did']}", [record["rev"]]
    for name in names:
        response = web.put(path, params={"rev": revisions[-1]}, json={"file_name": name})
        revisions.append(response.json()["rev"])
        current = read(web, record["did"])
        assert (current["rev"], current["file_name"]) == (revisions[-1], name)
    assert len(set(revisions)) == len(revisions)


def test_a_blank_version_has_the_access_rules_of_the_one_before(web: httpx.Client):
    older = created(web, acl=["a"], authz=["/programs/p"])
    new = web.post(f"/index/index/blank/{older['did']}", json={"uploader": "ada"}).json()
    assert new["baseid"] == older["baseid"]
    assert (read(web, new["did"])["acl"], read(web, new["did"])["authz"]) == (["a"], ["/programs/p"])
    same = web.post(f"/index/index/blank/{older['did']}", json={"did": older["did"]})
    assert same.status_code == 409


def test_aliases_go_with_their_record(web: httpx.Client):
    record = created(web)
    web.post(f"/index/index/{record['did']}/aliases", json={"aliases": [{"value": "b"}]})
    web.delete(f"/index/index/{record['did']}", params={"rev": record["rev"]})
    assert web.get("/index/b").status_code == 404
    assert web.post(f"/index/index/{created(web)['did']}/aliases", json={"aliases": [{"value": "b"}]}).is_success


def test_several_records_are_read_at_once(web: httpx.Client):
    dids = [created(web, number)["did"] for number in range(3)]
    records = web.post("/index/bulk/documents", json=[*dids[:2], "nope"]).json()
    assert {record["did"] for record in records} == {*dids[:2]}
    assert web.post("/index/bulk/documents", json=[1, None]).json() == []
    assert web.post("/index/bulk/documents", json={"ids": dids}).status_code == 400


def test_a_url_that_is_given_twice_is_a_conflict(web: httpx.Client):
    twice = ["s3://b/1", "s3://b/1"]
    taken = web.post("/index/index", json=new_record(1, urls=twice, did=f"dg.TEST/{NOBODY}"))
    assert (taken.status_code, taken.json()) == (409, {"error": f'did "dg.TEST/{NOBODY}" already exists'})
    did = created(web)["did"]
    assert web.post(f"/index/index/{did}", json=new_record(2, urls=twice)).status_code == 409
    changed = web.put(f"/index/index/{did}", params={"rev": read(web, did)["rev"]}, json={"urls": twice})
    assert changed.status_code == 409
    assert [record["did"] for record in web.get("/index/index").json()["records"]] == [did]


def test_a_record_is_read_as_a_bundle_too(web: httpx.Client):
    did = created(web, 5, file_name="a.txt")["did"]
    response = web.get(f"/index/bundle/{did}")
    assert response.status_code == 200
    assert response.json() | {"created_time": "", "updated_time": ""} == {
        "id": did,
        "name": "a.txt",
        "drs_uri": f"drs://{did.replace('/', ':')}",
        "size": 5,
        "description": None,
        "version": None,
        "aliases": [],
        "checksums": [{"type": "md5", "checksum": f"{5:032x}"}],
        "contents": [],
        "created_time": "",
        "updated_time": "",
    }


def test_sizes_together_are_more_than_a_database_s_sum_takes(web: httpx.Client):
    largest = 2**63 - 1
    for number in range(3):
        created(web, number, size=largest)
    created(web, 3, size=7)
    expected = 3 * largest + 7
    assert web.get("/index/_stats").json() == {"fileCount": 4, "totalFileSize": expected}
    assert web.post("/index/index", json=new_record(4, size=largest + 1)).status_code == 400


WRITER = "writer@example.org"
UPLOADER = "uploader@example.org"


@pytest.fixture(autouse=True)
def people(sandbox: Sandbox) -> None:
    """A user who may do all in one project, and a user who may only upload."""
    policies = [("/programs/p", "indexd", method) for method in ("create", "update", "delete")]
    sandbox.gen3.access.add(WRITER, policies)
    sandbox.gen3.access.add(UPLOADER, [("/data_file", "fence", "file_upload")])


def status(sandbox: Sandbox, name: str, method: str, path: str, body: Any = None, **query: str) -> int:
    with indexd_client(sandbox, name) as client:
        return client.request(method, f"/index/{path}", json=body, params=query).status_code


def entered(sandbox: Sandbox, *authz: str) -> Json:
    return sandbox.gen3.index.create(new_record(authz=[*authz]))


def test_a_record_needs_permission_on_all_of_its_resources(sandbox: Sandbox):
    assert status(sandbox, WRITER, "POST", "index", new_record(authz=["/programs/p/projects/q"])) == 200
    assert status(sandbox, WRITER, "POST", "index", new_record(authz=["/programs/p", "/programs/z"])) == 401
    assert status(sandbox, WRITER, "POST", "index", new_record()) == 401
    assert status(sandbox, "", "POST", "index", new_record(authz=["/programs/p"])) == 401


def test_an_update_needs_permission_on_the_old_and_the_new_resources(sandbox: Sandbox):
    permitted, foreign = entered(sandbox, "/programs/p"), entered(sandbox, "/programs/z")
    move = {"authz": ["/programs/z"]}
    assert status(sandbox, WRITER, "PUT", f"index/{permitted['did']}", move, rev=permitted["rev"]) == 401
    assert status(sandbox, WRITER, "PUT", f"index/{foreign['did']}", {"file_name": "x"}, rev=foreign["rev"]) == 401
    assert status(sandbox, WRITER, "PUT", f"index/{permitted['did']}", {"file_name": "x"}, rev=permitted["rev"]) == 200
    assert sandbox.gen3.index.records.find(foreign["did"])["file_name"] is None


@pytest.mark.parametrize("name", [UPLOADER, ""])
def test_who_may_not_write_changes_nothing(sandbox: Sandbox, name: str):
    record = entered(sandbox, "/programs/p")
    path = f"index/{record['did']}"
    sandbox.gen3.index.add_aliases(record["did"], ["a"])
    for method, where, body in (
        ("DELETE", path, None),
        ("POST", path, new_record(2)),
        ("PUT", f"{path}/versions", {"authz": ["/open"]}),
        ("POST", f"{path}/aliases", {"aliases": [{"value": "b"}]}),
        ("PUT", f"{path}/aliases", {"aliases": []}),
        ("DELETE", f"{path}/aliases", None),
        ("DELETE", f"{path}/aliases/a", None),
        ("POST", f"index/blank/{record['did']}", {}),
        ("POST", "bundle", {"bundles": [record["did"]]}),
        ("DELETE", "bundle/x", None),
    ):
        assert status(sandbox, name, method, where, body, rev=record["rev"]) == 401, (method, where)
    old_alias = {"size": 1, "hashes": {"md5": "0" * 32}, "release": "public"}
    assert status(sandbox, name, "PUT", "alias/x", old_alias) == (401 if name else 403)
    index = sandbox.gen3.index
    assert (index.records.counted()[0], index.aliases.of(record["did"])) == (1, ["a"])


def test_uploads_are_enough_for_blank_records_and_for_filling_them(sandbox: Sandbox):
    assert status(sandbox, UPLOADER, "POST", "index/blank", {"uploader": "ada"}) == 201
    assert status(sandbox, "", "POST", "index/blank", {"uploader": "ada"}) == 401
    blank = sandbox.gen3.index.create_blank("ada", "a.txt")
    filling = {"size": 1, "hashes": {"md5": "0" * 32}}
    assert status(sandbox, WRITER, "PUT", f"index/blank/{blank['did']}", filling, rev=blank["rev"]) == 401
    assert status(sandbox, UPLOADER, "PUT", f"index/blank/{blank['did']}", filling, rev=blank["rev"]) == 200


def test_bundles_have_a_separate_resource(sandbox: Sandbox):
    sandbox.gen3.access.add("bundler@example.org", [(BUNDLES, "indexd", "create")])
    body = {"bundles": [entered(sandbox)["did"]]}
    assert status(sandbox, WRITER, "POST", "bundle", body) == 401
    assert status(sandbox, "bundler@example.org", "POST", "bundle", body) == 200


def test_a_token_that_is_not_good_is_401(sandbox: Sandbox):
    sandbox.clock.freeze()
    with indexd_client(sandbox, WRITER) as client:
        sandbox.clock.advance(3600)
        response = client.post("/index/index", json=new_record(authz=["/programs/p"]))
        assert response.status_code == 401
        assert "expired" in response.json()["error"]
        assert client.get("/index/index").status_code == 200


def test_a_reset_empties_the_index(sandbox: Sandbox):
    with indexd_client(sandbox) as web:
        did = web.post("/index/index", json=new_record()).json()["did"]
        web.post(f"/index/index/{did}/aliases", json={"aliases": [{"value": "a"}]})
        web.post("/index/bundle", json={"bundles": [did]})
    sandbox.reset()
    with indexd_client(sandbox) as web:
        assert web.get("/index/index", params={"form": "all"}).json()["records"] == []
        assert web.get("/index/index", params={"url": "s3://bucket/1"}).json()["records"] == []
        assert web.get("/index/a").status_code == 404
        assert web.post("/index/index", json=new_record(did=did)).status_code == 200


def test_other_commons_are_listed(sandbox: Sandbox):
    other = {"name": "Other", "host": "https://other.example.org/index/", "hints": ["^dg.OTHER.*"], "type": "indexd"}
    sandbox.settings.turn({"gen3.index_neighbours": json.dumps([other])})
    with indexd_client(sandbox, "") as web:
        assert web.get("/index/_dist").json() == [other]


def test_a_setting_that_is_not_json_is_named(sandbox: Sandbox):
    sandbox.settings.turn({"gen3.index_neighbours": "[", "gen3.passport_issuers": "{"})
    did = sandbox.gen3.index.create(new_record())["did"]
    with indexd_client(sandbox, "") as web:
        assert "gen3.index_neighbours isn't JSON" in web.get("/index/_dist").json()["error"]
        assert "gen3.passport_issuers isn't JSON" in web.get(f"/ga4gh/drs/v1/objects/{did}").json()["msg"]
