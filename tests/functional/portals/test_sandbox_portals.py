"""Lists of the GDC, ENA and the SRA, downloaded from the sandbox's portals: verified, resumed, with tokens and refusals."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import httpx
import omicsdk
import pytest
from azul_project import PROJECT, write_project
from omicsdk.core import Forbidden, NotFound
from omicsdk.sandbox import Sandbox
from portal_host import SAMPLES, U, content

GDC = {"t.bam": U(41), "n.bam": U(42)}
FASTQ = ("ERR000001_1.fastq.gz", "ERR000001_2.fastq.gz")
pytestmark = pytest.mark.sandbox


@pytest.fixture
def portals(
    omics_sandbox: Sandbox, omics_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Sandbox:
    """The sandbox with what the samples name."""
    del omics_environment
    monkeypatch.delenv("GDC_TOKEN")
    monkeypatch.chdir(tmp_path)
    put, portals = omics_sandbox.context.objects.put_bytes, omics_sandbox.portals
    for name, id in GDC.items():
        portals.add_gdc(name, put(content(name)), id)
    submitted = ("submitted", "lane #1.bam", put(content("lane #1.bam")))
    portals.add_run("ERR000001", "PRJEB1", [*(("fastq", name, put(content(name))) for name in FASTQ), submitted])
    for run in ("SRR000001", "SRR000002"):
        portals.add_run(run, "PRJNA1", [("sra", run, put(content(f"{run}.sra")))])
    omics_sandbox.request_log.clear()
    return omics_sandbox


def sample(name: str, sandbox: Sandbox) -> str:
    """A sample whose URLs are the sandbox's."""
    host = sandbox.ena_url.partition("://")[2]
    Path(name).write_bytes((SAMPLES / name).read_bytes().replace(b"files.example.org", host.encode()))
    return name


def requests_of(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(entry["method"], entry["path"]) for entry in sandbox.request_log.entries()]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("gdc_manifest.txt", GDC),
        ("gdc_sample_sheet.tsv", GDC),
        ("gdc_cart.json", ["t.bam"]),
        ("ena_filereport.tsv", FASTQ),
        ("ena_filereport.json", FASTQ[:1]),
        ("SRR_Acc_List.txt", ["SRR000001.sra", "SRR000002.sra"]),
        ("SraRunTable.csv", ["SRR000001.sra"]),
    ],
)
def test_a_list_is_downloaded_verified_and_fetched_once(name: str, names: Any, portals: Sandbox):
    listed = sample(name, portals)
    report = omicsdk.get(listed, "data")
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == dict.fromkeys(names, "verified")
    assert {name: Path("data", name).read_bytes() for name in names} == {name: content(name) for name in names}
    portals.request_log.clear()
    assert omicsdk.get(listed, "data").counts["skipped"] == len(names)
    assert [path for method, path in requests_of(portals) if method != "POST"] == []


def test_the_lists_that_the_portals_hand_out_are_downloaded(portals: Sandbox):
    manifest = f"{portals.gdc_url}/files?return_type=manifest"
    assert omicsdk.get(manifest, "gdc", format="gdc").counts["done"] == 2
    report = f"{portals.ena_url}/portal/api/filereport?accession=PRJEB1&result=read_run&format=json&fields="
    fields = ",".join(f"{kind}_{what}" for kind in ("fastq", "submitted") for what in ("ftp", "md5", "bytes"))
    assert omicsdk.get(report + fields, "ena", format="ena").counts["done"] == 2
    chosen = omicsdk.get(report + fields, "ena", format="ena", prefer=["submitted"])
    assert [(outcome.name, outcome.verification) for outcome in chosen.outcomes] == [("lane #1.bam", "verified")]


