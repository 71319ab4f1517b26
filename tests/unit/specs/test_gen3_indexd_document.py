"""Indexd's document: complete, described throughout, with the names of the published client and the server's corrections."""

from typing import Any

SERVICE = "gen3/indexd"

# Methods of the published client that are one request each.
PUBLISHED = {
    "get",
    "get_record",
    "get_records",
    "get_urls",
    "get_latest_version",
    "get_versions",
    "get_version",
    "get_stats",
    "get_valid_guids",
    "get_guids_prefix",
    "create_record",
    "create_blank",
    "create_new_version",
    "update_blank",
    "update_record",
    "delete_record",
    "query_urls",
}
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


def test_names_are_the_published_clients(spec: Any) -> None:
    assert set(spec.names()) >= PUBLISHED


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


def test_posts_that_only_read_may_be_sent_again(spec: Any) -> None:
    assert set(spec.wishes("x-omics-idempotent")) == {"get_records", "get_bulk_drs_objects", "post_drs_object"}


def test_versions_are_an_object(spec: Any) -> None:
    schema = spec.operation("get_versions")["responses"]["200"]["schema"]
    assert schema == {"type": "object", "additionalProperties": {"$ref": "#/definitions/OutputInfo"}}


def test_blank_records_are_null_in_places(spec: Any) -> None:
    fields = spec.corrected["definitions"]["OutputInfo"]["properties"]
    assert {
        name for name in ("form", "size", "file_name", "version", "uploader") if fields[name].get("x-nullable")
    } == {
        "form",
        "size",
        "file_name",
        "version",
        "uploader",
    }


def test_names_that_the_server_refuses_are_gone(spec: Any) -> None:
    types = spec.corrected["definitions"]
    assert {"sha1", "sha"} & set(types["HashInfo"]["properties"]) == {"sha1"}
    assert {"metadata", "host_authority"} & set(types["AliasInputInfo"]["properties"]) == set()
    assert {"metastring", "host_authorities"} <= set(types["AliasInputInfo"]["properties"])
