"""A field's data, the names of its files, and the JSON round trip."""

from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.pangea_api import RemoteObjectError
from omicsdk.compat.pangea_api.analysis_result import check_json_serialization, diff_dicts
from omicsdk.core import UsageError
from omicsdk.pangea import NoFile
from omicsdk.pangea.fields import (
    LONGEST,
    blob_file_name,
    checksums_of,
    download_url,
    extension_of,
    kind_of,
    referenced_file_name,
    size_of,
    without_signature,
)
from omicsdk.transfer.names import check_name

S3 = {"__type__": "s3", "uri": "s3://bkt/pangea/v1/Lib 1/s#1/é.fastq.gz", "endpoint_url": "https://s3.test/"}
SRA = {"__type__": "SRA", "url": "https://sra.example.org/x.fastq.gz", "md5": "0" * 32, "full_record": {"size": "12"}}
FTP = {"__type__": "Ftp", "url": "ftp://ftp.example.org/x.txt"}


@pytest.mark.parametrize(
    ("data", "kind"),
    [(S3, "s3"), (SRA, "sra"), (FTP, "ftp"), ({}, "blob"), ({"__type__": "other"}, "blob"), ({"__type__": 3}, "blob")]
    + [(value, "blob") for value in ([1], "s3", None, 3)],
)
def test_the_kind_is_reported_by_its_member_in_any_case(data: Any, kind: str):
    assert kind_of(data) == kind


def test_urls_of_files():
    assert download_url({**S3, "presigned_url": "https://signed"}) == "https://signed"
    assert download_url(S3) == "https://s3.test/bkt/pangea/v1/Lib%201/s%231/%C3%A9.fastq.gz"
    assert download_url({**S3, "uri": "https://elsewhere/x"}) == "https://elsewhere/x"
    assert download_url(SRA) == "https://sra.example.org/x.fastq.gz"
    assert download_url(FTP) == "ftp://ftp.example.org/x.txt"


@pytest.mark.parametrize(
    "data",
    [
        {},
        [1],
        "x",
        {"url": "https://x"},
        {"__type__": "s3"},
        {"__type__": "s3", "uri": "s3://b/k"},
        {"__type__": "sra", "url": 3},
    ],
)
def test_data_without_a_file_have_no_url(data: Any):
    with pytest.raises(NoFile) as caught:
        download_url(data)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, UsageError)


def test_data_of_its_own_has_the_published_words():
    with pytest.raises(TypeError, match="Cannot fetch a file for a BLOB type result field"):
        download_url({"a": 1})
    with pytest.raises(TypeError, match="Cannot make a reference filename for a BLOB type result field"):
        referenced_file_name("s", "m", "f", {"a": 1})


def test_a_signature_is_no_part_of_the_data():
    data = {**S3, "presigned_url": "https://canary"}
    assert without_signature(data) == S3
    assert "presigned_url" in data
    for same in (S3, [1], None, "x"):
        assert without_signature(same) is same


def test_what_is_stated_of_the_bytes():
    assert checksums_of(SRA) == {"md5": "0" * 32}
    assert checksums_of({**S3, "SHA256": "A" * 64, "md5": "nonsense", "crc32c": None}) == {"sha256": "a" * 64}
    assert checksums_of({"md5": "0" * 32}) == {}
    sizes = [size_of(data) for data in (SRA, S3, {**S3, "size": 7}, {**S3, "size": -1}, {**S3, "size": True}, {})]
    assert sizes == [12, None, 7, None, None, None]


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.txt", "txt"), ("a.b.txt", "txt"), ("a.fastq.gz", "fastq.gz"), ("a.gz", "gz"), ("a", ""), ("", "")],
)
def test_extensions(name: str, extension: str):
    assert extension_of(name) == extension


