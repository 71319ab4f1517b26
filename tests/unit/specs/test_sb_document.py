"""The Seven Bridges document: consistent, and paged as the platform pages."""

import re
from collections import Counter
from typing import Any

import pytest

SERVICE = "sb"

COPY = "/apps/{owner}/{project}/{app}%s/actions/copy"
LINK = {"style": "continuation", "items": "items", "next": "links.rel=next.href"}
OTHER_PAGING = {
    "list_volume_objects": {"style": "continuation", "items": "items", "next": "links.0.next"},
    "search_files": {"style": "token", "items": "result_set", "token": "cont_token", "next": "cont_token"},
}
# Those whose first page may be short although another follows: there is no offset to count by.
SCROLLING = {"scroll_files", "scroll_folder_files", "list_volume_objects", "search_files"}


def at(spec: Any, node: Any) -> Any:
    while "$ref" in node:
        kind, name = node["$ref"].split("/")[-2:]
        node = spec.corrected["components"][kind][name]
    return node


def fields(spec: Any, schema: Any) -> dict[str, Any]:
    schema = at(spec, schema)
    properties = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        properties |= fields(spec, part)
    return properties


def response(spec: Any, name: str) -> dict[str, Any]:
    return fields(spec, spec.operation(name)["responses"]["200"]["content"]["application/json"]["schema"])


def query(spec: Any, name: str) -> dict[str, Any]:
    parameters = (at(spec, parameter) for parameter in spec.operation(name).get("parameters", []))
    return {parameter["name"]: parameter for parameter in parameters if parameter["in"] == "query"}


def body(spec: Any, name: str) -> dict[str, Any]:
    return at(spec, spec.operation(name)["requestBody"]["content"]["application/json"]["schema"])


def test_everything_is_used(spec: Any) -> None:
    used = Counter(re.findall(r"#/components/(\w+/[\w-]+)", str(spec.corrected)))
    names = {f"{home}/{name}" for home, components in spec.corrected["components"].items() for name in components}
    assert {name for name in names if not name.startswith("securitySchemes/")} == set(used)


def test_every_path_states_what_its_placeholders_are(spec: Any) -> None:
    for path, item in spec.corrected["paths"].items():
        parameters = [at(spec, parameter) for parameter in item.get("parameters", [])]
        assert [parameter["name"] for parameter in parameters] == re.findall(r"\{(\w+)\}", path), path
        assert all(parameter["in"] == "path" and parameter["required"] for parameter in parameters)


def test_the_optional_part_of_a_path_becomes_two_paths(spec: Any) -> None:
    assert COPY % "[/{revision}]" in spec.published["paths"]
    assert [path for path in spec.corrected["paths"] if "[" in path] == []
    for name, part in (("copy_app_", ""), ("copy_app_revision", "/{revision}")):
        assert spec.names()[name] == f"POST {COPY % part}"
        copied = spec.published["paths"][COPY % "[/{revision}]"]["post"]
        assert spec.operation(name)["requestBody"] == copied["requestBody"]
        assert spec.operation(name)["responses"] == copied["responses"]


def test_lists_follow_the_link_to_the_next_page(spec: Any) -> None:
    paged = spec.wishes("x-omics-pagination")
    assert {name: paging for name, paging in paged.items() if paging != LINK} == OTHER_PAGING
    assert set(paged) == {name for name in spec.names() if name.startswith(("list_", "scroll_", "search_"))} - {
        "list_uploads"
    }
    for name, paging in paged.items():
        assert response(spec, name)[paging["items"]]["type"] == "array", name
        if paging == LINK:
            assert set(response(spec, name)) == {"href", "items", "links"}, name
            assert "X-Total-Matching-Query" in spec.operation(name)["responses"]["200"]["headers"], name
        assert {"limit"} <= set(query(spec, name)), name
        assert ("offset" in query(spec, name)) == (name not in SCROLLING), name
    assert query(spec, "list_files")["limit"]["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 100, "default": 50
    }  # fmt: skip


def test_bulk_requests_take_a_hundred_and_return_records(spec: Any) -> None:
    for name in spec.names():
        if not spec.names()[name].startswith("POST /bulk/") or name == "bulk_create_drs_imports":
            continue
        (items,) = body(spec, name)["properties"].values()
        assert items["maxItems"] == 100, name
        record = fields(spec, response(spec, name)["items"]["items"])
        assert set(record) == {"resource", "error"}, name
        assert all(part["nullable"] for part in record.values()), name


