"""Uploads in parts, and what the storage and the platform refuse of them."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from omicsdk.core.checksums import MIB
from omicsdk.sandbox import Sandbox
from sb_responses import refused, send_part

Json = dict[str, Any]
Send = Callable[..., Json]
Clients = Callable[[str], httpx.Client]


@pytest.fixture
def small_parts(sandbox: Sandbox) -> None:
    """Parts of a few bytes are large enough."""
    sandbox.settings.turn({"sb.part_least": 1})


def _start(web: httpx.Client, project: str, **fields: Any) -> Json:
    body = {"name": "up", "project": project, "part_size": 4, **fields}
    response = web.post("/upload/multipart", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _bytes(web: httpx.Client, file: str) -> bytes:
    return httpx.get(web.get(f"/files/{file}/download_info").json()["url"]).content


def _put(web: httpx.Client, upload: str, number: int, content: bytes, **headers: str) -> httpx.Response:
    where = web.get(f"/upload/multipart/{upload}/part/{number}").json()
    return httpx.put(where["url"], content=content, headers={**where["headers"], **headers})


@pytest.mark.usefixtures("small_parts")
def test_parts_in_any_order_make_the_file(web: httpx.Client, project: str) -> None:
    id = _start(web, project, size=10)["upload_id"]
    for number, content in ((3, b"ij"), (1, b"abcd"), (2, b"efgh")):
        send_part(web, id, number, content)
    made = web.post(f"/upload/multipart/{id}/complete").json()
    assert (made["name"], made["size"]) == ("up", 10)
    assert _bytes(web, made["id"]) == b"abcdefghij"
    refused(web.get(f"/upload/multipart/{id}"), 404, 8003)


@pytest.mark.usefixtures("small_parts")
def test_a_part_sent_again_is_treated_as_it_came_last(web: httpx.Client, project: str) -> None:
    id = _start(web, project, size=6)["upload_id"]
    send_part(web, id, 1, b"abcd")
    send_part(web, id, 2, b"wxyz")
    send_part(web, id, 2, b"ef")
    assert _bytes(web, web.post(f"/upload/multipart/{id}/complete").json()["id"]) == b"abcdef"


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "parts", [[b"abcd", b"efghi", b""], [b"abcd", b"ef", b"ghi"], [iter([b"abcd"]), b"efgh", b"i"]]
)
def test_parts_of_uneven_sizes_are_joined(web: httpx.Client, project: str, parts: list[Any]) -> None:
    id = _start(web, project, size=9)["upload_id"]
    for number, content in enumerate(parts, 1):  # of those of an iterator the storage does not know the length
        send_part(web, id, number, content)
    assert _bytes(web, web.post(f"/upload/multipart/{id}/complete").json()["id"]) == b"abcdefghi"


@pytest.mark.usefixtures("small_parts")
def test_an_upload_states_its_parts_to_resume_with(web: httpx.Client, project: str) -> None:
    started = _start(web, project, size=10)
    id = started["upload_id"]
    send_part(web, id, 2, b"efgh")
    _put(web, id, 1, b"abcd")  # sent, but not reported
    payload = web.get(f"/upload/multipart/{id}", params={"list_parts": True}).json()
    assert (payload["uploaded_parts_count"], payload["part_size"], payload["project"], payload["name"]) == (
        1,
        4,
        project,
        "up",
    )
    assert [part["part_number"] for part in payload["parts"]] == [2]
    assert payload["parts"][0]["response"]["headers"]["ETag"]
    assert "parts" not in web.get(f"/upload/multipart/{id}").json()
    assert [upload["upload_id"] for upload in web.get("/upload/multipart").json()["items"]] == [id]


@pytest.mark.usefixtures("small_parts")
def test_completing_checks_the_parts(web: httpx.Client, project: str) -> None:
    id = _start(web, project, size=10)["upload_id"]
    complete = f"/upload/multipart/{id}/complete"
    assert "no part" in refused(web.post(complete), 400, 8007)
    send_part(web, id, 1, b"abcd")
    send_part(web, id, 3, b"ij")
    assert "part 2" in refused(web.post(complete), 400, 8007)
    send_part(web, id, 2, b"efg")
    assert "9 bytes" in refused(web.post(complete), 400, 8007)
    send_part(web, id, 2, b"efgh")
    assert web.post(complete).status_code == 200


@pytest.mark.usefixtures("small_parts")
def test_parts_may_be_reported_with_the_completion_or_together(web: httpx.Client, project: str) -> None:
    for way in ("complete", "together"):
        id = _start(web, project, size=6, name=way)["upload_id"]
        etags = [_put(web, id, number, content).headers["ETag"] for number, content in ((1, b"abcd"), (2, b"ef"))]
        parts = [{"part_number": n, "response": {"headers": {"etag": etag}}} for n, etag in enumerate(etags, 1)]
        if way == "together":
            assert web.post(f"/upload/multipart/{id}", json={"parts": parts}).status_code == 200
        body = {"parts": parts} if way == "complete" else None
        assert web.post(f"/upload/multipart/{id}/complete", json=body).json()["size"] == 6


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("etag", ["", "other"])
def test_a_report_of_what_the_storage_did_not_return_is_refused(web: httpx.Client, project: str, etag: str) -> None:
    id = _start(web, project, size=4)["upload_id"]
    _put(web, id, 1, b"abcd")
    report = {"part_number": 1, "response": {"headers": {"ETag": etag}}}
    refused(web.post(f"/upload/multipart/{id}/part/", json=report), 400, 8014)
    refused(web.post(f"/upload/multipart/{id}", json={"parts": [report]}), 400, 8015)


def test_parts_have_a_least_size(web: httpx.Client, project: str) -> None:
    assert _start(web, project, size=10, part_size=1)["part_size"] == 5 * MIB
    assert _start(web, project, size=10, part_size=6 * MIB)["part_size"] == 6 * MIB


def test_what_cannot_be_started(web: httpx.Client, send: Send, project: str) -> None:
    send("there")

    def start(**body: Any) -> httpx.Response:
        return web.post("/upload/multipart", json={"size": 1, "name": "up", "project": project, **body})

    refused(start(name="there"), 409, 8005)
    refused(start(name="a/b"), 400, 90000)
    refused(start(name="x" * 256), 400, 90000)
    refused(start(parent="x"), 400, 5031)
    refused(web.post("/upload/multipart", json={"size": 1, "name": "up"}), 400, 5029)


def test_a_folder_is_not_overwritten_by_a_file(web: httpx.Client, project: str) -> None:
    web.post("/files", json={"name": "reads", "type": "folder", "project": project})
    body = {"size": 1, "name": "reads", "project": project}
    for overwrite in (False, True):
        message = refused(web.post("/upload/multipart", json=body, params={"overwrite": overwrite}), 409, 8005)
        assert message == "There is already a folder 'reads': choose another name"


def test_overwriting_keeps_the_file_and_changes_its_bytes(web: httpx.Client, send: Send) -> None:
    old = send("a", b"old")
    web.patch(f"/files/{old['id']}", json={"metadata": {"k": "v"}})
    new = send("a", b"newer", overwrite=True)
    assert (new["id"], new["size"], new["metadata"]) == (old["id"], 5, {"k": "v"})
    assert _bytes(web, new["id"]) == b"newer"


def test_a_name_that_was_taken_meanwhile_is_refused_at_the_end(web: httpx.Client, send: Send, project: str) -> None:
    id = _start(web, project, size=1, name="a")["upload_id"]
    send_part(web, id, 1, b"x")
    send("a")
    refused(web.post(f"/upload/multipart/{id}/complete"), 409, 8005)
    assert web.get(f"/upload/multipart/{id}").status_code == 200


def test_an_aborted_upload_is_gone(web: httpx.Client, project: str) -> None:
    id = _start(web, project, size=1)["upload_id"]
    url = web.get(f"/upload/multipart/{id}/part/1").json()["url"]
    assert web.delete(f"/upload/multipart/{id}").status_code == 204
    assert httpx.put(url, content=b"x").status_code == 404
    refused(web.get(f"/upload/multipart/{id}/part/1"), 404, 8003)
    assert web.get("/upload/multipart").json()["items"] == []


def test_uploads_of_others_are_not_seen(web: httpx.Client, client_of: Clients, project: str) -> None:
    id = _start(web, project, size=1)["upload_id"]
    refused(client_of("ada").get(f"/upload/multipart/{id}"), 404, 8003)


def test_a_part_that_ends_after_its_upload_leaves_nothing(web: httpx.Client, project: str, sandbox: Sandbox) -> None:
    started = web.post("/upload/multipart", json={"project": project, "name": "f", "size": 8}).json()["upload_id"]
    url = web.get(f"/upload/multipart/{started}/part/1").json()["url"]

    def halves() -> Iterator[bytes]:
        yield b"half"
        assert web.delete(f"/upload/multipart/{started}").status_code == 204
        yield b"late"

    with httpx.Client(trust_env=False, headers={"Content-Length": "8"}) as storage:
        response = storage.put(url, content=halves())
    assert response.status_code == 404
    assert "NoSuchUpload" in response.text
    assert list(sandbox.sb.context.objects.workplace("sb-uploads").glob(f"{started}.*")) == []


def test_urls_of_parts_end_and_cannot_be_altered(web: httpx.Client, project: str, sandbox: Sandbox) -> None:
    id = _start(web, project, size=1)["upload_id"]
    where = web.get(f"/upload/multipart/{id}/part/1").json()
    assert where["method"] == "PUT"
    assert where["report"] == {"success_codes": [200], "headers": ["ETag"]}
    assert httpx.put(where["url"].replace("/1?", "/2?"), content=b"x").status_code == 403
    assert httpx.get(where["url"]).status_code == 405
    sandbox.clock.advance(3600)
    assert httpx.put(where["url"], content=b"x").status_code == 403
    refused(web.get(f"/upload/multipart/{id}/part/10001"), 400, 8012)


def test_a_stated_md5_is_checked(web: httpx.Client, project: str) -> None:
    id = _start(web, project, size=1)["upload_id"]
    md5 = base64.b64encode(hashlib.md5(b"x", usedforsecurity=False).digest()).decode()
    assert _put(web, id, 1, b"x", **{"Content-MD5": md5}).status_code == 200
    assert _put(web, id, 1, b"y", **{"Content-MD5": md5}).status_code == 400


def test_a_reset_removes_the_bytes_of_uploads(web: httpx.Client, project: str, sandbox: Sandbox) -> None:
    id = _start(web, project, size=1)["upload_id"]
    send_part(web, id, 1, b"x")
    sandbox.reset()
    assert not list((sandbox.folder / "objects").rglob(f"{id}*"))
