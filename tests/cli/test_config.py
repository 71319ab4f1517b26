"""`omics config list`: values with their origins, secrets masked."""

import json

import pytest


@pytest.fixture
def config_file(tmp_path, monkeypatch):
    file = tmp_path / "config.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(file))
    return file


def test_each_value_has_its_origin_and_secrets_are_masked(omics, config_file, monkeypatch):
    monkeypatch.setenv("OMICS_DSS_TOKEN", "canary-1")
    config_file.write_text(
        json.dumps({"creator_uid": 7, "oauth2_token": {"access_token": "canary-2", "expires_at": "-1"}})
    )
    ran = omics("config", "list", "--output", "json")
    assert (ran.code, ran.err) == (0, "")
    found = {row["name"]: row for row in ran.json}
    assert found["creator_uid"] == {"name": "creator_uid", "value": 7, "origin": str(config_file)}
    assert found["OMICS_DSS_TOKEN"]["origin"] == "the environment"
    assert found["oauth2_token.access_token"]["value"] == "***"
    assert "canary" not in ran.out


def test_a_malformed_file_is_named_with_its_line(omics, config_file):
    config_file.write_text('{"a": 1,\n "b": }')
    ran = omics("config", "list")
    assert (ran.code, ran.out) == (2, "")
    assert f"{config_file}:2:7" in ran.err
    assert ran.err.count("\n") == 1
