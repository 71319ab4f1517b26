"""Tables that no portal declares: what their columns state, by heading, by content, or as the user says."""

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from omicsdk.portals import FileList, Head, ListedFile, ListError, RowFault, UnknownList
from omicsdk.portals.cells import file_at, size_in
from omicsdk.portals.downloads import planned
from omicsdk.portals.file_kinds import kind_of, kinds_in_words
from omicsdk.portals.formats import format_named, recognised
from omicsdk.portals.headings import addresses_in, headings_by, parsed_map
from omicsdk.portals.lists import is_row, numbered
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.engine.options import InvalidOption
from portal_host import SAMPLES

from tests.unit.portals.reading import opened

MD5, OTHER = "0" * 32, "1" * 32
SHA256 = "a" * 64


def read(path: Path, name: str = "table", *prefer: str, mapping: str = "") -> list[list[ListedFile]]:
    format = format_named("table") if mapping else recognised(Head(path), path.name)
    assert format.name == name
    listed = FileList(path, path.name, "", prefer, Counter(), None, parsed_map(mapping or ()))
    return [list(format.files(row, listed)) for row in format.rows(listed)]


def table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    "text",
    [
        f"url,md5,size,filename\nhttps://h.example/1,{MD5},3,a.bam\n",
        f"Sample\tDownload URL\tMD5sum\tFile Size\tFile name\ns\thttps://h.example/1\t{MD5}\t3.0\ta.bam\n",
        f"sample;my link;Checksum;Bytes;name\ns;https://h.example/1;md5:{MD5};3;a.bam\n",
        f"# of a study\n# at a date\nfile_url\tfile_md5\tsizeBytes\tfileName\nhttps://h.example/1\t{MD5}\t3 B\ta.bam\n",
        f"#url\tmd5\tsize\tname\nhttps://h.example/1\t{MD5}\t3\ta.bam\n",
        f"name,url,md5,size,download_filename\nS1,https://h.example/1,{MD5},3,a.bam\n",
        f"sep=;\nurl;md5;size;name\nhttps://h.example/1;{MD5};3;a.bam\n",
        f'{{"link": "https://h.example/1", "hash": "{MD5}", "size": 3, "name": "a.bam"}}\n' * 2,
        f'[{{"link": "https://h.example/1", "hash": "{MD5}", "size": 3, "name": "a.bam"}}]',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_headings_and_cells_state_what_columns_are(text: str, encoding: str, tmp_path: Path):
    ((file,), *_) = read(table(tmp_path, text, encoding))
    assert (file.address, file.name, file.size, file.checksums) == ("https://h.example/1", "a.bam", 3, {"md5": MD5})


@pytest.mark.parametrize(
    ("value", "sums"),
    [
        ({"type": "SHA256", "value": SHA256}, {"sha256": SHA256}),
        ([{"checksum": MD5, "type": "md5"}, {"checksum": SHA256, "type": "sha-256"}], {"md5": MD5, "sha256": SHA256}),
        ({"MD5": MD5, "DropboxHash": SHA256}, {"md5": MD5}),
        ([{"hash_function": "SHA-256", "hash_value": SHA256}], {"sha256": SHA256}),
        ({"type": "sha2-256-chunked", "value": "AAAA"}, {}),
    ],
)
def test_a_checksum_may_be_an_object(value: object, sums: dict[str, str], tmp_path: Path):
    entry = {"logical_key": "runs/a.bam", "physical_keys": ["s3://b/1?versionId=x"], "size": 3, "hash": value}
    _, (file,) = read(table(tmp_path, f'{{"version": "v0"}}\n{json.dumps(entry)}\n'))
    assert (file.address, file.name, file.size, file.checksums) == ("s3://b/1?versionId=x", "runs/a.bam", 3, sums)


def test_a_generation_is_no_part_of_an_object_and_a_folder_of_google_is_none(tmp_path: Path):
    text = f"url,checkSum\ngs://b/a.bam#1714557600000000,{MD5}\ngs://b/runs/,\n"
    (file,), (folder,) = read(table(tmp_path, text))
    assert (file.address, file.name, file.checksums) == ("gs://b/a.bam", "a.bam", {"md5": MD5})
    assert folder.error
    assert "gs://b/runs/ is a folder. Name its files" in str(folder.error)
    folder = file_at("ftp://ada:s3cret@h.example/runs/")
    assert str(folder.error) == "ftp://h.example/runs/ is a folder. Name its files."


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://github.com/o/r/blob/main/d/a.bam", "https://github.com/o/r/raw/main/d/a.bam"),
        ("https://gitlab.com/o/g/r/-/blob/main/a.bam", "https://gitlab.com/o/g/r/-/raw/main/a.bam"),
        (
            "https://huggingface.co/datasets/o/r/blob/main/a.bam",
            "https://huggingface.co/datasets/o/r/resolve/main/a.bam",
        ),
        ("https://huggingface.co/o/r/blob/main/a.bam", "https://huggingface.co/o/r/resolve/main/a.bam"),
        ("https://h.example/o/r/blob/main/a.bam", "https://h.example/o/r/blob/main/a.bam"),
        ("https://www.dropbox.com/s/1/a.bam", "https://www.dropbox.com/s/1/a.bam?dl=1"),
        ("https://www.dropbox.com/scl/fi/1/a.bam?rlkey=2&dl=0", "https://www.dropbox.com/scl/fi/1/a.bam?rlkey=2&dl=1"),
        ("https://x.sharepoint.com/:u:/s/1/a.bam?e=2", "https://x.sharepoint.com/:u:/s/1/a.bam?download=1&e=2"),
        ("https://github.com/o/r/raw/main/blob/a.bam", "https://github.com/o/r/raw/main/blob/a.bam"),
    ],
)
def test_of_the_page_of_a_file_in_a_repository_the_file_is_read(page: str, address: str, tmp_path: Path):
    ((file,),) = read(table(tmp_path, f"sample,url\ns,{page}\n"))
    assert (file.address, file.name) == (address, "a.bam")


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("sample\trun\tcontrol_run\nA\tSRR000001\tSRR000002\nB\tSRR000003\t\n", [["1", "2"], ["3"]]),
        ("sample\trun\tcontrolRun\nA\tSRR000001\tSRR000002\nB\tSRR000003\t\n", [["1", "2"], ["3"]]),
        ("sample,tumor_run,normal_run\nA,SRR000001,srr000002\n", [["1", "2"]]),
        ("sample,SRA,accession\nA,SRR000001,SRR000001\nB,,\n", [["1"], []]),
        ("sample\trun\tread\nA\tSRR000001; SRR000002\tx\nB\tSRR000003|SRR000004\ty\n", [["1", "2"], ["3", "4"]]),
        ("sample\trun\tread\nA\t SRR000001  SRR000002 \tx\nB\tSRR000003\ty\n", [["1", "2"], ["3"]]),
    ],
)
def test_all_runs_of_a_row_are_read(text: str, runs: list[list[str]], tmp_path: Path):
    rows = read(table(tmp_path, text), "sra-table")
    assert [[file.address for file in row] for row in rows] == [[f"SRR00000{run}" for run in row] for row in runs]


