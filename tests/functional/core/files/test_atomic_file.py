"""Files that appear whole or not at all."""

import os
import socket

import pytest
from omicsdk.cli.commands.values import file_to_write
from omicsdk.core import UsageError
from omicsdk.core.files import in_place_of, put_in_place

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


@posix
def test_sockets_and_folders_are_refused_before_a_byte_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the whole path may be too long for a socket
    (tmp_path / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name in ("socket", "folder"):
            (tmp_path / "part").write_bytes(b"whole")
            with pytest.raises(OSError, match=r"a socket of that name exists|Is a directory"), in_place_of(name):
                pytest.fail("it was opened")
            with pytest.raises(OSError, match=r"a socket of that name exists|Is a directory"):
                put_in_place(tmp_path / "part", tmp_path / name)
            with pytest.raises(UsageError, match=r"a socket of that name exists|is a folder"):
                file_to_write(name)
        assert (tmp_path / "socket").is_socket()
        assert (tmp_path / "folder").is_dir()
    assert (tmp_path / "part").read_bytes() == b"whole"
