"""Imports from volumes, exports to them, and imports by DRS URI: how they continue with the clock, and how they end."""

from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from sb_responses import code_of

Json = dict[str, Any]
VOLUME = "sandbox-user/lab"


@pytest.fixture
def volume(web: httpx.Client, bucket: Any) -> str:
    """A volume of the bucket `lab`, with a few objects."""
    for key in ("a.txt", "run/x.fq", "run/deep/y.fq"):
        bucket.put_object(Bucket="lab", Key=key, Body=key.encode())
    credentials = {"access_key_id": "AK", "secret_access_key": "SK"}
    service = {"type": "S3", "bucket": "lab", "credentials": credentials}
    return web.post("/storage/volumes", json={"name": "lab", "access_mode": "RW", "service": service}).json()["id"]


@pytest.fixture
def file(sandbox: Sandbox, project: str) -> str:
    """The identity of a file in the project."""
    root = sandbox.sb.files.root(project)
    return sandbox.sb.add_file(b"abc", project=project, parent=root, name="a.bam").id


def imported(sandbox: Sandbox, web: httpx.Client, project: str, location: str, **more: Any) -> Json:
    body = {"source": {"volume": VOLUME, "location": location}, "destination": {"project": project}, **more}
    job = web.post("/storage/imports", json=body).json()
    sandbox.finish()
    return web.get(job["href"]).json()


def exported(sandbox: Sandbox, web: httpx.Client, file: str, location: str, query: str = "", **more: Any) -> Json:
    body = {"source": {"file": file}, "destination": {"volume": VOLUME, "location": location}, **more}
    job = web.post(f"/storage/exports{query}", json=body).json()
    sandbox.finish()
    return web.get(job["href"]).json()


# -- imports


def test_an_import_continues_with_the_clock(sandbox: Sandbox, web: httpx.Client, volume: str, project: str):
    sandbox.clock.freeze()
    body = {"source": {"volume": volume, "location": "a.txt"}, "destination": {"project": project, "name": "b.txt"}}
    job = web.post("/storage/imports", json=body).json()
    assert (job["state"], job["result"], job["error"], job["started_on"]) == ("PENDING", None, None, None)
    assert job["destination"]["project"] == project
    sandbox.clock.advance(0.5)
    assert web.get(job["href"]).json()["state"] == "RUNNING"
    sandbox.clock.advance(0.5)
    done = web.get(job["href"]).json()
    assert (done["state"], done["error"]) == ("COMPLETED", None)
    assert done["finished_on"] >= done["started_on"]
    file = done["result"]
    assert (file["name"], file["size"], file["project"]) == ("b.txt", 5, project)
    assert file["storage"] == {"type": "VOLUME", "volume": volume, "location": "a.txt"}


def test_a_folder_is_imported_with_or_without_its_structure(
    sandbox: Sandbox, web: httpx.Client, volume: str, project: str
):
    files = sandbox.sb.files

    def paths(folder: str, above: str = "") -> list[str]:
        path = f"{above}{files.existing(folder).name}"
        below = [paths(child.id, f"{path}/") for child in files.children(folder)]
        return [*([path] if above else []), *(path for some in below for path in some)]

    kept = imported(sandbox, web, project, "run/")["result"]
    assert (kept["type"], kept["name"]) == ("folder", "run")
    assert paths(kept["id"]) == ["run/deep", "run/deep/y.fq", "run/x.fq"]
    destination = {"project": project, "name": "flat"}
    flat = imported(sandbox, web, project, "run", destination=destination, preserve_folder_structure=False)["result"]
    assert paths(flat["id"]) == ["flat/x.fq", "flat/y.fq"]


def test_a_name_that_is_taken_ends_an_import_unless_it_is_stated_what_to_do(
    sandbox: Sandbox, web: httpx.Client, volume: str, project: str, bucket: Any
):
    first = imported(sandbox, web, project, "a.txt")["result"]
    again = imported(sandbox, web, project, "a.txt")
    assert (again["state"], again["error"]["code"], again["result"]) == ("FAILED", 9108, None)
    bucket.put_object(Bucket="lab", Key="a.txt", Body=b"longer than before")
    over = imported(sandbox, web, project, "a.txt", overwrite=True)["result"]
    assert (over["id"], over["size"]) == (first["id"], 18)
    assert imported(sandbox, web, project, "a.txt", autorename=True)["result"]["name"] == "_1_a.txt"


def test_what_is_not_on_the_volume_fails(sandbox: Sandbox, web: httpx.Client, volume: str, project: str):
    job = imported(sandbox, web, project, "none.txt")
    assert (job["state"], job["error"]["code"], job["error"]["status"]) == ("FAILED", 9105, 404)
    assert "none.txt" in job["error"]["message"]


