"""The documents of a commons' services: what their overlays correct, where a client would lose data, be refused, or read another shape."""

import re
from collections.abc import Callable
from typing import Any

import pytest

# -- gen3/arborist: corrected where answers are of another shape


@pytest.fixture
def arborist(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/arborist")


def test_names_say_which_method_it_is(arborist: Any) -> None:
    verbs = {"replace": "PUT", "update": "PATCH", "delete": "DELETE", "create": "POST", "grant": "POST", "list": "GET"}
    for name, place in arborist.names().items():
        verb = name.partition("_")[0]
        assert place.startswith(verbs.get(verb, "")), name


@pytest.mark.parametrize(("kind", "item"), [("users", "User"), ("clients", "Client"), ("groups", "Group")])
def test_lists_hold_whole_objects(arborist: Any, kind: str, item: str) -> None:
    listed = arborist.corrected["components"]["schemas"][f"{item}sList"]["properties"][kind]
    assert listed["type"] == "array"
    assert listed["items"] == {"$ref": f"#/components/schemas/{item}"}


def test_resources_are_written_as_trees_and_read_as_paths(arborist: Any) -> None:
    schemas = arborist.corrected["components"]["schemas"]
    tree = schemas["ResourceInput"]["properties"]["subresources"]["items"]
    assert tree == {"$ref": "#/components/schemas/ResourceInput"}
    assert schemas["Resource"]["properties"]["subresources"]["items"] == {"type": "string"}
    assert "409" in arborist.operation("create_resource")["responses"]


def test_the_path_of_a_resource_keeps_its_slashes_and_expand_is_no_part_of_one(arborist: Any) -> None:
    assert arborist.corrected["components"]["parameters"]["ResourcePath"]["x-omics-raw-path"] is True
    assert [p["in"] for p in arborist.operation("list_policies")["parameters"]] == ["query"]


def test_what_is_about_the_user_needs_credentials(arborist: Any) -> None:
    assert set(arborist.wishes("security")) == {"check_auth_proxy", "list_auth_resources"}


# -- gen3/fence: what uploads, identifiers and tokens need


@pytest.fixture
def fence(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/fence")


def body(fence: Any, name: str) -> dict[str, Any]:
    reference = fence.operation(name)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return fence.corrected["components"]["schemas"][reference.rpartition("/")[2]]


def test_a_bulk_download_names_files_without_a_url_as_the_service_does(fence: Any) -> None:
    properties = fence.corrected["components"]["schemas"]["BulkDownloadResponse"]["properties"]
    assert set(properties) == {"urls", "failed_guids"}


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("upload_file", ["file_name"]),
        ("init_multipart_upload", ["file_name"]),
        ("get_multipart_upload_url", ["key", "uploadId", "partNumber"]),
        ("complete_multipart_upload", ["key", "uploadId", "parts"]),
    ],
)
def test_uploads_request_what_the_service_requests(fence: Any, name: str, required: list[str]) -> None:
    assert body(fence, name)["required"] == required
    assert fence.operation(name)["requestBody"]["required"] is True


def test_slashes_of_identifiers_stay(fence: Any) -> None:
    parameters = fence.corrected["components"]["parameters"]
    assert {key for key, parameter in parameters.items() if parameter.get("x-omics-raw-path")} == set(parameters)
    for name in ("get_presigned_url", "upload_file_to_guid", "delete_file_locations"):
        assert {"$ref": "#/components/parameters/FileId"} in fence.operation(name)["parameters"]


def test_what_needs_no_token(fence: Any) -> None:
    secured = set(fence.wishes("security"))
    assert secured.isdisjoint({"get_access_token", "get_cdis_access_token", "get_jwks", "get_status"})
    assert {"get_presigned_url", "list_service_accounts", "unlink_google_account", "create_api_key"} <= secured


# -- gen3/indexd: slashes, pages and the server's corrections


