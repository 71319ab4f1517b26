"""Files of settings and secrets that were named by mistake: they are not read to their end."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.core import ConfigError, OmicsError
from omicsdk.core.files import read_private, read_small_text
from omicsdk.core.oauth.credentials import read_key
from omicsdk.core.settings import config
from omicsdk.core.settings.profiles import SETTINGS_VARIABLE, read_settings
from omicsdk.crunch.storage.settings import read_settings as read_storage_settings
from omicsdk.locks.sources import read_sources
from omicsdk.logins import read_credentials_file
from omicsdk.sb.client import read_ini

READERS: list[Callable[[Path], object]] = [
    read_private,
    config.read_text,
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


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_a_device_without_an_end():
    with pytest.raises(ConfigError, match="larger than 16 MiB"):
        config.read_text("/dev/zero")


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
