"""Stores by their schemes, and the options that they take as texts."""

from importlib import import_module
from typing import Any

import pytest
from omicsdk.fs import open_store
from omicsdk.fs.errors import WrongOption, WrongUri
from omicsdk.fs.uris import STORES, options_of


@pytest.mark.parametrize(("scheme", "home"), STORES.items())
def test_a_store_is_of_the_scheme_that_names_it(scheme: str, home: str) -> None:
    module, _, name = home.partition(":")
    assert getattr(import_module(module), name).scheme == scheme
    assert options_of(scheme)


@pytest.mark.parametrize(
    ("scheme", "remedy"),
    [("ftp", "by omics get"), ("az", "SAS"), ("wasb", "SAS"), ("abfss", "SAS"), ("gss", "gs://"), ("nothing", "Known")],
)
def test_a_scheme_without_a_store_is_refused_with_what_to_do(scheme: str, remedy: str) -> None:
    with pytest.raises(WrongUri, match=f"Unknown scheme {scheme}://") as refused:
        open_store(scheme)
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(("text", "is_on"), [("true", True), ("TRUE", True), ("false", False), ("False", False)])
def test_a_text_switches_an_option(monkeypatch: pytest.MonkeyPatch, text: str, is_on: bool) -> None:
    module, _, name = STORES["s3"].partition(":")
    passed: dict[str, Any] = {}

    class Store(getattr(import_module(module), name)):
        def __init__(self, *, requester_pays: "bool |  None" = None, client: Any = None) -> None:
            passed.update(requester_pays=requester_pays, client=client)

    monkeypatch.setattr(import_module(module), name, Store)
    open_store("s3", requester_pays=text)
    assert passed["requester_pays"] is is_on
    with pytest.raises(WrongOption, match="unknown option") as refused:
        open_store("s3", pays="true")
    assert refused.value.remedy == "The options of s3:// are requester_pays; in Python also client."
