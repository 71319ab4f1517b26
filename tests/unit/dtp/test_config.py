"""Settings come from JSON files as the documentation had them, from INI files, or from what is in them."""

import json
import logging
import os
from pathlib import Path

import pytest
from omicsdk.core import ConfigError
from omicsdk.dtp.config import DtpConfig, Gen3Config, IrodsConfig, PacsConfig, read_config, storage_of

IRODS = {
    "irods_host": "irods.example.org",
    "irods_port": 1250,
    "irods_user": "me",
    "irods_password": "50%secret",
    "irods_zone": "tempZone",
    "irods_project_root": "/tempZone/home/me",
}
PACS = {"pacs_ip": "127.0.0.1", "pacs_port": 4242, "pacs_aec": "ORTHANC", "pacs_aet": "ME"}
WEB = {"pacs_dicomweb": "http://localhost:8042/dicom-web"}
GEN3 = {"gen3_endpoint": "https://commons.example.org", "gen3_cred_file": "credentials.json"}


@pytest.fixture
def file(tmp_path):
    def made(content, name="settings.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(0o600)
        return path

    return made


def test_the_documented_files_are_read(file):
    assert read_config(file(IRODS)).irods == IrodsConfig(
        "irods.example.org", "me", "50%secret", "tempZone", "/tempZone/home/me", 1250
    )
    assert read_config(str(file(PACS))).pacs == PacsConfig("127.0.0.1", 4242, "ORTHANC", "ME")
    assert read_config(file(GEN3)).gen3 == Gen3Config("https://commons.example.org", Path("credentials.json"))


def test_one_file_may_have_all_and_say_where_files_are(file):
    config = read_config(file({**IRODS, **PACS, **GEN3, "storage": "irods"}))
    assert config.irods is not None
    assert config.pacs is not None
    assert config.gen3 is not None
    assert config.storage == "irods"


def test_ini_files_have_a_section_for_each(file):
    text = """
    [gen3]
    endpoint = https://commons.example.org
    api_key = eyJ
    api_key_id = abc
    program = demo1
    project = 12L

    [irods]
    irods_host = irods.example.org
    irods_user = me
    irods_password = 50%secret
    irods_zone = tempZone
    irods_project_root = /tempZone/home/me

    [12_labours_portal]
    url = https://portal.example.org
    """
    config = read_config(file("\n".join(line.strip() for line in text.splitlines()), "settings.ini"))
    assert config.gen3 == Gen3Config("https://commons.example.org", None, "eyJ", "abc", "demo1", "12L")
    assert config.irods is not None
    assert (config.irods.password, config.irods.port) == ("50%secret", 1247)
    assert config.pacs is None


def test_an_ini_file_states_where_files_are_before_its_sections_or_in_one(file, caplog):
    assert read_config(file("[storage]\ntype = pacs\n[pacs]\nip = x\n", "a.ini")).storage == "pacs"
    assert read_config(file("[DEFAULT]\nstorage = pacs\n[pacs]\nip = x\n", "b.ini")).storage == "pacs"
    assert caplog.messages == []


def test_what_would_be_in_a_file_is_taken(file):
    assert read_config(PACS) == DtpConfig(pacs=PacsConfig("127.0.0.1", 4242, "ORTHANC", "ME"))
    assert read_config({}) == DtpConfig()


def test_credentials_may_lie_beside_the_settings(file, tmp_path, monkeypatch):
    settings = file(GEN3)
    beside = file("{}", "credentials.json")
    config = read_config(settings).gen3
    assert config is not None
    assert config.cred_file == beside
    here = tmp_path / "here"
    here.mkdir()
    (here / "credentials.json").write_text("{}")
    monkeypatch.chdir(here)
    config = read_config(settings).gen3
    assert config is not None
    assert config.cred_file == Path("credentials.json")


def test_dicomweb_may_have_a_token_and_wado_uri(file):
    archive = PacsConfig(
        method="dicomweb",
        dicomweb="https://archive.example.org/dicom-web",
        wado_uri="https://archive.example.org/wado",
        token="secret-token",
    )
    text = f"[pacs]\ndicomweb = {archive.dicomweb}\nwado_uri = {archive.wado_uri}\ntoken = {archive.token}\n"
    assert read_config(file(text, "settings.ini")).pacs == archive
    config = read_config(file({f"pacs_{key}": getattr(archive, key) for key in ("dicomweb", "wado_uri", "token")})).pacs
    assert config == archive
    assert "secret" not in repr(config)


def test_cmove_may_state_the_destination_of_images(file):
    text = "[pacs]\nip = x\nmethod = cmove\nmove_port = 11113\nlisten_on = 0.0.0.0\n"
    config = read_config(file(text, "settings.ini")).pacs
    assert config is not None
    assert (config.move_port, config.listen_on) == (11113, "0.0.0.0")
    json_found = read_config(
        {"pacs_ip": "x", "pacs_method": "cmove", "pacs_move_port": 11113, "pacs_listen_on": "::1"}
    ).pacs
    assert json_found is not None
    assert json_found.listen_on == "::1"


def test_the_longest_title_and_the_last_port_are_valid():
    config = read_config({**PACS, "storage": "pacs", "pacs_aet": "x" * 16, "pacs_port": 65535}).pacs
    assert config is not None
    assert (config.aet, config.port, config.method) == ("x" * 16, 65535, PacsConfig().method)


def test_a_key_is_the_credentials_unless_a_file_is():
    key = {"api_key": "k", "api_key_id": "i"}
    assert Gen3Config(**key).credentials == {"api_key": "k", "key_id": "i"}
    assert Gen3Config(cred_file=Path("c.json"), **key).credentials == Path("c.json")
    assert Gen3Config().credentials is None


def test_dicomweb_needs_no_dicom_port():
    config = read_config(
        {"pacs_dicomweb": "http://localhost:8042/dicom-web", "pacs_user": "u", "pacs_password": "p"}
    ).pacs
    assert config is not None
    assert (config.method, config.dicomweb, config.user) == ("dicomweb", "http://localhost:8042/dicom-web", "u")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({**IRODS, "irods_hots": "x", "irods_host": ""}, r"Unknown setting irods_hots\. Did you mean irods_host\?"),
        (
            {"irods_host": "x"},
            r"irods_user is missing\. Add irods_user, irods_password, irods_zone, irods_project_root",
        ),
        ({**IRODS, "irods_port": "no"}, r"irods_port is 'no'\. Use a port from 1 to 65535"),
        ({**PACS, "pacs_port": 0}, "pacs_port is '0'"),
        ({**PACS, "pacs_port": True}, "pacs_port is not text"),
        ({**PACS, "pacs_aet": "x" * 17}, "pacs_aet is longer than 16 characters"),
        ({**PACS, "pacs_method": "c-move"}, r"pacs_method is 'c-move'\. Did you mean 'cmove'\?"),
        ({**PACS, "pacs_method": "dicomweb"}, "pacs_dicomweb is missing, which dicomweb needs"),
        ({**PACS, "pacs_method": "cmove"}, r"pacs_move_port is 0 or missing.*Use the port that is registered there"),
        (
            {**PACS, "pacs_method": "cmove", "pacs_move_port": 0},
            "pacs_move_port is 0 or missing, and with cmove the arch",
        ),
        ({**PACS, "pacs_method": "cmove", "pacs_move_port": "x"}, "pacs_move_port is 'x'"),
        ({"pacs_dicomweb": "localhost:8042/dicom-web"}, r"pacs_dicomweb is 'localhost:8042/dicom-web'\. Use a URL"),
        ({**WEB, "pacs_wado_uri": "/wado"}, r"pacs_wado_uri is '/wado'\. Use a URL"),
        (
            {**WEB, "pacs_token": "t", "pacs_user": "u"},
            "pacs_token excludes pacs_user and pacs_password",
        ),
        ({**WEB, "pacs_token": "t", "pacs_wado_uri": "http://a.example.org/w"}, "pacs_wado_uri is not encrypted"),
        (
            {"pacs_dicomweb": "http://a.example.org", "pacs_user": "u"},
            r"pacs_dicomweb is not encrypted.*Use its https URL",
        ),
        ({"pacs_aet": "x"}, "pacs_ip is missing"),
        ({**WEB, "pacs_method": "cget"}, "pacs_ip is missing, which cget needs"),
        ({**PACS, "storage": "pasc"}, r"storage is 'pasc'\. Did you mean 'pacs'\?"),
        ({"gen3_endpoint": ["x"]}, "gen3_endpoint is not text"),
        ({"gen3": {"endpoint": "https://c.example"}}, r"gen3 is an object\. Write gen3_ before each of its settings"),
    ],
)
def test_a_wrong_setting_is_reported_with_what_to_write(settings, message, file):
    with pytest.raises(ConfigError, match=message):
        read_config(settings)
    with pytest.raises(ConfigError, match=rf"settings\.json: {message}"):
        read_config(file(settings))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"gen3_endpoint": }', r"settings:1:19: not JSON"),
        ("endpoint = x", r"settings:1: a section is missing"),
        ("[gen3]\nendpoint = x\nendpoint = y", r"settings:3: it is given twice"),
        ("[gen3]\nendpoint = x\n[gen3]\n", r"settings:3: it is given twice"),
        ("[gen3]\nwhat is this\n", r"settings:2: it is neither a section nor a setting"),
        ("[gen]\nendpoint = x", r"no section \[gen3\], but \[gen\]\. Did you mean \[gen3\]\?"),
    ],
)
def test_a_file_that_cannot_be_understood_is_reported_with_its_line(file, text, message):
    with pytest.raises(ConfigError, match=message):
        read_config(file(text, "settings"))