@pytest.mark.parametrize("cell", ["SRR00002", "SRR000002-SRR000004", "SRR000002 and SRR000003", "srr000002 (bad)"])
def test_a_cell_that_is_no_list_of_runs_is_no_empty_one(cell: str, tmp_path: Path):
    path = table(tmp_path, f"sample\trun\nA\tSRR000001\nB\tSRR000005\nC\t{cell}\n")
    with pytest.raises(RowFault, match=re.escape(f"{cell!r} is no list of accessions of runs")):
        read(path, "sra-table")


@pytest.mark.parametrize(
    "other", ["pipeline_url\thttps://h.example/p.yml", "minerva\thttps://h.example/1/index.html#s=0"]
)
def test_pipelines_and_viewers_are_no_files_beside_others(other: str, tmp_path: Path):
    heading, page = other.split("\t")
    path = table(tmp_path, f"sample\tthumbnail\t{heading}\ns\thttps://h.example/1/thumbnail.jpg\t{page}\n")
    ((file,),) = read(path)
    assert file.name == "thumbnail.jpg"


def test_files_in_buckets_are_listed_whatever_their_columns_are_called(tmp_path: Path):
    row = "s,gs://b/1/a.bam,gs://b/1/r.log,https://h.example/v.htm"
    path = table(tmp_path, f"sample_id,WES_bam,purity,viewer\n{row}\n")
    assert [[file.name for file in files] for files in read(path)] == [["a.bam", "r.log"]]


def test_thousands_of_columns_are_not_compared_in_pairs(tmp_path: Path):
    path = table(tmp_path, json.dumps({f"a-{at}": [f"gs://b/{at}/{part}.bam" for part in "xy"] for at in range(2000)}))
    start = time.process_time()
    assert len(read(path, "json")) == 1
    assert time.process_time() - start < 10


def test_the_time_of_a_cell_is_not_the_square_of_its_values(tmp_path: Path):
    urls, sums, sizes = (
        ";".join(value.format(at) for at in range(8000)) for value in ("https://h.example/{}.bam", "{:032x}", "{}")
    )
    path = table(tmp_path, f"url\tmd5\tsize\nhttps://h.example/a.bam\t{MD5}\t5\n{urls}\t{sums}\t{sizes}\n")
    start = time.process_time()
    files = read(path)[1]
    assert time.process_time() - start < 5
    assert (len(files), files[7].checksums, files[7].size) == (8000, {"md5": f"{7:032x}"}, 7)


@pytest.mark.parametrize("sums", [(MD5, "NA"), ("NA", MD5), (MD5, MD5), ("NA", "NA"), (MD5, SHA256)])
def test_a_row_of_a_file_that_lacks_its_checksum_is_listed_again(sums: tuple[str, str], tmp_path: Path):
    path = table(tmp_path, "url,checksum\n" + "".join(f"https://h.example/a.bam,{sum_}\n" for sum_ in sums))
    messages = list[str]()
    with planned([path], TransferOptions.of({}, selects=True), messages.append) as plan:
        (file,) = plan.plan.files()
    assert file.checksums == ({} if sums[0] == "NA" else {"md5": MD5})
    assert "1 listed again" in messages[0]


def test_a_row_with_another_checksum_of_a_file_fails_alone(tmp_path: Path):
    path = table(tmp_path, "url,md5\n" + "".join(f"https://h.example/a.bam,{sum_}\n" for sum_ in (MD5, OTHER, MD5)))
    with planned([path], TransferOptions.of({}, selects=True), lambda _: None) as plan:
        right, wrong = plan.plan.files()
    assert (right.checksums, right.error) == ({"md5": MD5}, None)
    problem = "https://h.example/a.bam: an earlier row states another checksum of it"
    assert problem in str(wrong.error)
    options = TransferOptions.of({}, selects=True)
    with pytest.raises(ListError, match=problem), planned([path], options, lambda _: None, strict=True):
        pass


def test_a_manifest_of_sourmash_is_refused_since_its_sums_are_of_sketches(tmp_path: Path):
    text = f"# SOURMASH-MANIFEST-VERSION: 1.0\ninternal_location,md5,md5short,name,filename\nsignatures/a.sig.gz,{MD5},0,a,a.fna.gz\n"
    with pytest.raises(UnknownList, match="manifest of sourmash"):
        read(table(tmp_path, text))


def test_a_column_of_pages_is_no_column_of_files(tmp_path: Path):
    text = "homepage,doi,trait_uri,url,where,term url\nhttps://h.example/,https://doi.org/10.1/x,https://h.example/EFO_1,https://doi.org/10.1/x.2,https://h.example/a.bam,http://h.example/x.owl#C1\n"
    ((file,),) = read(table(tmp_path, text))
    assert file.name == "a.bam"
    pages = "id\tid__url\turl\nP1\thttps://h.example/seq/P1.1\thttps://www.ncbi.nlm.nih.gov/nuccore/MT450922\n"
    with pytest.raises(UnknownList):  # metadata of Nextstrain
        read(table(tmp_path, pages))


