"""Workflows of a commons whose services' responses have one place changed: they work, or end with one of our errors."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gen3_commons import COMMONS
from gen3_records import dictionary, experiment
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.tools.download.drs_download import get_access_methods, get_drs_object_timestamp, list_auth
from omicsdk.core import NO_RETRY, BearerToken, ManualClock
from omicsdk.gen3 import Gen3
from omicsdk.gen3.index_records import IndexRecords
from omicsdk.gen3.queries import Query
from scripted_services import Responses, Services, each_changed, scripted

GUID = "dg.1234/11111111-2222-3333-4444-555555555555"
MD5 = "0" * 32
RECORD = {
    "did": GUID,
    "baseid": "b",
    "rev": "r",
    "size": 1,
    "file_name": "a.txt",
    "urls": ["s3://b/a", "s3://b/b"],
    "urls_metadata": {"s3://b/a": {"type": "x"}},
    "acl": ["*"],
    "authz": ["/open"],
    "hashes": {"md5": MD5},
}
CASE = {"id": "1", "type": "case", "submitter_id": "c1", "project_id": "demo-one"}
REFUSED = {
    "success": False,
    "message": "no",
    "transactional_errors": [],
    "entities": [
        {
            **CASE,
            "valid": False,
            "unique_keys": [{"project_id": "demo-one", "submitter_id": "e1"}],
            "errors": [{"message": "no", "type": "INVALID_LINK", "keys": ["projects"], "dependents": [CASE]}],
        }
    ],
}
ACCEPTED = {
    "success": True,
    "message": "stored",
    "transactional_errors": [],
    "entities": [
        {"type": "experiment", "id": "1", "action": "create", "valid": True, "unique_keys": [{"submitter_id": "e1"}]}
    ],
}
JOB = {"uid": "1", "name": "a", "status": "Completed"}
SUBJECT = {
    "_guid_type": "subject",
    "crosswalk": {"subject": {COMMONS: {"id": {"value": "s1", "type": "guid"}}, "mapping_methodologies": ["m"]}},
}
STUDY = {
    "_guid_type": "discovery_metadata",
    "gen3_discovery": {"title": "t", "tags": [{"category": "c", "name": "n"}], "objects": [{"guid": "o"}]},
}

Act = Callable[[Gen3, Path], object]


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


FILE: dict[str, Any] = {"form": "object", "hashes": {"md5": MD5}, "size": 1, "urls": ["s3://b/a"]}
CROSSWALK = f"{COMMONS}|guid|id,a|guid|id\ns1,x\ns2,y\n"
RECORDS = {"records": [RECORD]}
QUERIED = {"data": {"_case_count": 1, "node": [CASE], "case": [CASE]}}
REC, DOC = f"/index/index/{GUID}", f"/metadata/{GUID}"
#: Each workflow with the responses that it gets, by the method and the end of the path.
WORKFLOWS: dict[str, tuple[Act, Responses]] = {
    "delete a record": (
        lambda commons, _: commons.delete_record(GUID),
        {f"GET {REC}": scripted(RECORD), f"DELETE {REC}": scripted({})},
    ),
    "change a record": (
        lambda commons, _: commons.update_record(GUID, urls=["s3://b/a"]),
        {f"GET {REC}": scripted(RECORD), f"GET /index/{GUID}": scripted(RECORD), f"PUT {REC}": scripted(RECORD)},
    ),
    "read the index": (
        lambda commons, folder: commons.read_index(folder / "index.csv"),
        {"GET /index/index": scripted(RECORDS, {"records": []})},
    ),
    "verify a manifest": (
        lambda commons, folder: commons.verify_manifest(written(folder, "m.tsv", f"guid\turls\n{GUID}\ts3://b/a\n")),
        {"POST /index/bulk/documents": scripted([RECORD])},
    ),
    "create a version": (
        lambda commons, _: IndexRecords(commons).created(FILE, after=GUID).upper(),
        {f"POST {REC}": scripted(RECORD)},
    ),
    "an existing version": (
        lambda commons, _: IndexRecords(commons).existing(FILE, after=GUID),
        {"GET /index/index": scripted(RECORDS, {"records": []}), f"GET {REC}/versions": scripted({"0": RECORD})},
    ),
    "index bundles": (
        lambda commons, folder: commons.index_bundles(written(folder, "b.tsv", f"bundle_name\tids\nb\t{GUID}\n")),
        {
            "GET /index/guid/mint": scripted({"guids": [GUID]}),
            "POST /index/bundle": scripted({"error": "exists"}, status=409),
            f"GET /index/bundle/{GUID}": scripted({"id": GUID, "name": "b", "contents": [{"id": GUID}]}),
        },
    ),
    "metadata by URL": (
        lambda commons, folder: commons.ingest_metadata(
            written(folder, "m.tsv", "submitted_sample_id\ta\ns1\t1\n"),
            "x",
            folder / "out.log",
            by_url=True,
            guid_type="t",
        ),
        {"GET /index/_query/urls/q": scripted([{"did": GUID, "urls": ["s3://b/s1"]}]), f"POST {DOC}": scripted({})},
    ),
    "export records": (
        lambda commons, _: commons.export_records("demo-one", ["1"]),
        {"POST /graphql": scripted(QUERIED), "GET /export": scripted([CASE])},
    ),
    "query rows": (
        lambda commons, _: list(commons.query_rows(Query("case").fields("id"))),
        {"POST /graphql": scripted(QUERIED)},
    ),
    "delete nodes": (
        lambda commons, _: commons.delete_nodes("demo-one", ["case"], dictionary=dictionary()),
        {"POST /graphql": scripted(QUERIED), "DELETE /demo/one/entities/1": scripted(REFUSED, status=400)},
    ),
    "submit rows": (
        lambda commons, _: list(commons.submit_rows("demo-one", [experiment()], dictionary=dictionary())),
        {"PUT /submission/demo/one": scripted(REFUSED, status=400)},
    ),
    "submitted rows": (
        lambda commons, _: Counter(
            outcome.status for outcome in commons.submit_rows("demo-one", [experiment()], dictionary=dictionary())
        ),
        {"PUT /submission/demo/one": scripted(ACCEPTED)},
    ),
    "list projects": (
        lambda commons, _: commons.projects(),
        {
            "GET /submission/": scripted({"links": ["/v0/submission/demo"]}),
            "GET /submission/demo": scripted({"links": ["/v0/submission/demo/one"]}),
        },
    ),
    "list jobs": (lambda commons, _: [job["uid"] for job in commons.list_jobs()], {"GET /job/list": scripted([JOB])}),
    "run a job": (
        lambda commons, _: commons.run_job("a"),
        {
            "POST /job/dispatch": scripted({**JOB, "status": "Running"}),
            "GET /job/status": scripted({**JOB, "status": "Failed"}),
            "GET /job/output": scripted({"output": "o"}),
        },
    ),
    "query the explorer": (
        lambda commons, _: commons.explorer_query("{ case { id } }").get("data"),
        {"POST /guppy/graphql": scripted({"data": {"case": [CASE]}})},
    ),
    "read a crosswalk": (
        lambda commons, folder: commons.read_crosswalk(folder / "c.csv"),
        {"GET /mds/metadata": scripted({GUID: SUBJECT}, {})},
    ),
    "publish a crosswalk": (
        lambda commons, folder: commons.publish_crosswalk(written(folder, "c.csv", CROSSWALK)),
        {
            "GET /mds/metadata": scripted({GUID: SUBJECT}, {}),
            "GET /index/guid/mint": scripted({"guids": ["new"] * 1000}),
            "POST /mds-admin/metadata/new": scripted({}),
            "PUT /metadata/new/aliases": scripted({"guid": "new", "aliases": []}),
            f"GET {DOC}": scripted(SUBJECT),
            f"PUT {DOC}": scripted({}),
            f"PUT {DOC}/aliases": scripted({"guid": GUID, "aliases": []}),
        },
    ),
    "delete a crosswalk": (
        lambda commons, folder: commons.delete_crosswalk(written(folder, "c.csv", CROSSWALK)),
        {
            "GET /mds/metadata": scripted({GUID: SUBJECT}, {}),
            f"GET {DOC}": scripted({**SUBJECT, "more": 1}),
            f"PUT {DOC}": scripted({}),
            f"GET {DOC}/aliases": scripted({"guid": GUID, "aliases": ["s1", "s2"]}),
            f"PUT {DOC}/aliases": scripted({"guid": GUID, "aliases": []}),
        },
    ),
    "read discovery": (
        lambda commons, folder: commons.read_discovery(folder / "d.tsv"),
        {"GET /mds/metadata": scripted({GUID: STUDY}, {})},
    ),
    "delete a study": (
        lambda commons, _: commons.delete_study(GUID),
        {f"GET {DOC}": scripted(STUDY), f"DELETE {DOC}": scripted({})},
    ),
    "delete objects of a study": (
        lambda commons, _: commons.delete_discovery_objects({GUID: ["o"]}),
        {f"GET {DOC}": scripted(STUDY), f"POST {DOC}": scripted({})},
    ),
}


#: What programs for the published client call.
PUBLISHED: dict[str, tuple[Callable[[Gen3Index, Path], object], Responses]] = {
    "Gen3Index.get_record": (lambda index, _: index.get_record_doc(GUID).get("did"), {f"GET {REC}": scripted(RECORD)}),
    "Gen3Index.get_versions": (
        lambda index, _: index.client.list_versions(GUID),
        {f"GET {REC}/versions": scripted({"0": RECORD, "1": RECORD})},
    ),
    "Gen3Index.get_valid_guids": (
        lambda index, _: index.get_valid_guids()[0].upper(),
        {"GET /index/guid/mint": scripted({"guids": [GUID]})},
    ),
    "Gen3Index.get_records": (
        lambda index, _: index.client.bulk_request([GUID]),
        {"POST /index/bulk/documents": scripted([RECORD])},
    ),
    "Gen3Index.get_urls": (
        lambda index, _: [entry["url"] for entry in index.get_urls(guids=GUID)[0]],
        {
            "GET /index/urls": scripted({"urls": [{"url": "s3://b/a", "metadata": {}}] * 1024}),
            "POST /index/bulk/documents": scripted([RECORD]),
        },
    ),
    "Gen3Index.query_urls": (
        lambda index, _: [record["did"] for record in index.query_urls("b")],
        {"GET /index/_query/urls/q": scripted([{"did": GUID, "urls": ["s3://b/a"]}])},
    ),
    "Gen3Index.create_record": (
        lambda index, _: index.create_record({"md5": MD5}, 1),
        {"POST /index/index": scripted(RECORD), f"GET {REC}": scripted(RECORD)},
    ),
}
CASES = [(Gen3, *case) for case in WORKFLOWS.values()] + [(Gen3Index, *case) for case in PUBLISHED.values()]


def run(make: Callable[..., Any], act: Callable[[Any, Path], object], responses: Responses, folder: Path) -> Services:
    services = Services(responses)
    login = {"credentials": BearerToken("t")} if make is Gen3 else {}
    with make(COMMONS, **login, transport=services.transport, retry=NO_RETRY, clock=ManualClock()) as client:
        services.use(lambda path: act(client, path), folder)
    return services


@pytest.mark.parametrize(("make", "act", "responses"), CASES, ids=[*WORKFLOWS, *PUBLISHED])
def test_what_services_return_is_used(
    make: Callable[..., Any], act: Callable[[Any, Path], object], responses: Responses, tmp_path: Path
) -> None:
    assert run(make, act, responses, tmp_path).requested_places == responses.keys()


@pytest.mark.parametrize(("make", "act", "responses"), CASES, ids=[*WORKFLOWS, *PUBLISHED])
def test_no_changed_response_is_more_than_an_error(
    make: Callable[..., Any], act: Callable[[Any, Path], object], responses: Responses, tmp_path: Path
) -> None:
    for changed in each_changed(responses):
        run(make, act, changed, tmp_path)


@pytest.mark.parametrize("other", [None, True, 5, "x", [], {}, [None], ["x"], [[]]])
def test_what_published_downloads_print_of_responses_may_be_anything(other: Any) -> None:
    list_auth("commons.example.org", {"/a": other})
    assert get_drs_object_timestamp(other) is None
    assert get_access_methods({"access_methods": other}) == []


def test_a_record_that_is_asked_for_may_be_a_bundle() -> None:
    bundle = {"id": GUID, "name": "b", "form": "bundle", "bundle_data": []}
    with Gen3Index(COMMONS, transport=Services({f"GET {REC}": scripted(bundle)}).transport) as index:
        assert index.get_record(GUID) == bundle
