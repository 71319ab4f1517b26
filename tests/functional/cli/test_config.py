"""`omics config`: values with their origins, secrets masked; changes that touch one setting."""

import sys

import pytest
from settings_files import own_file as own_file
from settings_files import user_file as user_file


@pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell's")
def test_the_file_is_edited_as_a_whole_or_not_at_all(omics, own_file, monkeypatch, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "%s" "$TYPED" > "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("TYPED", 'store = "file"')
    ran = omics("config", "edit")
    assert (ran.code, ran.err) == (0, f"omics: changed {own_file}\n")
    assert own_file.read_text() == 'store = "file"'
    monkeypatch.setenv("TYPED", "store = ")
    ran = omics("config", "edit")
    assert ran.code == 2
    assert "settings.draft.toml:1: Invalid value. " in ran.err
    assert own_file.read_text() == 'store = "file"'
    assert (tmp_path / "settings.draft.toml").read_text() == "store = ", "what was typed is kept"
    monkeypatch.setenv("EDITOR", "/nonexistent/editor")
    assert "Cannot start /nonexistent/editor" in omics("config", "edit").err
