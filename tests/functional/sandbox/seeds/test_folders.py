"""A folder's files, put into each platform, exist as if a user had uploaded them by its API."""

import errno
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.storage import Files
from omicsdk.sandbox.s3.staging import Staging, objects_below
from omicsdk.sandbox.state.objects import StoredObject
from omicsdk.sandbox.upload import BUCKET

NAMES = ["cell_suspension_0.json", "empty.txt", "links.json", "reads/r1.fastq.gz"]
READS = bytes(range(256)) * 400


@pytest.fixture
def client(sandbox: Sandbox):
    with httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True) as client:
        yield client


def test_an_upload_area_has_them_with_their_checksums(sandbox: Sandbox, folder: Path, client: httpx.Client):
    made = sandbox.seed(folder, service="upload")
    assert made["files"] == NAMES
    area = made["area"].rstrip("/").rpartition("/")[2]
    for name in NAMES:
        description = client.get(f"/upload/v1/area/{area}/{quote(name, safe='')}").json()
        assert description["checksums"]["sha256"] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert "reads/r1.fastq.gz" in client.get(f"/_sandbox/pages/contents/upload/area-files?of={area}").text
    assert ">4</td>" in client.get("/_sandbox/pages/contents/upload/areas").text


def test_a_project_of_seven_bridges_has_them_in_folders(sandbox: Sandbox, folder: Path, client: httpx.Client):
    first, second = sandbox.seed(folder, service="sb"), sandbox.seed(folder, service="sb")
    assert (first["project"], second["project"]) == ("sandbox-user/bundle", "sandbox-user/bundle_1")
    client.headers["X-SBG-Auth-Token"] = sandbox.sb_token
    assert client.get(f"/sb/v2/projects/{first['project']}").json()["permissions"]["admin"]
    top = client.get("/sb/v2/files", params={"project": first["project"]}).json()["items"]
    assert sorted(item["name"] for item in top) == ["cell_suspension_0.json", "empty.txt", "links.json", "reads"]
    [reads] = [item for item in top if item["name"] == "reads"]
    [inside] = client.get(f"/sb/v2/files/{reads['id']}/list").json()["items"]
    url = client.get(f"/sb/v2/files/{inside['id']}/download_info").json()["url"]
    assert client.get(url, headers={"X-SBG-Auth-Token": ""}).content == READS


@pytest.mark.parametrize("service", ["sb", "crunch"])
def test_a_project_is_called_as_the_folder_however_that_is_named(sandbox: Sandbox, folder: Path, service: str):
    assert sandbox.seed(folder / "reads" / "..", service=service)["project"].rpartition("/")[2] == "bundle"


def test_a_file_that_grows_while_it_is_read_has_the_size_of_its_bytes(
    sandbox: Sandbox, folder: Path, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    put_file = sandbox.context.objects.put_file

    def growing(path: Path) -> StoredObject:
        stored = put_file(path)
        with path.open("ab") as file:
            file.write(b"more")
        return stored

    monkeypatch.setattr(sandbox.context.objects, "put_file", growing)
    project = sandbox.seed(folder, service="sb")["project"]
    client.headers["X-SBG-Auth-Token"] = sandbox.sb_token
    items = client.get("/sb/v2/files", params={"project": project, "name": "empty.txt", "fields": "_all"}).json()[
        "items"
    ]
    assert [item["size"] for item in items] == [0]


def test_a_commons_has_records_and_bytes(sandbox: Sandbox, folder: Path, client: httpx.Client):
    made = sandbox.seed(folder, service="gen3")["files"]
    assert sorted(made) == NAMES
    record = client.get(f"/index/index/{made['reads/r1.fastq.gz']}").json()
    assert (record["size"], record["file_name"]) == (len(READS), "reads/r1.fastq.gz")
    signed = client.get(f"/user/data/download/{made['reads/r1.fastq.gz']}").json()["url"]
    assert client.get(signed).content == READS


def test_a_crunch_project_has_a_dataset_for_each_folder(sandbox: Sandbox, folder: Path, client: httpx.Client):
    (folder / "workflow").write_text("#!/bin/sh\nwc -c *")
    made = sandbox.seed(folder, service="crunch")
    assert made == {"project": "bundle", "datasets": {"bundle:reads": ["r1.fastq.gz"]}}
    client.headers["Authorization"] = f"Token {sandbox.crunch_token}"
    dataset = client.get("/crunch/api/datasets/bundle:reads/").json()
    path = sandbox.crunch.storage / dataset["base_file_path"] / "r1.fastq.gz"
    assert path.read_bytes() == READS
    assert client.get("/crunch/api/projects/bundle/").json()["workflow"] == "#!/bin/sh\nwc -c *"
    with pytest.raises(ValueError, match="'bundle' already"):
        sandbox.seed(folder, service="crunch")


def test_a_library_of_pangea_has_a_sample_for_each_folder(sandbox: Sandbox, folder: Path, client: httpx.Client):
    (folder / "reads" / "metadata.json").write_text('{"city": "Oslo"}')
    (folder / "reads" / "kraken").mkdir()
    (folder / "reads" / "kraken" / "report.json").write_text("[1, 2]")
    made = sandbox.seed(folder, service="pangea")
    assert (made["samples"], made["left"]) == (
        ["reads"],
        ["cell_suspension_0.json", "empty.txt", "links.json", "reads/r1.fastq.gz"],
    )
    [sample] = client.get(f"/pangea/api/sample_groups/{made['library']}/samples").json()["results"]
    assert (sample["name"], sample["metadata"]) == ("reads", {"city": "Oslo"})
    [result] = client.get("/pangea/api/sample_ars", params={"sample_id": sample["uuid"]}).json()["results"]
    assert result["module_name"] == "kraken"
    [field] = client.get("/pangea/api/sample_ar_fields", params={"analysis_result_id": result["uuid"]}).json()[
        "results"
    ]
    assert (field["name"], field["stored_data"]) == ("report", [1, 2])
    with pytest.raises(ValueError, match="'bundle' already"):
        sandbox.seed(folder, service="pangea")


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("upload", "has no files"),
        ("sb", "has no files"),
        ("gen3", "has no files"),
        ("crunch", "has no folders"),
        ("x", "no service 'x'"),
    ],
)
def test_a_folder_that_has_nothing_is_reported_and_makes_nothing(sandbox: Sandbox, tmp_path: Path, service, words):
    (tmp_path / "bare").mkdir()
    before = sandbox.contents()
    with pytest.raises(ValueError, match=words):
        sandbox.seed(tmp_path / "bare", service=service)
    with pytest.raises(ValueError, match="is not a folder"):
        sandbox.seed(tmp_path / "nothing", service="sb")
    after = sandbox.contents()
    assert {**after, "upload": 0} == {**before, "upload": 0}


