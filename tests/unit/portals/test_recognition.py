"""Which format a list has, and what its rows name: from samples of ours, whatever their line ends, marks and blank lines."""

import csv
import gzip
import io
import json
import re
import shutil
import time
import tracemalloc
import zipfile
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace

import pytest
from broken_workbooks import CHANGES, break_workbook
from changed_responses import changed, changed_cells, changed_xml
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.core.archives import UnpacksTooLarge
from omicsdk.portals import FORMATS, FileList, Head, ListedFile, ListError, RowFault, UnknownList
from omicsdk.portals.formats import format_named, recognised
from omicsdk.portals.rows import table_rows
from omicsdk.portals.url_lists import TRACKS, URLS
from openpyxl import Workbook
from openpyxl import load_workbook as loaded
from portal_host import SAMPLES

from tests.unit.portals.reading import files_in, files_of, opened, put

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
    "gen3_discovery.tsv": "gen3-discovery",
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
    "portal_manifest.tsv": "portal",
    "url_table.csv": "table",
    "gdc_ids.tsv": "gdc-ids",
    "filelist.txt": "geo",
    "GSE1_family.soft": "soft",
    "trackDb.txt": "tracks",
    "gdc_files.json": "gdc-files",
    "zenodo.json": "zenodo",
    "figshare.json": "figshare",
    "mendeley.json": "mendeley",
    "osf.json": "osf",
    "metadata.csv": "hub",
    "dataverse.json": "dataverse",
    "dryad.json": "dryad",
    "biostudies.json": "biostudies",
    "pride.json": "pride",
    "metabolights.json": "metabolights",
    "osdr.json": "osdr",
    "i_Investigation.txt": "isa",
    "sdrf.txt": "paths",
    "assembly_summary.txt": "assemblies",
    "manifest.tcia": "tcia",
    "download.sh": "commands",
    "listing.txt": "listing",
    "entries.json": "entries",
    "index.html": "index",
    "inventory.json": "s3-inventory",
    "units.txt": "sra-table",
    "inputs.json": "json",
    "checksums.json": "named-files",
    "ffq.json": "ffq",
    "drs.json": "drs",
    "ro-crate.json": "ro-crate",
    "frictionless.json": "frictionless",
    "croissant.json": "croissant",
    "stac.json": "stac",
    "dcat.json": "dcat",
    "dandi.jsonld": "dandi",
    "encode.json": "encode",
    "drs_uris.txt": "urls",
    "import.dvc": "dvc",
    "whereis.jsonl": "git-annex",
    "files.meta4": "metalink",
    "files.metalink": "metalink",
    "aria2.txt": "aria2",
    "urls.txt": "urls",
    "SHA256SUMS": "checksums",
    "md5sum.txt": "checksums",
    "checksums_of_urls.txt": "checksums",
    "hashdeep.txt": "checksums",
    "merritt.checkm": "checksums",
    "pangaea.tab": "pangaea",
}
PUBLISHED = SAMPLES.parent / "published"
FOLDER = "https://files.example.org/study"
U = "{0:08x}-0000-4000-8000-{0:012x}".format
TEXTS = sorted(name for name in FORMAT_OF if not name.endswith((".zip", ".json", ".jsonld", ".meta4", ".metalink")))
TABLES = sorted(name for name in FORMAT_OF if name.endswith((".tsv", ".csv")) or name.startswith("gdc_manifest"))


def format_of(path: Path) -> str:
    return recognised(Head(path), path.name).name


def read(path: Path, name: str = "", *prefer: str, base: str = "") -> list[list[ListedFile]]:
    """The files of each row."""
    format = format_named(name) if name else recognised(Head(path), path.name)
    base = base or FOLDER * (
        format.name in ("paths", "named-files") or path.suffix == ".html"
    )  # other formats' files are elsewhere
    listed = FileList(path, path.name, base, prefer, Counter())
    return [files_of(format, row, listed) for row in format.rows(listed)]


def test_every_format_has_a_sample():
    of_git = {"datalad"}  # which git reads: tests/functional/portals/test_versioned.py
    assert {format.name for format in FORMATS} - of_git == set(FORMAT_OF.values())
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


@pytest.mark.parametrize("sample", [name for name in TABLES if FORMAT_OF[name] not in ("table", "gdc-ids")])
def test_a_table_of_a_header_alone_names_no_files(sample: str, tmp_path: Path):
    path = put(tmp_path / sample, (SAMPLES / sample).read_bytes().splitlines()[0])
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
    for name in ("", *(format.name for format in FORMATS)):
        try:
            for files in read(path, name):
                assert all(isinstance(file, ListedFile) for file in files)
        except (ListError, RowFault):
            continue


def _changed(data: st.DataObject, sample: Path) -> bytes:
    """A sample of which one cell, element or field is another, is missing or comes twice."""
    if sample.suffix == ".zip":
        archive = io.BytesIO()
        with zipfile.ZipFile(sample) as source, zipfile.ZipFile(archive, "w") as made:
            other = data.draw(st.sampled_from(source.namelist()))
            for name in source.namelist():
                text = source.read(name)
                made.writestr(name, data.draw(changed_cells(text.decode())) if name == other else text)
        return archive.getvalue()
    if sample.suffix == ".json":
        return data.draw(changed(json.loads(sample.read_bytes())))
    if sample.suffix in (".meta4", ".metalink"):
        return data.draw(changed_xml(sample.read_bytes()))
    return data.draw(changed_cells(sample.read_text("utf-8")))


@pytest.mark.parametrize("sample", FORMAT_OF)
def test_no_changed_list_is_more_than_an_error(sample: str, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("changed") / sample

    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        path.write_bytes(_changed(data, SAMPLES / sample))
        for name in ("", FORMAT_OF[sample]):
            with suppress(ListError, RowFault):
                for files in read(path, name):
                    for file in files:
                        assert file.size is None or file.size >= 0
                        assert isinstance(file.name, str)
                        assert isinstance(file.address, str)

    check()


def test_half_of_a_surrogate_pair_in_a_list_is_no_defect(tmp_path: Path):
    path = tmp_path / "list.json"
    path.write_text('[{"run_accession": "ERR1", "fastq_ftp": "h.example/\\ud83d.gz", "x": "\\u00e9"}]')
    ((file,),) = read(path, "ena")
    assert file.name == "\N{REPLACEMENT CHARACTER}.gz"
    assert file.address == "https://h.example/%EF%BF%BD.gz"


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


@pytest.mark.parametrize(("prefer", "names"), [((), 2), (("submitted",), 1), (("sra",), 0)])
def test_one_kind_of_files_of_a_run_is_taken(prefer: tuple[str, ...], names: int):
    files, none = read(SAMPLES / "ena_filereport.tsv", "", *prefer)
    assert len(files) == names
    assert none == []
    if prefer == ("submitted",):
        assert files[0].name == "lane #1.bam"
        assert files[0].address.endswith("/lane%20%231.bam")


@pytest.mark.parametrize("nothing", ["NA", "<NA>", "nan"])
def test_what_r_and_pandas_write_for_nothing_is_an_empty_cell(nothing: str, tmp_path: Path):
    path, url = tmp_path / "ena.tsv", "ftp.h.example/a.gz"
    rows = (("ERR1", nothing, nothing, nothing), ("ERR2", url, nothing, nothing))
    path.write_text("\n".join(map("\t".join, (("run_accession", "fastq_ftp", "fastq_md5", "fastq_bytes"), *rows))))
    none, (file,) = read(path, "ena")
    assert (none, file.name, file.size, file.checksums) == ([], "a.gz", None, {})


def test_an_etag_of_several_parts_is_no_md5(tmp_path: Path):
    path = put(tmp_path / "gdc.txt", f"id\tfilename\tmd5\tsize\tstate\nx\ta\t{'0' * 32}-7\t1\treleased\n")
    assert read(path)[0][0].checksums == {}


def test_a_row_of_a_gen3_list_names_its_commons():
    files = [row[0] for row in read(SAMPLES / "gen3_manifest.json")]
    assert files[0].address.startswith("drs://files.example.org/dg.XX12/")
    assert files[0].size
    assert files[1].size is None


def test_headers_of_a_list_are_no_cells():
    listed = FileList(SAMPLES / "aria2.txt", "aria2.txt", "", (), Counter())
    format = format_named("aria2")
    rows = list(format.rows(listed))
    assert "secret" not in str([row.cells for row in rows])
    file = next(iter(format.files(rows[0], listed)))
    assert (file.name, file.headers) == ("sub/q.bin", {"x-key": "secret-of-the-list"})
    assert "secret" not in repr(file)
    assert "secret" not in repr(rows)
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


def test_commands_name_addresses_and_outputs():
    files = [file for row in read(SAMPLES / "download.sh") for file in row]
    assert [(file.kind, file.address.rpartition("/d/")[2], file.name) for file in files[:4]] == [
        ("url", "a.fastq.gz", "a.fastq.gz"),
        ("url", "b.json?versionId=1", "sub-01/b.json"),
        ("url", "c.txt", "more/c.txt"),
        ("s3", "d.bam", ""),
    ]
    assert files[4].address == "s3://bucket/series/"


SHA1, SHA256 = f"{1:040x}", f"{1:064x}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"# pooch\n # too\nd/a.nc sha1:{SHA1.upper()}\n", ("sha1", "d/a.nc", "https://h.example/f/d/a.nc")),
        (f"LICENSE (copy) {SHA256}\n", ("sha256", "LICENSE (copy)", "https://h.example/f/LICENSE%20%28copy%29")),
        (f"it's.nc {SHA256}\n", ("sha256", "it's.nc", "https://h.example/f/it%27s.nc")),
        (f'"a b.nc"  {SHA256}  https://x.example/1\n', ("sha256", "a b.nc", "https://x.example/1")),
        (f"a {SHA1} doi:10.5281/zenodo.7/a.nc\n", ("sha1", "a", "https://zenodo.org/records/7/files/a.nc")),
        ("01107 860560 a.fa.gz\n", ("", "a.fa.gz", "https://h.example/f/a.fa.gz")),
        (f"{1:056x} *a\n", ("sha224", "a", "https://h.example/f/a")),
        (f"SHA384 (a (1)) = {1:096x}\n", ("sha384", "a (1)", "https://h.example/f/a%20%281%29")),
        (f"BLAKE2B-512(a)= {1:0128x}\n", ("blake2b", "a", "https://h.example/f/a")),
        ("SHA256 (a) = LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\n", ("sha256", "a", "https://h.example/f/a")),
        (f"SM3 (a) = {SHA256}\n", ("", "a", "https://h.example/f/a")),
        (f"{SHA256} - d/a b\n", ("sha256", "d/a b", "https://h.example/f/d/a%20b")),  # git lfs ls-files --long
        (f"{SHA256} * d/a b\n", ("sha256", "d/a b", "https://h.example/f/d/a%20b")),
        (f"{SHA256}  - a\n", ("sha256", "- a", "https://h.example/f/-%20a")),
        (f"\\{SHA1}  a\\\\n\\nb\n", ("sha1", "a\\n\nb", "https://h.example/f/a%5Cn%0Ab")),
        (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{SHA256}  a\n-----BEGIN PGP SIGNATURE-----\n\niQIz\n",
            ("sha256", "a", "https://h.example/f/a"),
        ),
    ],
)
def test_forms_of_checksum_files(text: str, expected: tuple[str, str, str], tmp_path: Path):
    format, listed = opened(put(tmp_path / "CHECKSUMS", text), "https://h.example/f")
    (file,) = files_in(format, listed)
    assert (format.name, "".join(file.checksums), file.name, file.address) == ("checksums", *expected)


def test_files_without_a_checksum_of_rclone_are_listed(tmp_path: Path):
    rows = [f"{'':32}  x/of parts.bin", f"{1:032x}  x/a.bin", f"{'UNSUPPORTED':>32}  b", f"{'ERROR':>32}  c"]
    format, listed = opened(put(tmp_path / "list", "\n".join(rows)), "s3://bucket")
    assert [(file.address, len(file.checksums)) for file in files_in(format, listed)] == [
        ("s3://bucket/x/of parts.bin", 0),
        ("s3://bucket/x/a.bin", 1),
        ("s3://bucket/b", 0),
        ("s3://bucket/c", 0),
    ]
    assert not listed.notes
    with pytest.raises(UnknownList):  # indented text
        opened(put(tmp_path / "text", f"{rows[0]}\n{rows[0]}\n"))


