"""Logins in a netrc file: for which URLs they are sent."""

import logging
from base64 import b64encode
from pathlib import Path

import pytest
from omicsdk.core.netrc import Netrc

TEXT = """\
machine h.example login me password "can ary"
machine 127.0.0.1
login you
password canary
default login all password canary
"""


@pytest.fixture
def logins(tmp_path: Path) -> Netrc:
    path = tmp_path / "logins"
    path.write_text(TEXT)
    return Netrc({"NETRC": str(path)})


def basic(pair: str) -> str:
    return f"Basic {b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("url", "pair"),
    [
        ("https://h.example/a.bam?b=1", "me:can ary"),
        ("https://H.example:8443/a", "me:can ary"),
        ("http://127.0.0.1:5000/a", "you:canary"),
        ("http://h.example/a", ""),  # passwords are not sent over http
        ("https://other.h.example/a", ""),
        ("https://h.example/a?X-Amz-Signature=0a", ""),  # has a login already
        ("ftp://h.example/a", ""),
    ],
)
def test_a_login_is_for_its_host(logins: Netrc, url: str, pair: str) -> None:
    assert logins.headers(url) == ({"authorization": basic(pair)} if pair else {})


def test_the_file_in_the_home_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    assert Netrc({}).headers("https://h.example/a") == {}
    (tmp_path / ".netrc").write_text(TEXT)
    assert Netrc({}).headers("http://127.0.0.1/a") == {"authorization": basic("you:canary")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"machine h.example login me\ncanary", "line 2 is not valid"),
        (b"machine h.example login me password \xff\xfe", "codec can't decode"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_warning_without_secrets(
    text: bytes | None, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "logins"
    if text is not None:
        path.write_bytes(text)
    with caplog.at_level(logging.WARNING):
        logins = Netrc({"NETRC": str(path)})
        assert [logins.headers("https://h.example/a") for _ in range(2)] == [{}, {}]
    (record,) = caplog.records
    assert f"the logins in {path} are not used: " in record.getMessage()
    assert reason in record.getMessage()
    assert "canary" not in record.getMessage()
