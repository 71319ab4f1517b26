"""Files on disk: atomic writes, small files, and the user's own folders."""

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
from nobodys_home import leave_home
from omicsdk.cli.commands.values import file_to_write
from omicsdk.core import ConfigError, OmicsError
from omicsdk.core.files import (
    expanded,
    home_folder,
    in_place_of,
    is_still,
    put_in_place,
    read_private,
    read_small,
    read_small_text,
    remove_unfinished,
    settings_text,
    state_folder,
    write_private,
)
from omicsdk.core.oauth.credentials import read_key
from omicsdk.core.settings.profiles import SETTINGS_VARIABLE, read_settings, settings_file
from omicsdk.core.token_file import token_file
from omicsdk.core.user_folders import user_folder
from omicsdk.crunch.storage.settings import read_settings as read_storage_settings
from omicsdk.locks.sources import read_sources
from omicsdk.logins import read_credentials_file
from omicsdk.sb.client import read_ini

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


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


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs names of open files")
def test_a_pipe_has_the_same_content_each_time():
    for content in (b'{"log_level": "DEBUG"}', b"{}"):  # the second one may have the first one's number
        reader, writer = os.pipe()
        os.write(writer, content)
        os.close(writer)
        assert [read_small(f"/dev/fd/{reader}") for _ in range(2)] == [content, content]
        os.close(reader)


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
        assert [stat.S_IMODE(part.stat().st_mode) for part in tmp_path.iterdir() if part != path] == [0o600]
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


READERS: list[Callable[[Path], object]] = [
    read_private,
    settings_text,
    lambda path: read_settings({SETTINGS_VARIABLE: os.fspath(path)}),
    read_key,
    read_credentials_file,
    read_storage_settings,
    read_sources,
    read_ini,
]


@pytest.mark.parametrize("reader", READERS)
def test_a_file_of_gigabytes(reader: Callable[[Path], object], tmp_path: Path):
    path = tmp_path / "settings.toml"
    path.touch(0o600)
    os.truncate(path, 10 << 30)
    with pytest.raises(OmicsError, match="larger than 16 MiB"):
        reader(path)


def test_the_largest_small_file_has_16_mib(tmp_path: Path):
    path = tmp_path / "settings.toml"
    path.touch()
    os.truncate(path, 16 << 20)
    assert len(read_small(path)) == 16 << 20
    os.truncate(path, (16 << 20) + 1)
    with pytest.raises(OSError, match="larger than 16 MiB"):
        read_small(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_a_device_without_an_end():
    with pytest.raises(ConfigError, match="larger than 16 MiB"):
        settings_text("/dev/zero")


@pytest.mark.parametrize(("stale", "text"), [(2, "a"), (3, None)])
def test_secrets_that_another_machine_replaces_are_opened_again(
    stale: int, text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path, opened = tmp_path / "tokens.json", list[int]()
    path.write_text("a")
    path.chmod(0o600)

    def state(descriptor: int) -> os.stat_result:
        opened.append(descriptor)
        if len(opened) <= stale:
            raise OSError(errno.ESTALE, "Stale file handle")
        return os.stat(descriptor)

    monkeypatch.setattr(os, "fstat", state)
    if text is None:
        with pytest.raises(ConfigError, match="Stale file handle"):
            read_private(path)
    else:
        assert read_private(path) == text
    assert len(opened) == 3


def test_a_byte_order_mark_and_line_ends_of_windows(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfa\r\nb\n")
    assert read_small_text(tmp_path / "file") == "a\nb\n"


def test_an_open_file_may_have_lost_its_path(tmp_path: Path):
    path = tmp_path / "lock"
    with path.open("w") as file:
        assert is_still(path, file.fileno())
        path.rename(tmp_path / "moved")
        assert not is_still(path, file.fileno())
        path.touch()
        assert not is_still(path, file.fileno())
        with pytest.raises(NotADirectoryError):
            is_still(path / "lock", file.fileno())


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    leave_home(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("find", "variable"),
    [(home_folder, "HOME=/path/to/it."), (token_file, "OMICS_TOKEN_FILE."), (state_folder, "OMICS_STATE_DIR.")],
)
def test_it_is_reported_what_to_set(homeless, find, variable):
    with pytest.raises(ConfigError, match="HOME is not set") as raised:
        find()
    assert raised.value.remedy.startswith("Set HOME")
    assert raised.value.remedy.endswith(variable)


def test_a_home_that_is_a_file_holds_no_tokens(tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    assert token_file({"OMICS_TOKEN_FILE": str(home / "tokens.json")}).get("https://example.org") is None


def test_what_is_named_needs_no_home(homeless, monkeypatch):
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(homeless / "tokens.json"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(homeless / "state"))
    assert token_file().path == homeless / "tokens.json"
    assert state_folder() == homeless / "state"
    assert list(homeless.iterdir()) == []


def test_the_home_of_an_unknown_user_is_named():
    with pytest.raises(ConfigError, match="'no-such-user' in ~no-such-user/x is not a user") as raised:
        expanded("~no-such-user/x")
    assert "./~no-such-user" in raised.value.remedy


# -- folders are found without platformdirs, where it finds them


VARIABLES = {"XDG_CONFIG_HOME": "a", "XDG_CACHE_HOME": "b", "XDG_STATE_HOME": "c"}


@pytest.mark.parametrize("above", ["/folders", "relative", None])  # relative ones are ignored: appdirs issue 61
def test_folders_are_those_of_platformdirs(monkeypatch, above):
    for name, folder in VARIABLES.items():
        monkeypatch.setenv(name, f"{above}/{folder}") if above else monkeypatch.delenv(name, raising=False)
    assert Path(user_folder("config")) == platformdirs.user_config_path("omicsdk", appauthor=False)
    assert Path(user_folder("cache")) == platformdirs.user_cache_path("omicsdk", appauthor=False)
    assert Path(user_folder("state")) == platformdirs.user_state_path("omicsdk")


@pytest.mark.parametrize("home", ["~", "relative"])
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, home):
    for name in (*VARIABLES, "OMICS_STATE_DIR", "OMICS_SETTINGS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path.replace("~", home))
    with pytest.raises(ConfigError) as raised:
        state_folder()
    assert "OMICS_STATE_DIR" in raised.value.remedy
    with pytest.raises(ConfigError) as raised:
        settings_file("settings.toml", "OMICS_SETTINGS_FILE")
    assert "OMICS_SETTINGS_FILE" in raised.value.remedy
