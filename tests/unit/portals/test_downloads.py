"""What words come to before a download, which copies are fetched, and what arrived in place of data."""

import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NotFound, TransferError
from omicsdk.portals import ListedFile, ListError, UnknownList
from omicsdk.portals.cells import file_at
from omicsdk.portals.downloads import described, fetched, planned, unknown_word, without_pages
from omicsdk.portals.names import Archives
from omicsdk.portals.names.archive import NamedRow
from omicsdk.portals.names.grammar import Name
from omicsdk.transfer import Item, Location, Outcome, TransferOptions, TransferReport

MD5 = "0" * 32
TABLE = f"url,md5,size,filename\nhttps://h.example/1,{MD5},3,a.bam\n"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[ListedFile], list[str]]]:
    """Plans words in a folder of lists, with archives that have one file for each name but one; returns files and messages."""
    monkeypatch.chdir(tmp_path)
    for list_name, text in LISTS.items():
        (tmp_path / list_name).write_text(text)

    def rows(_: Archives, names: Sequence[Name], reads: str | None = None) -> Iterator[NamedRow]:
        name = names[0].text
        if name == "SRR9999999":
            raise NotFound("no such run", status=404, operation="get_run")
        url = f"https://archive.example/{name}.{reads or 'fastq'}"
        yield NamedRow({"accession": name}, [file_at(url, size=5)], "a note")

    monkeypatch.setattr(Archives, "rows", rows)

    def planning(*words: str, **options: Any) -> tuple[list[ListedFile], list[str]]:
        messages = list[str]()
        with planned(words, TransferOptions.of({}, selects=True), messages.append, **options) as result:
            return [*result.plan.files()], messages

    return planning


LISTS = {
    "table.csv": TABLE,
    "SRR1553607": TABLE,
    "projects": "PRJNA257197\nPRJNA257198\n",
    "column.csv": "study,n\nPRJNA257197,1\n",
    "samples.csv": "sample,url,size\nphs000123,https://h.example/a.bam,3\n",
    "elsewhere.csv": "sample,n\nphs000123,5\n",
    "later.csv": "sample,n\na,5\nphs000123,5\n",
    "runs.csv": "Run,Assay Type,BioProject,Bytes,Consent\nSRR1553608,WGS,PRJNA1,3,public\n",
    "urls.txt": "https://h.example/a.bam\nhttps://h.example/b.bam\n",
    "md5sums": f"{MD5}  a.bam\n",
}
OF_A_NAME = "1 file, 5 B; 1 without a checksum (size checked only)"


@pytest.mark.parametrize(
    ("words", "options", "names", "messages"),
    [
        (["table.csv"], {}, ["a.bam"], ["table.csv: table with URLs, 1 file, 3 B"]),
        (["-"], {}, ["a.bam"], ["stdin: table with URLs, 1 file, 3 B"]),
        (
            ["SRR1553607"],
            {},
            ["a.bam"],
            [
                "SRR1553607: the file of this name is read; ena:SRR1553607 names the data of the archive",
                "SRR1553607: table with URLs, 1 file, 3 B",
            ],
        ),
        (
            ["SRR1553608", "SRR9999999"],
            {},
            ["SRR1553608.fastq", "SRR9999999"],
            [f"names: accessions and other names, {OF_A_NAME}; 1 name failed", "names: a note (1)"],
        ),
        (
            ["projects"],
            {},
            ["PRJNA257197.fastq", "PRJNA257198.fastq"],
            [
                "names: accessions and other names, 2 files, 10 B; 2 without a checksum (size checked only)",
                "names: a note (2)",
            ],
        ),
        (
            ["column.csv"],
            {},
            ["PRJNA257197.fastq"],
            [
                "column.csv: the names of data in column 'study' are read",
                f"names: accessions and other names, {OF_A_NAME}",
                "names: a note (1)",
            ],
        ),
        (
            ["samples.csv"],  # of another archive, but beside URLs
            {},
            ["a.bam"],
            ["samples.csv: table with URLs, 1 file, 3 B; 1 without a checksum (size checked only)"],
        ),
        (
            ["runs.csv", "table.csv"],
            {"reads": "bam"},
            ["a.bam", "SRR1553608.bam"],
            [
                "table.csv: table with URLs, 1 file, 3 B",
                f"names: accessions and other names, {OF_A_NAME}",
                "names: a note (1)",
                "1 BAM by h.example, 1 BAM by archive.example",
            ],
        ),
        (
            ["urls.txt", "md5sums"],
            {},
            ["a.bam", "b.bam"],
            [
                "urls.txt: list of URLs or DRS URIs, 2 files of unknown size; 1 without a checksum and a size (not checked)",
                "md5sums: checksum file of md5sum, sha256sum and their like",
            ],
        ),
    ],
)
def test_words_are_read_as_what_they_name(
    plan: Any,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    options: dict[str, Any],
    names: list[str],
    messages: list[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TABLE.encode())))
    files, reported = plan(*words, **options)
    assert ([file.name for file in files], reported) == (names, messages)


def test_a_name_that_is_unknown_fails_alone_and_is_named(plan: Any) -> None:
    _, failed = plan("SRR1553608", "SRR9999999")[0]
    assert str(failed.error).startswith("SRR9999999: no such run (404)")


