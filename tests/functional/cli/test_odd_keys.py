"""Keys of buckets with everything that S3 allows in them, versions, and options of buckets, by every command."""

import io
import json
import sys
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import pytest
from bytes_command import omics as omics
from moto.s3.models import s3_backends
from omicsdk import open as open_uri

pytestmark = pytest.mark.sandbox

# moto has no route for a key with a line feed; fs/test_s3 has one.
CONTROLS = [chr(number) for number in range(1, 32) if number != 10] + ["\x7f", "\x80", "\x9f"]
ODD = [
    *(f"control {ord(character):02x}{character}end" for character in CONTROLS),
    *(f"sign {sign}" for sign in "!\"#$%&'()*+,:;<=>?@[\\]^`{|}~"),
    *(
        "a b",
        " begins",
        "ends ",
        "plus+plus",
        "per%cent",
        "%2F",
        "%zz",
        "a%20b",
        "?versionId=x",
        "a?b=c&d",
        "#x",
        "é",
        "日本",
    ),
    unicodedata.normalize("NFC", "caf\u00e9 nfc"),
    unicodedata.normalize("NFD", "cafe\u0301 nfd"),
    *(
        "double//slash", "/begins", "..", "../x", "./x", "x/./y", "x/../y", "x/...", "\u2028line", "\ufeffbom",
        "\ufffe", "😀",
    ),
    "folder/",
    "data/",
    *("n" * (1024 - len("odd/")), "é" * 510),
]  # fmt: skip


@pytest.fixture
def client(s3):
    stored = s3_backends["123456789012"]["aws"]  # a request for each took as long as a test
    for key in ODD:
        stored.put_object("bkt", f"odd/{key}", b"" if key == "folder/" else key.encode())
    return s3


def keys(client: Any, prefix: str) -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="bkt", Prefix=prefix, EncodingType="url")
    return {unquote_plus(entry["Key"])[len(prefix) :] for page in pages for entry in page.get("Contents", ())}


FILES = [key for key in ODD if key != "folder/"]


def test_they_are_listed_read_copied_compared_and_removed(omics, client):
    assert keys(client, "odd/") == {*ODD}
    code, out, err = omics("--output", "json", "ls", "-r", "s3://bkt/odd/")
    assert code == 0, err
    rows = {row["uri"]: row for row in json.loads(out)}
    assert {*rows} == {f"s3://bkt/odd/{key}" for key in FILES}
    for key in FILES:
        uri = f"s3://bkt/odd/{key}"
        assert rows[uri]["size"] == len(key.encode()), key
        code, out, err = omics("cat", uri)
        if key.endswith("/"):  # means the folder
            assert code != 0
        else:
            assert (code, out) == (0, key.encode()), err
    code, _, err = omics("cp", "-r", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, keys(client, "dup/")) == (0, {*FILES}), err
    code, _, err = omics("sync", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, f"{len(FILES)}" in err or "0 files" in err) == (0, True), err
    code, out, err = omics("--output", "json", "verify", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, json.loads(out)["counts"]) == (0, {"verified": len(FILES)}), err
    code, _, err = omics("mv", "s3://bkt/dup/", "s3://bkt/new/")
    assert (code, keys(client, "dup/"), keys(client, "new/")) == (0, set(), {*FILES}), err
    assert omics("--yes", "rm", "-r", "s3://bkt/new/")[0] == 0
    assert keys(client, "new/") == set()
    assert keys(client, "odd/") == {*ODD}


def test_those_that_can_be_files_become_files_and_the_others_fail_alone(omics, client):
    code, out, err = omics("--output", "json", "cp", "-r", "s3://bkt/odd/", "here")
    report = json.loads(out)
    names = {path.relative_to("here").as_posix() for path in Path("here").rglob("*") if path.is_file()}
    names = {name for name in names if not name.startswith(".omics")}
    assert code == 3
    assert report["counts"]["failed"] == len(FILES) - len(names)
    assert all(Path("here", name).read_bytes() == name.encode() for name in names)
    assert {"a b", "plus+plus", "per%cent", "%2F", "a?b=c&d", "é", "?versionId=x", "😀"} <= names
    lost = {*FILES} - names
    assert {"double//slash", "..", "../x", "x/./y", "data/", "é" * 510} <= lost
    assert not Path("x").exists()
    assert err.count("cannot be a file in here:") == len(lost), err
    code, _, err = omics("cp", "-r", "here", "s3://bkt/back/")
    assert (code, keys(client, "back/")) == (0, names), err


@pytest.fixture
def versions(s3: Any) -> list[str]:
    """The versions of bkt/a b.txt, of which the last is the newest."""
    s3.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
    return [s3.put_object(Bucket="bkt", Key="a b.txt", Body=text)["VersionId"] for text in (b"one", b"second")]