def test_the_sample_sheet_of_accessions_repeats_their_download(portals: Sandbox):
    omicsdk.get("PRJEB1", "first")
    sheet = Path("first.manifest.tsv").read_text()
    # As Excel saves it, with an empty row at the end.
    saved = sheet.replace("first/", "").replace(";", "|").replace("\t", ";").replace("\n", "\r\n") + ";;;;\r\n"
    Path("saved.csv").write_text(saved, encoding="utf-8-sig", newline="")
    report = omicsdk.get("saved.csv", "again")
    assert [outcome.name for outcome in report.outcomes] == list(FASTQ)
    assert report.verification["verified"] == 2
    # What finds no file leaves the result of an earlier download, and no folder.
    for folder in ("first", "nothing"):
        with pytest.raises(omicsdk.TransferFailed, match="has a public record"):
            omicsdk.get("PRJEB99999", folder)
    assert Path("first.manifest.tsv").read_text() == sheet
    assert (Path("nothing").exists(), Path("nothing.manifest.tsv").exists()) == (False, True)


def test_the_fastq_of_a_list_of_runs_is_chosen_by_name(portals: Sandbox):
    Path("runs.csv").write_text("Run;Tissue\r\nERR000001;liver\r\n")
    report = omicsdk.get("runs.csv", "fastq", reads="fastq")
    assert [outcome.name for outcome in report.outcomes] == list(FASTQ)


def test_names_and_sizes_that_a_list_lacks_come_in_one_request(portals: Sandbox):
    omicsdk.get(sample("gdc_sample_sheet.tsv", portals), "data")
    assert [path for method, path in requests_of(portals) if method == "POST"] == ["/gdc/files"]
    Path("runs.txt").write_text("SRR000003\nSRR000001\n")
    missing, run = omicsdk.get("runs.txt", "data", check=False).outcomes
    assert isinstance(missing.error, NotFound)
    assert run.verification == "verified"


def test_controlled_files_need_the_token_of_the_portal(portals: Sandbox, monkeypatch: pytest.MonkeyPatch):
    id = portals.portals.add_gdc("c.bam", portals.context.objects.put_bytes(b"controlled"), controlled=True)
    md5 = hashlib.md5(b"controlled").hexdigest()
    Path("list.txt").write_text(f"id\tfilename\tmd5\tsize\tstate\n{id}\tc.bam\t{md5}\t10\treleased\n")
    messages: list[str] = []
    (refused,) = omicsdk.get("list.txt", "data", on_message=messages.append, check=False).outcomes
    assert isinstance(refused.error, Forbidden)
    assert messages[-1] == (
        "1 file refused: no credentials. "
        "Run: omics login gdc. Or set GDC_TOKEN to a token of the GDC data portal, or to its file."
    )
    monkeypatch.setenv("GDC_TOKEN", "another")
    (refused,) = omicsdk.get("list.txt", "data", on_message=messages.append, check=False).outcomes
    assert isinstance(refused.error, Forbidden)
    assert messages[-1].startswith("1 file refused with your credentials. A token of the GDC expires after 30 days")
    monkeypatch.setenv("GDC_TOKEN", portals.token())
    assert omicsdk.get("list.txt", "data").counts["done"] == 1


