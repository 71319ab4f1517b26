"""Rows of metadata: stored under the GUID that each names or its sample has, and compared with what is stored."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core import NO_RETRY, BearerToken
from omicsdk.gen3 import Gen3

COMMONS = "https://commons.example.org"


class Commons(httpx.MockTransport):
    """An index with one record, and a metadata service.

    Attributes:
        documents: By GUID.
        urls: The GUIDs of the records that have a text in a URL.
    """

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.documents = dict[str, Any]()
        self.urls = {"s1": ["g1"], "s": ["g1", "g2"], "s9": []}
        self.client = Gen3(COMMONS, credentials=BearerToken("t"), transport=self, retry=NO_RETRY)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/index/_query/urls/q":
            guids = self.urls[request.url.params["include"]]
            return httpx.Response(200, json=[{"did": guid, "urls": ["s3://b/s1"]} for guid in guids])
        if path == "/index/bulk/documents":
            return httpx.Response(200, json=[{"did": "g1"}] if "g1" in json.loads(request.content) else [])
        guid = path.rpartition("/")[2]
        if path == "/mds-admin/metadata":
            self.documents |= {entry["guid"]: entry["data"] for entry in json.loads(request.content)}
            return httpx.Response(200, json={"created": list(self.documents)})
        if request.method == "POST" and path.startswith("/mds-admin/"):
            self.documents[guid] = json.loads(request.content)
            return httpx.Response(201, json={})
        known = request.method == "GET" and guid in self.documents
        return httpx.Response(200, json=self.documents[guid]) if known else httpx.Response(404, json={"detail": "none"})


def table(folder: Path, *rows: str) -> Path:
    (folder / "m.csv").write_text("\n".join(rows) + "\n")
    return folder / "m.csv"


def test_a_document_has_the_cells_of_its_row_and_the_type_of_what_it_is_about(tmp_path: Path) -> None:
    commons = Commons()
    path = table(tmp_path, "guid,n", "g1,1", "k2,x", ",3", "k4,''")
    summary = commons.client.ingest_metadata(path, "src", tmp_path / "out.log")
    assert commons.documents == {
        "g1": {"src": {"n": 1}, "_guid_type": "indexed_file_object"},
        "k2": {"src": {"n": "x"}, "_guid_type": "metadata_object"},
        "k4": {"src": {"n": ""}, "_guid_type": "metadata_object"},
    }
    assert (summary.counts, summary.output.read_text()) == (
        {"created": 3, "failed": 1},
        "Successfully created g1\nSuccessfully created k2\nSuccessfully created k4\n",
    )
    assert "the row names no known file. Fill in its GUID" in summary.errors[0]
    commons.client.ingest_metadata(
        path, "src", tmp_path / "2.log", guid_of=lambda row: f"by-{row['n']}", guid_type="mine"
    )
    assert commons.documents["by-3"] == {"src": {"n": 3}, "_guid_type": "mine"}


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        ("s1", ""),
        ("s", "2 records have 's' in a URL (g1, g2 ...). Use more of the name"),
        ("s9", "the row names no known file"),
        ("", "the column submitted_sample_id is empty"),
    ],
)
def test_the_sample_of_a_row_is_in_a_url_of_one_record(tmp_path: Path, sample: str, error: str) -> None:
    commons = Commons()
    path = table(tmp_path, "submitted_sample_id,n", f"{sample},1")
    summary = commons.client.ingest_metadata(path, "src", tmp_path / "out.log", by_url=True)
    assert list(commons.documents) == ([] if error else ["g1"])
    assert error in "".join(summary.errors)
    assert len(summary.errors) == bool(error)


def test_what_differs_from_a_document_is_reported(tmp_path: Path) -> None:
    commons = Commons()
    commons.documents = {"a": {"s": {"n": 1, "more": 2}}, "b": {"s": {"n": 2}}}
    path = table(tmp_path, "guid,n", "a,1", "b,3", "c,4", ",5")
    summary = commons.client.verify_metadata(path, "s", tmp_path / "out.log")
    assert summary.counts == {"right": 1, "wrong": 1, "missing": 1, "failed": 1}
    assert summary.output.read_text().splitlines() == [
        "b|s.n|expected 3|actual 2",
        "c|no_record|expected {'guid': 'c', 'n': '4'}|actual None",
    ]