def test_a_registry_with_a_doi_of_another_archive_names_the_way(tmp_path: Path):
    with pytest.raises(RowFault, match="download the files of a DOI by its name"):
        read(put(tmp_path / "registry.txt", f"a.nc {SHA1} doi:10.6084/m9.figshare.1/a.nc\n"))


@pytest.mark.parametrize(
    "line",
    [
        f"chr1 {SHA1} 248956422",
        "12345 860560 42",
        "00123 a.fa",
        "2024-05-01 10:00:00;Loaded the reference",
        "2024-05-01 10:00:00 INFO Loaded the reference",
    ],
)
def test_tables_of_other_numbers_and_logs_are_no_lists(line: str, tmp_path: Path):
    with pytest.raises(UnknownList):
        format_of(put(tmp_path / "table.txt", f"{line}\n" * 3))


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("aws s3 sync s3://b/k out --exclude '*' --include '*.bam'", "--include and --exclude are not read: use those"),
        ("cp s3://b/k/*.bam .", "its wildcards are not read: omics get --include"),
        ("wget -r -N -c -np https://h.example/files/1.0/", "run this command by itself"),
        ("wget -qm https://h.example/files/1.0", "run this command by itself"),
        ("wget https://h.example/files/ --recursive", "run this command by itself"),
    ],
)
def test_a_command_that_downloads_other_files_than_its_address_is_a_fault(tmp_path: Path, command: str, fault: str):
    with pytest.raises(RowFault, match=fault):
        read(put(tmp_path / "sync.sh", f"{command}\n"))


@pytest.mark.parametrize(
    "first", ["#!/bin/sh\n", "", '#!/bin/sh\nurl="https://h.example/$1"\n', "#!/bin/sh\n# run,fastq_ftp\n: a,b\n"]
)
def test_a_script_that_does_more_than_download_is_a_list(first: str, tmp_path: Path):
    path = tmp_path / "downloads.sh"
    path.write_text(f"{first}set -e\nwget https://h.example/v0.7.tar.gz\ntar -xzf v0.7.tar.gz\ncd bwa\nmake\n")
    assert [file.name for row in read(path) for file in row] == ["v0.7.tar.gz"]


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("Dockerfile", "FROM x\nCOPY a b\nRUN make && \\\n "),
        ("Makefile", "a:\n\tmake\n\t@"),
        ("x.def", "From: x\n%post\n    "),
    ],
)
def test_a_recipe_with_commands_is_a_list(name: str, command: str, tmp_path: Path):
    (tmp_path / name).write_text(f"{command}wget https://h.example/a.gz\n")
    assert [file.name for row in read(tmp_path / name) for file in row] == ["a.gz"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("wget https://h.example/a -O /home/x/a", ("https://h.example/a", "")),
        ("wget -O ../a https://h.example/a", ("https://h.example/a", "")),
        ("curl -sL -H 'X: https://h.example/b' -O https://h.example/a", ("https://h.example/a", "")),
        ("wget -c \\\n  https://h.example/a", ("https://h.example/a", "")),
        ("curl -fsSLo sub/a.bam https://h.example/a", ("https://h.example/a", "sub/a.bam")),
        ("curl -LO https://h.example/a", ("https://h.example/a", "")),
        ("curl -H 'X: y' -oa.bam https://h.example/a", ("https://h.example/a", "a.bam")),
        ("curl -o a.bam -Hx:y -LC - https://h.example/a", ("https://h.example/a", "a.bam")),
        ("wget -cO a.bam https://h.example/a", ("https://h.example/a", "a.bam")),
        ("wget -nc -t 5 -Pdata https://h.example/a", ("https://h.example/a", "data/a")),
        ("wget -Pdata -O a.bam https://h.example/a", ("https://h.example/a", "a.bam")),
        ("curl --output-dir data -o a.bam https://h.example/a", ("https://h.example/a", "data/a.bam")),
        ("wget -nv -O a.gz ftp.sra.ebi.ac.uk/vol1/a.gz", ("https://ftp.sra.ebi.ac.uk/vol1/a.gz", "a.gz")),
        ("mkdir -p d && wget -P d https://h.example/a", ("https://h.example/a", "d/a")),
        ("if [ ! -f a ]; then curl -o x https://h.example/a; fi", ("https://h.example/a", "x")),
        ("curl 'https://h.example/a?b=1&c=2' > a.bam; rm b", ("https://h.example/a?b=1&c=2", "a.bam")),
        ("curl 'https://h.example/a?b=1'> a.bam", ("https://h.example/a?b=1", "a.bam")),
        ("curl --proxy http://p.example:3128/ https://h.example/a 1> a.bam", ("https://h.example/a", "a.bam")),
        ("curl https://h.example/a 1>1000G.vcf", ("https://h.example/a", "1000G.vcf")),
        ("curl https://h.example/a >>1.vcf", ("https://h.example/a", "1.vcf")),
        ("curl -fsS https://h.example/a >&2", ("https://h.example/a", "")),
        ("wget -qO- https://h.example/a > a.bam", ("https://h.example/a", "a.bam")),
        ("nohup wget https://h.example/a > wget.log 2>&1 &", ("https://h.example/a", "")),
        ("wget -O a.bam https://h.example/a > wget.log", ("https://h.example/a", "a.bam")),
        ("wget https://h.example/a \\", ("https://h.example/a", "")),
        ("(wget -O a.bam https://h.example/a)", ("https://h.example/a", "a.bam")),
        ("cp s3://b/k#3/a.bam . # don't", ("s3://b/k#3/a.bam", "")),
        ("wget -qO- https://h.example/a.gz | gunzip > b", ("https://h.example/a.gz", "")),
        ("gsutil -u project -m cp gs://b/k .", ("gs://b/k", "")),
        ("s5cmd --numworkers 8 cp --concurrency 4 s3://b/k .", ("s3://b/k", "")),
        ("gsutil -u project cp local.txt gs://b/k", None),
        ("aws s3 cp --endpoint-url https://e.example s3://b/k .", ("s3://b/k", "")),
        ("gsutil -m cp gs://b/k .", ("gs://b/k", "")),
        ("aws s3 cp local.txt s3://b/k", None),
        ("zcat a.gz | gsutil cp - gs://b/k", None),
        ("aws s3 cp local.txt s3://b/k/ --acl public-read", None),
        ("aws s3 sync out s3://b/k --exclude '*' --include '*.bam'", None),
        ("wget https://h.example/$NAME", None),
        ("samtools view https://h.example/a.bam", None),
        ("echo 'unclosed", None),
    ],
)
def test_a_command_that_downloads_is_told_from_others(command: str, expected: tuple[str, str] | None, tmp_path: Path):
    path = put(tmp_path / "get.sh", f"#!/bin/bash\n{command}\n")
    if expected is None:
        with pytest.raises(UnknownList):
            format_of(path)
        return
    assert format_of(path) == "commands"
    (row,) = format_named("commands").rows(FileList(path, "get.sh", "", (), Counter()))
    assert (row.cells["url"], row.cells["file_name"]) == expected


@pytest.mark.parametrize(
    ("command", "url", "login"),
    [
        ("wget --user=me --password='a b' https://h.example/a", "https://h.example/a", "me:a b"),
        ("wget --http-user me --http-password p https://h.example/a", "https://h.example/a", "me:p"),
        ("wget --ftp-user=me --ftp-password=p@1 ftp://h.example/a", "ftp://me:p%401@h.example/a", ""),
        ("curl -u me:p:1 -O https://h.example/a", "https://h.example/a", "me:p:1"),
        ("curl --user me:p -O https://h.example/a", "https://h.example/a", "me:p"),
        ("aria2c --http-user=me --http-passwd=p https://h.example/a", "https://h.example/a", "me:p"),
        ("curl -u me -O https://h.example/a", "https://h.example/a", ""),
        ("curl -u me:$PASSWORD -O https://h.example/a", "https://h.example/a", ""),
        ("gsutil -u project cp gs://b/k .", "gs://b/k", ""),
    ],
)
def test_the_login_of_a_command_is_a_header(command: str, url: str, login: str, tmp_path: Path):
    path = put(tmp_path / "get.sh", f"{command}\n")
    (row,) = format_named("commands").rows(FileList(path, "get.sh", "", (), Counter()))
    headers = (f"Authorization: Basic {b64encode(login.encode()).decode()}",) if login else ()
    assert (row.cells["url"], row.headers) == (url, headers)


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        ("url output=1 url output=2", ["1", "2"]),
        ("output=1 url output=2 url", ["1", "2"]),
        ("url url output=1 output=2 url", ["1", "2", ""]),
        ("url remote-name url output=2", ["", "2"]),
        ("url output=1 output=lost next output=2 url", ["1", "2"]),
        ("url output=1 output-dir=./d/ next output=2 url", ["./d/1", "2"]),
    ],
)
def test_names_in_a_configuration_of_curl_go_to_its_urls_in_their_order(lines: str, outputs: list[str], tmp_path: Path):
    path = tmp_path / "curlrc"
    urls = iter([f'url = "https://h.example/{number}"' for number in range(len(outputs))])
    path.write_text("".join(f"{next(urls) if line == 'url' else line}\n" for line in lines.split()))
    rows = list(format_named("curl").rows(FileList(path, "curlrc", "", (), Counter())))
    assert [row.cells["output"] for row in rows] == outputs
    assert [row.cells["url"][-1] for row in rows] == [str(number) for number in range(len(outputs))]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ('gsutil -m cp \\\n  "gs://b/1" \\\n  "gs://b/2" \\\n  .', [("gs://b/1", ""), ("gs://b/2", "")]),
        (
            "wget -P d https://h.example/1 https://h.example/2",
            [("https://h.example/1", "d/1"), ("https://h.example/2", "d/2")],
        ),
        (
            "curl -o a https://h.example/1 -o b https://h.example/2",
            [("https://h.example/1", "a"), ("https://h.example/2", "b")],
        ),
        (
            "wget https://h.example/1; wget https://h.example/2",
            [("https://h.example/1", ""), ("https://h.example/2", "")],
        ),
    ],
)
def test_all_files_of_a_line_of_commands_are_read(command: str, expected: list[tuple[str, str]], tmp_path: Path):
    path = put(tmp_path / "get.sh", f"#!/bin/bash\n{command}\n")
    rows = format_named("commands").rows(FileList(path, "get.sh", "", (), Counter()))
    assert [(row.cells["url"], row.cells["file_name"]) for row in rows] == expected