def test_a_table_of_samples_of_geo_has_their_supplementary_files(tmp_path: Path):
    text = (
        "geo_accession,contact_web_link,url,supplementary_file_1,supplementary_file_2\n"
        "GSM1,http://h.example/lab,http://h.example,ftp://h.example/GSM1/a.mtx.gz,ftp://h.example/GSM1/b.txt.gz\n"
        "GSM2,http://h.example/lab,http://h.example,NONE,\n"
    )
    rows = read(table(tmp_path, text))
    assert [[file.name for file in row] for row in rows] == [["a.mtx.gz", "b.txt.gz"], []]


def test_equal_names_are_copies_and_others_are_files_with_their_own_checksums(tmp_path: Path):
    text = (
        "sample,fastq_1,fastq_2,fastq_1_md5,md5_2,s3_uri\n"
        f"s,https://h.example/a_1.fq.gz,https://h.example/a_2.fq.gz,{MD5},{OTHER},s3://b/a_1.fq.gz\n"
    )
    ((one, two),) = read(table(tmp_path, text))
    assert (one.mirrors, one.checksums, two.checksums) == (("s3://b/a_1.fq.gz",), {"md5": MD5}, {"md5": OTHER})
    ((one, two),) = read(table(tmp_path, text), "table", "s3")
    assert (one.address, one.name) == ("s3://b/a_1.fq.gz", "a_1.fq.gz")


@pytest.mark.parametrize(
    "urls", [("s3://b/x/a.bam", "gs://b/x/a.bam"), ("ftp://h.example/a.bam", "https://i.example/a.bam")]
)
def test_copies_may_have_a_bucket_or_host_of_one_name(urls: tuple[str, str], tmp_path: Path):
    ((file,),) = read(table(tmp_path, f"aws_url,gcp_url\n{','.join(urls)}\n"))
    assert {file.address, *file.mirrors} == {*urls}


def test_equal_names_without_digits_are_copies_in_folders_of_one_name_alone(tmp_path: Path):
    text = "url_1,url_2\nhttps://h.example/x/hub.txt,https://i.example/{}/hub.txt\n"
    ((one, two),) = read(table(tmp_path, text.format("y")))
    assert not one.mirrors + two.mirrors
    ((file,),) = read(table(tmp_path, text.format("x")))
    assert file.mirrors == ("https://i.example/x/hub.txt",)


def test_archives_of_a_run_are_copies_whatever_their_version_as_pysradb_lists_them(tmp_path: Path):
    text = "public_md5,public_size,aws_url,public_url,gcp_url\n{},7,{}\n"
    urls = "https://a.example/SRR000001/SRR000001", "https://n.example/SRR000001.1", "gs://b/SRR000001.1"
    ((file,),) = read(table(tmp_path, text.format(MD5, ",".join(urls))))
    assert (file.address, file.mirrors, file.size, file.checksums) == (urls[0], urls[1:], 7, {"md5": MD5})


def test_several_addresses_of_a_cell_go_with_values_at_their_places(tmp_path: Path):
    text = f"run,fastq_urls,fastq_md5,fastq_bytes\nr,ftp.h.example/x/a_1.gz;ftp.h.example/x/a_2.gz,{MD5};{OTHER},1;2\n"
    ((one, two),) = read(table(tmp_path, text))
    assert (one.address, one.size, one.checksums) == ("https://ftp.h.example/x/a_1.gz", 1, {"md5": MD5})
    assert (two.size, two.checksums) == (2, {"md5": OTHER})


@pytest.mark.parametrize(("size", "sizes"), [("1;2", [1, 2]), ("[1, 2]", [1, 2]), ("3", [None, None])])
def test_one_size_of_several_files_is_that_of_all_together(size: str, sizes: list[int | None], tmp_path: Path):
    (files,) = read(table(tmp_path, f"urls\tsize\nhttps://h.example/a.gz;https://h.example/b.gz\t{size}\n"))
    assert [file.size for file in files] == sizes


@pytest.mark.parametrize(
    ("row", "files"),
    [
        ("s,https://h.example/a.gz\nt,,,\n", 1),
        ("s\nt,,,\n", "1 cells, but the header row has 4 columns"),
        ("s,https://h.example/a.gz", "2 cells, but the header row has 4 columns; the list ends there"),
    ],
)
def test_a_row_may_end_without_its_last_cells_unless_the_list_does(row: str, files: object, tmp_path: Path):
    path = table(tmp_path, f"sample,url,url_2,note\nr,https://h.example/r.gz,,x\n{row}")
    format, listed = opened(path)
    short = list(format.rows(listed))[1]
    assert (short.fault or len(list(format.files(short, listed)))) == files


def test_each_column_of_addresses_has_its_own_checksums(tmp_path: Path):
    text = f"BAM\tBAM_MD5\tBAI\tBAI_MD5\nftp:/h.example/a.bam\t{MD5}\tftp:/h.example/a.bam.bai\t{OTHER}\n"
    ((bam, bai),) = read(table(tmp_path, text))
    assert [(file.address, file.checksums) for file in (bam, bai)] == [
        ("ftp://h.example/a.bam", {"md5": MD5}),
        ("ftp://h.example/a.bam.bai", {"md5": OTHER}),
    ]
    text = f"url,size,md5,index_url,index_md5,index_size\nhttps://h.example/a,1,{MD5},https://h.example/b,{OTHER},2\n"
    ((one, two),) = read(table(tmp_path, text))
    assert [(file.size, file.checksums) for file in (one, two)] == [(1, {"md5": MD5}), (2, {"md5": OTHER})]


