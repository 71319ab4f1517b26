"""A text where several are taken is one item, everywhere on the public surface."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import parse_qsl, urlsplit

import omicsdk
import omicsdk_api
import pandas
import pytest
from omicsdk import Azul
from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.platform import Listing, Opening, Platform, Workflow
from omicsdk.drs.planning import requested_objects
from omicsdk.hca.azul.filters import read_conditions
from omicsdk.portals.searches import Hit as SearchHit
from omicsdk_api.azul.models import Hit

#: Several texts, and no single one.
_ONLY_SEVERAL = re.compile(r"(?<!str \| )\b(?:Sequence|Collection|Iterable)\[str\]")


@text_is_one_item
def search(
    where: str,
    names: str | Sequence[str] = (),
    *,
    tags: str | Collection[str] | None = None,
    metadata: Mapping[str, str | Sequence[str]] | None = None,
) -> tuple[Any, ...]:
    return where, names, tags, metadata


@pytest.mark.parametrize(
    ("arguments", "options", "received"),
    [
        (("sb://p",), {"names": "a.bam"}, ("sb://p", ("a.bam",), None, None)),
        (("sb://p", "a.bam"), {}, ("sb://p", ("a.bam",), None, None)),
        (("sb://p", ["a", "b"]), {"tags": "t"}, ("sb://p", ["a", "b"], ("t",), None)),
        (("sb://p",), {"metadata": {"k": "v", "l": ["x", "y"]}}, ("sb://p", (), None, {"k": ("v",), "l": ["x", "y"]})),
        (("sb://p",), {"tags": None, "metadata": None}, ("sb://p", (), None, None)),
        (("sb://p", ""), {}, ("sb://p", ("",), None, None)),
    ],
)
def test_a_text_arrives_as_one_item(arguments: tuple[Any, ...], options: dict[str, Any], received: tuple[Any, ...]):
    assert search(*arguments, **options) == received


HIT = Hit.from_dict({"entryId": "e", "protocols": []})


@pytest.mark.parametrize(
    "call",
    [
        *[
            partial(search, "sb://p", value)
            for value in ({"a": 1}, HIT, SearchHit("ena", "ena:1", "t"), pandas.DataFrame({"id": ["a"]}), ["a", HIT])
        ],
        *[
            partial(function, value)
            for value in (HIT, [HIT], {1: HIT}.values(), pandas.DataFrame({"id": ["a"]}))
            for function in (read_conditions, lambda value: list(requested_objects(value)))
        ],
        *[lambda value=value: list(search("sb://p", iter([value]))[1]) for value in (HIT, ("sb://p/a", HIT))],
        *[partial(omicsdk.get, value, "data") for value in (HIT, [HIT], pandas.DataFrame({"id": ["a"]}))],
        partial(Azul.get, None, HIT),
        partial(omicsdk.Dss("http://127.0.0.1:1").download, HIT, "aws"),
    ],
)
def test_an_object_or_a_data_frame_is_no_text(call: Callable[..., object]):
    with pytest.raises(omicsdk.UsageError, match=r"argument '\w+' takes text, not \w+\. Pass identifiers"):
        call()


def test_a_column_of_a_data_frame_is_several_texts():
    column = pandas.DataFrame({"id": ["organ=a", "organ=b"]})["id"]
    assert [condition.values for condition in read_conditions(column)] == [("a",), ("b",)]
    assert search("p", column)[1] is column


@pytest.mark.parametrize("uuids", [["a", "b"], ("a",), pandas.Series(["a"])])
def test_several_texts_are_refused_where_one_is_taken(uuids: Any):
    """They would be sent as one identifier with commas in it."""
    dss = omicsdk.Dss("http://127.0.0.1:1")
    for call in (dss.download, dss.verify, lambda *arguments: list(dss.ls(*arguments))):
        with pytest.raises(
            omicsdk.UsageError, match=r"'bundle_uuid' takes one text, not \w+\. Repeat the call for each"
        ):
            call(uuids, "aws")


def test_a_list_of_files_is_no_identifier(tmp_path: Path):
    file = tmp_path / "manifest.tsv"
    file.touch()
    with pytest.raises(omicsdk.UsageError, match=r"manifest.tsv is a file on this machine.*omics get"):
        next(requested_objects(str(file)))


def test_a_function_without_such_a_parameter_is_a_mistake():
    with pytest.raises(TypeError, match="no parameter that takes a text or several"):
        text_is_one_item(test_a_function_without_such_a_parameter_is_a_mistake)


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The workflows of all platforms, and the functions and constructors that the package exports."""
    for name in omicsdk.__all__:
        exported = getattr(omicsdk, name)
        if inspect.isfunction(exported):
            yield name, exported
        if not isinstance(exported, type):
            continue
        if "__init__" in vars(exported):
            yield name, vars(exported)["__init__"]
        if issubclass(exported, Platform):
            for attribute in dir(exported):
                if isinstance(inspect.getattr_static(exported, attribute), Workflow | Listing | Opening):
                    yield f"{name}.{attribute}", getattr(exported, attribute)


PUBLIC = dict(public_functions())


def exported_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Those that the package's parts export in addition."""
    for part in pkgutil.iter_modules(omicsdk.__path__, "omicsdk."):
        module = importlib.import_module(part.name) if part.ispkg else None
        for name in getattr(module, "__all__", ()):
            if inspect.isfunction(exported := getattr(module, name)):
                yield f"{part.name}.{name}", exported


