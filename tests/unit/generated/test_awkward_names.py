"""Names that are awkward in Python, on file systems and for our own classes: taken, imported, called."""

import importlib
import json
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from recording_network import RecordingNetwork
from small_documents import document, operation, query, reference

WORDS = [
    "self", "cls", "body", "limit", "timeout", "raw", "help", "match", "None", "class", "from_dict", "to_dict", "get", "data",
    "additional_properties", "null_fields", "__class__", "1st", "", "é", "\u2028", "a'b", "a-b", "a_b", "aB", "AB", "list",
    "str", "dict", "field", "model", "array", "literal", "mapping", "union", "items", "parse", "build", "segment", "request",
    "int", "cls_", "v", "k", "frozenset", "getattr", "type", "Literal", "Any", "FACTS", "OMIT", "response", "page", "max_items",
    "joined", "json_body", "close", "httpx", "classmethod", "staticmethod", "property", "locals", "super", "object", "setattr",
]  # fmt: skip
SCHEMAS = [
    "con", "Aux", "nul", "types", "models", "__init__", "Response", "Any", "list", "Foo", "foo", "FOO", "foo_bar", "FooBar",
    "FooDict", "Dict", "CloseOperation", "AsyncThingApi", "object", "str", "importlib", "sorted", "Exception", "Type", "Field",
    "Model", "Shape", "Callable", "define", "JsonObject",
]  # fmt: skip
CALLS = [
    "close", "with_options", "send", "base_url", "__init__", "Foo", "foo", "import", "print", "async_foo", "operations",
    "responses", "property", "cached_property", "str", "con", "max_items",
]  # fmt: skip
FIELDS = {word: {"type": "string", "description": f"\ud800\u202e{word}"} for word in WORDS}


def _ref(index: int) -> dict[str, Any]:
    return reference(SCHEMAS[index % len(SCHEMAS)])


def _operation(index: int, name: str) -> dict[str, Any]:
    path = {"name": "a.b", "in": "path", "required": True, "schema": {"type": "string"}}
    operation_ = operation(_ref(index), operationId=name, parameters=[path, *query(*filter(None, WORDS))])
    operation_["responses"]["200"]["description"] = "\ud800"
    body = {"content": operation_["responses"]["200"]["content"]}
    return {**operation_, "requestBody": body, "x-omics-pagination": {"style": "link", "items": "some items"}}


DOCUMENT = document(
    {f"/{index}/{{a.b}}": {"post": _operation(index, name)} for index, name in enumerate(CALLS)},
    {
        name: {
            "type": "object",
            "properties": {
                **FIELDS,
                "some items": {"type": "array", "items": _ref(index + 1)},
                "next": _ref(index - 1),
            },
        }
        for index, name in enumerate(SCHEMAS)
    },
)
DATA = {"some items": [{"list": "a", "class": None, "": "empty"}], "next": {"self": "s"}}


def test_every_module_imports_wherever_it_comes_first(package: ModuleType) -> None:
    names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    assert len(names) > len(CALLS)
    for name in names:
        importlib.import_module(name)
    models = importlib.import_module(f"{package.__name__}.models")
    assert len({getattr(models, name) for name in models.__all__}) == len(SCHEMAS)


def test_every_operation_is_called_with_every_argument(package: ModuleType) -> None:
    network = RecordingNetwork(200, json=DATA)
    client = package.ThingApi("https://thing.example", transport=network)
    commands = json.loads((Path(str(package.__file__)).parent / "commands.json").read_text())
    assert len(commands) == len(CALLS)
    for row in commands:
        arguments = {
            row["python"]: {} if row["type"] == "object" else row["name"].removeprefix("param_")
            for row in row["parameters"]
        }
        operation = getattr(client, row["name"])
        assert operation(**arguments).to_dict() == DATA
        assert [(item.list_, item.class_) for item in operation.iterate(**arguments).take(1)] == [("a", None)]
        assert network.requests[-1].url.path.endswith("/a.b")
        assert dict(network.requests[-1].url.params) == {word: word for word in WORDS if word}
