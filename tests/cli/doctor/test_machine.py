"""What is said of this machine."""

import io

import pytest
from omicsdk.cli.doctor.machine import (
    GIB,
    MIB,
    Place,
    Room,
    encodings,
    folders,
    hard_links,
    open_files,
    room,
)
from omicsdk.cli.doctor.machine import room_facts as room_of


@pytest.mark.parametrize(
    ("facts", "status", "told"),
    [
        (Room("/d", "here", 5 * GIB, 10**6), "ok", "5.0 GiB free, 1,000,000 files"),
        (Room("/d", "here", 5 * GIB), "ok", "5.0 GiB free"),
        (Room("/d", "here", 500 * MIB, 10**6), "warning", "only 500 MiB"),
        (Room("/d", "here", 5 * MIB, 10**6), "failed", "only 5 MiB"),
        (Room("/d", "here", 5 * GIB, 5000), "warning", "5,000 files"),
        (Room("/d", "here", 5 * GIB, 3), "failed", "3 files"),
        (Room("/d", "here", 5 * GIB, 10**6, writable=False), "warning", "can't be written"),
        (Room("/d", "here", error="can't be looked at"), "warning", "can't be looked at"),
    ],
)
def test_room_is_bytes_and_files(facts, status, told):
    found = room(facts)
    assert (found.subject, found.status, bool(found.remedy)) == ("here: /d", status, status != "ok")
    assert told in found.found


def test_a_folder_that_is_not_made_yet_has_the_room_of_what_it_will_stand_in(tmp_path):
    here, later = (
        room_of(Place("state", lambda folder=folder: folder, "name another folder"))
        for folder in (tmp_path, tmp_path / "not" / "yet")
    )
    assert later.folder == str(tmp_path / "not" / "yet")
    assert later.free > 0
    assert later.writable
    assert (here.error, later.error) == ("", "")
    assert not (tmp_path / "not").exists()


def test_what_cannot_be_written_says_where_and_how_to_go_elsewhere():
    found = room(Room("/d/a b/c", "state", 5 * GIB, writable=False, at="/d/a b", elsewhere="name another folder in X"))
    assert found.found == "can't be made: /d/a b can't be written (5.0 GiB free)"
    assert found.remedy == "See who owns it: ls -ld '/d/a b'. Or name another folder in X."
    mounted = room(Room("/d", "here", 5 * GIB, writable=False, at="/d", elsewhere="work elsewhere", read_only=True))
    assert mounted.found.startswith("can't be written, since its disk is mounted read-only")
    assert mounted.remedy == "Have it mounted for writing. Or work elsewhere."
    full = room(Room("/d", "state", 5 * MIB, elsewhere="name another folder in X"))
    assert full.remedy == "Make room, or name another folder in X."


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "home").write_text("")
    found = room(room_of(Place("state", lambda: tmp_path / "home" / "state", "name another folder in X")))
    assert (found.status, found.found) == ("warning", f"{tmp_path / 'home'} is a file")
    assert found.remedy == "Name another folder in X."


def test_each_folder_has_a_variable_that_moves_it():
    places = folders({"HOME": "/home/me", "PANGEA_API_CACHE_DIR": "/cache"})
    assert [place.elsewhere.rpartition(" ")[2] for place in places[1:]] == [
        "XDG_CONFIG_HOME",
        "OMICS_TOKEN_FILE",
        "OMICS_STATE_DIR",
        "TMPDIR",
        "PANGEA_API_CACHE_DIR",
    ]


def test_hard_links_are_tried_and_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = hard_links()
    assert (found.subject, found.status, found.remedy) == (str(tmp_path), "ok", "")
    assert list(tmp_path.iterdir()) == []

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    found = hard_links()
    assert list(tmp_path.iterdir()) == []
    assert (found.status, "Operation not permitted" in found.found, bool(found.remedy)) == ("warning", True, True)


def test_where_no_file_can_be_made_nothing_is_said_of_links(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    found = hard_links()
    assert (found.status, found.subject) == ("skipped", str(tmp_path))
    assert found.found == "can't be tried, since no file can be made: Read-only file system"
    assert found.remedy == "See what is said of the disk."


def test_hard_links_are_tried_among_temporary_files_of_the_same_disk(tmp_path, monkeypatch):
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    linked = []
    monkeypatch.setattr("os.link", lambda first, second: linked.append(first))
    monkeypatch.chdir(here)
    assert hard_links().status == "ok"
    assert linked[0].startswith(str(temporary))
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
def test_few_open_files_are_told_with_what_may_be_asked_for(soft, hard, status, remedy):
    found = open_files(soft, hard)
    assert found.status == status
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("names", "files", "output", "status", "told"),
    [
        ("utf-8", "UTF-8", "UTF8", "ok", "UTF-8"),
        ("utf-8", "ISO-8859-1", "ascii", "warning", "files in ISO-8859-1; output in ascii"),
    ],
)
def test_an_encoding_that_is_not_utf8_is_named(monkeypatch, names, files, output, status, told):
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: names)
    monkeypatch.setattr("locale.getpreferredencoding", lambda _: files)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), output))
        found = encodings()
    assert (found.status, found.found) == (status, told)
    assert ("PYTHONUTF8=1" in found.remedy) == (status == "warning")
