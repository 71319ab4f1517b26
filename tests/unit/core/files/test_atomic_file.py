"""Files that appear whole or not at all."""

import errno
import os
import stat
import time
from pathlib import Path

import pytest
from omicsdk.cli.commands.values import file_to_write
from omicsdk.core.files import in_place_of, put_in_place, remove_unfinished, write_private

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def names(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_written_is_all_of_it_and_nothing_stays_beside(tmp_path, durable):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with in_place_of(path, durable=durable) as file:
        file.writelines([b"new\n", b"", b"lines\r\n"])
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new\nlines\r\n"
    assert names(tmp_path) == ["a.txt"]


def test_what_breaks_off_leaves_what_exists(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def write():
        with in_place_of(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_only_what_is_durable_waits_for_the_disk(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _: done.append("sync"))
    real = Path.replace
    monkeypatch.setattr(Path, "replace", lambda *names: (done.append("name"), real(*names)))
    for name, durable in (("a", True), ("b", False)):
        with in_place_of(tmp_path / name, durable=durable):
            done.append(name)
    assert done == ["a", "sync", "name", "b", "name"]


def test_what_a_killed_process_left_of_secrets_is_removed_when_it_is_old(tmp_path):
    path, hour = tmp_path / "tokens.json", 3600
    old, young = (tmp_path / f".tokens.json.{mark * 12}.part" for mark in "ab")
    others = [tmp_path / f".tokens.json.{name}.part" for name in ("b.0123456789ab", "0123456789AB", "0123456789abc")]
    for part in (old, young, *others):
        part.write_text("secret")
        age = hour / 2 if part == young else 2 * hour
        os.utime(part, (time.time() - age, time.time() - age))
    write_private(path, "new")
    assert names(tmp_path) == sorted(part.name for part in (path, young, *others))
    remove_unfinished(path, 0)
    assert names(tmp_path) == sorted(part.name for part in (path, *others))


# borg issue 1287 and restic issues 3720 and 3751: shares of Windows cannot sync; SMB on macOS has more than one error for that.
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOTTY, errno.ENOENT])
def test_a_file_system_that_cannot_sync_is_taken_as_it_is(tmp_path, monkeypatch, code):
    def unsupported(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", unsupported)
    with in_place_of(tmp_path / "a") as file:
        file.write(b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_only_its_owner_reads_what_is_not_whole_yet(tmp_path, mode):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(0o666)
    with in_place_of(path, mode=mode):
        assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir() if each != path] == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_link_is_replaced_and_what_it_points_at_stays(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    with in_place_of(tmp_path / "link"):
        assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"old"


def test_a_folder_that_does_not_exist_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        in_place_of(tmp_path / "none" / "a").__enter__()
    assert names(tmp_path) == []


def test_the_longest_name_has_room_beside_it(tmp_path):
    name = "\N{DNA DOUBLE HELIX}" * 63
    with in_place_of(tmp_path / name) as file:
        file.write(b"1")
    assert names(tmp_path) == [name]


@posix
@pytest.mark.parametrize("link", [False, True])
def test_a_fifo_is_written_into_and_stays(tmp_path, link):
    fifo, path = tmp_path / "fifo", tmp_path / ("link" if link else "fifo")
    os.mkfifo(fifo)
    if link:
        path.symlink_to(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with in_place_of(path) as file:
            file.write(b"new")
        assert os.read(reader, 9) == b"new"
        (tmp_path / "part").write_bytes(b"whole")
        put_in_place(tmp_path / "part", path)
        assert os.read(reader, 9) == b"whole"
    finally:
        os.close(reader)
    assert fifo.is_fifo()
    assert names(tmp_path) == sorted({"fifo", path.name})


@posix
def test_a_device_is_written_into_and_stays(tmp_path):
    device = tmp_path / "device"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # one that forgets what it is given
        with device.open("wb") as file:
            file.write(b"x")
    except OSError as error:
        pytest.skip(f"no device can be made here: {error}")
    with in_place_of(device) as file:
        file.write(b"new")
    assert file_to_write(str(device)) == str(device)
    assert device.is_char_device()
    assert names(tmp_path) == ["device"]


def test_a_device_that_vanishes_is_not_made_as_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("omicsdk.core.files.is_special", lambda _: True)
    with pytest.raises(FileNotFoundError):
        in_place_of(tmp_path / "device").__enter__()
    assert names(tmp_path) == []


@posix
def test_a_fifo_may_be_named_as_a_file_that_is_written(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    assert file_to_write(str(tmp_path / "fifo")) == str(tmp_path / "fifo")