@pytest.fixture
def indexd(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/indexd")


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


def test_slashes_stay_in_every_path(indexd: Any) -> None:
    shared = indexd.corrected["parameters"]
    seen = 0
    for path, method, operation in indexd.operations():
        for entry in operation.get("parameters", []):
            parameter = shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
            if parameter["in"] == "path":
                seen += 1
                assert parameter.get("x-omics-raw-path") is True, (path, method)
    assert seen == 25


def test_lists_are_paged_as_the_server_cuts_them(indexd: Any) -> None:
    assert indexd.wishes("x-omics-pagination") == PAGED


def test_names_that_the_server_refuses_are_gone(indexd: Any) -> None:
    types = indexd.corrected["definitions"]
    assert {"sha1", "sha"} & set(types["HashInfo"]["properties"]) == {"sha1"}
    assert {"metadata", "host_authority"} & set(types["AliasInputInfo"]["properties"]) == set()
    assert {"metastring", "host_authorities"} <= set(types["AliasInputInfo"]["properties"])


# -- gen3/manifest: complete, and with the parameters, bodies and answers that it leaves out


@pytest.fixture
def manifest(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/manifest")


def test_every_parameter_of_a_path_is_declared(manifest: Any) -> None:
    for path, _, operation in manifest.operations():
        declared = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
        assert declared == re.findall(r"{(\w+)}", path)


def test_what_is_written_has_a_body_and_a_name(manifest: Any) -> None:
    for _, method, operation in manifest.operations():
        if method in ("post", "put"):
            assert [p["in"] for p in operation["parameters"]] == ["body"]
            assert operation["responses"]["200"]["schema"] == {"$ref": "#/definitions/StoredFile"}


@pytest.mark.parametrize("what", ["manifest", "cohort", "metadata"])
def test_put_is_post_and_not_on_the_command_line(manifest: Any, what: str) -> None:
    post, put = manifest.operation(f"create_{what}"), manifest.operation(f"put_{what}")
    assert (post["parameters"], set(post["responses"])) == (put["parameters"], set(put["responses"]))
    assert put["x-omics-hidden"] is True
    assert "x-omics-hidden" not in post


def test_only_the_status_is_open_to_all(manifest: Any) -> None:
    assert manifest.corrected["security"] == [{"authToken": []}]
    assert {op["x-omics-name"] for _, _, op in manifest.operations() if op.get("security") == []} == {"get_status"}


# As real servers answered.
# -- gen3/metadata: corrected where its server answers otherwise


@pytest.fixture
def metadata(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/metadata")


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


def test_statuses_are_those_of_the_server(metadata: Any) -> None:
    for name, _ in metadata.names().items():
        statuses = {status for status in metadata.operation(name)["responses"] if status.startswith("2")}
        assert statuses == STATUSES.get(name, {"200"}), name


def test_guids_aliases_and_paths_of_keys_keep_their_slashes(metadata: Any) -> None:
    for _, _, operation in metadata.operations():
        for parameter in operation.get("parameters", []):
            raw = parameter.get("name") in ("guid", "alias", "path")
            assert parameter.get("x-omics-raw-path", False) == raw
            assert not raw or parameter["schema"] == {"type": "string"}


def test_each_search_has_one_kind_of_response(metadata: Any) -> None:
    def response(name: str) -> str:
        return metadata.operation(name)["responses"]["200"]["content"]["application/json"]["schema"]["type"]

    assert (response("query"), response("query_documents")) == ("array", "object")
    paging = {"style": "offset", "items": "", "offset": "offset", "limit": "limit"}
    assert metadata.wishes("x-omics-pagination") == {"query": paging}
    filters = {"$ref": "#/components/parameters/Filters"}
    assert [name for name, listed in metadata.wishes("parameters").items() if filters in listed] == [
        "query",
        "query_documents",
    ]


def test_only_what_writes_and_the_list_of_indexes_needs_credentials(metadata: Any) -> None:
    reading = {name for name, place in metadata.names().items() if place.startswith("GET ")}
    assert set(metadata.wishes("security")) == set(metadata.names()) - reading | {"get_index_key_paths"}


# -- gen3/peregrine: served where a commons has it


@pytest.fixture
def peregrine(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/peregrine")


def test_moved_operations_are_the_published_ones(peregrine: Any) -> None:
    """The overlay repeats them under other paths; what they take and return is in parts that both share."""
    published = {op["summary"]: op for item in peregrine.published["paths"].values() for op in item.values()}
    for _, _, operation in peregrine.operations():
        before = published[operation["summary"]]
        assert operation["responses"] == before["responses"]
        assert operation.get("requestBody") == before.get("requestBody")


def test_a_query_takes_its_variables_as_an_object(peregrine: Any) -> None:
    body = peregrine.corrected["components"]["schemas"]["QueryInputInfo"]
    assert body["required"] == ["query"]
    assert body["properties"]["variables"]["type"] == "object"


def test_a_file_is_named_with_its_slashes_and_described_in_one_form(peregrine: Any) -> None:
    parameters = peregrine.corrected["components"]["parameters"]
    assert parameters["ObjectId"]["x-omics-raw-path"] is True
    assert peregrine.operation("get_core_metadata")["parameters"] == [{"$ref": "#/components/parameters/ObjectId"}]
    assert set(peregrine.corrected["components"]["responses"]["CoreMetadata"]["content"]) == {"application/json"}


def test_what_a_token_decides_requests_one(peregrine: Any) -> None:
    assert set(peregrine.wishes("security")) == {"query", "count_nodes", "list_projects", "get_core_metadata"}


# -- gen3/sheepdog: corrected where a client would lose data or be refused


@pytest.fixture
def sheepdog(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/sheepdog")


def parameters(sheepdog: Any, name: str) -> dict[str, dict[str, Any]]:
    shared = sheepdog.corrected["parameters"]
    listed = (
        shared.get(p.get("$ref", "").rpartition("/")[2], p) for p in sheepdog.operation(name).get("parameters", [])
    )
    return {parameter["name"]: parameter for parameter in listed}


def test_the_parts_of_every_path_are_its_parameters(sheepdog: Any) -> None:
    for name, place in sheepdog.names().items():
        parts = {part.strip("<>").rpartition(":")[2] for part in place.partition("#")[0].split("/") if "<" in part}
        names = {key for key, parameter in parameters(sheepdog, name).items() if parameter["in"] == "path"}
        assert names == parts, name


def test_nothing_promises_to_mark_what_is_deleted(sheepdog: Any) -> None:
    assert "to_delete" not in parameters(sheepdog, "delete_records")
    assert "to_delete" not in parameters(sheepdog, "try_delete_records")
    assert parameters(sheepdog, "mark_records")["to_delete"]["in"] == "path"


@pytest.mark.parametrize(
    ("name", "media_type"), [("submit_tsv", "text/tab-separated-values"), ("submit_csv", "text/csv")]
)
def test_tables_go_where_entities_go(sheepdog: Any, name: str, media_type: str) -> None:
    assert sheepdog.names()[name].partition("#")[0] == sheepdog.names()["submit_record"]
    assert sheepdog.operation(name)["consumes"] == [media_type]


def test_a_submission_is_a_list_and_returns_its_transaction(sheepdog: Any) -> None:
    for name in ("submit_record", "create_record", "try_submit_record", "try_create_record"):
        assert parameters(sheepdog, name)["body"]["schema"]["type"] == "array"
        status = "201" if name == "create_record" else "200"
        ok = {
            code: response for code, response in sheepdog.operation(name)["responses"].items() if code.startswith("2")
        }
        assert set(ok) == {status}
        assert ok[status]["schema"] == {"$ref": "#/definitions/Transaction"}


def test_what_is_open_streamed_and_hidden(sheepdog: Any) -> None:
    assert set(sheepdog.wishes("security")) == {
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
    assert set(sheepdog.wishes("x-omics-stream")) == {"export", "export_by_body"}
    assert all(name.startswith(("post_", "put_", "patch_")) for name in sheepdog.wishes("x-omics-hidden"))


# -- gen3/wts: what its routes really take


@pytest.fixture
def wts(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("gen3/wts")


def test_other_commons_are_asked_for_a_path_and_several_keys(wts: Any) -> None:
    operation = wts.operation("get_aggregate")
    endpoint, filters = operation["parameters"]
    assert endpoint["x-omics-raw-path"] is True
    assert filters["collectionFormat"] == "multi"
    schema = operation["responses"]["200"]["schema"]
    assert schema == {"type": "object", "additionalProperties": {"type": "object", "x-nullable": True}}


def test_the_browsers_part_is_not_on_the_command_line(wts: Any) -> None:
    assert set(wts.wishes("x-omics-hidden")) == {"get_authorization_url", "authorize"}


def test_tokens_are_for_users_who_are_known(wts: Any) -> None:
    asking = {op["x-omics-name"]: op["security"] for _, _, op in wts.operations() if "security" in op}
    assert {name for name, ways in asking.items() if {} not in ways} == {"check_connected", "logout", "get_token"}
    assert {name for name, ways in asking.items() if {} in ways} == {"get_external_oidc", "get_aggregate"}
