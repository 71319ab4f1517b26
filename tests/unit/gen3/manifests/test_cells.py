"""Cells of manifests: several values in one, checksums, sizes, and JSON of metadata."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.gen3.manifests.metadata import value_of
from omicsdk.gen3.manifests.tables import acl_of, cell_of, checksum_of, md5_of, several, size_of

MD5 = "1596f493ba9ec53023fca640fb69bd3b"


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("", []),
        ("[]", []),
        ("''", []),
        ("a", ["a"]),
        ("a b  c", ["a", "b", "c"]),
        ("[a b]", ["a", "b"]),
        ("[a, b]", ["a", "b"]),
        ("['a', 'b']", ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ('["a","b"]', ["a", "b"]),
        ("'a' 'b'", ["a", "b"]),
        ("[u'a', u'b']", ["a", "b"]),
        ("[,,]", []),
        ("/a,/b", ["/a", "/b"]),
        ("s3://b/1,gs://b/2", ["s3://b/1", "gs://b/2"]),
        ("s3://b/x,y", ["s3://b/x,y"]),
        ("['s3://b/x,y']", ["s3://b/x,y"]),
        ("s3://b/a%20b.txt", ["s3://b/a b.txt"]),
        ("s3://b/a[1].txt s3://b/c[2]", ["s3://b/a[1].txt", "s3://b/c[2]"]),
        ("s3://b/du'x", ["s3://b/du", "x"]),
        ("s3://b/a[1].txt", ["s3://b/a[1].txt"]),
        ("s3://b/a[1]", ["s3://b/a[1]"]),
        ("['s3://b/a[1]', 's3://b/[2]c']", ["s3://b/a[1]", "s3://b/[2]c"]),
        ("[s3://b/a[1],]", ["s3://b/a[1]"]),
        (" [a] ", ["a"]),
        ("a b]", ["a", "b"]),
    ],
)
def test_several_values_of_a_cell(cell: str, values: list[str]):
    assert several(cell) == values


@given(st.lists(st.from_regex(r"s3://[a-z]{1,5}/[a-zA-Z0-9 ._/\[\]-]{1,20}[a-z]", fullmatch=True)))
def test_what_is_written_is_read(urls: list[str]):
    assert several(cell_of(urls)) == urls


@pytest.mark.parametrize(
    ("cell", "acl"),
    [("['open']", ["*"]), ("[u'open']", ["*"]), ("['Open']", ["*"]), ("[a open]", ["a", "open"]), ("", [])],
)
def test_open_files(cell: str, acl: list[str]):
    assert acl_of(cell) == acl


def test_md5_sums():
    assert md5_of(MD5.upper()) == md5_of(f'"{MD5}"') == md5_of("FZb0k7qexTAj/KZA+2m9Ow==") == MD5
    assert md5_of("FZb0k7qexTAj/KZA+2m9Ow==", base64=False) is None
    assert [md5_of(cell) for cell in ("", "x", MD5[:-1], "FZb0k7qexTAj/KZA+2m9Ox==", f"[{MD5}]")] == [None] * 5


@pytest.mark.parametrize(
    ("kind", "length"), [("md5", 32), ("sha1", 40), ("sha256", 64), ("sha512", 128), ("crc", 8), ("etag", 32)]
)
def test_checksums(kind: str, length: int):
    assert checksum_of(kind, "A" * length) == "a" * length
    assert checksum_of(kind, "a" * (length - 1)) is None
    assert checksum_of(kind, "g" * length) is None


def test_other_checksums():
    assert checksum_of("etag", f"{MD5}-12") == f"{MD5}-12"
    assert checksum_of("crc64", "a" * 16) is None


def test_sizes():
    assert [size_of(cell) for cell in ("0", " 7 ", '"3"', "007", str(2**63 - 1))] == [0, 7, 3, 7, 2**63 - 1]
    assert [size_of(cell) for cell in ("", "-1", "1.0", "1_000", "٣", str(2**63), "1 kB")] == [None] * 7


# -- cells of metadata


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("", ""),
        (" a b ", "a b"),
        ("007", "007"),
        ("NaN", "NaN"),
        ('{"a": [1]}', {"a": [1]}),
        ("'[1, 2]'", [1, 2]),
        ("{broken", "{broken"),
    ],
)
def test_what_a_cell_means(cell: str, value: object):
    assert value_of(cell) == value
