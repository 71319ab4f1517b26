"""Marked places in genome files."""

import httpx
from omicsdk.sandbox import Sandbox
from sb_responses import code_of


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
