"""Reads become samples by the names of their files; all is checked before anything is created or sent."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import UsageError
from omicsdk.pangea import ReadSet, pair_reads, single_reads


def planned(sets: list[ReadSet]) -> dict[str, dict[str, str]]:
    return {read_set.sample: {field: str(path) for field, path in read_set.files.items()} for read_set in sets}


def test_pairs_by_extension():
    paths = [
        "/rd/q2.R2.fastq.gz",
        "q1.R1.fastq.gz\n",
        "",
        "  ",
        "readme.txt",
        "q1.R2.fastq.gz",
        Path("/rd/q2.R1.fastq.gz"),
    ]
    sets = pair_reads(paths)
    assert planned(sets) == {
        "q2": {"read_1": "/rd/q2.R1.fastq.gz", "read_2": "/rd/q2.R2.fastq.gz"},
        "q1": {"read_1": "q1.R1.fastq.gz", "read_2": "q1.R2.fastq.gz"},
    }
    assert [list(read_set.files) for read_set in sets] == [["read_1", "read_2"]] * 2


def test_own_extensions_and_a_delimiter():
    paths = ["a_S1_L001_1.fq", "a_S1_L001_2.fq"]
    assert list(planned(pair_reads(paths, ext_1="_1.fq", ext_2="_2.fq"))) == ["a_S1_L001"]
    assert list(planned(pair_reads(paths, ext_1="_1.fq", ext_2="_2.fq", delim="_S"))) == ["a"]
    # An extension in a folder's name is no extension.
    assert list(planned(single_reads(["/x.fastq.gz/y.fastq.gz"]))) == ["y"]


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["q1.R1.fastq.gz"], "'q1' has no file with '.R2.fastq.gz'"),
        (["a/q1.R1.fastq.gz", "b/q1.R1.fastq.gz", "q1.R2.fastq.gz"], "both are read_1 of sample 'q1'"),
        ([".R1.fastq.gz", ".R2.fastq.gz"], "leaves nothing for the sample's name"),
        (["readme.txt"], "no file has"),
        ([], "no file has"),
    ],
)
def test_pairs_that_are_not_are_reported_before_anything_is_done(paths: list[str], words: str):
    with pytest.raises(UsageError, match=words) as caught:
        pair_reads(paths)
    assert isinstance(caught.value, ValueError)  # the published client's


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["a.txt"], "no '.fastq.gz'"),
        (["x/a.fastq.gz", "y/a.fastq.gz"], "both are reads of sample 'a'"),
        ([], "no files"),
    ],
)
def test_single_reads_that_are_not_are_reported(paths: list[str], words: str):
    with pytest.raises(UsageError, match=words):
        single_reads(paths)


@pytest.mark.parametrize("options", [{"ext_1": ""}, {"ext_2": ""}])
def test_an_empty_extension_is_refused(options: dict[str, str]):
    with pytest.raises(UsageError, match="An extension is empty"):
        pair_reads(["a.R1.fastq.gz", "a.R2.fastq.gz"], **options)
    with pytest.raises(UsageError, match="An extension is empty"):
        single_reads(["a.fastq.gz"], ext="")


@given(
    st.lists(
        st.text(st.characters(exclude_characters="/\0\n\r.", exclude_categories=["Cs"]), min_size=1),
        unique=True,
        min_size=1,
    )
)
def test_every_pair_is_found(names: list[str]):
    names = [name for name in names if name.strip() == name] or ["x"]
    paths = [f"/rd/{name}.R{number}.fastq.gz" for number in (2, 1) for name in names]
    assert sorted(planned(pair_reads(paths))) == sorted(set(names))