def test_checksums_belong_to_addresses_with_their_numbered_words(tmp_path: Path):
    text = (
        "sample,hap1_aws_fasta,hap2_aws_fasta,hap1_gcp_fasta,hap1_fasta_sha256,hap2_fasta_sha256,hifi\n"
        f"s,s3://b/1.fa.gz,s3://b/2.fa.gz,gs://c/1.fa.gz,{SHA256},{'b' * 64},s3://b/3.bam\n"
    )
    ((one, two, _),) = read(table(tmp_path, text))
    assert (one.mirrors, one.checksums, two.checksums) == (
        ("gs://c/1.fa.gz",),
        {"sha256": SHA256},
        {"sha256": "b" * 64},
    )


def test_a_row_without_one_of_its_files_has_no_checksum_of_another(tmp_path: Path):
    text = f"bam,bam_md5,bai_url\nhttps://h.example/a.bam,{MD5},\n,{MD5},https://h.example/b.bai\n"
    (bam,), (bai,) = read(table(tmp_path, text))
    assert (bam.checksums, bai.checksums) == ({"md5": MD5}, {})


def test_notes_may_follow_a_header_that_is_a_comment(tmp_path: Path):
    ((file,),) = read(table(tmp_path, "# sample\treference\tx\n# See a, b.\nS1\thttps://h.example/a.ref\t1\n"))
    assert file.name == "a.ref"


def test_cells_that_are_comments_hide_no_column_of_addresses(tmp_path: Path):
    restricted = "### Restricted: https://h.example/{}.gz\tN/A\n"
    rows = f"https://h.example/a.gz\tN/A\n{restricted.format(1)}{restricted.format(2)}https://h.example/b.gz\thttps://x/c.gz\n"
    one, *none, two = read(table(tmp_path, f"### N.B.\nFile Download URL\tOpen Data URL\n{rows}### Summary\n"))
    assert ([file.name for file in one + two], none) == (["a.gz", "b.gz", "c.gz"], [[], []])


def test_what_follows_the_word_link_tells_whose_size_and_checksum_it_is(tmp_path: Path):
    header = "aws_link\taws_link_tabix\tsize_in_bytes_tabix\tsize_in_bytes\tmd5_hex_tabix\tmd5_hex\n"
    text = f"{header}https://h.example/a.bgz\thttps://h.example/a.bgz.tbi\t1\t2\t{OTHER}\t{MD5}\n"
    ((bgz, tbi),) = read(table(tmp_path, text))
    assert (bgz.size, bgz.checksums, tbi.size, tbi.checksums) == (2, {"md5": MD5}, 1, {"md5": OTHER})


def test_programs_of_servers_are_no_files_beside_others(tmp_path: Path):
    text = f"Showcase Link,AWS File,md5s\nhttps://h.example/field.cgi?id=1,https://h.example/a.bgz,{MD5}\n"
    ((file,),) = read(table(tmp_path, text))
    assert (file.name, file.checksums) == ("a.bgz", {"md5": MD5})


@pytest.mark.parametrize("column", ["dataset_url", "SoftwareURL"])
def test_pages_of_data_sets_and_programs_are_no_files_beside_others(column: str, tmp_path: Path):
    text = f"{column},fastq_url\nhttps://h.example/x,https://h.example/a.fq.gz\n"
    ((file,),) = read(table(tmp_path, text))
    assert file.name == "a.fq.gz"


def test_contents_of_github_are_at_their_download_urls(tmp_path: Path):
    kinds = ("url", "html_url", "git_url", "download_url")
    file = {"name": "a.txt", "size": 3} | {kind: f"https://{kind[:3]}.example/a.txt" for kind in kinds}
    folder = file | {"name": "d", "size": 0, "download_url": None}
    (listed_file,), none = read(table(tmp_path, json.dumps([file, folder])))
    assert (listed_file.address, listed_file.mirrors, listed_file.size, none) == (
        "https://dow.example/a.txt",
        (),
        3,
        [],
    )


@pytest.mark.parametrize(
    ("heading", "title", "url", "name"),
    [
        ("phenocode", "Disease", "a.gz", "a.gz"),
        ("phenocode", "Disease", "download", "Disease"),
        ("fg_phenotype", "Disease", "a.gz", "a.gz"),
        ("format", "signal of HCT116", "a.bw", "a.bw"),
        ("format", "S1", "a.bw", "S1"),
        ("format", "S1/", "a.fa.gz", "a.fa.gz"),
        ("format", "A vs. B", "a.bb", "a.bb"),
        ("format", "/data/b.bb", "a.bb", "a.bb"),
        ("format", "x/a.bb", "a.bb.gz", "x/a.bb.gz"),  # of a program that unpacks it
        ("format", "b.bb", "a.bb.gz", "b.bb"),
    ],
)
def test_a_title_without_an_extension_replaces_no_name_of_a_url(
    heading: str, title: str, url: str, name: str, tmp_path: Path
):
    ((file,),) = read(table(tmp_path, f"{heading}\tname\tlink\nAB1\t{title}\thttps://h.example/{url}\n"))
    assert file.name == name


@pytest.mark.parametrize(("path", "name"), [("HG005/calls", "a.vcf"), ("HG005/", "a.vcf"), ("x/b.vcf", "x/b.vcf")])
def test_a_folder_is_no_path_of_a_file(path: str, name: str, tmp_path: Path):
    ((file,),) = read(table(tmp_path, f"filepath,vcf_file\n{path},https://h.example/a.vcf\n"))
    assert file.name == name


def test_a_url_in_two_columns_is_no_mirror_of_itself(tmp_path: Path):
    url = "https://h.example/a.bam"
    ((file,),) = read(table(tmp_path, f"bam_url,data_url\n{url},{url}\n"))
    assert (file.address, file.mirrors) == (url, ())


def test_an_identifier_of_a_service_is_an_address_as_in_result_manifests(tmp_path: Path):
    ((file,),) = read(table(tmp_path, "url\tfile_name\tsize\ngdc:00000029-0000-4000-8000-000000000029\ta.bam\t3\n"))
    assert (file.kind, file.address, file.name) == ("gdc", "00000029-0000-4000-8000-000000000029", "a.bam")


