"""The address and options of an HCA service, from arguments, environment and configuration; hosts that were switched off."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from hca_connection import connection
from nobodys_home import leave_home
from omicsdk.compat.hca import HCAConfig
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.core import AuthError, ConfigError
from omicsdk.hca.services import audience_of, base_url_of, retirement

NOWHERE = Path("/dev/null/hca/config.json")


def config(tmp_path: Path, layer: dict[str, Any]) -> HCAConfig:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(layer))
    return HCAConfig({"XDG_CONFIG_HOME": str(tmp_path), "HCA_CONFIG_FILE": str(path)}, site_file=NOWHERE)


def test_a_host_that_was_changed_is_queried(tmp_path: Path):
    made = config(tmp_path, {})
    made["DSSClient"].swagger_url = "https://dss.dev.example.org/v1/swagger.json"
    assert connection("DSSClient", config=made, environ={}).base_url == "https://dss.dev.example.org/v1"


def test_the_service_is_at_its_documents_url_less_the_last_segment():
    assert base_url_of("https://dss.example.org/v1/swagger.json") == "https://dss.example.org/v1"
    assert base_url_of("http://127.0.0.1:8000/dss/v1/swagger.json?x=1") == "http://127.0.0.1:8000/dss/v1"


@pytest.mark.parametrize(
    "url", ["dss.example.org/v1/swagger.json", "ftp://x/y", "", "https:///x", "https://dss.example.org", "https://["]
)
def test_an_invalid_url_of_a_document(url: str):
    with pytest.raises(ConfigError, match="swagger_url"):
        base_url_of(url)


def test_a_setting_that_is_no_url_is_named_with_its_line(tmp_path: Path):
    made = config(tmp_path, {"DSSClient": {"swagger_url": "dss.example.org"}})
    with pytest.raises(ConfigError, match=r"^DSSClient\.swagger_url \(.*config\.json:1\): 'dss\.example\.org'"):
        connection("DSSClient", config=made, environ={})
    made["DSSClient"].swagger_url = "other"
    with pytest.raises(ConfigError, match=r"^DSSClient\.swagger_url \(set in the program\): 'other'"):
        connection("DSSClient", config=made, environ={})


def test_a_named_file_that_does_not_exist_is_reported_where_the_built_in_deployment_is_queried(
    tmp_path: Path, caplog: Any
):
    missing = tmp_path / "missing.json"
    made = HCAConfig({"HOME": str(tmp_path), "HCA_CONFIG_FILE": str(missing)}, site_file=tmp_path / "none")
    url = connection("DSSClient", config=made, environ={}).base_url
    assert [record.getMessage() for record in caplog.records] == [
        f"HCA_CONFIG_FILE names the missing file {missing}: using {url}"
    ]
    caplog.clear()
    connection("DSSClient", base_url="https://dss.example.org/v1", config=made, environ={})
    made["DSSClient"].swagger_url = "https://dss.example.org/v1/swagger.json"
    connection("DSSClient", config=made, environ={})
    missing.write_text("{}")
    connection("AuthClient", config=made, environ={})
    assert not caplog.records


STORED = {
    "DSSClient": {"swagger_url": "https://dss.example.org/v1/swagger.json"},
    "oauth2_token": {"access_token": "stored"},
}


def test_a_stored_token_goes_to_the_host_that_it_was_stored_for_only(tmp_path: Path):
    made = config(tmp_path, STORED)
    credentials = connection("DSSClient", config=made, environ={}).credentials
    assert credentials is not None
    assert credentials.goes_to("https://dss.example.org/v1/bundles/all")
    other = connection(
        "DSSClient", swagger_url="https://evil.example.org/v1/swagger.json", config=made, environ={}
    ).credentials
    assert other is not None
    assert not other.goes_to("https://evil.example.org/v1/bundles/all")


def test_a_token_of_the_environment_goes_to_the_service_of_the_configuration_or_of_its_own_variable(tmp_path: Path):
    made, url = config(tmp_path, STORED), "https://other.example.org/v1"
    service = connection("DSSClient", config=made, environ={"OMICS_DSS_TOKEN": "t"})
    assert service.credentials is not None
    assert service.credentials.headers("GET", f"{service.base_url}/bundles/all") == {"authorization": "Bearer t"}
    assert "other.example.org" not in service.base_url
    other = connection("DSSClient", base_url=url, config=config(tmp_path, {}), environ={"OMICS_DSS_TOKEN": "t"})
    assert other.credentials is None
    environ = {"OMICS_DSS_TOKEN": "t", "OMICS_DSS_URL": url}
    assert connection("DSSClient", base_url=url, config=made, environ=environ).credentials is not None


def test_without_a_token_there_are_no_credentials(tmp_path: Path):
    assert connection("DSSClient", config=config(tmp_path, {}), environ={}).credentials is None


def test_a_token_of_the_environment_that_has_ended_names_its_variable(tmp_path: Path):
    ended = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (b"{}", b'{"exp": 1}', b"x"))
    credentials = connection("DSSClient", config=config(tmp_path, {}), environ={"OMICS_DSS_TOKEN": ended}).credentials
    assert credentials is not None
    with pytest.raises(AuthError, match="expired on 1970") as raised:
        credentials.headers("GET", "https://dss.example.org/v1/bundles/all")
    assert raised.value.remedy == "Set OMICS_DSS_TOKEN to a valid token; or unset it, and run: omics dss login"


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_home(monkeypatch)


@pytest.mark.usefixtures("homeless")
def test_reading_without_a_login_needs_no_home(tmp_path: Path):
    made = HCAConfig({}, site_file=tmp_path / "none.json")
    service = connection("DSSClient", base_url="https://dss.example.org/v1", config=made, environ={})
    assert (service.base_url, service.credentials) == ("https://dss.example.org/v1", None)
    assert made.config_files == [str(tmp_path / "none.json")]
    environ = {"OMICS_DSS_TOKEN": "t", "OMICS_DSS_URL": "https://x.org"}
    assert connection("DSSClient", base_url="https://x.org", environ=environ).credentials is not None
    assert connection("DSSClient", environ={"OMICS_DSS_TOKEN": "t"}).credentials is not None


@pytest.mark.usefixtures("homeless")
def test_without_a_home_settings_are_written_where_a_file_is_named_only(tmp_path: Path):
    made = HCAConfig({}, site_file=tmp_path / "none.json")
    made.save()
    made["creator_uid"] = 5
    with pytest.raises(ConfigError, match="HOME is not set"):
        made.save()
    with pytest.raises(ConfigError, match="HOME is not set"):
        assert made.user_config_dir
    assert list(tmp_path.iterdir()) == []
    named = HCAConfig({"HCA_CONFIG_FILE": str(tmp_path / "mine.json")}, site_file=tmp_path / "none.json")
    named["creator_uid"] = 5
    named.save()
    assert json.loads((tmp_path / "mine.json").read_text()) == {"creator_uid": 5}
    assert named.named_files == [tmp_path / "mine.json"]


@pytest.mark.parametrize("section", ["DSSClient", "AuthClient"])
@pytest.mark.parametrize("value", [{}, "https://x.example/v1/swagger.json", {"swagger_url": 5}, None, []])
def test_a_section_that_was_set_in_the_program_and_is_wrong_is_reported_as_that(
    tmp_path: Path, section: str, value: Any
):
    made = config(tmp_path, {})
    made[section] = value
    for connect in (lambda: connection(section, config=made, environ={}), lambda: CLIENTS[section](config=made)):
        with pytest.raises(ConfigError, match=rf"^{section}\.swagger_url \(set in the program\) is "):
            connect()
    del made[section]
    with pytest.raises(ConfigError, match=rf"^{section}\.swagger_url \(set in the program\) is "):
        connection(section, config=made, environ={})


CLIENTS = {"DSSClient": DSSClient, "AuthClient": AuthClient}


@pytest.mark.parametrize("section", CLIENTS)
def test_both_clients_obey_a_configuration_that_was_changed_in_memory(tmp_path: Path, section: str):
    made = config(tmp_path, {})
    made[section] = {"swagger_url": "https://service.example.org/v1/swagger.json", "audience": "https://a.example/"}
    with CLIENTS[section](config=made) as client:
        assert client._api.base_url == "https://service.example.org/v1"
    assert audience_of(section, made) == "https://a.example/"


@pytest.mark.parametrize(
    ("url", "is_retired"),
    [
        ("https://dss.data.humancellatlas.org/v1/bundles", True),
        ("https://upload.staging.data.humancellatlas.org/v1", True),
        ("https://service.azul.data.humancellatlas.org/index", False),
        ("https://dss.data.humancellatlas.org.example.org/v1", False),
        ("http://127.0.0.1:8080/dss/v1", False),
        ("", False),
    ],
)
def test_hosts_are_reported_by_their_names(url: str, is_retired: bool):
    assert bool(retirement(url)) is is_retired
