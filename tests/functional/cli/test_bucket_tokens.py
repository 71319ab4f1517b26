"""Keys of a bucket that end while a command runs: it takes the new ones of the same source, and nothing is lost."""

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from lying_proxy import Asked, Lie, LyingProxy
from omicsdk.cli.main import main
from small_cells import IN_PARTS

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("small_parts")]

AREA = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
#: Sent whole, and in parts.
SIZES = {"a": 10, "b": 300_000, "c": IN_PARTS, **{f"d/{number}": 5 for number in range(4)}}


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
    yield proxy
    proxy.close()


@pytest.mark.parametrize("when", [0, 1, 2, 4, 7])
@pytest.mark.parametrize("again", [0, 30], ids=["once", "at each thirtieth request"])
def test_keys_that_end_in_mid_run(proxy, renew, capsys, when: int, again: int):
    bucket = f"s3://org-humancellatlas-upload-sandbox/{AREA}/data"
    for name, size in SIZES.items():
        Path("here", name).parent.mkdir(parents=True, exist_ok=True)
        Path("here", name).write_bytes(os.urandom(size))

    def ended(request: Asked) -> str:
        if request.number == when or (again and request.number > when and (request.number - when) % again == 0):
            renew()
        return request.target

    everything = frozenset({"GET", "HEAD", "PUT", "POST"})
    for words in (["cp", "-r", "here", bucket], ["cp", "-r", f"{bucket}/", "back"], ["ls", "-r", f"{bucket}/"]):
        proxy.begin(Lie("ended", target=ended, methods=everything))
        code = main([*words, "--connections", "1"] if words[0] == "cp" else words)
        assert code == 0, capsys.readouterr().err
        assert words[0] == "ls" or len(proxy.asked) > when
    copies = {path.relative_to("back").as_posix(): path for path in Path("back").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in copies.items() if not name.startswith(".")} == {
        name: Path("here", name).read_bytes() for name in SIZES
    }


@pytest.mark.parametrize("words", [["cp", "-r", "here", "BUCKET"], ["cp", "BUCKET/a", "b"], ["ls", "BUCKET/"]])
def test_keys_that_end_at_once_are_an_error(proxy, renew, capsys, words: list[str]):
    bucket = f"s3://org-humancellatlas-upload-sandbox/{AREA}/data"
    for name, size in SIZES.items():
        Path("here", name).parent.mkdir(parents=True, exist_ok=True)
        Path("here", name).write_bytes(bytes(size))

    def ended(request: Asked) -> str:
        renew()
        return request.target

    proxy.begin(Lie("ended", target=ended, methods=frozenset({"GET", "HEAD", "PUT", "POST"})))
    assert main([word.replace("BUCKET", bucket) for word in words]) == 4
    assert "AWS_SESSION_TOKEN" in capsys.readouterr().err
