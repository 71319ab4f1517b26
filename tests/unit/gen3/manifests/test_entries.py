"""A row of a manifest for the index as an entry or as its fault, and what a record or a document differs in."""

import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.gen3.manifests.metadata import differing as differing_documents
from omicsdk.gen3.manifests.metadata import guid_in_row, metadata_in_row, value_of
from omicsdk.gen3.manifests.records import compared, differing
from omicsdk.gen3.manifests.rows import Entry, entries_of
from omicsdk.gen3.manifests.tables import Fault, NamedRow, table_of
from omicsdk_api.gen3.indexd.models import OutputInfo

MD5 = "1596f493ba9ec53023fca640fb69bd3b"
UUID = "11111111-1111-4111-8111-111111111111"
CONTENTS = [{"file_name": "a.txt", "size": 1, "hashes": {"md5": MD5}}]


@pytest.fixture
def entries(tmp_path: Path):
    def of(**cells: str) -> Entry | Fault:
        row = {"md5": MD5, "size": "3", "urls": "s3://b/1", **cells}
        path = tmp_path / "manifest.tsv"
        path.write_text("\t".join(row) + "\n" + "\t".join(row.values()) + "\n")
        with table_of(path) as table:
            (entry,) = entries_of(table)
        return entry

    return of


def test_an_entry_with_the_least_states_nothing_of_the_rest(entries):
    cells = {"md5": MD5, "size": "3", "urls": "s3://b/1"}
    assert entries() == Entry(2, cells, "", MD5, 3, ["s3://b/1"], None, None, None, "", False, None, {})


def test_an_entry_with_all_that_an_index_has(entries):
    entry = entries(
        guid=UUID, acl="[a b]", authz="/x /y", file_name="a.txt", prev_guid=f"dg.1/{UUID}", record_type="Package",
        package_contents=json.dumps(CONTENTS), colour="red",
    )  # fmt: skip
    assert (entry.guid, entry.acl, entry.authz, entry.file_name) == (UUID, ["a", "b"], ["/x", "/y"], "a.txt")
    assert (entry.prev_guid, entry.package, entry.contents) == (f"dg.1/{UUID}", True, CONTENTS)
    assert entry.more == {"colour": "red"}


