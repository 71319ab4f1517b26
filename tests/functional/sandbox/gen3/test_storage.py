"""Storages of the commons: its own, Google's, and that of workspaces."""

import base64
import hashlib
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.storage import Grant, presigned

URL = "s3://sandbox-gen3/dg.TEST/1/a b ü.txt"


def signed(sandbox: Sandbox, method: str, seconds: float = 60) -> str:
    return presigned(sandbox.gen3.context.signer, sandbox.gen3_url, Grant(method, URL), seconds)


def refusal(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.text.partition("<Code>")[2].partition("</Code>")[0]


def ask(method: str, url: str, **options: object) -> httpx.Response:
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        return client.request(method, url, **options)


def test_bytes_go_in_and_come_out(sandbox: Sandbox):
    sent = ask("PUT", signed(sandbox, "PUT"), content=b"ACGT")
    assert (sent.status_code, sent.headers["ETag"]) == (200, f'"{hashlib.md5(b"ACGT").hexdigest()}"')
    response = ask("GET", signed(sandbox, "GET"))
    assert (response.content, response.headers["ETag"], response.headers["Content-Length"]) == (
        b"ACGT",
        sent.headers["ETag"],
        "4",
    )
    assert ask("GET", signed(sandbox, "GET"), headers={"If-None-Match": sent.headers["ETag"]}).status_code == 304


def test_what_is_sent_again_replaces_the_first(sandbox: Sandbox):
    for content in (b"first", b""):
        ask("PUT", signed(sandbox, "PUT"), content=content)
    assert ask("GET", signed(sandbox, "GET")).content == b""


def test_a_url_is_for_one_method_one_object_and_a_time(sandbox: Sandbox):
    sandbox.gen3.files.put(URL, b"ACGT")
    get, put = signed(sandbox, "GET"), signed(sandbox, "PUT")
    assert refusal(ask("GET", put)) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("PUT", get, content=b"x")) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("GET", get.replace("method=GET", "method=PUT"))) == (403, "SignatureDoesNotMatch")
    assert refusal(ask("GET", get.replace("/1/", "/2/"))) == (403, "SignatureDoesNotMatch")
    assert ask("HEAD", get).status_code == 403
    assert refusal(ask("GET", get.partition("?")[0])) == (403, "AccessDenied")
    sandbox.clock.advance(61)
    assert refusal(ask("GET", get)) == (403, "AccessDenied")


def test_a_login_beside_the_signature_is_refused(sandbox: Sandbox):
    sandbox.gen3.files.put(URL, b"ACGT")
    response = ask("GET", signed(sandbox, "GET"), headers={"Authorization": "bearer token"})
    assert refusal(response) == (400, "InvalidArgument")


def test_a_missing_object_is_not_found(sandbox: Sandbox):
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")
    sandbox.gen3.files.put(URL, b"ACGT")
    assert sandbox.gen3.files.remove(URL)
    assert not sandbox.gen3.files.remove(URL)
    assert refusal(ask("GET", signed(sandbox, "GET"))) == (404, "NoSuchKey")


def test_bytes_need_their_length(sandbox: Sandbox):
    response = ask("PUT", signed(sandbox, "PUT"), content=iter([b"AC", b"GT"]))
    assert refusal(response) == (411, "MissingContentLength")


@pytest.mark.parametrize(("hashed_content", "status"), [(b"ACGT", 200), (b"TGCA", 400)])
def test_a_stated_md5_is_checked(sandbox: Sandbox, hashed_content: bytes, status: int):
    digest = base64.b64encode(hashlib.md5(hashed_content).digest()).decode()
    response = ask("PUT", signed(sandbox, "PUT"), content=b"ACGT", headers={"Content-MD5": digest})
    assert response.status_code == status
    assert (sandbox.gen3.files.find(URL) is None) == (status != 200)


def test_what_breaks_off_leaves_nothing(sandbox: Sandbox):
    parts = urlsplit(signed(sandbox, "PUT"))
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 100\r\n\r\n"
        connection.sendall(head.encode() + b"too little")
    assert ask("PUT", signed(sandbox, "PUT"), content=b"ACGT").status_code == 200
    assert ask("GET", signed(sandbox, "GET")).content == b"ACGT"
    assert list((sandbox.folder / "objects" / "incoming").iterdir()) == []