def test_mates_that_rows_refer_to_are_no_files_of_theirs(tmp_path: Path):
    one, two = "ftp://h.example/a_1.fastq.gz", "ftp://h.example/a_2.fastq.gz"
    text = f"#FILE_PATH\tMD5SUM\tPAIRED_FASTQ\n{one}\t{MD5}\t{two}\n{two}\t{OTHER}\t{one}\n"
    rows = read(table(tmp_path, text))
    assert [(file.address, file.checksums) for row in rows for file in row] == [
        (one, {"md5": MD5}),
        (two, {"md5": OTHER}),
    ]


def test_columns_of_paths_are_columns_of_files(tmp_path: Path):
    text = "sample,fastq_path,genome_bam_path\ns,s3://b/a.fastq.gz,s3://b/a.bam\n"
    ((one, two),) = read(table(tmp_path, text))
    assert (one.name, two.name) == ("a.fastq.gz", "a.bam")


def test_columns_called_by_the_type_of_their_files_are_columns_of_files(tmp_path: Path):
    names = ["a.fq.gz", "a.fq.gz.spring", "a.cram", "a.cram.crai", "a.vcf.gz.tbi", "a.fa.gz", "a.md5"]
    cells = ",".join(f"https://h.example/{name}" for name in names)
    ((*files,),) = read(table(tmp_path, f"patient,fastq_1,spring_1,cram,crai,vcf_index,fasta,cram_md5\np,{cells}\n"))
    assert [file.name for file in files] == names


def test_a_column_that_the_first_rows_leave_empty_is_one_of_files_where_it_has_addresses(tmp_path: Path):
    rows = "".join(f"{number},gs://b/{number}.bam,,\n" for number in range(100))
    *_, last = read(table(tmp_path, f"sample,v1,v2,note\n{rows}s,,gs://b/s.bam,see https://h.example/n.txt\n"))
    assert [file.name for file in last] == ["s.bam"]


def test_the_title_that_a_spreadsheet_saves_above_a_table_is_no_header(tmp_path: Path):
    text = f"\ufeffTable S3: files of the study;;;\r\n;;;\r\nSample;URL;MD5;Note\r\nS1;https://h.example/1;{MD5};\r\n;;;\r\n"
    ((file,),) = read(table(tmp_path, text))
    assert (file.address, file.checksums) == ("https://h.example/1", {"md5": MD5})


@pytest.mark.timeout(20)  # as long as some thousands of separators took
def test_runs_of_separators_are_read_once():
    tabs, blanks, commas = "\t" * 100_000, " " * 100_000, "," * 100_000
    assert is_row(f"a{tabs}b")
    assert not is_row(f"title{tabs}")
    assert addresses_in(f"https://h/a{blanks}https://h/b{commas}") == ["https://h/a", "https://h/b"]
    assert len(addresses_in(f"https://h/a{commas}b")) == 1


@pytest.mark.timeout(20)  # as long as some ten thousand characters took
def test_long_cells_are_read_once():
    sizes, url = ["0" + " " * 100_000 + "x"], ".://" * 25_000
    stated = headings_by(["url", "size", "note"], [["https://h.example/a.bam", *sizes, url]])
    assert (stated.urls, stated.sizes) == (("url",), ())


def test_repeated_columns_are_numbered(tmp_path: Path):
    text = "Source Name\tProtocol REF\tProtocol REF\tComment[FASTQ_URI]\ns\tP1\tP2\tftp://h.example/a.fastq.gz\n"
    ((file,),) = read(table(tmp_path, text))
    assert file.address == "ftp://h.example/a.fastq.gz"


@pytest.mark.timeout(20)  # quadratic cost would take hours
def test_a_header_may_have_one_name_very_often():
    assert numbered(["a", "A 3"] * 100_000)[-4:] == ["a 100000", "A 3 99999", "a 100001", "A 3 100000"]


def test_what_the_user_states_counts(tmp_path: Path):
    text = f"a,b,c\nhttps://h.example/1,https://h.example/2,{SHA256}\n"
    ((file,),) = read(table(tmp_path, text), mapping="url=B,sha256=c")
    assert (file.address, file.checksums) == ("https://h.example/2", {"sha256": SHA256})
    # What the user does not state is found by the headings, as without --map: no checksum is lost.
    ((file,),) = read(table(tmp_path, f"Where,MD5,Size\nhttps://h.example/1,{MD5},3\n"), mapping="url=Where")
    assert (file.checksums, file.size) == ({"md5": MD5}, 3)
    with pytest.raises(ListError, match=r"has no column 'd' for url.*a, b, c"):
        read(table(tmp_path, text), mapping="url=d")


@pytest.mark.parametrize("text", ["md5=x", "url", "place=x", "url="])
def test_a_map_that_states_nothing_is_refused(text: str):
    with pytest.raises(InvalidOption, match=r"^map .*Write url=COLUMN"):
        parsed_map(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("123", 123),
        ("123.0", 123),
        ("36,781,467", 36781467),
        ("36 781 467", 36781467),
        ("36\N{NARROW NO-BREAK SPACE}781\N{NARROW NO-BREAK SPACE}467", 36781467),  # as Excel writes it in French
        ("36\N{NO-BREAK SPACE}781 bytes", 36781),
        ("36'781'467", 36781467),
        ("36\N{RIGHT SINGLE QUOTATION MARK}781\N{RIGHT SINGLE QUOTATION MARK}467", 36781467),  # and in Swiss German
        ("1234.000", 1234),
        ("0.000", 0),
        ("12 bytes", 12),
        ("1.2G", None),
        ("5 MB", None),
        ("NA", None),
    ],
)
def test_a_size_is_exact_or_none(text: str, size: int | None):
    assert size_in(text) == size


