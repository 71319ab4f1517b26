"""Records of the sandbox's index: created, read, changed, deleted, and the versions and aliases of their files."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexd_clients import Json, indexd_client, new_record
from omicsdk.sandbox import Sandbox

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


def test_a_record_is_read_by_its_guid_and_by_that_without_the_prefix(web: httpx.Client):
    did = created(web, 7, file_name="a/b ü.txt", acl=["b", "a", "a"], authz=["/open"])["did"]
    assert did.startswith("dg.TEST/")
    record = read(web, did)
    assert (record["size"], record["file_name"], record["acl"]) == (7, "a/b ü.txt", ["a", "b"])
    assert read(web, did.removeprefix("dg.TEST/")) == record
    assert read(web, did.replace("/", "%2F")) == record


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
    told = read(web, did)
    assert (told["metadata"], told["urls_metadata"]["s3://bucket/1"]["available"]) == ({"n": "1", "t": "x"}, "1")
    assert web.get(f"/ga4gh/drs/v1/objects/{did}").json()["access_methods"][0]["available"] is True


def test_without_a_prefix_guids_are_plain(sandbox: Sandbox, web: httpx.Client):
    sandbox.settings.turn({"gen3.guid_prefix": ""})
    assert "/" not in created(web)["did"]
    assert web.get("/index/guid/prefix").json() == {"prefix": ""}
    assert "/" not in web.get("/index/guid/mint").json()["guids"][0]


def test_minted_guids_are_unique_and_valid_for_records(web: httpx.Client):
    guids = web.get("/index/guid/mint", params={"count": 500}).json()["guids"]
    assert len(set(guids)) == 500
    assert created(web, did=guids[0])["did"] == guids[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (new_record(hashes={"md5": "xyz"}), "'xyz' does not match"),
        (new_record(size=2**63), "is greater than the maximum"),
        (new_record(urls_metadata={"s3://other": {"a": "b"}}), "url s3://other in urls_metadata does not exist"),
        (new_record(content_created_date="yesterday"), "'yesterday' isn't a date and time"),
        (new_record(content_updated_date="2024-01-01"), "Cannot set content_updated_date without"),
        (new_record(colour="red"), "'colour' was unexpected"),
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


def test_a_changed_file_name_needs_the_current_revision(web: httpx.Client):
    made = created(web)
    path = f"/index/index/{made['did']}"
    assert web.put(path, json={"file_name": "x"}).status_code == 409
    new = web.put(path, params={"rev": made["rev"]}, json={"file_name": "x"}).json()
    assert new["rev"] != made["rev"]
    assert web.put(path, params={"rev": made["rev"]}, json={"file_name": "y"}).status_code == 409
    assert read(web, made["did"])["file_name"] == "x"
    assert web.delete(path, params={"rev": made["rev"]}).status_code == 409
    assert web.delete(path, params={"rev": new["rev"]}).status_code == 200
    assert web.get(path).status_code == 404


def test_of_updates_at_the_same_time_one_wins(web: httpx.Client):
    made = created(web)

    def update(number: int) -> int:
        path = f"/index/index/{made['did']}"
        return web.put(path, params={"rev": made["rev"]}, json={"file_name": str(number)}).status_code

    with ThreadPoolExecutor(8) as threads:
        found = sorted(threads.map(update, range(8)))
    assert found == [200, *[409] * 7]


def test_urls_that_go_take_their_metadata_with_them(web: httpx.Client):
    made = created(web, urls=["s3://b/1", "s3://b/2"], urls_metadata={"s3://b/1": {"a": "1"}, "s3://b/2": {"a": "2"}})
    web.put(f"/index/index/{made['did']}", params={"rev": made["rev"]}, json={"urls": ["s3://b/2", "s3://b/3"]})
    listed = web.get("/index/index").json()["records"][0]
    assert listed["urls_metadata"] == {"s3://b/2": {"a": "2"}, "s3://b/3": {}}
    assert web.get("/index/index", params={"url": "s3://b/1"}).json()["records"] == []
    for value, count in (("1", 0), ("2", 1)):
        by_metadata = {"urls_metadata": f'{{"s3://b": {{"a": "{value}"}}}}'}
        assert len(web.get("/index/index", params=by_metadata).json()["records"]) == count


def test_dates_of_contents_are_kept_without_their_zone_and_in_order(web: httpx.Client):
    made = created(web, content_created_date="2024-01-02T03:04:05Z")
    assert read(web, made["did"])["content_updated_date"] == "2024-01-02T03:04:05"
    path = f"/index/index/{made['did']}"
    early = {"content_updated_date": "2023-01-01T00:00:00"}
    assert web.put(path, params={"rev": made["rev"]}, json=early).status_code == 400
    late = {"content_updated_date": "2025-01-01T00:00:00"}
    assert web.put(path, params={"rev": made["rev"]}, json=late).status_code == 200
    assert read(web, made["did"])["content_updated_date"] == "2025-01-01T00:00:00"


@settings(
    max_examples=3 * settings().max_examples // 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=20)), max_size=6))
def test_every_update_has_a_separate_revision(web: httpx.Client, names: list[str | None]):
    made = created(web)
    path, revisions = f"/index/index/{made['did']}", [made["rev"]]
    for name in names:
        response = web.put(path, params={"rev": revisions[-1]}, json={"file_name": name})
        revisions.append(response.json()["rev"])
        told = read(web, made["did"])
        assert (told["rev"], told["file_name"]) == (revisions[-1], name)
    assert len(set(revisions)) == len(revisions)


def test_a_blank_record_is_filled_once(web: httpx.Client):
    made = web.post("/index/index/blank", json={"uploader": "ada", "file_name": "a.txt"}).json()
    blank = read(web, made["did"])
    assert (blank["uploader"], blank["form"], blank["size"], blank["hashes"]) == ("ada", None, None, {})
    path = f"/index/index/blank/{made['did']}"
    body: Json = {"size": 3, "hashes": {"md5": "a" * 32}, "urls": ["s3://b/a.txt"]}
    assert web.put(path, params={"rev": "00000000"}, json=body).status_code == 409
    new = web.put(path, params={"rev": made["rev"]}, json=body).json()
    assert read(web, made["did"])["urls"] == ["s3://b/a.txt"]
    again = web.put(path, params={"rev": new["rev"]}, json=body)
    assert (again.status_code, again.json()["error"]) == (400, "update api is not supported for non-empty record!")


def test_a_blank_version_has_the_access_rules_of_the_one_before(web: httpx.Client):
    older = created(web, acl=["a"], authz=["/programs/p"])
    new = web.post(f"/index/index/blank/{older['did']}", json={"uploader": "ada"}).json()
    assert new["baseid"] == older["baseid"]
    assert (read(web, new["did"])["acl"], read(web, new["did"])["authz"]) == (["a"], ["/programs/p"])
    same = web.post(f"/index/index/blank/{older['did']}", json={"did": older["did"]})
    assert same.status_code == 409


def test_versions_are_listed_from_the_oldest_and_share_their_access_rules(web: httpx.Client):
    first = created(web, 1, version="1")
    second = web.post(f"/index/index/{first['did']}", json=new_record(2)).json()
    path = f"/index/index/{second['did']}"
    assert [each["did"] for each in web.get(f"{path}/versions").json().values()] == [first["did"], second["did"]]
    assert web.get(f"{path}/latest").json()["did"] == second["did"]
    assert web.get(f"{path}/latest", params={"has_version": "true"}).json()["did"] == first["did"]
    assert read(web, first["baseid"])["did"] == second["did"]
    revisions = web.put(f"{path}/versions", json={"authz": ["/programs/q"]}).json()
    assert [each["did"] for each in revisions] == [first["did"], second["did"]]
    assert read(web, first["did"])["authz"] == ["/programs/q"]
    assert web.get("/index/index", params={"authz": "/programs/q"}).json()["records"][0]["rev"] in (
        revisions[0]["rev"],
        revisions[1]["rev"],
    )


def test_an_alias_belongs_to_one_record(web: httpx.Client):
    one, other = created(web, 1)["did"], created(web, 2)["did"]
    sent = {"aliases": [{"value": "doi:10.1/x y"}, {"value": "b"}]}
    assert web.post(f"/index/index/{one}/aliases", json=sent).status_code == 200
    assert web.get("/index/doi:10.1/x%20y").json()["did"] == one
    taken = web.post(f"/index/index/{other}/aliases", json={"aliases": [{"value": "c"}, {"value": "b"}]})
    assert taken.status_code == 409
    assert web.get(f"/index/index/{other}/aliases").json() == {"aliases": []}
    # Nothing is lost when a replacement is refused.
    web.post(f"/index/index/{other}/aliases", json={"aliases": [{"value": "c"}]})
    assert web.put(f"/index/index/{other}/aliases", json={"aliases": [{"value": "b"}]}).status_code == 409
    assert web.get(f"/index/index/{other}/aliases").json() == {"aliases": [{"value": "c"}]}
    assert web.delete(f"/index/index/{one}/aliases/doi:10.1/x%20y").status_code == 200
    assert web.get(f"/index/index/{one}/aliases").json() == {"aliases": [{"value": "b"}]}


def test_aliases_go_with_their_record(web: httpx.Client):
    made = created(web)
    web.post(f"/index/index/{made['did']}/aliases", json={"aliases": [{"value": "b"}]})
    web.delete(f"/index/index/{made['did']}", params={"rev": made["rev"]})
    assert web.get("/index/b").status_code == 404
    assert web.post(f"/index/index/{created(web)['did']}/aliases", json={"aliases": [{"value": "b"}]}).is_success


def test_an_old_alias_record_lists_urls_of_the_same_contents(web: httpx.Client):
    created(web, 5)
    body = {"size": 5, "hashes": {"md5": f"{5:032x}"}, "release": "public", "keeper_authority": "https://k.example.org"}
    assert web.put("/index/alias/ark:/31807/DC1", json=body).is_success
    assert web.get("/index/alias/ark:/31807/DC1").json()["urls"] == ["s3://bucket/5"]
    web.put("/index/alias/b", json={**body, "size": 6})
    assert web.get("/index/alias/", params={"size": 6}).json()["aliases"] == ["b"]
    assert web.get("/index/alias/", params={"start": "ark:/31807/DC1"}).json()["aliases"] == ["b"]


def test_several_records_are_read_at_once(web: httpx.Client):
    dids = [created(web, number)["did"] for number in range(3)]
    found = web.post("/index/bulk/documents", json=[*dids[:2], "nope"]).json()
    assert {each["did"] for each in found} == {*dids[:2]}
    assert web.post("/index/bulk/documents", json=[1, None]).json() == []
    assert web.post("/index/bulk/documents", json={"ids": dids}).status_code == 400


def test_bundles_are_nested_and_keep_what_they_contained(web: httpx.Client):
    one = created(web, 1, file_name="one.txt")
    inner = web.post("/index/bundle", json={"name": "inner", "bundles": [one["did"]]}).json()["bundle_id"]
    outer = web.post("/index/bundle", json={"name": "outer", "bundles": [inner]}).json()["bundle_id"]
    web.delete(f"/index/index/{one['did']}", params={"rev": one["rev"]})
    plain = web.get(f"/index/bundle/{outer}").json()
    assert [sorted(each) for each in plain["contents"]] == [["drs_uri", "id", "name"]]
    assert plain["size"] == 1
    deep = web.get(f"/index/bundle/{outer}", params={"expand": "true"}).json()
    assert deep["contents"][0]["contents"][0]["name"] == "one.txt"
    assert web.delete(f"/index/bundle/{inner}").status_code == 200
    assert web.get(f"/index/bundle/{outer}").status_code == 200


def test_a_missing_object_is_reported(web: httpx.Client):
    for path in (f"index/{NOBODY}", f"index/{NOBODY}/latest", f"index/{NOBODY}/versions", f"bundle/{NOBODY}", NOBODY):
        response = web.get(f"/index/{path}")
        assert (response.status_code, response.json()) == (404, {"error": "no record found"})
    assert web.put(f"/index/index/{NOBODY}?rev=00000000", json={}).status_code == 404


def test_a_url_that_is_given_twice_is_a_conflict(web: httpx.Client):
    twice = ["s3://b/1", "s3://b/1"]
    taken = web.post("/index/index", json=new_record(1, urls=twice, did=f"dg.TEST/{NOBODY}"))
    assert (taken.status_code, taken.json()) == (409, {"error": f'did "dg.TEST/{NOBODY}" already exists'})
    did = created(web)["did"]
    assert web.post(f"/index/index/{did}", json=new_record(2, urls=twice)).status_code == 409
    changed = web.put(f"/index/index/{did}", params={"rev": read(web, did)["rev"]}, json={"urls": twice})
    assert changed.status_code == 409
    assert [each["did"] for each in web.get("/index/index").json()["records"]] == [did]


def test_a_record_is_read_as_a_bundle_too(web: httpx.Client):
    did = created(web, 5, file_name="a.txt")["did"]
    told = web.get(f"/index/bundle/{did}")
    assert told.status_code == 200
    assert told.json() | {"created_time": "", "updated_time": ""} == {
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