@pytest.mark.parametrize(
    ("name", "nullable"),
    [("create_task_", {"name", "description"}), ("send_feedback", {"text"}), ("bulk_create_drs_imports", {"tags"})],
)
def test_what_the_published_client_sends_as_null_is_nullable(spec: Any, name: str, nullable: set[str]) -> None:
    assert {field for field, schema in body(spec, name)["properties"].items() if schema.get("nullable")} == nullable


def test_only_the_list_of_areas_is_open(spec: Any) -> None:
    assert spec.corrected["security"] == [{"authToken": []}, {"bearer": []}]
    assert spec.wishes("security") == {"get_endpoints": []}
    schemes = spec.corrected["components"]["securitySchemes"]
    assert (schemes["authToken"]["in"], schemes["authToken"]["name"]) == ("header", "X-SBG-Auth-Token")
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")


def test_failures_and_deletions_have_the_same_response(spec: Any) -> None:
    for _, method, operation in spec.operations():
        responses = operation["responses"]
        assert responses["default"] == {"$ref": "#/components/responses/Error"}
        assert set(responses) - {"default"} == {"204"} if method == "delete" else "200" in responses
    assert set(fields(spec, {"$ref": "#/components/schemas/Error"})) == {"status", "code", "message", "more_info"}


def test_of_responses_only_identities_can_be_relied_on(spec: Any) -> None:
    schemas = spec.corrected["components"]["schemas"]
    for name in ("Project", "File", "Task", "App", "Volume", "Import", "Export", "AsyncJob", "Marker", "AutomationRun"):
        assert schemas[name]["required"] == ["href", "id"], name
        loose = {field for field, schema in schemas[name]["properties"].items() if schema.get("nullable")}
        assert loose == set(schemas[name]["properties"]) - {"href", "id"}, name


@pytest.mark.parametrize(
    ("type_", "schema"),
    [("S3", "S3Service"), ("s3", "S3Service"), ("GCS", "GoogleService"), ("gcs", "GoogleService"),
     ("OSS", "OSSService"), ("azure", "AzureService")],
)  # fmt: skip
def test_the_service_of_a_volume_is_reported_by_its_type(spec: Any, type_: str, schema: str) -> None:
    service = spec.corrected["components"]["schemas"]["VolumeService"]
    assert service["discriminator"]["mapping"][type_] == f"#/components/schemas/{schema}"
    assert {"$ref": f"#/components/schemas/{schema}"} in service["oneOf"]
    variant = spec.corrected["components"]["schemas"][schema]
    assert type_ in variant["properties"]["type"]["enum"]
    assert variant["required"] == ["type"]


def test_secrets_are_never_answered(spec: Any) -> None:
    schemas = spec.corrected["components"]["schemas"]
    secret = {
        name
        for schema in schemas.values()
        for name, field in schema.get("properties", {}).items()
        if field.get("writeOnly")
    }
    assert secret == {"secret_access_key", "private_key", "client_secret"}


def test_files_are_found_by_metadata_of_any_name(spec: Any) -> None:
    metadata = query(spec, "list_files")["metadata"]
    assert metadata["schema"] == {
        "type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}
    }  # fmt: skip
    assert not {"style", "explode"} & set(metadata), "form and exploded: the members are parameters of their own"
    assert "metadata" not in query(spec, "scroll_files")


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("create_project", ["name"]),
        ("create_folder", ["name", "type"]),
        ("start_upload", ["name"]),
        ("report_upload_part", ["part_number", "response"]),
        ("create_volume", ["name", "access_mode", "service"]),
        ("create_import", ["source", "destination"]),
        ("create_export", ["source", "destination"]),
        ("copy_app_", ["project"]),
        ("create_task_", ["project", "app"]),
        ("create_marker", ["file", "name", "position", "chromosome"]),
        ("create_automation_package", ["version", "location", "schema"]),
    ],
)
def test_what_a_new_object_needs(spec: Any, name: str, required: list[str]) -> None:
    assert body(spec, name)["required"] == required
