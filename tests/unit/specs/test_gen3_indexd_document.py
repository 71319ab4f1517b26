"""Indexd's document: slashes, pages and the server's corrections."""

from typing import Any

SERVICE = "gen3/indexd"

PAGED = {
    "list_records": {"style": "token", "items": "records", "token": "start", "next": "records.-1.did"},
    "list_alias_records": {"style": "token", "items": "aliases", "token": "start", "next": "aliases.-1"},
    "list_dos_objects": {
        "style": "token",
        "items": "data_objects",
        "token": "page_token",
        "next": "data_objects.-1.id",
    },
    "query_urls": {"style": "offset", "items": "", "offset": "offset", "limit": "limit"},
    "query_urls_metadata": {"style": "offset", "items": "", "offset": "offset", "limit": "limit"},
}


def test_slashes_stay_in_every_path(spec: Any) -> None:
    shared = spec.corrected["parameters"]
    seen = 0
    for path, method, operation in spec.operations():
        for stated in operation.get("parameters", []):
            parameter = shared[stated["$ref"].rpartition("/")[2]] if "$ref" in stated else stated
            if parameter["in"] == "path":
                seen += 1
                assert parameter.get("x-omics-raw-path") is True, (path, method)
    assert seen == 25


def test_lists_are_paged_as_the_server_cuts_them(spec: Any) -> None:
    assert spec.wishes("x-omics-pagination") == PAGED


def test_names_that_the_server_refuses_are_gone(spec: Any) -> None:
    types = spec.corrected["definitions"]
    assert {"sha1", "sha"} & set(types["HashInfo"]["properties"]) == {"sha1"}
    assert {"metadata", "host_authority"} & set(types["AliasInputInfo"]["properties"]) == set()
    assert {"metastring", "host_authorities"} <= set(types["AliasInputInfo"]["properties"])
