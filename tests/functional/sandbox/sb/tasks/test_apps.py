"""Apps: their CWL as JSON and YAML, revisions, copies."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sb_responses import refused

Json = dict[str, Any]
Clients = Callable[[str], httpx.Client]
TOOL: Json = {
    "class": "CommandLineTool",
    "cwlVersion": "v1.2",
    "label": "Counts lines",
    "baseCommand": ["wc", "-l"],
    "inputs": {"file": "File"},
    "outputs": {"counts": {"type": "File", "outputBinding": {"glob": "counts.txt"}}},
}
YAML = """
class: CommandLineTool
cwlVersion: v1.2
# comments are fine
inputs: {since: string}
outputs: []
hints: {made: 2020-01-31}
"""


def _install(web: httpx.Client, project: str, name: str = "wc", raw: Json = TOOL) -> Json:
    response = web.post(f"/apps/{project}/{name}/raw", json=raw)
    assert response.status_code == 200, response.text
    return response.json()


def test_an_app_is_its_cwl_with_an_identity(web: httpx.Client, project: str) -> None:
    raw = _install(web, project)
    assert raw["sbg:id"] == f"{project}/wc/0"
    assert raw["baseCommand"] == ["wc", "-l"]
    app = web.get(f"/apps/{project}/wc").json()
    assert app["href"].endswith(f"/sb/v2/apps/{project}/wc/0")
    assert {name: app[name] for name in ("id", "project", "name", "revision", "raw")} == {
        "id": f"{project}/wc/0",
        "project": project,
        "name": "Counts lines",
        "revision": 0,
        "raw": raw,
    }
    assert web.get(f"/apps/{project}/wc/raw").json() == raw
    assert web.get(f"/apps/{project}/wc/0").json() == app


def test_yaml_is_taken_as_it_is(web: httpx.Client, project: str) -> None:
    response = web.post(f"/apps/{project}/y/raw", content=YAML, headers={"Content-Type": "application/yaml"})
    assert response.status_code == 200, response.text
    assert response.json()["hints"] == {"made": "2020-01-31"}
    broken = web.post(f"/apps/{project}/z/raw", content="a: [", headers={"Content-Type": "application/yaml"})
    assert "YAML" in refused(broken, 400, 90000)
    laughs = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    multiplied = web.post(
        f"/apps/{project}/z/raw", content=f"a0: &a0 [x]\n{laughs}", headers={"Content-Type": "application/yaml"}
    )
    assert "line 7: its aliases expand to" in refused(multiplied, 400, 90000)


def test_revisions_follow_one_another(web: httpx.Client, project: str) -> None:
    _install(web, project)
    second = {**TOOL, "label": "Second"}
    refused(web.post(f"/apps/{project}/wc/3/raw", json=second), 409, 6003)
    assert web.post(f"/apps/{project}/wc/1/raw", json=second).json()["sbg:id"] == f"{project}/wc/1"
    assert web.get(f"/apps/{project}/wc").json()["name"] == "Second"
    assert web.get(f"/apps/{project}/wc/0/raw").json()["label"] == "Counts lines"
    refused(web.get(f"/apps/{project}/wc/7"), 404, 6002)


@pytest.mark.parametrize("raw", [{"class": "Nothing"}, {}])
def test_invalid_cwl_is_refused(web: httpx.Client, project: str, raw: Json) -> None:
    refused(web.post(f"/apps/{project}/wc/raw", json=raw), 400, 90000)


def test_what_cannot_be_installed(web: httpx.Client, project: str, client_of: Clients) -> None:
    _install(web, project)
    refused(web.post(f"/apps/{project}/wc/raw", json=TOOL), 409, 6003)
    refused(web.post(f"/apps/{project}/a%20b/raw", json=TOOL), 400, 6011)
    refused(web.post("/apps/sandbox-user/none/wc/raw", json=TOOL), 404, 3002)
    refused(web.get(f"/apps/{project}/none"), 404, 6002)
    refused(client_of("ada").get(f"/apps/{project}/wc"), 404, 3002)


def test_lists_find_by_project_words_and_identity(web: httpx.Client, project: str) -> None:
    other = web.post("/projects", json={"name": "Other"}).json()["id"]
    _install(web, project)
    _install(web, other, "sort", {**TOOL, "label": "Sorts"})

    def app_ids(**params: Any) -> list[str]:
        return sorted(app["id"] for app in web.get("/apps", params=params).json()["items"])

    assert app_ids() == [f"{other}/sort/0", f"{project}/wc/0"]
    assert app_ids(project=project) == [f"{project}/wc/0"]
    assert app_ids(q=["counts", "lines"]) == [f"{project}/wc/0"]
    assert app_ids(id=f"{other}/sort") == [f"{other}/sort/0"]
    assert app_ids(visibility="public") == []
    assert "raw" not in web.get("/apps").json()["items"][0]
    for id in ("sort", f"{project}/wc/-1", f"{project}/wc/{'9' * 5000}"):
        refused(web.get("/apps", params={"id": id}), 400, 6011)


def test_a_clone_has_all_revisions_and_follows_its_origin(web: httpx.Client, project: str) -> None:
    other = web.post("/projects", json={"name": "Other"}).json()["id"]
    _install(web, project)
    web.post(f"/apps/{project}/wc/1/raw", json=TOOL)
    clone = web.post(f"/apps/{project}/wc/actions/copy", json={"project": other}).json()
    direct = web.post(
        f"/apps/{project}/wc/actions/copy", json={"project": other, "strategy": "direct", "name": "My Copy"}
    ).json()
    one = web.post(f"/apps/{project}/wc/0/actions/copy", json={"project": other, "name": "first"}).json()
    assert [app["id"] for app in (clone, direct, one)] == [f"{other}/wc/1", f"{other}/my-copy/0", f"{other}/first/0"]
    assert [app["copy_of"] for app in (clone, direct, one)] == [f"{project}/wc/1"] * 2 + [f"{project}/wc/0"]
    assert web.post(f"/apps/{other}/wc/actions/sync").json()["revision"] == 1
    web.post(f"/apps/{project}/wc/2/raw", json={**TOOL, "label": "Third"})
    synced = web.post(f"/apps/{other}/wc/actions/sync").json()
    assert (synced["revision"], synced["raw"]["label"], synced["copy_of"]) == (2, "Third", f"{project}/wc/2")
    refused(web.post(f"/apps/{project}/wc/actions/sync"), 400, 90000)
    refused(web.post(f"/apps/{project}/wc/actions/copy", json={"project": other}), 409, 6003)


def test_apps_go_with_their_project(web: httpx.Client, project: str) -> None:
    _install(web, project)
    assert web.delete(f"/projects/{project}").status_code == 204
    assert web.post("/projects", json={"name": "Pilot"}).json()["id"] == project
    refused(web.get(f"/apps/{project}/wc"), 404, 6002)