@pytest.mark.parametrize(
    "sample",
    [
        "gdc_manifest.txt",
        "url_table.csv",
        "kids_first.tsv",
        "terra.tsv",
        "ena_filereport.tsv",
        "gen3_manifest.json",
        "ena_filereport.json",
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_header_and_comments_of_the_second_of_two_joined_lists_are_no_rows(sample: str, mark: str, tmp_path: Path):
    text = (SAMPLES / sample).read_text("utf-8").strip("\n") + "\n"
    assert read(put(tmp_path / sample, text + mark + text)) == read(SAMPLES / sample) * 2


@pytest.mark.parametrize("line", ["\u200e{}", "{}\u200b", "\ufeff{}\u200b\u200f", '"{}"\u00a0'])
def test_marks_that_are_not_seen_are_no_part_of_a_url(line: str, tmp_path: Path):
    url = "https://h.example/a.bam"
    path = put(tmp_path / "urls.txt", f"{line.format(url)}\n{line.format(url)}\n")
    assert {(file.address, file.name) for (file,) in read(path)} == {(url, "a.bam")}
    path.write_text(f"name,url\nx.bam,{line.format(url)}\n", "utf-8")
    assert [file.address for (file,) in read(path)] == [url]


def test_addresses_of_ftp_servers_may_lack_a_scheme_as_the_ena_writes_them(tmp_path: Path):
    path = tmp_path / "urls.txt"
    path.write_text("ftp.sra.ebi.ac.uk/vol1/a_1.gz;ftp.sra.ebi.ac.uk/vol1/a_2.gz\nftp.sra.ebi.ac.uk/vol1/b.gz\n")
    assert [[(file.address, file.name) for file in row] for row in read(path)] == [
        [("https://ftp.sra.ebi.ac.uk/vol1/a_1.gz", "a_1.gz"), ("https://ftp.sra.ebi.ac.uk/vol1/a_2.gz", "a_2.gz")],
        [("https://ftp.sra.ebi.ac.uk/vol1/b.gz", "b.gz")],
    ]


def test_runs_of_experiments_in_xml_are_those_of_its_elements(tmp_path: Path):
    path = tmp_path / "SraExperimentPackage.xml"
    run = '<RUN_SET><RUN alias="x" accession="{0}" size="9"><Pool><Member accession="SRS1"/></Pool></RUN></RUN_SET>'
    packages = [
        f"<EXPERIMENT_PACKAGE>{run.format(accession)}</EXPERIMENT_PACKAGE>" for accession in ("SRR000001", "ERR000002")
    ]
    path.write_text(
        '<?xml version="1.0"?>\n<EXPERIMENT_PACKAGE_SET>\n' + "\n".join(packages) + "\n</EXPERIMENT_PACKAGE_SET>"
    )
    assert format_of(path) == "sra"
    assert [file.address for row in read(path) for file in row] == ["SRR000001", "ERR000002"]
    objects = [{"object": f"srapub|{run}", "name": run, "locations": []} for run in ("SRR000001", "ERR000002")]
    path.write_text(json.dumps({"version": "2", "result": [{"files": objects}]}))
    assert [file.address for row in read(path) for file in row] == ["SRR000001", "ERR000002"]


def test_paths_of_a_server_in_a_column_href_are_files_there(tmp_path: Path):
    path = tmp_path / "encode.txt"
    path.write_text("ID\tFormat\tHREF\n/experiments/E/\tbam\t/files/F/@@download/F.bam\n")
    ((file,),) = read(path, base="https://h.example")
    assert file.address == "https://h.example/files/F/%40%40download/F.bam"


ENTRIES: dict[str, list[object]] = {
    "lsjson": [
        {"Path": "d", "Name": "d", "Size": -1, "IsDir": True},
        {"Path": "d/a", "Name": "a", "Size": 5, "IsDir": False, "Hashes": {"sha1": "1" * 40, "quickxorhash": "x"}},
    ],
    "tree": [
        {"type": "directory", "oid": "1" * 40, "size": 0, "path": "d"},
        {"type": "file", "oid": "1" * 40, "size": 5, "lfs": {"oid": "2" * 64, "pointerSize": 134}, "path": "d/a"},
    ],
    "git": [
        {"path": "d", "mode": "040000", "type": "tree", "sha": "1" * 40, "url": "https://api.example.org/trees/1"},
        {"path": "d/a", "type": "blob", "sha": "1" * 40, "size": 5, "url": "https://api.example.org/blobs/1"},
    ],
    "contents": [{"Key": "d/", "ETag": '"1"', "Size": 0}, {"Key": "d/a", "ETag": '"1-2"', "Size": 5}],
    "azure": [
        {
            "container": "x",
            "metadata": None,
            "name": "d/a",
            "properties": {"contentLength": 5, "contentSettings": {"contentMd5": f"{'A' * 22}=="}},
        }
    ],
    "drawn": [
        {
            "type": "directory",
            "name": "d",
            "contents": [{"type": "file", "name": "a", "size": 5}, {"type": "link", "name": "b", "target": "a"}],
        },
        {"type": "report", "directories": 1, "files": 2},
    ],
}


@pytest.mark.parametrize(
    ("payload", "sums"),
    [
        (ENTRIES["lsjson"], {"sha1": "1" * 40}),
        (ENTRIES["tree"], {"sha256": "2" * 64}),
        (ENTRIES["contents"], {}),
        ({"Contents": ENTRIES["contents"], "IsTruncated": False}, {}),
        ({"sha": "1" * 40, "tree": ENTRIES["git"], "truncated": False}, {}),
        (
            {"files": [{"name": "d/a", "size": 5, "oid_type": "sha256", "oid": "2" * 64}]},  # git lfs ls-files --json
            {"sha256": "2" * 64},
        ),
        ({"siblings": [{"rfilename": "d/a", "size": 5, "lfs": {"sha256": "2" * 64}}]}, {"sha256": "2" * 64}),
        (ENTRIES["azure"], {"md5": "0" * 32}),
        (ENTRIES["drawn"], {}),
    ],
)
def test_entries_of_a_folder_are_its_files_and_no_folders(payload: object, sums: dict[str, str], tmp_path: Path):
    path = put(tmp_path / "entries.json", payload)
    files = [file for row in read(path, base="s3://bucket/x") for file in row]
    assert [(file.address, file.name, file.size) for file in files] == [("s3://bucket/x/d/a", "d/a", 5)]
    assert files[0].checksums == sums
    for base in ("", "https://huggingface.co/api/datasets/o/n/tree"):
        with pytest.raises(ListError, match=r"--base s3://BUCKET, https://huggingface.co/.*/resolve/main, or"):
            read(path, base=base)


def test_a_page_of_a_bucket_names_it_and_says_that_there_are_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = put(tmp_path / "page.json", {"Name": "bucket", "Contents": ENTRIES["contents"], "IsTruncated": True})
    format, listed = opened(path)
    folder, row = format.rows(listed)
    assert not files_of(format, folder, listed)
    monkeypatch.setattr("omicsdk.portals.lists.LONGEST_DOCUMENT", 50)  # a longer one is read as a stream
    path.write_text(json.dumps({"Contents": ENTRIES["contents"], "Prefix": ""}))
    assert [[file.address for file in row] for row in read(path, base="s3://bucket")] == [[], ["s3://bucket/d/a"]]
    monkeypatch.undo()
    path.write_text(json.dumps([{"key": "s3://b/d/a", "etag": "x", "size": 5}]))  # of s5cmd
    assert [(file.address, file.name) for (file,) in read(path)] == [("s3://b/d/a", "d/a")]
    gcloud = {"metadata": {"name": "d/a", "size": "5", "md5Hash": f"{'A' * 22}=="}, "type": "cloud_object"}
    path.write_text(json.dumps([{**gcloud, "url": "gs://b/d/a"}, {"type": "prefix", "url": "gs://b/d/"}]))
    ((file,), none) = read(path)
    assert (file.address, file.name, file.size, file.checksums, none) == ("gs://b/d/a", "d/a", 5, {"md5": "0" * 32}, [])
    of_mc = {"status": "success", "type": "file", "size": 5, "key": "a", "etag": "1", "url": "https://h.example/b/"}
    path.write_text(json.dumps(of_mc))
    assert [file.address for (file,) in read(path)] == ["https://h.example/b/a"]
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"tree": [{"name": "x"}], "url": "https://h.example/a.bam"}))
    assert format_of(other) == "json"
    assert [file.address for file in files_of(format, row, listed)] == ["s3://bucket/d/a"]
    assert ["one page of a list" in note for note in listed.notes] == [True]
    result = tmp_path / "result.tsv"
    names = [*row.cells, "file_path", "file_outcome"]
    result.write_text("\t".join(names) + "\n" + "\t".join([*row.cells.values(), "d/a", "verified"]) + "\n")
    assert [[file.address for file in row] for row in read(result)] == [["s3://bucket/d/a"]]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (
            "     5  2024-05-01T10:00:00Z  gs://b/d/a b.bam#1714557600000000  metageneration=1\n",
            [("gs://b/d/a b.bam", 5)],
        ),
        (
            "gs://b/d/:\n     5  2024-05-01T10:00:00Z  gs://b/d/a\n\ngs://b/d/e/:\n     6  2024-05-01T10:00:00Z  gs://b/d/e/c\nTOTAL: 2 objects, 11 bytes (11 B)\n",
            [("gs://b/d/a", 5), ("gs://b/d/e/c", 6)],
        ),
        ("5           gs://b/d/a.bam\n5           gs://b/d/\n", [("gs://b/d/a.bam", 5)]),
        (
            "gs://b/d/:\ngs://b/d/\ngs://b/d/a\n\ngs://b/d/e/:\ngs://b/d/e/c\n",
            [("gs://b/d/a", None), ("gs://b/d/e/c", None)],
        ),
        ("        5 d/a b.bam\n1234567890 c\n", [("s3://bucket/d/a b.bam", 5), ("s3://bucket/c", 1234567890)]),
        ("        5 2024-05-01 10:00:00.123456789 d/a\n", [("s3://bucket/d/a", 5)]),
        (
            "gs://b/d/a b:\n    Creation time:  Mon, 01 Jan 2024\n    Content-Length:  5\n    Hash (md5):  AAAAAAAAAAAAAAAAAAAAAA==\n"
            "gs://b/e/:\n    Content-Length:  0\ngs://b/c:\n    ACL:  [\n    ]\nTOTAL: 3 objects, 5 bytes (5 B)\n",
            [("gs://b/d/a b", 5), ("gs://b/c", None)],
        ),
        (f"d/;-1;\nd/a b;5;{'0' * 32}\nREADME;6;\n", [("s3://bucket/d/a b", 5), ("s3://bucket/README", 6)]),
        ("2024-05-01 10:00:00;5;a\n", [("s3://bucket/a", 5)]),
        (f"d\tdirectory\t0\tMon Jun 2\t\nd/a\tfile\t5\tMon Jun 2\t{'0' * 32}\n", [("s3://bucket/d/a", 5)]),
        ('"d/a,b",5,2024-05-01 10:00:00\nd/,-1,2024-05-01 10:00:00\n', [("s3://bucket/d/a,b", 5)]),
        (
            f"                DIR   s3://b/d/\n2024-05-01 10:00   5   {'1' * 32}-2   STANDARD   s3://b/d/a b\n",
            [("s3://b/d/a b", 5)],
        ),
        (f"2024/05/01 10:00:00 STANDARD_IA {'1' * 32}    5 d/a\n", [("s3://bucket/d/a", 5)]),
        (
            "[2024-05-01 10:00:00 UTC]     5B STANDARD a b\n[2024-05-01 10:00:00 UTC]     0B d/\n",
            [("s3://bucket/a b", 5)],
        ),
        (f'CONTENTS\t"{"1" * 32}"\td/a\t2024-05-01T10:00:00+00:00\t5\tSTANDARD\n', [("s3://bucket/d/a", 5)]),
        (
            "INFO: d/a;  Content Length: 5.00 B\nINFO: b;  Content Length: 1.20 MiB\n",
            [("s3://bucket/d/a", 5), ("s3://bucket/b", None)],
        ),
        (
            f"d/a b; LastModifiedTime: 2024-05-01 10:00:00 +0000 UTC; ContentMD5: {'A' * 22}==; Content Length: 5\nFile count: 1\nTotal file size: 5\n",
            [("s3://bucket/d/a b", 5)],
        ),
        (
            '{"MessageType":"ListObject","MessageContent":"{\\"Path\\":\\"d/a\\",\\"ContentLength\\":\\"5\\"}"}\n{"MessageType":"EndOfJob","MessageContent":""}\n',
            [("s3://bucket/d/a", 5)],
        ),
        (
            '{"status":"success","type":"folder","size":0,"key":"d/","etag":"","url":"https://h.example/b/"}\n{"status":"success","type":"file","size":5,"key":"a","etag":"1","url":"https://h.example/b/"}\n',
            [("s3://bucket/a", 5)],
        ),
        (
            "/pub/x:\ntotal 8\ndrwxr-xr-x 2 me staff 4096 May  1  2024 d\n-rw-r--r--. 1 me domain users 5 May  1 10:00 a b\n\n/pub/x/d:\ntotal 4\nlrwxrwxrwx 1 me staff 1 May  1 10:00 l -> a\n-rw-r--r-- 1 me staff 5 2024-05-01 10:00:00.0 +0000 c\n",
            [("s3://bucket/a b", 5), ("s3://bucket/d/c", 5)],
        ),
        ("   12    4 -rw-r--r--   1 me  staff    5 May  1 10:00 ./d/a\\ b\n", [("s3://bucket/d/a b", 5)]),
        (
            "05-01-24  10:00AM       <DIR>          d\n05-01-24  10:00AM                    5 a b\n",
            [("s3://bucket/a b", 5)],
        ),
    ],
)
def test_listings_are_read(text: str, files: list[tuple[str, int | None]], tmp_path: Path):
    rows = read(put(tmp_path / "listing.txt", text), base="s3://bucket")
    assert [(file.address, file.size) for row in rows for file in row] == files
    assert not any(file.error for row in rows for file in row)
    assert [file.checksums for row in rows for file in row if file.checksums] == [{"md5": "0" * 32}] * (
        "==" in text or "0" * 32 in text
    )