@pytest.mark.parametrize("name", ["..", ".", "n" * 300])
def test_stdin_may_get_a_key_that_is_no_name_of_a_file(omics, s3, monkeypatch, name):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"typed")))
    code, _, err = omics("cp", "-", f"s3://bkt/typed/{name}")
    assert code == 0, err
    assert s3.get_object(Bucket="bkt", Key=f"typed/{name}")["Body"].read() == b"typed"


def test_a_version_is_read_by_every_command(omics, s3, versions):
    old = f"s3://bkt/a b.txt?versionId={versions[0]}"
    assert omics("cat", old)[:2] == (0, b"one")
    assert omics("cat", "s3://bkt/a b.txt")[1] == b"second"
    (shown,) = json.loads(omics("--output", "json", "stat", old)[1])
    assert (shown["size"], shown["details"]["version_id"], shown["uri"]) == (3, versions[0], old)
    assert omics("cp", old, ".")[0] == omics("cp", old, "named")[0] == 0
    assert [Path(name).read_text() for name in ("a b.txt", "named")] == ["one", "one"]
    url = omics("presign", old)[1].decode().strip()
    assert httpx.get(url, trust_env=False).content == b"one"
    assert omics("verify", old)[0] == 0
    assert omics("verify", old, "named")[0] == 0
    assert omics("verify", old, "s3://bkt/a b.txt")[0] == 1
    with open_uri(old) as file:
        assert file.read() == b"one"


def test_a_version_is_made_the_newest_or_removed(omics, s3, versions):
    old = f"s3://bkt/a b.txt?versionId={versions[0]}"
    assert omics("cp", old, "s3://bkt/a b.txt")[0] == 0
    assert s3.get_object(Bucket="bkt", Key="a b.txt")["Body"].read() == b"one"
    code, out, _ = omics("rm", "--dry-run", old)
    assert (code, old.encode() in out) == (0, True)
    assert omics("--yes", "rm", old)[0] == 0
    left = s3.list_object_versions(Bucket="bkt")["Versions"]
    assert versions[0] not in {entry["VersionId"] for entry in left}
    assert len(left) == 2
    gone = omics("cat", old)
    assert (gone[0], "not found" in gone[2]) == (1, True)


def test_a_key_may_end_like_a_version(omics, s3, versions):
    odd = f"a b.txt?versionId={versions[0]}"
    for key in ("sub/x?versionId=1", odd):
        s3.put_object(Bucket="bkt", Key=key, Body=key.encode())
    (listed,) = json.loads(omics("--output", "json", "ls", "s3://bkt/sub/")[1])
    assert omics("cat", listed["uri"])[1] == b"sub/x?versionId=1"
    assert omics("cat", f"s3://bkt/{odd}?versionId=")[1] == odd.encode()
    assert omics("cp", "-r", "s3://bkt/sub/", "s3://bkt/copy/")[0] == 0
    assert s3.get_object(Bucket="bkt", Key="copy/x?versionId=1")["Body"].read() == b"sub/x?versionId=1"
    assert omics("--yes", "rm", "-r", "s3://bkt/sub/")[0] == 0
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket="bkt")["Contents"]}
    assert keys == {"a b.txt", odd, "copy/x?versionId=1"}


def test_uploads_are_encrypted_and_classed_as_wished(omics, s3):
    Path("small").write_bytes(b"x")
    Path("large").write_bytes(bytes(17 * 1024**2))
    how = ("--sse", "aws:kms", "--sse-kms-key-id", "alias/k", "--storage-class", "STANDARD_IA")
    for words in (("small", "s3://bkt/"), ("large", "s3://bkt/"), ("s3://bkt/small", "s3://bkt/copy")):
        code, _, err = omics("cp", *how, *words)
        assert code == 0, err
    for key in ("small", "large", "copy"):
        head = s3.head_object(Bucket="bkt", Key=key)
        fields = (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["StorageClass"])
        assert fields == ("aws:kms", "alias/k", "STANDARD_IA"), key
    code, _, err = omics("cp", "--sse", "AES256", "--sse-kms-key-id", "k", "small", "s3://bkt/")
    assert (code, "sse_kms_key_id" in err) == (2, True)


COLD = "s3://bkt/cold"


@pytest.mark.parametrize("words", [("cat", COLD), ("cp", COLD, "."), ("cp", COLD, "s3://bkt/copy")])
def test_an_archived_object_must_be_restored(omics, s3, words):
    s3.put_object(Bucket="bkt", Key="cold", Body=b"x", StorageClass="GLACIER")
    code, _, err = omics(*words)
    assert (code, "restore-object" in err, "denies" in err) == (4, True, False), err


def test_unsigned_requests_are_refused_as_such(omics, s3):
    s3.put_object(Bucket="bkt", Key="a", Body=b"a")
    code, _, err = omics("cat", "--no-sign-request", "s3://bkt/a")
    assert (code, "not signed" in err) == (4, True), err
    assert omics("cat", "--request-payer", "requester", "s3://bkt/a")[:2] == (0, b"a")
