"""Manifests merged into one, and compared, whatever their order and however long they are."""

import csv
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.compat.gen3.tools.diff import manifest_diff
from omicsdk.compat.gen3.tools.indexing.merge_manifests import merge_bucket_manifests
from omicsdk.core import UsageError
from omicsdk.gen3.manifests import (
    Difference,
    Fault,
    ManifestError,
    MergeConflict,
    Merged,
    Rules,
    compare_manifests,
    merge_manifests,
)

A, B, C = ("a" * 32, "b" * 32, "c" * 32)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    folder = tmp_path / "manifests"
    folder.mkdir()

    def write(name: str, *lines: str) -> Path:
        path = folder / name
        path.write_text("".join(f"{line}\n".replace(" | ", "\t") for line in lines))
        return path

    return write


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


# -- merging


def test_rows_of_one_md5_sum_become_one(written, tmp_path: Path):
    first = written("1.tsv", "guid | md5 | size | urls | authz | more", f"dg/1 | {A} | 42 | http://c | /foo | x")
    second = written("2.tsv", "guid | md5sum | size | url | authz | extra", f"dg/1 | {A} | 42 | s3://b/c | /baz | y")
    assert merge_manifests([first, second], tmp_path / "out.tsv") == Merged(2, 1, 0)
    assert rows(tmp_path / "out.tsv") == [
        ["guid", "size", "md5", "acl", "authz", "urls", "extra", "more"],
        ["dg/1", "42", A, "", "/baz /foo", "http://c s3://b/c", "y", "x"],
    ]


def test_the_order_is_that_in_which_sums_come_first(written, tmp_path: Path):
    head = "md5 | size | urls"
    first = written("1.tsv", head, f"{C} | 1 | s3://b/c", f"{A} | 1 | s3://b/a")
    second = written("2.tsv", head, f"{B} | 1 | s3://b/b", f"{C} | 1 | s3://b/c2")
    merge_manifests([first, second], tmp_path / "out.csv")
    assert [row[2] for row in rows(tmp_path / "out.csv")[1:]] == [C, A, B]


def test_a_row_without_a_guid_states_something_of_all_that_have_one(written, tmp_path: Path):
    path = written(
        "1.tsv",
        "guid | md5 | size | urls | note",
        f" | {A} | 1 | s3://b/0 | n",
        f"dg/1 | {A} | 1 | s3://b/1 | ",
        f"dg/2 | {A} | 1 | s3://b/2 | n",
    )
    merge_manifests([path], tmp_path / "out.tsv", rules=Rules(many_guids=True))
    assert [[row[0], row[5], row[6]] for row in rows(tmp_path / "out.tsv")[1:]] == [
        ["dg/1", "s3://b/0 s3://b/1", "n"],
        ["dg/2", "s3://b/0 s3://b/2", "n"],
    ]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (f"dg/2 | {A} | 1 | u | x", "column 'guid': 'dg/1' is the GUID of"),
        (f"dg/1 | {A} | 2 | u | x", "column 'size': '2' is not 1, as"),
        (f"dg/1 | {A} | 1 | u | y", "column 'note': 'y' is not 'x', as"),
    ],
)
def test_rows_that_contradict_each_other(second: str, message: str, written, tmp_path: Path):
    path = written("1.tsv", "guid | md5 | size | urls | note", f"dg/1 | {A} | 1 | u | x", second)
    with pytest.raises(MergeConflict) as caught:
        merge_manifests([path], tmp_path / "out.tsv")
    assert message in str(caught.value)
    assert f"{path}: line 3, " in str(caught.value)
    assert isinstance(caught.value, csv.Error)
    assert not (tmp_path / "out.tsv").exists()


def test_contradictions_may_be_passed_over(written, tmp_path: Path):
    path = written(
        "1.tsv",
        "guid | md5 | size | urls | note",
        f"dg/1 | {A} | 1 | u | x",
        f"dg/1 | {A} | 2 | v | y",
        f"dg/2 | {A} | 1 | w | z",
    )
    faults: list[Fault] = []
    summary = merge_manifests([path], tmp_path / "out.tsv", rules=Rules(go_on=True), on_fault=faults.append)
    assert (summary.conflicts, [fault.column for fault in faults]) == (3, ["size", "note", "guid"])
    assert [[row[0], row[1], row[5], row[6]] for row in rows(tmp_path / "out.tsv")[1:]] == [
        ["dg/1", "1", "u v", "x"],
        ["dg/2", "1", "w", "z"],
    ]


@pytest.mark.timeout(20)  # quadratic cost would take minutes
@pytest.mark.parametrize(("guid", "merged"), [("", 1), ("dg/", 50_000)])
def test_many_rows_of_one_sum_such_as_that_of_empty_files(guid: str, merged: int, written, tmp_path: Path):
    lines = (f"{guid and f'{guid}{number}'} | {A} | 0 | s3://b/{number}" for number in range(50_000))
    path = written("1.tsv", "guid | md5 | size | urls", *lines)
    assert merge_manifests([path], tmp_path / "out.tsv", rules=Rules(many_guids=True)) == Merged(50_000, merged, 0)


