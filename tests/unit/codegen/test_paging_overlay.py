"""The overlay of recognised paging: valid as it stands, and without effect on what is certain."""

import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk_codegen.generate import Planned, plan_package
from omicsdk_codegen.load import load
from omicsdk_codegen.paging_overlay import PagingOverlay, paging_overlay

PAGE = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "string"}}, "next_cursor": {"type": "string"}},
}


def listing(parameter: str, kind: str = "string") -> dict[str, Any]:
    response = {"description": "", "content": {"application/json": {"schema": PAGE}}}
    return {
        "get": {
            "parameters": [{"name": parameter, "in": "query", "schema": {"type": kind}}],
            "responses": {"200": response},
        }
    }


def planned(folder: Path, paths: dict[str, Any], *overlays: str, **root: Any) -> Planned:
    data = {"openapi": "3.1.0", "info": {"title": 'A "B": {c}', "version": "1"}, "paths": paths, **root}
    spec = folder / "spec.json"
    spec.write_text(json.dumps(data))
    written: list[Path] = []
    for number, text in enumerate(overlays):
        written.append(folder / f"overlay{number}.yaml")
        written[-1].write_text(text, encoding="utf-8")
    return plan_package(spec, written, "client")


def paging(result: Planned) -> dict[str, Any]:
    return {draft.operation.path: draft.pages for draft in result.package.drafts}


CERTAIN, UNCERTAIN = listing("cursor"), listing("page", "integer")


def test_generating_with_it_gives_the_same_pages(tmp_path: Path) -> None:
    paths = {"/a": CERTAIN, "/b/{c}": CERTAIN, "/d": UNCERTAIN, "/e": {"get": {"responses": {}}}}
    before = planned(tmp_path, paths)
    overlay = paging_overlay(before)
    assert (overlay.certain, overlay.uncertain) == (2, 1)
    after = planned(tmp_path, paths, overlay.text)
    pages = paging(after)
    assert [path for path, setting in pages.items() if setting is not None] == ["/a", "/b/{c}"]
    for path, setting in pages.items():
        assert (setting is None) == (paging(before)[path] is None)
    assert [draft.recognition and draft.recognition.certain for draft in after.package.drafts] == [
        None,
        None,
        False,
        None,
    ]


def test_it_is_the_same_each_time_and_adds_nothing_to_itself(tmp_path: Path) -> None:
    paths = {"/a": CERTAIN, "/d": UNCERTAIN}
    text = paging_overlay(planned(tmp_path, paths)).text
    assert paging_overlay(planned(tmp_path, paths)).text == text
    again = paging_overlay(planned(tmp_path, paths, text))
    assert (again.certain, again.uncertain) == (0, 1)
    assert paging(planned(tmp_path, paths, text, again.text)) == paging(planned(tmp_path, paths, text)), (
        "valid without actions"
    )


def test_it_names_no_folder(tmp_path: Path) -> None:
    result = planned(tmp_path, {"/a": CERTAIN})
    assert str(tmp_path) not in paging_overlay(result).text
    assert [str(tmp_path) in note.after for note in result.report.notes] == [False]


def test_uncertain_actions_are_complete_without_their_marks(tmp_path: Path) -> None:
    paths = {"/a": CERTAIN, "/d": UNCERTAIN}
    for items in (paths, {"/d": UNCERTAIN}):
        text = paging_overlay(planned(tmp_path, items)).text
        assert "# By a page's number: uncertain: the number of all pages is not stated;" in text
        unmarked = "\n".join(line[1:] if line.startswith(("#-", "#  ")) else line for line in text.splitlines())
        assert all(pages is not None for pages in paging(planned(tmp_path, items, unmarked)).values())


@pytest.mark.parametrize("path", ["/it's", '/"quoted"', "/back\\slash", "/{id:[0-9]+}", "/ü/:id", "/#"])
@pytest.mark.parametrize("parameter", ["page[cursor]", "$cursor", "cursor"])
def test_every_path_and_parameter_is_spelled_so_that_it_is_found(tmp_path: Path, path: str, parameter: str) -> None:
    item = listing(parameter)
    properties = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    next_name = "next_page_cursor" if "page" in parameter else "next_cursor"
    item["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {
        **properties, "properties": {"items": properties["properties"]["items"], next_name: {"type": "string"}},
    }  # fmt: skip
    overlay = paging_overlay(planned(tmp_path, {path: item}))
    assert overlay.certain == 1
    assert [pages is not None for pages in paging(planned(tmp_path, {path: item}, overlay.text)).values()] == [True]
    (tmp_path / "it.yaml").write_text(overlay.text, encoding="utf-8")
    assert load(tmp_path / "it.yaml").data == overlay.data, "the data are those of the text"


def test_operations_of_one_path_item_are_stated_once(tmp_path: Path) -> None:
    shared: dict[str, Any] = {"$ref": "#/components/pathItems/Listing"}
    components = {"pathItems": {"Listing": CERTAIN}}
    before = planned(tmp_path, {"/a": shared, "/b": shared}, components=components)
    overlay = paging_overlay(before)
    assert overlay.certain == 1
    after = planned(tmp_path, {"/a": shared, "/b": shared}, overlay.text, components=components)
    assert all(pages is not None for pages in paging(after).values())


def test_operations_of_other_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "listing.json").write_text(json.dumps(CERTAIN))
    overlay: PagingOverlay = paging_overlay(planned(tmp_path, {"/a": {"$ref": "listing.json"}}))
    assert (overlay.certain, overlay.uncertain) == (0, 0)
    assert "# Its operation is in another file: state it by an overlay that `extends` that file." in overlay.text
    planned(tmp_path, {"/a": {"$ref": "listing.json"}}, overlay.text)


def test_a_swagger_document_gets_one_too(tmp_path: Path) -> None:
    operation = {
        "parameters": [{"name": "cursor", "in": "query", "type": "string"}],
        "responses": {"200": {"schema": PAGE}},
    }
    data = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "basePath": "/v1",
        "paths": {"/a": {"get": operation}},
    }
    (tmp_path / "spec.json").write_text(json.dumps(data))
    overlay = paging_overlay(plan_package(tmp_path / "spec.json", [], "client"))
    (tmp_path / "overlay.yaml").write_text(overlay.text)
    (draft,) = plan_package(tmp_path / "spec.json", [tmp_path / "overlay.yaml"], "client").package.drafts
    assert draft.pages is not None
    assert draft.recognition is None