def test_columns_of_several_clouds_are_the_urls_of_one_file(entries):
    assert entries(s3_path="s3://b/2", gs_path="gs://b/3").urls == ["s3://b/1", "s3://b/2", "gs://b/3"]
    entry = entries(size="", s3_file_size="3", gs_file_size="", md5sum="FZb0k7qexTAj/KZA+2m9Ow==", hash="")
    assert (entry.size, entry.md5) == (3, MD5)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"md5": "12"}, "is not an MD5 sum"),
        ({"size": "1 kB"}, "is not a size"),
        ({"urls": "s3://b/1 b/2"}, "is not a list of URLs"),
        ({"prev_guid": "the last"}, "is not a GUID"),
        ({"record_type": "folder"}, "is not a type of record"),
        ({"package_contents": json.dumps(CONTENTS)}, "is given for a record that is not a package"),
        ({"record_type": "object", "package_contents": "[]"}, "is given for a record that is not a package"),
        *(
            ({"record_type": "package", "package_contents": json.dumps(contents)}, "is not the contents of a package")
            for contents in ({}, ["a"], [{}], [{"file_name": ""}], [{"file_name": "a", "size": "1"}],
                             [{"file_name": "a", "hashes": []}], [{"file_name": "a", "hashes": {"md5": 1}}])
        ),
        ({"record_type": "package", "package_contents": "["}, "is not the contents of a package"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_a_fault_with_its_place(entries, cells: dict[str, str], reason: str):
    name, cell = list(cells.items())[-1]
    fault = entries(**cells)
    assert (fault.line, fault.column, fault.value, fault.reason) == (2, name, cell, reason)
    assert fault.remedy


@pytest.mark.parametrize(("name", "other", "reason"), [("size", "4", "size"), ("md5", "0" * 32, "MD5 sum")])
def test_columns_that_contradict_each_other_are_a_fault(entries, name: str, other: str, reason: str):
    fault = entries(**{{"size": "file_size", "md5": "md5sum"}[name]: other})
    assert (fault.line, fault.column, fault.value.split()[1]) == (2, name, other)
    assert fault.reason.endswith(reason)


def test_contents_without_sizes_and_hashes_are_contents(entries):
    assert entries(record_type="package", package_contents='[{"file_name": "a"}]').contents == [{"file_name": "a"}]


RECORD = OutputInfo.from_dict(
    {
        "did": UUID,
        "size": 3,
        "hashes": {"md5": MD5},
        "acl": ["a", "b"],
        "authz": [],
        "urls": ["s3://b/1"],
        "file_name": "",
    }
)


@pytest.mark.parametrize(
    ("expected", "differences"),
    [
        ({}, []),
        ({"file_size": 3, "md5": MD5, "acl": ["b", "a"], "authz": None, "urls": None, "file_name": ""}, []),
        ({"file_size": 4}, [("file_size", 4, 3)]),
        ({"md5": "0" * 32}, [("md5", "0" * 32, MD5)]),
        ({"acl": ["a"]}, [("acl", ["a"], ["a", "b"])]),
        ({"authz": ["/x"]}, [("authz", ["/x"], [])]),
        ({"file_name": "a.txt"}, [("file_name", "a.txt", "")]),
        ({"uploader": ""}, []),
        ({"uploader": "me"}, [("uploader", "me", None)]),
    ],
)
def test_what_a_record_differs_in(expected: dict[str, Any], differences: list[tuple[str, Any, Any]]):
    assert differing(RECORD, expected) == differences


def test_the_name_of_a_record_may_be_another():
    record = OutputInfo.from_dict(RECORD.to_dict() | {"file_name": "b.txt"})
    assert differing(record, {"file_name": "a.txt"}) == []


@pytest.mark.parametrize(
    ("guid", "differences", "result"),
    [
        (None, None, ("", "failed", "")),
        ("", [], ("", "failed", "")),
        ("g", None, ("g", "missing", "g|no_record|expected {'size': '3'}|actual None\n")),
        ("g", [], ("g", "right", "")),
        ("g", [("size", 3, 4)], ("g", "wrong", "g|size|expected 3|actual 4\n")),
    ],
)
def test_the_outcome_of_a_row_that_was_verified(guid: str | None, differences: Any, result: tuple[str, str, str]):
    outcome = compared(NamedRow(2, {"size": "3"}), guid, differences)
    assert (outcome.line, outcome.guid, outcome.state, outcome.text) == (2, *result)
    assert bool(outcome.error) is not bool(guid)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("a b ", "a b"), ('"a"', "a"), ("'a'", "a"), ("it''s", "it's"), ("5", 5), ("'[1]'", [1]), ("NaN", "NaN"), (5, 5),
        ("[" * 100_000, "[" * 100_000),
        ("5'", "5'"), ("3' RNA", "3' RNA"), ('5.25"', '5.25"'), ("'", "'"), ("\"'5'\"", "'5'"), ("'\"5\"'", 5),
    ],
)  # fmt: skip
def test_the_value_of_a_cell(cell: Any, value: Any):
    assert value_of(cell) == value


def test_a_row_names_its_guid_beside_its_metadata():
    assert guid_in_row({"guid": "", "GUID": "b"}) == "b"
    assert guid_in_row({"guid": "a"}) == "a"
    assert guid_in_row({"size": "3"}) is None
    assert metadata_in_row({"guid": "a", "GUID": "b", "Guid": "c"}) == {"Guid": "c"}


def test_what_a_document_differs_in():
    document = {"_guid_type": "x", "source": {"age": 5, "name": "a", "tags": "[1]"}, "text": "a"}
    assert differing_documents(document, "source", {"age": "5", "name": "a", "tags": "[1]"}) == []
    assert differing_documents(document, "source", {"age": "6", "sex": "f"}) == [
        ("source.age", 6, 5),
        ("source.sex", "f", None),
    ]
    for name in ("text", "other"):
        assert differing_documents(document, name, {"age": "5"}) == [(f"{name}.age", 5, None)]
