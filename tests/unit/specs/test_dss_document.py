"""The Data Store's document: complete, named by the documented client's rule, described throughout, and correctable."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonpath import JSONPathEnvironment

FOLDER = Path(__file__).parents[3] / "specs" / "dss"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")

PAGED = {
    "post_search": "results",
    "get_collections": "collections",
    "get_bundles_all": "bundles",
    "get_bundle": "bundle.files",
    "get_events": "event_streams",
}
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
def published(read_spec: Callable[[str], Any]) -> dict[str, Any]:
    return read_spec("dss").published


@pytest.fixture
def overlay(read_spec: Callable[[str], Any]) -> dict[str, Any]:
    return read_spec("dss").overlay


@pytest.fixture
def corrected(read_spec: Callable[[str], Any]) -> dict[str, Any]:
    return read_spec("dss").corrected


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def documented_name(method: str, path: str) -> str:
    """The documented client's rule: the method and the fixed segments; singular where one thing is meant."""
    segments = [s for s in path.replace("-", "_").strip("/").split("/") if not s.startswith("{")]
    name = "_".join([method, *segments])
    one = method in ("post", "put") or path.endswith("/{uuid}")
    return name.removesuffix("s") if one else name


def at(document: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    yield pointer, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from walk(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def described(document: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Each place that needs a text, with its text: operations, parameters, answers, headers and fields of schemas."""
    for pointer, node in walk(document):
        kind = pointer.rpartition("/")[0]
        if not isinstance(node, dict) or "$ref" in node:
            continue
        if (
            re.fullmatch(r"/paths/[^/]+/[a-z]+", pointer)
            or ("name" in node and "in" in node)
            or kind.endswith(("/responses", "/headers", "/definitions", "/properties"))
        ):
            yield pointer, node.get("description")
        if re.fullmatch(r"/paths/[^/]+/[a-z]+", pointer):
            yield f"{pointer}/summary", node.get("summary")


def fields(document: dict[str, Any], schema: Any) -> dict[str, Any]:
    schema = at(document, schema)
    found = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= fields(document, part)
    return found


def test_it_has_every_operation_once(published: dict[str, Any]) -> None:
    assert published["swagger"] == "2.0"
    assert published["basePath"] == "/v1"
    assert len(list(operations(published))) == 22


def test_operations_are_named_as_the_documented_client_names_them(corrected: dict[str, Any]) -> None:
    stated = {(path, method): operation.get("x-omics-name") for path, method, operation in operations(corrected)}
    assert stated == {(path, method): documented_name(method, path) for path, method in stated}
    assert [name for name, times in Counter(stated.values()).items() if times > 1] == []


def test_every_place_has_a_separate_text(published: dict[str, Any], corrected: dict[str, Any]) -> None:
    for document in (published, corrected):
        bare = [pointer for pointer, text in described(document) if not text or len(text.split()) < 3]
        assert bare == []


def test_summaries_are_one_line(published: dict[str, Any]) -> None:
    for path, method, operation in operations(published):
        summary = operation["summary"]
        assert "\n" not in summary, (path, method)
        assert summary.endswith("."), (path, method)
        assert len(summary) <= 72, (path, method)


def test_every_cause_of_an_error_is_explained(published: dict[str, Any]) -> None:
    seen = 0
    for pointer, node in walk(published):
        if pointer.endswith("/properties/code") and "enum" in node:
            seen += 1
            assert [word for word in node["enum"] if f"`{word}`" not in node["description"]] == [], pointer
    assert seen == 39


def test_defaults_and_bounds_are_reported(corrected: dict[str, Any]) -> None:
    """A description becomes a docstring and a command's help, where nothing else states the bounds."""
    for path, method, operation in operations(corrected):
        for parameter in (at(corrected, p) for p in operation.get("parameters", [])):
            place = (path, method, parameter["name"])
            for key in ("minimum", "maximum", "default"):
                if key in parameter:
                    assert re.search(rf"\b{parameter[key]}\b", parameter["description"]), (place, key)
            if not parameter.get("required") and "query" in parameter["in"] and "default" not in parameter:
                assert re.search(r"omitted|Omit it", parameter["description"]), place


def test_every_reference_has_a_target(published: dict[str, Any], corrected: dict[str, Any]) -> None:
    for document in (published, corrected):
        for _, node in walk(document):
            if isinstance(node, dict) and "$ref" in node:
                assert set(node) == {"$ref"}
                assert at(document, node)


def test_every_type_is_used_after_the_overlay(corrected: dict[str, Any]) -> None:
    used = {node["$ref"] for _, node in walk(corrected) if isinstance(node, dict) and "$ref" in node}
    for home in ("definitions", "parameters", "responses"):
        assert [name for name in corrected[home] if f"#/{home}/{name}" not in used] == []


def test_the_overlay_is_one_for_this_document(overlay: dict[str, Any]) -> None:
    assert overlay["overlay"] == "1.0.0"
    assert (FOLDER / overlay["extends"]).is_file()
    assert overlay["info"]["title"]


def test_every_action_matches(published: dict[str, Any], overlay: dict[str, Any]) -> None:
    environment = JSONPathEnvironment(strict=True)
    matches = {action["target"]: len(environment.findall(action["target"], published)) for action in overlay["actions"]}
    expected = dict.fromkeys(matches, 1)
    expected["$..properties[?@.enum && !@.type]"] = 5
    expected["$.definitions['File', 'Bundle', 'FilesGetResponse']"] = 3
    assert matches == expected


def test_paged_operations_are_those_that_return_206(corrected: dict[str, Any]) -> None:
    stated = {op["x-omics-name"]: op.get("x-omics-pagination") for _, _, op in operations(corrected)}
    assert {name: paging["items"] for name, paging in stated.items() if paging} == PAGED
    assert {paging["style"] for paging in stated.values() if paging} == {"link"}
    answering = {op["x-omics-name"] for _, _, op in operations(corrected) if "206" in op["responses"]}
    assert answering == set(PAGED)


def test_the_items_of_a_page_are_where_the_overlay_states(corrected: dict[str, Any]) -> None:
    for _, _, operation in operations(corrected):
        if operation["x-omics-name"] not in PAGED:
            continue
        for status in ("200", "206"):
            schema = operation["responses"][status]["schema"]
            for key in operation["x-omics-pagination"]["items"].split("."):
                schema = fields(corrected, schema)[key]
            assert schema["type"] == "array"
        keys = operation["responses"]["206"]["headers"]["X-OpenAPI-Paginated-Content-Key"]["description"]
        assert f"`{PAGED[operation['x-omics-name']]}`" in keys


def test_only_searching_may_be_sent_twice_and_only_files_are_streamed(corrected: dict[str, Any]) -> None:
    marked = {
        mark: {op["x-omics-name"] for _, _, op in operations(corrected) if op.get(mark)}
        for mark in ("x-omics-idempotent", "x-omics-stream")
    }
    assert marked == {"x-omics-idempotent": {"post_search"}, "x-omics-stream": {"get_file"}}


def test_contents_of_a_file_are_bytes(corrected: dict[str, Any]) -> None:
    operation = corrected["paths"]["/files/{uuid}"]["get"]
    assert operation["responses"]["200"]["schema"] == {"type": "file"}
    assert operation["produces"] == ["application/octet-stream"]


def test_what_writes_or_is_private_needs_a_token(corrected: dict[str, Any]) -> None:
    open_to_all = {op["x-omics-name"] for _, _, op in operations(corrected) if "security" not in op}
    assert open_to_all == OPEN
    assert all(op.get("security", [{"dcpAuth": []}]) == [{"dcpAuth": []}] for _, _, op in operations(corrected))


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


def test_every_choice_has_a_type_after_the_overlay(corrected: dict[str, Any]) -> None:
    untyped = [
        pointer
        for pointer, node in walk(corrected)
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
def test_the_pattern_of_file_names_refuses_what_its_text_states(
    published: dict[str, Any], name: str, safe: bool
) -> None:
    pattern = published["definitions"]["BundleFile"]["properties"]["name"]["pattern"]
    assert (re.search(pattern, name) is not None) == safe
