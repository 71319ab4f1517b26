"""`omics search` over the sandbox's portals, and the data of its rows."""

from pathlib import Path

import omicsdk
import pytest
from omicsdk.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def sandbox(
    omics_sandbox: Sandbox, omics_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Sandbox:
    """A sandbox with a run, a record and a file of the GDC."""
    del omics_environment
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "zebra_reads"
    folder.mkdir()
    (folder / "reads_1.fastq.gz").write_bytes(b"ACGT")
    for service in ("ena", "zenodo", "gdc"):
        omics_sandbox.seed(folder, service=service)
    return omics_sandbox


def test_portals_of_the_sandbox_are_searched_and_no_others(sandbox: Sandbox):
    results = omicsdk.search("sandbox")
    assert results.failed == {}
    assert list(results.searched) == ["azul", "gdc", "ena", "zenodo", "gen3"]
    rows = {hit.portal: hit for hit in results}
    assert rows.keys() == {"gdc", "ena"}
    assert (rows["gdc"].id, rows["gdc"].files, rows["gdc"].size) == ("TCGA-SANDBOX", 1, 4)
    assert (rows["ena"].id, rows["ena"].access) == ("PRJEB1", "open")
    del sandbox


def test_records_are_found_by_words_and_their_spellings(sandbox: Sandbox):
    assert list(omicsdk.search('zebra "reads 2"', portals="zenodo")) == []
    (hit,) = omicsdk.search("zebra reads_1", portals="zenodo")
    assert (hit.id, hit.title, hit.files, hit.size, hit.access) == ("zenodo:1", "zebra_reads", 1, 4, "open")
    assert list(omicsdk.search("zebra", organism="human", portals="zenodo")) == []
    del sandbox


def test_files_of_one_name_in_several_folders_are_all_in_a_record(sandbox: Sandbox, tmp_path: Path):
    for name in ("one", "two"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "counts.tsv").write_text(name)
    record = sandbox.seed(tmp_path / "runs", service="zenodo")["record"]
    omicsdk.get(f"zenodo:{record}", tmp_path / "data").raise_if_failed()
    assert {path.read_text() for path in (tmp_path / "data").rglob("counts.tsv")} == {"one", "two"}


def test_a_portal_that_refuses_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMICS_ZENODO_URL", f"{sandbox.url}/nowhere")
    results = omicsdk.search("sandbox", portals=["ena", "zenodo"])
    assert [hit.portal for hit in results] == ["ena"]
    assert list(results.failed) == ["zenodo"]


def test_a_study_of_the_commons_is_found_and_downloaded(sandbox: Sandbox, tmp_path: Path):
    (guid,) = sandbox.seed(tmp_path / "zebra_reads", service="gen3")["files"].values()
    listed = [{"object_id": guid, "file_name": "reads.fastq.gz", "file_size": 4}]
    shown = {"full_name": "Zebras of the savanna", "species": "Equus quagga", "__manifest": listed}
    with omicsdk.Gen3() as commons:
        study = {"_guid_type": "discovery_metadata", "gen3_discovery": shown}
        commons.metadata_admin.create(guid="S1", body=study)
    (hit,) = omicsdk.search("savanna", portals="gen3")
    assert (hit.id, hit.organism, hit.files, hit.size) == ("gen3:S1", "Equus quagga", 1, 4)
    report = omicsdk.get(hit.id, "data")
    assert [outcome.verification for outcome in report.outcomes] == ["verified"]
    assert Path("data/reads.fastq.gz").read_bytes() == b"ACGT"
    assert "\tS1\t" in f"\t{Path('data.manifest.tsv').read_text().splitlines()[1]}\t"
