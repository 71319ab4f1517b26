"""The files that a manifest names, whatever tool has written it."""

import json
from pathlib import Path

import pytest
from omicsdk.gen3.downloads import listed_objects
from omicsdk.gen3.manifests import Fault, ManifestError, Row, check_format, rows_of
from omicsdk.gen3.manifests.tables import opened

MD5 = "1596f493ba9ec53023fca640fb69bd3b"  # and the same in Base64:
BASE64 = "FZb0k7qexTAj/KZA+2m9Ow=="


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str | bytes, name: str = "manifest.tsv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_table_of_an_index(written):
    text = f"guid\tmd5\tsize\turls\tfile_name\ndg.1/a\t{MD5}\t3\ts3://b/1\tone.bam\n\ndg.1/b\t\t\t\t\n"
    assert list(rows_of(written(text))) == [
        Row("dg.1/a", "one.bam", 3, {"md5": MD5}, "", 2),
        Row("dg.1/b", "", None, {}, "", 4),
    ]


def test_an_error_of_what_is_done_with_rows_is_not_the_manifests(written):
    def report(_: Fault) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        check_format(written("md5,url,size\nx,s3://b/a,1\n", "a.csv"), on_fault=report)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file of this system fails when it is read")
@pytest.mark.parametrize("read", [lambda text: text.read(), next], ids=["whole", "by line"])
def test_a_manifest_that_cannot_be_read_is_named(read):
    with (
        pytest.raises(ManifestError, match=r"^/proc/self/mem: Input/output error"),
        opened(Path("/proc/self/mem")) as text,
    ):
        read(text)


def test_downloads_verify_every_hash_of_a_row_that_can_be_computed(written):
    hashes = {kind: "0" * length for kind, length in {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}.items()}
    path = written(json.dumps([{"guid": "dg.1/a", "crc": "0" * 8, **hashes}]), "manifest.json")
    assert [listed.checksums for listed in listed_objects(path, pytest.fail)] == [hashes]


def test_a_quote_in_the_first_row_of_a_table_with_tabs_is_text(written):
    text = 'guid\tfile_name\tsize\na\t"one\t1\nb\ttwo\t2\n'
    assert [(row.guid, row.file_name, row.size) for row in rows_of(written(text))] == [
        ("a", '"one', 1),
        ("b", "two", 2),
    ]


@pytest.mark.parametrize(
    ("guid", "size", "md5"),
    [
        ("guid", "size", "md5"),
        ("GUID", "filesize", "md5_hash"),
        ("object_id", "file_size", "md5hash"),
        ("did", "s3_file_size", "hash"),
        ("drs_uri", "gs_file_size", "md5sum"),
        ("Guid", "Size", "file_md5sum"),
        ("guid", "size", "MD5"),
    ],
)
def test_columns_go_by_many_names(written, guid: str, size: str, md5: str):
    (row,) = rows_of(written(f"{guid},{size},filename,{md5}\na,7,x,{MD5.upper()}\n", "m.csv"))
    assert (row.guid, row.object_id, row.size, row.file_name, row.checksums) == ("a", "a", 7, "x", {"md5": MD5})


def test_of_several_columns_the_one_with_a_value_is_read(written):
    text = f"guid\tdid\tmd5\tmd5sum\ts3_file_size\tgs_file_size\ndg.1/a\tdg.1/b\t\t{MD5}\t\t3\n"
    assert list(rows_of(written(text))) == [Row("dg.1/a", "", 3, {"md5": MD5}, "", 2)]


def test_other_checksums_and_the_commons_are_columns_too(written):
    text = f"object_id\tsha256\tetag\tcommons_url\na\t{'A' * 64}\t{MD5}-2\thttps://commons.example.org/\n"
    (row,) = rows_of(written(text))
    assert row.checksums == {"sha256": "a" * 64, "etag": f"{MD5}-2"}
    assert row.commons_url == "https://commons.example.org"


def test_md5_in_base64(written):
    assert next(rows_of(written(f"guid,md5\na,{BASE64}\n", "m.csv"))).checksums == {"md5": MD5}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.tsv", "\ufeffguid\tsize\r\na\t1\r\n"),
        ("m.csv", 'guid,size\n"a","1"\n'),
        ("m.txt", "guid\tsize\na\t1\n"),
        ("m.txt", "guid,size\na,1\n"),
        ("m.manifest", '[{"guid": "a", "size": 1}]'),
    ],
)
def test_tables_and_lists_as_tools_write_them(written, name: str, text: str):
    assert [(row.guid, row.size) for row in rows_of(written(text, name))] == [("a", 1)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("m.tsv", "guid\tsize\na\t1\n"), ("m.csv", '"guid","size"\n"a",1\n'), ("m.json", '[{"guid": "a", "size": 1}]\n')],
)
def test_manifests_that_were_joined_are_one(written, name: str, text: str):
    assert [(row.guid, row.size) for row in rows_of(written(text + text, name))] == [("a", 1)] * 2


