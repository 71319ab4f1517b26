"""The Upload service's document: with the key as a credential."""

from typing import Any

SERVICE = "upload"


def test_the_key_is_a_credential_and_no_parameter(spec: Any) -> None:
    published = [op for item in spec.published["paths"].values() for op in item.values()]
    key = {"$ref": "#/parameters/ApiKey"}
    assert sum(key in op.get("parameters", []) for op in published) == 5
    assert [name for name, parameters in spec.wishes("parameters").items() if key in parameters] == []
    assert "ApiKey" not in spec.corrected["parameters"]
    assert set(spec.wishes("security")) == {
        "create_area",
        "delete_area",
        "store_file",
        "validate_file",
        "validate_files",
        "update_checksum",
        "update_validation",
    }