def test_many_write_and_read_at_once(sandbox: Sandbox):
    def round_trip(number: int) -> bool:
        content = bytes([number]) * 100_000
        url = f"s3://sandbox-gen3/many/{number}"
        put, get = (
            presigned(sandbox.gen3.context.signer, sandbox.gen3_url, Grant(method, url), 60)
            for method in ("PUT", "GET")
        )
        return ask("PUT", put, content=content).status_code == 200 and ask("GET", get).content == content

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(round_trip, range(64)))


def test_signatures_are_in_no_log(sandbox: Sandbox) -> None:
    guid = sandbox.gen3.add_file("a", b"a")
    url = httpx.get(f"{sandbox.url}/user/data/download/{guid}", trust_env=False).json()["url"]
    assert httpx.get(url, trust_env=False).content == b"a"
    (entry,) = sandbox.requests("/gen3/_storage")
    assert entry["query"] == ""


@pytest.fixture
def google(omics_sandbox):
    headers = {"authorization": f"Bearer {omics_sandbox.gen3_token(600)}"}
    with httpx.Client(base_url=omics_sandbox.google_url, headers=headers) as client:
        yield client


def test_what_is_put_is_read_and_described(google, omics_sandbox):
    assert google.put("/fc-1/a%20b/x.bam", content=b"reads").status_code == 200
    assert google.get("/fc-1/a%20b/x.bam").content == b"reads"
    assert google.get("/fc-1/a%20b/x.bam", headers={"range": "bytes=1-2"}).content == b"ea"
    response_headers = google.head("/fc-1/a%20b/x.bam").headers
    md5 = base64.b64encode(hashlib.md5(b"reads").digest()).decode()
    assert f"md5={md5}" in response_headers["x-goog-hash"].split(",")
    assert response_headers["content-length"] == response_headers["x-goog-stored-content-length"] == "5"
    assert response_headers["x-goog-stored-content-encoding"] == "identity"
    assert google.get("/fc-1/none").status_code == 404
    assert omics_sandbox.gen3.files.find("gs://fc-1/a b/x.bam").size == 5


def test_a_token_is_needed(google, omics_sandbox):
    google.put("/fc-1/x", content=b"reads")
    url = f"{omics_sandbox.google_url}/fc-1/x"
    assert httpx.get(url).status_code == 403
    assert httpx.get(url, headers={"authorization": "Bearer wrong"}).status_code == 401
    assert httpx.put(url, content=b"others").status_code == 403
    assert google.delete("/fc-1/x").status_code == 405


def test_a_bucket_may_bill_the_reader(google, omics_sandbox):
    google.put("/fc-1/x", content=b"reads")
    google.put("/fc-2/x", content=b"reads")
    omics_sandbox.settings.turn({"google.requester_pays": "fc-3, fc-2"})
    assert google.get("/fc-1/x").status_code == 200
    refused = google.get("/fc-2/x")
    assert (refused.status_code, "UserProjectMissing" in refused.text) == (400, True)
    assert google.get("/fc-2/x?userProject=me").content == b"reads"


OTHER = "other@example.org"


@pytest.fixture
def other(sandbox: Sandbox, client_of: Callable[[str], httpx.Client]) -> httpx.Client:
    """A client of another user with a workspace."""
    sandbox.gen3.access.add(OTHER, [("/workspace", "jupyterhub", "access")])
    return client_of(OTHER)


def put(client: httpx.Client, key: str, content: bytes) -> None:
    reply = client.get(f"/ws-storage/upload/@user/{key}").json()
    assert (reply["Version"], reply["Method"], reply["Result"]) == (1, "upload", "ok")
    assert httpx.put(reply["Data"], content=content, trust_env=False).status_code == 200


def listed(client: httpx.Client, key: str = "") -> tuple[list[str], list[str]]:
    page = client.get(f"/ws-storage/list/@user/{key}").json()["Data"]
    return [object_["WorkspaceKey"] for object_ in page["Objects"]], page["Prefixes"]


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
        response = admin.request(method, f"/ws-storage/{verb}/@user/{key}")
        assert response.status_code == 200
        assert response.json()["Result"].startswith("error - invalid path")
        assert response.json()["Data"] is None


def test_who_has_no_workspace(sandbox: Sandbox, admin, reader, anonymous) -> None:
    responses = [client.get("/ws-storage/list/@user/") for client in (reader, anonymous)]
    assert [response.status_code for response in responses] == [403, 401]
    assert all(response.json()["Result"].startswith("error - ") for response in responses)
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
