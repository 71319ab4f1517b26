"""`omics pangea ncbi`: what NCBI has, and libraries made of it; NCBI's part is played by a small server."""

import csv
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from omicsdk.pangea.ncbi import Entrez
from pangea_command import pangea_command

RECORDS = {
    (
        "bioproject",
        "5",
    ): '<RecordSet><DocumentSummary uid="5"><Project>A project</Project></DocumentSummary></RecordSet>',
    ("biosample", "71"): '<BioSampleSet><BioSample accession="SAMN71" id="71"/></BioSampleSet>',
    ("sra", "901"): (
        '<EXPERIMENT_PACKAGE_SET><EXPERIMENT_PACKAGE><EXPERIMENT accession="SRX901"/><RUN_SET><RUN accession="SRR1"><SRAFiles>'
        '<SRAFile filename="SRR1" size="12" md5="9e107d9d372bb6826bd81d3542a419d6" url="https://sra.example.org/SRR1" '
        'supertype="Primary ETL"/></SRAFiles></RUN></RUN_SET></EXPERIMENT_PACKAGE></EXPERIMENT_PACKAGE_SET>'
    ),
}
LINKS = {"bioproject_biosample": "71", "biosample_sra": "901"}


class Eutils(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.endswith("elink.fcgi"):
            link = f"<LinkSetDb><Link><Id>{LINKS[query['linkname']]}</Id></Link></LinkSetDb>"
            body = f"<eLinkResult><LinkSet>{link}</LinkSet></eLinkResult>"
        elif parts.path.endswith("esearch.fcgi"):
            body = "<eSearchResult><IdList><Id>901</Id></IdList></eSearchResult>"
        else:
            body = RECORDS.get((query["db"], query["id"]), "<RecordSet/>")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def pangea(omics, omics_sandbox, monkeypatch, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Eutils) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(Entrez, "_default_base_url", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr("omicsdk.pangea.ncbi.entrez.PAUSE", 0)
        yield pangea_command(omics, omics_sandbox, monkeypatch, tmp_path)
        server.shutdown()


def test_a_project_is_shown_with_its_samples(pangea, tmp_path):
    ran = pangea("ncbi", "list", "bioproject", "PRJNA5", "-s", "0")
    assert ran.code == 0
    assert "A project" in ran.json["metadata"]["ncbi_xml"]
    assert ran.json["samples"] == [{"accession": "SAMN71", "experiments": ["SRX901"]}]
    assert pangea("ncbi", "list", "bioproject", "PRJNA5", "-o", "p.json").out == ""
    assert "SRX901" in (tmp_path / "work" / "p.json").read_text()
    gone = pangea("ncbi", "list", "bioproject", "PRJNA6")
    assert (gone.code, "NCBI has no record 6" in gone.err) == (1, True)


def test_runs_are_a_table(pangea):
    ran = pangea("ncbi", "list", "sra", "SRX901")
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert rows == [
        {
            "experiment": "SRX901",
            "filename": "SRR1",
            "size": "12",
            "md5": "9e107d9d372bb6826bd81d3542a419d6",
            "url": "https://sra.example.org/SRR1",
        }
    ]
    assert pangea("ncbi", "list", "sra", "SRX901", "-s", "-1").code == 2


def test_a_project_becomes_a_library_once(pangea):
    made = pangea("ncbi", "link", "bioproject", "Sandbox", "PRJNA5")
    assert (made.code, made.out.startswith("<Pangea::SampleGroup PRJNA5 ")) == (0, True)
    assert "<Pangea::Sample SAMN71 " in pangea("list", "samples", "Sandbox", "PRJNA5").out
    assert "<Pangea::Sample raw::raw_reads SRX901 " in pangea("list", "results", "Sandbox", "PRJNA5", "SAMN71").out
    assert pangea("ncbi", "link", "bioproject", "Sandbox", "PRJNA5").out == made.out
    assert pangea("list", "results", "Sandbox", "PRJNA5", "SAMN71").out.count("\n") == 1
    urls = pangea("download", "sample-results", "--urls-only", "Sandbox", "PRJNA5").out
    assert urls.startswith("https://sra.example.org/SRR1 SAMN71/SAMN71.raw__raw_reads.sra_run")
    assert pangea("ncbi", "link", "bioproject", "Nope", "PRJNA5").code == 1
