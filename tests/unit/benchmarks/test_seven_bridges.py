"""The tools of the comparison with the published client of Seven Bridges."""

import json
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


def send(server, method, target, value=None):
    """A server's response: its status, its lines in lower case, its JSON."""
    from answering import Request

    path, _, query = target.partition("?")
    body = json.dumps(value).encode() if value is not None else b""
    lines, _, content = server(Request(method, path, query, b"", body)).partition(b"\r\n\r\n")
    status, *headers = lines.decode().split("\r\n")
    return int(status.split(" ")[1]), [line.lower() for line in headers], json.loads(content) if content else None


@pytest.fixture
def api():
    from seven_bridges.api import platform

    return platform("http://files", "http://sink", "http://here")


def test_a_list_has_as_many_files_as_its_project_states(api):
    ids, target = [], "/v2/files?project=bench/230&offset=0"
    while target:
        status, headers, page = send(api, "GET", target)
        assert status == 200
        assert "x-total-matching-query: 230" in headers
        ids += [file["id"] for file in page["items"]]
        links = {link["rel"]: link["href"].removeprefix("http://here") for link in page["links"]}
        target = links.get("next")
    assert len(ids) == len(set(ids)) == 230
    assert len(send(api, "GET", "/v2/files?project=bench/230&limit=1000")[2]["items"]) == 100


def test_a_file_is_reported_as_it_was_put_and_its_bytes_are_on_the_server(api):
    assert send(api, "PUT", "/_files/abc", {"size": 7, "metadata": {"sha256": "00"}})[0] == 204
    resource = send(api, "GET", "/v2/files/abc")[2]
    assert (resource["id"], resource["size"], resource["metadata"]) == ("abc", 7, {"sha256": "00"})
    assert send(api, "GET", "/v2/files/abc/download_info")[2]["url"].startswith("http://files/abc?X-Amz-")


def test_an_upload_is_counted(api):
    upload = send(api, "POST", "/v2/upload/multipart?overwrite=true", {"name": "a", "size": 9, "part_size": 5})[2]
    assert upload["part_size"] == 5
    path = f"/v2/upload/multipart/{upload['upload_id']}"
    assert send(api, "GET", f"{path}/part/1")[2]["url"].startswith("http://sink/bucket/key?partNumber=1&")
    for number in (1, 2):
        send(api, "POST", f"{path}/part/", {"part_number": number})
    assert send(api, "POST", f"{path}/complete")[2]["size"] == 9
    assert send(api, "GET", "/_counts")[2] == {"parts": 2, "uploads": 1}


def test_what_is_saved_is_counted(api):
    assert send(api, "PATCH", "/v2/files/a/metadata", {"x": "1"})[2] == {"x": "1"}
    items = [{"id": str(number), "metadata": {"x": "1"}} for number in range(3)]
    resource = send(api, "POST", "/v2/bulk/files/edit", {"items": items})[2]
    assert [item["resource"]["id"] for item in resource["items"]] == ["0", "1", "2"]
    assert send(api, "GET", "/_counts")[2] == {"saved": 4}
    assert send(api, "GET", "/v2/other")[0] == 404
