"""Common features of all responses of the platform: errors, headers, limits, maintenance, fields, slashes; and feedback."""

import httpx
import pytest
from omicsdk.sandbox import Rule, Sandbox
from sb_responses import code_of, refused


def test_an_error_names_what_is_missing(web: httpx.Client):
    assert "nobody/nothing" in refused(web.get("/projects/nobody/nothing"), 404, 3002)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing/here", 404, 90003), ("DELETE", "/user", 405, 90006), ("GET", "/projects?limit=0", 400, 90000)],
)
def test_what_the_platform_cannot_do_is_reported_the_same_way(
    web: httpx.Client, method: str, path: str, status: int, code: int
):
    response = web.request(method, path)
    assert code_of(response) == (status, code)
    assert response.headers["x-request-id"]


@pytest.mark.parametrize("header", ["X-SBG-Auth-Token", "Authorization"])
def test_a_token_comes_in_either_header(sandbox: Sandbox, header: str):
    prefix = "Bearer " if header == "Authorization" else ""
    for token, username in ((sandbox.sb_token, "sandbox-user"), (sandbox.sb.token_for("ada"), "ada")):
        response = httpx.get(f"{sandbox.sb_url}/user", headers={header: prefix + token}, trust_env=False)
        assert response.json()["username"] == username


def test_where_the_parts_are_is_reported_without_a_token(sandbox: Sandbox):
    urls = httpx.get(f"{sandbox.sb_url}/", trust_env=False).json()
    assert urls["projects_url"] == f"{sandbox.sb_url}/projects"


@pytest.mark.parametrize("path", ["/user/", "/projects/", "/projects//", "/rate_limit/"])
def test_a_slash_at_the_end_does_no_harm(web: httpx.Client, path: str):
    assert web.get(path).status_code == 200


def test_slashes_of_an_identity_may_be_quoted(web: httpx.Client, project: str):
    assert web.get(f"/projects/{project.replace('/', '%2F')}").json()["id"] == project


@pytest.mark.parametrize("content", [b"null", b"{}", b""])
def test_a_body_where_none_is_wanted_does_no_harm(web: httpx.Client, content: bytes):
    headers = {"Content-Type": "application/json"}
    assert web.request("GET", "/user", content=content, headers=headers).status_code == 200


# -- limits


def test_requests_are_counted_down_and_refused_until_the_period_ends(sandbox: Sandbox, web: httpx.Client):
    now = sandbox.clock.freeze()
    sandbox.settings.turn({"sb.rate_limit": 3, "sb.rate_seconds": 300})
    left = [web.get("/user").headers["x-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = web.get("/user")
    assert (refused.status_code, refused.json()["code"]) == (429, 1000)
    assert refused.headers["x-ratelimit-limit"] == "3"
    reset = int(refused.headers["x-ratelimit-reset"])
    assert now + 300 <= reset < now + 301
    sandbox.clock.freeze(reset)
    assert web.get("/user").status_code == 200


def test_each_token_has_a_separate_limit(sandbox: Sandbox, web: httpx.Client, client_of):
    sandbox.settings.turn({"sb.rate_limit": 1})
    assert web.get("/user").status_code == 200
    assert web.get("/user").status_code == 429
    assert client_of("ada").get("/user").status_code == 200


def test_rate_limit_states_what_the_headers_say(web: httpx.Client):
    response = web.get("/rate_limit")
    rate = response.json()["rate"]
    assert rate["remaining"] == int(response.headers["x-ratelimit-remaining"])
    assert rate["limit"] == int(response.headers["x-ratelimit-limit"])
    assert rate["reset"] == int(response.headers["x-ratelimit-reset"])
    assert response.json()["instance_limit"]["limit"] > 0


def test_a_fault_has_the_platforms_shape_when_its_code_is_a_number(sandbox: Sandbox, web: httpx.Client):
    sandbox.add_faults(Rule("status", path="/sb/v2/user", times=1, status=500, code="2000"))
    response = web.get("/user")
    assert (response.status_code, response.headers["content-type"]) == (500, "application/json")
    assert (response.json()["code"], response.json()["status"]) == (2000, 500)
    assert web.get("/user").status_code == 200


def test_advance_access_is_requested_when_wanted(sandbox: Sandbox, web: httpx.Client):
    assert web.get("/datasets").status_code == 200
    sandbox.settings.turn({"sb.advance_access": True})
    assert (web.get("/datasets").status_code, web.get("/projects").status_code) == (403, 200)
    assert web.get("/datasets", headers={"X-Sbg-Advance-Access": "Advance"}).status_code == 200


# -- fields


def test_items_of_a_list_have_few_fields_unless_more_are_requested(web: httpx.Client, project: str):
    brief, whole, some = (
        web.get("/projects", params=params).json()["items"][0]
        for params in ({}, {"fields": "_all"}, {"fields": "tags,settings.locked"})
    )
    assert set(brief) == {"href", "id", "name"}
    assert whole["created_by"] == "sandbox-user"
    assert some == {"href": brief["href"], "id": project, "tags": [], "settings": {"locked": False}}


def test_one_thing_is_whole_unless_less_is_requested(web: httpx.Client, project: str):
    assert "settings" in web.get(f"/projects/{project}").json()
    body = web.get(f"/projects/{project}", params={"fields": "!settings,!permissions"}).json()
    assert "settings" not in body
    assert body["name"] == "Pilot"


# -- pages


def test_pages_lead_forwards_and_back(web: httpx.Client):
    for number in range(5):
        web.post("/projects", json={"name": f"p{number}", "tags": ["x", "y"]})
    first = web.get("/projects?limit=2&tags=x&tags=y")
    assert first.headers["x-total-matching-query"] == "5"
    links = {link["rel"]: link for link in first.json()["links"]}
    assert set(links) == {"next"}
    assert links["next"]["method"] == "GET"
    second = web.get(links["next"]["href"])
    assert "tags=x" in second.json()["href"]
    assert "tags=y" in second.json()["href"]
    assert [item["name"] for item in second.json()["items"]] == ["p2", "p3"]
    back = {link["rel"]: link for link in second.json()["links"]}
    assert set(back) == {"next", "prev"}
    assert web.get(back["prev"]["href"]).json()["items"] == first.json()["items"]
    last = web.get(back["next"]["href"]).json()
    assert ([item["name"] for item in last["items"]], [link["rel"] for link in last["links"]]) == (["p4"], ["prev"])
    assert web.get("/projects?offset=50").json()["items"] == []


def test_a_page_has_50_items_by_default_and_never_more_than_100(sandbox: Sandbox, web: httpx.Client):
    for number in range(120):
        sandbox.sb.add_user(f"u{number}")
        sandbox.sb.membership.add("division", "sandbox-division", {"username": f"u{number}", "role": "MEMBER"})
    counts = [len(web.get(f"/users?division=sandbox-division{more}").json()["items"]) for more in ("", "&limit=1000")]
    assert counts == [50, 100]