@pytest.mark.parametrize(
    ("heading", "value"), [("length", "29812"), ("size", "100mer"), ("md5", "pending"), ("md5", "MD5")]
)
def test_a_length_is_one_of_a_sequence_and_a_word_no_value(heading: str, value: str, tmp_path: Path):
    ((file,),) = read(table(tmp_path, f"strain,{heading},url\ns,{value},https://h.example/a.fa\n"))
    assert file.size is None


@pytest.mark.parametrize("text", ["upload", "-5", "1,2", "12.5", "1e3", "0x10", "1 2", "1,234 567"])
def test_another_text_is_no_size(text: str):
    with pytest.raises(RowFault, match="is not a size"):
        size_in(text)


@pytest.mark.parametrize("text", ["100.000", "5.000 bytes", "188.433", "1.200.000"])
def test_thousands_that_may_be_decimals_are_no_size(text: str):
    with pytest.raises(RowFault, match=r"is not a size in bytes \(a spreadsheet rewrote it\)"):
        size_in(text)


def test_a_column_of_sizes_in_swiss_notation_is_one_of_sizes(tmp_path: Path):
    ((file,),) = read(
        table(tmp_path, "sample;url;size\ns;https://h.example/a.gz;100\N{RIGHT SINGLE QUOTATION MARK}000\n")
    )
    assert file.size == 100_000


@pytest.mark.parametrize(
    ("identifier", "kind", "address"),
    [
        ("ark:/57799/b9dd5t", "url", "https://n2t.net/ark:/57799/b9dd5t"),
        ("minid:b9dd5t", "url", "https://n2t.net/minid:b9dd5t"),
        ("doi:10.5072/a b", "url", "https://doi.org/10.5072/a%20b"),
        ("ga4ghdos:/dg.4503/a5d79375", "drs", "drs://dg.4503/a5d79375"),
    ],
)
def test_an_identifier_is_an_address_at_its_resolver(identifier: str, kind: str, address: str):
    file = file_at(identifier, name="x")
    assert (file.kind, file.address, file.name) == (kind, address, "x")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("fasp://h.example/a", "Aspera"),
        ("ftps://h.example/a", "FTP over TLS"),
        ("abfss://c@h.example/a", "https URL with a SAS"),
        ("sftp://h.example/a", "SFTP"),
        ("tag:x.org,2019:a", "tag: URI"),
        ("globus://e/a", "Globus"),
        ("azul://dcp43/U", "azul:UUID"),
        ("dx://project-1:/a.bam", "dx download"),
        ("x:y", "not a URL"),
        ("gs://b/a.split*.gz", r"has '\*' in place of a name.*--include"),
        ("https://h.example/${release}/a.gz", r"has '\$\{release\}'"),
        ("https://h.example/{segment}.fa", r"has '\{segment\}'"),
        ("https://h.example/{year:04d}/{}.fa", r"has '\{year:04d\}'"),
        ("https://h.example/{0}.fa", r"has '\{0\}'"),
        ("https://h.example/{{ release }}/a.gz", r"has '\{\{%20release"),
        ("https://h.example/get?run={{ID}}", r"has '\{\{ID\}\}'"),
        ("https://h.example/get?run=$RUN_ID", r"has '\$RUN_ID'"),
        ("https://h.example/$(ID)/a.gz", r"has '\$\(ID\)'"),
        ("s3://b/$sample/a.gz", r"has '\$sample'"),
        ("https://h.example/chr%s.vcf.gz", "has '%s'"),
        ("https://h.example/<sample id>/a.gz", "has '<sample%20id>'"),
    ],
)
def test_what_has_no_address_says_why(address: str, message: str):
    with pytest.raises(RowFault, match=message):
        file_at(address, name="x")


@pytest.mark.parametrize(
    ("url", "mirrors", "headers"),
    [
        ("http://me:canary@h.example/a", (), {}),
        ("https://h.example/a", ("HTTP://me:canary@h.example/a",), {}),
        ("http://h.example/a", (), {"authorization": "Basic canary"}),
    ],
)
def test_a_login_is_not_sent_over_http(url: str, mirrors: tuple[str, ...], headers: dict[str, str]):
    with pytest.raises(RowFault, match=r"not sent over http: use its https URL") as caught:
        file_at(url, mirrors=mirrors, headers=headers)
    assert "canary" not in str(caught.value)
    assert file_at(url.replace("http:", "https:"), headers=headers).name == "a"


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/HLA-A*02:01.fa",
        "https://h.example/a.gz?sign={x}",
        "https://h.example/a$1.gz?$filter=x",
        "https://h.example/a%da.gz",
    ],
)
def test_an_asterisk_of_an_allele_is_no_wildcard(url: str):
    assert file_at(url).address == url


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://h.example/geo/download/?acc=GSE1&format=file&file=GSE1%5FRaw.tsv.gz", "url", "GSE1_Raw.tsv.gz"),
        ("https://h.example/download_file.php?file=X.gz", "url", "X.gz"),
        ("https://h.example/get.php?id=3", "https", ""),
        ("https://h.example/files/ndownloader/files/123", "https", ""),
        ("https://h.example/api/records/1/files/a.h5ad/content", "https", ""),
        ("https://h.example/api/access/datafile/:persistentId?persistentId=doi:10.7910/DVN/A/B", "https", ""),
        ("ftp://h.example/download", "url", "download"),
        ("https://h.example/README", "url", "README"),
        ("https://drive.google.com/file/d/1x/view?usp=sharing", "https", ""),
        ("https://drive.google.com/open?id=1x", "https", ""),
        ("https://cloud.h.example/index.php/s/x1", "https", ""),
        ("https://cloud.h.example/s/aBcDeFgHiJ12345", "https", ""),
        ("https://cloud.h.example/s/aBcDeFgHiJ12345/download?path=%2F&files=a.bam", "url", "a.bam"),
    ],
)
def test_a_url_that_names_no_file_leaves_the_name_to_its_query_or_server(url: str, kind: str, name: str):
    file = file_at(url)
    assert (file.kind, file.name) == (kind, name)


