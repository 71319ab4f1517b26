"""The contents of a bundle, the verification of a downloaded one, and the user of a login."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk import AsyncDss, Dss, Fusillade
from omicsdk.core import ANONYMOUS, AuthError, ChecksumMismatch, NotFound, Unauthorized
from omicsdk.hca.dss import Account

pytestmark = pytest.mark.sandbox

NAMES = ["cell_suspension_0.json", "empty.txt", "links.json", "reads/R1.fastq"]


def test_the_files_of_a_bundle_are_listed(dss: Any, bundle: Any) -> None:
    uuid = bundle["bundle_uuid"]
    listed = list(dss.ls(uuid, "aws"))
    assert [file.name for file in listed] == NAMES
    assert listed[3].file.size == 4096 * 256
    assert set(listed[3].checksums) == {"sha256", "sha1", "crc32c", "s3_etag"}
    assert [file.name for file in dss.ls(uuid, "aws", folder="reads/")] == ["reads/R1.fastq"]
    with pytest.raises(NotFound, match="has no folder 'tables'"):
        list(dss.ls(uuid, "aws", folder="tables"))

    async def run() -> list[str]:
        async with AsyncDss(dss.base_url, credentials=dss.credentials) as client:
            return [file.name async for file in client.ls(uuid, "aws")]

    assert asyncio.run(run()) == NAMES


def test_a_file_of_a_bundle_is_read_without_being_stored(dss: Any, bundle: Any, source: Path, folder: Path) -> None:
    uuid, whole = bundle["bundle_uuid"], (source / "reads/R1.fastq").read_bytes()
    with dss.open(uuid, "aws", "reads/R1.fastq", version=bundle["version"]) as file:
        assert file.read(10) == whole[:10]
        file.seek(-5, 2)
        assert file.read() == whole[-5:]
        file.seek(0)
        assert file.read() == whole
    with dss.open(uuid, "aws", "empty.txt") as file:
        assert file.read() == b""
    with pytest.raises(NotFound, match=r"has no file 'reads'"), dss.open(uuid, "aws", "reads"):
        pass

    async def run() -> bytes:
        client = AsyncDss(dss.base_url, credentials=dss.credentials)
        async with client, client.open(uuid, "aws", "reads/R1.fastq") as file:
            await file.seek(1000)
            return await file.read(100)

    assert asyncio.run(run()) == whole[1000:1100]
    assert list(folder.iterdir()) == []


def test_a_downloaded_bundle_is_verified(dss: Any, bundle: Any, folder: Path) -> None:
    uuid = bundle["bundle_uuid"]
    assert len(dss.verify(uuid, "aws").failed) == 4
    dss.download(uuid, "aws", no_metadata=True)
    (missing, _) = dss.verify(uuid, "aws").failed
    assert "cell_suspension_0.json is missing" in str(missing.error)
    assert dss.verify(uuid, "aws", no_metadata=True).verification["verified"] == 2
    (reads,) = folder.glob("*/reads/R1.fastq")
    content = bytearray(reads.read_bytes())
    content[1000] ^= 1
    reads.unlink()  # it is a link to the file in the filestore
    reads.write_bytes(content)
    (wrong,) = dss.verify(uuid, "aws", no_metadata=True).failed
    assert isinstance(wrong.error, ChecksumMismatch)
    assert wrong.error.algorithm == "sha256"


def test_the_account_of_a_login(dss: Any) -> None:
    site = "https://auth.data.humancellatlas.org/"
    claims = {f"{site}email": "ann@example.org", f"{site}group": "hca", "exp": 2_000_000_000}
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({}, claims, {}))
    with Dss(dss.base_url, credentials=token) as client:
        assert client.whoami() == Account("ann@example.org", "hca", 2_000_000_000)
    with Dss(dss.base_url, credentials=ANONYMOUS) as nobody, pytest.raises(AuthError, match="no login"):
        nobody.whoami()
    with Dss(dss.base_url, credentials="opaque") as unknown, pytest.raises(AuthError, match="not state"):
        unknown.whoami()


def test_the_user_of_a_login(dss: Any) -> None:
    url = dss.base_url.replace("/dss/v1", "/auth")
    with Fusillade(url, credentials=dss.credentials) as fusillade:
        assert fusillade.whoami().to_dict() == fusillade.get_oauth_userinfo().to_dict()
    with Fusillade(url, credentials=ANONYMOUS) as nobody, pytest.raises(Unauthorized):
        nobody.whoami()
