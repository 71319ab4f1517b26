"""Paths of Windows are paths wherever something else could be typed, too."""

from pathlib import Path

import pytest
from omicsdk.cli.commands.values import words_of
from omicsdk.cli.parser import value_of
from omicsdk.core import ConfigError
from omicsdk.fs import parse_uri
from omicsdk.gen3.sources import Arguments, TokenService, login_of
from omicsdk.sb.paths import is_path

PATHS = [r"C:\data\reads.fastq", r"c:\x", "C:/data/reads.fastq", r"\\server\share\reads.fastq", "//server/share/x"]


@pytest.mark.parametrize("path", PATHS)
def test_no_scheme_is_seen_in_it(path):
    uri = parse_uri(path)
    assert (uri.scheme, uri.path) == ("file", path)
    assert not is_path(path)


@pytest.mark.parametrize("path", PATHS)
def test_it_is_a_value_unchanged(path):
    assert value_of({"name": "x", "type": "string"}, [path]) == path
    assert value_of({"name": "x", "type": "array", "items": "string"}, [path, path]) == [path, path]
    assert value_of({"name": "x", "type": "file"}, [f"@{path}"]) == Path(path)
    assert value_of({"name": "x", "type": "any"}, [path]) == path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (r"C:\vim\gvim.exe --nofork", [r"C:\vim\gvim.exe", "--nofork"]),
        (r'"C:\Program Files\x#\ed.exe" -n', [r"C:\Program Files\x#\ed.exe", "-n"]),
    ],
)
def test_it_is_a_word_of_a_command_line(command, words):
    assert words_of(command, windows=True) == words


@pytest.mark.parametrize("path", PATHS)
def test_a_file_of_credentials_is_no_name_in_the_folder_of_keys(path, tmp_path):
    try:
        source = login_of(Arguments(refresh_file=path), {}, lambda: tmp_path).source
    except ConfigError:
        return
    assert isinstance(source, TokenService)
    assert source.missing == Path(path)
