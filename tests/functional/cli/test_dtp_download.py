"""`omics dtp download`: a data set's files from iRODS (a stand-in) and from Orthanc, its metadata from the sandbox's commons."""

import json

import pytest
from dtp_project import DATASET, EXPERIMENT, PROGRAM, PROJECT, case
from orthanc import needs_orthanc, running, study
from service_command import gen3_command

pytestmark = pytest.mark.sandbox
UID = "1.2.826.0.1.3680043.8.498.7"
FILES = {"primary/sub-1/sam-1/a.nrrd": b"a" * 500, "primary/sub-2/b.nrrd": b"b" * 300}


@pytest.fixture
def dtp(omics, omics_sandbox, monkeypatch, tmp_path):
    """Runs `omics dtp` in an empty folder; the commons has a data set of two subjects."""
    for name in ("OMICS_DTP_URL", "OMICS_DTP_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, [EXPERIMENT, case(1, subject_id=f"sub-{UID}"), case(2)])
    return lambda *words, **how: omics("dtp", *words, installed=True, **how)


@pytest.fixture
def work(dtp, tmp_path):
    return tmp_path / "work"


@pytest.fixture
def zone(work, monkeypatch):
    """An iRODS zone that has the data set's files, and settings that refer to it."""
    pytest.importorskip("irods", reason="python-irodsclient isn't installed: pip install 'omicsdk[dtp]'")
    import irods.session
    from irods_stand_in import PASSWORD, ROOT, Session, StandIn

    made = StandIn()
    for name, data in FILES.items():
        made.put(f"{DATASET}/{name}", data)
    monkeypatch.setattr(irods.session, "iRODSSession", lambda **given: Session(made, given["password"]))
    settings = {"host": "irods.example.org", "user": "rods", "password": PASSWORD, "zone": "zone", "project_root": ROOT}
    (work / "irods.json").write_text(json.dumps({f"irods_{name}": value for name, value in settings.items()}))
    (work / "irods.json").chmod(0o600)
    return made


def test_files_come_from_irods_and_metadata_from_the_commons(dtp, zone, work):
    ran = dtp("download", DATASET, "data", "--storage-config", "irods.json", "--program", PROGRAM, "--project", PROJECT)
    assert ran.code == 0
    assert ran.json["counts"] == {"done": 2, "skipped": 0, "failed": 0, "stopped": 0, "metadata": 2}
    for name, data in FILES.items():
        assert (work / "data" / DATASET / name).read_bytes() == data
    assert (work / "data" / DATASET / "subjects.xlsx").is_file()
    assert {each["name"] for each in ran.json["files"]} == set(FILES)
    again = dtp("download", DATASET, "data", "--config", "irods.json", "--report", "r.jsonl")
    assert (again.code, again.json["counts"]["skipped"]) == (0, 2)
    assert (work / "r.jsonl").is_file()


def test_a_file_that_fails_does_not_stop_the_others(dtp, zone, work):
    zone.put(f"{DATASET}/bad.nrrd", b"x", checksum=lambda _: "sha2:" + "A" * 43 + "=")
    ran = dtp("download", DATASET, "--config", "irods.json")
    assert (ran.code, ran.json["counts"]["failed"], ran.json["counts"]["done"]) == (3, 1, 2)
    assert "bad.nrrd" in ran.err
    assert not (work / DATASET / "bad.nrrd").exists()


def test_a_dry_run_lists_the_files_and_writes_nothing(dtp, zone, work):
    before = sorted(work.rglob("*"))
    ran = dtp("download", DATASET, "data", "--config", "irods.json", "--dry-run")
    assert (ran.code, ran.json["counts"]["planned"]) == (0, 2)
    assert {(row["target"], row["size"], row["checksum"]) for row in ran.json["files"]} == {
        (str(work / "data" / DATASET / name), len(data), "sha256") for name, data in FILES.items()
    }
    assert sorted(work.rglob("*")) == before


def test_what_cannot_begin_states_why(dtp, zone, work, monkeypatch):
    nowhere = dtp("download", DATASET)
    assert (nowhere.code, "--config" in nowhere.err) == (2, True)
    gone = dtp("download", "gone", "--config", "irods.json")
    assert (gone.code, "gone" in gone.err) == (1, True)
    assert dtp("download", DATASET, "--config", "irods.json", "--storage", "pacs").code == 2
    (work / "both.json").write_text(json.dumps({"storage": "irods", **json.loads((work / "irods.json").read_text())}))
    contrary = dtp("download", DATASET, "--config", "both.json", "--storage", "pacs")
    assert (contrary.code, "both.json has irods" in contrary.err) == (2, True)
    assert dtp("download", DATASET, "--config", "irods.json", "--report", "r.pdf").code == 2
    zone.down = "Could not connect"
    down = dtp("download", DATASET, "--config", "irods.json")
    assert (down.code, "irods.example.org" in down.err) == (1, True)
    settings = json.loads((work / "irods.json").read_text())
    zone.down = ""
    (work / "irods.json").write_text(json.dumps({**settings, "irods_password": "wrong"}))
    refused = dtp("download", DATASET, "--config", "irods.json")
    assert (refused.code, "wrong" in refused.err) == (4, False)


def test_without_a_login_only_files_come(dtp, zone, work, monkeypatch):
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    ran = dtp("download", DATASET, "--config", "irods.json")
    assert (ran.code, ran.json["metadata"]) == (0, [])
    assert "metadata is left out" in ran.err


@needs_orthanc
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a socket that pynetdicom leaves open
def test_images_come_from_a_pacs(dtp, work, tmp_path, omics_sandbox):
    images = study(UID, [2])
    with running(tmp_path) as archive:
        archive.put(*images.values())
        (work / "workflow.ini").write_text(
            f"[gen3]\nendpoint = {omics_sandbox.gen3_url}\nprogram = {PROGRAM}\nproject = {PROJECT}\n"
            f"[pacs]\nip = 127.0.0.1\nport = {archive.port}\naec = ORTHANC\naet = OMICSDK\n"
        )
        ran = dtp("download", DATASET, "data", "--config", "workflow.ini")
    # the second subject has no images in the archive
    assert (ran.code, ran.json["counts"]["done"], "sub-2" in ran.err) == (3, 2, True)
    for name in images:
        assert (work / "data" / DATASET / name).is_file()
    down = dtp("download", DATASET, "data", "--config", "workflow.ini")
    assert (down.code, "127.0.0.1" in down.err) == (1, True)
