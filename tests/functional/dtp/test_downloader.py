"""`Downloader`: a data set whole, its files from Orthanc or iRODS and its metadata from the sandbox's commons."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pynetdicom", reason="pynetdicom is not installed: pip install 'omicsdk[dtp]'")
pytest.importorskip("irods", reason="python-irodsclient is not installed: pip install 'omicsdk[dtp]'")

from dtp_project import DATASET, EXPERIMENT, PROGRAM, PROJECT, case, login
from irods_stand_in import PASSWORD, StandIn, config
from omicsdk.core import ConfigError, MissingExtra, UnsafePath
from omicsdk.dtp import Downloader, SdsError
from omicsdk.dtp.metadata import DatasetRecords
from omicsdk.dtp.storage.datasets import UnknownDataset
from omicsdk.dtp.storage.irods import IrodsStore
from omicsdk.gen3 import Gen3UserError
from omicsdk.transfer import Control, TransferFailed
from omicsdk.transfer.engine.options import InvalidOption
from openpyxl import load_workbook
from orthanc import Orthanc, needs_dicomweb, needs_orthanc, study

pytestmark = pytest.mark.sandbox
STUDIES = ("1.2.826.0.1.3680043.10.999.7", "1.2.826.0.1.3680043.10.999.8")
DESCRIPTION: dict[str, Any] = {
    "type": "dataset_description",
    "submitter_id": f"{DATASET}-dataset_description",
    "experiments": [{"submitter_id": DATASET}],
    **{
        name: ["x"]
        for name in (
            "metadata_version",
            "dataset_type",
            "subtitle",
            "keywords",
            "study_purpose",
            "study_data_collection",
            "study_primary_conclusion",
            "study_organ_system",
            "study_approach",
            "study_technique",
            "contributor_name",
            "contributor_orcid",
            "contributor_affiliation",
            "contributor_role",
            "identifier_description",
            "relation_type",
            "identifier",
            "identifier_type",
        )
    },
    "title": ["Two hearts", "and more"],
    "number_of_subjects": [2],
    "number_of_samples": [0],
}


def manifest(name: str, dataset: str = DATASET) -> dict[str, Any]:
    return {
        "type": "manifest",
        "submitter_id": f"{dataset}-manifest-{name}",
        "experiments": [{"submitter_id": dataset}],
        "filename": name,
        "timestamp": "2026-01-01",
        "description": "an image",
        "file_type": "dcm",
    }


@pytest.fixture
def commons(omics_sandbox, monkeypatch, tmp_path):
    """Settings of a commons that has the data set with two studies, and another one."""
    auth = login(omics_sandbox, monkeypatch, tmp_path)
    other = {**EXPERIMENT, "submitter_id": "dataset-2"}
    subjects = [case(number, subject_id=f"sub-{uid}") for number, uid in enumerate(STUDIES, 1)]
    of_other = {**case(9), "submitter_id": "dataset-2-sub-9", "experiments": [{"submitter_id": "dataset-2"}]}
    dataset_records = [DESCRIPTION, manifest("a.dcm"), manifest("b.dcm")]
    records = [*subjects, *dataset_records, other, of_other, manifest("c.dcm", "dataset-2")]
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, records)
    path = tmp_path / "gen3.json"
    settings = {"gen3_endpoint": auth.endpoint, "gen3_cred_file": str(tmp_path / "credentials.json")}
    path.write_text(json.dumps(settings))
    return path


@pytest.fixture
def archive(empty_archive: Orthanc) -> Orthanc:
    empty_archive.put(*study(STUDIES[0], [2]).values(), *study(STUDIES[1], [1]).values())
    return empty_archive


def pacs(archive: Orthanc, folder: Path, **more: Any) -> Path:
    """A settings file of old, and what there is besides."""
    path = folder / "pacs.json"
    values = {"pacs_ip": "127.0.0.1", "pacs_port": archive.port, "pacs_aec": "ORTHANC", "pacs_aet": "OMICSDK", **more}
    path.write_text(json.dumps(values))
    return path


def names(folder: Path) -> list[str]:
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if path.parts[0] != ".omics-transfer")


def cells(path: Path) -> list[list[Any]]:
    book = load_workbook(path, read_only=True)
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    return rows


IMAGES = sorted([*study(STUDIES[0], [2]), *study(STUDIES[1], [1])])
SHEETS = ["dataset_description.xlsx", "experiment.json", "manifest.xlsx", "subjects.xlsx"]


@needs_orthanc
@pytest.mark.parametrize(
    "method",
    [
        {},
        {"pacs_method": "cmove"},
        pytest.param({"pacs_method": "dicomweb"}, marks=needs_dicomweb),
    ],
    ids=["cget", "cmove", "dicomweb"],
)
def test_images_and_metadata_lie_as_the_structure_states(commons, archive, tmp_path, method):
    if method.get("pacs_method") == "cmove":
        method["pacs_move_port"] = archive.move_port
    if method.get("pacs_method") == "dicomweb":
        method["pacs_dicomweb"] = archive.dicomweb
    downloader = Downloader(str(pacs(archive, tmp_path, **method)), str(commons))
    report = downloader.download_dataset(DATASET, str(tmp_path / "data"))
    folder = tmp_path / "data" / DATASET
    assert names(folder) == sorted([*IMAGES, *SHEETS])
    assert (report.counts, len(report.metadata)) == ({"done": 3, "skipped": 0, "failed": 0, "stopped": 0}, 4)
    assert (report, report.folder) == (downloader.report, folder)
    header, *subjects = cells(folder / "subjects.xlsx")
    assert [row[header.index("subject id")] for row in subjects] == [f"sub-{uid}" for uid in STUDIES]
    header, *rows = cells(folder / "manifest.xlsx")
    assert sorted(row[header.index("filename")] for row in rows) == ["a.dcm", "b.dcm"]
    titles = [row for row in cells(folder / "dataset_description.xlsx") if str(row[0]).strip() == "Title"]
    assert titles[0][3:5] == ["Two hearts", "and more"]
    experiment = json.loads((folder / "experiment.json").read_text())
    assert (experiment["submitter_id"], experiment["type"]) == (DATASET, "experiment")
    downloader.close()


@needs_orthanc
def test_the_same_call_continues_after_a_failure(commons, archive, tmp_path):
    archive.delete(Path(IMAGES[-1]).stem)  # its only image: the archive has no such study then
    with Downloader(pacs(archive, tmp_path), commons) as downloader:
        with pytest.raises(TransferFailed, match=f"The archive has no study {STUDIES[1]}") as caught:
            downloader.download_dataset(DATASET, tmp_path)
        assert downloader.report is not None
        assert caught.value.report is downloader.report
        assert (downloader.report.counts, len(downloader.report.metadata)) == (
            {"done": 2, "skipped": 0, "failed": 1, "stopped": 0},
            4,
        )
        archive.put(*study(STUDIES[1], [1]).values())
        report = downloader.download_dataset(DATASET, tmp_path)
    assert (report.counts, len(report.metadata)) == ({"done": 1, "skipped": 2, "failed": 0, "stopped": 0}, 4)
    assert json.dumps(report.summary())


@needs_orthanc
def test_several_failures_are_reported_together(commons, archive, tmp_path):
    archive.empty()
    downloader = Downloader(pacs(archive, tmp_path), commons)
    with pytest.raises(TransferFailed, match="2 of 2 files failed"):
        downloader.download_dataset(DATASET, tmp_path)
    assert downloader.download_dataset(DATASET, tmp_path, check=False).counts["failed"] == 2


@needs_orthanc
def test_one_ini_file_for_everything(commons, archive, tmp_path):
    gen3 = json.loads(commons.read_text())
    ini = tmp_path / "all.ini"
    ini.write_text(
        f"[gen3]\nendpoint = {gen3['gen3_endpoint']}\ncred_file = credentials.json\nprogram = {PROGRAM}\n"
        f"project = {PROJECT}\n[pacs]\nip = 127.0.0.1\nport = {archive.port}\naec = ORTHANC\naet = OMICSDK\n"
    )
    assert Downloader(ini).download_dataset(DATASET, tmp_path / "data").ok


@pytest.fixture
def irods() -> StandIn:
    zone = StandIn()
    zone.put(f"{DATASET}/primary/sub-1/sam-1/a.nrrd", b"a" * 100)
    zone.put(f"{DATASET}/subjects.xlsx", b"the data set's own")
    return zone


def of_irods(zone: StandIn) -> IrodsStore:
    return IrodsStore(config(), open_session=zone.opener())


IRODS = {
    "irods_host": "irods.example.org",
    "irods_port": 1247,
    "irods_user": "rods",
    "irods_password": PASSWORD,
    "irods_zone": "zone",
    "irods_project_root": "/zone/home/project",
}


def test_irods_has_the_files_and_the_commons_what_is_missing(commons, irods, tmp_path):
    downloader = Downloader(IRODS, commons, "irods", store=of_irods(irods))
    report = downloader.download_dataset(DATASET, tmp_path / "data")
    folder = tmp_path / "data" / DATASET
    assert names(folder) == sorted(["primary/sub-1/sam-1/a.nrrd", "subjects.xlsx", "subjects.json", *SHEETS[:-1]])
    assert (folder / "subjects.xlsx").read_bytes() == b"the data set's own"  # what the store has is not replaced
    assert [record["type"] for record in json.loads((folder / "subjects.json").read_text())] == ["case", "case"]
    assert (report.counts, len(report.metadata)) == ({"done": 2, "skipped": 0, "failed": 0, "stopped": 0}, 4)
    assert downloader.download_dataset(DATASET, tmp_path / "data").counts["skipped"] == 2


def test_metadata_replaces_no_file_of_the_store(commons, irods, tmp_path, caplog):
    for name in ("experiment.json", "subjects.json"):
        irods.put(f"{DATASET}/{name}", b"the data set's own")
    for _ in range(2):
        downloader = Downloader(IRODS, commons, "irods", store=of_irods(irods))
        report = downloader.download_dataset(DATASET, tmp_path)
        for name in ("experiment.json", "subjects.json"):
            assert (tmp_path / DATASET / name).read_bytes() == b"the data set's own"
        assert not {"experiment.json", "subjects.json"} & {file.name for file in report.metadata}
    assert "experiment.json is the store's file" in caplog.text


def test_irods_without_a_commons(irods, tmp_path, caplog):
    report = Downloader(IRODS, data_storage_type="irods", store=of_irods(irods)).download_dataset(DATASET, tmp_path)
    assert report.metadata == ()
    assert names(tmp_path / DATASET) == ["primary/sub-1/sam-1/a.nrrd", "subjects.xlsx"]
    assert "metadata is left out" in caplog.text


def test_a_sheet_that_cannot_be_written_becomes_json(commons, omics_sandbox, irods, tmp_path):
    too_long = {**manifest("d.dcm"), "description": "x" * 40_000}
    omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, [too_long])
    report = Downloader(IRODS, commons, "irods", store=of_irods(irods)).download_dataset(DATASET, tmp_path)
    assert report.ok
    rows = json.loads((tmp_path / DATASET / "manifest.json").read_text())
    assert len(rows) == 3
    assert not (tmp_path / DATASET / "manifest.xlsx").exists()


@pytest.mark.parametrize("version", ["2.0", ""])
def test_a_version_without_known_headers_is_refused(commons, irods, version):
    with pytest.raises(SdsError, match=f"Version '{version}' of the SDS is not supported"):
        Downloader(IRODS, commons, "irods", version=version, store=of_irods(irods))


def test_an_unknown_data_set_names_the_nearest(commons, irods, tmp_path):
    downloader = Downloader(IRODS, commons, "irods", store=of_irods(irods))
    with pytest.raises(
        UnknownDataset, match=r"There is no data set 'dataset-12L_1-version-2' .*Did you mean 'dataset-12L"
    ):
        downloader.download_dataset("dataset-12L_1-version-2", tmp_path / "data")
    with pytest.raises(UnknownDataset, match=r"There is no data set '\"\) { id } x'"):
        downloader.download_dataset('") { id } x', tmp_path / "data")
    with pytest.raises((UnsafePath, UnknownDataset)):
        downloader.download_dataset(f"../{DATASET}", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_collection_that_does_not_exist(commons, tmp_path):
    downloader = Downloader(IRODS, commons, "irods", store=of_irods(StandIn()))
    with pytest.raises(UnknownDataset, match=f"No collection /zone/home/project/{DATASET} in iRODS"):
        downloader.download_dataset(DATASET, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_data_sets_of_one_name_in_two_projects(commons, omics_sandbox, irods, tmp_path):
    omics_sandbox.gen3.records.seed(PROGRAM, "other", [{**EXPERIMENT, "projects": [{"code": "other"}]}])
    downloader = Downloader(IRODS, commons, "irods", store=of_irods(irods))
    with pytest.raises(
        Gen3UserError, match=r"several data sets 'dataset-12L_1-version-1'.*gen3_program and gen3_project"
    ):
        downloader.download_dataset(DATASET, tmp_path)
    settings = {**json.loads(commons.read_text()), "gen3_program": PROGRAM, "gen3_project": PROJECT}
    report = Downloader(IRODS, settings, "irods", store=of_irods(irods)).download_dataset(DATASET, tmp_path)
    assert report.ok
    experiment = json.loads((tmp_path / DATASET / "experiment.json").read_text())
    assert experiment["project_id"] == f"{PROGRAM}-{PROJECT}"


def test_an_archive_needs_a_commons():
    with pytest.raises(ConfigError, match=r"A commons is needed .*gen3_config"):
        Downloader({"pacs_ip": "127.0.0.1", "pacs_port": 4242})


@pytest.mark.parametrize(
    ("settings", "module"),
    [
        (IRODS, "irods.session"),
        ({"pacs_ip": "127.0.0.1"}, "pynetdicom"),
        ({"pacs_dicomweb": "http://127.0.0.1/dicom-web"}, "pydicom"),
    ],
)
def test_what_is_not_installed_is_reported_before_anything_starts(settings, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[dtp\]"):
        Downloader(settings, {"gen3_endpoint": "https://commons.example.org"})


def test_subjects_of_the_same_study_are_fetched_once():
    records = [{"subject_id": subject, "submitter_id": subject} for subject in ("sub-1.2", "1.2", "sub-1.3")]
    subjects = DatasetRecords(DATASET, {"case": records}).subjects
    assert [subject.subject_id for subject in subjects] == ["sub-1.2", "sub-1.3"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("connections", 2), ("retries", 1), ("limit_rate", "1M"), ("max_wait", 5), ("control", Control(rate_limit=9))],
)
def test_what_the_libraries_of_stores_cannot_follow_is_refused(irods, tmp_path, option, value):
    downloader = Downloader(IRODS, data_storage_type="irods", store=of_irods(irods))
    name = "limit_rate" if option == "control" else option
    with pytest.raises(InvalidOption, match=f"{name} cannot be set: libraries read files from PACS and iRODS"):
        downloader.download_dataset(DATASET, tmp_path / "data", **{option: value})
    assert not (tmp_path / "data").exists()
