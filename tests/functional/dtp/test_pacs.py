"""Data sets in a DICOM archive: Debian's Orthanc, asked by C-FIND and C-GET, C-MOVE, and DICOMweb."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from socketserver import StreamRequestHandler, TCPServer
from typing import Any

import httpx
import pytest

pytest.importorskip("pynetdicom", reason="pynetdicom is not installed: pip install 'omicsdk[dtp]'")

from claimed_ports import free_port
from omicsdk.core import (
    NO_RETRY,
    AuthError,
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    ManualClock,
    OmicsError,
    TransferError,
    TransportError,
)
from omicsdk.dtp.config import PacsConfig
from omicsdk.dtp.storage.associations import FIND, Archive
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, FetchJob, Subject
from omicsdk.dtp.storage.dicomweb import DicomWebStore
from omicsdk.dtp.storage.dimse import DimseStore
from omicsdk.dtp.storage.fetching import fetch_dataset
from omicsdk.transfer import TransferFailed, TransferOptions
from orthanc import Orthanc, image, needs_dicomweb, needs_orthanc, running, study
from pydicom import dcmread
from pynetdicom import association, evt
from pynetdicom.presentation import build_context
from quiet_server import QuietHandler, serving

pytestmark = pytest.mark.tried(
    "data sets by C-FIND with C-GET or C-MOVE, DICOMweb and WADO-URI: verified, resumed, compressed images, titles, logins, failures"
)
STUDY = "1.2.826.0.1.3680043.10.999.1"
# pynetdicom leaves it to the garbage collector to close a socket whose connection failed.
LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
EMPTY = {"done": 0, "skipped": 0, "failed": 0, "stopped": 0}
DIMSE = [pytest.param("cget", marks=needs_orthanc), pytest.param("cmove", marks=needs_orthanc)]
WEB = [pytest.param("dicomweb", marks=needs_dicomweb), pytest.param("wado-uri", marks=needs_dicomweb)]


@pytest.fixture
def archive(empty_archive: Orthanc) -> Orthanc:
    return empty_archive


def store_of(archive: Orthanc, method: str, *, connections: int = 2, **more: Any) -> Any:
    if method in ("dicomweb", "wado-uri"):
        uri = f"{archive.http}/wado" if method == "wado-uri" else ""
        return DicomWebStore(
            archive.config(method="dicomweb", wado_uri=uri, **more), retry=NO_RETRY, connections=connections
        )
    return DimseStore(archive.config(method=method, **more), clock=ManualClock(), connections=connections)


@pytest.fixture
def get(archive: Orthanc, tmp_path: Path) -> Callable[..., DatasetReport]:
    def fetched(method: str, *subjects: str, stop: threading.Event | None = None, **more: Any) -> DatasetReport:
        store = store_of(archive, method, **more)
        try:
            cases = tuple(Subject(subject_id) for subject_id in subjects or (f"sub-{STUDY}",))
            return fetch_dataset(store, Dataset("ds", cases), tmp_path, options=TransferOptions(stop=stop))
        finally:
            store.close()

    return fetched


def images(folder: Path) -> dict[str, Any]:
    """Every image of a data set, by its place."""
    return {path.relative_to(folder).as_posix(): dcmread(path) for path in folder.rglob("*.dcm")}


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_the_instances_of_a_subject_lie_in_its_folder(get, archive: Orthanc, method: str, tmp_path: Path):
    put = study(STUDY, [3, 2])
    archive.put(*put.values(), image("1.2.3", "1.2.3.1", "1.2.3.1.1"))  # another's study stays where it is
    report = get(method)
    assert report.counts == {**EMPTY, "done": 5}
    there = images(tmp_path / "ds")
    assert sorted(there) == sorted(put)
    for name, stored_image in there.items():
        assert str(stored_image.SOPInstanceUID) == Path(name).stem
        assert len(stored_image.PixelData) == 1024
        assert f"sam-{stored_image.SeriesInstanceUID}" in name
    assert {file.verified for file in report.files} == {"SOPInstanceUID, StudyInstanceUID, length"}
    assert not (tmp_path / "ds/.omics-transfer/dtp").exists()  # nothing is left beside


@pytest.mark.parametrize("method", WEB)
def test_http_gives_the_very_bytes(get, archive: Orthanc, method: str, tmp_path: Path):
    put = study(STUDY, [2])
    archive.put(*put.values())
    get(method)
    assert {name: (tmp_path / "ds" / name).read_bytes() for name in put} == put


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_images_stay_compressed(get, archive: Orthanc, method: str, tmp_path: Path):
    archive.put(image(STUDY, f"{STUDY}.1", f"{STUDY}.1.1"), image(STUDY, f"{STUDY}.1", f"{STUDY}.1.2", compressed=True))
    assert get(method).ok
    forms = {
        stored_image.file_meta.TransferSyntaxUID.is_compressed for stored_image in images(tmp_path / "ds").values()
    }
    assert forms == {False, True}


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_only_what_is_missing_or_wrong_is_fetched_again(get, archive: Orthanc, method: str, tmp_path: Path):
    put = sorted(study(STUDY, [4]).items())
    archive.put(*(data for _, data in put))
    get(method)
    first, second = (tmp_path / "ds" / put[number][0] for number in (0, 1))
    good = second.read_bytes()
    first.unlink()
    second.write_bytes(b"?" * len(good))
    (tmp_path / "ds" / put[2][0]).touch()  # another time says nothing: its bytes are what they were
    report = get(method)
    assert report.counts == {**EMPTY, "done": 2, "skipped": 2}
    assert second.read_bytes() == good
    assert get(method).counts == {**EMPTY, "skipped": 4}


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_a_subject_without_images_stops_no_other(get, archive: Orthanc, method: str):
    archive.put(*study(STUDY, [1]).values())
    report = get(method, "sub-1.2.3.4", "sub-left-hand", f"sub-{STUDY}")
    assert report.counts == {**EMPTY, "done": 1, "failed": 2}
    messages = [str(file.error) for file in report.failed]
    assert "no study 1.2.3.4. Check subject_id in the commons" in messages[0]
    assert "'sub-left-hand' has no images: its id is not a StudyInstanceUID" in messages[1]


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_an_instance_that_is_gone_when_its_turn_comes(archive: Orthanc, method: str, tmp_path: Path):
    put = study(STUDY, [3])
    archive.put(*put.values())
    store = store_of(archive, method)
    listed = store.files

    def then_deleted(dataset: Dataset):
        yield from list(listed(dataset))
        archive.delete(f"{STUDY}.1.2")

    store.files = then_deleted
    report = fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    store.close()
    assert report.counts == {**EMPTY, "done": 2, "failed": 1}
    (failed,) = report.failed
    assert failed.name.endswith(f"{STUDY}.1.2.dcm")
    assert sorted(images(tmp_path / "ds")) == sorted(name for name in put if name != failed.name)


@pytest.mark.parametrize("method", DIMSE)
def test_many_instances_are_requested_in_several_requests(get, archive: Orthanc, method: str):
    archive.put(*study(STUDY, [60]).values())
    assert get(method).counts == {**EMPTY, "done": 60}


@pytest.mark.parametrize("method", DIMSE + WEB)
def test_stopped_and_gone_on_with(get, archive: Orthanc, method: str):
    archive.put(*study(STUDY, [3]).values())
    stop = threading.Event()
    stop.set()
    report = get(method, stop=stop)
    assert report.counts == {**EMPTY, "stopped": 3}
    assert "stopped" in report.why_stopped
    assert get(method).counts == {**EMPTY, "done": 3}


@LEFT_OPEN
@pytest.mark.parametrize("method", ["cget", "cmove"])
def test_an_archive_that_is_down(method: str, tmp_path: Path):
    config = PacsConfig(ip="127.0.0.1", port=free_port(), aec="ORTHANC", aet="OMICSDK", method=method)
    with pytest.raises(
        ConnectFailed, match=r"The archive ORTHANC at 127\.0\.0\.1:\d+ does not respond\. Check pacs_ip"
    ):
        fetch_dataset(DimseStore(config), Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_dicomweb_that_is_down(tmp_path: Path):
    config = PacsConfig(dicomweb=f"http://127.0.0.1:{free_port()}/dicom-web", method="dicomweb")
    with closing(DicomWebStore(config, retry=NO_RETRY)) as store, pytest.raises(TransportError):
        fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    assert list(tmp_path.iterdir()) == []


@needs_orthanc
def test_a_title_that_the_archive_has_not(get):
    with pytest.raises(AuthError, match=r"The archive OTHER .* does not accept 'OMICSDK': Called AE.*Check pacs_aec"):
        get("cget", aec="OTHER")


#: A-ASSOCIATE-RJ: permanent, by the service user, called title not recognised (PS3.8, 9.3.4).
REJECTION = bytes.fromhex("03 00 00000004 00 01 01 07")


@contextmanager
def hanging_up(times: int) -> Generator[tuple[PacsConfig, list[int]]]:
    """An archive that closes connections without a response, as a busy DCMTK does, and then rejects the association."""
    seen = list[int]()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.rfile.read(6)[2:])
            seen.append(len(self.rfile.read(length)))
            if len(seen) > times:
                self.wfile.write(REJECTION)

    with TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield PacsConfig(ip="127.0.0.1", port=server.server_address[1], aec="OTHER", method="cget"), seen
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("times", "error", "requests"), [(2, AuthError, 3), (9, ConnectionLost, 3)], ids=["twice", "always"]
)
def test_an_archive_that_closes_connections_without_a_response_is_queried_again(
    times: int, error: type[OmicsError], requests: int
):
    with hanging_up(times) as (config, seen), pytest.raises(error):
        Archive(config).own_address()
    assert len(seen) == requests


@pytest.mark.parametrize("times", [0, 1])
def test_a_response_is_seen_that_came_before_the_requesting_thread_continued(times: int):
    """pynetdicom takes a connection that is closed by then for one that was never made."""
    closed = threading.Event()
    late = [(evt.EVT_CONN_CLOSE, lambda _: closed.set()), (evt.EVT_REQUESTED, lambda _: closed.wait(30))]
    with (
        hanging_up(times) as (config, seen),
        pytest.raises(AuthError, match="does not accept 'OMICSDK': Called AE"),
        Archive(config).associated([build_context(FIND)], handlers=late),
    ):
        pass
    assert len(seen) == times + 1


@needs_orthanc
def test_a_result_of_a_query_that_cannot_be_decoded_is_a_failure(get, archive: Orthanc, monkeypatch: Any):
    decode, numbers = association.decode, count(1)

    def broken(*encoded: Any) -> Any:
        if next(numbers) == 3:  # the second instance, after the series and the first one
            raise ValueError("truncated")
        return decode(*encoded)

    archive.put(*study(STUDY, [2]).values())
    monkeypatch.setattr("pynetdicom.association.decode", broken)
    report = get("cget")
    assert report.counts["done"] == 1
    assert report.counts["failed"]


@needs_orthanc
@pytest.mark.parametrize("method", ["cget", "cmove"])
def test_a_title_of_ours_that_the_archive_does_not_know(get, archive: Orthanc, method: str):
    archive.put(*study(STUDY, [1]).values())
    with pytest.raises((AuthError, ConfigError, TransferFailed, TransportError)) as caught:
        get(method, aet="STRANGER").raise_if_failed()
    assert caught.value.remedy


@needs_orthanc
def test_a_title_that_the_archive_may_not_send_to(archive: Orthanc, tmp_path: Path):
    archive.put(*study(STUDY, [1]).values())
    store = DimseStore(archive.config(method="cmove", aet="NOWHERE"), clock=ManualClock())
    report = fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    (failed,) = report.failed
    assert isinstance(failed.error, TransferError)
    assert failed.error.remedy


@needs_orthanc
def test_an_archive_that_never_reaches_us_is_reported_once(archive: Orthanc, tmp_path: Path):
    """Not image by image, with a wait for each."""
    archive.put(*study(STUDY, [5]).values())
    clock = ManualClock()
    began = clock.monotonic()
    store = DimseStore(archive.config(method="cmove", aet="NOWHERE"), clock=clock)
    with pytest.raises(ConfigError, match=rf"never connected to 'NOWHERE' at the port {archive.move_port}") as caught:
        fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    assert "pacs_listen_on" in str(caught.value)
    assert clock.monotonic() == began


@needs_orthanc
def test_a_port_of_ours_that_is_taken(get, archive: Orthanc):
    archive.put(*study(STUDY, [1]).values())
    with pytest.raises(ConfigError, match=r"cannot be listened at for C-MOVE.*pacs_move_port"):
        get("cmove", move_port=archive.port)
    with pytest.raises(ConfigError, match=r"of 192\.0\.2\.1 cannot be listened at.*pacs_listen_on"):
        get("cmove", listen_on="192.0.2.1")
    assert get("cmove", listen_on="127.0.0.1").counts == {**EMPTY, "done": 1}


@needs_orthanc
def test_something_that_does_not_speak_dicom(archive: Orthanc, tmp_path: Path):
    config = archive.config(port=int(archive.http.rpartition(":")[2]))
    with pytest.raises(TransportError):
        fetch_dataset(DimseStore(config, seconds=2), Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)


@LEFT_OPEN
@pytest.mark.parametrize("method", DIMSE[:1] + WEB[:1])
def test_an_archive_that_ends_meanwhile(tmp_path: Path, method: str):
    """What came stays, the rest is reported, and the next call fetches only that."""
    put = study(STUDY, [12])
    stopped = threading.Event()
    cases = Dataset("ds", (Subject(f"sub-{STUDY}"),))
    (tmp_path / "orthanc").mkdir()
    with running(tmp_path / "orthanc") as archive, closing(store_of(archive, method, connections=1)) as store:
        archive.put(*put.values())
        fetch = store.fetch

        def after_its_end(job: FetchJob[Any]) -> None:
            fetch(replace(job, files=job.files[:4]))
            archive.process.kill()
            archive.process.wait()
            stopped.set()
            fetch(replace(job, files=job.files[4:]))

        store.fetch = after_its_end
        report = fetch_dataset(store, cases, tmp_path)
        assert stopped.is_set()
    assert report.counts == {**EMPTY, "done": 4, "failed": 8}
    assert all(isinstance(file.error, TransportError) for file in report.failed)
    assert len(images(tmp_path / "ds")) == 4
    (tmp_path / "again").mkdir()
    with running(tmp_path / "again") as archive, closing(store_of(archive, method)) as store:
        archive.put(*put.values())
        assert fetch_dataset(store, cases, tmp_path).counts == {**EMPTY, "done": 8, "skipped": 4}


@needs_dicomweb
def test_a_wrong_root_of_dicomweb_reports_it(archive: Orthanc, tmp_path: Path):
    config = archive.config(method="dicomweb", dicomweb=f"{archive.http}/nothing")
    with closing(DicomWebStore(config)) as store:
        report = fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path)
    assert report.counts == {**EMPTY, "failed": 1}


@contextmanager
def passed_on(archive: Orthanc, seen: list[tuple[str, str]]) -> Generator[str]:
    """A server that passes requests on to an archive, and notes each path and login."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers.get("Authorization", "")))
            response = httpx.get(archive.http + self.path, headers={"Accept": self.headers.get("Accept", "*/*")})
            self.reply(response.status_code, response.content, content_type=response.headers["Content-Type"])

    with serving(Handler) as url:
        yield url


@needs_dicomweb
@pytest.mark.parametrize("method", ["dicomweb", "wado-uri"])
def test_a_login_goes_with_queries_and_files(archive: Orthanc, method: str, tmp_path: Path):
    put = study(STUDY, [1])
    archive.put(*put.values())
    seen = list[tuple[str, str]]()
    with passed_on(archive, seen) as url:
        config = archive.config(
            method="dicomweb",
            dicomweb=f"{url}/dicom-web",
            wado_uri=f"{url}/wado" if method == "wado-uri" else "",
            token="abc",
        )
        with closing(DicomWebStore(config)) as store:
            assert fetch_dataset(store, Dataset("ds", (Subject(f"sub-{STUDY}"),)), tmp_path).ok
            assert "abc" not in repr(store.__dict__)
    assert {login for _, login in seen} == {"Bearer abc"}
    wado = "/wado?requestType=WADO" if method == "wado-uri" else f"/instances/{STUDY}.1.1"
    assert wado in "".join(path for path, _ in seen)
