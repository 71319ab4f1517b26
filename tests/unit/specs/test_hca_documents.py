"""The documents of Azul, Fusillade and the Upload service: complete, secured, paged, and independent of one deployment."""

from collections.abc import Callable
from typing import Any

import pytest

# -- azul: complete, independent of one deployment's catalog and fields, and with what it leaves out


@pytest.fixture
def azul(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("azul")


KINDS = ("Text", "Key", "Flag", "Access", "Number", "Accession", "Assay", "Age", "AgeRange", "Atlas")
CONDITIONS = {f"{kind}Condition" for kind in KINDS}


def parameters(azul: Any, name: str) -> dict[str, Any]:
    """An operation's parameters by name, after the overlay."""
    shared = azul.corrected["components"]["parameters"]
    entries = azul.operation(name).get("parameters", [])
    whole = [shared[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry for entry in entries]
    return {entry["name"]: entry for entry in whole}


def test_every_facet_is_a_condition_of_a_known_kind(azul: Any) -> None:
    schemas = azul.published["components"]["schemas"]
    fields = schemas["Filters"]["properties"]
    assert set(fields) == {*schemas["Facet"]["enum"], "accessible"}
    assert {field["allOf"][0]["$ref"].rpartition("/")[2] for field in fields.values()} == CONDITIONS


def test_the_client_is_bound_to_no_catalog_and_no_atlas(azul: Any) -> None:
    by_name = parameters(azul, "list_entities")
    assert [by_name[name]["schema"] for name in ("catalog", "entity_type", "sort")] == [{"type": "string"}] * 3
    assert by_name["filters"]["content"]["application/json"]["schema"]["additionalProperties"] == {"type": "object"}
    schemas = azul.corrected["components"]["schemas"]
    assert not {"Facet", "Filters", *CONDITIONS} & set(schemas)
    assert [name for name in ("Hit", "Summary") if "required" in schemas[name]] == []


@pytest.mark.parametrize("name", ["search_entities", "request_manifest"])
def test_long_filters_are_sent_in_the_body_alone(azul: Any, name: str) -> None:
    assert [parameter for parameter in parameters(azul, name).values() if parameter["in"] == "query"] == []
    body = azul.operation(name)["requestBody"]["content"]["application/json"]["schema"]
    fields = azul.corrected["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
    assert fields["filters"]["type"] == "string"
    assert {"catalog", "filters"} < set(fields)


def test_the_put_that_http_clients_repeat_is_not_on_the_command_line(azul: Any) -> None:
    assert azul.wishes("x-omics-hidden") == {"put_manifest": True}


def test_errors_are_stated(azul: Any) -> None:
    named = {op["x-omics-name"]: set(op["responses"]) for _, method, op in azul.operations() if method != "head"}
    auxiliary = {"get_openapi", "get_version", "get_catalogs", *(name for name in named if name.endswith("health"))}
    lacking = {name for name, statuses in named.items() if not {"400", "404", "429"} <= statuses}
    assert lacking == auxiliary | {"get_health_of"}


# -- fusillade: secured, paged, and correctable


@pytest.fixture
def fusillade(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("fusillade")


OPEN = {
    "get_login",
    "get_logout",
    "get_openid_configuration",
    "get_jwks.json",
    "get_oauth_authorize",
    "post_oauth_revoke",
    "post_oauth_token",
    "get_echo",
}


def test_secured_operations_are_those_below_v1_and_the_users_own(fusillade: Any) -> None:
    assert {op["x-omics-name"] for _, _, op in fusillade.operations()} - set(fusillade.wishes("security")) == OPEN


def test_paged_operations_are_those_that_return_206(fusillade: Any) -> None:
    paged = set(fusillade.wishes("x-omics-pagination"))
    assert {op["x-omics-name"] for _, _, op in fusillade.operations() if "206" in op["responses"]} == paged


def test_each_list_has_one_kind_of_page(fusillade: Any) -> None:
    """Both statuses of a page refer to the same type, which has the list."""
    parts = fusillade.corrected["components"]

    def page(response: dict[str, Any]) -> str:
        response = parts["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        return response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]

    for name, paging in fusillade.wishes("x-omics-pagination").items():
        kinds = {page(fusillade.operation(name)["responses"][status]) for status in ("200", "206")}
        assert len(kinds) == 1, name
        assert set(paging["items"].split("|")) <= parts["schemas"][kinds.pop()]["properties"].keys(), name


def test_the_misspelt_parameter_has_the_right_name_beside_it(fusillade: Any) -> None:
    names = [parameter["name"] for parameter in fusillade.operation("get_oauth_authorize")["parameters"]]
    assert {"respone_type", "response_type"} < set(names)


def test_required_fields_make_a_body_required(fusillade: Any) -> None:
    """A client requests a body's required fields only where the body itself is required."""

    def needed(schema: dict[str, Any]) -> bool:
        return bool(schema.get("required")) or any(needed(part) for part in schema.get("allOf", []))

    wanting = {
        op["x-omics-name"]
        for _, _, op in fusillade.operations()
        if "requestBody" in op
        and not op["requestBody"].get("required")
        and any(needed(media["schema"]) for media in op["requestBody"]["content"].values())
    }
    assert wanting == set()
    assert fusillade.operation("post_v1_group")["requestBody"]["required"] is True


def test_policies_follow_the_grammar_of_iam(fusillade: Any) -> None:
    parts = fusillade.corrected["components"]["schemas"]
    assert "Statement" in parts["policy_document"]["properties"]
    assert {"Effect", "Action", "Resource", "Condition"} < set(parts["policy_statement"]["properties"])


# -- upload: with the key as a credential


@pytest.fixture
def upload(read_spec: Callable[[str], Any]) -> Any:
    return read_spec("upload")


def test_the_key_is_a_credential_and_no_parameter(upload: Any) -> None:
    published = [op for item in upload.published["paths"].values() for op in item.values()]
    key = {"$ref": "#/parameters/ApiKey"}
    assert sum(key in op.get("parameters", []) for op in published) == 5
    assert [name for name, parameters in upload.wishes("parameters").items() if key in parameters] == []
    assert "ApiKey" not in upload.corrected["parameters"]
    assert set(upload.wishes("security")) == {
        "create_area",
        "delete_area",
        "store_file",
        "validate_file",
        "validate_files",
        "update_checksum",
        "update_validation",
    }