def test_metadata_that_is_not_json_is_reported_and_makes_nothing(sandbox: Sandbox, folder: Path):
    (folder / "reads" / "metadata.json").write_text("{")
    before = sandbox.contents()
    with pytest.raises(ValueError, match=r"metadata\.json is not JSON"):
        sandbox.seed(folder, service="pangea")
    assert sandbox.contents() == before


def _everything(sandbox: Sandbox) -> dict[str, object]:
    files = [path for path in sandbox.crunch.storage.rglob("*") if path.is_file()]
    return {
        **sandbox.contents(),
        "crunch's files": sorted(files),
        "objects": [object_.name for object_ in objects_below(BUCKET, "")],
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the system refuses such names")
@pytest.mark.parametrize("service", ["upload", "sb", "gen3", "crunch", "pangea"])
def test_a_file_whose_name_cannot_be_sent_is_reported_and_nothing_is_made(sandbox: Sandbox, folder: Path, service: str):
    (folder / "reads" / os.fsdecode(b"r\xff.fastq")).write_bytes(READS)
    before = _everything(sandbox)
    with pytest.raises(ValueError, match="is not UTF-8"):
        sandbox.seed(folder, service=service)
    assert _everything(sandbox) == before


def test_a_file_that_s3_refuses_leaves_no_area(sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch):
    put = Staging.put

    def refusing(staging: Staging, bucket: str, key: str, path: str, content_type: str) -> bool:
        return not key.endswith("links.json") and put(staging, bucket, key, path, content_type)

    monkeypatch.setattr(Staging, "put", refusing)
    before = _everything(sandbox)
    with pytest.raises(ValueError, match=r"takes no file of the name 'links\.json'"):
        sandbox.seed(folder, service="upload")
    assert _everything(sandbox) == before


def test_a_record_that_is_refused_leaves_none(sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch):
    enter = Files.enter

    def entered(files: Files, url: str, content: StoredObject, md5: str) -> None:
        if url.endswith("links.json"):
            raise ValueError("no more")
        enter(files, url, content, md5)

    monkeypatch.setattr(Files, "enter", entered)
    before = _everything(sandbox)
    with pytest.raises(ValueError, match="no more"):
        sandbox.seed(folder, service="gen3")
    assert _everything(sandbox) == before


def test_a_dataset_with_its_projects_name_is_reported_and_nothing_is_made(sandbox: Sandbox, folder: Path):
    (folder / "reads").rename(folder / folder.name)
    before = _everything(sandbox)
    with pytest.raises(ValueError, match="one of its datasets would be called 'bundle'"):
        sandbox.seed(folder, service="crunch")
    assert _everything(sandbox) == before


def test_a_site_whose_disk_is_full_has_nothing_of_a_project(
    sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = _everything(sandbox)
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        sandbox.seed(folder, service="crunch")
    assert _everything(sandbox) == before


def test_by_the_control_api(sandbox: Sandbox, folder: Path, client: httpx.Client, tmp_path: Path):
    response = client.post("/_sandbox/seed", json={"folder": str(folder), "service": "sb"})
    assert response.json()["project"] == "sandbox-user/bundle"
    assert client.post("/_sandbox/seed", json={"folder": str(folder), "service": "x"}).status_code == 400
    assert client.post("/_sandbox/seed", json={"exchanges": "x.jsonl"}).status_code == 400
    assert client.post("/_sandbox/seed", json={"exchanges": str(tmp_path / "x.jsonl")}).status_code == 400
    (tmp_path / "y.jsonl").write_text(
        json.dumps({"request": {"method": "GET", "path": "/"}, "response": {"status": 404}})
    )
    left = client.post("/_sandbox/seed", json={"exchanges": str(tmp_path / "y.jsonl")}).json()
    assert left == {"taken": {}, "left": {"exchanges that were refused": 1}}
