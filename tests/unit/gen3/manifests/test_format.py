"""Whether a manifest has the form that an index takes: each object that is wrong, with its place and what to do."""

from pathlib import Path

import pytest
from omicsdk.compat.gen3.tools.indexing import is_valid_manifest_format
from omicsdk.gen3.manifests import Columns, Fault, FormatCheck, ManifestError, check_format
from omicsdk.gen3.manifests.format import raw_cells

MD5 = "1596f493ba9ec53023fca640fb69bd3b"
BASE64 = "FZb0k7qexTAj/KZA+2m9Ow=="


def faults_of(text: str, tmp_path: Path, name: str = "m.csv", **how) -> list[tuple[int, str, str, bool]]:
    """Line, column, value of each fault, and whether it only warns."""
    path = tmp_path / name
    path.write_text(text, newline="")
    faults: list[Fault] = []
    report = check_format(path, on_fault=faults.append, **how)
    assert report.faults == sum(not fault.warns for fault in faults)
    assert report.warnings == sum(fault.warns for fault in faults)
    return [(fault.line, fault.column, fault.value, fault.warns) for fault in faults]


@pytest.mark.parametrize(
    "row",
    [
        f"{MD5},s3://b/1,3",
        f"{MD5.upper()},gs://b/a/b%20c.bam,0",
        f'"{MD5}","s3://b/1 gs://b/1","42"',
        f'{MD5},"[""s3://b/1"", ""gs://b/1""]",3',
        f"{MD5},['s3://b/1' 's3://b/2'],3",
        f"{MD5},S3://b/1?versionId=x,3",
        f'{MD5},"s3://b/a,b",3',
        f"{MD5},s3://b/1,3\r",
    ],
)
def test_rows_that_are_right(row: str, tmp_path: Path):
    assert faults_of(f"md5,url,size\n{row}\n", tmp_path) == []


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ("42,s3://b/1,3", "md5", "42"),
        (f"[{MD5}],s3://b/1,3", "md5", f"[{MD5}]"),
        (f"{BASE64},s3://b/1,3", "md5", BASE64),
        (",s3://b/1,3", "md5", ""),
        (f" {MD5},s3://b/1,3", "md5", f" {MD5}"),
        (f"{MD5},s3://b/1,-1", "size", "-1"),
        (f"{MD5},s3://b/1,3.4", "size", "3.4"),
        (f"{MD5},s3://b/1,", "size", ""),
        (f"{MD5},s3://b/1,1 GB", "size", "1 GB"),
        (f"{MD5},http://b/1,3", "url", "http://b/1"),
        (f"{MD5},s3://b,3", "url", "s3://b"),
        (f"{MD5},s3://b/,3", "url", "s3://b/"),
        (f"{MD5},s3:///k,3", "url", "s3:///k"),
        (f"{MD5},s3://b/my file.txt,3", "url", "file.txt"),
        (f"{MD5},s3://,3", "url", "s3://"),
        (f'{MD5},"",3', "url", '""'),
        (f"{MD5},'',3", "url", "''"),
        (f"{MD5},[],3", "url", "[]"),
    ],
)
def test_what_is_wrong_has_its_place(row: str, column: str, value: str, tmp_path: Path):
    text = f"md5,url,size\n{MD5},s3://b/1,1\n{row}\n"
    assert faults_of(text, tmp_path) == [(3, column, value, False)]


def test_each_of_several_wrong_values_is_reported(tmp_path: Path):
    text = f'md5\turl\tsize\tauthz\n{MD5}\ts3://b/1 x://b/1 s3://b/\t1\t["/a" "b" /c//d]\n'
    wrong = [("url", "x://b/1"), ("url", "s3://b/"), ("authz", "b"), ("authz", "/c//d")]
    assert faults_of(text, tmp_path, "m.tsv") == [(2, column, value, False) for column, value in wrong]


