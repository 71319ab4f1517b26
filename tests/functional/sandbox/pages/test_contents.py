"""Pages of what is stored and of requests."""

import re
from collections import Counter
from urllib.parse import quote

import httpx
import pytest
from azul_project import write_project
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.contents import platforms
from omicsdk.sandbox.dss.state import Tombstone

EVERY = [(platform.name, listing.name) for platform in platforms() for listing in platform.listings]
HOSTILE = "<script>alert('x')</script> & \u202egnp.json"


def _count(page: str, platform: str, listing: str) -> int:
    match = re.search(rf'/contents/{platform}/{listing}">[^<]*</a> <span class="count(?: none)?">([0-9,]+)<', page)
    assert match is not None
    return int(match[1].replace(",", ""))


def test_the_first_page_counts_what_every_platform_has(sandbox: Sandbox, visitor: httpx.Client, folder):
    sandbox.seed(folder)
    sandbox.area()
    sandbox.gen3.add_file("reads.fq", b"ACGT")
    page = visitor.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    counts = {
        ("dss", "bundles"): 1,
        ("dss", "files"): 4,
        ("upload", "areas"): 1,
        ("auth", "users"): 1,
        ("sb", "projects"): 0,
        ("sb", "users"): 3,
        ("gen3", "index"): 1,
        ("crunch", "datasets"): 1,
        ("pangea", "organizations"): 1,
        ("azul", "files"): 2,
        ("htsget", "sets"): 2,
        ("refget", "sequences"): 3,
        ("trs", "tools"): 1,
    }
    assert {place: _count(page.text, *place) for place in counts} == counts


@pytest.mark.parametrize(("platform", "listing"), EVERY)
def test_every_list_can_be_opened(visitor: httpx.Client, platform, listing):
    page = visitor.get(f"/_sandbox/pages/contents/{platform}/{listing}", params={"of": "x"})
    assert page.status_code == 200
    assert "<h1>" in page.text


def test_azuls_lists_have_what_it_indexes(sandbox: Sandbox, tmp_path):
    first = sandbox.seed(write_project(tmp_path / "first"))
    sandbox.seed(write_project(tmp_path / "again"))
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "x.txt").write_text("x")
    sandbox.seed(tmp_path / "bare")
    sandbox.dss.delete_bundle(Tombstone(first["bundle_uuid"], first["version"], "a@example.org", "test"))
    database, files = sandbox.context.database, sandbox.azul.atlas.files()
    [azul] = [platform for platform in platforms() if platform.name == "azul"]
    listed = {name: azul.listing(name).rows(database, 0) for name in ("projects", "files")}
    assert [row[:2] for row in listed["files"]] == [(file.name, file.record.uuid) for file in files]
    assert [row[3] for row in listed["files"]] == [file.short_name for file in files]
    counts = Counter((file.short_name, file.title) for file in files)
    assert listed["projects"] == [(*names, str(count)) for names, count in sorted(counts.items())]


def test_a_list_that_is_long_is_read_page_by_page(sandbox: Sandbox, visitor: httpx.Client, folder):
    for _ in range(51):
        sandbox.seed(folder)
    first = visitor.get("/_sandbox/pages/contents/dss/bundles")
    assert first.text.count('<th scope="row"') == 50
    assert "Page 1 of 2" in first.text
    second = visitor.get("/_sandbox/pages/contents/dss/bundles", params={"page": 2})
    assert second.text.count('<th scope="row"') == 1
    for odd in ("0", "99999999999", "x", "-1", "\u0663"):
        assert visitor.get("/_sandbox/pages/contents/dss/bundles", params={"page": odd}).status_code == 200


def test_a_bundle_refers_to_its_files_whatever_their_names_are(sandbox: Sandbox, visitor: httpx.Client, tmp_path):
    made = tmp_path / "b"
    made.mkdir()
    (made / HOSTILE.replace("/", "_")).write_text("{}")
    bundle = sandbox.seed(made)
    name = f"{bundle['bundle_uuid']}.{bundle['version']}"
    assert f"of={quote(name)}" in visitor.get("/_sandbox/pages/contents/dss/bundles").text
    page = visitor.get("/_sandbox/pages/contents/dss/bundle-files", params={"of": name}).text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;_script&gt; &amp; \\u202egnp.json" in page
    assert "<script>alert" not in page


def test_what_is_in_objects_of_other_platforms(sandbox: Sandbox, visitor: httpx.Client):
    library = sandbox.pangea.store.all("sample_group")[0]
    sandbox.pangea.store.add("sample", "<b>haib</b>", {"library": library["uuid"]}, parent=library["uuid"])
    inside = visitor.get("/_sandbox/pages/contents/pangea/inside", params={"of": library["uuid"]}).text
    assert "&lt;b&gt;haib&lt;/b&gt;" in inside
    children = visitor.get("/_sandbox/pages/contents/crunch/children", params={"of": "sandbox"}).text
    assert "sandbox:example-reads" in children
    sandbox.gen3.records.seed(
        "demo", "<i>", [{"type": "experiment", "submitter_id": "exp-1", "projects": {"code": "<i>"}}]
    )
    assert ">demo<" in visitor.get("/_sandbox/pages/contents/gen3/programs").text
    assert "exp-1" in visitor.get("/_sandbox/pages/contents/gen3/project-records", params={"of": "demo-<i>"}).text