def test_a_page_of_a_folder_or_bucket_is_read(tmp_path: Path):
    ((file,),) = read(SAMPLES / "index.html")
    assert (file.address, file.name) == (f"{FOLDER}/a%20b.bam", "a b.bam")
    with pytest.raises(ListError, match="no link of this page is in"):
        read(SAMPLES / "index.html", base="s3://bucket")
    path = tmp_path / "page.xml"
    s3 = "<Name>b</Name><Contents><Key>d/a &amp; b</Key><Size>5</Size></Contents><Contents><Key>d/</Key></Contents>"
    path.write_text(f'<?xml version="1.0"?>\n<ListBucketResult xmlns="x">{s3}</ListBucketResult>')
    assert [(file.address, file.size) for row in read(path) for file in row] == [("s3://b/d/a & b", 5)]
    url = "<Name>b</Name><EncodingType>url</EncodingType><Contents><Key>d/a+%2B%C3%A9</Key><Size>5</Size></Contents>"
    path.write_text(f"<ListBucketResult>{url}</ListBucketResult>")
    assert [(file.address, file.name) for row in read(path) for file in row] == [("s3://b/d/a +\xe9", "d/a +\xe9")]
    contents = [{"Key": "d/a+%2B%C3%A9", "Size": 5, "ETag": "x"}]
    put(path, {"Name": "b", "EncodingType": "url", "Contents": contents})
    assert [(file.address, file.name) for row in read(path) for file in row] == [("s3://b/d/a +\xe9", "d/a +\xe9")]
    path.write_text(
        '<EnumerationResults ServiceEndpoint="https://h.example/" ContainerName="c"><Blobs><Blob><Name>d/a</Name><Properties>'
        f"<Content-Length>5</Content-Length><Content-MD5>{'A' * 22}==</Content-MD5></Properties></Blob></Blobs></EnumerationResults>"
    )
    ((file,),) = read(path)
    assert (file.address, file.name, file.size, file.checksums) == (
        "https://h.example/c/d/a",
        "d/a",
        5,
        {"md5": "0" * 32},
    )
    path.write_text(path.read_text().replace("<Name>d/a<", '<Name Encoded="true">d/a%EF%BF%BE%2B<'))
    ((file,),) = read(path)
    assert (file.address, file.name) == ("https://h.example/c/d/a%EF%BF%BE%2B", "d/a\ufffe+")


def test_lists_of_an_inventory_have_the_columns_of_its_manifest(tmp_path: Path):
    path = tmp_path / "2024-05-01T10-00Z" / "manifest.json"
    path.parent.mkdir()
    path.write_bytes((SAMPLES / "inventory.json").read_bytes())
    with pytest.raises(
        ListError, match=r"not beside it. Put it there: omics cp s3://inventories/daily/bucket/data/0{7}1.csv"
    ):
        read(path)
    (tmp_path / "data").mkdir()
    rows = [
        ("d/a%20b%2B+c", "true", "false"),
        ("d/a%20b", "false", "false"),
        ("c", "true", "true"),
        ("d/", "true", "false"),
    ]
    text = "".join(f'"bucket","{key}","v1","{latest}","{deleted}","5","1-2"\n' for key, latest, deleted in rows)
    (tmp_path / "data" / "00000001.csv").write_bytes(gzip.compress(text.encode()))
    assert [(file.address, file.name, file.size) for row in read(path) for file in row] == [
        ("s3://bucket/d/a b+ c", "d/a b+ c", 5)
    ]


def test_a_listing_states_sizes_and_objects_of_a_bucket(tmp_path: Path):
    path = put(tmp_path / "ls.txt", "2026-01-01 10:00:00      12345 d/a b.bam\n2026-01-01 10:00:00          0 d/\n")
    format, listed = opened(path, "s3://bucket/x")
    ((file,), none) = [list(format.files(row, listed)) for row in format.rows(listed)]
    assert (file.kind, file.address, file.name, file.size) == ("s3", "s3://bucket/x/d/a b.bam", "d/a b.bam", 12345)
    assert none == []
    with pytest.raises(ListError, match="--base s3://BUCKET"):
        read(path)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2026-01-01 10:00:00    1.2 KiB d/a\n\nTotal Objects: 1\n   Total Size: 1.2 KiB\n", None),
        ("                           PRE x/\n                           PRE y/\n2026-01-01 10:00:00   12 d/a\n", 12),
        ("2026/01/01 10:00:00             12 d/a\n                                  DIR x/\n", 12),  # s5cmd
    ],
)
def test_listings_have_rounded_sizes_folders_and_sums(text: str, size: int | None, tmp_path: Path):
    format, listed = opened(put(tmp_path / "ls.txt", text), "s3://bucket")
    (file,) = files_in(format, listed)
    assert (format.name, file.address, file.size) == ("listing", "s3://bucket/d/a", size)


@pytest.mark.parametrize(
    "lines",
    [
        f"TsvHttpData-1.0\n{{}}\t3\t{'A' * 22}==\n",
        "{}\t3\n",
        f"{{}}\t3\t{SHA256}\ta.gz\n",  # of TensorFlow Datasets, now and before
        f"{{}} 3 {SHA256}\n",
        f"(S1:0.1,S2:0.2)root;\n{{}} 3 {SHA256}\n",  # as those of Cactus
    ],
)
def test_a_number_behind_a_url_is_its_size(lines: str, tmp_path: Path):
    ((file,),) = read(put(tmp_path / "urls.tsv", lines.format("https://h.example/a.gz")))
    assert (file.name, file.size, [*file.checksums]) == (
        "a.gz",
        3,
        ["md5"] * ("=" in lines) or ["sha256"] * (SHA256 in lines),
    )


@pytest.mark.parametrize(
    ("line", "name", "is_checked"),
    [
        (f"https://h.example/x.gz\t{'0a' * 16}  a.gz", "a.gz", True),
        (f"https://h.example/x.gz,{'0a' * 16}", "x.gz", True),
        ('"https://h.example/x.gz";"a.gz"', "a.gz", False),
        ("https://h.example/x.gz,/data/y.gz", "x.gz", False),
        ("https://h.example/x.gz?a=b.c,d", "x.gz", False),
    ],
)
def test_what_is_behind_a_url_is_its_checksum_or_name(line: str, name: str, is_checked: bool, tmp_path: Path):
    (tmp_path / "urls.tsv").write_text(f"{line}\n" * 2)
    (file,), _ = read(tmp_path / "urls.tsv")
    assert (file.name, file.checksums) == (name, {"md5": "0a" * 16} if is_checked else {})


def test_a_line_of_a_sample_and_an_address_is_one_of_a_sample_map(tmp_path: Path):
    path = put(
        tmp_path / "sample_map",
        "S 1\tgs://b/a.g.vcf.gz\nS2\thttps://h.example/b.g.vcf.gz\nS3  gs://b/c.g.vcf.gz\nS4,gs://b/d.vcf.gz\n",
    )
    assert [file.name for (file,) in read(path)] == ["a.g.vcf.gz", "b.g.vcf.gz", "c.g.vcf.gz", "d.vcf.gz"]
    assert [row.cells["sample"] for row in URLS.rows(FileList(path, "x", "", (), Counter()))] == [
        *("S 1", "S2", "S3", "S4")
    ]


def test_a_terra_table_of_runs_is_one_of_runs(tmp_path: Path):
    (tmp_path / "data.tsv").write_text("entity:sample_id\taccession\nS1\tSRR000001\n")
    assert [file.address for (file,) in read(tmp_path / "data.tsv")] == ["SRR000001"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ('["gs://b/1.bam", "x", ["gs://b/2.bam"]]', ["1.bam", "2.bam"]),
        (
            '{"a": "gs://b/1.bam", "n": [{"u": "gs://b/2.bam", "v": null}], "c": "gs://b/3.bam"}',
            ["1.bam", "2.bam", "3.bam"],
        ),
        ('{"entityType": "sample", "entityName": "S1"}', []),
        ("[object Object]", []),
    ],
)
def test_files_in_json_of_a_terra_table(tmp_path: Path, cell: str, names: list[str]):
    """As reported for the export of attributes that are objects by Terra's data tables."""
    (tmp_path / "data.tsv").write_text(f"entity:sample_id\tcram\tmore\nS1\tgs://b/a.cram\t{cell}\n")
    assert [file.name for file in read(tmp_path / "data.tsv")[0]] == ["a.cram", *names]


def test_tracks_of_a_hub_may_be_relative_to_it(tmp_path: Path):
    assert [file.name for (file,) in read(SAMPLES / "trackDb.txt")] == ["a.bw", "b.vcf.gz", "b.vcf.gz.tbi"]
    path = tmp_path / "trackDb.txt"
    path.write_text("track a\nbigDataUrl bb/a.bb\nsummary bb/s.bb\nframes none\ninclude other.txt\n")
    listed = FileList(path, path.name, "https://h.example/hub", (), Counter())
    files = [file for row in TRACKS.rows(listed) for file in TRACKS.files(row, listed)]
    assert [file.address for file in files] == ["https://h.example/hub/bb/a.bb", "https://h.example/hub/bb/s.bb"]
    assert [*listed.notes.values()] == [1]
    with pytest.raises(ListError, match=r"line 2: 'bb/a.bb' is relative to the hub.*--base URL"):
        read(path)


def test_resources_of_a_session_of_igv_are_those_with_urls(tmp_path: Path):
    resources = '<Resource name="a"\n path="https://h.example/a.bw?x=1&amp;y=2"/><Resource path="/home/b.bw"/>'
    (tmp_path / "session.xml").write_text(f'<?xml version="1.0"?>\n<Session path="/home/s.xml">{resources}</Session>\n')
    ((file,),) = read(tmp_path / "session.xml")
    assert file.address == "https://h.example/a.bw?x=1&y=2"


@pytest.mark.parametrize("mark", [" ", ",", "\t", ";"])
def test_mates_on_one_line_are_two_files(mark: str, tmp_path: Path):
    path = put(tmp_path / "urls.txt", f"https://h.example/a_1.gz{mark}https://h.example/a_2.gz\n")
    assert [file.name for row in read(path) for file in row] == ["a_1.gz", "a_2.gz"]


def test_blanks_between_addresses_of_aria2_separate_copies(tmp_path: Path):
    ((file,),) = read(put(tmp_path / "aria2.txt", "https://h.example/a?b=1 https://m.example/a?b=2\n  out=a.gz\n"))
    assert (file.address, file.mirrors) == ("https://h.example/a?b=1", ("https://m.example/a?b=2",))


@pytest.mark.parametrize(
    "lines",
    [
        f"https://h.example/{'a' * 80_000}\n",
        f"https://h.example/a{' ' * 60_000}b\n  out=a\n",
        f"bigDataUrl https://h.example/a.bb\nshortLabel{' ' * 60_000}x\n",
    ],
    ids=["word", "blanks", "tracks"],
)
def test_the_time_of_a_long_line_is_not_the_square_of_its_length(lines: str, tmp_path: Path):
    (tmp_path / "list.txt").write_text(lines)
    start = time.process_time()
    assert len(read(tmp_path / "list.txt")) == 1
    assert time.process_time() - start < 5


def test_a_tab_in_the_submitter_of_an_assembly_costs_no_file(tmp_path: Path):
    path, folder = tmp_path / "assembly_summary.txt", "https://h.example/GCA_1.1_x"
    rows = f"GCA_1.1\tLab\t{folder}\tviral\nGCA_1.1\tThe \tLab\t{folder}\tviral\n"
    path.write_text(f"#assembly_accession\tsubmitter\tftp_path\tgroup\n{rows}")
    assert [file.address for (file,) in read(path)] == [f"{folder}/GCA_1.1_x_genomic.fna.gz"] * 2


def test_supplementary_files_of_a_series_matrix_are_read_once(tmp_path: Path):
    assert [file.name for (file,) in read(SAMPLES / "GSE1_family.soft")] == ["GSE1_RAW.tar", "GSM1_a.txt.gz"]
    path, urls = tmp_path / "GSE1_series_matrix.txt", '"ftp://h.example/a.gz"\t"ftp://h.example/b.gz"'
    path.write_text(f'!Series_title\t"X"\n!Sample_supplementary_file_1\t{urls}\n!Sample_supplementary_file_2\t{urls}\n')
    assert [file.name for (file,) in read(path, "soft")] == ["a.gz", "b.gz"]
    assert format_of(path) == "soft"
    url = "ftp://ftp.ncbi.nlm.nih.gov/geo/series/GSE1nnn/GSE1/suppl/a.gz"
    path.write_text(
        f"<?xml version='1.0'?>\n\n<MINiML\n  xmlns='x'>\n<Supplementary-Data>\n{url}\n</Supplementary-Data>\n"
    )
    assert (format_of(path), [file.address for (file,) in read(path)]) == ("soft", [url])
    parameters = 'name="Dataset FTP location" value="ftp://h.example/d"/><cvParam name="Associated raw file URI" value'
    path.write_text(
        f'<?xml version="1.0"?>\n<ProteomeXchangeDataset id="x">\n<cvParam {parameters}="ftp://h.example/a&amp;b.raw"/>'
    )
    assert (format_of(path), [file.name for (file,) in read(path)]) == ("soft", ["a&b.raw"])


