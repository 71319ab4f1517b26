"""A client shows the documentation of an operation's `build`: in help(), inspect, IPython and editors."""

import asyncio
import inspect
import pydoc
from typing import Any

import pytest
from omicsdk.core.operation import AsyncCall, Call
from omicsdk_api.dss import AsyncDssApi, DssApi
from omicsdk_api.dss.operations import get_bundle, get_file

FORMS = ["", ".raw", ".pages", ".iterate"]
HOLDERS: list[Any] = [DssApi, AsyncDssApi, DssApi(), AsyncDssApi()]


def form_of(holder: Any, path: str) -> Any:
    form = holder
    for name in path.split("."):
        form = getattr(form, name)
    return form


@pytest.mark.parametrize("holder", HOLDERS, ids=["class", "async class", "client", "async client"])
@pytest.mark.parametrize(
    "path", [*(f"get_bundle{form}" for form in FORMS), "get_file", "get_file.raw", "get_file.stream"]
)
def test_each_form_has_the_arguments_and_the_documentation_of_the_operation(holder: Any, path: str) -> None:
    build = (get_bundle if path.startswith("get_bundle") else get_file).build
    form = form_of(holder, path)
    assert inspect.signature(form).parameters == inspect.signature(build).parameters
    assert inspect.getdoc(form) == inspect.getdoc(build)
    shown = " ".join(pydoc.plain(pydoc.render_doc(form)).split())  # long signatures are several lines since 3.13
    assert f" {path}(*, uuid: str, replica: " in shown.replace("( *", "(*").replace("'", "")
    assert "Storage replica to read from" in shown


def test_a_call_states_what_it_gives() -> None:
    assert inspect.signature(DssApi().get_bundle).return_annotation == "BundlePage"
    shown = " ".join(pydoc.plain(pydoc.render_doc(DssApi)).replace("|", "").split())
    assert "get_bundle(*, uuid: str, " in shown.replace("( *", "(*").replace("'", "")


def test_a_class_shows_its_operations_and_only_a_client_calls_them() -> None:
    assert isinstance(DssApi.get_bundle, Call)
    assert isinstance(AsyncDssApi.get_bundle, AsyncCall)
    assert {"get_bundle", "put_file"} <= {*dir(DssApi), *dir(AsyncDssApi())}
    for call in (DssApi.get_bundle, DssApi.get_bundle.raw):
        with pytest.raises(TypeError, match="get_bundle is an operation of a client"):
            call(uuid="u", replica="aws")


@pytest.mark.parametrize("holder", HOLDERS, ids=["class", "async class", "client", "async client"])
@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("get_bundle", {"raw", "with_headers", "pages", "iterate"}),
        ("get_file", {"raw", "with_headers", "stream"}),
        ("put_file", {"raw", "with_headers"}),
    ],
)
def test_completion_offers_the_forms_of_a_call_alone(holder: Any, name: str, forms: set[str]) -> None:
    call = form_of(holder, name)
    assert {shown for shown in dir(call) if not shown.startswith("__")} == forms
    attributes = [attribute for attribute in object.__dir__(call) if not attribute.startswith("_")]
    assert {
        attribute for attribute in attributes if repr(getattr(call, attribute)).startswith(f"<{name}.{attribute}: ")
    } == forms


@pytest.mark.parametrize("form", ["", ".raw", ".with_headers", ".pages", ".iterate"])
@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {"uuid": "u"}, "get_bundle() missing required argument 'replica'"),
        ((), {}, "get_bundle() missing required arguments 'uuid' and 'replica'"),
        (("u", "aws"), {}, "get_bundle() has no positional arguments: use get_bundle(uuid=..., replica=...)"),
        ((), {"uuid": "u", "replca": "aws"}, "get_bundle() has no argument 'replca'. Did you mean 'replica'?"),
        ((), {"uuid": "u", "replica": "aws", "zzz": 1}, "get_bundle() has no argument 'zzz'"),
        *(
            (
                (),
                {"uuid": "u", "replica": "aws", option: 1},
                f"get_bundle() has no argument {option!r}: use client.with_options({option}=...).get_bundle(...)",
            )
            for option in ("headers", "timeout", "retry", "credentials", "strict")
        ),
    ],
)
def test_wrong_arguments_name_the_operation(
    form: str, args: tuple[str, ...], kwargs: dict[str, Any], expected: str
) -> None:
    with pytest.raises(TypeError) as caught:
        form_of(DssApi(), f"get_bundle{form}")(*args, **kwargs)
    assert str(caught.value) == expected

    async def called() -> None:
        await form_of(AsyncDssApi(), f"get_bundle{form}")(*args, **kwargs)

    with pytest.raises(TypeError) as caught:
        asyncio.run(called())
    assert str(caught.value) == expected


def test_a_type_error_of_the_request_itself_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*, uuid: str) -> Any:
        raise TypeError(f"build() cannot be {uuid}")

    call = DssApi().get_bundle
    monkeypatch.setattr(call, "build", build)
    with pytest.raises(TypeError, match=r"^build\(\) cannot be u$"):
        call(uuid="u")
