"""Files of curl: logins in a netrc file, and configurations with URLs, ranges of URLs and outputs."""

import logging
from base64 import b64encode
from pathlib import Path

import pytest
from omicsdk.core.curl_files import CurlDownload, Netrc, curl_downloads, curl_operations

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
    ("text", "pair"),
    [
        ("#machine h login x password y\nmachine h login a#b password #c # login d", "a#b:#c"),
        ("machine h\n# login x\n  login a\n\tpassword b", "a:b"),
        ("\ufeffmachine\th\r\nlogin a\r\npassword b\r\n", "a:b"),
        ("machine H password b login a machine h login x password y", "a:b"),
        ("machine h password x password b login a", "a:b"),
        ("machine g\nmachine h user a account x password b\\c", "a:b\\c"),
        ('macdef m\n\tcd "x\n\tput machine h\n\nmachine h login a password b\nmacdef n\nmachine h', "a:b"),
        ('machine h login "" password "a \\"b\\n\\t\\c"', ':a "b\n\tc'),
        ("default login x password y\nmachine h password b", ":b"),
        ("machine h login macdef password default machine i login a", "macdef:default"),
        ("machine h", ""),
        ("machine i login a password b default login x password y", ""),
    ],
)
def test_logins_are_read_as_curl_reads_them(text: str, pair: str, tmp_path: Path) -> None:
    path = tmp_path / "logins"
    path.write_text(text, encoding="utf-8", newline="")
    assert Netrc({"NETRC": str(path)}).headers("https://h/a") == ({"authorization": basic(pair)} if pair else {})


def test_an_unknown_word_is_a_warning_without_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "logins"
    path.write_text("machine h.example login me\ncanary password b\n")
    with caplog.at_level(logging.WARNING):
        assert Netrc({"NETRC": str(path)}).headers("https://h.example/a") == {"authorization": basic("me:b")}
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: a word in line 2 is not valid, and is ignored"
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [(b"machine h.example login me password \xff\xfe", "codec can't decode"), (None, "No such file")],
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


def test_a_user_has_the_password_of_the_own_entry(tmp_path: Path) -> None:
    path = tmp_path / "logins"
    path.write_text("machine h.example login me password canary\nmachine h.example login you password sparrow\n")
    logins = Netrc({"NETRC": str(path)})
    url = "https://h.example/a"
    assert logins.headers(url) == {"authorization": basic("me:canary")}
    assert logins.headers(url, "you") == {"authorization": basic("you:sparrow")}
    assert logins.headers(url, "they") == {}


# -- configurations of curl: their URLs, ranges of URLs, and outputs


def read(lines: list[str]) -> list[CurlDownload]:
    return [*curl_downloads(lines, curl_operations(lines))]


def downloads(*lines: str) -> list[tuple[str, str]]:
    return [(download.url, download.output) for download in read([*lines])]


@pytest.mark.parametrize(
    ("url", "output", "pairs"),
    [
        (
            "https://h/f[1-3]",
            "x#1.bam",
            [("https://h/f1", "x1.bam"), ("https://h/f2", "x2.bam"), ("https://h/f3", "x3.bam")],
        ),
        ("https://h/f[08-10:2]", "#1", [("https://h/f08", "08"), ("https://h/f10", "10")]),
        (
            "https://h/{a,b}/[x-y]",
            "#2#1#3",
            [
                ("https://h/a/x", "xa#3"),
                ("https://h/a/y", "ya#3"),
                ("https://h/b/x", "xb#3"),
                ("https://h/b/y", "yb#3"),
            ],
        ),
        ("https://[::1]/f", "a", [("https://[::1]/f", "a")]),
        ("https://h/\\\\[1-2\\\\][1-1]", "#1", [("https://h/[1-2]1", "1")]),
        ("https://h/[3-1]", "#1", [("https://h/[3-1]", "[3-1]")]),
        ("https://h/[y-x]", "#1", [("https://h/[y-x]", "[y-x]")]),
        ("https://h/[10-9]{8}", "#2", [("https://h/[10-9]8", "8")]),
        ("https://h/[1-99999999999]", "a", [("https://h/[1-99999999999]", "a")]),
    ],
)
def test_a_range_in_a_url_stands_for_several(url: str, output: str, pairs: list[tuple[str, str]]) -> None:
    assert downloads(f'url = "{url}"', f'output = "{output}"') == pairs


@pytest.mark.parametrize("option", ["--globoff", "globoff", "-g"])
def test_without_globbing_a_url_is_as_it_is_written(option: str) -> None:
    lines = ['url = "https://h/[1-2]"', 'output = "a"']
    for operation in ([option, *lines], [*lines, option], ["no-globoff", *lines, option]):
        assert downloads(*operation) == [("https://h/[1-2]", "a")]
        assert len(downloads(*operation, "next", *lines)) == 3
        assert len(downloads(*operation, "--no-globoff")) == 2


@pytest.mark.parametrize("option", ["range = 0-99", "-r 0-99"])
def test_a_range_of_bytes_is_noted_for_its_operation(option: str) -> None:
    lines = ['url = "https://h/a"', "fail", "-O"]
    for operation in ([option, *lines], [*lines, option]):
        assert [download.is_part for download in read([*lines, "next", *operation, "-:", *lines])] == [0, 1, 0]


def test_a_next_without_a_url_is_ignored() -> None:
    assert downloads("output = a", "next", "url = https://h/b", "next", "output = c", "url = https://h/d") == [
        ("https://h/b", "a"),
        ("https://h/d", "c"),
    ]


def test_a_folder_for_outputs_is_that_of_its_operation() -> None:
    lines = [
        *("url = https://h/{a,b}?c=/d", "-O", "create-dirs", "output-dir = lost", 'output-dir = "#1 s/"'),
        *("url = https://h/c%20d", "output = x", "url = https://h/printed", "next"),
        *("url = https://h/e", "output = y"),
    ]
    assert [download.path for download in read(lines)] == ["#1 s/a", "#1 s/b", "#1 s/x", "", "y"]
