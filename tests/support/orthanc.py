"""An Orthanc of the test's own: on free ports of this machine, in a folder that goes away, with images that were made up."""

import io
import json
import shutil
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from claimed_ports import free_port
from real_servers import process

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
TITLE, OURS = "ORTHANC", "OMICSDK"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


def program() -> str | None:
    """Where Orthanc is; Debian puts it where services are."""
    return shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")


needs_orthanc = pytest.mark.skipif(program() is None, reason="Orthanc isn't installed: apt install orthanc")
needs_dicomweb = pytest.mark.skipif(
    program() is None or not PLUGIN.exists(),
    reason="DICOMweb for Orthanc isn't installed: apt install orthanc-dicomweb",
)


@dataclass
class Orthanc:
    """A running archive.

    Attributes:
        port: Where it speaks DICOM.
        http: Its URL.
        move_port: Where it sends what C-MOVE requests.
        log: What it states.
    """

    port: int
    http: str
    move_port: int
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    name = "Orthanc"

    @property
    def version(self) -> str:
        return str(httpx.get(f"{self.http}/system").json()["Version"])

    @property
    def dicomweb(self) -> str:
        return f"{self.http}/dicom-web"

    def put(self, *files: bytes) -> None:
        with httpx.Client(base_url=self.http) as client:
            for content in files:
                client.post("/instances", content=content).raise_for_status()

    def empty(self) -> None:
        for patient in httpx.get(f"{self.http}/patients").json():
            httpx.delete(f"{self.http}/patients/{patient}").raise_for_status()

    def delete(self, sop: str) -> None:
        for match in httpx.post(f"{self.http}/tools/lookup", content=sop).json():
            httpx.delete(self.http + match["Path"]).raise_for_status()

    def config(self, **changed: Any) -> Any:
        """Settings with which this archive is reached."""
        from omicsdk.dtp.config import PacsConfig

        values = {"ip": "127.0.0.1", "port": self.port, "aec": TITLE, "aet": OURS, "move_port": self.move_port}
        return PacsConfig(**{**values, "dicomweb": self.dicomweb, **changed})


@contextmanager
def running(folder: Path, *, allow_get: bool = True) -> Generator[Orthanc]:
    """Start an archive, waits until it answers, and ends it."""
    path = program()
    assert path is not None
    port, http, move_port = free_port(), free_port(), free_port()
    settings: dict[str, Any] = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": TITLE,
        "DicomPort": port,
        "DicomCheckCalledAet": True,
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowEcho": False,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": {
            "ours": {"AET": OURS, "Host": "127.0.0.1", "Port": move_port, "AllowGet": allow_get},
            "nowhere": {"AET": "NOWHERE", "Host": "127.0.0.1", "Port": 1},
        },
        "TranscodeDicomProtocol": False,
        "Plugins": [str(PLUGIN)] if PLUGIN.exists() else [],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": True, "WadoRoot": "/wado"},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    log = folder / "orthanc.log"
    with process([path, str(file)], folder, {"TMPDIR": str(folder)}, log.name) as archive:
        url = f"http://127.0.0.1:{http}"
        _wait_for(url, archive, log)
        yield Orthanc(port, url, move_port, log, archive)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"Orthanc ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            httpx.get(f"{url}/system", timeout=5).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)  # it has no other sign of being ready than answering
        else:
            return
    raise RuntimeError(f"Orthanc doesn't respond: {log.read_text(errors='replace')[-2000:]}")


def image(study: str, series: str, sop: str, *, number: int = 1, compressed: bool = False, kind: str = CT) -> bytes:
    """An image of nobody, 32 by 32 dots."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import ExplicitVRLittleEndian, JPEGLosslessSV1

    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = kind, sop
    made.StudyInstanceUID, made.SeriesInstanceUID = study, series
    made.PatientID, made.PatientName = f"patient-{study[-3:]}", "Nobody^At^All"
    made.Modality, made.InstanceNumber = "CT", number
    made.Rows = made.Columns = 32
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.SamplesPerPixel, made.PixelRepresentation = 7, 1, 0
    made.PhotometricInterpretation = "MONOCHROME2"
    pixels = bytes((number + place) % 251 for place in range(1024))
    made.PixelData = encapsulate([pixels]) if compressed else pixels
    if compressed:
        made["PixelData"].VR = "OB"
        made["PixelData"].is_undefined_length = True
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = JPEGLosslessSV1 if compressed else ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = kind, sop
    written = io.BytesIO()
    made.save_as(written, enforce_file_format=True)
    return written.getvalue()


def study(root: str, counts: Sequence[int]) -> dict[str, bytes]:
    """The images of a study, from their places in a data set: one series for each count."""
    images = dict[str, bytes]()
    for series, count in enumerate(counts, 1):
        for number in range(1, count + 1):
            sop = f"{root}.{series}.{number}"
            name = f"primary/sub-{root}/sam-{root}.{series}/{sop}.dcm"
            images[name] = image(root, f"{root}.{series}", sop, number=number)
    return images
