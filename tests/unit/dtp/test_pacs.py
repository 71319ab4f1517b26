"""Data sets in a DICOM archive: Debian's Orthanc, asked by C-FIND and C-GET, C-MOVE, and DICOMweb."""

import threading
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

pytest.importorskip("pynetdicom", reason="pynetdicom is not installed: pip install 'omicsdk[dtp]'")

from omicsdk.core import NO_RETRY, DecodeError
from omicsdk.dtp.config import PacsConfig
from omicsdk.dtp.storage.datasets import Dataset, FetchJob, Subject
from omicsdk.dtp.storage.dicom import instance_of
from omicsdk.dtp.storage.dicomweb import DicomWebStore
from omicsdk.transfer import Item, Location, Outcome

STUDY = "1.2.826.0.1.3680043.10.999.1"


@pytest.mark.parametrize("longest", [2, 3, 1000], ids=["short pages", "one page", "all at once, whatever is asked for"])
def test_dicomweb_that_gives_fewer_than_it_is_requested_is_listed_to_its_end(longest: int):
    series, instances = f"{STUDY}.1", [f"{STUDY}.1.{number}" for number in range(5)]

    def response(request: httpx.Request) -> httpx.Response:
        inner = request.url.path.endswith("/instances")
        entries = (
            [{"00080018": {"Value": [instance]}} for instance in instances]
            if inner
            else [{"0020000E": {"Value": [series]}}]
        )
        if int(request.url.params["limit"]) > 200:  # as Azure's archive does
            return httpx.Response(400, text="limit: must be from 1 to 200")
        offset = 0 if longest == 1000 else int(request.url.params["offset"])
        page = entries[offset : offset + longest]
        return httpx.Response(200, json=page) if page else httpx.Response(204)

    config = PacsConfig(dicomweb="http://127.0.0.1/dicom-web", method="dicomweb")
    with closing(DicomWebStore(config, retry=NO_RETRY, transport=httpx.MockTransport(response))) as store:
        listed_files = list(store.files(Dataset("ds", (Subject(f"sub-{STUDY}"),))))
    assert [getattr(file, "sop", file) for file in listed_files] == instances


@pytest.mark.parametrize("came", ["{}", "null", '"x"', "5", ""])
@pytest.mark.parametrize("listing", ["/series", "/instances"])
def test_a_dicomweb_listing_without_its_list_is_an_error(listing: str, came: str):
    """Only the status 204 states that nothing matches."""

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(listing):
            return httpx.Response(200, text=came)
        return httpx.Response(200, json=[{"0020000E": {"Value": [f"{STUDY}.1"]}}])

    config = PacsConfig(dicomweb="http://127.0.0.1/dicom-web", method="dicomweb")
    with (
        closing(DicomWebStore(config, retry=NO_RETRY, transport=httpx.MockTransport(response))) as store,
        pytest.raises(DecodeError, match="QIDO-RS"),
    ):
        list(store.files(Dataset("ds", (Subject(f"sub-{STUDY}"),))))


@pytest.mark.parametrize("wado_uri", ["", "http://127.0.0.1/wado", "http://127.0.0.1/wado?site=a"])
@pytest.mark.parametrize(
    ("settings", "login"),
    [({}, None), ({"user": "u", "password": "p"}, "Basic dTpw"), ({"token": "abc"}, "Bearer abc")],
)
def test_instances_are_requested_by_their_identifiers_with_the_login(
    wado_uri: str, settings: dict[str, str], login: str | None, tmp_path: Path, monkeypatch: Any
):
    sop, batches, results = f"{STUDY}.1.1", list[list[Item]](), list[Any]()

    def download(batch: list[Item], *_: Any, **__: Any) -> Any:
        batches.append(batch)
        return SimpleNamespace(outcomes=[Outcome(item.name, "stopped") for item in batch])

    monkeypatch.setattr("omicsdk.transfer.download", download)
    config = PacsConfig(dicomweb="http://127.0.0.1/dicom-web", method="dicomweb", wado_uri=wado_uri, **settings)
    folder: Any = SimpleNamespace(partial=tmp_path)
    instance = instance_of(Subject(f"sub-{STUDY}"), f"{STUDY}.1", sop)
    with closing(DicomWebStore(config)) as store:
        store.fetch(FetchJob([instance] * 201, folder, lambda *result: results.append(result), threading.Event()))
    headers = {} if login is None else {"authorization": login}
    if wado_uri:
        query = f"requestType=WADO&studyUID={STUDY}&seriesUID={STUDY}.1&objectUID={sop}&contentType=application/dicom"
        location = Location(f"{wado_uri}{'&' if '?' in wado_uri else '?'}{query}", headers)
    else:
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        url = f"http://127.0.0.1/dicom-web/studies/{STUDY}/series/{STUDY}.1/instances/{sop}"
        location = Location(url, {"Accept": accept, **headers})
    assert [len(batch) for batch in batches] == [200, 1]
    item = batches[0][0]
    assert item.locate == location
    assert (item.renew and item.renew()) == (location if login else None)
    stopped = f"{instance.name} was stopped. Run the same command again to resume."
    assert [(file, str(error)) for file, error in results] == [(instance, stopped)] * 201
