"""Sheepdog's document: corrected where a client would lose data or be refused."""

from typing import Any

import pytest

SERVICE = "gen3/sheepdog"


def parameters(spec: Any, name: str) -> dict[str, dict[str, Any]]:
    shared = spec.corrected["parameters"]
    listed = (shared.get(p.get("$ref", "").rpartition("/")[2], p) for p in spec.operation(name).get("parameters", []))
    return {parameter["name"]: parameter for parameter in listed}


def test_the_parts_of_every_path_are_its_parameters(spec: Any) -> None:
    for name, place in spec.names().items():
        parts = {part.strip("<>").rpartition(":")[2] for part in place.partition("#")[0].split("/") if "<" in part}
        stated = {key for key, parameter in parameters(spec, name).items() if parameter["in"] == "path"}
        assert stated == parts, name


def test_nothing_promises_to_mark_what_is_deleted(spec: Any) -> None:
    assert "to_delete" not in parameters(spec, "delete_records")
    assert "to_delete" not in parameters(spec, "try_delete_records")
    assert parameters(spec, "mark_records")["to_delete"]["in"] == "path"


@pytest.mark.parametrize(
    ("name", "media_type"), [("submit_tsv", "text/tab-separated-values"), ("submit_csv", "text/csv")]
)
def test_tables_go_where_entities_go(spec: Any, name: str, media_type: str) -> None:
    assert spec.names()[name].partition("#")[0] == spec.names()["submit_record"]
    assert spec.operation(name)["consumes"] == [media_type]


def test_a_submission_is_a_list_and_returns_its_transaction(spec: Any) -> None:
    for name in ("submit_record", "create_record", "try_submit_record", "try_create_record"):
        assert parameters(spec, name)["body"]["schema"]["type"] == "array"
        status = "201" if name == "create_record" else "200"
        ok = {code: response for code, response in spec.operation(name)["responses"].items() if code.startswith("2")}
        assert set(ok) == {status}
        assert ok[status]["schema"] == {"$ref": "#/definitions/Transaction"}


def test_what_is_open_streamed_and_hidden(spec: Any) -> None:
    assert set(spec.wishes("security")) == {
        "get_status",
        "get_version",
        "get_dictionary",
        "get_dictionary_node",
        "get_template",
        "get_templates",
        "get_project_template",
        "get_project_templates",
        "validate_upload_manifest",
    }
    assert set(spec.wishes("x-omics-stream")) == {"export", "export_by_body"}
    assert all(name.startswith(("post_", "put_", "patch_")) for name in spec.wishes("x-omics-hidden"))