@pytest.mark.parametrize(
    ("fragment", "checksums"),
    [
        (f"md5={'A' * 32}", {"md5": "a" * 32}),
        (f"egg=x&sha1={'0' * 40}", {"sha1": "0" * 40}),
        (MD5, {"md5": MD5}),
        (f"sha256:{SHA256}", {"sha256": SHA256}),
        ("top", {}),
        ("tab=md5", {}),
        ("amd5=0", {}),
    ],
)
def test_a_checksum_in_the_fragment_of_a_url_is_used(fragment: str, checksums: dict[str, str]):
    url = f"https://h.example/a.whl#{fragment}"
    assert file_at(url).checksums == checksums
    assert (file_at(url).name, file_at(url, checksums={"md5": "1" * 32}).checksums) == ("a.whl", {"md5": "1" * 32})


SDRF = "Source Name\tArray Data File\tDerived Array Data File\tTerm Accession Number\n" + (
    "s\ta 1.CEL\tprocessed/a.txt\thttp://terms.example/obo/X_1\ns\ta 1.CEL\t\t\n"
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (SDRF, [["a 1.CEL", "processed/a.txt"], ["a 1.CEL"]]),
        ("Files\tType\nraw/x.tif\timage\n", [["raw/x.tif"]]),
        ("source name,comment[data file]\ns,run1.raw\n", [["run1.raw"]]),
        (f"path,md5,size\nd/a.bam,{MD5},3\n", [["d/a.bam"]]),
    ],
)
def test_names_without_addresses_are_in_the_lists_folder(text: str, names: list[list[str]], tmp_path: Path):
    path, base = table(tmp_path, text), "https://h.example/study"
    format = recognised(Head(path), path.name)
    listed = FileList(path, path.name, base, (), Counter())
    file_rows = [list(format.files(row, listed)) for row in format.rows(listed)]
    assert format.name == "paths"
    assert [[file.name for file in row] for row in file_rows] == names
    assert file_rows[0][0].address == f"{base}/{names[0][0].replace(' ', '%20')}"
    if "md5" in text:
        assert (file_rows[0][0].size, file_rows[0][0].checksums) == (3, {"md5": MD5})
    with pytest.raises(ListError, match=r"names files without addresses.*--base URL"):
        list(format.rows(listed._replace(base="")))


def test_an_address_in_a_table_may_be_relative_to_a_folder(tmp_path: Path):
    path = table(tmp_path, "url,name\nhttps://h.example/1,a.bam\nsub/2,b.bam\nhttps://h.example/3,c.bam\n")
    format, listed = opened(path, "https://h.example/d")
    addresses = [file.address for row in format.rows(listed) for file in format.files(row, listed)]
    assert addresses == ["https://h.example/1", "https://h.example/d/sub/2", "https://h.example/3"]


def test_an_investigation_names_its_tables_and_their_files(tmp_path: Path):
    missing = f"a_{'7' * 300}.txt"  # longer than the names of files
    text = (SAMPLES / "i_Investigation.txt").read_text().replace("a_MTBLS0_MS.txt", missing)
    (tmp_path / "i_Investigation.txt").write_text(text)
    (tmp_path / "a_MTBLS0_NMR.txt").write_text("Sample Name\tRaw Spectral Data File\ns\tFILES/a.zip\n")
    format, base = recognised(Head(tmp_path), "folder"), ""
    for path in (tmp_path, tmp_path / "i_Investigation.txt"):
        listed = FileList(path, "study", base, (), Counter())
        files = [file for row in format.rows(listed) for file in format.files(row, listed)]
        assert [file.name for file in files] == ["s_MTBLS0.txt", "a_MTBLS0_NMR.txt", "FILES/a.zip", missing]
        above = base or "https://ftp.ebi.ac.uk/pub/databases/metabolights/studies/public/MTBLS0"
        assert files[2].address == f"{above}/FILES/a.zip"
        assert sum(listed.notes.values()) == 2
        base = "https://mirror.example/MTBLS0"


def test_an_investigation_elsewhere_needs_its_folder(tmp_path: Path):
    path = tmp_path / "i_Investigation.txt"
    path.write_bytes((SAMPLES / "i_Investigation.txt").read_bytes().replace(b"MTBLS0", b"S-1"))
    with pytest.raises(ListError, match="--base URL"):
        list(recognised(Head(path), "list").rows(FileList(path, "list", "", (), Counter())))


def test_ids_of_the_gdc_may_be_lines_or_a_column(tmp_path: Path):
    one = f"{1:08x}-0000-4000-8000-{1:012x}"
    for text in (f"{one}\n", f"id\n{one}\n", f"name,file_id\nx,{one}\n"):
        ((file,),) = read(table(tmp_path, text), "gdc-ids")
        assert (file.kind, file.address, file.folder) == ("gdc", one, one)


def test_a_compact_identifier_of_a_table_needs_no_scheme(tmp_path: Path):
    rows = read(table(tmp_path, "file,drs_id\na,sb:5f40\nb,dg.4503/x\nc,drs://h.example/1\n"), "drs-table")
    assert [row[0].address for row in rows] == ["drs://sb:5f40", "dg.4503/x", "drs://h.example/1"]


def test_a_manifest_of_the_pdc_is_no_sample_sheet_of_the_gdc(tmp_path: Path):
    header = "File ID,File Name,Data Category,File Size (in bytes),Md5sum,File Download Link"
    ((file,),) = read(table(tmp_path, f"{header}\n1,a.raw,Raw,3,{MD5},https://h.example/x/a.raw?sig=1\n"))
    assert (file.kind, file.name, file.size, file.checksums) == ("url", "a.raw", 3, {"md5": MD5})


def test_a_cell_that_states_nothing_is_a_row_without_a_file(tmp_path: Path):
    assert [len(row) for row in read(table(tmp_path, "url,x\nhttps://h.example/a.gz,1\nNA,2\n"))] == [1, 0]


