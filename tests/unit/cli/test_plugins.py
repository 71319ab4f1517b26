"""Commands of other packages: found by their entry points, without an import, and run with the words after their name."""

import json
import sys
from pathlib import Path

import pytest
from omicsdk.cli import plugins

MODULE = """
from omicsdk.core.errors import UsageError

class Unauthorized(Exception):
    remedy = "Log in again."
    status = 401

def main(words):
    if words == ["fail"]:
        raise UsageError("not so")
    if words == ["bug"]:
        raise KeyError("RUNS_TOKEN")
    if words == ["denied"]:
        raise Unauthorized("get_run: no such token. Log in again.")
    print("hello", *words)
    return 5 if words else None
"""


def install(folder: Path, name: str, command: str, target: str) -> None:
    """Put a distribution with one command into a folder."""
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: Says \x1b[2Jhello\n\nName: x\n"
    )
    (facts / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[omicsdk.commands]\n{command} = {target}\n")


@pytest.fixture
def site(monkeypatch, tmp_path) -> Path:
    """A folder that is imported from, with one command, and a cache folder of its own."""
    for name in ("config", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    folder = tmp_path / "site"
    install(folder, "omicsdk-hello", "hello", "hello_plugin:main")
    (folder / "hello_plugin.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    yield folder
    sys.modules.pop("hello_plugin", None)


def test_a_command_of_another_package_gets_the_words_after_its_name(omics, site):
    ran = omics("hello", "a b", "--help", "-q", installed=True)
    assert (ran.code, ran.out, ran.err) == (5, "hello a b --help -q\n", "")
    assert omics("--debug", "hello", installed=True).code == 0
    assert omics("help", "hello", installed=True).out == "hello --help\n"
    refused = omics("--output", "json", "hello", installed=True)
    assert (refused.code, "--output is not allowed before 'hello'" in refused.err) == (2, True)
    failed = omics("hello", "fail", installed=True)
    assert (failed.code, failed.err.startswith("omics: not so")) == (2, True)


def test_an_error_of_its_package_is_not_a_bug_in_omics(omics, site):
    ran = omics("hello", "bug", installed=True)
    line = "omics: unexpected KeyError in omicsdk-hello 1.0: 'RUNS_TOKEN'. See where: omics --debug hello"
    assert (ran.code, ran.err) == (1, f"{line}\n")
    assert 'hello_plugin.py", line' in omics("--debug", "hello", "bug", installed=True).err


def test_an_error_of_a_generated_client_is_its_line(omics, site):
    ran = omics("hello", "denied", installed=True)
    assert (ran.code, ran.err) == (4, "omics: get_run: no such token. Log in again.\n")


def test_help_and_completion_list_it_without_importing_it(omics, site):
    shown = omics("--help").out
    assert "Commands of other packages:\n  hello                   Says [2Jhello\n" in shown
    assert "hello\tSays [2Jhello" in omics("__complete", "fish", "=").out
    assert "hello_plugin" not in sys.modules


def test_ours_come_first(omics, site):
    install(site, "omicsdk-widgets", "widgets", "hello_plugin:main")
    assert "get-widget" in omics("widgets", "--help").out
    assert "Commands of other packages:\n  hello " in omics("--help").out


def test_the_near_word_may_be_one(omics, site):
    assert "Did you mean hello?" in omics("helo").err


@pytest.mark.parametrize("target", ["missing_module:main", "hello_plugin:missing", "broken_plugin:main"])
def test_a_failing_import_names_the_distribution(omics, site, target):
    install(site, "omicsdk-broken", "broken", target)
    (site / "broken_plugin.py").write_text("1 / 0")
    ran = omics("broken", installed=True)
    assert ran.code == 1
    assert "cannot load the command 'broken' of omicsdk-broken 1.0: " in ran.err
    assert "pip uninstall omicsdk-broken" in ran.err


def test_what_is_found_is_kept_until_a_package_is_installed(site, tmp_path, monkeypatch):
    assert list(plugins.plugins()) == ["hello"]
    file = tmp_path / "cache" / "omicsdk" / "plugins.json"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = json.loads(file.read_text())
    kept[sys.prefix]["plugins"]["cached"] = kept[sys.prefix]["plugins"]["hello"]
    file.write_text(json.dumps(kept))
    assert list(plugins.plugins()) == ["hello", "cached"], "the cache was not read"
    install(site, "omicsdk-other", "other", "hello_plugin:main")
    assert set(plugins.plugins()) == {"hello", "other"}
    file.write_text("nonsense")
    assert set(plugins.plugins()) == {"hello", "other"}


def test_a_user_without_a_folder_for_it_does_without_a_cache(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert list(plugins.plugins()) == ["hello"]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    assert list(plugins.plugins()) == ["hello"]
    assert not (tmp_path / "missing").exists()
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert plugins.user_folder("cache") == ""
    monkeypatch.chdir(tmp_path)
    assert list(plugins.plugins()) == ["hello"]
    assert not list(tmp_path.glob("~*"))