@pytest.mark.parametrize(
    ("destination", "status", "code"),
    [
        ({}, 400, 5029),
        ({"project": "sandbox-user/pilot", "parent": "x"}, 400, 5031),
        ({"project": "sandbox-user/none"}, 404, 3002),
        ({"parent": "none"}, 404, 5002),
        ({"project": "sandbox-user/pilot", "name": "a/b"}, 400, 5024),
    ],
)
def test_where_nothing_can_be_imported_to(
    web: httpx.Client, volume: str, project: str, destination: Json, status: int, code: int
):
    body = {"source": {"volume": volume, "location": "a.txt"}, "destination": destination}
    assert code_of(web.post("/storage/imports", json=body)) == (status, code)
    bulk = web.post("/bulk/storage/imports/create", json={"items": [body]}).json()["items"]
    assert (bulk[0]["resource"], bulk[0]["error"]["code"]) == (None, code)


def test_imports_are_listed_newest_first_and_filtered(
    sandbox: Sandbox, web: httpx.Client, client_of, volume: str, project: str
):
    imported(sandbox, web, project, "a.txt")
    sandbox.clock.advance(1)
    failed = imported(sandbox, web, project, "a.txt")
    other = web.post("/projects", json={"name": "Other"}).json()["id"]

    def states(query: str) -> list[str]:
        return [job["state"] for job in web.get(f"/storage/imports{query}").json()["items"]]

    assert states("") == ["FAILED", "COMPLETED"]
    assert states("?state=COMPLETED") == ["COMPLETED"]
    assert states(f"?volume={volume}&project={project}") == ["FAILED", "COMPLETED"]
    assert states(f"?project={other}") == states("?volume=sandbox-user/none") == []
    assert code_of(web.get("/storage/imports?state=DONE")) == (400, 90000)
    ada = client_of("ada")
    assert ada.get("/storage/imports").json()["items"] == []
    assert code_of(ada.get(failed["href"])) == (404, 9008)
    results = web.post("/bulk/storage/imports/get", json={"import_ids": [failed["id"], "none"]}).json()["items"]
    assert (results[0]["resource"], results[0]["error"]) == (failed, None)
    assert (results[1]["resource"], results[1]["error"]["code"]) == (None, 9008)


# -- exports


def test_an_export_makes_an_alias_of_the_file(sandbox: Sandbox, web: httpx.Client, volume: str, file: str, bucket: Any):
    job = exported(sandbox, web, file, "out/a.bam", properties={"sse_algorithm": "AES256"})
    assert (job["state"], job["error"], job["source"]) == ("COMPLETED", None, {"file": file})
    assert job["result"]["storage"] == {"type": "VOLUME", "volume": volume, "location": "out/a.bam"}
    assert job["properties"] == {"sse_algorithm": "AES256"}
    assert bucket.get_object(Bucket="lab", Key="out/a.bam")["Body"].read() == b"abc"
    body = {"source": {"file": file}, "destination": {"volume": volume, "location": "again"}}
    assert code_of(web.post("/storage/exports", json=body)) == (400, 9006)


def test_a_copy_leaves_the_file_as_it_is(sandbox: Sandbox, web: httpx.Client, volume: str, file: str):
    for query in ("?copy_only=True", "?copy_only=true"):
        job = exported(sandbox, web, file, f"copy{query[-4:]}", query)
        assert job["result"]["storage"] == {"type": "PLATFORM"}


def test_a_location_that_is_taken_ends_an_export_unless_it_overwrites(
    sandbox: Sandbox, web: httpx.Client, volume: str, file: str
):
    job = exported(sandbox, web, file, "a.txt", "?copy_only=true")
    assert (job["state"], job["error"]["code"]) == ("FAILED", 9107)
    assert exported(sandbox, web, file, "a.txt", "?copy_only=true", overwrite=True)["state"] == "COMPLETED"


def test_what_cannot_be_exported(web: httpx.Client, volume: str, project: str, file: str):
    root = web.get(f"/projects/{project}").json()["root_folder"]

    def refused(source: str, **more: Any) -> tuple[int, int]:
        destination = {"volume": volume, "location": "x", **more}
        return code_of(web.post("/storage/exports", json={"source": {"file": source}, "destination": destination}))

    assert refused(root) == (400, 9006)
    assert refused("none") == (404, 5002)
    assert refused(file, volume="sandbox-user/none") == (404, 9007)
    web.patch(f"/storage/volumes/{volume}", json={"access_mode": "RO"})
    assert refused(file) == (403, 9026)