def test_a_list_that_does_not_exist_is_reported_as_a_page(visitor: httpx.Client):
    page = visitor.get("/_sandbox/pages/contents/dss/nothing")
    assert page.status_code == 404
    assert "There is no such list." in page.text


def test_pages_are_no_requests_to_a_service(sandbox: Sandbox, visitor: httpx.Client):
    visitor.get("/")
    visitor.get("/_sandbox/pages/requests")
    assert sandbox.requests() == []


PLACE = "/_sandbox/pages/requests"
KEPT = "keeps to the document"


@pytest.mark.parametrize(
    ("method", "path", "body", "operation", "validation"),
    [
        ("GET", "/dss/v1/bundles/all?replica=aws", None, "dss get_bundles_all", KEPT),
        ("GET", "/dss/v1/bundles/all", None, "dss get_bundles_all", "refused: query parameter 'replica' is missing"),
        (
            "GET",
            "/dss/v1/bundles/all?replica=x",
            None,
            "dss get_bundles_all",
            "refused: query parameter 'replica' breaks enum",
        ),
        (
            "GET",
            "/dss/v1/bundles/all?replica=aws&per_page=x",
            None,
            "dss get_bundles_all",
            "refused: query parameter 'per_page' breaks type",
        ),
        ("POST", "/dss/v1/search?replica=aws", {}, "dss post_search", "refused: body.es_query is missing"),
        ("POST", "/dss/v1/search?replica=aws", None, "dss post_search", "refused: body is missing"),
        ("GET", "/dss/v1/nothing", None, "", "not an operation"),
        ("GET", "/pangea/api/organizations", None, "pangea list_organizations", "the service's own rules"),
        ("GET", "/sb/v2/user", None, "sb get_current_user", "not checked: no user is logged in"),
    ],
)
def test_each_request_is_held_against_the_document(
    sandbox: Sandbox, visitor: httpx.Client, method, path, body, operation, validation
):
    visitor.request(method, path, json=body) if body is not None else visitor.request(method, path)
    [entry] = sandbox.requests()
    assert (entry["operation"], entry["validation"]) == (operation, validation)
    page = visitor.get(PLACE).text
    assert operation in page
    assert validation.replace("'", "&#x27;") in page


def test_values_of_a_body_do_not_come_into_the_log(sandbox: Sandbox, visitor: httpx.Client):
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    body = {"callback_url": "https://a.example.org", "hmac_secret_key": ["a secret"], "es_query": {}}
    response = visitor.put("/dss/v1/subscriptions", params={"replica": "aws"}, json=body, headers=headers)
    assert response.status_code == 400
    [entry] = sandbox.requests()
    assert entry["validation"] == "refused: body.hmac_secret_key breaks type"
    assert "a secret" not in visitor.get(PLACE).text


def test_newest_first_by_path_and_by_page(sandbox: Sandbox, visitor: httpx.Client):
    for number in range(60):
        visitor.get(f"/dss/v1/none/{number}")
    visitor.get("/sb/v2/none?<b>")
    page = visitor.get(PLACE).text
    assert page.index("/sb/v2/none") < page.index("/dss/v1/none/59")
    assert "/dss/v1/none/5<" not in page
    assert "<b>" not in page
    narrowed = visitor.get(PLACE, params={"path": "/dss/", "page": 2}).text
    assert "60 requests to /dss/" in narrowed
    assert "/dss/v1/none/5<" in narrowed
    still = visitor.get(PLACE, params={"path": "/dss/", "still": 1}).text
    assert f'href="{PLACE}?path=%2Fdss%2F&amp;still=1&amp;page=2"' in still
    assert 'name="still" value="1"' in still


def test_without_a_script_it_refreshes_until_requested_stop(visitor: httpx.Client):
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in visitor.get(PLACE).text
    still = visitor.get(PLACE, params={"still": 1}).text
    assert "http-equiv" not in still
    assert "data-live" not in still


def test_a_response_that_was_cut_is_reported(sandbox: Sandbox, visitor: httpx.Client):
    from omicsdk.sandbox import Rule

    sandbox.add_faults(Rule("reset", path="/dss/*"))
    with pytest.raises(httpx.TransportError):
        visitor.get("/dss/v1/bundles/all")
    assert "none (not finished)" in visitor.get(PLACE).text


def test_requests_to_the_s3_server_are_shown_apart(sandbox: Sandbox, visitor: httpx.Client):
    visitor.get(f"{sandbox.s3_url}/{sandbox.staging_bucket}/nothing")
    page = visitor.get(PLACE, params={"server": "s3"}).text
    assert f"/_s3/{sandbox.staging_bucket}/nothing" in page
    assert "/_s3/" not in visitor.get(PLACE).text


def test_an_object_is_an_operation(sandbox: Sandbox, visitor: httpx.Client, folder):
    file = sandbox.seed(folder)["files"][0]
    response = visitor.get(f"/dss/v1/files/{file['uuid']}", params={"replica": "aws"})
    assert response.status_code == 200
    assert [entry["operation"] for entry in sandbox.requests()] == ["dss get_file", "objects GET"]
    assert sandbox.requests()[-1]["query"] == ""
    assert "objects GET" in visitor.get(PLACE).text
