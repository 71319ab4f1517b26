"""The page's downloads: from Orthanc, and from a stand-in of iRODS."""

import shutil

import pytest
from dtp_page import DATASET, STUDIES
from omicsdk.dtp import Downloader
from orthanc import needs_dicomweb, needs_orthanc, running, study

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash, which isn't there"),
]


@pytest.fixture
def images(reader, tmp_path):
    """The images of both subjects, in an archive that the settings lead to."""
    made = {name: data for root in STUDIES for name, data in study(root, [2]).items()}
    with running(tmp_path) as archive:
        archive.put(*made.values())
        reader.write("workflow.ini", **{"port = 4242": f"port = {archive.port}"})
        reader.write("cmove.ini", **{"port = 4242": f"port = {archive.port}", "11113": str(archive.move_port)})
        reader.write("dicomweb.json", **{"https://archive.example.org": archive.http})
        yield made


@needs_orthanc
def test_images_come_from_a_pacs(reader, images):
    assert "'done': 4" in reader.python("download.py")
    folder = reader.folder / "downloaded" / DATASET
    for name in images:
        assert (folder / name).is_file()
    for name in ("dataset_description", "subjects", "samples", "manifest"):
        assert (folder / f"{name}.xlsx").is_file()


@needs_orthanc
def test_images_come_by_the_command(reader, images):
    assert '"done": 4' in reader.shell("download.sh")
    assert all((reader.folder / "again" / DATASET / name).is_file() for name in images)
    assert (reader.folder / "images.html").is_file()


@pytest.mark.parametrize("settings", ["cmove.ini", pytest.param("dicomweb.json", marks=needs_dicomweb)])
@needs_orthanc
def test_images_come_in_the_other_ways_of_the_settings(reader, images, settings, tmp_path):
    with Downloader(settings, "workflow.ini") as downloader:
        assert downloader.download_dataset(DATASET, tmp_path / "data").counts["done"] == 4
    assert all((tmp_path / "data" / DATASET / name).is_file() for name in images)


def test_files_come_from_irods(reader, monkeypatch):
    pytest.importorskip("irods", reason="python-irodsclient isn't installed: pip install 'omicsdk[dtp]'")
    import irods.session
    from irods_stand_in import Session, StandIn

    zone = StandIn()
    zone.put(f"{DATASET}/primary/sub-{STUDIES[0]}/notes.txt", b"notes")
    monkeypatch.setattr(irods.session, "iRODSSession", lambda **options: Session(zone, options["password"]))
    reader.write("irods.json")
    reader.write("gen3.json", **{"http://127.0.0.1:8080": reader.sandbox.gen3_url})
    reader.within("download_irods.py").downloader.close()
    folder = reader.folder / "from_irods" / DATASET
    assert (folder / f"primary/sub-{STUDIES[0]}/notes.txt").read_bytes() == b"notes"
    assert (folder / "subjects.xlsx").is_file()
