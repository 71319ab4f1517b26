"""A lock in the formats of other programs: sample sheets, and bags that are fetched later."""

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
from omicsdk.core.errors import NotWritable, UsageError
from omicsdk.locks import Lock, LockedFile, LockError
from omicsdk.locks.exports import Reads, paired_reads, write_bag
from omicsdk.locks.lockfile import write_files
from omicsdk.portals import FileList
from omicsdk.portals.described_folders import BAG

SINCE = "2026-01-31T12:00:00Z"
MD5, SHA1 = "0" * 32, "1" * 40


def file(path: str, **fields: object) -> LockedFile:
    locked_file = LockedFile(
        path,
        "web",
        5,
        {"md5": MD5},
        "url",
        f"https://files.example.org/{quote(path, errors='surrogateescape')}",
        (),
        SINCE,
    )
    return locked_file._replace(**fields)


def lock(folder: Path, *files: LockedFile) -> Lock:
    with (folder / "omics.lock").open("wb") as out:
        write_files(sorted(files, key=lambda file: file.path), out)
    return Lock.load(folder)


@pytest.mark.parametrize(
    ("paths", "rows"),
    [
        (["d/SRR1_1.fastq.gz", "d/SRR1_2.fastq.gz"], [("SRR1", "d/SRR1_1.fastq.gz", "d/SRR1_2.fastq.gz")]),
        (["d/SRR1.fastq.gz", "d/SRR1_1.fastq.gz", "d/SRR1_2.fastq.gz"], [("SRR1", "d/SRR1_1.fastq.gz", "d/SRR1_2.fastq.gz")]),
        (["a.R1.fq", "a.R2.fq", "b.fq"], [("a", "a.R1.fq", "a.R2.fq"), ("b", "b.fq", "")]),
        (["a-R1.fq", "a-R2.fq"], [("a", "a-R1.fq", "a-R2.fq")]),
        (["SRR1_1.fastq.gz"], [("SRR1", "SRR1_1.fastq.gz", "")]),
        (["rep-1.fq", "rep-2.fq", "v12.fq"], [("rep-1", "rep-1.fq", ""), ("rep-2", "rep-2.fq", ""), ("v12", "v12.fq", "")]),
        (
            [f"x_S3_L00{lane}_{read}_001.fastq.gz" for lane in (1, 2) for read in ("I1", "R1", "R2")],
            [("x", f"x_S3_L00{lane}_R1_001.fastq.gz", f"x_S3_L00{lane}_R2_001.fastq.gz") for lane in (1, 2)],
        ),
        (["x_S1_R1_001.fastq.gz", "x_S1_R2_001.fastq.gz"], [("x", "x_S1_R1_001.fastq.gz", "x_S1_R2_001.fastq.gz")]),
    ],
)  # fmt: skip
def test_reads_are_paired_by_their_names(paths: list[str], rows: list[tuple[str, str, str]]):
    messages: list[str] = []
    assert paired_reads(paths, messages.append) == [Reads(*row) for row in rows]
    left_out = len(paths) - sum(bool(path) for row in rows for path in row[1:])
    assert [text.split()[0] for text in messages] == ([str(left_out)] if left_out else [])


@pytest.mark.parametrize(
    "paths",
    [
        ["a_1.fq", "a_2.fq", "a_3.fq"],  # replicates, or mates with an index
        ["a_R2.fq"],
        ["one/a.fq", "two/a.fq"],
        ["a_L001_R1_001.fq", "b/a_L002_R1_001.fq"],
        ["a_L001_R1_001.fq", "a_L002_R1_001.fq", "a_L002_R2_001.fq"],  # the second mates of L002 would be those of L001
        ["a_1.fq", "a_R1.fq"],
        ["a_1.fq", "a_1.fq.gz"],
    ],
    ids=" ".join,
)
def test_ambiguous_names_are_an_error(paths: list[str]):
    with pytest.raises(LockError, match="a"):
        paired_reads(paths, lambda _: None)


