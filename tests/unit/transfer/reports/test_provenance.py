"""Where the files of a run come from: services, access methods, and their JSON-LD."""

import json
import os
import random

import pytest
from omicsdk.core import NotFound
from omicsdk.transfer import Outcome, TransferReport
from omicsdk.transfer.reports.page import sources_page
from omicsdk.transfer.reports.provenance import ProvenanceFile, crate_lines, run_crate

HOST = "https://files.example.org"


@pytest.mark.parametrize(
    ("source", "server", "service", "method"),
    [
        (f"{HOST}/a", f"{HOST}:443", HOST, HOST),
        ("drs://dg.4503:1", "https://storage.example.org:8443", "drs://dg.4503", "https://storage.example.org:8443"),
        ("drs://h.example.org:8443/1", "", "drs://h.example.org:8443", "drs://h.example.org:8443"),
        ("drs://h.example.org/1", "", "drs://h.example.org", "drs://h.example.org"),
        ("dg.4503:1", "", "drs", "drs"),
        ("gdc:0000002a-0000", "https://api.gdc.cancer.gov:443", "gdc", "https://api.gdc.cancer.gov"),
        ("https://me:pw@h.example.org/a", "", "https://h.example.org", "https://h.example.org"),
        ("5f0a", f"{HOST}:443", "", HOST),
        ("", "", "", ""),
    ],
)
def test_service_and_access_method(source: str, server: str, service: str, method: str):
    file = ProvenanceFile("a", source, 1, {}, server)
    assert (file.service, file.method) == (service, method)


def entities(report: TransferReport) -> dict[str, dict[str, object]]:
    return {entity["@id"]: entity for entity in json.loads("\n".join(run_crate(report)))["@graph"]}


def test_a_run_states_its_complete_files_and_its_end():
    report = TransferReport(
        [
            Outcome(
                "d/a b", "done", 1, checksums={"md5": "0" * 32, "crc32c": "0" * 8}, source="gdc:1", server=f"{HOST}:443"
            ),
            Outcome("b\udcff", "skipped", None, source=f"{HOST}/b?X-Amz-Signature=secret"),
            Outcome("c", "failed", error=NotFound("no such file", status=404), source=f"{HOST}/c"),
        ],
        seconds=60,
        began=1_769_860_800.0,
        title="Download",
    )
    crate = entities(report)
    assert "secret" not in json.dumps(crate)
    assert crate["./"]["hasPart"] == [{"@id": "d/a%20b"}, {"@id": "b%ED%B3%BF" if os.name == "nt" else "b%FF"}]
    assert crate["d/a%20b"] == {
        "@id": "d/a%20b",
        "@type": "File",
        "name": "d/a b",
        "contentSize": "1",
        "md5": "0" * 32,
        "identifier": "gdc:1",
        "provider": [{"@id": "#gdc"}, {"@id": HOST}],
    }
    assert (crate["#gdc"]["softwareVersion"], crate[HOST]["url"]) == ("unknown", HOST)
    run = crate["#run"]
    assert (run["actionStatus"], run["error"]) == (
        "http://schema.org/FailedActionStatus",
        "1 of 3 files are not complete",
    )
    assert (run["startTime"], run["endTime"]) == ("2026-01-31T12:00:00+00:00", "2026-01-31T12:01:00+00:00")
    assert entities(TransferReport())["#run"]["actionStatus"] == "http://schema.org/CompletedActionStatus"


def test_every_reference_is_to_an_entity():
    random.seed(5)
    files = [
        ProvenanceFile(
            f"{number}", random.choice(("", "gdc:1", f"{HOST}/a", "drs://h/1")), None, {}, mirrors=("x", "y")
        )
        for number in range(20)
    ]
    crate = json.loads("\n".join(crate_lines(lambda: files, "files")))["@graph"]
    identifiers = {entity["@id"] for entity in crate} | {"https://w3id.org/ro/crate/1.1"}

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            return {value["@id"]} if value.keys() == {"@id"} else set().union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(crate) <= identifiers


def test_the_page_of_files_escapes_what_it_states_and_counts_what_it_omits():
    hostile = "</div><script>alert(1)</script>"
    files = [ProvenanceFile(f"{hostile}{number}", f"gdc:{hostile}", 1, {"md5": hostile}) for number in range(2001)]
    page = sources_page("omics.lock", [*files, ProvenanceFile("z", "", None, {})], {})
    assert "<script>alert" not in page
    assert ("These are the first 2,000 of 2,002" in page, "1 without a checksum" in page) == (True, True)
    assert "No files" in sources_page("omics.lock", [], {})
