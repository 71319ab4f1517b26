"""Write permissions in the sandbox's index; reading is public."""

from typing import Any

import pytest
from indexd_clients import Json, indexd_client, new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.indexd.index import BUNDLES

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
    own, foreign = entered(sandbox, "/programs/p"), entered(sandbox, "/programs/z")
    move = {"authz": ["/programs/z"]}
    assert status(sandbox, WRITER, "PUT", f"index/{own['did']}", move, rev=own["rev"]) == 401
    assert status(sandbox, WRITER, "PUT", f"index/{foreign['did']}", {"file_name": "x"}, rev=foreign["rev"]) == 401
    assert status(sandbox, WRITER, "PUT", f"index/{own['did']}", {"file_name": "x"}, rev=own["rev"]) == 200
    assert sandbox.gen3.index.records.find(foreign["did"])["file_name"] is None


@pytest.mark.parametrize("name", [UPLOADER, ""])
def test_who_may_not_write_changes_nothing(sandbox: Sandbox, name: str):
    own = entered(sandbox, "/programs/p")
    path = f"index/{own['did']}"
    sandbox.gen3.index.add_aliases(own["did"], ["a"])
    for method, where, body in (
        ("DELETE", path, None),
        ("POST", path, new_record(2)),
        ("PUT", f"{path}/versions", {"authz": ["/open"]}),
        ("POST", f"{path}/aliases", {"aliases": [{"value": "b"}]}),
        ("PUT", f"{path}/aliases", {"aliases": []}),
        ("DELETE", f"{path}/aliases", None),
        ("DELETE", f"{path}/aliases/a", None),
        ("POST", f"index/blank/{own['did']}", {}),
        ("POST", "bundle", {"bundles": [own["did"]]}),
        ("DELETE", "bundle/x", None),
    ):
        assert status(sandbox, name, method, where, body, rev=own["rev"]) == 401, (method, where)
    old_alias = {"size": 1, "hashes": {"md5": "0" * 32}, "release": "public"}
    assert status(sandbox, name, "PUT", "alias/x", old_alias) == (401 if name else 403)
    index = sandbox.gen3.index
    assert (index.records.counted()[0], index.aliases.of(own["did"])) == (1, ["a"])


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