def test_paths_one_per_line_are_in_the_folder_of_their_list(tmp_path: Path):
    path = put(
        tmp_path / "harmonised_list.txt", "./\nGCST1/\n./GCST1/a.h.tsv.gz\n./GCST2/b.h.tsv.gz\nREADME\n"
    )  # with folders, as by rclone lsf
    assert [(file.name, file.address) for (file,) in read(path)] == [
        ("GCST1/a.h.tsv.gz", f"{FOLDER}/GCST1/a.h.tsv.gz"),
        ("GCST2/b.h.tsv.gz", f"{FOLDER}/GCST2/b.h.tsv.gz"),
        ("README", f"{FOLDER}/README"),
    ]


def test_series_of_images_are_at_the_server_of_their_manifest(tmp_path: Path):
    first, _ = (row[0] for row in read(SAMPLES / "manifest.tcia"))
    above = "https://services.cancerimagingarchive.net/nbia-api/services/v1/getImage?SeriesInstanceUID="
    assert (first.address, first.name) == (f"{above}1.3.6.1.4.1.0.1", "1.3.6.1.4.1.0.1.zip")
    path = tmp_path / "list.tcia"
    text = (SAMPLES / "manifest.tcia").read_text()
    path.write_text(text.replace("public.cancer", "nlst.cancer") + "../x\n")
    with pytest.raises(RowFault, match="is not the UID of a series"):
        read(path)


@pytest.mark.parametrize(("prefer", "end"), [((), "genomic.fna.gz"), (("gff",), "genomic.gff.gz")])
def test_an_assembly_is_a_file_in_its_folder(prefer: tuple[str, ...], end: str):
    (file,), none = read(SAMPLES / "assembly_summary.txt", "", *prefer)
    above = "https://files.example.org/genomes/GCF_000000001.1_ASM1"
    assert (file.address, none) == (f"{above}/GCF_000000001.1_ASM1_{end}", [])


def test_a_folder_of_an_assembly_in_a_list_of_urls_is_that_of_its_genome(tmp_path: Path):
    folder = "ftp.ncbi.nlm.nih.gov/genomes/all/GCF/000/000/001/GCF_000000001.1_ASM1"
    (tmp_path / "ftp_links.txt").write_text(f"ftp://{folder}\nftp://{folder}/x.gff.gz\n")
    (one,), (two,) = read(tmp_path / "ftp_links.txt")
    assert (one.address, two.name) == (f"https://{folder}/GCF_000000001.1_ASM1_genomic.fna.gz", "x.gff.gz")


def test_runs_of_a_table_are_those_of_the_sra():
    assert [[file.address for file in row] for row in read(SAMPLES / "units.txt")] == [["SRR000001"], [], ["ERR000003"]]


@pytest.mark.parametrize(
    "text",
    [
        "BioProject_s\tMBases_l\tRun_s\nP\t7\tSRR000001\n",  # of the run selector until 2018
        "BioProject\tRUN\tRun\tSex\tsex\nP\tlane 1\tSRR000001\t\tmale\n",
        "Run,BioProject,location_(country_and/or_sea,region),Age\nSRR000001,P,missing,1\n",
        "Organism\tL. m.\t\ntree 2\thttps://h.example/a.tre\t\n\t\t\nstrain\tSRArun_acc\toutbreak\nS\tSRR000001\tO\n",
        "source\trun\nS\tSRR000001\n",
        "guid,project,run\n0328f909-6ca5-46e1-8a3b-e7a04c24602b,PRJEB000001,SRR000001\n",
    ],
)
def test_attributes_of_samples_hide_no_run(text: str, tmp_path: Path):
    (tmp_path / "SraRunTable.txt").write_text(text)
    assert [file.address for (file,) in read(tmp_path / "SraRunTable.txt")] == ["SRR000001"]


def test_a_package_whose_sizes_are_all_0_states_none(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "ncbi_dataset.zip", "w") as archive:
        lines = "".join(f"https://h.example/{name}\t0\tdata/{name}.fna\n" for name in "ab")
        archive.writestr("ncbi_dataset/fetch.txt", lines)
        archive.writestr("ncbi_dataset/data/x.json", "{}")
    assert [(file.name, file.size) for (file,) in read(tmp_path / "ncbi_dataset.zip")] == [
        ("data/a.fna", None),
        ("data/b.fna", None),
    ]


def test_names_of_a_bag_are_the_same_in_each_form_of_unicode(tmp_path: Path):
    """macOS decomposed the names of files when a manifest was made; fetch.txt has them as a server does."""
    put(tmp_path / "bagit.txt", "BagIt-Version: 1.0\n")
    put(tmp_path / "fetch.txt", "https://h.example/x 3 data/cer\u00e1mica.pdf\n")
    put(tmp_path / "manifest-md5.txt", f"{'0' * 32}  data/cera\u0301mica.pdf\n")
    ((file,),) = read(tmp_path)
    assert (file.name, file.checksums) == ("data/cer\u00e1mica.pdf", {"md5": "0" * 32})


@pytest.mark.parametrize("packed", [False, True])
def test_files_that_a_bag_has_neither_in_itself_nor_in_fetch_txt_are_noted(tmp_path: Path, packed: bool):
    bag = tmp_path / "bag"
    (bag / "data").mkdir(parents=True)
    put(bag / "bagit.txt", "BagIt-Version: 1.0\n")
    put(bag / "fetch.txt", "https://h.example/x 3 data/fetched\nhttps://mirror.example/x 3 data/fetched\n")
    names = ["data/fetched", "data/cera\u0301mica%25", "data/lost"]
    put(bag / "manifest-md5.txt", "".join(f"{'0' * 32}  {name}\n" for name in names))
    put(bag / "data/cera\u0301mica%", "here")
    path = Path(shutil.make_archive(str(bag), "zip", tmp_path, "bag")) if packed else bag
    listed = FileList(path, path.name, "", (), Counter())
    assert len([*recognised(Head(path), path.name).rows(listed)]) == 2
    assert listed.notes == {"files in the bag's manifests are neither in it nor in its fetch.txt": 1}


def test_version_3_of_a_metalink_has_preferences_and_torrents():
    ((file,),) = read(SAMPLES / "files.metalink")
    assert (file.name, file.size, file.checksums.keys()) == ("m/a.bam", 19, {"sha256"})
    assert [url.split("/")[3] for url in (file.address, *file.mirrors)] == ["gone", "mirror", "last"]


def test_addresses_of_a_metalink_may_be_relative_to_it(tmp_path: Path):
    """As one of aria2's tests."""
    path = put(tmp_path / "a.meta4", METALINK.format('<file name="b.bin"><url>c%20d.bin</url></file>'))
    ((file,),) = read(path, base="https://h.example/f")
    assert file.address == "https://h.example/f/c%20d.bin"
    with pytest.raises(RowFault, match=r"'c%20d\.bin' is relative to the list: give the list's own URL"):
        read(path)
    put(path, METALINK.format('<file name="b.bin"><url>//[</url></file>'))
    with pytest.raises(RowFault, match=r"'//\[' is not a valid address"):
        read(path, base="https://h.example/f")


def test_a_checksum_that_can_only_be_of_another_algorithm_is_of_that_one(tmp_path: Path):
    """As the MD5s below `sha256` of the data set PASS, an example of the Croissant format."""
    path = put(tmp_path / "list.csv", f"url,sha256\nhttps://h.example/a,{1:032x}\nhttps://h.example/b,{1:033x}\n")
    with pytest.raises(RowFault, match="is not a valid sha256"):
        read(path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:2]))
    ((file,),) = read(path)
    assert file.checksums == {"md5": f"{1:032x}"}


def test_a_text_that_is_not_utf_8_is_windows_1252(tmp_path: Path):
    path = tmp_path / "list.csv"
    more = "https://h.example/a.bam,plain\n" * 3000  # the first byte that is no ASCII is not in the list's beginning
    for lines in ("", more):
        path.write_bytes(f"url,name\n{lines}https://h.example/b.bam,Größe – 1.bam\n".encode("cp1252"))
        listed = FileList(path, "list.csv", "", (), Counter())
        format = recognised(Head(path), path.name)
        *_, row = format.rows(listed)
        assert next(iter(format.files(row, listed))).name == "Größe – 1.bam"
        assert "read as Windows-1252, since it is not UTF-8" in listed.notes


def test_a_character_across_two_parts_of_a_long_list_is_utf_8(tmp_path: Path):
    path = tmp_path / "list.csv"
    start = "url,name\nhttps://h.example/a,é\n"
    filled = f"{start}https://h.example/b,".ljust((1 << 16) - 2, "x")
    path.write_text(f"{filled}é\n", encoding="utf-8")
    assert [file.name[-1] for row in read(path, "table") for file in row] == ["é", "é"]


@pytest.mark.parametrize(
    "data", [b"url,name\nhttps://h.example/a,\xc3\xa9\xe9\n", b"url,x\nhttps://h.example/a,\x81\n"]
)
def test_what_is_neither_utf_8_nor_windows_1252_is_refused(data: bytes, tmp_path: Path):
    with pytest.raises(ListError, match=r"is not (UTF-8|Windows-1252) text"):
        read(put(tmp_path / "list.csv", data), "table")


# -- refusals


