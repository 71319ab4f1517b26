"""The Workspace Token Service's document: what its routes really take."""

from typing import Any

SERVICE = "gen3/wts"


def test_other_commons_are_asked_for_a_path_and_several_keys(spec: Any) -> None:
    operation = spec.operation("get_aggregate")
    endpoint, filters = operation["parameters"]
    assert endpoint["x-omics-raw-path"] is True
    assert filters["collectionFormat"] == "multi"
    schema = operation["responses"]["200"]["schema"]
    assert schema == {"type": "object", "additionalProperties": {"type": "object", "x-nullable": True}}


def test_the_browsers_part_is_not_on_the_command_line(spec: Any) -> None:
    assert set(spec.wishes("x-omics-hidden")) == {"get_authorization_url", "authorize"}


def test_tokens_are_for_users_who_are_known(spec: Any) -> None:
    asking = {op["x-omics-name"]: op["security"] for _, _, op in spec.operations() if "security" in op}
    assert {name for name, ways in asking.items() if {} not in ways} == {"check_connected", "logout", "get_token"}
    assert {name for name, ways in asking.items() if {} in ways} == {"get_external_oidc", "get_aggregate"}