def test_documented_file_names():
    assert blob_file_name("s 1", "solo", "blob") == "s 1/s 1.solo.blob.json"
    assert referenced_file_name("s 1", "raw::x", "big", {"uri": "s3://b/k/big.bin"}) == "s 1/s 1.raw__x.big.bin"
    assert referenced_file_name("s 1", "raw::x", "sra", SRA) == "s 1/s 1.raw__x.sra.fastq.gz"
    assert (
        referenced_file_name("a.b", "m.1", "f.x", {"filename": "x.txt", "uri": "s3://b/y.bin"}) == "a.b/a-b.m-1.f-x.txt"
    )
    assert referenced_file_name("s", "m", "f", {"url": "https://x.org/a.csv?sig=1.gz"}) == "s/s.m.f.csv"
    assert referenced_file_name("s", "m", "f", {"uri": "s3://bkt/noext"}) == "s/s.m.f"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../etc", "..%2F..%2Fetc"),
        ("..", "%2E%2E"),
        ("/abs", "%2Fabs"),
        ("a/b", "a%2Fb"),
        ("a\\b", "a%5Cb"),
        ("x\0y\n", "x%00y%0A"),
    ],
)
def test_names_that_would_lead_out_are_escaped(name: str, folder: str):
    assert PurePosixPath(blob_file_name(name, name, name)).parts[0] == folder


names = st.text(max_size=40) | st.sampled_from(
    ["..", ".", "/", "a/../b", "C:x", "é 🧬", "x" * 1024, "🧬" * 300, "\ud800"]
)


@given(names, names, names, st.text(max_size=300), names)
def test_no_name_leaves_a_folder(owner: str, module: str, field: str, file: str, replicate: str):
    for name in (
        blob_file_name(owner, module, field, replicate),
        referenced_file_name(owner, module, field, {"filename": file or "x"}, replicate),
    ):
        assert name.count("/") == 1
        for part in name.split("/"):
            assert part not in ("", ".", "..")
            assert len(part.encode()) <= LONGEST
        check_name("x/" + name.rpartition("/")[2].removesuffix(".part"))


def test_long_names_stay_apart():
    first, second = (blob_file_name("s", "m" * 1000 + end, "f") for end in "ab")
    assert first != second
    assert first.endswith(".json")


# -- json


@pytest.mark.parametrize("data", [{}, {"a": [1, 2.5, None, True, "é"]}, [1], "x", 3, None])
def test_plain_data_pass(data: Any):
    check_json_serialization(data)


@pytest.mark.parametrize(
    ("data", "issues"),
    [
        (
            {"a": (1, 2)},
            ["('MISMATCHED_TYPES:original:$', (1, 2), [1, 2])", "('MISMATCHED_TYPES:serialized:$', [1, 2], (1, 2))"],
        ),
        ({1: "x"}, ["('MISSING_KEY:original:$', 1, None)", "('MISSING_KEY:serialized:$', '1', None)"]),
        (
            {"a": {"b": [{2: 1}]}},
            [
                "('MISSING_KEY:original:$.a.b.index_0', 2, None)",
                "('MISSING_KEY:serialized:$.a.b.index_0', '2', None)",
            ],
        ),
        ((1,), ["('MISMATCHED_VALUES:values_only:0', (1,), [1])"]),
    ],
)
def test_what_json_changes_is_listed_as_the_published_client_does(data: Any, issues: list[str]):
    with pytest.raises(RemoteObjectError) as caught:
        check_json_serialization(data)
    assert caught.value.message == "\n".join(["JSON Serialization modifies object", "Issues:", *issues])


@pytest.mark.parametrize("data", [{"a": float("nan")}, {"a": {1, 2}}, {(1, 2): 3}, {"a": b"x"}])
def test_what_is_not_json_is_refused(data: Any):
    with pytest.raises(RemoteObjectError, match="Cannot write the data as JSON"):
        check_json_serialization(data)


def test_differences_of_mappings():
    assert list(diff_dicts({"a": [1, 2], "b": 1}, {"a": [1], "c": {"x": 1}})) == [
        ("MISMATCHED_LENGTHS:original:$.a", 2, 1),
        ("MISSING_KEY:original:$", "b", None),
        ("MISMATCHED_LENGTHS:serialized:$.a", 1, 2),
        ("MISSING_KEY:serialized:$", "c", None),
    ]
    assert list(diff_dicts({"a": 1, "l": [1]}, {"a": 2, "l": [2]}))[:2] == [
        ("MISMATCHED_DICT_VALUES:original:$", 1, 2),
        ("MISMATCHED_LIST_VALUES:original:$.l.index_0", 1, 2),
    ]
