"""The site over starts, stops and resets of its sandbox, and what is there to try it on."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox


def _get(sandbox: Sandbox, path: str) -> dict[str, Any]:
    headers = {"Authorization": f"Token {sandbox.crunch_token}"}
    with httpx.Client(base_url=sandbox.crunch_url, headers=headers, trust_env=False, verify=NO_TLS) as client:
        return client.get(path).json()


def test_there_is_a_dataset_to_process(sandbox: Sandbox) -> None:
    assert _get(sandbox, "/api/next/") == {"project": "sandbox", "dataset": "sandbox:example-reads"}
    dataset = _get(sandbox, "/api/datasets/sandbox:example-reads/")
    files = sandbox.crunch.storage / str(dataset["base_file_path"])
    assert [each.name for each in files.iterdir()] == ["reads.fastq"]
    assert str(_get(sandbox, "/api/projects/sandbox/")["workflow"]).startswith("#!/bin/sh\n")


def test_the_environment_refers_to_the_site_and_its_storage(sandbox: Sandbox) -> None:
    given = sandbox.environment()
    assert (given["CRUNCH_URL"], given["CRUNCH_TOKEN"]) == (f"{sandbox.url}/crunch", sandbox.crunch_token)
    settings = json.loads(Path(given["CRUNCH_STORAGE_SETTINGS"]).read_text())
    assert settings == {"MEDIA_ROOT": str(sandbox.crunch.storage)}


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
def test_the_example_s_script_counts_its_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    project = sandbox.crunch.tree.find("sandbox")
    assert project is not None
    shutil.copytree(sandbox.crunch.storage / "crunch" / "sandbox", tmp_path, dirs_exist_ok=True)
    script = tmp_path / "script.sh"
    script.write_text(project.workflow)
    script.chmod(0o755)
    subprocess.run([str(script)], cwd=tmp_path, check=True)
    assert (tmp_path / "counts.txt").read_text() == "reads.fastq 25\n"


def test_a_reset_puts_the_example_back_and_removes_the_rest(sandbox: Sandbox) -> None:
    sandbox.crunch.add_user("somebody")
    sandbox.crunch.tree.lock(2)
    (sandbox.crunch.storage / "more").mkdir()
    sandbox.reset()
    assert [each["slug"] for each in _get(sandbox, "/api/items/")["results"]] == ["sandbox", "sandbox:example-reads"]
    assert _get(sandbox, "/api/next/")["dataset"] == "sandbox:example-reads"
    assert [each.name for each in sandbox.crunch.storage.iterdir()] == ["crunch"]
    with pytest.raises(LookupError, match="somebody"):
        sandbox.crunch.token_of("somebody")


def test_what_was_made_survives_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as first:
        reader = first.crunch.token_of("reader")
        first.crunch.tree.lock(2)
        project = first.crunch.tree.find("sandbox")
        assert project is not None
        first.crunch.attributes.add("char", project.id, "k", {"value": "v"})
        result = first.crunch.storage / "crunch" / "sandbox" / "counts.txt"
        result.write_text("25")
    with Sandbox(tmp_path) as second:
        assert second.crunch.token_of("reader") == reader
        assert _get(second, "/api/next/") == {"project": "", "dataset": ""}
        assert _get(second, "/api/items/sandbox/")["attributes"] == [{"key": "k", "value": "v"}]
        assert result.read_text() == "25"
