"""The Data Store's pure parts: versions, index documents, content types."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.dss.seeds import content_type
from omicsdk.sandbox.dss.state import (
    MAX_INDEXED_FILES,
    BundleEntry,
    FileRecord,
    format_version,
    index_document,
    is_version,
    parse_version,
)


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)))
def test_a_version_is_itself(moment):
    version = moment.strftime("%Y-%m-%dT%H%M%S.%fZ").zfill(25)
    assert parse_version(version) == version
    assert parse_version(moment.replace(tzinfo=UTC).isoformat()) == version


@given(st.integers(0, 4_000_000_000_000_000))
def test_times_keep_their_microseconds_and_order(micros):
    version = format_version(micros / 1_000_000)
    assert parse_version(version) == version
    assert version < format_version(micros / 1_000_000 + 1e-5)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T232050.520000Z"),
        ("1985-04-12T23:20:50Z", "1985-04-12T232050.000000Z"),
        ("1996-12-19T16:39:57-08:00", "1996-12-20T003957.000000Z"),
        ("2026-01-01t00:00:00.123456789z", "2026-01-01T000000.123456Z"),
        ("0303-04-23T193604.240704Z", "0303-04-23T193604.240704Z"),
    ],
)
def test_any_rfc3339_time_is_read(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-01-01", "2026-02-30T000000.000000Z", "2026-01-01T000000.000000", "0001-01-01T00:00:00+01:00"],
)
def test_an_invalid_version(text):
    assert not is_version(text)


def entry(name, indexed=True, sha256="a"):
    return BundleEntry(name, indexed, FileRecord("u", "v", 0, "application/json", sha256, "", "", "", 1))


def test_index_documents_hold_indexed_json_by_kind():
    contents = {"a": b'{"x": 1}', "b": b"no json", "c": b"[" * 100_000}
    entries = [entry("s_0.json"), entry("s_1.json"), entry("bad.json", sha256="b"), entry("deep.json", sha256="c")]
    document = index_document("u", "v", 7, [*entries, entry("data.json", indexed=False)], contents.__getitem__)
    assert document["files"] == {"s_json": [{"x": 1}, {"x": 1}]}
    assert document["manifest"]["creator_uid"] == 7
    assert len(document["manifest"]["files"]) == 5


def test_very_long_manifests_are_not_indexed():
    entries = [entry("d", indexed=False)] * MAX_INDEXED_FILES
    assert "manifest" in index_document("u", "v", 0, entries, bytes)
    assert "manifest" not in index_document("u", "v", 0, [*entries, entry("d", indexed=False)], bytes)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.json", "application/json"),
        ("a.txt", "text/plain"),
        ("reads.fastq.gz", "application/gzip"),
        ("a.tar.gz", "application/gzip"),
        ("a.fastq", "application/octet-stream"),
        ("none", "application/octet-stream"),
    ],
)
def test_content_types(name, kind):
    assert content_type(name) == kind