@pytest.mark.parametrize(
    ("data", "message", "remedy"),
    [
        (b"chrom\tstart\tend\nchr1\t1\t2\n", r"first line is 'chrom\\tstart\\tend'", "omics help lists"),
        (b"Sample,Where\nS1,x\n", "unknown format", "--map url=COLUMN"),
        (b"Mouse;Name (ENA)\nm1;ERR0000003\n", "unknown format", "one column alone has them"),
        (
            b"uuid\tname\tsize\tbundle_uuid\tsha256\nU\ta\t1\tB\tS\n".replace(b"U\t", U(1).encode() + b"\t"),
            "azul files ls",
            "azul manifest",
        ),
        (f"uuid\tname\tspecies\torgan\tcells\n{U(1)}\ta\t\t\t1\n".encode(), "azul projects ls", "azul:UUID"),
        (
            b"S1\tx\thttps://h.example/a.bam\nS2\tx\thttps://h.example/b.bam\n",
            "a table without a heading",
            "in a first line",
        ),
        (b"S1\thttps://h.example/GO_1\nS2\thttps://h.example/GO_2\n", "a table without a heading", "in a first line"),
        (
            b"SRR1\tftp.sra.ebi.ac.uk/vol1/a.gz\nSRR2\tftp.sra.ebi.ac.uk/b.gz\n",
            "a table without a heading",
            "in a first",
        ),
        (b"https://h.example/a.gz,S1,x\n" * 2, "a table without a heading", "in a first line"),
        (b"https://h.example/a\tS1\tx\n" * 2, "a table without a heading", "in a first line"),
        (
            b"// tests\nparams {\n  a = 'https://h.example/a.csv'\n}\n",
            "a configuration of Nextflow",
            "List the addresses",
        ),
        (b"S1 https://h.example/x\nparams: 2\n", "unknown format", "List the addresses of files in it"),
        (b"ncbikart\x1f\x8b\0\0", "a cart or key of dbGaP", "prefetch"),
        (b"eyJhbGciOiJ9.eyJwcm9qIjox.c2ln", r"a cart or key of dbGaP\. Use", "--ngc"),
        (b"# of today\n--recursive a/x/ /~/x/\n", "a batch of globus transfer", "--batch"),
        (b"'/data/b c.bam' '/~/b c.bam'\n", "a batch of globus transfer", "--batch"),
        (b"hub x\nshortLabel x\ngenomesFile genomes.txt\n", "a part of a hub", "trackDb.txt"),
        (b"genome hg38\ntrackDb hg38/trackDb.txt\n", "a part of a hub", "trackDb.txt"),
        (
            b'{"EMPIAR-10025": {"imagesets": [{"directory": "data/x"}]}}',
            "an entry of EMPIAR",
            "omics cp -r https://ftp.ebi",
        ),
        (
            b'{"archive_digest": "0", "seek_keys": {"fasta": "x.fa"}}',
            "a response or configuration of refgenie",
            "omics cp https://SERVER/v3",
        ),
        (b"gene,SRR000001,SRR000002\ng,1,2\n", "unknown format", "omics help lists"),
        (b"ENSG1.5;12\nENSG2.3;14\n", "unknown format", "--map url=COLUMN"),  # of counts, not of rclone lsf
        (b"S1,SRR000001\nS2,SRR000002\n", "a table without a heading", "sample and run"),
        (b"#!/bin/sh\nwget $URL\n", "a script whose commands", "Run it"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a pointer of Git LFS", "lfs pull"),
        (b'{"omics_lock": 1}\n{"name": "a"}\n', "a lock of files", "omics pull"),
        (b"{\\rtf1\\ansi PRJEB1}\n", "a document in RTF", "plain text"),
        (b"\xd0\xcf\x11\xe0\xa1\0", "a workbook of Excel, not a text", "as CSV"),
        (b"%PDF-1.7\n", "a document, not a list", "Copy the names"),
        (b"\x89HDF\r\n\x1a\n\0\0", "binary data", "Use the list"),
        (b"bag/".ljust(257, b"\0") + b"ustar\0", "an archive, not a list", "the folder of the bag"),
        (b"Obj\x01\x04\x14avro.codec", "PFB", "TSV or JSON"),
        (b"File name,sample\na.bam,S1\n", "a manifest for uploads", "Export the manifest"),
        (b"<!DOCTYPE html><html>Log in</html>", "a page of HTML", "login page"),
        (b'{% set name = "x" %}\nsource:\n  url: https://h.example/x.tar.gz\n', "a template", "one per line"),
        (b"HBM744.FNLN.846 /expr.h5ad\n", "a manifest of HuBMAP", "hubmap-clt"),
        (b"089ebad7c98cebe22f6d97b246fb45c6 /x\n", "a manifest of HuBMAP", "hubmap-clt"),
        (b"repo_code\tobject_id\tfile_name\nc\t1\ta.bam\n", "a manifest of the ICGC", "score"),
        (b"analysisId\tobjectId\tfileName\nc\t1\ta.bam\n", "a manifest of the ICGC", "score"),
        (
            f"File ID  Status  Bytes  Check sum  File name\nEGAF00000000001 available 5 {'0' * 32} a.bam\n".encode(),
            "the EGA",
            "pyega3",
        ),
        (b'{"analysisId": "1", "files": [{"objectId": "1", "fileName": "a.bam"}]}', "a manifest of the ICGC", "score"),
        (b'{"htsget": {"urls": [{"url": "data:;base64,AA"}]}}', "a ticket of htsget", "htsget client"),
        (b"name,path,ega_file_id\na.bam,p/a.bam.c4gh,EGAF00000000001\n", "files of the EGA", "pyega3 fetch"),
        (b'{"type": "Collection", "stac_version": "1.0.0", "links": []}', "STAC without items", "/items"),
        (b'{"stage.bam": {"$dnanexus_link": "file-1"}}', "files of DNAnexus", "dx download"),
        (b"path\tparent\tname\tsynapseStore\n/a.bam\tsyn1\ta.bam\tTrue\n", "a manifest of Synapse", "synapse get"),
        (b"ID,name,synapseURL\nsyn1,a.bam,https://h.example/#!Synapse:syn1\n", "a manifest of Synapse", "synapse get"),
        (b"id,name,dataFileHandleId\nsyn1,a.bam,2\n", "a manifest of Synapse", "synapse get"),
        (
            f"Component,Filename,Workflow Link,Id,entityId\nScRNA,a.bam,https://h.example/a.wdl,{U(1)},syn1\n".encode(),
            "a manifest of Synapse",
            "synapse get",
        ),
        (b"closed  2024-05-01 10:00:00 5 GB  /a.bam (file-%s)\n" % (b"A" * 24), "files of DNAnexus", "dx download"),
        (b'[{"project": "project-%s"}]' % (b"A" * 24), "files of DNAnexus", "dx download"),
        (b"/zone/home/me:\n  me   0 demoResc   12 2024-05-01.10:00 & a.bam\n", "a listing of iRODS", "iget -r"),
        ("tree\n├── a.bam\n".encode(), "does not tell files from folders", "find . -type f"),
        (b".:\na.bam\nd\n", "does not tell files from folders", "find . -type f"),
        (b'"bucket","a.bam","5","STANDARD"\n' * 2, "an inventory of S3", "manifest.json"),
        (b"d8:url-list23:http://h.example/a.bam4:infod6:lengthi5eee", "a torrent", "BitTorrent"),
        (b"d8:announce20:udp://h.example:80/a4:infod6:lengthi5eee", "a torrent", "BitTorrent"),
        (b"guid\tname\t_tag_0\ns1\tStudy 1\tProgram: X\n", "discovery export of studies", "Export the manifest"),
    ],
)
def test_an_unknown_list_is_refused_with_its_first_line(data: bytes, message: str, remedy: str, tmp_path: Path):
    with pytest.raises(UnknownList, match=message) as caught:
        format_of(put(tmp_path / "list", data))
    assert caught.match(f"(?s){message}.*{remedy}")


def test_the_sheet_of_a_workbook_that_has_addresses_is_read(tmp_path: Path):
    book = Workbook()
    sheet = book.create_sheet("files")
    for row in (["Table S1. Files\nof runs"], ["name", "url", "size"], ["a.bam", "https://h.example/1", 5.0]):
        sheet.append(row)
    book.worksheets[0].append(["Notes", "of", "today"])
    book.worksheets[0].title = "notes"
    book.save(tmp_path / "list.xlsx")
    format = recognised(Head(tmp_path / "list.xlsx"), "list.xlsx")
    listed = FileList(tmp_path / "list.xlsx", "list.xlsx", "", (), Counter())
    ((file,),) = [files_of(format, row, listed) for row in format.rows(listed)]
    assert (file.address, file.name, file.size) == ("https://h.example/1", "a.bam", 5)
    assert [*listed.notes] == ["its sheet 'files' is read; save others as CSV: notes"]
    with pytest.raises(UnpacksTooLarge):
        next(format.rows(listed._replace(max_unpacked=9)))


def test_a_formula_whose_value_no_program_stored_is_not_an_empty_cell(tmp_path: Path):
    book, path = Workbook(), tmp_path / "list.xlsx"
    urls = ["https://h.example/a.bam", "https://h.example/b.bam", '=HYPERLINK("https://h.example/c.bam")']
    for cell in ("url", *urls, '=""'):
        book.worksheets[0].append([cell])
    book.save(tmp_path / "made.xlsx")
    with zipfile.ZipFile(tmp_path / "made.xlsx") as made, zipfile.ZipFile(path, "w") as stored:
        for name in made.namelist():
            # Programs with a calculator store the type of a formula's value, here of an empty text.
            stored.writestr(name, re.sub(b'(<c r="A5")', rb'\1 t="str"', made.read(name)))
    format, listed = recognised(Head(path), path.name), FileList(path, path.name, "", (), Counter())
    assert [row.cells["url"] for row in format.rows(listed)] == urls


def test_a_workbook_is_converted_once_within_the_limit_of_its_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    book = Workbook()
    book.worksheets[0].append(["https://h.example/a.bam"])
    book.save(tmp_path / "list.xlsx")
    conversions = list[Path]()
    monkeypatch.setattr(
        "openpyxl.load_workbook", lambda path, **options: conversions.append(path) or loaded(path, **options)
    )
    monkeypatch.setattr("omicsdk.core.archives.LEAST", 1)
    monkeypatch.setattr("omicsdk.core.archives.RATIO", 1)
    listed = FileList(tmp_path / "list.xlsx", "list.xlsx", "", (), Counter())
    with pytest.raises(UnpacksTooLarge):
        _ = listed.head
    listed = listed._replace(max_unpacked="1M")
    format = recognised(listed.head, "list.xlsx")
    assert (format.name, len(list(format.rows(listed))), conversions) == ("urls", 1, [listed.path])


def test_a_text_that_all_cells_of_a_workbook_share_counts_for_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Workbook().save(tmp_path / "list.xlsx")
    rows = repeat(("x" * 30_000,), 100)
    sheet = SimpleNamespace(title="a", sheet_state="visible", reset_dimensions=list, iter_rows=lambda **_: rows)
    book = SimpleNamespace(worksheets=[sheet], close=list)
    monkeypatch.setattr("openpyxl.load_workbook", lambda *_, **__: book)
    listed = FileList(tmp_path / "list.xlsx", "list.xlsx", "", (), Counter(), max_unpacked="1M")
    with pytest.raises(UnpacksTooLarge):
        _ = listed.head
    assert len([*rows]) > 50  # it was refused as soon as the limit was reached


@pytest.mark.timeout(30)
@pytest.mark.parametrize("change", CHANGES)
def test_a_workbook_that_openpyxl_fails_on_is_refused(tmp_path: Path, change: str):
    book = Workbook()
    for address in ("https://h.example/a.bam", "https://h.example/b.bam"):
        book.worksheets[0].append([address])
    book.save(tmp_path / "list.xlsx")
    break_workbook(tmp_path / "list.xlsx", change)
    with pytest.raises(UnknownList, match=r"list.xlsx: a workbook of Excel, not a text"):
        format_of(tmp_path / "list.xlsx")


def test_a_zip_archive_that_python_cannot_read_is_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.getinfo("xl/workbook.xml").extract_version = 99
    with pytest.raises(ListError, match=r"list.xlsx: not a valid zip archive: zip file version 9.9"):
        format_of(tmp_path / "list.xlsx")


@pytest.mark.parametrize(
    ("member", "content", "message"),
    [
        (
            "mimetype",
            "application/vnd.oasis.opendocument.spreadsheet",
            r"a spreadsheet, not a text. Save its sheet as CSV",
        ),
        ("mimetype", "application/vnd.oasis.opendocument.text", "a document, not a list of files. Copy the names"),
        ("Index/Document.iwa", "", r"a document of Numbers, Pages or Keynote. Export its table as CSV"),
        ("mimetype", "application/epub+zip", "an archive, not a list of files"),
    ],
)
def test_spreadsheets_and_documents_of_other_programs_are_no_archives(
    member: str, content: str, message: str, tmp_path: Path
):
    with zipfile.ZipFile(tmp_path / "list", "w") as archive:
        archive.writestr(member, content)
    with pytest.raises(UnknownList, match=message):
        format_of(tmp_path / "list")


def test_what_is_no_text_is_called_by_its_kind(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "list.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(UnknownList, match=r"list.xlsx: a workbook of Excel, not a text. Save its sheet as CSV"):
        format_of(tmp_path / "list.xlsx")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "repository" / ".."):
        with pytest.raises(UnknownList, match="a folder that is neither a bag nor a data set"):
            format_of(folder)


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


METALINK = '<metalink xmlns="urn:ietf:params:xml:ns:metalink">{}</metalink>'
BOMB = f'<!DOCTYPE m [<!ENTITY a "b">]>{METALINK.format("&a;")}'


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("", "bundle_uuid\tfile_uuid\tfile_sha256\nx\ty\tz\n", "missing column: file_name, file_size"),
        (
            "gdc",
            "bundle_uuid\tfile_uuid\n",
            "missing column: id or file_id, filename or file_name, md5 or md5sum, size or file_size",
        ),
        ("", "id\tfilename\tmd5\tsize\tSize\n", "names Size, size twice"),
        ("", BOMB, "DOCTYPE"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(format: str, text: str, message: str, tmp_path: Path):
    with pytest.raises(ListError, match=message):
        read(put(tmp_path / "list", text), format)


@pytest.mark.timeout(20)  # each column compared with all others would take minutes
def test_a_table_may_have_as_many_columns_as_fit_into_a_line(tmp_path: Path):
    path, count = tmp_path / "list.tsv", 150_000
    path.write_text("\t".join(map(str, range(count))) + "\n" + "\t".join("1" * count) + "\n")
    (row,) = table_rows(FileList(path, "list.tsv", "", (), Counter()))
    assert len(row.cells) == count


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(UsageError, match="Did you mean gdc"):
        format_named("gcd")


GDC = "id\tfilename\tmd5\tsize\tstate\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{GDC}x\t../a\t\t1\t\n", "contains '..'"),
        (f"{GDC}x\t/a\t\t1\t\n", "is absolute"),
        (f"{GDC}x\ta\t\tmany\t\n", "is not a size"),
        (f"{GDC}x\ta\t\t1,88E+05\t\n", "is not a size in bytes .a spreadsheet rewrote it"),
        (f"{GDC}x\ta\t#NAME?\t1\t\n", "not a valid md5 .a spreadsheet rewrote it"),
        (f"{GDC}x\ta\tzz\t1\t\n", "not a valid md5"),
        (f"{GDC}y\tb\t\t1\tr\nx\ta\t\t1\tr\tmore\n", "line 3: 6 cells, but the header row has 5 columns"),
        (f"{GDC}y\tb\t\t1\tr\nx\ta\t\t1\n", "line 3: 4 cells, but the header row has 5 columns"),
        ("https://h.example/a\t1\tdata/../../a\n", r"contains '\.\.'"),
        (
            f"run_accession\tfastq_ftp\tfastq_md5\nERR000001\th.example/a;h.example/b\t{'0' * 32}\n",
            "fastq_md5 has 1 values for 2 URLs",
        ),
    ],
)
def test_an_invalid_value_is_the_fault_of_its_row(text: str, message: str, tmp_path: Path):
    with pytest.raises(RowFault, match=message):
        read(put(tmp_path / "list.txt", text))


