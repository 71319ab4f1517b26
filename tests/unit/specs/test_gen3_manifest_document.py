"""The Manifest Service's document: complete, and with the parameters, bodies and answers that it leaves out."""

import re
from typing import Any

import pytest

SERVICE = "gen3/manifest"


def test_every_parameter_of_a_path_is_declared(spec: Any) -> None:
    for path, _, operation in spec.operations():
        declared = [p["name"] for p in operation.get("parameters", []) if p["in"] == "path"]
        assert declared == re.findall(r"{(\w+)}", path)


def test_what_is_written_has_a_body_and_a_name(spec: Any) -> None:
    for _, method, operation in spec.operations():
        if method in ("post", "put"):
            assert [p["in"] for p in operation["parameters"]] == ["body"]
            assert operation["responses"]["200"]["schema"] == {"$ref": "#/definitions/StoredFile"}


@pytest.mark.parametrize("what", ["manifest", "cohort", "metadata"])
def test_put_is_post_and_not_on_the_command_line(spec: Any, what: str) -> None:
    post, put = spec.operation(f"create_{what}"), spec.operation(f"put_{what}")
    assert (post["parameters"], set(post["responses"])) == (put["parameters"], set(put["responses"]))
    assert put["x-omics-hidden"] is True
    assert "x-omics-hidden" not in post


def test_only_the_status_is_open_to_all(spec: Any) -> None:
    assert spec.corrected["security"] == [{"authToken": []}]
    assert {op["x-omics-name"] for _, _, op in spec.operations() if op.get("security") == []} == {"get_status"}