def test_the_sheet_of_nextflow_has_what_the_pipelines_accept(tmp_path: Path):
    messages: list[str] = []
    some = lock(tmp_path, *map(file, ("d/a,b_1.fastq.gz", "d/a,b_2.fastq.gz", "d/c.fq.gz", "d/c.bam", "d/e.fastq")))
    rows = [*csv.DictReader(some.export("nextflow", on_message=messages.append))]
    assert rows == [
        {"sample": "a,b", "fastq_1": "d/a,b_1.fastq.gz", "fastq_2": "d/a,b_2.fastq.gz"},
        {"sample": "c", "fastq_1": "d/c.fq.gz", "fastq_2": ""},
    ]
    # The patterns of the sheets of nf-core's pipelines.
    assert all(
        re.fullmatch(r"\S+", row["sample"]) and re.fullmatch(r"\S+\.f(ast)?q\.gz", row["fastq_1"]) for row in rows
    )
    assert messages == ["2 files left out: not FASTQ compressed by gzip"]
    for refused, why in (("a.bam", "no FASTQ"), ("a b.fq.gz", "blank"), ("a\udcff.fq.gz", "not UTF-8")):
        with pytest.raises(LockError, match=why):
            [*lock(tmp_path, file(refused, address="https://h/a")).export("nextflow")]


def test_the_configfile_of_snakemake_has_samples_and_all_files(tmp_path: Path):
    some = lock(tmp_path, file("a_1.fq"), file("a_2.fq"), file("ref.fa"), file("b.fq", source="other"))
    assert json.loads("\n".join(some.export("snakemake"))) == {
        "samples": {"a": {"fastq_1": ["a_1.fq"], "fastq_2": ["a_2.fq"]}, "b": {"fastq_1": ["b.fq"], "fastq_2": []}},
        "files": ["a_1.fq", "a_2.fq", "b.fq", "ref.fa"],
    }
    assert json.loads("\n".join(some.export("snakemake", "other")))["files"] == ["b.fq"]
    with pytest.raises(UsageError, match="no source 'othr'"):
        [*some.export("md5", "othr")]
    with pytest.raises(UsageError, match="unknown export 'nextflw'"):
        [*some.export("nextflw")]
    assert json.loads("\n".join(lock(tmp_path).export("snakemake"))) == {"samples": {}, "files": []}


def test_a_bag_states_what_the_lock_does(tmp_path: Path):
    files = [
        file("a b.bin"),
        file("c.bin", size=None, checksums={"sha1": SHA1, "crc32c": "0" * 8}),
        file("d.bin", kind="gdc", address="00000029-0000-4000-8000-000000000029"),
        file("e.bin", kind="drs", address="dg.4503:1"),
    ]
    lock(tmp_path, *files).write_bag(tmp_path / "some/bag")
    bag = tmp_path / "some/bag"
    listed = FileList(bag, "bag", "", (), Counter())
    described = [bag_file for row in BAG.rows(listed) for bag_file in BAG.files(row, listed)]
    assert [(bag_file.name, bag_file.address, bag_file.size, bag_file.checksums) for bag_file in described] == [
        ("data/a b.bin", "https://files.example.org/a%20b.bin", 5, {"md5": MD5}),
        ("data/c.bin", "https://files.example.org/c.bin", None, {"sha1": SHA1}),
        ("data/d.bin", f"https://api.gdc.cancer.gov/data/{files[2].address}", 5, {"md5": MD5}),
        ("data/e.bin", "drs://dg.4503:1", 5, {"md5": MD5}),
    ]
    assert not (bag / "manifest-sha256.txt").exists()
    for line in (bag / "tagmanifest-sha256.txt").read_text().splitlines():
        digest, name = line.split("  ")
        assert digest == hashlib.sha256((bag / name).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "sra", "address": "SRR1"}, "no URL"),
        ({"kind": "s3", "address": "s3://bucket/a b"}, "no URL"),
        ({"checksums": {"crc32c": "0" * 8}}, "no md5, sha1, sha256 or sha512"),
        ({"path": "a%0Ab"}, "decode differently"),
    ],
)
def test_what_a_bag_cannot_state_is_an_error_and_leaves_nothing(tmp_path: Path, fields: dict[str, object], why: str):
    with pytest.raises(LockError, match=why):
        write_bag(lambda: [file("a")._replace(**fields)], tmp_path / "bag")
    with pytest.raises(LockError, match="no files"):
        write_bag(list, tmp_path / "bag")
    assert [*tmp_path.iterdir()] == []
    (tmp_path / "bag").mkdir()
    with pytest.raises(UsageError, match="exists"):
        write_bag(lambda: [file("a")], tmp_path / "bag")


def test_a_folder_that_appears_meanwhile_stays_as_it_is(tmp_path: Path):
    def files() -> list[LockedFile]:
        (tmp_path / "bag" / "other").mkdir(parents=True)
        return [file("a")]

    with pytest.raises(NotWritable):
        write_bag(files, tmp_path / "bag")
    assert [path.name for path in tmp_path.rglob("*")] == ["bag", "other"]