def test_exports_in_bulk(sandbox: Sandbox, web: httpx.Client, volume: str, file: str):
    items = [
        {"source": {"file": source}, "destination": {"volume": volume, "location": "b"}} for source in (file, "none")
    ]
    results = web.post("/bulk/storage/exports/create?copy_only=True", json={"items": items}).json()["items"]
    assert (results[0]["resource"]["state"], results[1]["error"]["code"]) == ("PENDING", 5002)
    sandbox.finish()
    id = results[0]["resource"]["id"]
    export = web.post("/bulk/storage/exports/get", json={"export_ids": [id]}).json()["items"][0]["resource"]
    assert (export["state"], export["result"]["storage"]["type"]) == ("COMPLETED", "PLATFORM")
    assert [
        export["id"] for export in web.get(f"/storage/exports?volume={volume}&state=COMPLETED").json()["items"]
    ] == [id]


# -- by DRS URI


def test_imports_by_drs_uri_go_through_their_states(sandbox: Sandbox, web: httpx.Client, project: str, file: str):
    sandbox.clock.freeze()
    items = [
        {"drs_uri": f"drs://127.0.0.1/{file}", "project": project, "name": "copy.bam", "metadata": {"k": "v"}},
        {"drs_uri": "drs://drs.example.org/2", "project": project},
        {"drs_uri": f"drs://127.0.0.1/{file}"},
    ]
    job = web.post("/bulk/drs/imports/create", json={"items": items, "tags": ["t"]}).json()
    states = [job["state"]]
    for _ in range(3):
        sandbox.clock.advance(0.17)
        job = web.get(job["href"]).json()
        states.append(job["state"])
    assert states == ["SUBMITTED", "RESOLVING", "RUNNING", "FINISHED"]
    assert job["finished_on"]
    one, *failed = job["result"]
    assert (one["resource"]["name"], one["resource"]["tags"]) == ("copy.bam", ["t"])
    assert one["resource"]["metadata"]["k"] == "v"
    assert [result["error"]["code"] for result in failed] == [9105, 5029]


def test_a_name_that_is_taken_is_skipped_or_overwritten(sandbox: Sandbox, web: httpx.Client, project: str, file: str):
    reference = web.get("/files?dataset=sandbox-user/reference-set&fields=_all").json()["items"][0]
    items = [{"drs_uri": f"drs://127.0.0.1/{reference['id']}", "project": project, "name": "a.bam"}]
    sizes: list[int] = []
    for more in ({}, {"conflict_resolution": "SKIP"}, {"conflict_resolution": "OVERWRITE"}):
        job = web.post("/bulk/drs/imports/create", json={"items": items, **more}).json()
        sandbox.finish()
        resource = web.get(job["href"]).json()["result"][0]["resource"]
        assert resource["id"] == file
        sizes.append(resource["size"])
    assert sizes == [3, 3, reference["size"]]


@pytest.mark.parametrize("resolution", ["SKIP", "OVERWRITE"])
def test_a_folder_is_not_taken_for_the_imported_file(
    sandbox: Sandbox, web: httpx.Client, project: str, file: str, resolution: str
):
    folder = web.post("/files", json={"name": "results", "project": project, "type": "FOLDER"}).json()
    items = [{"drs_uri": f"drs://127.0.0.1/{file}", "project": project, "name": "results"}]
    job = web.post("/bulk/drs/imports/create", json={"items": items, "conflict_resolution": resolution}).json()
    sandbox.finish()
    (one,) = web.get(job["href"]).json()["result"]
    assert (one["error"] or {}).get("code") == 9108
    assert web.get(f"/files/{folder['id']}").json() == folder


def test_files_of_a_public_dataset_are_imported_by_every_user(sandbox: Sandbox, web: httpx.Client, client_of):
    reference = web.get("/files", params={"dataset": "sandbox-user/reference-set"}).json()["items"][0]
    ada = client_of("ada")
    project = ada.post("/projects", json={"name": "Hers"}).json()["id"]
    items = [{"drs_uri": f"drs://127.0.0.1/{reference['id']}", "project": project}]
    job = ada.post("/bulk/drs/imports/create", json={"items": items}).json()
    sandbox.finish()
    (one,) = ada.get(job["href"]).json()["result"]
    assert (one["error"], one["resource"]["name"]) == (None, reference["name"])


def test_drs_imports_belong_to_their_user(web: httpx.Client, client_of, project: str):
    items = [{"drs_uri": "drs://drs.example.org/1", "project": project}]
    job = web.post("/bulk/drs/imports/create", json={"items": items}).json()
    assert code_of(client_of("ada").get(job["href"])) == (404, 9008)
