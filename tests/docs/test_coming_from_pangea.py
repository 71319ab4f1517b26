"""The page for those who come from pangea-api: what it names is there, and every example runs."""

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from coming_from import ComingFrom, Run, check_names
from omicsdk.compat.pangea_api import Knex, Organization
from omicsdk.sandbox import Sandbox
from unsettled import without_proxies

PAGE = ComingFrom("pangea")
DOCUMENTED = {
    "RemoteObject": "cache_blob create delete get get_cached_blob idem load_blob optional_remote_fields save",
    "Knex": "add_auth_token delete get login post put",
    "FileSystemCache": "cache_blob clear_blob get_cached_blob get_cached_blob_filepath",
    "Organization": "get_sample_groups nested_url parent_field pre_hash remote_fields sample_group",
    "User": "login register username",
    "SampleGroup": "add_sample analysis_result get_analysis_results get_manifest get_samples nested_url sample",
    "Sample": "analysis_result get_analysis_results get_manifest nested_url pre_hash",
    "SampleAnalysisResult": "field get_fields nested_url pre_hash",
    "SampleGroupAnalysisResult": "field get_fields nested_url",
    "AnalysisResultField": "download_file get_blob_filename get_download_url get_referenced_filename nested_url pre_hash"
    " upload_file upload_large_file upload_small_file",
    "SampleAnalysisResultField": "canon_url",
    "SampleGroupAnalysisResultField": "canon_url",
}
"""What the published documentation of the client lists."""


def test_the_imports_that_it_shows_work():
    PAGE.check_imports()


def test_names_that_it_tells_are_there():
    check_names(PAGE.text)


def test_the_commands_are_there():
    assert PAGE.check_commands("pangea-api", "pangea") == 29


@pytest.mark.parametrize("of", DOCUMENTED)
def test_every_documented_call_is_in_an_example(of: str):
    text = "\n".join(PAGE.examples.values())
    homes = ("", ".analysis_result", ".remote_object", ".file_system_cache")
    assert any(hasattr(importlib.import_module(f"omicsdk.compat.pangea_api{home}"), of) for home in homes)
    assert [name for name in DOCUMENTED[of].split() if not re.search(rf"\.{name}\b", text)] == []


# -- examples


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, omics_sandbox: Sandbox) -> Path:
    """Where the examples run: the server and the login are those of the variables, and there are two files."""
    without_proxies(monkeypatch)
    monkeypatch.delenv("USE_PANGEA_CACHE", raising=False)
    for name, value in omics_sandbox.environment().items():
        if name.startswith("PANGEA_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    Path("small.fastq.gz").write_bytes(b"small content\n")
    Path("large.fastq.gz").write_bytes(bytes(range(256)) * 4 * 6 * 1024)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """Runs an example after the page's first lines, and gives the names that it has made."""
    with PAGE.running() as running:
        yield running


def test_every_example_is_run_by_a_test():
    PAGE.check_all_are_run(__file__)


def test_samples(run: Run):
    made = run("samples.py")
    assert (made.cities, made.again) == (["Paris"], ["soil/1 🧬"])
    assert made.groups == ["Deep Samples", "My Library"]
    assert made.soil.metadata == {"city": "Paris", "depth_cm": 5, "ph": 6.4}
    assert made.manifest["name"] == "soil/1 🧬"
    assert [sample["name"] for sample in made.of_the_group["samples"]] == ["soil/1 🧬"]
    assert made.counts == {"n_samples": 1}
    assert made.places[0] == "nested/My%20Organization"
    assert made.places[1] == "nested/My%20Organization/sample_groups/Deep%20Samples"
    assert made.keys[0] == "ORGMy Organization"
    assert made.kinds == [None, "org", "lib"]
    assert made.fields[0] == ["uuid", "created_at", "updated_at", "name"]
    assert set(made.fields[2]) == {"uuid", "created_at", "updated_at", "name", "metadata", "library", "description"}
    assert list(made.group.get_samples()) == []


def test_results(run: Run):
    made = run("results.py")
    assert made.name == "s1/s1.kraken2__taxa.counts.json"
    assert made.counts == {"Bacteria": 13, "Archaea": 1}
    assert (made.modules, made.names) == (["kraken2::taxa"], ["counts"])
    assert made.text.stored_data == {"words": "Thirteen of fourteen are Bacteria."}
    assert (made.summaries, made.texts) == (["summary"], ["text"])
    assert made.routes == ["sample_ar_fields", "sample_group_ar_fields"]
    assert made.places[2].startswith(f"{made.places[0]}/fields/")
    assert len(made.keys) == 4


def test_files(run: Run):
    made = run("files.py")
    assert made.name == "s1/s1.raw__reads.large.fastq.gz"
    assert made.url.startswith("http://127.0.0.1:")
    assert (made.path, made.same) == ("again.fastq.gz", True)
    assert Path(made.temporary).read_bytes() == b"small content\n"
    assert made.either.stored_data["__type__"] == "s3"


def test_remote_objects(run: Run):
    made = run("remote.py")
    assert not made.there
    assert made.kept["name"] == "s"
    assert made.optional == []
    assert "Rome" in made.message
    assert "was deleted" in made.gone


def test_requests(run: Run):
    made = run("requests.py")
    assert [organization["name"] for organization in made.organizations] == ["By Other Hands"]
    assert "By Other Hands" in made.names
    assert made.status == 204
    assert made.missing == {"detail": "Not found."}
    assert "may not be blank" in made.why
    assert made.same
    assert made.new.get_info


def test_the_cache(run: Run):
    made = run("cache.py")
    assert (made.kept["name"], made.there, made.cleared) == ("Kept", True, None)
    assert not Path(made.path).exists()


def test_tags_and_pipelines(run: Run):
    made = run("tags.py")
    assert made.tagged == (["s"], ["Tagged Library"])
    assert (made.some, made.tags) == (["s"], ["soil"])
    assert made.modules == [("trim", "1.0"), ("count", "2.1")]


def test_what_is_new(run: Run, omics_sandbox: Sandbox):
    with Knex(omics_sandbox.pangea_url) as knex:
        knex.login(os.environ["PANGEA_USER"], os.environ["PANGEA_PASS"])
        Organization(knex, "Sandbox").sample_group("Sandbox Library").sample("s1").create()
    made = run("beyond.py")
    assert len(made.uuids) == 3
    assert made.first.uuid == made.uuids[0]
    assert made.names == ["a", "b", "c"]
    assert made.me == "user@sandbox.example.org"
    assert [hit.name for hit in made.hits] == ["Beyond"]
    assert made.key.bucket == made.bucket.uuid
    assert made.content == b"reads"
    assert Path("results/s1/s1.raw__reads.reads.fastq.gz").read_bytes() == b"reads"
