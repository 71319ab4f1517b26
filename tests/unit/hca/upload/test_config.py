"""Known areas: found by the beginning of their UUID, kept in the user's file, nothing else of it touched."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.hca.upload import UploadArea
from omicsdk.core import ConfigError, UsageError
from omicsdk.hca.config import HCAConfig
from omicsdk.hca.upload import NoAreaSelected, UnknownArea, UploadAreaURI, UploadConfig, UploadException
from upload_areas import OTHER, UUID, uri_of


def write(file: Path, values: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def settings_of(*uuids: str, current: str | None = None) -> dict[str, Any]:
    return {"upload": {"areas": {uuid: {"uri": uri_of(uuid)} for uuid in uuids}, "current_area": current}}


def read(file: Path) -> Any:
    return json.loads(file.read_text())


def test_a_user_with_nothing_knows_no_area_and_nothing_is_written(home: Path, user_file: Path):
    settings = UploadConfig()
    assert (settings.areas, settings.current_area) == ([], None)
    assert settings.bucket_name_template == "org-humancellatlas-upload-{deployment_stage}"
    assert settings.api_url("prod") == "https://upload.data.humancellatlas.org/v1"
    assert settings.api_url("staging") == "https://upload.staging.data.humancellatlas.org/v1"
    settings.save()
    assert not user_file.exists()
    with pytest.raises(NoAreaSelected, match=r"There is no upload area selected.*omics upload select") as raised:
        UploadArea.selected()
    assert isinstance(raised.value, UsageError)


def test_selecting_makes_known_and_touches_nothing_else(home: Path, user_file: Path):
    user_file.parent.mkdir(parents=True)
    user_file.write_text('{"oauth2_token": {"access_token": "canary"},\n   "creator_uid": 7}')
    UploadArea(uri_of(UUID)[:-1]).select()
    assert read(user_file) == {
        "oauth2_token": {"access_token": "canary"},
        "creator_uid": 7,
        "upload": {"areas": {UUID: {"uri": uri_of(UUID)}}, "current_area": UUID},
    }
    assert stat.S_IMODE(user_file.stat().st_mode) == 0o600
    assert UploadArea.selected().uuid == UUID
    assert UploadArea(uuid=UUID).is_selected


def test_secrets_of_other_files_are_not_copied(home: Path, user_file: Path, tmp_path: Path, monkeypatch: Any):
    write(user_file, {"oauth2_token": {"access_token": "canary"}, **settings_of(OTHER)})
    custom_file = tmp_path / "own.json"
    monkeypatch.setenv("HCA_CONFIG_FILE", str(custom_file))
    UploadArea(uri_of(UUID)).select()
    assert read(custom_file) == {"upload": {"areas": {UUID: {"uri": uri_of(UUID)}}, "current_area": UUID}}
    assert UploadConfig().areas == [OTHER, UUID]
    assert "canary" in user_file.read_text()


def test_forgetting_takes_an_area_out_of_every_file_of_the_user(
    home: Path, user_file: Path, tmp_path: Path, monkeypatch: Any
):
    custom_file = tmp_path / "own.json"
    write(user_file, settings_of(UUID, OTHER, current=OTHER))
    write(custom_file, settings_of(UUID, current=UUID))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(custom_file))
    UploadArea.from_alias("aaa").forget()
    settings = UploadConfig()
    assert (settings.areas, settings.current_area) == ([OTHER], None)
    assert UUID not in custom_file.read_text() + user_file.read_text()
    settings.forget_area("never known")


def test_a_file_of_the_whole_machine_is_left_alone(home: Path, user_file: Path, tmp_path: Path, monkeypatch: Any):
    site = tmp_path / "site.json"
    write(site, settings_of(UUID))
    monkeypatch.setattr("omicsdk.hca.upload.areas.SITE_FILE", str(site))
    settings = UploadConfig(HCAConfig(site_file=site))
    with pytest.raises(ConfigError, match="applies to the whole machine"):
        settings.forget_area(UUID)
    assert settings.areas == [UUID]


def test_an_alias_is_the_beginning_of_one_uuid(home: Path, user_file: Path):
    write(user_file, settings_of(UUID, OTHER))
    settings = UploadConfig()
    assert settings.area_uuid_from_partial_uuid("aaa") == UUID
    assert (settings.unique_prefix(UUID), settings.unique_prefix(OTHER)) == ("aaa", "aab")
    assert [area.uuid for area in UploadArea.areas_matching_alias("aa")] == [UUID, OTHER]
    assert [area.uuid for area in UploadArea.all()] == [UUID, OTHER]
    with pytest.raises(UnknownArea, match=f'"aa" matches more than one area.*{UUID}, {OTHER}'):
        UploadArea.from_alias("aa")
    with pytest.raises(UnknownArea, match=r"Sorry I don.t recognize area .x..*Known are"):
        UploadArea.from_alias("x")


@pytest.mark.parametrize("pattern", ["", ".", "a.*", "^aaa", "[a]"])
def test_an_alias_is_no_pattern(home: Path, user_file: Path, pattern: str):
    write(user_file, settings_of(UUID))
    with pytest.raises(UnknownArea):
        UploadConfig().area_uuid_from_partial_uuid(pattern)


def test_a_whole_uuid_is_that_area_even_where_another_begins_so(home: Path, user_file: Path):
    write(user_file, settings_of("abc", "abcd"))
    assert UploadConfig().area_uuid_from_partial_uuid("abc") == "abc"
    assert UploadConfig().unique_prefix("abc") == "abc"


@given(st.sets(st.uuids().map(str), min_size=1, max_size=8), st.data())
def test_a_unique_prefix_returns(uuids: set[str], data: Any):
    environ = {"HOME": "/nowhere", "XDG_CONFIG_HOME": "/nowhere"}
    config = HCAConfig(environ, site_file=Path("/nowhere/site.json"))
    settings = UploadConfig(config)
    settings._uris = {uuid: uri_of(uuid) for uuid in uuids}
    uuid = data.draw(st.sampled_from(sorted(uuids)))
    assert settings.area_uuid_from_partial_uuid(settings.unique_prefix(uuid)) == uuid


@pytest.mark.parametrize(
    ("upload", "message"),
    [
        ([], "upload in the HCA configuration .*config.json.* is not an object"),
        ({"areas": [1]}, "upload.areas"),
        ({"areas": {UUID: {"url": "x"}}}, "upload.areas"),
        ({"current_area": 3}, "upload.current_area"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_file(home: Path, user_file: Path, upload: Any, message: str):
    write(user_file, {"upload": upload or ["x"]})
    with pytest.raises(ConfigError, match=message):
        _ = UploadConfig().current_area


def test_a_selected_area_that_is_not_known_is_stated(home: Path, user_file: Path):
    write(user_file, settings_of(OTHER, current=UUID))
    with pytest.raises(UnknownArea, match=f"I don't know about area {UUID}"):
        UploadArea.selected()


@pytest.mark.parametrize("uri", [uri_of(UUID), uri_of(UUID, "staging"), "s3://a-b-dev/x/", "s3://a_b.c-d1/X-1"])
def test_a_uri_states_where_an_area_is(uri: str):
    area_uri = UploadAreaURI(uri)
    assert str(area_uri) == area_uri.uri == uri.removesuffix("/") + "/"
    assert f"s3://{area_uri.bucket_name}/{area_uri.area_uuid}/" == area_uri.uri
    assert area_uri.bucket_name.endswith(f"-{area_uri.deployment_stage}")
    assert UploadAreaURI(area_uri.uri) == area_uri
    assert len({UploadAreaURI(area_uri.uri), area_uri}) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "", "s3://", "s3://bucket/uuid/", "s3://a-b/", "s3://a-b", "https://a-b/uuid/", "a-b/uuid", "s3://a-b/x/y/",
        "s3://a-evil.example/uuid/", "s3://a-b@evil.example/uuid/", "s3://a-b#/uuid/", "s3://a-/uuid/", "s3://-b/uuid/",
        "s3://a-b/../", "s3://a-b//",
    ],
)  # fmt: skip
def test_an_invalid_uri_of_an_area_is_refused(uri: str):
    with pytest.raises(UploadException, match="is not the URI of an upload area"):
        UploadAreaURI(uri)


@pytest.mark.parametrize("arguments", [{}, {"uri": uri_of(UUID), "uuid": UUID}])
def test_an_area_is_made_of_one_thing(home: Path, arguments: Any):
    with pytest.raises(UploadException, match="uuid or a URI"):
        UploadArea(**arguments)