def test_uuids_are_downloaded_and_controlled_files_say_where_to_apply(
    portals: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    controlled = portals.portals.add_gdc("c.bam", portals.context.objects.put_bytes(b"controlled"), controlled=True)
    refused, done = omicsdk.get([controlled, GDC["t.bam"]], "data", check=False).outcomes
    assert isinstance(refused.error, Forbidden)
    assert "dbGaP" in refused.error.remedy
    assert done.verification == "verified"
    assert [path for method, path in requests_of(portals) if method == "GET"] == [f"/gdc/data/{GDC['t.bam']}"]
    (chosen,) = omicsdk.get([controlled, GDC["t.bam"]], "open", where="access=open").outcomes
    assert chosen.name == "t.bam"
    monkeypatch.setenv("GDC_TOKEN", portals.token())
    assert omicsdk.get("data.manifest.tsv", "again").counts["done"] == 2  # the result manifest is one of the GDC's


def test_a_uuid_that_the_gdc_lacks_is_that_of_a_project_of_azul(portals: Sandbox, tmp_path: Path):
    portals.seed(write_project(tmp_path / "bundle"))
    portals.request_log.clear()
    (outcome,) = omicsdk.get(U(99), "data", check=False).outcomes
    assert isinstance(outcome.error, NotFound)
    assert "the GDC and Azul" in outcome.error.message
    assert [path for _, path in requests_of(portals)] == ["/gdc/files", "/azul/index/files"]
    report = omicsdk.get(PROJECT, "data", include="*.fastq.gz")
    assert {outcome.name: outcome.verification for outcome in report.outcomes} == dict.fromkeys(
        ("reads/r_1.fastq.gz", "reads/r_2.fastq.gz"), "verified"
    )
    assert omicsdk.get("data.manifest.tsv", "data").counts["skipped"] == 2


def test_folders_become_files_of_the_gdc_and_runs_of_a_study(omics_sandbox: Sandbox, tmp_path: Path):
    for name in ("early/r1.fastq.gz", "early/r2.fastq.gz", "early/sample.json", "late/x.fastq.gz", "late/x.sra"):
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name))
    shutil.copytree(tmp_path / "study" / "early", tmp_path / "study" / "controlled")
    made = omics_sandbox.seed(tmp_path / "study", service="gdc")["files"]
    controlled = {file.id for file in omics_sandbox.portals.files.all(kind="gdc", controlled=True)}
    assert {name for name, id in made.items() if id in controlled} == {name for name in made if "controlled/" in name}
    shutil.rmtree(tmp_path / "study" / "controlled")
    study = omics_sandbox.seed(tmp_path / "study", service="ena")
    assert study == {"study": "PRJEB1", "runs": {"early": "ERR0000001", "late": "ERR0000002"}}
    url = f"{omics_sandbox.ena_url}/portal/api/filereport"
    columns = "fastq_ftp,submitted_ftp,sra_ftp"
    response = httpx.get(url, params={"accession": "PRJEB1", "result": "read_run", "fields": columns, "format": "json"})
    names = [
        {key: [url.rpartition("/")[2] for url in value.split(";") if url] for key, value in row.items()}
        for row in response.json()
    ]
    early, late = ({"run_accession": [run]} for run in study["runs"].values())
    early |= {"fastq_ftp": ["ERR0000001_1.fastq.gz", "ERR0000001_2.fastq.gz"], "submitted_ftp": ["sample.json"]}
    late |= {"fastq_ftp": ["ERR0000002.fastq.gz"], "submitted_ftp": [], "sra_ftp": ["ERR0000002"]}
    assert names == [{**early, "sra_ftp": []}, late]
    assert omics_sandbox.seed(tmp_path / "study", service="ena")["study"] == "PRJEB2"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gdc/data/none", 404),
        ("/gdc/status", 404),
        ("/gdc/files?filters=x", 400),
        ('/gdc/files?filters={"op":"=","content":{"field":"cases.case_id","value":"x"}}', 400),
        ("/ena/portal/api/filereport?accession=GSE1&result=read_run", 400),
        ("/ena/portal/api/filereport?accession=PRJEB1&result=sample", 400),
        ("/ena/portal/api/filereport?accession=PRJEB1&result=read_run&fields=nothing", 400),
        ("/ena/vol1/fastq/ERR000/ERR000001/none.fastq.gz", 404),
        ("/ena/vol1/run/ERR000/ERR000001/ERR000001_1.fastq.gz", 404),
        ("/sdl/2/retrieve?acc=SRR000001", 404),
    ],
)
def test_other_requests_are_refused_with_a_message(path: str, status: int, portals: Sandbox):
    response = httpx.get(f"{portals.url}{path}")
    assert (response.status_code, list(response.json())) == (status, ["message"])


def test_an_accession_without_runs_has_a_report_of_the_header_alone(portals: Sandbox):
    report = f"{portals.ena_url}/portal/api/filereport?result=read_run&accession="
    assert httpx.get(f"{report}PRJEB99").text == "run_accession\tfastq_ftp\tfastq_md5\tfastq_bytes\n"
    assert httpx.get(f"{report}ERR000001").text.count("\n") == 2


def test_a_file_is_given_in_ranges_with_its_name_and_md5(portals: Sandbox):
    response = httpx.get(f"{portals.gdc_url}/data/{U(41)}", headers={"Range": "bytes=3-6"})
    assert (response.status_code, response.content) == (206, content("t.bam")[3:7])
    assert response.headers["content-disposition"] == "attachment; filename=t.bam"
    assert response.headers["content-md5"] == hashlib.md5(content("t.bam")).hexdigest()
