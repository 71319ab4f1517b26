"""Fusillade's document: complete, named by the documented client's rule, described throughout, and correctable."""

import re
from typing import Any

SERVICE = "fusillade"

PAGED = {
    "get_v1_users": "users",
    "get_v1_user_owns": "groups|roles|resource_ids",
    "get_v1_user_groups": "groups",
    "get_v1_user_roles": "roles",
    "get_v1_groups": "groups",
    "get_v1_group_roles": "roles",
    "get_v1_group_users": "users",
    "get_v1_roles": "roles",
    "get_v1_resources": "resources",
    "get_v1_resource": "resource_ids",
    "get_v1_resource_policies": "policies",
    "get_v1_resource_ids": "resource_ids",
    "get_v1_resource_id_members": "members",
}
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


def documented_name(method: str, path: str) -> str:
    """The documented client's rule; `/{uuid}` at the end, where it drops an s as well, is not among these paths."""
    fixed = path.removeprefix("/.well-known").replace("-", "_").strip("/").split("/")
    name = "_".join([method, *(segment for segment in fixed if not segment.startswith("{"))])
    return name.removesuffix("s") if method in ("post", "put") else name


def test_operations_are_named_as_the_documented_client_names_them(spec: Any) -> None:
    stated = {(path, method): op["x-omics-name"] for path, method, op in spec.operations()}
    assert spec.published["openapi"] == "3.0.0"
    assert len(stated) == len(set(stated.values())) == 53
    assert stated == {(path, method): documented_name(method, path) for path, method in stated}
    assert {"get_jwks.json", "put_v1_resource_id_member", "post_v1_policies_evaluate"} < set(stated.values())


def test_every_operation_has_a_line_and_a_description(spec: Any) -> None:
    for _, _, operation in spec.operations():
        assert re.fullmatch(r"[A-Z].{10,70}\.", operation["summary"])
        assert len(operation["description"]) > 100, operation["operationId"]


def test_secured_operations_are_those_below_v1_and_the_users_own(spec: Any) -> None:
    assert {op["x-omics-name"] for _, _, op in spec.operations()} - set(spec.wishes("security")) == OPEN


def test_paged_operations_are_those_that_return_206(spec: Any) -> None:
    stated = spec.wishes("x-omics-pagination")
    assert {name: paging["items"] for name, paging in stated.items()} == PAGED
    assert {(paging["style"], paging["token"]) for paging in stated.values()} == {("link", "next_token")}
    assert {op["x-omics-name"] for _, _, op in spec.operations() if "206" in op["responses"]} == set(PAGED)


def test_each_list_has_one_kind_of_page(spec: Any) -> None:
    """Both statuses of a page refer to the same type, which has the list."""
    parts = spec.corrected["components"]

    def page(response: dict[str, Any]) -> str:
        response = parts["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        return response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]

    for name, items in PAGED.items():
        kinds = {page(spec.operation(name)["responses"][status]) for status in ("200", "206")}
        assert len(kinds) == 1, name
        assert set(items.split("|")) <= parts["schemas"][kinds.pop()]["properties"].keys(), name


def test_the_misspelt_parameter_has_the_right_name_beside_it(spec: Any) -> None:
    names = [parameter["name"] for parameter in spec.operation("get_oauth_authorize")["parameters"]]
    assert {"respone_type", "response_type"} < set(names)


def test_required_fields_make_a_body_required(spec: Any) -> None:
    """A client requests a body's required fields only where the body itself is required."""

    def needed(schema: dict[str, Any]) -> bool:
        return bool(schema.get("required")) or any(needed(part) for part in schema.get("allOf", []))

    wanting = {
        op["x-omics-name"]
        for _, _, op in spec.operations()
        if "requestBody" in op
        and not op["requestBody"].get("required")
        and any(needed(media["schema"]) for media in op["requestBody"]["content"].values())
    }
    assert wanting == set()
    assert spec.operation("post_v1_group")["requestBody"]["required"] is True


def test_what_may_be_sent_again_only_reads(spec: Any) -> None:
    assert set(spec.wishes("x-omics-idempotent")) == {"post_v1_policies_evaluate", "post_oauth_userinfo"}


def test_policies_follow_the_grammar_of_iam(spec: Any) -> None:
    parts = spec.corrected["components"]["schemas"]
    assert "Statement" in parts["policy_document"]["properties"]
    assert {"Effect", "Action", "Resource", "Condition"} < set(parts["policy_statement"]["properties"])
