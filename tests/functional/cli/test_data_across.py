"""Files go from platform to platform by one command, arrive whole, and the same command continues after Ctrl-C."""

import json
import os
import random
import sys
from pathlib import Path

import pytest
from fork_server import forked
from interrupting import bytes_kept, interrupted
from omicsdk.cli.main import main
from omicsdk.fs import CopyOptions, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import plan_copy, source_to_copy
from omicsdk.fs.uris import Stores
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox
OMICS = str(Path(sys.executable).with_name("omics"))


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "deep").mkdir(parents=True)
    (folder / "links.json").write_text("{}")
    (folder / "deep" / "cells 100%.csv").write_bytes(b"cell,count\na,1\n")
    (folder / "reads.bin").write_bytes(random.Random(1).randbytes(6 << 20))
    return folder


@pytest.fixture
def bundle(omics_sandbox, source):
    made = omics_sandbox.seed(source)
    return f"dss://aws/{made['bundle_uuid']}.{made['version']}"


@pytest.fixture
def variables(omics_sandbox, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_", "SB_"))}
    return kept | omics_sandbox.environment() | {"OMICS_STATE_DIR": str(tmp_path / "state")}


@pytest.fixture
def omics(variables, monkeypatch, tmp_path, capsys):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        code = main(list(words))
        out, err = capsys.readouterr()
        assert code == 0, err
        return json.loads(out)

    return run


def test_a_bundle_goes_from_platform_to_platform_and_home(omics, omics_sandbox, bundle, source, tmp_path):
    s3, sb = f"s3://{omics_sandbox.staging_bucket}/across", "sb://sandbox-user/across"
    assert omics("cp", "-r", bundle, s3)["counts"]["done"] == 3
    assert omics("verify", bundle, s3)["counts"] == {"verified": 3}
    omics("sb", "projects", "create", "across", "--billing-group", _billing_group(omics))
    assert omics("cp", "-r", f"{s3}/", f"{sb}/")["counts"]["done"] == 3
    assert omics("cp", "-r", sb, "home")["counts"]["done"] == 3
    for name in ("links.json", "deep/cells 100%.csv", "reads.bin"):
        assert (tmp_path / "home" / name).read_bytes() == (source / name).read_bytes()
    assert omics("verify", bundle, "home")["counts"] == {"verified": 3}
    assert omics("sync", "--compare", "size", "home", s3)["same"] == 3
    assert omics("du", sb)[0]["bytes"] == sum(path.stat().st_size for path in source.rglob("*") if path.is_file())


def test_progress_between_platforms_covers_both_ways(omics, omics_sandbox, bundle, source):
    states = []
    uri, target = parse_uri(bundle), parse_uri(f"s3://{omics_sandbox.staging_bucket}/counted/")
    with Stores() as stores:
        plan = plan_copy([source_to_copy(stores.of(uri), uri, recursive=True)], target, "folder")
        assert copy_files(plan, stores, CopyOptions(progress=states.append, spool_bytes=1)).ok
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    assert {(state.files, state.bytes) for state in states} == {(3, size)}
    assert (states[-1].files_done, states[-1].bytes_done, states[-1].bytes_fetched) == (3, size, 2 * size)
    assert [state.final for state in states[:-1]] == [False] * (len(states) - 1)
    assert any(state.bytes_done > (6 << 20) / 2 and state.files_done < 3 for state in states[:-1])


def _billing_group(omics):
    return omics("--query", "items[0]", "sb", "api", "list-billing-groups")["id"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_leaves_what_the_same_command_continues_from(omics_sandbox, bundle, source, variables, tmp_path):
    command = [OMICS, "cp", f"{bundle}/reads.bin", str(tmp_path / "there.bin")]
    omics_sandbox.add_faults(Rule("stall", path="/_objects/*", at=5 << 20))
    code, out, err = interrupted(omics_sandbox, command, variables)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "omics: interrupted."
    assert not (tmp_path / "there.bin").exists()
    again = forked.run(command, capture_output=True, text=True, env=variables, check=False, timeout=60)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["done"] == 1
    assert 4 << 20 <= bytes_kept(again.stderr) <= 5 << 20  # a cell that was begun is continued, too
    assert (tmp_path / "there.bin").read_bytes() == (source / "reads.bin").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
