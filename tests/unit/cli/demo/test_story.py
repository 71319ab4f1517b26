"""The demo's output, and its comparisons."""

import io
import json
from pathlib import Path

import pytest
from omicsdk.cli.demo.walk import (
    DemoFailed,
    Source,
    Story,
    check_bundle,
    check_manifest,
    environment,
    sha256_of,
    sums_of,
)
from omicsdk.transfer.reports.units import time_words


def test_a_story_numbers_its_steps_and_quotes_commands():
    out = io.StringIO()
    story = Story(out)
    story.step("First")
    story.command(["omics", "--es-query", "{} and more"])
    story.step("Second")
    story.fact(f"done in {time_words(1.26)}")
    assert out.getvalue() == ("\n1. First\n   $ omics --es-query '{} and more'\n\n2. Second\n   done in 1.3 s\n")


def test_commands_see_no_settings_but_those_of_the_sandbox():
    own = {
        "PATH": "/bin",
        "OMICS_DSS_URL": "x",
        "HCA_CONFIG_FILE": "y",
        "AWS_PROFILE": "z",
        "HTTPS_PROXY": "p",
        "no_proxy": "n",
    }
    found = environment({"HCA_CONFIG_FILE": "sandbox.json"}, own)
    assert found == {"PATH": "/bin", "HCA_CONFIG_FILE": "sandbox.json", "no_proxy": "n", "PYTHONUTF8": "1"}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    folder = tmp_path / "source"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.json").write_text("{}")
    (folder / "deeper" / "b.txt").write_text("b")
    bundle = tmp_path / "downloads" / "uuid.version"
    (bundle / "deeper").mkdir(parents=True)
    (bundle / "a.json").write_text("{}")
    (bundle / "deeper" / "b.txt").write_text("b")
    (bundle / "bundle.json").write_text(json.dumps({}))
    return Source(folder, "uuid", "version", sums_of(folder), 3)


def test_equal_folders_are_counted(source: Source, tmp_path: Path):
    found = check_bundle(source, tmp_path / "downloads")
    assert (found.files, found.size) == (2, 3)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder: (folder / "a.json").write_text("{ }"), "a.json"),
        (lambda folder: (folder / "deeper" / "b.txt").unlink(), "deeper/b.txt"),
        (lambda folder: (folder / "c.txt").write_text("too many"), "c.txt"),
    ],
)
def test_folders_that_differ_are_named(source: Source, tmp_path: Path, spoil, named: str):
    spoil(tmp_path / "downloads" / "uuid.version")
    with pytest.raises(DemoFailed, match=named):
        check_bundle(source, tmp_path / "downloads")


def manifest(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    path = folder / "manifest.tsv"
    lines = ["bundle_uuid\tfile_name\tfile_path", *("\t".join(row) for row in rows)]
    path.write_text("\r\n".join(lines) + "\r\n", newline="")
    return path


ROWS = [("uuid", "a.json", "uuid.version/a.json"), ("uuid", "deeper/b.txt", "uuid.version/deeper/b.txt")]


def test_a_manifest_that_refers_to_the_sources_is_counted(source: Source, tmp_path: Path):
    found = check_manifest(manifest(tmp_path, ROWS), {"uuid": source}, tmp_path / "downloads")
    assert (found.files, found.size) == (2, 3)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (ROWS[:1], "deeper/b.txt"),
        ([*ROWS, ROWS[0]], "rows twice"),
        ([ROWS[0], ("uuid", "deeper/b.txt", "uuid.version/a.json")], "deeper/b.txt"),
        ([*ROWS, ("other", "a.json", "uuid.version/a.json")], "a.json"),
    ],
)
def test_a_manifest_that_does_not_is_refused(source: Source, tmp_path: Path, rows, named: str):
    with pytest.raises(DemoFailed, match=named):
        check_manifest(manifest(tmp_path, rows), {"uuid": source}, tmp_path / "downloads")


def test_sha256_of_a_file(tmp_path: Path):
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
