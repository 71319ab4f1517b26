"""Checksums and facts reported by stores are used as far as their meaning is certain."""

import base64
import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import Digests, crc32c, crc32c_text
from omicsdk.transfer import FsspecTarget
from omicsdk.transfer.downloads.targets import MIB, ReportedChecksum, identity, part_sizes, reported_checksums

BODY = b"x" * (11 * MIB)


def etag(body, part):
    digests = Digests(("s3_etag",), part_size=part)
    digests.update(body)
    return digests.values()["s3_etag"]


def test_an_etag_of_one_part_is_an_md5_perhaps():
    md5 = hashlib.md5(b"a").hexdigest()
    assert reported_checksums({"ETag": f'"{md5.upper()}"'}, 1) == [ReportedChecksum("md5", md5)]


def test_an_etag_of_several_parts_names_each_size_that_may_have_made_it():
    tag = etag(BODY, 8 * MIB)
    checksums = reported_checksums({"ETag": f'"{tag}"'}, len(BODY))
    assert {checksum.part for checksum in checksums} == {8 * MIB, 10 * MIB}
    assert [checksum.part for checksum in checksums if etag(BODY, checksum.part) == checksum.value] == [8 * MIB]
    assert not any(checksum.sure for checksum in checksums)


def test_google_and_azure_state_in_base64():
    md5 = hashlib.md5(b"a")
    crc = base64.b64encode(crc32c(b"a").to_bytes(4, "big")).decode()
    checksums = reported_checksums(
        {"md5Hash": base64.b64encode(md5.digest()).decode(), "crc32c": crc, "etag": "CJDx5fPBgo4DEAE="}, 1
    )
    assert checksums == [
        ReportedChecksum("md5", md5.hexdigest(), sure=True),
        ReportedChecksum("crc32c", crc32c_text(crc32c(b"a")), sure=True),
    ]
    settings = {"content_settings": {"content_md5": bytearray(md5.digest())}}
    assert reported_checksums(settings, 1) == [ReportedChecksum("md5", md5.hexdigest(), sure=True)]


def test_an_invalid_checksum_is_none():
    assert (
        reported_checksums({"ETag": "0x8DB", "md5Hash": "not base64!", "crc32c": None, "content_settings": None}, 1)
        == []
    )


@pytest.mark.parametrize(
    "part", [size * MIB for size in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512, 1024)]
)
@given(size=st.integers(1, 1 << 43))
def test_the_size_that_was_used_is_among_those_tried(size, part):
    parts = -(-size // part)
    sizes = part_sizes(size, parts)
    assert part in sizes
    assert all(-(-size // one) == parts for one in sizes)


def test_identities():
    assert identity({"mtime": 1.5, "ETag": '"a"'}) == 'ETag="a"'
    assert [identity({key: 7}) for key in ("version_id", "VersionId")] == ["version_id=7", "VersionId=7"]
    assert identity({"etag": "", "mtime": 1.5}) == "mtime=1.5"
    assert identity({"size": 3}) == ""


def test_only_objects_of_object_stores_need_no_temporary_name():
    stores = {
        *("s3", "s3a", "gs", "gcs", "abfs", "abfss", "adl", "az"),
        *("oss", "oci", "r2", "tos", "cos", "obs", "hf"),
    }
    protocols = [*stores, ("file", "local"), ("gs", "gcs"), "sftp", "smb"]
    whole = {str(protocol) for protocol in protocols if FsspecTarget(SimpleNamespace(protocol=protocol), "a").whole}
    assert whole == {*stores, "('gs', 'gcs')"}