@pytest.mark.parametrize("md5", [A, A.upper(), b64encode(bytes.fromhex(A)).decode()])
def test_sums_that_are_expected_twice_stay_apart(md5: str, written, tmp_path: Path):
    path = written("1.tsv", "guid | md5 | size | urls", f"dg/1 | {A} | 1 | u", f"dg/2 | {A} | 1 | v")
    merge_manifests([path], tmp_path / "out.tsv", rules=Rules(duplicates=[md5]))
    assert len(rows(tmp_path / "out.tsv")) == 3


def test_the_documented_call_takes_a_folder(written, tmp_path: Path):
    written("2.tsv", "md5 | size | urls | tags", f"{A} | 1 | u | p q")
    written("1.csv", "md5,size,urls,tags", f"{A.upper()},1,v,q r")
    merge_bucket_manifests(tmp_path / "manifests", output_manifest=tmp_path / "out.tsv", columns_with_arrays=["tags"])
    assert rows(tmp_path / "out.tsv")[1] == ["", "1", A, "", "", "u v", "p q r"]
    with pytest.raises(UsageError, match="No manifest"):
        merge_bucket_manifests(tmp_path, output_manifest=tmp_path / "out.tsv")


def test_a_wrong_row_is_reported_with_its_place(written, tmp_path: Path):
    path = written("1.tsv", "md5 | size | urls", "12 | 1 | u")
    with pytest.raises(ManifestError, match="line 2, column 'md5': '12' is not an MD5 sum"):
        merge_manifests([path], tmp_path / "out.tsv")


def test_a_row_that_states_more_than_there_are_columns_for_loses_nothing(written, tmp_path: Path):
    path = written("1.csv", "md5,size,urls", f"{A},1,s3://b/1,s3://b/2")
    with pytest.raises(ManifestError, match="line 2: has 4 cells, and there are 3 columns"):
        merge_manifests([path], tmp_path / "out.csv")
    with pytest.raises(ManifestError, match="line 2: has 4 cells, and there are 3 columns"):
        compare_manifests(path, path, tmp_path / "out.csv", key="md5")
    assert not (tmp_path / "out.csv").exists()
    written("1.csv", "md5,size,urls", f"{A},1,s3://b/1,,")
    assert merge_manifests([path], tmp_path / "out.csv") == Merged(1, 1, 0)


# -- comparing


def test_rows_that_are_new_or_other(written, tmp_path: Path):
    first = written("1.tsv", "guid | size | acl", "a | 1 | [x, y]", "b | 2 | ", "c | 3 | ")
    second = written("2.tsv", "guid | size | acl", "d | 4 | ", "b | 9 | ", "a | 1 | ['y', 'x']", "c | 3 | ")
    assert compare_manifests(first, second, tmp_path / "out.tsv") == Difference(4, 1, 1)
    assert rows(tmp_path / "out.tsv") == [["guid", "size", "acl"], ["d", "4", ""], ["b", "9", ""]]


def test_several_rows_of_one_key_are_each_compared(written, tmp_path: Path):
    first = written("1.tsv", "guid | size", "a | 1", "a | 2", "a | 2")
    second = written("2.tsv", "guid | size", "a | 2", "a | 1", "a | 3")
    assert compare_manifests(first, first, tmp_path / "out.tsv") == Difference(3, 0, 0)
    assert compare_manifests(first, second, tmp_path / "out.tsv") == Difference(3, 0, 1)
    assert rows(tmp_path / "out.tsv")[1:] == [["a", "3"]]


def test_columns_that_one_has_alone(written, tmp_path: Path):
    first = written("1.csv", "id,x,size", "a,1,1", "b,1,2")
    second = written("2.csv", "size,id,y", "1,a,5", "3,b,5")
    with pytest.raises(ManifestError, match="the columns x, y are in one of them only"):
        compare_manifests(first, second, tmp_path / "out.csv", key="id")
    compare_manifests(first, second, tmp_path / "out.csv", key="id", further_columns=True)
    assert rows(tmp_path / "out.csv") == [["id", "size"], ["b", "3"]]


def test_the_documented_comparison_takes_two_by_their_names(written, tmp_path: Path):
    second = written("b.tsv", "id | n", "1 | y")
    first = written("a.tsv", "id | n", "1 | x")
    manifest_diff(tmp_path / "manifests", output_manifest=tmp_path / "out.tsv")
    assert rows(tmp_path / "out.tsv")[1:] == [["1", "y"]]
    manifest_diff(files=[second, first], output_manifest=tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[1:] == [["1", "y"]]


def test_an_output_in_the_folder_is_no_manifest_of_it_by_whatever_path(written, tmp_path: Path):
    written("a.tsv", "id | n", "1 | x")
    written("b.tsv", "id | n", "1 | y")
    output = tmp_path / "manifests" / ".." / "manifests" / "out.tsv"
    for _ in range(2):
        manifest_diff(tmp_path / "manifests", output_manifest=output)
    assert rows(output)[1:] == [["1", "y"]]


def test_what_cannot_be_compared(written, tmp_path: Path):
    first, second = written("a.tsv", "id | n", "1 | x"), written("b.csv", "id,n", "1,x")
    with pytest.raises(ValueError, match="have different extensions"):
        manifest_diff(files=[first, second])
    with pytest.raises(UsageError, match="Expected two manifests, got 1"):
        manifest_diff(files=[first])
    with pytest.raises(ManifestError, match="missing column 'guid'"):
        compare_manifests(first, first, tmp_path / "out.tsv")
