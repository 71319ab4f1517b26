"""Commands with stores that differ from what their clients expect: clocks, regions, lists, checksums, ETags, keys that end."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.main import main
from omicsdk.sandbox import Rule
from small_cells import IN_PARTS

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("small_parts")]

#: Sent whole, and in parts.
SIZES = {"small": 300_000, "sub/large": IN_PARTS}


@pytest.fixture
def omics(s3, capsysbinary):
    def run(*words: str) -> bytes:
        code = main(words)
        out, err = capsysbinary.readouterr()
        assert code == 0, f"{words}\n{err.decode()}"
        return out

    return run


DIALECTS: dict[str, dict[str, Any]] = {
    "usual": {},
    "clock": {"s3.clock_ahead": 7200},
    "region": {"s3.region": "eu-west-3"},
    "first lists": {"s3.lists": "v1"},
    "no second lists": {"s3.lists": "none"},
    "checksums ignored": {"s3.checksums": "ignored"},
    "checksums refused": {"s3.checksums": "refused"},
    "opaque etags": {"s3.etags": "opaque"},
    "opaque etags, no checksums": {"s3.etags": "opaque", "s3.checksums": "refused"},
    "all": {
        "s3.clock_ahead": 7200,
        "s3.region": "eu-west-3",
        "s3.lists": "none",
        "s3.checksums": "refused",
        "s3.etags": "opaque",
    },
}


@pytest.mark.parametrize("settings", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("keyed", [False, True], ids=["", "customer's key"])
def test_the_workflow(omics, omics_sandbox, tmp_path, monkeypatch, settings: dict[str, Any], keyed: bool):
    for name, size in SIZES.items():
        path = Path("here", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    if keyed:
        (tmp_path / "key").write_bytes(os.urandom(32))
        omics("cp", "here/small", "s3://bkt/plain")
    omics_sandbox.settings.turn(settings)
    own = ("--sse-c-key-file", str(tmp_path / "key")) if keyed else ()
    omics("cp", "-r", *own, "here", "s3://bkt/data")
    listed = json.loads(omics("--output", "json", "ls", "-r", "s3://bkt/data/"))
    assert {row["name"]: row["size"] for row in listed} == SIZES
    assert omics("cat", *own, "s3://bkt/data/small") == Path("here/small").read_bytes()
    assert omics("cat", "--range", "-5", *own, "s3://bkt/data/sub/large") == Path("here/sub/large").read_bytes()[-5:]
    done = json.loads(omics("--output", "json", "cp", "-r", *own, "s3://bkt/data/", "back"))
    for name in SIZES:
        assert Path("back", name).read_bytes() == Path("here", name).read_bytes()
    stated = settings.get("s3.checksums", "stored") == "stored"
    has_md5 = settings.get("s3.etags") != "opaque" and not keyed
    assert done["verification"]["verified" if stated or has_md5 else "size only"] == 2
    if stated:
        assert json.loads(omics("--output", "json", "verify", *own, "s3://bkt/data/"))["counts"] == {"verified": 2}
    omics("sync", *own, "s3://bkt/data/", "s3://bkt/copy/")
    omics("cp", *own, "s3://bkt/copy/small", "again")
    assert (
        hashlib.sha256(Path("again").read_bytes()).digest() == hashlib.sha256(Path("here/small").read_bytes()).digest()
    )
    if keyed:
        assert omics("cat", *own, "s3://bkt/plain") == Path("here/small").read_bytes()
    omics("mv", *own, "--unverified", "s3://bkt/copy/", "moved")
    assert Path("moved/sub/large").read_bytes() == Path("here/sub/large").read_bytes()
    omics("--yes", "rm", "-r", "s3://bkt/data/")
    assert json.loads(omics("--output", "json", "ls", "-r", "s3://bkt/")) == (
        [] if not keyed else json.loads(omics("--output", "json", "ls", "s3://bkt/plain"))
    )


def test_a_busy_store_and_ended_keys_hold_nothing_up(omics, omics_sandbox, s3, tmp_path, monkeypatch):
    Path("here").mkdir()
    for number in range(20):
        Path("here", f"{number:02}").write_bytes(os.urandom(1000))
    for code, status in (("SlowDown", 503), ("InternalError", 500), ("ExpiredToken", 400)):
        for method in ("GET", "PUT", "HEAD", "POST", "DELETE"):
            rule = Rule("status", path="/_s3/bkt*", method=method, status=status, code=code, nth=2)
            omics_sandbox.add_faults(rule)
        omics("cp", "-r", "here", f"s3://bkt/{code}")
        omics("cp", "-r", f"s3://bkt/{code}/", code)
        omics("sync", f"s3://bkt/{code}/", f"s3://bkt/{code}-2/")
        omics("--yes", "rm", "-r", f"s3://bkt/{code}/")
        assert {path.name: path.read_bytes() for path in Path(code).iterdir() if path.is_file()} == {
            path.name: path.read_bytes() for path in Path("here").iterdir()
        }
        omics_sandbox.fault_book.clear()
