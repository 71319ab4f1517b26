"""Changing settings files: one setting, whole or not at all, with others at it too."""

import errno
import json
import os
import runpy
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from omicsdk.core import ConfigError, files
from omicsdk.core.files import lock_now, locked, write_private
from omicsdk.core.settings.config import change, set_value, unset

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def test_all_other_settings_stay_in_their_order(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n  "z" : [1,2],\r\n  "b": {"$append": "\xc3\xa9"}\r\n}\r\n')
    set_value(path, ["c", "d"], "x")
    assert list(json.loads(path.read_text()).items()) == [("z", [1, 2]), ("b", {"$append": "é"}), ("c", {"d": "x"})]
    assert unset(path, ["c", "d"])
    assert json.loads(path.read_text()) == {"z": [1, 2], "b": {"$append": "é"}, "c": {}}


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_file_is_made(tmp_path, content):
    path = tmp_path / "new" / "config.json"
    if content is not None:
        path.parent.mkdir()
        path.write_text(content)
    set_value(path, ["a"], 1)
    assert path.read_text() == '{\n    "a": 1\n}\n'
    assert [each.name for each in path.parent.iterdir()] == ["config.json"]


@posix
def test_what_others_could_read_is_private_afterwards(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o644)
    set_value(path, ["a"], 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    set_value(tmp_path / "new" / "config.json", ["a"], 1)
    write_private(tmp_path / "newer" / "inner" / "secret", "")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "newer/inner")} == {0o700}


def test_what_changes_nothing_writes_nothing(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"a":1}')
    before = path.stat()
    set_value(path, ["a"], 1)
    assert not unset(path, ["b"])
    assert os.path.samestat(path.stat(), before)
    assert not unset(tmp_path / "none.json", ["a"])
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("content", ['{"a": 1', '{"a": 1, "a": 2}', "[]", '{"a": NaN}'])
def test_a_malformed_file_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content)
    for attempt in (lambda: set_value(path, ["b"], 1), lambda: unset(path, ["a"])):
        with pytest.raises(ConfigError, match=r"config\.json:1:"):
            attempt()
    assert path.read_text() == content


def test_a_change_that_breaks_the_file_is_not_written(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(ConfigError, match="NaN"):
        set_value(path, ["a"], float("nan"))
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "message"), [('{"a": 5}', "is not an object"), ('{"a": {"$append": 1}}', "changes an array")]
)
def test_a_value_is_no_place_for_settings(tmp_path, content, message):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=rf"a {message}.*omics config unset a"):
        set_value(path, ["a", "b"], 1)
    assert path.read_text() == content


@posix
def test_a_link_is_written_through(tmp_path):
    real = tmp_path / "dotfiles" / "hca.json"
    real.parent.mkdir()
    real.write_text("{}")
    link = tmp_path / "config.json"
    link.symlink_to(Path("dotfiles") / "hca.json")
    set_value(link, ["a"], 1)
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"a": 1}
    assert [each.name for each in real.parent.iterdir()] == ["hca.json"]


@posix
def test_an_invalid_regular_file_is_never_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "config.json"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        for attempt in (lambda path=path: set_value(path, ["a"], 1), lambda path=path: write_private(path, "{}")):
            with pytest.raises(ConfigError, match="cannot be written: it is not a regular file"):
                attempt()
    with pytest.raises(ConfigError, match="cannot be written: it is a folder"):
        write_private(tmp_path, "{}")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.json", "pipe"]


@posix
def test_links_in_a_circle_are_named(tmp_path):
    link = tmp_path / "config.json"
    link.symlink_to(link)
    with pytest.raises(ConfigError, match=r"config\.json (is a broken link|cannot be)"):
        set_value(link, ["a"], 1)
    with pytest.raises(ConfigError, match="is a broken link"):
        write_private(tmp_path / "a\0b", "")


def test_places_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file.config\.json cannot be written"):
        set_value(tmp_path / "file" / "config.json", ["a"], 1)
    with pytest.raises(ConfigError, match="cannot be"):
        set_value(tmp_path, ["a"], 1)


@pytest.mark.parametrize("reason", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_a_folder_that_takes_no_file_is_named(tmp_path, monkeypatch, reason):
    path = tmp_path / "config.json"
    path.write_text("{}")

    def refuse(*_, **__):
        raise reason

    for function in ("os.open", "pathlib.Path.replace"):
        with monkeypatch.context() as patched:
            patched.setattr(function, refuse)
            with pytest.raises(ConfigError, match=rf"config\.json cannot be written: {reason.strerror}"):
                set_value(path, ["a"], 1)
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]
    assert path.read_text() == "{}"


def test_threads_lose_nothing(tmp_path):
    path = tmp_path / "config.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: set_value(path, ["areas", f"area{number}"], number), range(24)))
    assert json.loads(path.read_text())["areas"] == {f"area{number}": number for number in range(24)}


def test_a_writer_that_does_not_release_it_is_waited_for_and_reported(tmp_path):
    path = tmp_path / "config.json"
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with (
        locked(path),
        pytest.raises(ConfigError, match="another program has been changing it"),
        locked(path, clock=lambda: now[0], sleep=sleep),
    ):
        pass
    assert 10 <= now[0] < 10.1
    with locked(path), pytest.raises(ConfigError), locked(path, patience=0, clock=lambda: 0.0, sleep=pytest.fail):
        pass


def test_a_lock_that_is_released_is_taken(tmp_path):
    path = tmp_path / "config.json"
    first = locked(path)
    first.__enter__()
    with locked(path, sleep=lambda _: first.__exit__(None, None, None)):
        pass
    assert os.name == "nt" or list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize("is_stale", [False, True])  # toil issue 3867: on NFS, if another machine has removed it
def test_a_lock_whose_file_its_owner_has_removed_is_taken_again(tmp_path, monkeypatch, is_stale):
    path, beside, opened = tmp_path / "config.json", tmp_path / ".config.json.lock", []

    def lock_late(descriptor: int) -> None:
        opened.append(descriptor)
        if len(opened) > 1:
            monkeypatch.undo()
        elif is_stale:
            monkeypatch.setattr("os.fstat", stale)
        else:
            beside.unlink()
        lock_now(descriptor)

    def stale(_: int) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("omicsdk.core.files.lock_now", lock_late)
    with locked(path, sleep=lambda _: None):
        assert len(opened) == 2
        assert beside.exists()


def test_on_windows_a_byte_beyond_the_data_is_locked(tmp_path, monkeypatch):
    locks = []
    monkeypatch.setitem(
        sys.modules,
        "msvcrt",
        SimpleNamespace(LK_NBLCK=2, locking=lambda *lock: locks.append((*lock, os.lseek(lock[0], 0, 1)))),
    )
    monkeypatch.setattr(sys, "platform", "win32")
    with (tmp_path / "file").open("wb") as file:
        runpy.run_path(files.__file__)["lock_now"](file.fileno())
        assert locks == [(file.fileno(), 2, 1, 1 << 40)]


@posix
def test_a_file_of_every_user_keeps_its_mode(tmp_path):
    path = tmp_path / "config.json"
    change(path, lambda values: values.update({"a": 1, "b": 2}), shared=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o664)
    assert unset(path, ["a"], shared=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert unset(path, ["b"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
