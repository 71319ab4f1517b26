"""Azul's document: complete, independent of one deployment's catalog and fields, and with what it leaves out."""

from typing import Any

import pytest

SERVICE = "azul"

KINDS = ("Text", "Key", "Flag", "Access", "Number", "Accession", "Assay", "Age", "AgeRange", "Atlas")
CONDITIONS = {f"{kind}Condition" for kind in KINDS}


def parameters(spec: Any, name: str) -> dict[str, Any]:
    """An operation's parameters by name, after the overlay."""
    shared = spec.corrected["components"]["parameters"]
    stated = spec.operation(name).get("parameters", [])
    whole = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in stated]
    return {each["name"]: each for each in whole}


def test_every_facet_is_a_condition_of_a_known_kind(spec: Any) -> None:
    schemas = spec.published["components"]["schemas"]
    fields = schemas["Filters"]["properties"]
    assert set(fields) == {*schemas["Facet"]["enum"], "accessible"}
    assert {field["allOf"][0]["$ref"].rpartition("/")[2] for field in fields.values()} == CONDITIONS


def test_the_client_is_bound_to_no_catalog_and_no_atlas(spec: Any) -> None:
    stated = parameters(spec, "list_entities")
    assert [stated[name]["schema"] for name in ("catalog", "entity_type", "sort")] == [{"type": "string"}] * 3
    assert stated["filters"]["content"]["application/json"]["schema"]["additionalProperties"] == {"type": "object"}
    schemas = spec.corrected["components"]["schemas"]
    assert not {"Facet", "Filters", *CONDITIONS} & set(schemas)
    assert [name for name in ("Hit", "Summary") if "required" in schemas[name]] == []


@pytest.mark.parametrize("name", ["search_entities", "request_manifest"])
def test_long_filters_are_sent_in_the_body_alone(spec: Any, name: str) -> None:
    assert [each for each in parameters(spec, name).values() if each["in"] == "query"] == []
    body = spec.operation(name)["requestBody"]["content"]["application/json"]["schema"]
    fields = spec.corrected["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
    assert fields["filters"]["type"] == "string"
    assert {"catalog", "filters"} < set(fields)


def test_the_put_that_http_clients_repeat_is_not_on_the_command_line(spec: Any) -> None:
    assert spec.wishes("x-omics-hidden") == {"put_manifest": True}


def test_errors_are_stated(spec: Any) -> None:
    named = {op["x-omics-name"]: set(op["responses"]) for _, method, op in spec.operations() if method != "head"}
    auxiliary = {"get_openapi", "get_version", "get_catalogs", *(name for name in named if name.endswith("health"))}
    lacking = {name for name, statuses in named.items() if not {"400", "404", "429"} <= statuses}
    assert lacking == auxiliary | {"get_health_of"}
