"""Files from an archive are checked before they get their names: complete, requested, and the right instance."""

import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pydicom", reason="pydicom is not installed: pip install 'omicsdk[dtp]'")

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import FolderBusy, OmicsError, TransferError, UnsafePath
from omicsdk.dtp.config import PacsConfig
from omicsdk.dtp.storage.associations import Checkpoint
from omicsdk.dtp.storage.datasets import FetchJob, StoredFile, Subject
from omicsdk.dtp.storage.dicom import Instance, check_instance, instance_of
from omicsdk.dtp.storage.dicomweb import TAIL, DicomWebStore, unwrap
from omicsdk.dtp.storage.dimse import NOT_UNDERSTOOD, NOT_WANTED, OUT_OF_RESOURCES, STORED, Receiver
from omicsdk.dtp.storage.fetching import DatasetFolder
from omicsdk.transfer import Outcome
from orthanc import image

STUDY, SERIES, SOP = "1.2.3", "1.2.3.1", "1.2.3.1.1"
IMAGE = image(STUDY, SERIES, SOP)


@pytest.fixture
def instance() -> Instance:
    return instance_of(Subject(f"sub-{STUDY}"), SERIES, SOP)


def check(tmp_path: Path, data: bytes, instance: Instance) -> str:
    path = tmp_path / "image"
    path.write_bytes(data)
    return check_instance(path, instance)


def test_an_instance_has_its_place(instance: Instance):
    assert instance.name == "primary/sub-1.2.3/sam-1.2.3.1/1.2.3.1.1.dcm"
    assert instance_of(Subject(STUDY), SERIES, SOP).name == instance.name  # a subject's id may lack its sub-


@pytest.mark.parametrize("uid", ["../1", "1/2", "", "1.2.x", "1" * 65, "1..2", "1.2\n", "١.٢"])
def test_an_invalid_identifier_is_no_name(uid: str):
    with pytest.raises(UnsafePath, match="is not a DICOM identifier"):
        instance_of(Subject(f"sub-{STUDY}"), uid, SOP)
    with pytest.raises(UnsafePath, match="is not a DICOM identifier"):
        instance_of(Subject(f"sub-{STUDY}"), SERIES, uid)


def test_a_whole_instance_is_right(tmp_path: Path, instance: Instance):
    assert "SOPInstanceUID" in check(tmp_path, IMAGE, instance)


@pytest.mark.parametrize("left", [0, 1, 100, 132, 200, 400, len(IMAGE) - 1100, len(IMAGE) - 1000, len(IMAGE) - 1])
def test_an_instance_that_was_cut_is_noticed(tmp_path: Path, instance: Instance, left: int):
    with pytest.raises(TransferError, match=instance.name):
        check(tmp_path, IMAGE[:left], instance)


def test_a_compressed_instance_that_was_cut_is_noticed(tmp_path: Path, instance: Instance):
    data = image(STUDY, SERIES, SOP, compressed=True)
    check(tmp_path, data, instance)
    for cut in (9, 500):
        with pytest.raises(TransferError):
            check(tmp_path, data[:-cut], instance)


@pytest.mark.parametrize(("study", "sop"), [("9.9", SOP), (STUDY, "9.9")])
def test_another_instance_is_refused(tmp_path: Path, instance: Instance, study: str, sop: str):
    with pytest.raises(TransferError, match=f"sent the instance {sop} of the study {study}"):
        check(tmp_path, image(study, SERIES, sop), instance)


def message(part: bytes, boundary: bytes = b"abc", before: bytes = b"") -> bytes:
    head = b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n"
    return before + head + part + b"\r\n--" + boundary + b"--\r\n"


def unwrapped(folder: Path, data: bytes) -> bytes:
    (folder / "message").write_bytes(data)
    return unwrap(folder / "message", folder / "part", "name").read_bytes()


@given(part=st.binary(max_size=200), padding=st.sampled_from([0, TAIL, 70_000]), preamble=st.booleans())
def test_a_part_is_taken_out_of_its_message(tmp_path_factory: pytest.TempPathFactory, part, padding, preamble):
    folder = tmp_path_factory.mktemp("message")
    data = part + bytes(padding) + b"--abc" + part
    assert unwrapped(folder, message(data, before=b"hello\r\n" if preamble else b"")) == data


def test_a_file_without_a_message_around_it_is_the_part(tmp_path: Path):
    assert unwrapped(tmp_path, IMAGE) == IMAGE


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no part"),
        (b"<html>not found</html>", "no part"),
        (b"--abc\r\nContent-Type: application/dicom\r\n", "no part"),
        (message(IMAGE, before=bytes(64 * 1024 - 20) + b"\r\n"), "no part"),
        (message(IMAGE)[:-4], "its end is missing"),
        (message(IMAGE)[:-20], "its end is missing"),
    ],
)
def test_a_message_that_is_not_whole(tmp_path: Path, data: bytes, problem: str):
    with pytest.raises(TransferError, match=problem):
        unwrapped(tmp_path, data)


