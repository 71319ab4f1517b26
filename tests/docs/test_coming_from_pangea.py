"""The page for those who come from pangea-api: what it names is there, and every example runs."""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.sandbox import Sandbox

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-pangea.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(
    re.findall(r"^<!-- (\S+\.py) -->\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
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

Example = Callable[[str], SimpleNamespace]


def test_the_imports_that_it_shows_work():
    shown = re.findall(r"`((?:from|import) omicsdk[^`]*)`", PAGE)
    assert len(shown) >= 5
    for line in shown:
        exec(line, {})


def test_names_that_it_tells_are_there():
    for path in set(re.findall(r"`(omicsdk(?:\.\w+)+)`", PAGE)):
        module, _, name = path.rpartition(".")
        try:
            importlib.import_module(path)
        except ImportError:
            assert hasattr(importlib.import_module(module), name), path


def test_the_commands_are_there():
    rows = re.findall(r"^\| `pangea-api ([^`]+)` \| `omics pangea ([^`]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) == 29
    assert [row for row in rows if row[0] != row[1]] == []
    omics = Path(sys.executable).with_name("omics")
    for _, words in rows:
        asked = [omics, "pangea", *words.split(), "--help"]
        shown = subprocess.run(asked, capture_output=True, text=True, timeout=60)
        assert f"Usage: omics pangea {words}" in shown.stdout, words


@pytest.mark.parametrize("of", DOCUMENTED)
def test_every_documented_call_is_in_an_example(of: str):
    text = "\n".join(EXAMPLES.values())
    assert hasattr(importlib.import_module("omicsdk.pangea"), of)
    assert [name for name in DOCUMENTED[of].split() if not re.search(rf"\.{name}\b", text)] == []


# -- examples


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, omics_sandbox: Sandbox) -> Path:
    """Where the examples run: the server and the login are those of the variables, and there are two files."""
    for name in ("NO_PROXY", "no_proxy", "USE_PANGEA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    for scheme in ("http", "https", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)
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
def run(folder: Path) -> Iterator[Example]:
    """Runs an example after the page's first lines, and gives the names that it has made."""
    made: dict[str, Any] = {}

    def running(name: str) -> SimpleNamespace:
        for each in ("begin.py", name):
            exec(compile(EXAMPLES[each], each, "exec"), made)
        return SimpleNamespace(**{key: value for key, value in made.items() if key != "__builtins__"})

    yield running
    made["knex"].close()


def test_every_example_is_run_by_a_test():
    source = Path(__file__).read_text(encoding="utf-8")
    assert set(EXAMPLES) == set(re.findall(r'\brun\("([^"]+)"\)', source)) | {"begin.py"}
    assert PAGE.partition("\n## Examples\n")[2].count("\n```") == 2 * len(EXAMPLES)


def test_samples(run: Example):
    made = run("samples.py")
    assert (made.cities, made.again) == (["Paris"], ["soil/1 🧬"])
    assert made.groups == ["Deep Samples", "My Library"]
    assert made.found.metadata == {"city": "Paris", "depth_cm": 5, "ph": 6.4}
    assert made.manifest["name"] == "soil/1 🧬"
    assert [each["name"] for each in made.of_the_group["samples"]] == ["soil/1 🧬"]
    assert made.counts == {"n_samples": 1}
    assert made.places[0] == "nested/My%20Organization"
    assert made.places[1] == "nested/My%20Organization/sample_groups/Deep%20Samples"
    assert made.keys[0] == "ORGMy Organization"
    assert made.kinds == [None, "org", "lib"]
    assert made.fields[0] == ["uuid", "created_at", "updated_at", "name"]
    assert set(made.fields[2]) == {"uuid", "created_at", "updated_at", "name", "metadata", "library", "description"}
    assert list(made.group.get_samples()) == []


def test_results(run: Example):
    made = run("results.py")
    assert made.name == "s1/s1.kraken2__taxa.counts.json"
    assert made.counts == {"Bacteria": 13, "Archaea": 1}
    assert (made.modules, made.names) == (["kraken2::taxa"], ["counts"])
    assert made.text.stored_data == {"words": "Thirteen of fourteen are Bacteria."}
    assert (made.summaries, made.texts) == (["summary"], ["text"])
    assert made.routes == ["sample_ar_fields", "sample_group_ar_fields"]
    assert made.places[2].startswith(f"{made.places[0]}/fields/")
    assert len(made.keys) == 4


def test_files(run: Example):
    made = run("files.py")
    assert made.name == "s1/s1.raw__reads.large.fastq.gz"
    assert made.url.startswith("http://127.0.0.1:")
    assert (made.path, made.same) == ("again.fastq.gz", True)
    assert Path(made.temporary).read_bytes() == b"small content\n"
    assert made.either.stored_data["__type__"] == "s3"


def test_remote_objects(run: Example):
    made = run("remote.py")
    assert not made.there
    assert made.kept["name"] == "s"
    assert made.optional == []
    assert "Rome" in made.told
    assert "was deleted" in made.gone


def test_requests(run: Example):
    made = run("requests.py")
    assert [each["name"] for each in made.found] == ["By Other Hands"]
    assert "By Other Hands" in made.names
    assert made.status == 204
    assert made.missing == {"detail": "Not found."}
    assert "may not be blank" in made.why
    assert made.same
    assert made.new.get_info


def test_the_cache(run: Example):
    made = run("cache.py")
    assert (made.kept["name"], made.there, made.cleared) == ("Kept", True, None)
    assert not Path(made.path).exists()


def test_tags_and_pipelines(run: Example):
    made = run("tags.py")
    assert made.tagged == (["s"], ["Tagged Library"])
    assert (made.some, made.tags) == (["s"], ["soil"])
    assert made.modules == [("trim", "1.0"), ("count", "2.1")]


def test_what_is_new(run: Example):
    made = run("beyond.py")
    assert len(made.uuids) == 3
    assert made.found.uuid == made.uuids[0]
    assert made.names == ["a", "b", "c"]
    assert made.me == "user@sandbox.example.org"
    assert [each.name for each in made.hits] == ["Beyond"]
    assert [each.name for each in made.project.get_sample_groups()] == ["Chosen"]
    assert made.library.get().bucket == made.bucket.uuid