def test_a_file_that_cannot_be_read_is_reported(tmp_path):
    with pytest.raises(ConfigError, match="none cannot be read: No such file"):
        read_config(tmp_path / "none")
    (tmp_path / "b").write_bytes(b"\xff\xfe{")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        read_config(tmp_path / "b")


def test_passwords_are_in_no_repr_and_no_error():
    config = read_config({**IRODS, **PACS, "pacs_password": "alsosecret", **GEN3, "gen3_api_key": "secretkey"})
    assert "secret" not in repr(config)
    with pytest.raises(ConfigError) as caught:
        read_config({**IRODS, "irods_port": "x"})
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="pacs_dicomweb is 'htps://") as caught:
        read_config({"pacs_dicomweb": "htps://me:secret@x/dicom-web"})
    assert "secret" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_a_file_with_a_password_that_others_can_read_is_reported(file, caplog):
    settings = file(IRODS)
    settings.chmod(0o644)
    with caplog.at_level(logging.WARNING, "omicsdk.dtp"):
        read_config(settings)
    assert "chmod 600" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "storage", "where"),
    [
        (PACS, None, "pacs"),
        (IRODS, None, "irods"),
        ({**PACS, **IRODS, "storage": "irods"}, None, "irods"),
        (PACS, "pacs", "pacs"),
    ],
)
def test_where_files_are_is_stated_or_follows_from_the_settings(settings, storage, where):
    assert storage_of(read_config(settings), storage) == where


@pytest.mark.parametrize(
    ("settings", "storage", "message"),
    [
        ({**PACS, **IRODS}, None, "do not state the store of the files"),
        ({}, None, "do not state the store of the files"),
        (PACS, "irods", "settings of irods are missing"),
        (PACS, "irod", r"'irod'\. Did you mean 'irods'\?"),
    ],
)
def test_a_store_that_is_not_clear_is_reported(settings, storage, message):
    with pytest.raises(ConfigError, match=message):
        storage_of(read_config(settings), storage)