@pytest.mark.parametrize("part", ["<file name='a'><url>{}</url></file>", "<!--{}-->", "<x a='{}'/>"])
def test_a_part_of_a_metalink_that_is_too_long_is_refused(part: str, tmp_path: Path):
    with pytest.raises(ListError, match="1 MiB"):
        read(put(tmp_path / "a.meta4", METALINK.format(part.format("x" * (3 << 20)))))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_a_doctype_is_refused_anywhere_and_in_any_encoding(encoding: str, tmp_path: Path):
    path = tmp_path / "bomb.meta4"
    path.write_bytes(f'<?xml version="1.0" encoding="{encoding}"?><!--{"x" * 100_000}-->{BOMB}'.encode(encoding))
    with pytest.raises(ListError, match="DOCTYPE"):
        read(path, "metalink")


@pytest.mark.parametrize("encoding", ["none", "shift_jis"])
def test_an_encoding_of_a_metalink_that_cannot_be_decoded_is_reported(encoding: str, tmp_path: Path):
    text = f'<?xml version="1.0" encoding="{encoding}"?>{METALINK.format("")}'
    with pytest.raises(ListError, match=r"list: cannot be decoded: .*encoding.* Save it as UTF-8"):
        read(put(tmp_path / "list", text))


def test_a_metalink_in_another_encoding_is_read(tmp_path: Path):
    path = tmp_path / "a.meta4"
    file = (
        '<file name="é.bin"><pieces type="sha-256"><hash>00</hash></pieces><url>https://h.example/a b.bin</url></file>'
    )
    path.write_bytes(f'<?xml version="1.0" encoding="utf-16"?>{METALINK.format(file)}'.encode("utf-16"))
    ((listed_file,),) = read(path, "metalink")
    assert (listed_file.name, listed_file.address, listed_file.checksums) == (
        "é.bin",
        "https://h.example/a%20b.bin",
        {},
    )


# -- lists that others made: quotes, blanks, damaged rows


def runs_with_titles(*titles: str) -> str:
    rows = (f"{title}\tERR00000{number}\th.example/{number}.gz\n" for number, title in enumerate(titles))
    return f"sample_title\trun_accession\tfastq_ftp\n{''.join(rows)}"


@pytest.mark.parametrize(
    ("name", "table", "names"),
    [
        # Portals that do not quote: a title may begin with a quote, and a later one end with one.
        ("ena", runs_with_titles("a", '"b', "c", "d"), ["0.gz", "1.gz", "2.gz", "3.gz"]),
        ("ena", runs_with_titles("a", '"b', "c", 'd"'), ["0.gz", "1.gz", "2.gz", "3.gz"]),
        ("ena", 'run_accession\tfastq_ftp\tsample_title\tx\nERR1\th.example/1.gz\t"a\tb"\n', ["1.gz"]),
        ("gdc", 'id\tfilename\tmd5\tsize\tcase\tx\nu\ta.bam\t\t1\t"a\tb"\n', ["a.bam"]),
        ("gdc-samples", 'File ID\tFile Name\tData Category\tCase ID\tx\nu\ta.bam\tDNA\t"a\tb"\n', ["a.bam"]),
        ("sra-runs", 'Run\tReleaseDate\tSampleName\tx\nSRR1\t2026\t"a\tb"\n', [""]),
        # Programs that quote, and result manifests, whatever their format.
        ("gdc", '"id"\t"filename"\t"md5"\t"size"\n"x"\t"a ""b"".bam"\t""\t"1"\n', ['a "b".bam']),
        (
            "gdc",
            'id\tfilename\tmd5\tsize\tfile_path\tfile_outcome\nx\t"""a.bam"\t\t1\t"data/""a.bam"\tsize only\n',
            ['"a.bam'],
        ),
    ],
)
def test_quotes_are_read_as_the_program_that_made_a_list_means_them(
    name: str, table: str, names: list[str], tmp_path: Path
):
    path = put(tmp_path / "list.tsv", table)
    assert format_of(path) == name
    assert [file.name for row in read(path) for file in row] == names


def test_a_quote_in_a_name_of_the_gdc_costs_neither_size_nor_checksum(tmp_path: Path):
    path = put(tmp_path / "gdc.txt", f'{GDC}x\t"a.bam\t{"0" * 32}\t1\treleased\ny\tb"\t{"1" * 32}\t2\tx\n')
    assert [(file.name, file.size, len(file.checksums)) for (file,) in read(path)] == [('"a.bam', 1, 1), ('b"', 2, 1)]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ("gdc-manifest-short-row.txt", "line 2: 4 cells, but the header row has 5 columns"),
        ("gen3-index-empty-guid.tsv", r"guid is empty; its URLs \(gs://path s3://path\)"),
    ],
)
def test_a_damaged_list_that_was_published_is_refused(sample: str, message: str):
    with pytest.raises((ListError, RowFault), match=message):
        read(PUBLISHED / sample)


def test_the_files_of_a_published_discovery_export_are_those_of_its_studies():
    files = [file for row in read(PUBLISHED / "gen3-discovery.tsv") for file in row]
    assert format_of(PUBLISHED / "gen3-discovery.tsv") == "gen3-discovery"
    assert len(files) == 72
    assert all(file.address.startswith("dg.4503/") and file.name and file.size and file.checksums for file in files)


@pytest.mark.parametrize(
    ("line", "url", "name"),
    [
        ("https://h.example/a b.txt", "https://h.example/a%20b.txt", "a b.txt"),
        ("https://h.example/a.bam b.bam", "https://h.example/a.bam", "b.bam"),
        ("https://h.example/a.bam?x=1 b.bam", "https://h.example/a.bam?x=1", "b.bam"),
        ("https://h.example/a.bam dir/b.txt", "https://h.example/a.bam%20dir/b.txt", "b.txt"),
        ("https://h.example/a.tar.gz dir/b_1.tar.gz", "https://h.example/a.tar.gz", "dir/b_1.tar.gz"),
        ("https://h.example/a.bam dir/a.bam", "https://h.example/a.bam", "dir/a.bam"),
        ("https://h.example/s/x/download dir/b.bam", "https://h.example/s/x/download", "dir/b.bam"),
        ("https://h.example/a.bam b c.bam", "https://h.example/a.bam%20b%20c.bam", "a.bam b c.bam"),
        ("https://h.example/get?id=a b.txt", "https://h.example/get?id=a%20b.txt", "get"),
        ("https://h.example/7\tb c.txt", "https://h.example/7", "b c.txt"),
        ('"https://h.example/a b.txt"', "https://h.example/a%20b.txt", "a b.txt"),
        ("s3://bucket/a b.txt", "s3://bucket/a b.txt", ""),
        ("https://h.example/metadata.tsv -X GET --data '{\"a\": 1}'", "https://h.example/metadata.tsv", "metadata.tsv"),
        ("drs://h.example/a b.txt", "drs://h.example/a", "b.txt"),
    ],
)
def test_a_blank_in_a_line_is_a_part_of_the_url_unless_a_name_follows(line: str, url: str, name: str, tmp_path: Path):
    path = put(tmp_path / "urls.txt", f"{line}\n")
    listed, format = FileList(path, "urls.txt", "", (), Counter()), format_named("urls")
    ((file,),) = [list(format.files(row, listed)) for row in format.rows(listed)]
    assert (file.address, file.name) == (url, name)
    assert bool(listed.notes) == (" " in line and "%20" in url)


# -- bounds


def bag_of(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"bagit": "BagIt-Version: 0.97\n", **files}.items():
            with archive.open(f"bag/{name.replace('_', '-')}.txt", "w") as out:
                for start in range(0, len(text), 1 << 16):
                    out.write(text[start : start + (1 << 16)].encode())
    return path


def test_paths_of_a_bag_may_begin_with_a_dot(tmp_path: Path):
    """As those of `find . | xargs md5sum` do, in a valid bag of the Library of Congress's conformance suite."""
    files = {"fetch": "https://h.example/a 1 ./data/a\n", "manifest_sha256": f"{SHA256} ./data/a\n"}
    ((file,),) = read(bag_of(tmp_path / "bag.zip", **files))
    assert (file.name, file.checksums) == ("data/a", {"sha256": SHA256})


def test_names_may_have_parts_that_are_a_dot(tmp_path: Path):
    """As `find .` writes them, and as aria2 takes them."""
    path = put(tmp_path / "list.csv", "url,name\nhttps://h.example/a,./x/./b.bam\n")
    ((file,),) = read(path)
    assert file.name == "x/b.bam"
    path.write_text("url,name\nhttps://h.example/a,./\n")
    with pytest.raises(RowFault, match=r"'\./' contains an empty part"):
        read(path)


LONG = "x" * (40 << 20)


@pytest.mark.parametrize("name", ["fetch", "manifest_sha256"])
def test_a_line_without_an_end_in_a_bag_takes_no_memory(name: str, tmp_path: Path):
    path = bag_of(tmp_path / "bag.zip", **{"fetch": "https://h.example/a 1 data/a\n", name: LONG})
    tracemalloc.start()
    with pytest.raises(ListError, match=r"line 1: the line is longer than 1 MiB"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "start", ["https://h.example/a\n", "id\tfilename\tmd5\tsize\n", '[{"guid": "x/y"}, {"guid": "']
)
def test_a_line_without_an_end_in_a_compressed_list_takes_no_memory(start: str, tmp_path: Path):
    path = put(tmp_path / "list.gz", gzip.compress((start + LONG).encode(), 1))
    tracemalloc.start()
    with pytest.raises(ListError, match="1 MiB"):
        read(path)
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


def test_json_in_one_line_is_read_as_a_stream(tmp_path: Path):
    path = tmp_path / "list.json"
    entry = '{"object_id": "dg.4503/%d", "file_name": "a%d.bam", "file_size": 1}'
    path.write_text(f"[{', '.join(entry % (number, number) for number in range(10_000))}]")
    format, listed = format_named("gen3"), FileList(path, "list.json", "", (), Counter())
    next(format.rows(listed))  # imports the reader
    tracemalloc.start()
    assert sum(1 for _ in format.rows(listed)) == 10_000
    assert tracemalloc.get_traced_memory()[1] < 4 << 20  # all rows take 7 MiB
    tracemalloc.stop()


@pytest.mark.parametrize("is_bag", [False, True])
def test_what_a_list_may_inflate_to_is_bounded_and_the_bound_can_be_raised(is_bag: bool, tmp_path: Path):
    path = tmp_path / "list"
    lines = "".join(f"https://h.example/{number}.bam\n" for number in range(2000))
    if is_bag:
        bag_of(path, fetch="".join(f"{line} 1 data/a\n" for line in lines.split()))
    else:
        path.write_bytes(gzip.compress(lines.encode()))
    format = recognised(Head(path), "list")
    listed = FileList(path, "list", "", (), Counter(), "10K")
    with pytest.raises(UsageError, match="unpacks to more than 10,240 bytes") as caught:
        list(format.rows(listed))
    assert "--max-unpacked" in caught.value.remedy
    assert len(list(format.rows(listed._replace(max_unpacked=1 << 20)))) == 2000


