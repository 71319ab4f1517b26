"""Workspace storage: each user's files, at presigned addresses."""

from collections.abc import Callable

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR

OTHER = "other@example.org"


@pytest.fixture
def other(sandbox: Sandbox, client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    """A client of another user with a workspace."""
    sandbox.gen3.access.add(OTHER, [("/workspace", "jupyterhub", "access")])
    return client_of(OTHER)


def put(client: httpx.Client, key: str, content: bytes) -> None:
    told = client.get(f"/ws-storage/upload/@user/{key}").json()
    assert (told["Version"], told["Method"], told["Result"]) == (1, "upload", "ok")
    assert httpx.put(told["Data"], content=content, trust_env=False).status_code == 200


def listed(client: httpx.Client, key: str = "") -> tuple[list[str], list[str]]:
    told = client.get(f"/ws-storage/list/@user/{key}").json()["Data"]
    return [each["WorkspaceKey"] for each in told["Objects"]], told["Prefixes"]


def test_files_are_uploaded_listed_downloaded_and_removed(sandbox: Sandbox, admin: httpx.Client) -> None:
    for key in ("top.txt", "dir/a b.txt", "dir/ü/deep.txt", "dirt.txt"):
        put(admin, key, key.encode())
    assert listed(admin) == (["dirt.txt", "top.txt"], ["dir/"])
    assert listed(admin, "dir/") == (["dir/a b.txt"], ["dir/ü/"])
    assert listed(admin, "dir") == (["dirt.txt"], ["dir/"])
    (about,) = admin.get("/ws-storage/list/@user/top.txt").json()["Data"]["Objects"]
    assert (about["Workspace"], about["SizeBytes"], len(about["LastModified"])) == (ADMINISTRATOR, 7, 20)
    url = admin.get("/ws-storage/download/@user/dir/a b.txt").json()["Data"]
    assert httpx.get(url, trust_env=False).content == b"dir/a b.txt"
    assert httpx.get(url, headers={"Range": "bytes=0-2"}, trust_env=False).content == b"dir"
    assert admin.delete("/ws-storage/list/@user/dir/a b.txt").json() == {
        "Version": 1,
        "Method": "delete",
        "Result": "ok",
        "Data": None,
    }
    assert listed(admin, "dir/") == ([], ["dir/ü/"])
    assert httpx.get(url, trust_env=False).status_code == 404


def test_addresses_end(sandbox: Sandbox, admin: httpx.Client) -> None:
    put(admin, "a.txt", b"a")
    url = admin.get("/ws-storage/download/@user/a.txt").json()["Data"]
    sandbox.clock.advance(3601)
    assert httpx.get(url, trust_env=False).status_code == 403


def test_each_user_has_a_separate_workspace(admin: httpx.Client, other: httpx.Client) -> None:
    put(admin, "a.txt", b"admin's")
    put(other, "a.txt", b"other's")
    put(other, "b.txt", b"")
    assert listed(admin) == (["a.txt"], [])
    assert listed(other) == (["a.txt", "b.txt"], [])
    url = other.get("/ws-storage/download/@user/a.txt").json()["Data"]
    assert httpx.get(url, trust_env=False).content == b"other's"


@pytest.mark.parametrize("key", ["a/%2e%2e/b", "a/%2e/b", "a*b", "a&b", "a$b"])
def test_keys_that_cannot_be_ones(admin: httpx.Client, key: str) -> None:
    for method, verb in (("GET", "upload"), ("GET", "download"), ("GET", "list"), ("DELETE", "list")):
        told = admin.request(method, f"/ws-storage/{verb}/@user/{key}")
        assert told.status_code == 200
        assert told.json()["Result"].startswith("error - invalid path")
        assert told.json()["Data"] is None


def test_who_has_no_workspace(sandbox: Sandbox, admin, reader, anonymous) -> None:
    responses = [client.get("/ws-storage/list/@user/") for client in (reader, anonymous)]
    assert [each.status_code for each in responses] == [403, 401]
    assert all(each.json()["Result"].startswith("error - ") for each in responses)
    sandbox.clock.advance(3600)
    assert admin.get("/ws-storage/list/@user/").status_code == 401


def test_wrong_requests(admin: httpx.Client) -> None:
    for path in ("list/@shared/a", "copy/@user/a"):
        response = admin.get(f"/ws-storage/{path}")
        assert (response.status_code, response.json()) == (400, {"Result": "invalid input"})


def test_lists_end_at_a_thousand(sandbox: Sandbox, admin: httpx.Client) -> None:
    for number in range(1001):
        sandbox.gen3.files.put(f"s3://sandbox-gen3-workspaces/{ADMINISTRATOR}/f{number:04}", b"")
    keys, _ = listed(admin)
    assert (len(keys), keys[-1]) == (1000, "f0999")
