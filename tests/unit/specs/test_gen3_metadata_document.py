"""The metadata service's document: corrected where its server answers otherwise."""

from typing import Any

SERVICE = "gen3/metadata"

# As real servers answered.
STATUSES = {
    "batch_create": {"201"},
    "create": {"200", "201"},
    "update": {"200"},
    "delete": {"200"},
    "create_aliases": {"201"},
    "update_aliases": {"201"},
    "delete_aliases": {"204"},
    "delete_alias": {"204"},
    "create_index_key_path": {"201"},
    "delete_index_key_path": {"204"},
    "create_object": {"201"},
    "create_object_for_id": {"201"},
}


def test_statuses_are_those_of_the_server(spec: Any) -> None:
    for name, _ in spec.names().items():
        stated = {status for status in spec.operation(name)["responses"] if status.startswith("2")}
        assert stated == STATUSES.get(name, {"200"}), name


def test_guids_aliases_and_paths_of_keys_keep_their_slashes(spec: Any) -> None:
    for _, _, operation in spec.operations():
        for parameter in operation.get("parameters", []):
            raw = parameter.get("name") in ("guid", "alias", "path")
            assert parameter.get("x-omics-raw-path", False) == raw
            assert not raw or parameter["schema"] == {"type": "string"}


def test_each_search_has_one_kind_of_response(spec: Any) -> None:
    def response(name: str) -> str:
        return spec.operation(name)["responses"]["200"]["content"]["application/json"]["schema"]["type"]

    assert (response("query"), response("query_documents")) == ("array", "object")
    paging = {"style": "offset", "items": "", "offset": "offset", "limit": "limit"}
    assert spec.wishes("x-omics-pagination") == {"query": paging}
    filters = {"$ref": "#/components/parameters/Filters"}
    assert [name for name, listed in spec.wishes("parameters").items() if filters in listed] == [
        "query",
        "query_documents",
    ]


def test_only_what_writes_and_the_list_of_indexes_needs_credentials(spec: Any) -> None:
    reading = {name for name, place in spec.names().items() if place.startswith("GET ")}
    assert set(spec.wishes("security")) == set(spec.names()) - reading | {"get_index_key_paths"}
