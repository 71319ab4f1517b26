"""Downloads of platforms, folders and lists take filters: what is not selected is neither fetched nor reported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import omicsdk
import pytest
from omicsdk.cli.main import main
from omicsdk.sandbox import Sandbox
from unsettled import unsettled

pytestmark = pytest.mark.sandbox

FILES = {"reads.bam": b"B" * 2000, "small.bam": b"b", "reads.bam.bai": b"I" * 2000, "notes.txt": b"t" * 2000}
FILTERS: dict[str, Any] = {"exclude": ["*.txt"], "include": ["*.{bam,txt}"], "min_size": "1K"}
"""Which select reads.bam, and notes.txt, since the pattern that includes it is tried first."""
SELECTED = {name: FILES[name] for name in ("reads.bam", "notes.txt")}


@pytest.fixture
def sandbox(omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    unsettled(monkeypatch, tmp_path)
    for name, value in (omics_sandbox.environment() | {"OMICS_STATE_DIR": str(tmp_path / "state")}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study" / "set").mkdir(parents=True)
    for name, data in FILES.items():
        (tmp_path / "study" / "set" / name).write_bytes(data)
    return omics_sandbox


def of_azul(sandbox: Sandbox) -> Any:
    sandbox.seed(Path("study"), service="dss")
    project = sandbox.azul.atlas.files()[0].project_id
    with omicsdk.Azul() as azul:
        return azul.download(f"projectId={project}", "data", **FILTERS)


def of_gen3(sandbox: Sandbox) -> Any:
    guids = sandbox.seed(Path("study"), service="gen3")["files"]
    with omicsdk.Gen3() as gen3:
        return gen3.download(list(guids.values()), "data", **FILTERS)


def of_drs(sandbox: Sandbox) -> Any:
    guids = sandbox.seed(Path("study"), service="gen3")["files"]
    with omicsdk.Drs(sandbox.gen3_url) as drs:
        return drs.download(list(guids.values()), "data", **FILTERS)


def of_sb(sandbox: Sandbox) -> Any:
    project = sandbox.seed(Path("study"), service="sb")["project"]
    with omicsdk.SevenBridges() as sb:
        return sb.download(f"sb://{project}/set/", "data", newer="1d", **FILTERS)


def of_a_list(sandbox: Sandbox) -> Any:
    guids = sandbox.seed(Path("study"), service="gen3")["files"]
    host = sandbox.gen3_url.partition("://")[2]
    Path("list.txt").write_text("".join(f"drs://{host}/{guid}\n" for guid in guids.values()))
    return omicsdk.get("list.txt", "data", **FILTERS)


def of_a_folder(sandbox: Sandbox) -> Any:
    project = sandbox.seed(Path("study"), service="sb")["project"]
    return omicsdk.download(f"sb://{project}/set/", "data", newer="1d", **FILTERS)


@pytest.mark.parametrize("download", [of_azul, of_gen3, of_drs, of_sb, of_a_list, of_a_folder])
def test_what_is_selected_is_downloaded(sandbox: Sandbox, download: Callable[[Sandbox], Any]) -> None:
    report = download(sandbox)
    contents = {path.name: path.read_bytes() for path in Path("data").rglob("*") if not path.is_dir()}
    assert {name: data for name, data in contents.items() if name in FILES} == SELECTED
    assert (report.counts["done"], len(report.outcomes)) == (2, 2)


def test_the_result_manifest_has_the_selected_files(sandbox: Sandbox) -> None:
    of_a_list(sandbox)
    lines = Path("data.manifest.tsv").read_text().splitlines()
    assert sorted(Path(line.split("\t")[-2]).name for line in lines[1:]) == sorted(SELECTED)


def test_commands_take_filters(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    guids = sandbox.seed(Path("study"), service="gen3")["files"]
    Path("rules").write_text("- *.bai\n- /set/small*\n")
    words = ["drs", "download", "--base-url", sandbox.gen3_url, *guids.values(), "-d", "data"]
    assert main([*words, "--filter-from", "rules", "--output", "json"]) == 0, capsys.readouterr().err
    assert {path.name for path in Path("data").rglob("*")} & FILES.keys() == SELECTED.keys()
    assert main([*words, "--include", "*.cram", "--fail-empty"]) == 1
    assert "no file is selected" in capsys.readouterr().err


def test_removals_refuse_sizes_and_dates(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sync", "--delete", "--yes", "--min-size", "1K", "study/", "copy/"]) == 2
    assert "--delete is not possible with limits of sizes or dates" in capsys.readouterr().err
    assert not Path("copy").exists()
