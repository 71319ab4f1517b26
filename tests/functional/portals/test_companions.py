"""Companions of files, on request: looked up once, only for the files that are downloaded, and none by default."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import omicsdk
import pytest
from breakable import Response
from portal_host import PortalHost, U, content


@pytest.fixture
def data(portal: PortalHost) -> PortalHost:
    """Files of which some have companions."""
    for name in ("a.bam", "a.bam.bai", "a.bam.md5", "b.cram", "b.crai", "c.vcf.gz", "d.fastq.gz"):
        portal.put(f"d/{name}", content(name))
    portal.requests.clear()
    return portal


def listed(portal: PortalHost, *names: str, folder: str = "d") -> Path:
    path = Path("urls.txt")
    path.write_text("".join(f"{portal.url(f'{folder}/{name}')}\n" for name in names))
    return path


def heads(portal: PortalHost) -> Counter[str]:
    return Counter(request.path.rpartition("/")[2] for request in portal.requests if request.method == "HEAD")


def test_companions_at_urls_are_downloaded_and_written_down(data: PortalHost, tmp_path: Path):
    messages: list[str] = []
    report = omicsdk.get(
        listed(data, "a.bam", "b.cram", "d.fastq.gz"), "data", related=True, on_message=messages.append
    )
    assert [outcome.name for outcome in report.outcomes] == [
        "a.bam",
        "a.bam.bai",
        "a.bam.md5",
        "b.cram",
        "b.crai",
        "d.fastq.gz",
    ]
    assert (tmp_path / "data" / "b.crai").read_bytes() == content("b.crai")
    assert any(line.startswith("companions: 2 index by 127.0.0.1") for line in messages)
    with Path("data.manifest.tsv").open(newline="") as file:
        first, second, third = csv.DictReader(file, dialect="excel-tab")
    assert first["file_path"] == "data/a.bam;data/a.bam.bai;data/a.bam.md5"
    assert (second["file_path"], third["file_path"]) == ("data/b.cram;data/b.crai", "data/d.fastq.gz")
    assert max(heads(data).values()) == 1


def test_no_companion_is_looked_up_without_the_option(data: PortalHost):
    omicsdk.get(listed(data, "a.bam", "b.cram"), "data")
    assert heads(data) == {}


def test_companions_are_those_of_the_selected_files(data: PortalHost):
    for option in ({"limit": 1}, {"sample": 1}):
        data.requests.clear()
        report = omicsdk.get(listed(data, "a.bam", "b.cram", "c.vcf.gz"), "data", related=True, dry_run=True, **option)
        first = report.outcomes[0].name
        assert all(outcome.name.startswith(first[0]) for outcome in report.outcomes)
        assert all(name.startswith(first[0]) for name in heads(data))


def test_a_companion_that_the_list_names_is_not_looked_up(data: PortalHost):
    report = omicsdk.get(listed(data, "a.bam", "a.bam.bai"), "data", related=True)
    assert [outcome.name for outcome in report.outcomes] == ["a.bam", "a.bam.md5", "a.bam.bai"]
    assert "a.bam.bai" not in heads(data)


def test_the_layout_by_identifier_puts_companions_beside_their_files(data: PortalHost):
    report = omicsdk.get(listed(data, "b.cram"), "data", related=True, layout="id")
    one, other = (Path(outcome.name).parent for outcome in report.outcomes)
    assert one == other != Path()


def test_a_companion_that_cannot_be_looked_up_is_a_warning(data: PortalHost, monkeypatch: pytest.MonkeyPatch):
    refused = Response(405, {}, b"")
    monkeypatch.setattr(data, "_google", lambda _: refused)
    messages: list[str] = []
    report = omicsdk.get(listed(data, "d.fastq.gz"), "data", related=True, on_message=messages.append)
    assert report.counts["done"] == 1
    assert messages[-3] == "companions: none"
    assert messages[-2].startswith("warning: 1 companion could not be looked up: ")


def test_a_page_in_the_place_of_a_companion_is_none(data: PortalHost, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data, "_google", lambda _: Response(200, {"Content-Type": "text/html"}, b"", length=99))
    report = omicsdk.get(listed(data, "d.fastq.gz"), "data", related=True)
    assert len(report.outcomes) == 1


@pytest.mark.parametrize("scheme", ["gs", "s3"])
def test_companions_are_beside_objects_in_buckets(scheme: str, portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    above = {"gs": "google", "s3": "s3"}[scheme]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    for name in ("a.bam", "a.bam.bai"):
        portal.put(f"{above}/bucket/{name}", content(name))
    Path("urls.txt").write_text(f"{scheme}://bucket/a.bam\n")
    report = omicsdk.get("urls.txt", "data", related=True, dry_run=True)
    assert [(outcome.name, outcome.size) for outcome in report.outcomes] == [
        (name, len(content(name))) for name in ("a.bam", "a.bam.bai")
    ]


def test_the_gdc_states_indexes_and_annotations(portal: PortalHost):
    import hashlib

    name = "t.bam"
    index = {"file_id": U(1), "file_name": "t.bai", "file_size": len(content("t.bai"))}
    index["md5sum"] = hashlib.md5(content("t.bai")).hexdigest()
    portal.gdc[U(41)] = {"index_files": [index], "annotations": [{"annotation_id": U(7)}, {"annotation_id": U(8)}]}
    for id, file_name in ((U(41), name), (U(42), "n.bam"), (U(1), "t.bai")):
        portal.put(f"gdc/data/{id}", content(file_name))
    portal.put("gdc/annotations", b"id\tcategory\n")
    path = portal.sample("gdc_manifest.txt", Path())
    report = omicsdk.get(path, "data", related=True)
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == {
        "t.bam": "verified",
        "t.bai": "verified",
        "t.bam.annotations.tsv": "unverified",
        "n.bam": "verified",
    }
    (annotation_request,) = [request for request in portal.requests if request.path == "gdc/annotations"]
    query = parse_qs(annotation_request.query)
    assert json.loads(query["filters"][0])["content"] == {"field": "annotation_id", "value": [U(7), U(8)]}
    assert (query["format"], query["size"]) == (["TSV"], ["2"])
    assert sum(request.path == "gdc/files" for request in portal.requests) == 1


def sheet(count: int) -> Path:
    path = Path("sheet.tsv")
    rows = "".join(f"{U(number)}\tf{number}.bam\tSequencing Reads\n" for number in range(1, count + 1))
    path.write_text(f"File ID\tFile Name\tData Category\n{rows}")
    return path


def test_only_the_files_of_a_sample_are_requested_from_the_gdc(portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    queried_ids: list[Any] = []
    plain = portal.gdc
    monkeypatch.setattr(
        portal, "gdc", type("Seen", (dict,), {"__contains__": lambda _, key: queried_ids.append(key) or key in plain})()
    )
    drawn = {}
    for where in ("", "name~*.bam"):  # a condition has to be checked first
        queried_ids.clear()
        messages: list[str] = []
        report = omicsdk.get(sheet(1200), "data", sample=5, where=where, dry_run=True, on_message=messages.append)
        drawn[where] = [outcome.name for outcome in report.outcomes]
        assert len(queried_ids) == (1200 if where else 5)
        assert "5 files drawn from 1,200" in messages
    assert drawn[""] == drawn["name~*.bam"]
    assert len(drawn[""]) == 5
