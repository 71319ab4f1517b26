"""The versions of services in reports and locks, as the services state them."""

import json
from pathlib import Path

import httpx
import pytest
from azul_project import write_project
from omicsdk.portals.services import service_versions
from omicsdk.transfer.reports.provenance import ProvenanceFile
from recorded_server import RecordedServer, exchanges
from service_command import gen3_command

TOOL = "#workflow/sandbox/example/count"


def versions(crate: str) -> dict[str, str]:
    """The versions of services in an RO-Crate, by their names."""
    entities = json.loads(Path(crate).read_text())["@graph"]
    return {entity["name"]: entity["softwareVersion"] for entity in entities if entity["@type"] == "WebApplication"}


def test_reports_and_locks_state_what_each_service_states_and_ask_it_once(omics, omics_sandbox, monkeypatch, tmp_path):
    gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)
    monkeypatch.setenv("OMICS_AZUL_URL", omics_sandbox.azul_url)
    omics_sandbox.seed(write_project(tmp_path / "bundle"))
    guids = [omics_sandbox.gen3.add_file(f"{number}.txt", b"one") for number in range(2)]
    url, drs = omics_sandbox.url, omics_sandbox.url.replace("http", "drs")
    assert omics("azul", "manifest", "--to", "m.tsv", installed=True).code == 0
    for words, service, info in (
        (("htsget", f"{omics_sandbox.htsget_url}/reads/sample-1", "--to", "a.bam"), url, "/htsget/reads/service-info"),
        (
            ("trs", "download", TOOL, "--version", "v1.0", "--base-url", omics_sandbox.trs_url),
            *(url, "/trs/ga4gh/trs/v2/service-info"),
        ),
        (
            ("refget", "get", "plasmid", "--to", "a.txt", "--base-url", omics_sandbox.refget_url),
            *(url, "/refget/sequence/service-info"),
        ),
        (("azul", "download", "--manifest", "m.tsv"), url, "/azul/version"),
        (("drs", "download", *(f"{drs}/{guid}" for guid in guids)), drs, "/ga4gh/drs/v1/service-info"),
        (("gen3", "download", *guids, "-d", "gen3"), "drs", "/ga4gh/drs/v1/service-info"),
    ):
        before = len(omics_sandbox.requests(info))
        assert omics(*words, "--report", "run.jsonl", installed=True).code == 0
        assert len(omics_sandbox.requests(info)) == before + 1
        payload = httpx.get(f"{url}{info}").json()
        expected = payload["git"]["commit"] if info == "/azul/version" else payload["version"]
        assert omics("report", "run.jsonl", "run.jsonld", installed=True).code == 0
        assert versions("run.jsonld")[service] == expected
        assert omics("report", "run.jsonl", "run.html", installed=True).code == 0
        assert f'data-label="Version">{expected}<' in Path("run.html").read_text()
    assert omics("add", f"{drs}/{guids[0]}", installed=True).code == 0
    assert omics("lock", installed=True).code == 0
    assert omics("lock", "--export", "ro-crate", "--to", "lock.jsonld", installed=True).code == 0
    assert versions("lock.jsonld") == {drs: expected}


@pytest.mark.parametrize(
    ("recording", "source", "version"),
    [
        ("htsget-refserver", "http://{}/reads/a", "1.5.0"),
        ("drs-filer", "drs://{}/a", None),
        ("seqrepo-rest-service", "http://{}/refget/1/sequence/a", None),
        ("seqrepo-rest-service", "http://{}/data/a.fa", None),
    ],
)
def test_servers_that_others_wrote_are_asked(recording, source, version):
    server = RecordedServer(exchanges(recording))
    try:
        address = f"127.0.0.1:{server.port}"
        file = ProvenanceFile("a", source.format(address), None, {})
        assert service_versions([file, file]) == ({file.service: version} if version else {})
    finally:
        server.close()
    assert service_versions([file]) == {}
    assert server.unknown == []
