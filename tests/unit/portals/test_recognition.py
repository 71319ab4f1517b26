"""Which format a list has, and what its rows name: from samples of ours, whatever their line ends, marks and blank lines."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.portals import FORMATS, FileList, Head, ListedFile, ListError, RowFault, UnknownList
from omicsdk.portals.lists import format_named, recognised
from portal_host import SAMPLES

FORMAT_OF = {
    "hca_dss.tsv": "hca-dss",
    "azul_compact.tsv": "azul",
    "azul_full.tsv": "azul",
    "azul_anvil.tsv": "azul",
    "azul.curlrc": "curl",
    "gdc_manifest.txt": "gdc",
    "gdc_sample_sheet.tsv": "gdc-samples",
    "gdc_cart.json": "gdc",
    "gen3_manifest.json": "gen3",
    "gen3_index.tsv": "gen3",
    "sb_manifest.csv": "sb",
    "cavatica_drs.csv": "drs-table",
    "kids_first.tsv": "kids-first",
    "ena_filereport.tsv": "ena",
    "ena_filereport.json": "ena",
    "SRR_Acc_List.txt": "sra",
    "SraRunTable.csv": "sra-runs",
    "bdbag.zip": "bdbag",
    "fetch.txt": "bdbag",
    "remote_files.json": "bdbag-json",
    "terra.tsv": "terra",
    "drs_uris.txt": "urls",
    "files.meta4": "metalink",
    "aria2.txt": "aria2",
    "urls.txt": "urls",
    "SHA256SUMS": "checksums",
    "md5sum.txt": "checksums",
    "checksums_of_urls.txt": "checksums",
}
TEXTS = sorted(name for name in FORMAT_OF if not name.endswith((".zip", ".json", ".meta4")))
TABLES = sorted(name for name in FORMAT_OF if name.endswith((".tsv", ".csv")) or name.startswith("gdc_manifest"))


def format_of(path: Path) -> str:
    return recognised(Head(path), FORMATS, path.name).name


def read(path: Path, name: str = "", *preferred: str) -> list[list[ListedFile]]:
    """The files of each row."""
    format = format_named(name, FORMATS) if name else recognised(Head(path), FORMATS, path.name)
    listed = FileList(path, path.name, "", preferred, Counter())
    return [list(format.files(row, listed)) for row in format.rows(listed)]


def test_every_format_has_a_sample():
    assert {each.name for each in FORMATS} == set(FORMAT_OF.values())
    assert {path.name for path in SAMPLES.iterdir()} == FORMAT_OF.keys()


@pytest.mark.parametrize("sample", FORMAT_OF)
def test_a_sample_is_recognised(sample: str):
    assert format_of(SAMPLES / sample) == FORMAT_OF[sample]


@pytest.mark.parametrize("sample", TEXTS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_marks_blank_lines_and_gzip_change_nothing(sample: str, end: str, tmp_path: Path):
    lines = (SAMPLES / sample).read_text("utf-8").splitlines()
    changed = tmp_path / sample
    text = "\ufeff" + "".join(f"{line}{end}" for line in ["", *lines, "", ""])
    changed.write_bytes(text.encode())
    assert format_of(changed) == FORMAT_OF[sample]
    assert read(changed) == read(SAMPLES / sample)
    changed.write_bytes(gzip.compress(text.encode()))
    assert read(changed) == read(SAMPLES / sample)


@pytest.mark.parametrize("sample", TABLES)
def test_a_table_of_a_header_alone_names_no_files(sample: str, tmp_path: Path):
    path = tmp_path / sample
    path.write_bytes((SAMPLES / sample).read_bytes().splitlines()[0])
    assert format_of(path) == FORMAT_OF[sample]
    assert read(path) == []


@given(data=st.data())
def test_the_order_case_and_number_of_columns_change_nothing(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
):
    sample = data.draw(st.sampled_from([name for name in TABLES if name not in ("terra.tsv",)]))
    rows = [line.split("\t") for line in (SAMPLES / sample).read_text("utf-8").splitlines()]
    if len(rows[0]) == 1:
        return  # a CSV, whose cells are quoted
    order = data.draw(st.permutations(range(len(rows[0]))))
    more = data.draw(st.lists(st.text("abcxyz .-", min_size=1, max_size=8), max_size=3, unique=True))
    header = [data.draw(st.sampled_from([str.lower, str.upper, str]))(rows[0][at]) for at in order]
    lines = [[*header, *(f"own {name}{at}" for at, name in enumerate(more))]]
    lines += [[*(row[at] for at in order), *more] for row in rows[1:]]
    path = tmp_path_factory.mktemp("lists") / sample
    path.write_text("".join("\t".join(line) + "\n" for line in lines), "utf-8")
    assert format_of(path) == FORMAT_OF[sample]
    assert read(path) == read(SAMPLES / sample)


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.mktemp("any") / "list"
    path.write_bytes(data)
    for name in ("", *(each.name for each in FORMATS)):
        try:
            for files in read(path, name):
                assert all(isinstance(file, ListedFile) for file in files)
        except (ListError, RowFault):
            continue


# -- what rows name


def test_cells_that_join_values_are_split_and_rows_without_a_url_name_nothing():
    first, second, third = read(SAMPLES / "azul_compact.tsv")
    assert third == []
    assert first[0].folder == "00000001-0000-4000-8000-000000000001"
    assert first[0].checksums.keys() == {"sha256", "crc32c"}
    assert first[0].mirrors[0].startswith("s3://mirror/file/")
    assert second[0].kind == "azul"


def test_an_md5_may_be_base64_or_hexadecimal():
    for (file,) in read(SAMPLES / "azul_anvil.tsv"):
        assert len(file.checksums["md5"]) == 32


def test_a_version_is_a_part_of_what_the_data_store_is_requested():
    files = [file for row in read(SAMPLES / "hca_dss.tsv", "", "gcp") for file in row]
    assert files[0].address == "gcp/0000000b-0000-4000-8000-00000000000b.2019-05-14T113210.120000Z"


@pytest.mark.parametrize(("preferred", "names"), [((), 2), (("submitted",), 1), (("sra",), 0)])
def test_one_kind_of_files_of_a_run_is_taken(preferred: tuple[str, ...], names: int):
    files, none = read(SAMPLES / "ena_filereport.tsv", "", *preferred)
    assert len(files) == names
    assert none == []
    if preferred == ("submitted",):
        assert files[0].name == "lane #1.bam"
        assert files[0].address.endswith("/lane%20%231.bam")


def test_lists_of_a_run_that_do_not_pair_are_refused(tmp_path: Path):
    path = tmp_path / "report.tsv"
    path.write_text("run_accession\tfastq_ftp\tfastq_md5\nERR000001\th.example/a;h.example/b\t" + "0" * 32 + "\n")
    with pytest.raises(RowFault, match="fastq_md5 has 1 values for 2 URLs"):
        read(path)


def test_an_etag_of_several_parts_is_no_md5(tmp_path: Path):
    path = tmp_path / "gdc.txt"
    path.write_text(f"id\tfilename\tmd5\tsize\tstate\nx\ta\t{'0' * 32}-7\t1\treleased\n")
    assert read(path)[0][0].checksums == {}


def test_a_row_of_a_gen3_list_names_its_commons():
    files = [row[0] for row in read(SAMPLES / "gen3_manifest.json")]
    assert files[0].address.startswith("drs://files.example.org/dg.XX12/")
    assert files[0].size
    assert files[1].size is None


def test_headers_of_a_list_are_no_cells(tmp_path: Path):
    listed = FileList(SAMPLES / "aria2.txt", "aria2.txt", "", (), Counter())
    format = format_named("aria2", FORMATS)
    rows = list(format.rows(listed))
    assert "secret" not in str([row.cells for row in rows])
    file = next(iter(format.files(rows[0], listed)))
    assert (file.name, file.headers) == ("sub/q.bin", {"x-key": "secret-of-the-list"})
    assert "secret" not in repr(file)
    assert listed.notes == {"option continue of aria2 ignored": 1}


def test_the_strongest_manifest_of_a_bag_counts_and_names_are_unescaped():
    first, second = (row[0] for row in read(SAMPLES / "bdbag.zip"))
    assert (first.name, first.size) == ("data/reads 1.bam", None)
    assert second.name == "data/sub/reads%2.bam"
    assert first.checksums.keys() == second.checksums.keys() == {"sha256"}


def test_urls_of_a_metalink_come_by_priority_and_all_hashes_count():
    ((file,),) = read(SAMPLES / "files.meta4")
    assert file.address == "https://files.example.org/gone/a.bam"
    assert file.mirrors == ("https://files.example.org/mirror/a.bam",)
    assert file.checksums.keys() == {"sha512", "sha256"}


# -- refusals


@pytest.mark.parametrize(
    ("data", "said", "remedy"),
    [
        (b"chrom\tstart\tend\nchr1\t1\t2\n", r"first line is 'chrom\\tstart\\tend'", "The manual has all formats"),
        (b"Obj\x01\x04\x14avro.codec", "PFB", "TSV or JSON"),
        (b"File name,sample\na.bam,S1\n", "a manifest for uploads", "Export the manifest"),
        (b'<metalink version="3.0" xmlns="http://www.metalinker.org/">', "version 3", "meta4"),
        (b"<!DOCTYPE html><html>Log in</html>", "a page of HTML", "login page"),
    ],
)
def test_an_unknown_list_is_refused_with_its_first_line(data: bytes, said: str, remedy: str, tmp_path: Path):
    path = tmp_path / "list"
    path.write_bytes(data)
    with pytest.raises(UnknownList, match=said) as caught:
        format_of(path)
    assert caught.match(f"(?s){said}.*{remedy}")


def test_a_missing_file_an_empty_one_and_a_broken_archive_are_refused(tmp_path: Path):
    with pytest.raises(ListError, match="cannot be read"):
        Head(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b" \n")
    with pytest.raises(ListError, match="is empty"):
        Head(tmp_path / "empty")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04cut")
    with pytest.raises(ListError, match="not a valid zip"):
        format_of(tmp_path / "broken.zip")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"id\n" * 999)[:-9])
    with pytest.raises(ListError, match="cannot be read"):
        Head(tmp_path / "broken.gz")


def test_a_missing_column_is_named(tmp_path: Path):
    path = tmp_path / "m.tsv"
    path.write_text("bundle_uuid\tfile_uuid\tfile_sha256\nx\ty\tz\n")
    assert format_of(path) == "hca-dss"
    with pytest.raises(ListError, match="missing column: file_name, file_size"):
        read(path)
    with pytest.raises(
        ListError, match="missing column: id or file_id, filename or file_name, md5 or md5sum, size or file_size"
    ):
        read(path, "gdc")


def test_a_column_that_occurs_twice_is_refused(tmp_path: Path):
    path = tmp_path / "m.tsv"
    path.write_text("id\tfilename\tmd5\tsize\tSize\n")
    with pytest.raises(ListError, match="names Size, size twice"):
        read(path)


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean gdc"):
        format_named("gcd", FORMATS)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x\t../a\t\t1\t", "contains '..'"),
        ("x\t/a\t\t1\t", "is absolute"),
        ("x\ta\t\tmany\t", "is not a size"),
        ("x\ta\tzz\t1\t", "not a valid md5"),
    ],
)
def test_an_invalid_value_is_the_fault_of_its_row(row: str, said: str, tmp_path: Path):
    path = tmp_path / "gdc.txt"
    path.write_text(f"id\tfilename\tmd5\tsize\tstate\n{row}\n")
    with pytest.raises(RowFault, match=said):
        read(path)


def test_a_metalink_with_a_doctype_is_refused(tmp_path: Path):
    path = tmp_path / "bomb.meta4"
    path.write_text('<!DOCTYPE m [<!ENTITY a "b">]><metalink xmlns="urn:ietf:params:xml:ns:metalink"/>')
    with pytest.raises(ListError, match="DOCTYPE"):
        read(path)


def test_a_bag_whose_files_leave_its_data_folder_is_refused(tmp_path: Path):
    path = tmp_path / "fetch.txt"
    path.write_text("https://h.example/a\t1\tdata/../../a\n")
    with pytest.raises(RowFault, match=r"contains '\.\.'"):
        read(path)
