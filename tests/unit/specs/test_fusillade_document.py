"""Fusillade's document: secured, paged, and correctable."""

from typing import Any

SERVICE = "fusillade"

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


def test_secured_operations_are_those_below_v1_and_the_users_own(spec: Any) -> None:
    assert {op["x-omics-name"] for _, _, op in spec.operations()} - set(spec.wishes("security")) == OPEN


def test_paged_operations_are_those_that_return_206(spec: Any) -> None:
    paged = set(spec.wishes("x-omics-pagination"))
    assert {op["x-omics-name"] for _, _, op in spec.operations() if "206" in op["responses"]} == paged


def test_each_list_has_one_kind_of_page(spec: Any) -> None:
    """Both statuses of a page refer to the same type, which has the list."""
    parts = spec.corrected["components"]

    def page(response: dict[str, Any]) -> str:
        response = parts["responses"][response["$ref"].rpartition("/")[2]] if "$ref" in response else response
        return response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]

    for name, paging in spec.wishes("x-omics-pagination").items():
        kinds = {page(spec.operation(name)["responses"][status]) for status in ("200", "206")}
        assert len(kinds) == 1, name
        assert set(paging["items"].split("|")) <= parts["schemas"][kinds.pop()]["properties"].keys(), name


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


def test_policies_follow_the_grammar_of_iam(spec: Any) -> None:
    parts = spec.corrected["components"]["schemas"]
    assert "Statement" in parts["policy_document"]["properties"]
    assert {"Effect", "Action", "Resource", "Condition"} < set(parts["policy_statement"]["properties"])
