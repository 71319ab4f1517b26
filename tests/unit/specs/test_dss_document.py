"""The Data Store's document: explained, bounded, secured, and correctable."""

import re
from dataclasses import replace
from typing import Any

import pytest
from jsonpath import JSONPathEnvironment

SERVICE = "dss"
OPEN = {
    "post_search",
    "head_file",
    "get_file",
    "get_bundles_all",
    "get_bundle",
    "post_bundles_checkout",
    "get_bundles_checkout",
    "get_events",
    "get_event",
}


@pytest.fixture
def corrected(spec: Any) -> dict[str, Any]:
    return spec.corrected


def at(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def fields(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    schema = at(document, schema)
    properties = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        properties |= fields(document, part)
    return properties


def test_the_published_document_is_below_v1_described_and_refers_to_what_exists(spec: Any) -> None:
    assert spec.published["basePath"] == "/v1"
    published = replace(spec, corrected=spec.published)
    assert published.undescribed() == []
    assert published.dangling() == []


def test_every_cause_of_an_error_is_explained(spec: Any) -> None:
    seen = 0
    for pointer, node in spec.places():
        if pointer.endswith("/properties/code") and "enum" in node:
            seen += 1
            assert [word for word in node["enum"] if f"`{word}`" not in node["description"]] == [], pointer
    assert seen == 39


def test_defaults_and_bounds_are_reported(spec: Any, corrected: dict[str, Any]) -> None:
    """A description becomes a docstring and a command's help, where nothing else states the bounds."""
    for path, method, operation in spec.operations():
        for parameter in (at(corrected, p) for p in operation.get("parameters", [])):
            place = (path, method, parameter["name"])
            for key in ("minimum", "maximum", "default"):
                if key in parameter:
                    assert re.search(rf"\b{parameter[key]}\b", parameter["description"]), (place, key)
            if not parameter.get("required") and "query" in parameter["in"] and "default" not in parameter:
                assert re.search(r"omitted|Omit it", parameter["description"]), place


def test_every_type_is_used_after_the_overlay(spec: Any, corrected: dict[str, Any]) -> None:
    references = [node for _, node in spec.places() if isinstance(node, dict) and "$ref" in node]
    assert [node for node in references if len(node) > 1] == []
    used = {node["$ref"] for node in references}
    for home in ("definitions", "parameters", "responses"):
        assert [name for name in corrected[home] if f"#/{home}/{name}" not in used] == []


def test_every_action_matches(spec: Any) -> None:
    environment = JSONPathEnvironment(strict=True)
    matches = {
        action["target"]: len(environment.findall(action["target"], spec.published))
        for action in spec.overlay["actions"]
    }
    expected = dict.fromkeys(matches, 1)
    expected["$..properties[?@.enum && !@.type]"] = 5
    expected["$.definitions['File', 'Bundle', 'FilesGetResponse']"] = 3
    assert matches == expected


def test_paged_operations_are_those_that_return_206(spec: Any) -> None:
    paged = spec.wishes("x-omics-pagination")
    assert {op["x-omics-name"] for _, _, op in spec.operations() if "206" in op["responses"]} == set(paged)
    assert paged["post_search"] == {"style": "link", "items": "results"}


def test_what_writes_or_is_private_needs_a_token(spec: Any) -> None:
    open_to_all = {op["x-omics-name"] for _, _, op in spec.operations() if "security" not in op}
    assert open_to_all == OPEN
    assert all(op.get("security", [{"dcpAuth": []}]) == [{"dcpAuth": []}] for _, _, op in spec.operations())


@pytest.mark.parametrize(
    ("path", "method", "status", "expected"),
    [
        ("/bundles/checkout/{checkout_job_id}", "get", "200", {"status", "location", "cause"}),
        ("/collections", "put", "201", {"uuid", "version"}),
        ("/collections/{uuid}", "get", "200", {"name", "description", "details", "contents", "owner"}),
    ],
)
def test_responses_have_the_fields_that_the_server_sends(
    corrected: dict[str, Any], path: str, method: str, status: str, expected: set[str]
) -> None:
    assert set(fields(corrected, corrected["paths"][path][method]["responses"][status]["schema"])) == expected


def test_a_subscription_is_answered_whole(corrected: dict[str, Any]) -> None:
    paths = corrected["paths"]
    whole = {"$ref": "#/definitions/Subscription"}
    assert paths["/subscriptions"]["put"]["responses"]["201"]["schema"] == whole
    assert paths["/subscriptions/{uuid}"]["get"]["responses"]["200"]["schema"] == whole


def test_a_match_of_a_search_has_fields(corrected: dict[str, Any]) -> None:
    results = fields(corrected, corrected["definitions"]["SearchResult"])["results"]
    assert set(fields(corrected, results["items"])) == {"bundle_fqid", "bundle_url", "search_score", "metadata"}


def test_every_choice_has_a_type_after_the_overlay(spec: Any) -> None:
    untyped = [
        pointer
        for pointer, node in spec.places()
        if isinstance(node, dict) and isinstance(node.get("enum"), list) and "type" not in node
    ]
    assert untyped == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("reads_1.fastq.gz", True),
        ("folder/reads.json", True),
        ("..data", True),
        ("", True),
        ("/etc/passwd", False),
        ("../up", False),
        ("a/../up", False),
        ("a/.hidden", False),
        ("./here", False),
        ("~/home", False),
        (".", False),
        ("..", False),
        ("a\\b", False),
    ],
)
def test_the_pattern_of_file_names_refuses_what_its_text_states(spec: Any, name: str, safe: bool) -> None:
    pattern = spec.published["definitions"]["BundleFile"]["properties"]["name"]["pattern"]
    assert (re.search(pattern, name) is not None) == safe
