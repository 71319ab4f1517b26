"""Peregrine's document: served where a commons has it."""

from typing import Any

SERVICE = "gen3/peregrine"


def test_moved_operations_are_the_published_ones(spec: Any) -> None:
    """The overlay repeats them under other paths; what they take and return is in parts that both share."""
    published = {op["summary"]: op for item in spec.published["paths"].values() for op in item.values()}
    for _, _, operation in spec.operations():
        before = published[operation["summary"]]
        assert operation["responses"] == before["responses"]
        assert operation.get("requestBody") == before.get("requestBody")


def test_a_query_takes_its_variables_as_an_object(spec: Any) -> None:
    body = spec.corrected["components"]["schemas"]["QueryInputInfo"]
    assert body["required"] == ["query"]
    assert body["properties"]["variables"]["type"] == "object"


def test_a_file_is_named_with_its_slashes_and_described_in_one_form(spec: Any) -> None:
    parameters = spec.corrected["components"]["parameters"]
    assert parameters["ObjectId"]["x-omics-raw-path"] is True
    assert spec.operation("get_core_metadata")["parameters"] == [{"$ref": "#/components/parameters/ObjectId"}]
    assert set(spec.corrected["components"]["responses"]["CoreMetadata"]["content"]) == {"application/json"}


def test_what_a_token_decides_requests_one(spec: Any) -> None:
    assert set(spec.wishes("security")) == {"query", "count_nodes", "list_projects", "get_core_metadata"}
