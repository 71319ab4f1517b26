"""The discovery page of a commons: reading, publishing, combining, deleting, on the sandbox's metadata service."""

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.compat.gen3.tools.metadata.discovery import (
    combine_discovery_metadata,
    get_discovery_metadata,
    output_expanded_discovery_metadata,
    publish_discovery_metadata,
    try_delete_discovery_guid,
)
from omicsdk.compat.gen3.tools.metadata.discovery_objects import (
    is_valid_object_manifest,
    output_discovery_objects,
    publish_discovery_object_metadata,
    try_delete_discovery_objects,
    try_delete_discovery_objects_from_dict,
)
from omicsdk.core import DecodeError, NotFound, SomeFailed, UsageError
from omicsdk.core.tables import line_of, rows_of
from omicsdk.gen3 import Gen3
from omicsdk.gen3.manifests import ManifestError
from omicsdk.gen3.manifests import discovery as table
from omicsdk.sandbox import Sandbox

STUDY = {
    "study": "A study\nof two lines",
    "year": "2024",
    "subjects": 12,
    "open": True,
    "mean": 1.5,
    "nothing": None,
    "list": ["a\tb", {"c": "d|e\\"}],
    "tags": [{"name": "RNA: long", "category": "Data"}, {"name": "x", "category": "y"}],
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def study(**shown: Any) -> dict[str, Any]:
    return get_discovery_metadata(shown)


# -- tables

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_is_read_is_what_was_written(value: Any):
    line = line_of(["g", table.cell_of(value)], "\t", **table.ESCAPED)
    ((_, cells),) = rows_of(io.StringIO(line, newline=""), "\t", **table.ESCAPED)
    assert table.read(cells[1]) == value


@pytest.mark.parametrize(
    "tag",
    [
        {"name": "n", "category": "c: of two parts"},
        {"name": "n", "category": "c", "color": "red"},
        {"name": "of\ntwo lines", "category": "c"},
        {"name": " n", "category": "c"},
        {"name": "", "category": '"'},
        {"name": 1, "category": "{"},
        {"category": "c"},
        "a text",
        '"',
    ],
)
def test_tags_that_are_no_category_and_name_are_kept(tag: Any):
    columns = table.columns_of([], 1)
    assert table.study_of(dict(zip(columns, table.cells_of("g", {"tags": [tag]}, columns), strict=True)))["tags"] == [
        tag
    ]


@pytest.mark.parametrize("cell", ["1e999", "[-1e999]", "NaN"])
def test_numbers_that_json_lacks_are_texts(cell: str):
    assert table.read(cell) == cell


def test_tags_without_a_category_are_reported():
    with pytest.raises(UsageError, match="'_tag_0': 'x' is a tag without a category"):
        table.study_of({"_tag_0": "x"})


# -- reading and publishing


def test_a_table_that_is_read_and_published_again_changes_nothing(auth, documents: Gen3Metadata, tmp_path: Path):
    documents.create("dg.TEST/b", study(**STUDY))
    documents.create("a", study(study="other", tags=[]))
    documents.create("c", {"_guid_type": "something else"})
    name = asyncio.run(output_expanded_discovery_metadata(auth))
    assert name == f"{auth.endpoint.removeprefix('http://').replace('.', '-').replace(':', '-')}-discovery_metadata.tsv"
    header, first, second = (tmp_path / name).read_text().splitlines()
    assert header.split("\t") == [
        "guid", "list", "mean", "nothing", "open", "study", "subjects", "year", "_tag_0", "_tag_1",
    ]  # fmt: skip
    assert (first.split("\t")[0], second.split("\t")[0]) == ("a", "dg.TEST/b")
    assert asyncio.run(publish_discovery_metadata(auth, name)) == {"updated": 2}
    assert documents.get("dg.TEST/b") == study(**STUDY)


def test_json_keeps_what_else_a_document_has(commons: Gen3, auth: Gen3Auth, documents: Gen3Metadata, tmp_path: Path):
    documents.create("a", {**study(**STUDY), "more": {"x": 1}})
    name = asyncio.run(output_expanded_discovery_metadata(auth, output_format="json", output_filename_suffix="s"))
    assert name.endswith("-discovery_metadata-s.json")
    assert json.loads((tmp_path / name).read_text()) == [{"guid": "a", "more": {"x": 1}, **study(**STUDY)}]
    documents.delete("a")
    assert commons.publish_discovery(name).counts == {"created": 1}
    assert documents.get("a") == {**study(**STUDY), "more": {"x": 1}}


def test_all_pages_up_to_the_limit(commons: Gen3, documents: Gen3Metadata, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("omicsdk.gen3.metadata_documents.PAGE", 3)
    documents.batch_create([{"guid": f"g{number}", "data": study(n=number)} for number in range(8)])
    more: list[int] = []
    for limit, call_count in ((None, 0), (8, 0), (9, 0), (7, 1), (6, 1), (5, 1)):
        count = commons.read_discovery(
            tmp_path / "some.tsv", limit=limit, on_more=lambda limit=limit: more.append(limit)
        )
        assert (count, len(more)) == (min(limit or 8, 8), call_count), limit
        more.clear()
    assert commons.read_discovery(tmp_path / "some.json", limit=5, output_format="json") == 5
    assert commons.read_discovery(tmp_path / "none.json", guid_type="x", output_format="json") == 0
    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_a_commons_that_gives_shorter_pages_than_it_is_requested(auth: Gen3Auth, documents, tmp_path):
    documents.batch_create([{"guid": f"g{number}", "data": study(n=number)} for number in range(8)])
    with httpx.HTTPTransport() as network:

        def shorter(request: httpx.Request) -> httpx.Response:
            url = request.url.copy_set_param("limit", min(int(request.url.params["limit"]), 3))
            return network.handle_request(httpx.Request(request.method, url, headers=request.headers))

        with Gen3(credentials=auth, transport=httpx.MockTransport(shorter)) as commons:
            assert commons.read_discovery(tmp_path / "all.tsv") == 8


def test_studies_that_the_commons_gathers_of_others(commons: Gen3, sandbox: Sandbox, tmp_path: Path):
    sandbox.gen3.metadata.aggregate.put("Bears", {"b/1": study(name="bear")})
    sandbox.gen3.metadata.aggregate.put("Cats", {f"c{number}": study(name=f"cat {number}") for number in range(3)})
    assert commons.read_discovery(tmp_path / "all.tsv", aggregate=True) == 4
    assert (tmp_path / "all.tsv").read_text().splitlines()[:2] == ["guid\tname", "b/1\tbear"]
    more: list[int] = []
    assert commons.read_discovery(tmp_path / "two.tsv", aggregate=True, limit=2, on_more=lambda: more.append(2)) == 2
    assert more == [2]


@pytest.mark.parametrize("begin", [0, 3])
def test_a_failing_search_of_gathered_studies_is_not_their_end(
    auth: Gen3Auth, sandbox: Sandbox, tmp_path: Path, begin: int
):
    """The service responds with 200 and an empty object when its Elasticsearch fails, as it does beyond 10,000 documents."""
    sandbox.gen3.metadata.aggregate.put("Cats", {f"c{number}": study(name=f"cat {number}") for number in range(3)})
    with httpx.HTTPTransport() as network:

        def failing(request: httpx.Request) -> httpx.Response:
            fails = int(request.url.params.get("offset", 0)) >= begin
            return httpx.Response(200, json={}) if fails else network.handle_request(request)

        with (
            Gen3(credentials=auth, transport=httpx.MockTransport(failing)) as commons,
            pytest.raises(DecodeError, match="results"),
        ):
            commons.read_discovery(tmp_path / "all.tsv", aggregate=True)


def test_documented_functions_log_what_a_limit_left_out(auth: Gen3Auth, documents: Gen3Metadata, caplog):
    shown = study(objects=[{"guid": "o"}])
    documents.batch_create([{"guid": f"g{number}", "data": shown} for number in range(3)])
    asyncio.run(output_expanded_discovery_metadata(auth, limit=3))
    assert caplog.text == ""
    asyncio.run(output_expanded_discovery_metadata(auth, limit=2))
    assert "there are more documents than 2" in caplog.text
    assert len(asyncio.run(output_discovery_objects(auth, limit=2, only_object_guids=True))) == 2
    assert "there are more studies than 2" in caplog.text
    named = asyncio.run(output_discovery_objects(auth, ["g2", "none"], limit=1, only_object_guids=True))
    assert [entry["dataset_guid"] for entry in named] == ["g2"]
    assert "unknown study none" in caplog.text


def test_rows_that_cannot_be_published_are_reported(auth: Gen3Auth, documents: Gen3Metadata, tmp_path: Path):
    path = tmp_path / "m.tsv"
    path.write_text("guid\tname\t_tag_0\n\tnobody\t\na\tone\tbroken\nb\ttwo\tk: v\n")
    message = r"1 of 3 rows could not be published: line 3: .*'broken' is a tag without"
    with pytest.raises(SomeFailed, match=message) as caught:
        asyncio.run(publish_discovery_metadata(auth, path))
    assert str(caught.value).count("line 3") == 1
    assert documents.get("b") == study(name="two", tags=[{"name": "v", "category": "k"}])


def test_each_row_of_a_guid_counts_and_the_last_one_is_published(
    commons: Gen3, documents: Gen3Metadata, tmp_path: Path
):
    (tmp_path / "d.tsv").write_text("guid\tx\na\t1\nb\t2\na\t3\n")
    assert commons.publish_discovery("d.tsv").counts == {"created": 3}
    assert documents.get("a") == study(x=3)


def test_a_study_that_is_no_json_does_not_stop_the_others(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    (tmp_path / "d.json").write_text('[{"guid": "a", "x": 1e999}, {"guid": "b", "x": 2}]')
    published = commons.publish_discovery("d.json")
    assert published.counts == {"created": 1}
    assert "x is inf" in published.failures[1]
    assert documents.get("b") == study(x=2)


def test_a_row_with_more_cells_than_columns_is_reported(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    path = tmp_path / "d.csv"
    path.write_text("guid,title,year\na,Cells, and more,2020\n")
    with pytest.raises(ManifestError, match="line 2: has 4 cells, and there are 3 columns"):
        commons.publish_discovery(path)
    with pytest.raises(NotFound):
        documents.get("a")


def test_guids_by_another_column_and_without_empty_values(auth: Gen3Auth, documents: Gen3Metadata, tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text('id,name,note\nx1,"one, two",\n')
    asyncio.run(publish_discovery_metadata(auth, path, guid_field="id", omit_empty_values=True, guid_type="mine"))
    assert documents.get("x1") == {"_guid_type": "mine", "gen3_discovery": {"id": "x1", "name": "one, two"}}


def test_guids_that_are_one_number_are_of_two_studies(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    path = tmp_path / "m.tsv"
    path.write_text("id\tn\n1.10\t1\n1.1\t2\n12e5\t3\ntrue\t4\n7\t5\nnull\t6\n")
    assert commons.publish_discovery(path, guid_field="id").counts == {"created": 5, "skipped": 1}
    for number, guid in enumerate(["1.10", "1.1", "12e5", "true"], 1):
        assert documents.get(guid) == study(id=guid, n=number)
    assert documents.get("7") == study(id=7, n=5)


@pytest.mark.parametrize(
    ("how", "registered", "new"),
    [
        ({}, {"_guid_type": "discovery_metadata", "gen3_discovery": {"n": 2, "kept": 1}}, "unregistered_"),
        ({"update_registered_metadata": False}, study(n=1, kept=1), "unregistered_"),
        (
            {"reset_unregistered_metadata": True},
            {"_guid_type": "unregistered_discovery_metadata", "gen3_discovery": {"n": 2}},
            "unregistered_",
        ),
    ],
)
def test_studies_that_are_not_registered(how, registered, new: str, auth, documents: Gen3Metadata, tmp_path: Path):
    documents.create("old", study(n=1, kept=1))
    path = tmp_path / "m.tsv"
    path.write_text("guid\tn\nold\t2\nnew\t3\n")
    asyncio.run(publish_discovery_metadata(auth, path, is_unregistered_metadata=True, **how))
    assert documents.get("old") == registered
    assert documents.get("new")["_guid_type"] == f"{new}discovery_metadata"


def test_files_that_cannot_be_published(commons: Gen3, auth: Gen3Auth, tmp_path: Path):
    with pytest.raises(UsageError, match=r"not a \.tsv, \.csv or \.json file"):
        commons.publish_discovery("m.xlsx")
    (tmp_path / "m.json").write_text("{}")
    with pytest.raises(ManifestError, match="is not a JSON list"):
        commons.publish_discovery(tmp_path / "m.json")
    with pytest.raises(UsageError, match="Unknown format"):
        asyncio.run(output_expanded_discovery_metadata(auth, output_format="xml"))


def test_a_document_is_deleted_unless_it_is_something_else(auth: Gen3Auth, documents: Gen3Metadata):
    documents.create("a", study(n=1))
    documents.create("b", {"_guid_type": "other"})
    assert [try_delete_discovery_guid(auth, guid) for guid in ("a", "b", "none")] == [True, False, False]
    with pytest.raises(NotFound):
        documents.get("a")
    assert documents.get("b")


# -- combining


def combined(tmp_path: Path, exact: bool, prefix: str = "") -> list[dict[str, str]]:
    (tmp_path / "d.tsv").write_text("guid\tid\tname\ng1\tphs1.v1\tone\ng2\tphs2.v1\ttwo\ng3\tx\tthree\n")
    (tmp_path / "m.csv").write_text('study,note\nphs2.v1,"n, 2"\nphs1,n1\n,empty\nphs9,n9\n')
    name = combine_discovery_metadata(
        tmp_path / "d.tsv", tmp_path / "m.csv", "id", "study", str(tmp_path / "o.tsv"), prefix, exact
    )
    with Path(name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_columns_of_another_table_are_added(tmp_path: Path):
    rows = combined(tmp_path, exact=False, prefix="DBGAP_")
    assert list(rows[0]) == ["guid", "id", "name", "DBGAP_study", "DBGAP_note"]
    assert [(row["guid"], row["DBGAP_note"]) for row in rows] == [("g1", "n1"), ("g2", "n, 2")]
    assert [row["guid"] for row in combined(tmp_path, exact=True)] == ["g2"]


def test_a_study_keeps_its_guid_whatever_the_other_table_has(tmp_path: Path):
    (tmp_path / "d.tsv").write_text("guid\tname\ndg.TEST/123\tone\n")
    (tmp_path / "m.tsv").write_text("guid\tnote\tyear\n123\t$\\nu$ of C:\\new\t2024\n")
    table.combine_discovery("d.tsv", "m.tsv", "guid", "guid", "o.tsv")
    (row,) = table.studies_of("o.tsv")
    assert isinstance(row, table.Study)
    assert row.visible == {"guid": "dg.TEST/123", "name": "one", "note": r"$\nu$ of C:\new", "year": 2024}


@pytest.mark.parametrize("output", ["o.tsv", "o.csv"])
def test_studies_that_were_combined_are_the_same(output: str, tmp_path: Path):
    columns = table.columns_of([name for name in STUDY if name != "tags"], 2)
    with (tmp_path / "d.tsv").open("w", newline="") as file:
        file.writelines(line_of(row, "\t", **table.ESCAPED) for row in (columns, table.cells_of("g", STUDY, columns)))
    (tmp_path / "m.csv").write_text("id,note\ng,hello\n")
    table.combine_discovery("d.tsv", "m.csv", "guid", "id", output)
    (row,) = table.studies_of(output)
    assert isinstance(row, table.Study)
    assert row.visible == {**STUDY, "guid": "g", "id": "g", "note": "hello"}


def test_columns_to_combine_by_must_be_there(tmp_path: Path):
    (tmp_path / "d.tsv").write_text("guid\tid\ng1\t1\n")
    with pytest.raises(ManifestError, match="missing column 'x'"):
        combine_discovery_metadata(tmp_path / "d.tsv", tmp_path / "d.tsv", "x", "id", str(tmp_path / "o.tsv"))
    with pytest.raises(ManifestError, match="missing column 'x'"):
        combine_discovery_metadata(tmp_path / "d.tsv", tmp_path / "d.tsv", "id", "x", str(tmp_path / "o.tsv"))


# -- data objects


def test_data_objects_are_published_read_and_deleted(auth: Gen3Auth, documents: Gen3Metadata, tmp_path: Path):
    documents.create("s1", study(name="kept", objects=[{"guid": "o1", "display_name": "old"}]))
    path = tmp_path / "objects.tsv"
    path.write_text("dataset_guid\tguid\tdisplay_name\tdescription\ns1\to1\tnew\td\ns1\to2\ttwo\t\ns2\to3\tthree\t\n")
    assert asyncio.run(publish_discovery_object_metadata(auth, path)) == {"updated": 1, "created": 1}
    assert documents.get("s1")["gen3_discovery"]["name"] == "kept"
    objects = asyncio.run(output_discovery_objects(auth, ["s1"], only_object_guids=True))
    assert [(entry["dataset_guid"], entry["guid"], entry["display_name"]) for entry in objects] == [
        ("s1", "o1", "new"),
        ("s1", "o2", "two"),
    ]
    name = asyncio.run(output_discovery_objects(auth))
    assert sorted((tmp_path / str(name)).read_text().splitlines()) == sorted(path.read_text().splitlines())
    as_json = json.loads(
        (tmp_path / str(asyncio.run(output_discovery_objects(auth, output_format="json")))).read_text()
    )
    assert {entry["guid"] for entry in as_json} == {"o1", "o2", "o3"}

    asyncio.run(publish_discovery_object_metadata(auth, path, overwrite=True))
    try_delete_discovery_objects_from_dict(auth, {"s1": {"o1"}, "none": {"x"}})
    assert [entry["guid"] for entry in documents.get("s1")["gen3_discovery"]["objects"]] == ["o2"]
    try_delete_discovery_objects(auth, ("s1", "s2"))
    assert documents.get("s1")["gen3_discovery"] == {"name": "kept", "objects": []}


def test_data_objects_that_are_read_and_published_again_are_the_same(
    commons: Gen3, documents: Gen3Metadata, tmp_path: Path
):
    data_object = {"guid": "12", "display_name": "of\ntwo lines", "type": "1", "size": 7, "year": "2024", "list": ["a"]}
    documents.create("2024", study(objects=[data_object]))
    table.write_objects(commons.discovery_objects(), "o.tsv", "tsv")
    assert commons.publish_discovery_objects("o.tsv", overwrite=True).counts == {"updated": 1}
    assert documents.get("2024") == study(objects=[data_object])


def test_texts_of_data_objects_are_no_numbers(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    (tmp_path / "o.tsv").write_text("dataset_guid\tguid\tdisplay_name\tdescription\n1\t2\t3\t4\n")
    commons.publish_discovery_objects("o.tsv")
    assert documents.get("1") == study(objects=[{"guid": "2", "display_name": "3", "description": "4"}])


def test_data_objects_without_a_guid_stay(commons: Gen3, documents: Gen3Metadata, tmp_path: Path):
    kept: list[Any] = [{"display_name": "a"}, {"display_name": "b"}, {"guid": "o0", "display_name": "c"}]
    documents.create("s1", study(objects=[*kept, {"guid": "o1", "display_name": "old"}]))
    path = tmp_path / "objects.tsv"
    path.write_text("dataset_guid\tguid\tdisplay_name\ns1\to1\tnew\n")
    commons.publish_discovery_objects(path)
    objects = documents.get("s1")["gen3_discovery"]["objects"]
    assert objects == [*kept, {"guid": "o1", "display_name": "new"}]


def test_a_data_object_whose_guid_is_a_number_is_deleted_as_it_is_replaced(commons: Gen3, documents: Gen3Metadata):
    documents.create("s", study(objects=[{"guid": 7, "display_name": "x"}, {"display_name": "no GUID"}]))
    assert commons.delete_discovery_objects({"s": "7"}) == {"s": 1}
    assert documents.get("s") == study(objects=[{"display_name": "no GUID"}])


def test_a_table_of_data_objects_has_its_columns(auth: Gen3Auth, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    template = str(asyncio.run(output_discovery_objects(auth, template=True)))
    assert template.endswith("-discovery_objects-TEMPLATE.tsv")
    assert (tmp_path / template).read_text() == "dataset_guid\tguid\tdisplay_name\tdescription\ttype\n"
    assert is_valid_object_manifest(tmp_path / template)
    path = tmp_path / "m.tsv"
    path.write_text("guid\tdisplay_name\n")
    assert not is_valid_object_manifest(path)
    assert "has no column dataset_guid" in caplog.text
    with pytest.raises(ManifestError, match="missing column 'dataset_guid'"):
        asyncio.run(publish_discovery_object_metadata(auth, path))
    path.write_text("dataset_guid\tguid\tdisplay_name\ns\t\tx\n")
    with pytest.raises(ManifestError, match="line 2, column 'guid': '' is empty"):
        asyncio.run(publish_discovery_object_metadata(auth, path))
