"""Keys of buckets with everything that S3 allows in them, by every command that meets them."""

import json
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from bytes_command import omics as omics
from moto.s3.models import s3_backends

pytestmark = pytest.mark.sandbox

# moto has no route for a key with a line feed; test_s3_bad_input has one.
CONTROLS = [chr(number) for number in range(1, 32) if number != 10] + ["\x7f", "\x80", "\x9f"]
ODD = [
    *(f"control {ord(each):02x}{each}end" for each in CONTROLS),
    *(f"sign {each}" for each in "!\"#$%&'()*+,:;<=>?@[\\]^`{|}~"),
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
        "double//slash",
        "/begins",
        "..",
        "../x",
        "./x",
        "x/./y",
        "x/../y",
        "x/...",
        "\u2028line",
        "\ufeffbom",
        "\ufffe",
        "😀",
    ),
    "folder/",
    "data/",
    *("n" * (1024 - len("odd/")), "é" * 510),
]


@pytest.fixture
def client(s3):
    stored = s3_backends["123456789012"]["aws"]  # a request for each took as long as a test
    for key in ODD:
        stored.put_object("bkt", f"odd/{key}", b"" if key == "folder/" else key.encode())
    return s3


def keys(client: Any, prefix: str) -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="bkt", Prefix=prefix, EncodingType="url")
    return {unquote_plus(each["Key"])[len(prefix) :] for page in pages for each in page.get("Contents", ())}


FILES = [key for key in ODD if key != "folder/"]


def test_they_are_listed_read_copied_compared_and_removed(omics, client):
    assert keys(client, "odd/") == {*ODD}
    code, out, said = omics("--output", "json", "ls", "-r", "s3://bkt/odd/")
    assert code == 0, said
    rows = {row["uri"]: row for row in json.loads(out)}
    assert {*rows} == {f"s3://bkt/odd/{key}" for key in FILES}
    for key in FILES:
        uri = f"s3://bkt/odd/{key}"
        assert rows[uri]["size"] == len(key.encode()), key
        code, out, said = omics("cat", uri)
        if key.endswith("/"):  # means the folder
            assert code != 0
        else:
            assert (code, out) == (0, key.encode()), said
    code, _, said = omics("cp", "-r", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, keys(client, "dup/")) == (0, {*FILES}), said
    code, _, said = omics("sync", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, f"{len(FILES)}" in said or "0 files" in said) == (0, True), said
    code, out, said = omics("--output", "json", "verify", "s3://bkt/odd/", "s3://bkt/dup/")
    assert (code, json.loads(out)["counts"]) == (0, {"verified": len(FILES)}), said
    code, _, said = omics("mv", "s3://bkt/dup/", "s3://bkt/new/")
    assert (code, keys(client, "dup/"), keys(client, "new/")) == (0, set(), {*FILES}), said
    assert omics("--yes", "rm", "-r", "s3://bkt/new/")[0] == 0
    assert keys(client, "new/") == set()
    assert keys(client, "odd/") == {*ODD}


def test_those_that_can_be_files_become_files_and_the_others_fail_alone(omics, client):
    code, out, said = omics("--output", "json", "cp", "-r", "s3://bkt/odd/", "here")
    report = json.loads(out)
    found = {path.relative_to("here").as_posix() for path in Path("here").rglob("*") if path.is_file()}
    found = {name for name in found if not name.startswith(".omics")}
    assert code == 3
    assert report["counts"]["failed"] == len(FILES) - len(found)
    assert all(Path("here", name).read_bytes() == name.encode() for name in found)
    assert {"a b", "plus+plus", "per%cent", "%2F", "a?b=c&d", "é", "?versionId=x", "😀"} <= found
    lost = {*FILES} - found
    assert {"double//slash", "..", "../x", "x/./y", "data/", "é" * 510} <= lost
    assert not Path("x").exists()
    assert said.count("cannot be a file in here:") == len(lost), said
    code, _, said = omics("cp", "-r", "here", "s3://bkt/back/")
    assert (code, keys(client, "back/")) == (0, found), said
