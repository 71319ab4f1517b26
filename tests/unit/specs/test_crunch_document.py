"""The document of django-crunch: paged, and typed as it answers."""

from typing import Any

import pytest

SERVICE = "crunch"


def flat(spec: Any, schema: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Fields of a schema, and which are required."""
    if "$ref" in schema:
        return flat(spec, spec.corrected["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    fields, required = dict(schema.get("properties", {})), set(schema.get("required", []))
    for part in schema.get("allOf", []):
        more, needed = flat(spec, part)
        fields, required = fields | more, required | needed
    return fields, required


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
