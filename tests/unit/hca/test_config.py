"""The HCA configuration, and which service and token it refers to."""

import copy
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.hca import HCAConfig
from omicsdk.core import ConfigError
from omicsdk.hca.config import DEFAULTS, KINDS, SETTINGS, files_of

NOWHERE = Path("/dev/null/hca/config.json")


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


def test_an_unknown_section_states_what_there_is(tmp_path: Path):
    with pytest.raises(AttributeError, match="DSSClient"):
        _ = config(tmp_path).DSClient


def test_a_repr_shows_no_values(tmp_path: Path):
    made = config(tmp_path, {"oauth2_token": {"access_token": "canary"}})
    assert "canary" not in repr(made) + repr(made.oauth2_token)


def test_only_what_was_changed_is_saved(tmp_path: Path):
    made = config(
        tmp_path,
        {"areas": {"$append": 3}, "b": {"c": 1, "d": 2}},
        user={"oauth2_token": {"access_token": "canary"}, "areas": [1]},
    )
    path = Path(made.config_files[-1])
    before = path.read_bytes()
    made.save()
    assert path.read_bytes() == before
    made.b.c = 5
    made["DSSClient"].swagger_url = "https://dss.example.org/v1/swagger.json"
    del made.b["d"]
    made.save()
    assert json.loads(path.read_text()) == {
        "areas": {"$append": 3},
        "b": {"c": 5},
        "DSSClient": {"swagger_url": "https://dss.example.org/v1/swagger.json"},
    }
    made.creator_uid = 9
    made.save()
    assert json.loads(path.read_text())["creator_uid"] == 9


def test_what_another_program_wrote_meanwhile_stays(tmp_path: Path):
    made = config(tmp_path, {"a": 1})
    path = Path(made.config_files[-1])
    path.write_text('{"a": 1, "of another": 2}')
    made["b"] = 3
    made.save()
    assert json.loads(path.read_text()) == {"a": 1, "of another": 2, "b": 3}


def test_a_deletion_that_can_not_last_is_refused(tmp_path: Path):
    made = config(tmp_path, {}, user={"a": {"b": 1}})
    del made.a
    with pytest.raises(ConfigError, match=r"cannot reset a, which is set in .*hca/config\.json:1"):
        made.save()


def test_sections_behave_as_mappings_do(tmp_path: Path):
    made = config(tmp_path, {"a": {"b": {"c": [1]}}})
    made["copy"] = made.a
    made["other"] = {"nested": made.a.b}
    made.a.b.c = [2]
    assert made["copy"] == {"b": {"c": [1]}}
    assert json.loads(json.dumps(made["other"]._values)) == {"nested": {"c": [1]}}
    assert copy.deepcopy(made).a.b == {"c": [2]}
    assert pickle.loads(pickle.dumps(made.a)) == made.a
    del made.other
    assert "other" not in made
    with pytest.raises(AttributeError, match="no 'other'"):
        del made.other
    assert made.settings.get("a", "b", "c") == [1]


def test_a_configuration_reaches_another_process(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"log_level": "DEBUG"}')
    config = HCAConfig({**os.environ, "HCA_CONFIG_FILE": str(file)})
    assert pickle.loads(pickle.dumps(HCAConfig())) == HCAConfig()
    config["mine"] = {"a": [1]}
    received = pickle.loads(pickle.dumps(config))
    assert (received, received.log_level, received.is_edited) == (config, "DEBUG", True)
    received.save()
    assert json.loads(file.read_text())["mine"] == {"a": [1]}


def test_an_update_is_merged_like_a_file(tmp_path: Path):
    made = config(tmp_path, {"a": [1], "b": {"c": 1, "d": 2}})
    section = made.b
    made.update({"a": {"$append": 2}, "b": {"c": 3}}, e=made.b)
    assert dict(made.b) == {"c": 3, "d": 2}
    assert section.c == 3
    assert made.a == [1, 2]
    assert dict(made.e) == {"c": 1, "d": 2}
    section.update(c=4)
    assert made.b.c == 4
    with pytest.raises(ConfigError, match="is not an array"):
        made.update({"b": {"c": {"$append": 1}}})
    made.save()
    assert json.loads(Path(made.config_files[-1]).read_text())["a"] == [1, 2]


def test_the_files_of_the_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made = files_of(
        {"XDG_CONFIG_HOME": "x", "HCA_CONFIG_FILE": os.pathsep.join(["~/a.json", "", "b.json"])}, str(NOWHERE)
    )
    assert [Path(file) for file in made] == [
        NOWHERE,
        Path("x/hca/config.json"),
        tmp_path / "a.json",
        Path("b.json"),
    ]


def test_drive_letters_are_no_separators_on_windows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "pathsep", ";")
    made = files_of({"XDG_CONFIG_HOME": "x", "HCA_CONFIG_FILE": r"C:\hca\a.json;D:\b.json"}, str(NOWHERE))
    assert [str(file) for file in made[2:]] == [r"C:\hca\a.json", r"D:\b.json"]


def test_files_that_do_not_exist_are_none(tmp_path: Path):
    made = HCAConfig(
        {"XDG_CONFIG_HOME": str(tmp_path), "HCA_CONFIG_FILE": str(tmp_path / "none.json")}, site_file=NOWHERE
    )
    assert dict(made) == DEFAULTS
    assert made.config_files == [str(NOWHERE), str(tmp_path / "hca/config.json"), str(tmp_path / "none.json")]
    assert made.user_config_dir == str(tmp_path / "hca")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"DSSClient": 5}, r"0\.json:1: DSSClient: expected an object, got 5"),
        ({"DSSClient": None}, "DSSClient: expected an object, got null"),
        ({"AuthClient": {"swagger_url": None}}, r"AuthClient\.swagger_url: expected text, got null"),
        ({"creator_uid": True}, "creator_uid: expected a whole number, got true"),
        ({"oauth2_token": {"access_token": 12345}}, r"access_token: expected text, got \*\*\*"),
        ({"oauth2_token": "12345"}, r"oauth2_token: expected an object, got \*\*\*"),
    ],
)
def test_a_setting_of_another_kind_is_named_with_its_line(tmp_path: Path, layer: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, layer)


def test_a_number_in_quotes_is_a_number(tmp_path: Path):
    assert int(config(tmp_path, {"creator_uid": "8008"}).creator_uid) == 8008


def test_every_setting_with_a_kind_has_a_meaning():
    assert {name for name in KINDS if KINDS[name] != "an object"} <= SETTINGS.keys() | {"oauth2_token.access_token"}