def test_public_functions_take_one_text_where_they_take_several():
    assert len(PUBLIC) > 150
    only_several = [
        f"{name}({parameter}: {annotation})"
        for name, function in PUBLIC.items()
        for parameter, annotation in inspect.unwrap(function).__annotations__.items()
        if parameter != "return" and _ONLY_SEVERAL.search(str(annotation).replace("collections.abc.", ""))
    ]
    assert only_several == []


TAKES_SEVERAL = [
    pytest.param(function, parameter, id=f"{name}-{parameter}")
    for name, function in sorted({**dict(exported_functions()), **PUBLIC}.items())
    for parameter, annotation in inspect.unwrap(function).__annotations__.items()
    if re.match(r"(?:Mapping\[str, )?str \| (?:Sequence|Collection|Iterable)\[str\]", str(annotation))
    and parameter != "origins"  # one constructor lists them for all credentials: below
]


@pytest.mark.parametrize(("function", "parameter"), TAKES_SEVERAL)
def test_a_public_function_receives_one_text_as_one_item(function: Callable[..., Any], parameter: str):
    inner = inspect.unwrap(function)
    stand_in = text_is_one_item(_recording(inner))
    by_name = str(inner.__annotations__[parameter]).startswith("Mapping")
    listed = {"key": ("a.bam",)} if by_name else ("a.bam",)
    assert stand_in(**{parameter: {"key": "a.bam"} if by_name else "a.bam"})[parameter] == listed
    layers = [function]
    while (below := getattr(layers[-1], "__wrapped__", None)) is not None:
        layers.append(below)
    decorated = any(layer.__code__ is stand_in.__code__ for layer in layers)
    assert decorated, "the function walks a text by character: decorate it with text_is_one_item"


def _recording(function: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    def record(**options: Any) -> dict[str, Any]:
        return options

    record.__annotations__ = function.__annotations__
    return record


@pytest.mark.parametrize(
    ("make", "made"),
    [(omicsdk.BearerToken, {"token": "t"}), (omicsdk.ApiKey, {"key": "k", "header": "X-Key"})],
)
def test_credentials_for_one_origin(make: Callable[..., omicsdk.Credentials], made: dict[str, str]):
    credentials = make(**made, origins="https://one.example")
    assert credentials.goes_to("https://one.example/path")
    assert not credentials.goes_to("https://two.example")


def operations() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The function that builds the request of each generated operation."""
    for module in pkgutil.walk_packages(omicsdk_api.__path__, "omicsdk_api."):
        if ".operations." in module.name:
            build = getattr(importlib.import_module(module.name), "build", None)
            if build is not None:
                yield module.name.removeprefix("omicsdk_api."), build


def takes_several(build: Callable[..., Any]) -> list[str]:
    """Parameters of an operation that take a text, or several."""
    return [
        name
        for name, annotation in build.__annotations__.items()
        if re.search(r"\bSequence\[(?:str|Literal\[)", str(annotation)) and name != "return"
    ]


OPERATIONS = [
    pytest.param(build, parameter, id=f"{name}-{parameter}")
    for name, build in operations()
    for parameter in takes_several(build)
]


def value_for(annotation: Any) -> Any:
    """A value of the type of a required parameter."""
    text = str(annotation)
    if "Sequence[" in text and not text.startswith("Mapping"):
        return []
    for beginning, value in (("int", 1), ("float", 1.0), ("bool", True), ("Mapping", {}), ("Any", {})):
        if text.startswith(beginning):
            return value
    return get_args(annotation)[0] if get_origin(annotation) is Literal else "x"


@pytest.mark.parametrize(("build", "parameter"), OPERATIONS)
def test_an_operation_sends_one_text_as_a_list_of_one(build: Callable[..., Any], parameter: str):
    text = re.search(r"Literal\[['\"]([^'\"]+)", build.__annotations__[parameter])
    one = text[1] if text else "a,b c"
    required = {
        name: value_for(build.__annotations__[name])
        for name, declared in inspect.signature(build).parameters.items()
        if declared.default is inspect.Parameter.empty and name != parameter
    }
    annotation = str(build.__annotations__[parameter])
    by_name = annotation.startswith("Mapping")
    alone, listed = (build(**required, **{parameter: {"k": value} if by_name else value}) for value in (one, [one]))
    assert (alone.url, alone.content) == (listed.url, listed.content)


#: As sevenbridges-python 2.11.2 sends `files.query(metadata={"k": ["v1", "v2"]})`; a bare name filters nothing.
RECORDED = [("project", "own/proj"), ("metadata.k", "v1"), ("metadata.k", "v2")]


@pytest.mark.parametrize("name", ["k", "metadata.k"])
def test_files_are_selected_by_metadata_as_the_published_client_selects_them(name: str):
    from omicsdk_api.sb.operations.list_files import build

    both, one = (build(project="own/proj", metadata={name: values}).url for values in (["v1", "v2"], "v1"))
    assert parse_qsl(urlsplit(both).query) == RECORDED
    assert parse_qsl(urlsplit(one).query) == RECORDED[:2]


def test_many_operations_are_compared():
    assert len(OPERATIONS) > 80
