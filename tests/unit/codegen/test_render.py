"""Which files a package has, what its modules export, and how its JSON is written."""

import ast
import json
from itertools import count
from typing import Any

import pytest
from generated_package import Generate
from generated_package import generate as generate
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen import plan_models
from omicsdk_codegen.render import compact_json, readable_json, render_init, render_package
from planned_documents import DOCUMENT, RICH, files_of, planned
from small_documents import document

GROUPED = document(
    {
        path: {"get": {"operationId": name, "responses": {}}}
        for path, name in {
            "/a": "files.list", "/b": "files.get", "/c": "files.old_notes.list", "/d": "files.old_notes.get",
            "/e": "ping", "/f": "import", "/g": "files.class.list", "/h": "files.class.get",
        }.items()
    }
)  # fmt: skip
BARE = {"__init__.py", "py.typed", "client.py", "operations/__init__.py", "openapi.json", "commands.json"}
MODELS = {
    *("models/__init__.py", "models/edge.py", "models/edge_label.py", "models/get_one_response.py"),
    *("models/get_one_response_items_item.py", "models/pick_the_right.py", "models/pick_with_left.py"),
    *("models/post_two_about.py", "models/put_three_body_item.py"),
}
CALLS = {f"operations/{name}.py" for name in ("get_four", "get_one", "post_four", "post_two", "put_three")}


def test_a_package_has_a_file_for_all_that_the_document_states() -> None:
    files = files_of(RICH)
    groups = {f"groups/{name}.py" for name in ("__init__", "five", "four")}
    others = {"choices.py", "errors.py", "headers.py", "webhooks.py", "types.py"}
    assert set(files) == BARE | MODELS | CALLS | groups | others
    assert (files["py.typed"], files["openapi.json"]) == ("", compact_json(planned(RICH).document))
    modules = {path: text for path, text in files.items() if path.endswith(".py")}
    assert all(text.startswith("# Generated for a test.\n") for text in modules.values())
    assert all(ast.get_docstring(ast.parse(text)) for text in modules.values())
    assert files["operations/__init__.py"] == '# Generated for a test.\n"""One module an operation."""\n'


def test_what_the_document_does_not_state_has_no_file() -> None:
    assert set(files_of(document({}))) == BARE | {"models/__init__.py", "types.py"}


def test_long_types_are_modules_of_a_package(monkeypatch: pytest.MonkeyPatch, generate: Generate) -> None:
    monkeypatch.setattr(plan_models, "MOST_LINES", 10)
    files = files_of(DOCUMENT)
    assert {path for path in files if path.startswith("types")} == {
        *("types/__init__.py", "types/edge.py", "types/edge_label.py", "types/get_one_response.py", "types/node.py"),
        *("types/get_one_response_items_item.py", "types/pick_the_right.py", "types/pick_with_left.py"),
        *("types/post_two_about.py", "types/put_three_body_item.py"),
    }
    exported = ast.literal_eval(ast.parse(files["types/__init__.py"]).body[-1].orelse[-1].value.args[1])
    names = [word.partition("=")[0] for word in exported.split()]
    assert names == sorted(names)
    types = __import__(generate(DOCUMENT).__name__ + ".types", fromlist=["types"])
    assert types.NodeDict.__module__ == f"{types.__name__}.node"
    assert set(names) <= set(dir(types))


def test_names_are_exported_by_the_packages_themselves(generate: Generate) -> None:
    package = generate(RICH)
    assert {"ThingApi", "AsyncThingApi", "APIError", "NotFound"} <= set(dir(package))
    assert package.ThingApi.__module__ == f"{package.__name__}.client"
    assert package.NotFound.__module__ == f"{package.__name__}.errors"
    models = __import__(package.__name__ + ".models", fromlist=["models"])
    assert models.Node.__module__ == models.Edge.__module__ == f"{package.__name__}.models.edge"


def test_an_exception_of_the_package_goes_before_that_of_the_runtime() -> None:
    more = [("_runtime.errors", "NotFound"), ("_runtime.errors", "OmicsError")]
    with_errors, without = (render_init(planned(data), "x", more)["__init__.py"] for data in (RICH, DOCUMENT))
    assert "from .errors import NotFound as NotFound" in with_errors
    assert "from ._runtime.errors import NotFound" not in with_errors
    assert "from ._runtime.errors import OmicsError as OmicsError" in with_errors
    assert "from ._runtime.errors import NotFound as NotFound" in without


def test_operations_are_reached_by_their_groups(generate: Generate) -> None:
    client = generate(GROUPED).ThingApi("https://thing.test")
    for path in ("files.list", "files.old_notes.get", "files.class_.list", "ping", "import_"):
        value = client
        for name in path.split("."):
            assert name in dir(value)
            value = getattr(value, name)
        assert callable(value)
    assert not {"old_notes", "class_"} & set(dir(client))


def test_the_writing_of_each_kind_of_file_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count(step=1)
    monkeypatch.setattr("omicsdk_codegen.progress.monotonic", lambda: next(seconds))
    package, messages = planned(DOCUMENT), list[str]()
    render_package(package, "x", messages.append)
    kinds = list(dict.fromkeys(message.partition(":")[0] for message in messages))
    assert kinds == ["writing operations", "writing models", "writing TypedDicts"]
    assert "writing operations: 2 of 3" in messages


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_for_readers_is_indented_and_that_for_machines_is_not(value: Any) -> None:
    assert readable_json(value) == json.dumps(value, indent=1) + "\n"
    assert compact_json(value) == json.dumps(value, separators=(",", ":")) + "\n"


def test_json_of_each_kind() -> None:
    assert readable_json({"a": [1, {}], "é": []}) == '{\n "a": [\n  1,\n  {}\n ],\n "\\u00e9": []\n}\n'
    assert compact_json([{"b": 1, "a": None}, "é"]) == '[{"b":1,"a":null},"\\u00e9"]\n'
