"""Choosing files of a bundle."""

import hashlib
import json

import httpx
import pytest
from omicsdk.core import DecodeError, UnsafePath
from omicsdk.hca.dss import DSSFile
from omicsdk.hca.dss import bundles as bundle
from omicsdk.hca.dss.collections import contents
from omicsdk_api.dss import DssApi


def entry(name: str, indexed: bool = False, content: bytes = b"x") -> dict[str, object]:
    return {
        "name": name,
        "uuid": f"uuid of {name}",
        "version": "v",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "indexed": indexed,
    }


def manifest(*entries: dict[str, object]) -> dict[str, object]:
    return {"bundle": {"uuid": "u", "version": "1", "files": list(entries), "creator_uid": 0}}


WHOLE = manifest(entry("cell.json", True), entry("links.json", True), entry("a/R1.fastq.gz"), entry("a/R2.FASTQ.gz"))


def answering(payload: object) -> DssApi:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=payload))
    return DssApi("https://dss.example.org", transport=transport)


def names(files: list[DSSFile]) -> list[str]:
    return [file.name for file in files]


def test_everything_by_default():
    assert names(bundle.chosen(WHOLE, "aws")) == ["cell.json", "links.json", "a/R1.fastq.gz", "a/R2.FASTQ.gz"]


def test_patterns_are_case_sensitive_and_match_the_whole_name():
    assert names(bundle.chosen(WHOLE, "aws", ("cell*",), ("*.fastq.gz",))) == ["cell.json", "a/R1.fastq.gz"]
    assert names(bundle.chosen(WHOLE, "aws", (), ("R1*",))) == []


def test_a_lone_string_is_one_pattern():
    assert bundle.filters("cell*", "*.bam", False, False) == (("cell*",), ("*.bam",))


def test_flags_exclude_their_kind():
    assert bundle.filters(("*",), ("*",), True, False) == (("",), ("*",))
    assert names(bundle.chosen(WHOLE, "aws", *bundle.filters(("*",), ("*",), False, True))) == [
        "cell.json",
        "links.json",
    ]


def test_a_flag_and_a_filter_exclude_each_other():
    with pytest.raises(ValueError, match="--data-filter and --no-data are mutually exclusive options"):
        bundle.filters(("*",), ("*.bam",), False, True)


@pytest.mark.parametrize("other", ["Cell.json", "cell.json", "BUNDLE.json"])
def test_names_that_clash_are_refused(other: str):
    with pytest.raises(ValueError, match="contains multiple files named"):
        bundle.chosen(manifest(entry("cell.json", True), entry(other)), "aws")


def test_a_clash_among_files_that_are_not_wanted_does_no_harm():
    clashing = manifest(entry("cell.json", True), entry("a.bam"), entry("A.bam"))
    assert names(bundle.chosen(clashing, "aws", ("*",), ("",))) == ["cell.json"]


def test_pages_are_merged():
    pages = [manifest(entry("a")), manifest(entry("b"))]
    assert [file["name"] for file in bundle.merged_pages(pages)["bundle"]["files"]] == ["a", "b"]
    assert len(pages[0]["bundle"]["files"]) == 1


def test_bundle_json_is_written_as_all_clients_write_it():
    assert bundle.manifest_bytes({"b": 1, "a": [2]}) == b'{\n    "a": [\n        2\n    ],\n    "b": 1\n}'
    assert json.loads(bundle.manifest_bytes(WHOLE)) == WHOLE


@pytest.mark.parametrize("name", [None, 5, ["a"], {}, "", "/etc/passwd", "../a", "a//b", "a\0b"])
def test_a_name_that_no_file_can_have_is_reported_with_its_place(name: object):
    bad = {**entry("a"), "name": name}
    with pytest.raises(UnsafePath, match=r"of files\[1\] of bundle u "):
        bundle.chosen(manifest(entry("b"), bad), "aws")


def test_a_bad_name_among_files_that_are_not_wanted_does_no_harm():
    bad = {**entry("a"), "name": "/etc/passwd"}
    assert names(bundle.chosen(manifest(entry("cell.json", True), bad), "aws", ("*",), ("",))) == ["cell.json"]


@pytest.mark.parametrize("field", ["uuid", "version"])
@pytest.mark.parametrize("value", [..., None, "", 5, ["u"]])
def test_a_bundle_that_does_not_say_which_it_is_is_none(field: str, value: object):
    odd = manifest(entry("a"))
    odd["bundle"] |= {field: value}
    if value is ...:
        del odd["bundle"][field]
    with pytest.raises(DecodeError, match=rf"get_bundle: the response's field 'bundle.{field}' is .*, not a "):
        bundle.merged_pages([odd])


@pytest.mark.parametrize("field", ["type", "uuid", "version"])
@pytest.mark.parametrize("value", [..., None, 5, {}])
def test_a_link_of_a_collection_that_has_no_target_is_reported(field: str, value: object):
    link = {"type": "bundle", "uuid": "u", "version": "v"}
    odd = {**link, field: value}
    if value is ...:
        del odd[field]
    api = answering({"contents": [link, odd]})
    with pytest.raises(DecodeError, match=rf"get_collection: the response's field 'contents\[1\].{field}' is "):
        contents(api, "u", None, "aws")


@pytest.mark.parametrize("payload", [{}, {"contents": None}, {"contents": ["u"]}, [], None])
def test_a_collection_without_its_links_is_reported(payload: object):
    with pytest.raises(DecodeError, match="get_collection: the response"):
        contents(answering(payload), "u", None, "aws")


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ...), ("uuid", ...), ("version", 1), ("sha256", None), ("size", "10"), ("size", True), ("indexed", ...)],
)
def test_an_entry_without_what_a_download_needs_is_no_entry(field: str, value: object):
    odd = {**entry("a"), field: value}
    if value is ...:
        del odd[field]
    with pytest.raises(DecodeError, match=rf"get_bundle: the response's field 'bundle.files.{field}' is "):
        bundle.chosen(manifest(odd), "aws")
    with pytest.raises(DecodeError, match="not objects"):
        DSSFile.from_dss_bundle_response(None, "aws")
