"""Conditions on files of lists, and samples of them."""

import random

import pytest
from omicsdk.core import UsageError
from omicsdk.portals import ListedFile
from omicsdk.portals.selection import Sample, Selection

FILES = [ListedFile("url", f"https://h.example/{number}", f"f{number}.bam", number) for number in range(100)]


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ("size<1K", True),
        ("size >= 2K", False),
        ("size<100", False),
        ("size<=99", False),
        ("size<=100", True),
        ("size<=101", True),
        ("size>=100", True),
        ("assay==WGS", True),
        ("assay==WES", False),
        ("name~*.bam and size>1", True),
        ("name!~*.bam or assay=WGS", True),
        ("name ~ *.cram", False),
        ('"Data Type" = "Aligned Reads"', True),
        ("'Data Type'='Aligned Reads' and assay='WGS'", True),
        ("depth>30", True),
        ("depth!=35.0", False),
        ("assay!=WGS and size<1K or depth<3", False),
        ("outcome~failed*", True),
        ("outcome!~*b/x?not*", False),
        ("outcome~x*", False),
    ],
)
def test_a_condition_selects_by_name_size_and_columns(where: str, fits: bool):
    file = ListedFile("url", "https://h.example/a.bam", "a.bam", 100)
    cells = {"Assay": "WGS", "Data Type": "Aligned Reads", "depth": "35", "outcome": "failed: s3://b/x not found"}
    assert Selection(where).fits(file, cells) is fits


@pytest.mark.parametrize(
    ("where", "cell", "fits"),
    [
        ("id=12345678901234567", "12345678901234568", False),  # the same float
        ("id!=12345678901234567", "12345678901234568", True),
        ("id=1B", "1", False),
        ("id=1K", "1024", False),
        ("id='1,2'", "12", False),
        ("id>10", "1,5", False),
        ("id=1,000,000", "1000000", True),
        ("id=35.0", "35", True),
        ("id>=1K", "1,024", True),
    ],
)
def test_an_identifier_is_not_equal_to_another_one_that_reads_as_its_number(where: str, cell: str, fits: bool):
    assert Selection(where).fits(FILES[0], {"id": cell}) is fits


def test_a_size_is_equal_in_any_unit():
    assert Selection("size=2K").fits(ListedFile("url", "https://h.example/a", "a", 2048), {})


@pytest.mark.parametrize(("where", "fits"), [("name~d/*.bam", True), ("name~d/*/*.bam", False), ("name!~e/*", True)])
def test_a_slash_separates_the_names_of_a_path(where: str, fits: bool):
    assert Selection(where).fits(ListedFile("url", "https://h.example/a.bam", "d/a.bam"), {}) is fits


def test_a_file_of_unknown_size_fits_no_size():
    assert not Selection("size<1G").fits(ListedFile("url", "x", "a"), {})


@pytest.mark.parametrize("where", ["size", "size<many", "name~*.bam and", "size<1 xor size>2", "name~["])
def test_a_malformed_condition_is_refused(where: str):
    with pytest.raises(UsageError, match=r"^where: |\["):
        Selection(where)


def test_the_remedy_for_an_unquoted_value_with_a_space_is_a_condition():
    with pytest.raises(UsageError) as caught:
        Selection("organism=Mus musculus")
    Selection(caught.value.remedy.split("'")[1])


def test_a_column_that_is_missing_is_named():
    with pytest.raises(UsageError, match=r"no column is called 'tissue'.*name, size, organ"):
        Selection("Tissue=x").fits(FILES[0], {"Organ": "y"})


@pytest.mark.parametrize("limits", [{"limit": 0}, {"sample": -1}])
def test_no_files_are_no_selection(limits: dict[str, int]):
    with pytest.raises(UsageError, match=rf"^{next(iter(limits))} .*not a number of files"):
        Selection(**limits)


def drawn(files: list[ListedFile], count: int) -> set[str]:
    sample = Sample(count)
    for file in files:
        sample.add(file.address)
    return {file.name for file in files if sample.has(file.address)}


def test_a_sample_is_the_same_in_any_order_and_grows():
    shuffled = random.Random(1).sample(FILES, len(FILES))
    assert drawn(FILES, 10) == drawn(shuffled, 10)
    assert len(drawn(FILES, 10)) == 10
    assert drawn(FILES, 10) < drawn(FILES, 20)
    assert len(drawn(FILES, 1000)) == 100
