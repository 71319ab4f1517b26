"""Stores that differ from what their clients expect, and keys of a bucket that end while a command runs."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from lying_proxy import Lie, LyingProxy, Request
from omicsdk.cli.main import main
from omicsdk.sandbox import Rule
from quiet_server import running
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
def test_the_workflow(omics, omics_sandbox, tmp_path, settings: dict[str, Any], keyed: bool):
    for name, size in SIZES.items():
        path = Path("here", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    if keyed:
        (tmp_path / "key").write_bytes(os.urandom(32))
        omics("cp", "here/small", "s3://bkt/plain")
    omics_sandbox.settings.turn(settings)
    key_options = ("--sse-c-key-file", str(tmp_path / "key")) if keyed else ()
    omics("cp", "-r", *key_options, "here", "s3://bkt/data")
    listed = json.loads(omics("--output", "json", "ls", "-r", "s3://bkt/data/"))
    assert {row["name"]: row["size"] for row in listed} == SIZES
    assert omics("cat", *key_options, "s3://bkt/data/small") == Path("here/small").read_bytes()
    assert (
        omics("cat", "--range", "-5", *key_options, "s3://bkt/data/sub/large")
        == Path("here/sub/large").read_bytes()[-5:]
    )
    done = json.loads(omics("--output", "json", "cp", "-r", *key_options, "s3://bkt/data/", "back"))
    for name in SIZES:
        assert Path("back", name).read_bytes() == Path("here", name).read_bytes()
    has_checksums = settings.get("s3.checksums", "stored") == "stored"
    has_md5 = settings.get("s3.etags") != "opaque" and not keyed
    assert done["verification"]["verified" if has_checksums or has_md5 else "size only"] == 2
    if has_checksums:
        assert json.loads(omics("--output", "json", "verify", *key_options, "s3://bkt/data/"))["counts"] == {
            "verified": 2
        }
    omics("sync", *key_options, "s3://bkt/data/", "s3://bkt/copy/")
    omics("cp", *key_options, "s3://bkt/copy/small", "again")
    assert (
        hashlib.sha256(Path("again").read_bytes()).digest() == hashlib.sha256(Path("here/small").read_bytes()).digest()
    )
    if keyed:
        assert omics("cat", *key_options, "s3://bkt/plain") == Path("here/small").read_bytes()
    omics("mv", *key_options, "--unverified", "s3://bkt/copy/", "moved")
    assert Path("moved/sub/large").read_bytes() == Path("here/sub/large").read_bytes()
    omics("--yes", "rm", "-r", "s3://bkt/data/")
    assert json.loads(omics("--output", "json", "ls", "-r", "s3://bkt/")) == (
        [] if not keyed else json.loads(omics("--output", "json", "ls", "s3://bkt/plain"))
    )


def test_a_busy_store_and_ended_keys_hold_nothing_up(omics, omics_sandbox, s3):
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


AREA = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
#: Sent whole, and in parts.
SENT = {"a": 10, "b": 300_000, "c": IN_PARTS, **{f"d/{number}": 5 for number in range(4)}}


@pytest.fixture
def renew(omics_sandbox, monkeypatch, tmp_path) -> Any:
    """Ends the keys of a folder of a bucket, and writes others where the environment says that they are."""
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    omics_sandbox.area(AREA)
    omics_sandbox.settings.turn({"upload.credentials_seconds": 7200})

    def renewed() -> None:
        url = f"{omics_sandbox.upload_url}/area/{AREA}/credentials"
        keys = httpx.post(url, headers={"Api-Key": omics_sandbox.upload_key}, trust_env=False).json()
        names = {"aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"}
        lines = [f"{ours} = {keys[theirs]}" for ours, theirs in {**names, "aws_session_token": "SessionToken"}.items()]
        (tmp_path / "new").write_text("\n".join(["[default]", *lines]))
        (tmp_path / "new").replace(tmp_path / "keys")
        omics_sandbox.clock.advance(3601)  # of 7200: the keys before these have ended

    renewed()
    return renewed


@pytest.fixture
def proxy(omics_sandbox, renew, monkeypatch):
    proxy = LyingProxy(omics_sandbox.s3_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.origin)
    with running(proxy):
        yield proxy


@pytest.mark.parametrize("when", [0, 1, 2, 4, 7])
@pytest.mark.parametrize("again", [0, 30], ids=["once", "at each thirtieth request"])
def test_keys_that_end_in_mid_run(proxy, renew, capsys, when: int, again: int):
    bucket = f"s3://org-humancellatlas-upload-sandbox/{AREA}/data"
    for name, size in SENT.items():
        Path("here", name).parent.mkdir(parents=True, exist_ok=True)
        Path("here", name).write_bytes(os.urandom(size))

    def ended(request: Request) -> str:
        if request.number == when or (again and request.number > when and (request.number - when) % again == 0):
            renew()
        return request.target

    everything = frozenset({"GET", "HEAD", "PUT", "POST"})
    for words in (["cp", "-r", "here", bucket], ["cp", "-r", f"{bucket}/", "back"], ["ls", "-r", f"{bucket}/"]):
        proxy.begin(Lie("ended", target=ended, methods=everything))
        code = main([*words, "--connections", "1"] if words[0] == "cp" else words)
        assert code == 0, capsys.readouterr().err
        assert words[0] == "ls" or len(proxy.requests) > when
    copies = {path.relative_to("back").as_posix(): path for path in Path("back").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in copies.items() if not name.startswith(".")} == {
        name: Path("here", name).read_bytes() for name in SENT
    }


@pytest.mark.parametrize("words", [["cp", "-r", "here", "BUCKET"], ["cp", "BUCKET/a", "b"], ["ls", "BUCKET/"]])
def test_keys_that_end_at_once_are_an_error(proxy, renew, capsys, words: list[str]):
    bucket = f"s3://org-humancellatlas-upload-sandbox/{AREA}/data"
    for name, size in SENT.items():
        Path("here", name).parent.mkdir(parents=True, exist_ok=True)
        Path("here", name).write_bytes(bytes(size))

    def ended(request: Request) -> str:
        renew()
        return request.target

    proxy.begin(Lie("ended", target=ended, methods=frozenset({"GET", "HEAD", "PUT", "POST"})))
    assert main([word.replace("BUCKET", bucket) for word in words]) == 4
    assert "AWS_SESSION_TOKEN" in capsys.readouterr().err