def test_kinds_are_counted_by_name_and_source():
    files = [
        file_at("https://ftp.sra.ebi.ac.uk/a_1.fastq.gz"),
        file_at("https://ftp.sra.ebi.ac.uk/a_2.fq.gz"),
        *(file_at(f"https://me:secret@h.example/a.{kind}") for kind in ("bam.bai", "bcf.csi", "fa.fai")),
        ListedFile("sra", "SRR1", "SRR1.sra"),
    ]
    text = kinds_in_words(Counter(map(kind_of, files)), 1)
    assert text == "3 index by h.example, 2 FASTQ by ENA, 1 SRA archive by the SRA, 1 row without a file"
    files += [ListedFile("gen3-guid", f"{n}", f"a.{'fna' if n < 1 else n}") for n in range(5)]
    text = kinds_in_words(Counter(map(kind_of, files)), 0)
    assert text.endswith(" by the SRA, 1 FASTA by Gen3, 1 1 by Gen3, 1 2 by Gen3, 2 of other kinds")


@pytest.mark.parametrize("name", ["SRR1", "ERR12.1", "SRR1.lite.1", "drr1.zq.2"])
def test_a_run_of_the_sra_in_the_cloud_is_an_archive(name: str):
    assert kind_of(file_at(f"https://h.example/{name}")) == ("SRA archive", "h.example")


def test_objects_of_several_kinds_on_lines_keep_their_own_members(tmp_path: Path):
    first = {"version": "v0", "user_meta": {"a": 1}, "message": "none"}
    others = [
        {"logical_key": f"raw/{n}.bam", "physical_keys": [f"s3://b/x/{n}.bam?versionId=x"], "size": n} for n in (1, 2)
    ]
    none, *rows = read(table(tmp_path, "".join(f"{json.dumps(entry)}\n" for entry in (first, *others))))
    assert not none
    assert [(file.name, file.size) for (file,) in rows] == [("raw/1.bam", 1), ("raw/2.bam", 2)]


def test_gcs_is_a_scheme_of_google(tmp_path: Path):
    ((file,),) = read(table(tmp_path, f"sample\tbam\tmd5\na\tgcs://bucket/x/a.bam\t{MD5}\n"))
    assert (file.kind, file.address, file.name, file.checksums) == ("gs", "gs://bucket/x/a.bam", "a.bam", {"md5": MD5})


def test_a_repository_is_no_file(tmp_path: Path):
    ((file,),) = read(table(tmp_path, "url,data\nhttps://github.com/org/one/,https://h.example/a.h5ad\n"))
    assert file.name == "a.h5ad"
    with pytest.raises(UnknownList):
        read(table(tmp_path, "title,url\na,https://github.com/org/one\nb,https://gitlab.com/org/two.git\n"))
    with pytest.raises(RowFault, match=r"'https://github\.com/org/one' is a Git repository: clone it"):
        file_at("https://github.com/org/one")
    assert file_at("https://github.com/org/one/archive/v1.zip").name == "v1.zip"


def test_the_metadata_of_a_hub_name_its_files_and_not_their_sources(tmp_path: Path):
    hub = "https://hub.example.org/experimenthub/Reads/v1"
    assert [[file.address for file in row] for row in read(SAMPLES / "metadata.csv", "hub")] == [
        [f"{hub}/a.bam", f"{hub}/a.bam.bai"],
        [f"{hub}/counts.rda"],
    ]
    without = "SourceUrl,DispatchClass,RDataPath\nhttps://www.example.org/study,Rda,Reads/counts.rda\n"
    with pytest.raises(RowFault, match="states no hub: state its URL, --base URL"):
        read(table(tmp_path, without), "hub")


def test_checksums_of_absolute_paths_are_no_manifest_of_hubmap(tmp_path: Path):
    ((first,), (second,)) = read(table(tmp_path, f"{MD5}  /mnt/out/a.bam\n{OTHER} */mnt/out/b.bam\n"), "checksums")
    assert (first.name, first.checksums, second.name) == ("/mnt/out/a.bam", {"md5": MD5}, "/mnt/out/b.bam")


def test_rows_taken_out_of_an_assembly_summary_need_no_heading(tmp_path: Path):
    folder = "https://ftp.ncbi.nlm.nih.gov/genomes/all/GCF/000/005/845/GCF_000005845.2_ASM584v2"
    some = ["GCF_000005845.2\tPRJNA1\tna\tlatest\t" + folder, "GCF_000000001.1\tPRJNA2\tna\tlatest\tna"]
    (file,), none = read(table(tmp_path, "\n".join(some)), "assemblies")
    assert (file.address, file.folder) == (f"{folder}/GCF_000005845.2_ASM584v2_genomic.fna.gz", "GCF_000005845.2")
    assert not none


def test_a_whole_assembly_summary_keeps_its_columns(tmp_path: Path):
    path = table(tmp_path, "# README\n#assembly_accession\tx\torganism\tftp_path\nGCF_000000001.1\t1\tE\tna\n")
    listed = FileList(path, path.name, "", (), Counter())
    (row,) = format_named("assemblies").rows(listed)
    assert row.cells["organism"] == "E"


def test_an_address_may_be_that_of_a_command_in_a_cell(tmp_path: Path):
    header = "code\turl_sum\tURL QQ Plot\n"
    rows = [f"{n}\twget https://h.example/s/{n}.txt.gz -O {n}.gz\thttps://h.example/{n}.qq.pdf?dl=0\n" for n in (1, 2)]
    first, _ = read(table(tmp_path, header + "".join(rows)))
    assert [file.address for file in first] == ["https://h.example/s/1.txt.gz", "https://h.example/1.qq.pdf?dl=0"]
    ((file,), _) = read(table(tmp_path, 'id,get\n1,"curl -L -o a.bam ""https://h.example/a.bam"""\n2,NA\n'))
    assert (file.address, file.name) == ("https://h.example/a.bam", "a.bam")
