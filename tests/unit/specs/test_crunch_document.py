"""The document of django-crunch: complete, named as its client names things, described, and typed as it answers."""

from typing import Any

import pytest

SERVICE = "crunch"

KINDS = {
    "bool": "boolean",
    "char": "char",
    "date": "date",
    "datetime": "datetime",
    "filesize": "filesize",
    "float": "float",
    "int": "integer",
    "lat-long": "lat_long",
    "url": "url",
}
WITH_SLUGS = {"project": "projects", "dataset": "datasets", "item": "items"}
VERBS = {"get": "GET", "put": "PUT", "update": "PATCH", "delete": "DELETE"}


def expected_names() -> dict[str, str]:
    found = {
        "get_next_dataset": "GET /api/next/",
        "get_next_dataset_of_project": "GET /api/projects/{slug}/next/",
        "list_statuses": "GET /api/statuses/",
        "send_status": "POST /api/statuses/",
    }
    places = [(f"{name}_attribute", f"attributes/{kind}", "{id}") for kind, name in KINDS.items()]
    places += [(one, many, "{slug}") for one, many in WITH_SLUGS.items()]
    for one, many, key in places:
        found |= {f"list_{one}s": f"GET /api/{many}/", f"add_{one}": f"POST /api/{many}/"}
        found |= {f"{verb}_{one}": f"{method} /api/{many}/{key}/" for verb, method in VERBS.items()}
    return found


def flat(spec: Any, schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Fields of a schema, and which are required."""
    if "$ref" in schema:
        return flat(spec, spec.corrected["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    fields, required = dict(schema.get("properties", {})), set(schema.get("required", []))
    for part in schema.get("allOf", []):
        more, needed = flat(spec, part)
        fields, required = fields | more, required | needed
    return fields, required


def test_it_has_every_operation_by_its_name(spec: Any) -> None:
    assert spec.names() == expected_names()


def test_every_path_ends_with_a_slash(spec: Any) -> None:
    assert [path for path in spec.published["paths"] if not path.endswith("/")] == []


def test_every_list_has_pages_that_exist(spec: Any) -> None:
    paging = {"style": "page", "items": "results", "page": "page", "next": "next"}
    lists = [name for name in spec.names() if name.startswith("list_")]
    assert spec.wishes("x-omics-pagination") == dict.fromkeys(lists, paging)
    for name in lists:
        operation = spec.operation(name)
        assert {"$ref": "#/components/parameters/Page"} in operation["parameters"]
        fields, required = flat(spec, operation["responses"]["200"]["content"]["application/json"]["schema"])
        assert set(fields) == required == {"count", "next", "previous", "results"}


@pytest.mark.parametrize(("kind", "needed"), [("Project", {"name"}), ("Dataset", {"name", "parent"})])
def test_what_is_sent_is_less_than_what_is_answered(spec: Any, kind: str, needed: set[str]) -> None:
    for media in spec.corrected["components"]["requestBodies"][kind]["content"].values():
        fields, required = flat(spec, media["schema"])
        assert required == needed
        assert not any(fields[name].get("nullable") for name in needed)
    fields, required = flat(spec, {"$ref": f"#/components/schemas/{kind}"})
    assert required == set(fields)


def test_slugs_have_colons_and_parents_may_be_gone(spec: Any) -> None:
    schemas = spec.corrected["components"]["schemas"]
    slugs = [schemas[kind]["properties"]["slug"] for kind in ("Item", "Dataset", "Project", "PatchedItem")]
    assert [slug for slug in slugs if "pattern" in slug] == []
    nullable = {name for name in schemas if schemas[name].get("properties", {}).get("parent", {}).get("nullable")}
    assert nullable == {"Item", "Dataset"}
    assert schemas["Status"]["properties"]["site_user"]["readOnly"] is True
