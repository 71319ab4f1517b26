"""Generated clients with applications whose frameworks make their documents and answer by them."""

import importlib
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from claimed_ports import free_port
from omicsdk.core.errors import BadRequest, Forbidden, Unprocessable
from omicsdk_codegen.generate import make_package
from omicsdk_codegen.write import write_files
from real_servers import peer, running

NAMES = [f"sample-{number}" for number in range(7)]  # those of framework_apps.py
# Its pages are described in a header alone.
PAGES = {
    "target": "$.paths['/samples/'].get",
    "update": {"x-omics-pagination": {"style": "page", "page": "page", "items": ""}},
}


@contextmanager
def _generated(name: str, folder: Path) -> Generator[ModuleType]:
    """Run an application, and import the package that is generated from its document."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [peer("frameworks", "bin/python"), Path(__file__).with_name("framework_apps.py"), name, str(port)]
    with running(command, f"{url}/openapi.json", folder):
        spec, overlay = folder / "openapi.json", folder / "overlay.json"
        spec.write_bytes(httpx.get(f"{url}/openapi.json", trust_env=False).content)
        info = {"title": "Pages", "version": "1"}
        server = {"target": "$", "update": {"servers": [{"url": url}]}}
        actions = [server, PAGES] if name == "flask" else [server]
        overlay.write_text(json.dumps({"overlay": "1.0.0", "info": info, "actions": actions}))
        made = make_package(spec, [overlay], "app", origin="Generated for a test.")
        write_files(folder / f"generated_by_{name}", made.files)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        package = importlib.import_module(f"generated_by_{name}")
        sys.path.remove(str(folder))
        yield package


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory) -> Generator[ModuleType]:
    with _generated("django", tmp_path_factory.mktemp("django")) as package:
        yield package


@pytest.fixture(scope="module")
def flask(tmp_path_factory: pytest.TempPathFactory) -> Generator[ModuleType]:
    with _generated("flask", tmp_path_factory.mktemp("flask")) as package:
        yield package


def test_all_items_of_a_paginator_are_read(django: ModuleType) -> None:
    with django.AppApi(strict=True) as client:
        for group in (client.samples, client.listed):
            assert [sample.name for sample in group.list.iterate()] == NAMES
        assert [sample.name for sample in client.listed.list.iterate(limit=2, offset=3)] == NAMES[3:]


def test_an_error_states_what_is_wrong_with_which_value(django: ModuleType) -> None:
    places = [{"room": "A1"}, {"room": "too long"}]
    with django.AppApi(strict=True) as client, pytest.raises(BadRequest) as raised:
        client.samples.create(name="", tags=["ab", "c"], places=places)
    for text in ("name: This field may not be blank.", "tags.1: Ensure this", "places.1.room: Ensure this"):
        assert text in raised.value.message


def test_a_refusal_without_credentials_names_what_to_pass(django: ModuleType) -> None:
    with (
        django.AppApi(strict=True) as client,
        pytest.raises(Forbidden, match=r"Pass ApiKey\(key, cookie='sessionid'"),
    ):
        client.private.list()


@pytest.mark.parametrize("data", [b"text", ("ä.txt", b"text")])
def test_a_file_is_sent_where_json_is_stated_too(django: ModuleType, data: Any) -> None:
    with django.AppApi(strict=True) as client:
        assert client.files.partial_update(id="a.b c", body={"data": data}).to_dict() == {"id": "a.b c", "data": "text"}


def test_pages_of_a_header_are_followed_by_an_overlay(flask: ModuleType) -> None:
    with flask.AppApi(strict=True) as client:
        assert [sample.name for sample in client.get_samples.iterate(page_size=2)] == NAMES


def test_an_error_of_marshmallow_names_the_field(flask: ModuleType) -> None:
    with flask.AppApi(strict=True) as client:
        assert client.post_samples(name="näme").name == "näme"
        with pytest.raises(Unprocessable, match=r"json\.name: Longer than maximum length 10"):
            client.post_samples(name="n" * 11)