@pytest.mark.parametrize("wado_uri", ["", "http://127.0.0.1/wado"])
def test_an_instance_gets_its_name_when_it_is_whole(
    tmp_path: Path, instance: Instance, monkeypatch: Any, wado_uri: str
):
    results: list[Any] = []

    def download(items: Any, folder: Path, **_: Any) -> Any:
        folder.mkdir(exist_ok=True)
        (folder / SOP).write_bytes(IMAGE if wado_uri else message(IMAGE))
        return SimpleNamespace(outcomes=[Outcome(item.name, "done") for item in items])

    monkeypatch.setattr("omicsdk.transfer.download", download)
    config = PacsConfig(dicomweb="http://127.0.0.1/dicom-web", method="dicomweb", wado_uri=wado_uri)
    with DatasetFolder(tmp_path) as folder, closing(DicomWebStore(config)) as store:
        store.fetch(FetchJob([instance], folder, lambda _, result: results.append(result), threading.Event()))
        assert list((folder.partial / "http").iterdir()) == []
    assert [outcome.state for outcome in results] == ["done"]
    assert (tmp_path / instance.name).read_bytes() == IMAGE


def sent(sop: str, data: bytes) -> Any:
    """An event of pynetdicom."""
    return SimpleNamespace(request=SimpleNamespace(AffectedSOPInstanceUID=sop), encoded_dataset=lambda: data)


def test_only_what_was_requested_is_taken_and_once(tmp_path: Path, instance: Instance):
    results: list[Outcome | OmicsError] = []
    stop = threading.Event()
    with DatasetFolder(tmp_path) as folder:
        receiver = Receiver(FetchJob([instance], folder, lambda _, result: results.append(result), stop))
        assert receiver.store(sent("9.9", image(STUDY, SERIES, "9.9"))) == NOT_WANTED
        assert receiver.missing([instance]) == [instance]
        assert receiver.store(sent(SOP, IMAGE)) == STORED
        assert receiver.store(sent(SOP, IMAGE)) == NOT_WANTED
        assert receiver.missing([instance]) == []
        receiver.give_up(instance, TransferError("it has come already"))
        stop.set()
        assert receiver.store(sent(SOP, IMAGE)) == OUT_OF_RESOURCES
    assert (tmp_path / instance.name).read_bytes() == IMAGE
    assert len(results) == 1
    assert list(tmp_path.rglob("*.dcm")) == [tmp_path / instance.name]


def test_another_study_s_instance_is_not_put_there(tmp_path: Path, instance: Instance):
    results: list[Outcome | OmicsError] = []
    with DatasetFolder(tmp_path) as folder:
        receiver = Receiver(FetchJob([instance], folder, lambda _, result: results.append(result), threading.Event()))
        assert receiver.store(sent(SOP, image("9.9", SERIES, SOP))) == NOT_UNDERSTOOD
    assert isinstance(results[0], TransferError)
    assert not (tmp_path / instance.name).exists()
    assert list((tmp_path / ".omics-transfer/dtp").iterdir()) == []


def test_a_checkpoint_that_is_closed_lets_no_thread_pass():
    """Else pynetdicom's own thread takes a response that we wait for."""
    passed, over = [0], threading.Event()

    def pass_by() -> None:
        while not over.is_set():
            checkpoint.wait()
            passed[0] += 1

    thread = threading.Thread(target=pass_by)
    checkpoint = Checkpoint(thread)
    checkpoint.set()
    thread.start()
    for _ in range(300):
        checkpoint.clear()
        before = passed[0]
        sum(range(2000))
        assert passed[0] == before
        checkpoint.set()
    over.set()
    checkpoint.set()
    thread.join(60)
    checkpoint.clear()  # the peer has gone, so it is not waited for
    assert not checkpoint.is_set()


def test_a_folder_is_for_one_download_at_a_time(tmp_path: Path):
    with DatasetFolder(tmp_path), pytest.raises(FolderBusy):
        DatasetFolder(tmp_path)
    with DatasetFolder(tmp_path):
        pass


def test_two_names_on_one_path_are_refused(tmp_path: Path):
    with DatasetFolder(tmp_path) as folder:
        folder.check("a/b")
        for name in ("a/b", "a", "a/b/c"):
            with pytest.raises(UnsafePath):
                folder.check(name)


def test_an_invalid_file_is_not_treated_as_one(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with DatasetFolder(tmp_path) as folder:
        assert folder.existing(StoredFile(name="folder")) is None
        assert folder.existing(StoredFile(name="link")) is None
        assert folder.existing(StoredFile(name="nothing/there")) is None