@pytest.mark.parametrize(
    ("word", "remedy"),
    [("malaria", "; for words, search first: omics search malaria."), ("a.txt", "a URI or a URL."), ("x1", "a URL.")],
)
def test_a_word_that_names_nothing_is_searched_for(plan: Any, word: str, remedy: str) -> None:
    with pytest.raises(ListError, match=f"{word} does not exist, and is no accession of a known form") as caught:
        plan(word)
    assert caught.value.remedy.endswith(remedy)
    assert str(unknown_word(word)) == str(caught.value)


def test_lists_of_no_files_are_refused(plan: Any) -> None:
    with pytest.raises(ListError, match="md5sums: checksums alone name no URLs"):
        plan("md5sums")
    with pytest.raises(ListError, match=r"elsewhere\.csv: phs000123 is not at an archive that omics downloads from"):
        plan("elsewhere.csv")
    with pytest.raises(UnknownList, match=r"later\.csv: unknown format; its first line is 'sample,n'"):
        plan("later.csv")


@pytest.mark.parametrize("url", ["https://h.example/data/list.yaml?version=1", "ftp://h.example/data/list.txt"])
def test_a_url_of_a_list_is_fetched_and_names_the_folder_of_its_files(
    plan: Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    fetches = list[Item]()

    def download(items: Sequence[Item], folder: Path) -> TransferReport:
        fetches.extend(items)
        folder.mkdir()
        (folder / items[0].name).write_text("name,size\na.bam,3\n")
        return TransferReport([Outcome(items[0].name, "done")])

    monkeypatch.setattr("omicsdk.transfer.download", download)
    (file,), messages = plan(url, format="paths")
    assert (file.name, file.address) == ("a.bam", f"{url.rpartition('/')[0]}/a.bam")
    assert messages == [
        f"{url.partition('?')[0]}: table of names of files, 1 file, 3 B; 1 without a checksum (size checked only)"
    ]
    assert [item.name for item in fetches] == ["list.yaml" if "yaml" in url else "list"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"files": 2, "unsized": 2}, "2 files of unknown size"),
        (
            {"files": 4, "size": 10, "unchecked": 3, "unverifiable": 1, "repeated": 2, "empty": 1, "faulty": 1},
            "3 files, 10 B; 2 without a checksum (size checked only); 1 without a checksum and a size (not checked); "
            "2 listed again; 1 row without a file; 1 row that cannot be read",
        ),
    ],
)
def test_what_a_list_names_in_words(counts: dict[str, int], expected: str) -> None:
    assert described(Counter(counts)) == expected


# -- copies


class OfTwoCopies:
    """Two files, the second of which has a second copy."""

    def items(self) -> Iterable[Item]:
        return [Item("a", Location("https://h.example/a")), Item("b", Location("https://h.example/b"))]

    def other_copies(self, numbers: Iterable[int], skip: int) -> Mapping[int, Item]:
        return {number: Item("b", Location("https://mirror.example/b")) for number in numbers if skip == 1}


LOST = Outcome("b", "failed", error=NotFound("no such file", status=404))


@pytest.mark.parametrize(
    ("first", "stopped", "dry_run", "fetches"),
    [
        (LOST, "", False, 2),
        (LOST, "it was stopped", False, 1),
        (LOST, "", True, 1),
        (Outcome("b", "failed", error=TransferError("the disk is full")), "", False, 1),
        (Outcome("b", "done"), "", False, 1),
    ],
)
def test_what_one_copy_does_not_give_is_fetched_from_the_next(
    first: Outcome, stopped: str, dry_run: bool, fetches: int
) -> None:
    requested = list[list[str]]()

    def fetch(items: Iterable[Item]) -> TransferReport:
        requested.append([item.name for item in items])
        again = len(requested) > 1
        return TransferReport([Outcome("b", "done")] if again else [Outcome("a", "done"), first], why_stopped=stopped)

    report = fetched(OfTwoCopies(), fetch, dry_run=dry_run)
    assert requested == [["a", "b"], ["b"]][:fetches]
    assert [outcome.state for outcome in report.outcomes] == ["done", "done" if fetches == 2 else first.state]


# -- what arrived

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"


@pytest.mark.parametrize(
    ("name", "content", "warning"),
    [
        (
            "a.bam",
            b"<!DOCTYPE html><html><head><title>Log in</title></head></html>",
            "a web page ('Log in') was received",
        ),
        ("a.html", b"<!DOCTYPE html><html><head><title>Log in</title></head></html>", ""),
        (
            "a.bam",
            POINTER,
            "a pointer of Git LFS was received, not its file, which GitHub serves at media.githubusercontent.com/media/.",
        ),
        ("a.txt", b"\x1f\x8b\x08", "its bytes are compressed by gzip, which its name does not state"),
        ("a.bam", b"\x1f\x8b\x08", ""),
        ("a.txt", b"data", ""),
    ],
)
@pytest.mark.parametrize(
    ("verification", "source", "is_read"),
    [
        ("unverified", "s3://b/k", True),
        ("size only", "https://h.example/k", True),
        ("size only", "s3://b/k", False),
        ("verified", "https://h.example/k", False),
    ],
)
def test_what_is_no_data_is_a_warning_unless_its_list_proves_it(
    tmp_path: Path, name: str, content: bytes, warning: str, verification: Any, source: str, is_read: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    report = TransferReport([Outcome(name, "done", verification=verification, source=source), Outcome("x", "done")])
    messages = list[str]()
    outcome, other = without_pages(report, str(tmp_path), messages.append).outcomes
    assert bool(outcome.warning) == bool(warning and is_read)
    assert other.warning == ""
    assert [message.startswith(f"warning: {name}: {warning}") for message in messages] == [True] * bool(
        warning and is_read
    )