def test_a_blank_in_a_url_has_a_remedy(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text(f"md5,url,size\n{MD5},s3://b/my file.txt,1\n")
    faults: list[Fault] = []
    check_format(path, on_fault=faults.append)
    assert "%20" in str(faults[0])
    assert "line 2, column 'url': 'file.txt'" in str(faults[0])


def test_base64_is_read_where_it_is_allowed(tmp_path: Path):
    text = f"md5,url,size\n{BASE64},s3://b/1,1\n{BASE64[:-4]}w=,s3://b/1,1\n"
    assert faults_of(text, tmp_path, base64_md5=True) == [(3, "md5", f"{BASE64[:-4]}w=", False)]


def test_empty_urls_and_resources_are_worth_a_look(tmp_path: Path):
    text = f"md5,url,size,authz\n{MD5},,1,\n"
    assert faults_of(text, tmp_path) == [(2, "url", "", True), (2, "authz", "", True)]
    assert faults_of(text, tmp_path, urls_required=True) == [(2, "url", "", False), (2, "authz", "", True)]


def test_warnings_beyond_a_thousand_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "m.csv"
    path.write_text("md5,url,size\n" + f"{MD5},,1\n" * 1234)
    assert is_valid_manifest_format(path)
    assert caplog.text.count("'' is empty") == 1000
    assert "234 further warnings" in caplog.text
    assert not is_valid_manifest_format(path, error_on_empty_url=True)


def test_columns_that_must_be_there(tmp_path: Path):
    assert faults_of("guid,authz\n", tmp_path) == [(1, "", "", False), (1, "", "", False), (1, "", "", True)]
    assert faults_of("md5,size\n", tmp_path, urls_required=True) == [(1, "", "", False)]
    assert faults_of("", tmp_path) == [(1, "", "", False)]


def test_columns_by_separate_names(tmp_path: Path):
    text = f"hash of it,bytes,where,size\n{MD5},x,s3://b/1,y\n"
    names = {"hash of it": Columns.MD5, "bytes": Columns.SIZE, "where": Columns.URL}
    assert faults_of(text, tmp_path, columns=names) == [(2, "bytes", "x", False)]


@pytest.mark.parametrize("mark", ["\t", ",", ";", "|"])
def test_what_separates_cells_is_seen(mark: str, tmp_path: Path):
    text = mark.join(("md5", "size", "url")) + "\n" + mark.join((MD5, "x", "s3://b/1")) + "\n"
    assert faults_of(text, tmp_path, "m.txt") == [(2, "size", "x", False)]


def test_a_name_that_ends_otherwise_is_worth_a_look(tmp_path: Path):
    assert faults_of(f"md5\tsize\turl\n{MD5}\t1\ts3://b/1\n", tmp_path, "m.csv") == [(1, "", "", True)]


def test_lines_that_are_examined(tmp_path: Path):
    text = "md5,size,url\n" + "x,1,s3://b/1\n" * 3
    assert len(faults_of(text, tmp_path, line_limit=3)) == 2
    assert faults_of(text, tmp_path, line_limit=1) == []


def test_blank_lines_and_rows_of_other_lengths(tmp_path: Path):
    text = f"md5,size,url\n\n,,\n{MD5},1\n{MD5},1,s3://b/1,x\n"
    assert faults_of(text, tmp_path) == [(4, "", "", True), (4, "url", "", True), (5, "", "", True)]


def test_cells_of_several_lines(tmp_path: Path):
    text = f'note,md5,size,url\n"one\ntwo, ""three""\n",{MD5},1,s3://b/1\n5" disk,{MD5},x,s3://b/1\n'
    assert faults_of(text, tmp_path) == [(5, "size", "x", False)]


@pytest.mark.parametrize("line", ['""\n', 'a","b\n'])
def test_long_cells_are_parsed_once(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    parsed: list[int] = []

    def counted(text: str, delimiter: str) -> tuple[list[str], str]:
        parsed.append(len(text))
        return raw_cells(text, delimiter)

    monkeypatch.setattr("omicsdk.gen3.manifests.format.raw_cells", counted)
    text = f'note,md5\n"{line * 100}",{MD5}\n'
    faults_of(text, tmp_path)
    assert sum(parsed) < 2 * len(text)


def test_a_quote_that_is_never_closed(tmp_path: Path):
    text = f'note,md5,size,url\n"one,{MD5},1,s3://b/1\n'
    assert faults_of(text, tmp_path)[0] == (2, "", "", False)


@pytest.mark.parametrize("protocols", ["s3", "S3", ["S3"]])
def test_protocols_are_one_or_several_in_any_case(protocols: str | list[str], tmp_path: Path):
    text = f"md5,url,size\n{MD5},s3://b/1,1\n{MD5},gs://b/1,1\n"
    assert faults_of(text, tmp_path, protocols=protocols) == [(3, "url", "gs://b/1", False)]


def test_the_documented_call(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    path = tmp_path / "m.tsv"
    path.write_text(f"md5\turls\tsize\n{MD5}\ts3://b/1\t1\n{MD5}\taz://b/1\t1\n")
    assert not is_valid_manifest_format(path)
    assert "line 3, column 'urls': 'az://b/1' is not an allowed URL" in caplog.text
    assert is_valid_manifest_format(path, allowed_protocols=["s3", "az"])
    assert check_format(path) == FormatCheck(2, 1, 0)
    with pytest.raises(ManifestError, match="No such file"):
        is_valid_manifest_format(tmp_path / "none.tsv")


def test_a_line_without_an_end_is_an_error_of_the_manifest(tmp_path: Path):
    path = tmp_path / "m.tsv"
    path.write_text("md5\turl\tsize\n" + "x" * (3 << 20))
    with pytest.raises(ManifestError, match="line 2: the line is longer than 1 MiB"):
        check_format(path)
