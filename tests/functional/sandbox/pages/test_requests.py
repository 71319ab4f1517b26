"""The page of requests, and what the log states of how they kept to the service's document."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox

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
    found = visitor.get(f"/dss/v1/files/{file['uuid']}", params={"replica": "aws"})
    assert found.status_code == 200
    assert [entry["operation"] for entry in sandbox.requests()] == ["dss get_file", "objects GET"]
    assert sandbox.requests()[-1]["query"] == ""
    assert "objects GET" in visitor.get(PLACE).text
