"""`hca.get_config()`: one object for a program, so that what it changes there holds for the clients that it makes."""

import json
from pathlib import Path

import pytest
from omicsdk.compat.hca import get_config
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.upload import UploadArea, UploadConfig, UploadService

AREA = "4b3a1c9e-6f0d-4e21-9d0a-7c5b2e8f1a60"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration, which does not exist yet."""
    for name in ("HCA_CONFIG_FILE", "DSS_SWAGGER_URL", "DSS_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "hca" / "config.json"
    path.parent.mkdir()
    return path


def test_a_change_in_memory_holds_for_clients_that_are_made_later(file: Path) -> None:
    config = get_config()
    config.DSSClient.swagger_url = "https://dss.example.org/v1/swagger.json"
    config.AuthClient.swagger_url = "https://auth.example.org/swagger.json"
    assert get_config() is config
    assert DSSClient().host == "https://dss.example.org/v1"
    assert AuthClient().host == "https://auth.example.org"
    assert not file.exists()


def test_a_change_in_memory_holds_for_uploads(file: Path) -> None:
    uri = f"s3://org-humancellatlas-upload-dev/{AREA}/"
    get_config().upload = {"production_api_url": "https://upload.example.org/v1", "areas": {AREA: {"uri": uri}}}
    with UploadService() as service:
        assert service.client.base_url == "https://upload.example.org"
    assert UploadConfig().areas == [AREA]
    UploadArea(uuid=AREA).select()
    assert get_config().upload.current_area == AREA == UploadConfig().current_area
    assert json.loads(file.read_text())["upload"]["current_area"] == AREA


def test_a_file_that_changed_is_read_again_unless_there_are_changes_in_memory(file: Path) -> None:
    assert "creator_uid" in get_config()
    file.write_text('{"creator_uid": 7}')
    config = get_config()
    assert config.creator_uid == 7
    config.creator_uid = 8
    file.write_text('{"creator_uid": 9}')
    assert get_config() is config
    assert config.creator_uid == 8


def test_saving_keeps_the_object(file: Path) -> None:
    config = get_config()
    config.log_level = "ERROR"
    config.save()
    assert get_config() is config
    assert json.loads(file.read_text()) == {"log_level": "ERROR"}


def test_another_file_is_another_configuration(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = get_config()
    config.creator_uid = 8
    other = tmp_path / "other.json"
    other.write_text('{"creator_uid": 9}')
    monkeypatch.setenv("HCA_CONFIG_FILE", str(other))
    assert get_config().creator_uid == 9