def test_published_lists_of_several_addresses_and_of_objects_in_lines_are_read():
    files = [file for row in read(PUBLISHED / "portal-manifest.tsv") for file in row]
    assert [(file.name, file.size) for file in files] == [("SRS066784.fsa", 2353731), ("SRR043474.sff.bz2", 2386996)]
    assert all(file.address.startswith("http://") and file.mirrors[0].startswith("ftp://") for file in files)
    assert format_of(PUBLISHED / "bdbag-json-lines.json") == "bdbag-json"
    ark, other = (file for row in read(PUBLISHED / "bdbag-json-lines.json") for file in row)
    assert ark.address == "https://n2t.net/ark:/57799/b9dd5t"
    assert other.checksums


def index() -> list[dict[str, str]]:
    with (PUBLISHED / "index.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("row", [row for row in index() if row["file"]], ids=lambda row: row["file"])
def test_a_list_of_a_public_project_is_read_or_refused_as_its_index_states(row: dict[str, str]):
    path = PUBLISHED / row["file"]
    if not row["format"]:
        with pytest.raises(UnknownList) as caught:
            format_of(path)
        assert caught.match(f"(?s){row['files']}")
        return
    assert format_of(path) == row["format"]
    assert sum(len(files) for files in read(path)) == int(row["files"])


def test_the_index_of_published_lists_is_whole():
    rows = index()
    assert len(rows) >= 30
    assert len({(row["published"]) for row in rows}) == len(rows)
    assert {row["format"] for row in rows} <= {"", *(format.name for format in FORMATS)}
    assert all(row["project"] and row["kind"] and row["before"] and row["now"] for row in rows)


def test_manifests_of_other_programs_state_sizes_and_checksums(tmp_path: Path):
    a, b = "900150983cd24fb0d6963f7d28e17f72", "865f5cc7fbd7854902eae9d8211f178a"
    # As md5deep -z and checkm write them, the latter with a folder.
    sized = f"         5  {b}  data/sub/b.bin\n         3  {a}  data/a.txt\n"
    of_checkm = (
        "# [@]SourceFileOrURL | Alg     | Digest                               | Length   \n"
        f"data/sub           | md5     | d                                    | 4096    \n"
        f"data/sub/b.bin     | md5     | {b}     | 5       \n"
        f"data/a.txt         | md5     | {a}     | 3       \n"
    )
    for name, text in (("sized.txt", sized), ("checkm.txt", of_checkm)):
        for base in ("", FOLDER):
            files = [file for (file,) in read(put(tmp_path / name, text), base=base)]
            assert [(file.kind, file.name, file.size, dict(file.checksums)) for file in files] == [
                ("url" * bool(base), "data/sub/b.bin", 5, {"md5": b}),
                ("url" * bool(base), "data/a.txt", 3, {"md5": a}),
            ]
    rows = read(put(tmp_path / "hashdeep.txt", (SAMPLES / "hashdeep.txt").read_text()), base=FOLDER)
    assert [(file.address, file.size, [*file.checksums]) for (file,) in rows] == [
        (f"{FOLDER}/data/sub/b.bin", 5, ["sha256"]),
        (f"{FOLDER}/data/a.txt", 3, ["sha256"]),
    ]
    rows = read(SAMPLES / "merritt.checkm")
    assert [(file.address, file.name, file.size, [*file.checksums]) for (file,) in rows] == [
        (f"{FOLDER}/a.txt", "first.txt", 3, ["sha256"]),
        (f"{FOLDER}/b.bin", "sub/b.bin", 5, []),
    ]


def test_another_manifest_in_one_of_checkm_is_a_row_with_a_fault(tmp_path: Path):
    text = "#%checkm_0.7\n@data/sub/checkm.txt | md5 | 900150983cd24fb0d6963f7d28e17f72 | 235\n | md5\nd | dir\n"
    format, listed = opened(put(tmp_path / "checkm.txt", text))
    rows = [*format.rows(listed)]
    assert [(row.line, "is not a checksum and a file name" in row.fault) for row in rows] == [(2, True), (3, True)]


def test_files_of_pangaea_are_in_the_folder_of_their_data_set(tmp_path: Path):
    text = (SAMPLES / "pangaea.tab").read_text()
    for base in ("", "https://doi.pangaea.de/10.1594"):
        ((first,), (second,)) = read(put(tmp_path / "a.tab", text), base=base)
        assert first.address == "https://download.pangaea.de/dataset/900001/files/core%201.zip"
        assert (first.name, first.size, dict(first.checksums)) == (
            "core 1.zip",
            None,
            {"md5": "5df2d37b8ab9e5a13bfd444caf972dd8"},
        )
        assert second.name == "Readme.md"
    assert read(put(tmp_path / "a.tab", text), base=FOLDER)[1][0].address == f"{FOLDER}/Readme.md"
    with pytest.raises(ListError, match="cites no data set of PANGAEA"):
        read(put(tmp_path / "b.tab", text.replace("PANGAEA.", "")))


def test_a_description_above_a_table_is_not_its_heading(tmp_path: Path):
    description = "/* DATA DESCRIPTION:\nParameter(s):" + "\tx (y) * PI: z\n" * 40 + "*/\n"
    rows = read(put(tmp_path / "a.tab", f"{description}Event\tURL image\nPS1\thttps://h.example/a.jpg\n"))
    assert [file.address for (file,) in rows] == ["https://h.example/a.jpg"]
    with pytest.raises(UnknownList, match="names no files"):
        recognised(Head(put(tmp_path / "b.tab", f"{description}Event\tTemp\nPS1\t1.5\n")), "b.tab")


@pytest.mark.parametrize("key", ["SHA256E-s3--{}.tar.gz", "SHA256-s3-m1700000000--{}", "SHA256--{}"])
@pytest.mark.parametrize("column", ["checksum", "md5"])
def test_a_key_of_git_annex_is_a_checksum(key: str, column: str, tmp_path: Path):
    value = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    rows = read(put(tmp_path / "a.tsv", f"url\t{column}\nhttps://h.example/a.tar.gz\t{key.format(value)}\n"))
    assert [dict(file.checksums) for (file,) in rows] == [{"sha256": value}]


@pytest.mark.parametrize("above", ["", "# by hand\n"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_first_row_may_be_longer_than_the_beginning_that_is_read(
    above: str, pack: Callable[[bytes], bytes], tmp_path: Path
):
    path = tmp_path / "a.csv"
    path.write_bytes(pack(f"{above}url,note\nhttps://h.example/a.bam,{'x' * 100_000}\n".encode()))
    assert [file.address for (file,) in read(path)] == ["https://h.example/a.bam"]


def test_an_empty_list_and_a_heading_without_rows_are_said_to_be_such(tmp_path: Path):
    with pytest.raises(ListError, match=r"^stdin: the file is empty"):
        _ = FileList(put(tmp_path / "0.list", "\n"), "stdin", "", (), Counter()).head
    for text in ("url\tfile_name\tmd5\n", "# by hand\nsample,download_link\r\n\r\n"):
        with pytest.raises(UnknownList, match=r"^stdin: a heading without rows"):
            recognised(Head(put(tmp_path / "0.list", text)), "stdin")
    with pytest.raises(UnknownList, match="unknown format; its first line is"):
        recognised(Head(put(tmp_path / "0.list", "Dear all, see the link below\n")), "stdin")


def test_columns_called_by_the_type_of_their_files_name_files(tmp_path: Path):
    units = (
        "sample\tunit\tfq1\tfq2\tsra\tbam\tgvcf\tcnv_vcf\n"
        "A\t1\treads/a_1.fastq.gz\treads/a_2.fq.gz\t\tbam/A_T.bam\tref/A.gvcf.gz\tref/A.merged.vcf\n"
        "B\t1\treads/b_1.fastq.gz\t\t\tbam/B_T.bam\t\t\n"
    )
    path = put(tmp_path / "units.tsv", units)
    assert format_of(path) == "paths"
    assert [[file.name for file in row] for row in read(path)] == [
        ["reads/a_1.fastq.gz", "reads/a_2.fq.gz", "bam/A_T.bam", "ref/A.gvcf.gz", "ref/A.merged.vcf"],
        ["reads/b_1.fastq.gz", "bam/B_T.bam"],
    ]


def test_the_folder_of_a_file_may_be_in_a_column_of_its_own(tmp_path: Path):
    rows = (
        "filename,directory/path,md5 checksum,file size",
        f"a.txt,P/QC,{'0' * 32},3",
        f"a.txt,P/IMG,{'1' * 32},4",
        f"b.txt,.,{'2' * 32},5",
    )
    files = [file for (file,) in read(put(tmp_path / "files.csv", "\n".join(rows)), base="https://h.example/d")]
    assert [(file.address, file.name, file.size) for file in files] == [
        ("https://h.example/d/P/QC/a.txt", "P/QC/a.txt", 3),
        ("https://h.example/d/P/IMG/a.txt", "P/IMG/a.txt", 4),
        ("https://h.example/d/b.txt", "b.txt", 5),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sample,fastq_1\nA,/path/to/A_R1.fastq.gz\nB,/path/to/B_R1.fastq.gz\n", "paths on a disk"),
        ("sample\tfile\nA\tC:\\data\\A.raw\n", "paths on a disk"),
        (f"quay.io/org/tool@sha256:{'0' * 64}\nquay.io/org/b@sha256:{'1' * 64}\n", "images of containers"),
        (f'{{"bam": {{"class": "File", "path": "keep:{"0" * 32}+530/a.bam"}}}}', "collections of Arvados"),
        (
            "#!/bin/bash\nascp -QT -i \\\n~/key \\\nera-fasp@fasp.sra.ebi.ac.uk:/vol1/fastq/SRR0/SRR000001 ./\n",
            "commands of ascp",
        ),
        ('{"HTA1": [{"component": "A", "synapseId": "syn35558468"}]}', "a manifest of Synapse"),
        ("{run}/logs/a.log\n{run}/logs/b.log\n", "paths with a placeholder"),
        ('/*\n * a\n */\n{"manifest": []}\n', "JSON with comments"),
        ('// a\n[{"url": "https://h.example/a.bam"}]\n', "JSON with comments"),
    ],
)
def test_files_that_only_another_program_gets_are_refused_with_its_name(text: str, message: str, tmp_path: Path):
    with pytest.raises(UnknownList, match=message):
        format_of(put(tmp_path / "list", text))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "inputs.json",
            '{"reads": {"class": "File", "location": "a%20b.bam", "checksum": "sha1$a9993e364706816aba3e25717850c26c9cd0d89d",'
            ' "size": 3, "secondaryFiles": [{"class": "File", "path": "ref/a.interval_list"}]},'
            ' "ready": {"class": "File", "path": "/data/x.bam"}, "dir": {"class": "Directory", "path": "x.dir"}}',
            [("a b.bam", 3, ["sha1"]), ("ref/a.interval_list", None, [])],
        ),
        (
            "registry.yaml",
            f"data:\n  four:\n    shape: [2, 3]\n    files:\n      - name: image.tif\n        s3_key: four/image.tif\n        sha256: {'0' * 64}\n",
            [("four/image.tif", None, ["sha256"])],
        ),
        (
            "inputs.json",
            '{"W.reads": ["test/a_R1.fastq.gz", "test/a_R2.fastq.gz"], "W.name": "a.b", "W.docker": "org/image:1.0.x"}',
            [("test/a_R1.fastq.gz", None, []), ("test/a_R2.fastq.gz", None, [])],
        ),
    ],
)
def test_documents_that_name_files_without_addresses_are_read_with_their_folder(
    name: str, text: str, expected: list[tuple[str, int | None, list[str]]], tmp_path: Path
):
    path = put(tmp_path / name, text)
    assert format_of(path) == "named-files"
    files = [file for (file,) in read(path)]
    assert [(file.name, file.size, [*file.checksums]) for file in files] == expected
    assert all(file.address.startswith(f"{FOLDER}/") for file in files)


@pytest.mark.parametrize(
    "text",
    [
        '{"main": "lib/index.js", "version": "1.0"}',  # a package of another kind, not inputs
        '{"lock.json": "not a checksum", "b.json": ""}',
        f'{{"commit": "{"0" * 40}"}}',
        '{"reads": {"class": "File", "path": "/data/x.bam"}}',
    ],
)
def test_documents_with_other_paths_name_no_files(text: str, tmp_path: Path):
    with pytest.raises(UnknownList):
        format_of(put(tmp_path / "list.json", text))
