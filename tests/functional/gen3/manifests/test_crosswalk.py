"""Crosswalks: published, merged with what a commons knows, read, verified and deleted, on the sandbox's services."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.tools.metadata.crosswalk import (
    delete_crosswalk_metadata,
    publish_crosswalk_metadata,
    read_crosswalk_metadata,
    try_delete_crosswalk_guid,
    verify_crosswalk_metadata,
)
from omicsdk.core import SomeFailed
from omicsdk.gen3 import Gen3
from omicsdk.gen3.manifests import ManifestError, Missing

A, B, C = "https://a.example.org", "https://b.example.org", "https://c.example.org"
HEADER = f"{A}|guid|Subject ID,{B} | dbgap | id\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "c.csv") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def subjects(documents: Gen3Metadata) -> dict[str, Any]:
    return documents.query("_guid_type=subject", return_full_metadata=True, limit=100)


def test_subjects_are_made_and_known_by_each_name(auth: Gen3Auth, documents: Gen3Metadata, written):
    path = written(HEADER + "A01,phs1\nA02,\n,\n")
    info = written(f"commons_url,identifier_name,description\n{A},Subject ID,what A says\n", "i.csv")
    made = asyncio.run(publish_crosswalk_metadata(auth, path, info, mapping_methodologies=["by hand"]))
    assert made == {"created": 2}
    assert documents.get("phs1") == documents.get("A01") == {
        "_guid_type": "subject",
        "crosswalk": {
            "subject": {
                A: {"Subject ID": {"value": "A01", "type": "guid", "description": "what A says"}},
                B: {"id": {"value": "phs1", "type": "dbgap"}},
                "mapping_methodologies": ["by hand"],
            }
        },
    }  # fmt: skip
    assert len(subjects(documents)) == 2


def test_a_subject_that_is_known_gets_further_names(auth: Gen3Auth, documents: Gen3Metadata, written):
    asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1\n"), mapping_methodologies=["x"]))
    ((guid, document),) = subjects(documents).items()
    documents.update(guid, {"other": 1}, merge=True)
    path = written(f"{B}|dbgap|id\t{C}|guid|c\nphs1\tC1\nphs2\tC2\nphs1\tC1\n", "d.tsv")
    assert asyncio.run(publish_crosswalk_metadata(auth, path, mapping_methodologies=["y"])) == {
        "updated": 2,
        "created": 1,
    }
    assert len(subjects(documents)) == 2
    changed = documents.get(guid)
    assert changed["other"] == 1
    assert changed["crosswalk"]["subject"] == {
        **document["crosswalk"]["subject"],
        C: {"c": {"value": "C1", "type": "guid"}},
        "mapping_methodologies": ["x", "y"],
    }
    assert sorted(documents.get_aliases(guid)["aliases"]) == ["A01", "C1", "phs1"]


def test_names_of_two_subjects_are_reported(auth: Gen3Auth, documents: Gen3Metadata, written):
    asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1\nA02,phs2\n")))
    with pytest.raises(
        SomeFailed, match="1 of 2 rows could not be published: line 2: its names are those of 2 subjects"
    ):
        asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs2\nA03,phs3\n")))
    assert documents.get("A03")


def test_a_second_name_of_a_subject_in_one_column_is_reported(commons: Gen3, documents: Gen3Metadata, written):
    header = HEADER.replace("\n", f",{A}|mrn|Subject ID\n")
    published = commons.publish_crosswalk(written(f"{header}A01,phs1,\nA01,phs2,\nA02,,A03\nA01,phs1,\n,phs4,A04\n"))
    assert published.counts == {"created": 3}
    assert {line: reason.partition(" in ")[2] for line, reason in published.failures.items()} == {
        3: f"{B}|dbgap|id: phs1 (line 2) and phs2. Keep one of them",
        4: f"{A}|mrn|Subject ID: A02 (line 4) and A03. Keep one of them",
    }
    assert documents.get("A01")["crosswalk"]["subject"][B]["id"]["value"] == "phs1"
    assert commons.publish_crosswalk(written(HEADER + "A01,phs2\n")).counts == {"updated": 1}


def test_what_is_read_can_be_published_again(auth: Gen3Auth, documents: Gen3Metadata, written, tmp_path: Path):
    path = written(HEADER + 'A01,"phs1, v2"\nA02,\n')
    info = written(f"commons_url,identifier_name,description\n{B},id,d\n", "i.csv")
    asyncio.run(publish_crosswalk_metadata(auth, path, info))
    asyncio.run(read_crosswalk_metadata(auth, tmp_path / "out.csv"))
    header, *rows = (tmp_path / "out.csv").read_text().splitlines()
    assert header == f"{A}|guid|Subject ID,{B}|dbgap|id"
    assert sorted(rows) == ['A01,"phs1, v2"', "A02,"]
    assert (tmp_path / "out_info.csv").read_text().splitlines()[1:] == [f"{A},Subject ID,", f"{B},id,d"]
    before = subjects(documents)
    again = asyncio.run(publish_crosswalk_metadata(auth, tmp_path / "out.csv", tmp_path / "out_info.csv"))
    assert (again, subjects(documents)) == ({"updated": 2}, before)


def test_a_description_that_only_some_subjects_state_is_read(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    for guid, stated in (("g1", {}), ("g2", {"description": "what A says"}), ("g3", {})):
        names = {A: {"id": {"value": guid, "type": "guid", **stated}}}
        documents.create(guid, {"_guid_type": "subject", "crosswalk": {"subject": names}})
    commons.read_crosswalk(tmp_path / "out.csv")
    assert (tmp_path / "out_info.csv").read_text().splitlines()[1:] == [f"{A},id,what A says"]


def test_names_that_are_not_known_are_reported(auth: Gen3Auth, written):
    asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1\nA02,phs2\n")))
    assert asyncio.run(verify_crosswalk_metadata(auth, written(HEADER + "A01,phs1\n"))) == []
    first, second = asyncio.run(verify_crosswalk_metadata(auth, written(HEADER + "A01,phs9\nA01,phs2\n")))
    assert first == Missing(2, f"{B}|dbgap|id", "phs9", "is not known")
    assert (second.line, second.value) == (3, "phs2")


def test_a_name_that_two_subjects_have_is_taken_from_both(commons: Gen3, documents: Gen3Metadata, written):
    names = {A: {"Subject ID": {"value": "A01", "type": "guid"}}}
    for guid in ("g1", "g2"):
        documents.create(guid, {"_guid_type": "subject", "crosswalk": {"subject": names}})
    path = written(HEADER + "A01,\n")
    assert commons.publish_crosswalk(path).failures[2].startswith("its names are those of 2 subjects, g1, g2")
    assert commons.delete_crosswalk(path).counts == {"deleted": 2}
    assert subjects(documents) == {}


def test_names_are_taken_away(auth: Gen3Auth, documents: Gen3Metadata, written):
    asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1\nA02,phs2\n")))
    with_more = next(guid for guid in subjects(documents) if "A02" in documents.get_aliases(guid)["aliases"])
    documents.update(with_more, {"other": 1}, merge=True)
    assert asyncio.run(delete_crosswalk_metadata(auth, written(HEADER + "A01,\n"))) == {"updated": 1}
    assert list(documents.get("phs1")["crosswalk"]["subject"]) == [B, "mapping_methodologies"]
    path = written(HEADER + "A01,phs1\nA02,phs2\nA03,\n")
    assert asyncio.run(delete_crosswalk_metadata(auth, path)) == {"deleted": 1, "updated": 1, "unknown": 1}
    assert subjects(documents) == {with_more: {"_guid_type": "subject", "other": 1}}


def test_a_subjects_document_is_deleted(auth: Gen3Auth, documents: Gen3Metadata, written):
    asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1\n")))
    documents.create("other", {"_guid_type": "other"})
    (guid,) = subjects(documents)
    assert [try_delete_crosswalk_guid(auth, identifier) for identifier in (guid, guid, "other")] == [True, False, False]
    assert subjects(documents) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{A}|guid|id\n", "expected at least 2 columns, got 1"),
        (f"{A}|guid|id,{B}|x\n", "line 1: 'https://b.example.org|x' is not the name of a column"),
        (f"{A}|guid|id,{B}||x\n", "is not the name of a column"),
    ],
)
def test_columns_must_be_those_of_a_crosswalk(text: str, message: str, auth: Gen3Auth, written):
    with pytest.raises(ManifestError) as caught:
        asyncio.run(publish_crosswalk_metadata(auth, written(text)))
    assert message in str(caught.value)


def test_rows_with_more_cells_than_columns_are_reported(auth: Gen3Auth, documents: Gen3Metadata, written):
    path = written(HEADER + "A01,phs1\n")
    info = written(f"commons_url,identifier_name,description\n{A},Subject ID,one, two\n", "i.csv")
    with pytest.raises(ManifestError, match="line 2: has 4 cells, and there are 3 columns"):
        asyncio.run(publish_crosswalk_metadata(auth, path, info))
    with pytest.raises(ManifestError, match="line 2: has 3 cells, and there are 2 columns"):
        asyncio.run(publish_crosswalk_metadata(auth, written(HEADER + "A01,phs1,phs2\n")))
    assert subjects(documents) == {}


def test_columns_of_descriptions(auth: Gen3Auth, written):
    with pytest.raises(ManifestError, match="Use the columns commons_url, identifier_name, description"):
        asyncio.run(publish_crosswalk_metadata(auth, written(HEADER), written("a,b\n", "i.csv")))
