"""The HCA configuration, and which service and token it leads to."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.errors import ConfigError
from omicsdk.hca import HCAConfig
from omicsdk.hca.connection import base_url_of, connection

NOWHERE = Path("/nonexistent/hca/config.json")


def config(tmp_path: Path, *layers: dict[str, Any], user: dict[str, Any] | None = None) -> HCAConfig:
    files: list[str] = []
    for number, layer in enumerate(layers):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(layer))
        files.append(str(path))
    if user is not None:
        (tmp_path / "hca").mkdir()
        (tmp_path / "hca/config.json").write_text(json.dumps(user))
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "HCA_CONFIG_FILE": os.pathsep.join(files)}
    return HCAConfig(environ, site_file=NOWHERE)


def test_later_files_win_and_arrays_can_be_changed(tmp_path: Path):
    made = config(tmp_path, {"areas": {"$append": 3}, "creator_uid": 2}, user={"areas": [1], "creator_uid": 1})
    assert made["areas"] == [1, 3]
    assert made.creator_uid == 2
    assert made.settings.origin("creator_uid") == str(tmp_path / "0.json")


def test_a_host_is_changed_without_touching_a_file(tmp_path: Path):
    made = config(tmp_path)
    made["DSSClient"].swagger_url = "https://dss.dev.example.org/v1/swagger.json"
    assert made.DSSClient.swagger_url == "https://dss.dev.example.org/v1/swagger.json"
    assert connection("DSSClient", config=made, environ={}).base_url == "https://dss.dev.example.org/v1"
    assert (
        HCAConfig({"XDG_CONFIG_HOME": str(tmp_path)}, site_file=NOWHERE).DSSClient.swagger_url
        != made.DSSClient.swagger_url
    )


def test_a_malformed_file_is_named_with_line_and_column(tmp_path: Path):
    (tmp_path / "hca").mkdir()
    (tmp_path / "hca/config.json").write_text('{\n  "a": ,\n}')
    with pytest.raises(ConfigError, match=r"hca/config\.json:2:8"):
        config(tmp_path)


def test_saving_goes_to_the_strongest_file_for_its_owner_only(tmp_path: Path):
    made = config(tmp_path, {"log_level": "ERROR"})
    made["creator_uid"] = 8008
    made.save(0o644)
    path = Path(made.config_files[-1])
    assert json.loads(path.read_text())["creator_uid"] == 8008
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unknown_section_says_what_there_is(tmp_path: Path):
    with pytest.raises(AttributeError, match="DSSClient"):
        _ = config(tmp_path).DSClient


def test_a_repr_shows_no_values(tmp_path: Path):
    made = config(tmp_path, {"oauth2_token": {"access_token": "canary"}})
    assert "canary" not in repr(made) + repr(made.oauth2_token)


def test_the_service_is_at_its_documents_url_less_the_last_segment():
    assert base_url_of("https://dss.example.org/v1/swagger.json") == "https://dss.example.org/v1"
    assert base_url_of("http://127.0.0.1:8000/dss/v1/swagger.json?x=1") == "http://127.0.0.1:8000/dss/v1"


@pytest.mark.parametrize("url", ["dss.example.org/v1/swagger.json", "ftp://x/y", "", "https:///x"])
def test_what_is_no_url_of_a_document(url: str):
    with pytest.raises(ConfigError, match="swagger_url"):
        base_url_of(url)


STORED = {
    "DSSClient": {"swagger_url": "https://dss.example.org/v1/swagger.json"},
    "oauth2_token": {"access_token": "stored"},
}


def test_a_stored_token_goes_to_the_host_that_it_was_stored_for_only(tmp_path: Path):
    made = config(tmp_path, STORED)
    own = connection("DSSClient", config=made, environ={}).credentials
    assert own is not None
    assert own.goes_to("https://dss.example.org/v1/bundles/all")
    other = connection(
        "DSSClient", swagger_url="https://evil.example.org/v1/swagger.json", config=made, environ={}
    ).credentials
    assert other is not None
    assert not other.goes_to("https://evil.example.org/v1/bundles/all")


def test_a_token_of_the_environment_goes_to_the_service_that_is_named(tmp_path: Path):
    made = config(tmp_path, STORED)
    url = "https://other.example.org/v1"
    found = connection("DSSClient", base_url=url, config=made, environ={"OMICS_DSS_TOKEN": "t"}).credentials
    assert found is not None
    assert found.headers("GET", f"{url}/bundles/all") == {"authorization": "Bearer t"}


def test_without_a_token_there_are_no_credentials(tmp_path: Path):
    assert connection("DSSClient", config=config(tmp_path), environ={}).credentials is None
