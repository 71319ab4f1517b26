"""URIs and paths are distinguished, and mean what was written."""

import os
import re
from pathlib import Path
from typing import Any

import omicsdk
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.fs import PathNotFound, Uri, WrongUri, open_store, parse_uri

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\x00"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("sb://me/project/a b#1?.fastq", Uri("sb", "me/project/a b#1?.fastq")),
        ("SB://me/project/", Uri("sb", "me/project", is_folder=True)),
        ("dss://", Uri("dss", "", is_folder=True)),
        ("s3://bucket/a//b/../c", Uri("s3", "bucket/a//b/../c")),
        ("reads/a.fastq", Uri("file", "reads/a.fastq")),
        ("reads/", Uri("file", "reads/", is_folder=True)),
        ("a:b", Uri("file", "a:b")),
        ("data\udce4/", Uri("file", "data\udce4/", is_folder=True)),
        (r"C:\data\x", Uri("file", r"C:\data\x")),
        ("C:/data/x", Uri("file", "C:/data/x")),
        ("c://data", Uri("file", "c://data")),
        (r"\\server\share\x", Uri("file", r"\\server\share\x")),
    ],
)
def test_what_is_written_is_read(text, uri):
    assert parse_uri(text) == uri


def test_files_of_this_machine_may_be_uris_too():
    assert parse_uri("file:///data/a%20b") == Uri("file", "/data/a b")
    with pytest.raises(WrongUri, match="another machine's file"):
        parse_uri("file://elsewhere/data/a")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The URI is empty"),
        ("sb://me/../you", "sb://me/../you contains the name '..'. Write the path without it."),
        ("dss://aws/./x", "dss://aws/./x contains the name '.'. Write the path without it."),
        *((text, "contains a character") for text in ("sb://me/a\x00b", "x\ud800", "sb://me/\udce4")),
    ],
)
def test_what_names_nothing_is_refused(text, message):
    with pytest.raises(WrongUri, match=re.escape(message)):
        parse_uri(text)


@given(st.sampled_from(["sb", "dss", "pangea", "crunch", "gen3"]), st.lists(NAMES, min_size=1, max_size=5))
def test_a_uri_reads_as_it_is_written(scheme, names):
    uri = Uri(scheme, "/".join(names))
    assert parse_uri(str(uri)) == uri
    assert uri.name == names[-1]
    assert parse_uri(str(uri.child("x/y"))).path == f"{uri.path}/x/y"


def test_a_scheme_without_a_store_is_reported_with_what_helps():
    with pytest.raises(WrongUri, match=r"Unknown scheme ftp://.*Download its files by omics get"):
        open_store("ftp")
    with pytest.raises(WrongUri, match=r"Unknown scheme az://\. Use the file's https URL with a SAS: https://ACCOUNT"):
        open_store("az")
    with pytest.raises(WrongUri, match=r"Unknown scheme dsss://.*Did you mean dss://\?"):
        open_store("dsss")
    for scheme, remedy in (("ftps", "use the https or ftp URL"), ("sftp", "or download it with sftp")):
        with pytest.raises(WrongUri, match=rf"Unknown scheme {scheme}://\. .*{remedy}"):
            open_store(scheme)


def test_a_missing_slash_and_a_list_of_uris_are_explained(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match=r"sb:/me/study/a not found\. Did you mean sb://me/study/a\?"):
        omicsdk.open("sb:/me/study/a")
    with pytest.raises(PathNotFound, match=r"PRJEB1 not found\. If it names data of an archive: omics get PRJEB1"):
        omicsdk.open("PRJEB1")
    several: list[Any] = [["sb://me/study/a"], pandas.Series(["sb://me/study/a"])]
    for uris in several:
        with pytest.raises(
            TypeError, match=r"uri must be one URI or path as text \(omicsdk.get takes several\), not a"
        ):
            omicsdk.download(uris, str(tmp_path))
        for call in (omicsdk.upload, omicsdk.open):
            with pytest.raises(TypeError, match="must be one URI or path as text, not a"):
                call(uris, str(tmp_path))


@pytest.mark.parametrize("uri", ["s3:///key", "s3:////key", "gs:///folder/"])
def test_a_uri_of_a_bucket_names_it(uri):
    with pytest.raises(WrongUri, match=rf"{uri} names no bucket\. Write {uri[:2]}://bucket/key"):
        parse_uri(uri)
    assert parse_uri(f"{uri[:2]}:///").path == ""


@pytest.mark.skipif(os.name == "nt", reason="names with backslashes are others there")
@given(
    st.sampled_from(["", ".", "./", "/", "//", "a", "a/", "/a//b/", "./a", ".."]),
    st.lists(st.sampled_from(["", ".", "..", "...", "a", ".a", "b\n", "c d"]), min_size=1, max_size=4),
)
def test_a_path_below_a_folder_is_as_pathlib_writes_it(folder, parts):
    name = "/".join(parts)
    assert Uri("file", folder).child(name).path == str(Path(folder, *parts))


def test_a_pattern_in_a_path_that_does_not_exist_is_explained(tmp_path: Path):
    with open_store("file") as store:
        for name, remedy in (("*.bam", "name the folder, with --recursive and --include PATTERN"), ("a.bam", "Check")):
            with pytest.raises(PathNotFound, match=remedy):
                store.stat(str(tmp_path / name))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://h.example/a%20b/?x=1", "a b"),
        ("https://h.example/a@b", "a@b"),
        ("https://h.example", "h.example"),
        ("https://me:canary@h.example/", "h.example"),
        ("https://h.example/%E9", "\udce9"),
    ],
)
def test_the_name_in_a_url_is_decoded(text: str, name: str) -> None:
    assert parse_uri(text).name == name


@pytest.mark.parametrize(
    ("text", "name", "child"),
    [
        ("https://h.example/a/", "b c/d%#?", "https://h.example/a/b%20c/d%25%23%3F"),
        ("https://h.example", "\udce9", "https://h.example/%E9"),
    ],
)
def test_the_name_below_a_url_is_escaped(text: str, name: str, child: str) -> None:
    assert str(parse_uri(text).child(name)) == child


@pytest.mark.parametrize(
    ("text", "is_folder"),
    [("https://h.example/a/", True), ("https://h.example/a", False), ("https://h.example/a?x=/", False)],
)
def test_a_url_that_ends_in_a_slash_is_a_folder(text: str, is_folder: bool) -> None:
    assert (parse_uri(text).is_folder, str(parse_uri(text))) == (is_folder, text)
