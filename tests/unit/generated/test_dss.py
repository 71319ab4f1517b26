"""The Data Store's client as it is committed: by itself, cheap to import, its models lossless."""

import functools
import importlib
import json
from pathlib import Path
from typing import Any

import httpx
import omicsdk_api
import omicsdk_api.dss.models as models
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import DecodeError, NotFound
from omicsdk.core.model import Model, Shape
from omicsdk_api.dss import AsyncDssApi, DssApi

MODELS: list[type[Model]] = [getattr(models, name) for name in models.__all__]
FOLDER = Path(omicsdk_api.__file__).parent
COMMANDS: list[dict[str, Any]] = json.loads((FOLDER / "dss/commands.json").read_text())

_TEXT = st.text(max_size=5)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2),
    max_leaves=4,
)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "any": _JSON,
    "null": st.none(),
    "string": _TEXT,
    "integer": st.integers(),
    "number": st.integers() | st.floats(allow_nan=False),
    "boolean": st.booleans(),
}


def _values(shape: Shape, depth: int) -> st.SearchStrategy[Any]:
    if shape.kind == "literal":
        return st.sampled_from(shape.of)
    if shape.kind == "array":
        return st.lists(_values(shape.of[0], depth), max_size=2)
    if shape.kind == "map":
        return st.dictionaries(_TEXT, _values(shape.of[0], depth), max_size=2)
    if shape.kind == "union":
        return st.one_of([_values(member, depth) for member in shape.of])
    if shape.model is not None:
        return _objects(shape.model(), depth - 1)
    return _SCALARS[shape.kind]


@functools.cache
def _objects(cls: type[Model], depth: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that the document allows, and some more: members that it does not know, and explicit nulls."""
    fields = {field.wire: _values(field.shape, depth) for field in cls.FIELDS} if depth else {}
    required = {field.wire: fields[field.wire] for field in cls.FIELDS if field.required} if depth else {}
    optional = {wire: st.none() | values for wire, values in fields.items() if wire not in required}
    declared_members = st.fixed_dictionaries(required, optional=optional)
    return st.builds(
        lambda extra, declared: {**extra, **declared}, st.dictionaries(_TEXT, _JSON, max_size=2), declared_members
    )


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
@settings(max_examples=3 * settings().max_examples // 8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_model_gives_back_what_came(cls: type[Model], data: st.DataObject) -> None:
    came = data.draw(_objects(cls))
    made = cls.from_dict(came)
    assert made.to_dict() == came
    assert cls.from_dict(made.to_dict()) == made


@functools.cache
def _declared_members(cls: type[Model]) -> st.SearchStrategy[dict[str, Any]]:
    """Anything under the names that the document knows."""
    return st.dictionaries(st.sampled_from([field.wire for field in cls.FIELDS]), _JSON)


@pytest.mark.parametrize("cls", MODELS, ids=lambda cls: cls.__name__)
@settings(max_examples=settings().max_examples // 4, deadline=None)
@given(data=st.data())
def test_a_model_never_fails_for_what_a_server_does(cls: type[Model], data: st.DataObject) -> None:
    came = data.draw(_declared_members(cls))
    assert cls.from_dict(came).to_dict() == came


def test_all_operations_of_the_document_exist() -> None:
    document = json.loads((FOLDER / "dss/openapi.json").read_text())
    documented = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item if method in _METHODS
    }
    assert {(row["method"], row["path"]) for row in COMMANDS} == documented
    assert len(documented) == 22
    for row in COMMANDS:
        for api in (DssApi, AsyncDssApi):
            assert getattr(api(), row["name"]).facts.method == row["method"]


_METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}


def test_it_works_by_itself() -> None:
    def response(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"].startswith("Basic ")
        if "missing" in request.url.path:
            return httpx.Response(404, json={"status": 404, "code": "not_found", "title": "There is none."})
        return httpx.Response(200, json={"bundle": {"uuid": "u", "files": [{"name": "a"}], "new": 1}})

    client = DssApi(
        "https://dss.example/v1", credentials=httpx.BasicAuth("me", "word"), transport=httpx.MockTransport(response)
    )
    page = client.get_bundle(uuid="u", replica="aws")
    assert page.bundle.files[0].name == "a"
    with pytest.raises(NotFound) as caught:
        client.get_bundle(uuid="missing", replica="aws")
    assert caught.value.code == "not_found"


def test_strict_names_the_place() -> None:
    bundle = {"uuid": "u", "version": "v", "creator_uid": 0, "files": [{"size": "large"}]}
    odd = httpx.MockTransport(lambda _: httpx.Response(200, json={"bundle": bundle}))
    with pytest.raises(DecodeError, match=r"get_bundle.*bundle\.files\[0\]"):
        DssApi(transport=odd, strict=True).get_bundle(uuid="u", replica="aws")


def test_every_module_imports() -> None:
    for path in (FOLDER / "dss").rglob("*.py"):
        name = ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts)
        importlib.import_module(name.removesuffix(".__init__"))


def test_the_index_names_the_commands_in_order() -> None:
    index = json.loads((FOLDER / "index.json").read_text())
    assert [word for word, _ in index["dss"]["commands"]] == [row["command"] for row in COMMANDS]
    assert all(summary.strip() for _, summary in index["dss"]["commands"])