def test_a_manifest_of_drs_pull(written):
    entries = [
        {
            "object_id": "drs://dg.1:a",
            "file_size": 12,
            "file_name": None,
            "md5sum": MD5,
            "commons_url": "a.org",
            "x": {},
        },
        {"object_id": "dg.1/b", "hashes": {"md5": MD5, "crc": "0" * 8}, "file_size": 3.0},
    ]
    assert list(rows_of(written(json.dumps(entries), "m.json"))) == [
        Row("drs://dg.1:a", "", 12, {"md5": MD5}, "a.org", 1),
        Row("dg.1/b", "", 3, {"md5": MD5, "crc": "0" * 8}, "", 2),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "guid,size\na,1\nb,12 kB\n", "line 3, column 'size': '12 kB' is not a size in bytes"),
        ("m.csv", "guid,size\na,-1\n", "line 2, column 'size': '-1' is not a size"),
        ("m.csv", 'guid,x,md5sum\na,"1\n2",\nb,,12\n', "line 4, column 'md5sum': '12' is not an md5 checksum"),
        ("m.csv", "GUID,size\n,1\n", "line 2, column 'GUID': '' names no file."),
        ("m.json", '[{"object_id": "a"}, {"file_size": 1}]', "entry 2, column 'guid': '' names no file"),
        ("m.json", '[{"object_id": {"id": "a"}}]', "entry 1, column 'object_id': \"{'id': 'a'}\" is not text"),
        ("m.json", '[{"object_id": "a"}, {"guid": false}]', "entry 2, column 'guid': 'False' is not text"),
        ("m.csv", "md5,size\n", "line 1: no column names the files"),
        ("m.csv", "guid,md5,guid\n", "line 1: 'guid' is in the header twice"),
        ("m.csv", "guid\tmd5\na\tb\n", "Name the file *.tsv"),
        ("m.csv", "", "the file is empty"),
        ("m.csv", b"guid,size\na,1\n\xff,2\n", "line 3 is not UTF-8"),
        ("m.csv", "guid,size\na,1\n".encode("utf-16"), "UTF-16"),
        ("m.csv", b"\0\1\2\n", "is not a text file"),
        ("m.tsv", "guid\tname\t_tag_0\ns1\tS\tA: b\n", "it is a discovery export, which lists studies"),
        ("m.json", '[{"guid": "s1", "gen3_discovery": {}}]', "it is a discovery export, which lists studies"),
        ("m.tsv", "guid\tsize\tmd5\na\t1\t\nb\t2\n", "line 3: has 2 cells, and there are 3 columns"),
        ("m.csv", 'guid,size,x\na,1,\nb,2,"open\nc,3,\nd,4,', "line 3: a quote is opened and never closed"),
        ("m.csv", 'guid,size,x\na,1,"open\nb,2,\nc,3,"5 end\n', "line 2: a quote is opened and never closed"),
        ("m.json", '{"object_id": "a"}', "is not a JSON list of objects"),
        ("m.json", '[{"object_id": "a"}', "is not a JSON list of objects"),
        ("m.json", '["a"]', "is not a JSON list of objects: entry 1 is 'a'"),
        ("m.json", '[{"object_id": "a"}, 5]', "is not a JSON list of objects: entry 2 is '5'"),
        ("m.json", '[{"object_id": "a", "file_name": 5}]', "entry 1, column 'file_name': '5' "),
    ],
)
def test_what_is_wrong_is_reported_with_its_place(written, name: str, text: str | bytes, message: str):
    path = written(text, name)
    with pytest.raises(ManifestError) as caught:
        list(rows_of(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.remedy


def test_a_manifest_that_does_not_exist(tmp_path: Path):
    with pytest.raises(ManifestError, match="No such file"):
        list(rows_of(tmp_path / "none.tsv"))


def test_wrong_rows_may_be_left_out(written):
    faults: list[Fault] = []
    path = written("guid,size\na,1\nb,x\n,3\nc,4,5\nd,4\n", "m.csv")
    assert [row.guid for row in rows_of(path, on_fault=faults.append)] == ["a", "d"]
    assert [(fault.line, fault.column) for fault in faults] == [(3, "size"), (4, "guid"), (5, "")]


@pytest.mark.parametrize(("name", "mark"), [("m.csv", ","), ("m.TSV", "\t")])
def test_the_first_column_of_a_table_may_begin_as_a_list_does(written, name: str, mark: str):
    assert [row.guid for row in rows_of(written(f"[note]{mark}guid\nx{mark}a\n", name))] == ["a"]


def test_cells_may_be_long_and_separated_by_what_one_states(written):
    (row,) = rows_of(written(f"guid|package_contents\na|{'x' * 300_000}\n"), delimiter="|")
    assert row.guid == "a"


@pytest.mark.parametrize("name", [5, ["a"], {"a": 1}, True, "/etc/passwd", "../a", "a//b"])
def test_a_file_name_that_no_file_can_have_is_reported_with_its_entry(written, name: object):
    faults: list[Fault] = []
    text = json.dumps([{"object_id": "a", "file_name": "good"}, {"object_id": "b", "file_name": name}])
    assert [row.guid for row in rows_of(written(text, "m.json"), on_fault=faults.append)] == ["a"]
    assert [(fault.line, fault.column, fault.value) for fault in faults] == [(2, "file_name", str(name))]


def test_a_file_name_of_a_table_that_no_file_can_have_is_reported_with_its_line(written):
    faults: list[Fault] = []
    text = "guid\tfile_name\na\t/etc/passwd\nb\tgood\n"
    assert [row.guid for row in rows_of(written(text), on_fault=faults.append)] == ["b"]
    assert [(fault.line, fault.value, fault.reason) for fault in faults] == [(2, "/etc/passwd", "is absolute")]
