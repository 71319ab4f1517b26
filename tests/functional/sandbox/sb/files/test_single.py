"""Single files of projects."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import code_of, refused

Json = dict[str, Any]
Send = Callable[..., Json]
Clients = Callable[[str], httpx.Client]


def _folder(web: httpx.Client, name: str, **place: str) -> str:
    made = web.post("/files", json={"name": name, "type": "folder", **place})
    assert made.status_code == 200, made.text
    return made.json()["id"]


def _names(response: httpx.Response) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


def test_a_file_that_was_sent_is_there_with_all_its_fields(web: httpx.Client, send: Send, project: str) -> None:
    made = send("reads.fastq", b"ACGT")
    file = web.get(f"/files/{made['id']}").json()
    assert file == made
    assert file["href"].endswith(f"/sb/v2/files/{made['id']}")
    assert {name: file[name] for name in ("name", "size", "type", "project", "storage", "metadata", "tags")} == {
        "name": "reads.fastq",
        "size": 4,
        "type": "file",
        "project": project,
        "storage": {"type": "PLATFORM"},
        "metadata": {},
        "tags": [],
    }
    assert web.get(f"/projects/{project}").json()["root_folder"] == file["parent"]


def test_a_list_has_pages_by_name_and_counts_all(web: httpx.Client, send: Send, project: str) -> None:
    for name in ("c", "a", "b"):
        send(name)
    first = web.get("/files", params={"project": project, "limit": 2})
    assert _names(first) == ["a", "b"]
    assert first.headers["X-Total-Matching-Query"] == "3"
    links = {link["rel"]: link["href"] for link in first.json()["links"]}
    second = web.get(links["next"])
    assert _names(second) == ["c"]
    assert _names(web.get(second.json()["links"][0]["href"])) == ["a", "b"]
    assert "metadata" not in first.json()["items"][0]
    assert "metadata" in web.get("/files", params={"project": project, "fields": "_all"}).json()["items"][0]


def test_filters_are_alternatives_within_a_kind_and_go_together(web: httpx.Client, send: Send, project: str) -> None:
    for name, sample, tags in (("a", "s1", ["x"]), ("b", "s2", ["x", "y"]), ("c", "s1", ["z"])):
        id = send(name)["id"]
        web.patch(f"/files/{id}", json={"metadata": {"sample": sample}, "tags": tags})

    def names(**params: Any) -> list[str]:
        return _names(web.get("/files", params={"project": project, **params}))

    assert names(name=["a", "c", "nothing"]) == ["a", "c"]
    assert names(**{"metadata.sample": "s1"}) == ["a", "c"]
    assert names(**{"metadata.sample": ["s1", "s2"]}) == ["a", "b", "c"]
    assert names(tag=["y", "z"]) == ["b", "c"]
    assert names(tag="z", **{"metadata.sample": "s1"}) == ["c"]
    assert names(**{"metadata.other": "s1"}) == []
    assert names(**{"origin.task": "nobody"}) == []


def test_whose_files_are_listed_has_to_be_stated_once(web: httpx.Client, project: str) -> None:
    refused(web.get("/files"), 400, 5029)
    refused(web.get("/files", params={"project": project, "parent": "x"}), 400, 5031)
    assert _names(web.get("/files", params={"dataset": "sandbox-user/reference-set"})) == ["reference.fasta"]


def test_folders_nest_and_are_deleted_when_empty(web: httpx.Client, send: Send, project: str) -> None:
    outer = _folder(web, "outer", project=project)
    inner = _folder(web, "inner", parent=outer)
    made = send("deep", parent=inner)
    assert _names(web.get(f"/files/{outer}/list")) == ["inner"]
    assert _names(web.get("/files", params={"parent": inner})) == ["deep"]
    refused(web.delete(f"/files/{outer}"), 400, 5021)
    assert web.delete(f"/files/{made['id']}").status_code == 204
    assert web.delete(f"/files/{inner}").status_code == 204
    assert web.delete(f"/files/{outer}").status_code == 204
    refused(web.get(f"/files/{outer}"), 404, 5002)


def test_what_folders_cannot_be(web: httpx.Client, send: Send, project: str) -> None:
    outer = _folder(web, "outer", project=project)
    file = send("file")["id"]
    root = web.get(f"/projects/{project}").json()["root_folder"]
    refused(web.post("/files", json={"name": "outer", "type": "folder", "project": project}), 409, 5030)
    refused(web.post("/files", json={"name": "a/b", "type": "folder", "project": project}), 400, 5024)
    refused(web.post("/files", json={"name": "x" * 256, "type": "folder", "project": project}), 400, 5024)
    refused(web.post("/files", json={"name": "in", "type": "folder", "parent": file}), 400, 5022)
    refused(web.post("/files", json={"name": "in", "type": "folder"}), 400, 5029)
    refused(web.patch(f"/files/{outer}", json={"metadata": {"a": "b"}}), 400, 5025)
    refused(web.patch(f"/files/{outer}", json={"tags": ["a"]}), 400, 5025)
    refused(web.get(f"/files/{outer}/download_info"), 403, 5032)
    refused(web.post(f"/files/{outer}/actions/copy", json={"project": project}), 400, 5018)
    refused(web.delete(f"/files/{root}"), 400, 5033)
    refused(web.patch(f"/files/{root}", json={"name": "other"}), 400, 5033)


def test_metadata_is_merged_replaced_and_loses_keys(web: httpx.Client, send: Send) -> None:
    path = f"/files/{send('a')['id']}/metadata"
    assert web.patch(path, json={"a": "1", "b": ["x", "y"]}).json() == {"a": "1", "b": ["x", "y"]}
    assert web.patch(path, json={"a": None, "c": "2"}).json() == {"b": ["x", "y"], "c": "2"}
    assert web.put(path, json={"d": "3"}).json() == {"d": "3"}
    assert web.get(path).json() == {"d": "3"}


def test_tags_are_replaced_and_a_change_moves_the_time(web: httpx.Client, send: Send, sandbox: Sandbox) -> None:
    made = send("a")
    sandbox.clock.advance(60)
    assert web.put(f"/files/{made['id']}/tags", json=["x", "y", "x"]).json() == ["x", "y"]
    file = web.get(f"/files/{made['id']}").json()
    assert file["tags"] == ["x", "y"]
    assert file["created_on"] == made["created_on"]
    assert file["modified_on"] > made["modified_on"]


def test_names_are_unique_in_their_folder(web: httpx.Client, send: Send) -> None:
    one, other = send("one")["id"], send("other")["id"]
    refused(web.patch(f"/files/{one}", json={"name": "other"}), 409, 5003)
    assert web.patch(f"/files/{one}", json={"name": "new"}).json()["name"] == "new"
    assert web.patch(f"/files/{other}", json={"name": "other"}).status_code == 200


def test_copies_keep_what_is_known_and_have_the_same_bytes(web: httpx.Client, send: Send, project: str) -> None:
    made = send("a.bam", b"bytes")["id"]
    web.patch(f"/files/{made}", json={"metadata": {"sample": "s"}, "tags": ["t"]})
    other = web.post("/projects", json={"name": "Other"}).json()["id"]
    copy = web.post(f"/files/{made}/actions/copy", json={"project": other, "name": "b.bam"}).json()
    assert (copy["name"], copy["project"], copy["metadata"], copy["tags"]) == ("b.bam", other, {"sample": "s"}, ["t"])
    assert httpx.get(web.get(f"/files/{copy['id']}/download_info").json()["url"]).content == b"bytes"
    web.delete(f"/files/{made}")
    assert httpx.get(web.get(f"/files/{copy['id']}/download_info").json()["url"]).content == b"bytes"
    refused(web.post(f"/files/{copy['id']}/actions/copy", json={"project": other, "name": "b.bam"}), 409, 5003)
    again = web.post(f"/files/{copy['id']}/actions/copy", json={"project": other}).json()
    assert again["name"] == "_1_b.bam"


def test_files_move_within_their_project(web: httpx.Client, send: Send, project: str) -> None:
    folder = _folder(web, "folder", project=project)
    made = send("a")["id"]
    moved = web.post(f"/files/{made}/actions/move", json={"parent": folder, "name": "b"}).json()
    assert (moved["id"], moved["parent"], moved["name"]) == (made, folder, "b")
    other = web.post("/projects", json={"name": "Other"}).json()["root_folder"]
    refused(web.post(f"/files/{made}/actions/move", json={"parent": other}), 400, 5015)
    refused(web.post(f"/files/{folder}/actions/move", json={"parent": folder}), 403, 5032)


def test_scrolling_follows_tokens_without_an_offset(web: httpx.Client, send: Send, project: str) -> None:
    for name in "abc":
        send(name)
    params = {"project": project, "token": "init", "limit": 2}
    first = web.get("/files/scroll", params=params)
    assert _names(first) == ["a", "b"]
    (link,) = first.json()["links"]
    assert "offset" not in link["href"]
    last = web.get(link["href"])
    assert (_names(last), last.json()["links"]) == (["c"], [])
    refused(web.get("/files/scroll", params={**params, "token": "made-up"}), 400, 90000)
    folder = _folder(web, "folder", project=project)
    assert _names(web.get(f"/files/{folder}/scroll", params={"token": "init"})) == []


def test_downloads_serve_ranges_and_end(web: httpx.Client, send: Send, sandbox: Sandbox) -> None:
    url = web.get(f"/files/{send('a b.txt', b'0123456789')['id']}/download_info").json()["url"]
    assert "/sb/_storage/" in url
    part = httpx.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    stale = httpx.get(url, headers={"Range": "bytes=2-4", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, b"0123456789")
    assert httpx.head(url).headers["Content-Length"] == "10"
    assert httpx.get(url + "0").status_code == 403
    assert httpx.put(url, content=b"x").status_code == 405
    sandbox.clock.advance(3601)
    assert httpx.get(url).status_code == 403


def test_the_log_of_requests_has_no_signatures(web: httpx.Client, send: Send, sandbox: Sandbox) -> None:
    httpx.get(web.get(f"/files/{send('a')['id']}/download_info").json()["url"])
    logged = sandbox.requests("/sb/_storage")
    assert logged
    assert not any(entry["query"] for entry in logged)


def test_strangers_see_nothing_and_readers_change_nothing(
    web: httpx.Client, client_of: Clients, send: Send, project: str
) -> None:
    ada, made = client_of("ada"), send("a")["id"]
    refused(ada.get(f"/files/{made}"), 404, 5002)
    web.post(f"/projects/{project}/members", json={"username": "ada", "permissions": {"read": True}})
    assert ada.get(f"/files/{made}").status_code == 200
    refused(ada.get(f"/files/{made}/download_info"), 403, 5001)
    refused(ada.patch(f"/files/{made}", json={"name": "mine"}), 403, 5001)
    refused(ada.post("/files", json={"name": "f", "type": "folder", "project": project}), 403, 3001)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('IN "sandbox-user/pilot"', ["a.bam", "b.bam", "c.txt"]),
        ('IN "sandbox-user/pilot" WHERE name LIKE "%.bam"', ["a.bam", "b.bam"]),
        ('metadata.sample = "s1" AND name != "c.txt"', ["a.bam"]),
        ("tag = 'x'", ["b.bam"]),
        ('name IN ("a.bam", "c.txt") and size = 1', ["a.bam"]),
    ],
)
def test_search(web: httpx.Client, send: Send, query: str, names: list[str]) -> None:
    for name, content, sample, tags in (
        ("a.bam", b"1", "s1", []),
        ("b.bam", b"2", "s2", ["x"]),
        ("c.txt", b"large", "s1", []),
    ):
        id = send(name, content)["id"]
        web.patch(f"/files/{id}", json={"metadata": {"sample": sample}, "tags": tags})
    response = web.post("/files/search", json={"query": query}).json()
    assert ([item["name"] for item in response["result_set"]], response["count"]) == (names, len(names))


def test_search_has_pages_by_token(web: httpx.Client, send: Send) -> None:
    for name in "abc":
        send(name)
    body = {"query": 'IN "sandbox-user/pilot"'}
    first = web.post("/files/search", json=body, params={"limit": 2}).json()
    assert (first["count"], len(first["result_set"])) == (3, 2)
    mark = first["cont_token"].partition(".")[2]
    refused(web.post("/files/search", json=body, params={"cont_token": f"{'9' * 5000}.{mark}"}), 400, 90000)
    last = web.post("/files/search", json=body, params={"limit": 2, "cont_token": first["cont_token"]}).json()
    assert [item["name"] for item in last["result_set"]] == ["c"]
    assert "cont_token" not in last


@pytest.mark.parametrize(
    "query",
    [
        "", "name =", "IN", "name ~ 3", '"open', "name = a)", "name = a name = b",
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_states_why(web: httpx.Client, query: str) -> None:
    assert "can't be read" in refused(web.post("/files/search", json={"query": query}), 400, 90000)


def test_a_marker_belongs_to_its_file(sandbox: Sandbox, web: httpx.Client, project: str):
    root = sandbox.sb.files.root(project)
    file = sandbox.sb.add_file(b"abc", project=project, parent=root, name="a.bam").id
    requested = {"file": file, "name": "m", "chromosome": "chr1", "position": {"start": 1, "end": 2}}
    marker = web.post("/genome/markers", json=requested).json()
    assert {name: marker[name] for name in requested} == requested
    assert marker["created_by"] == "sandbox-user"
    path = f"/genome/markers/{marker['id']}"
    changed = web.patch(path, json={"name": "n", "position": {"end": 5}}).json()
    assert (changed["name"], changed["position"]) == ("n", {"start": 1, "end": 5})
    assert web.get("/genome/markers", params={"file": file, "fields": "_all"}).json()["items"] == [changed]
    assert web.delete(path).status_code == 204
    assert code_of(web.get(path)) == (404, 90003)
    assert code_of(web.post("/genome/markers", json={**requested, "position": {"start": 1}})) == (400, 90000)
