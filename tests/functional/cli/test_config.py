"""`omics config`: values with their origins, secrets masked; changes that touch one setting."""

import os
import sys

import pytest
from settings_files import own_file as own_file
from settings_files import user_file as user_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the editor is a shell's")


@pytest.fixture
def editor(monkeypatch, tmp_path):
    """Makes the lines of a shell the editor, "$1" in them being the draft."""
    file = tmp_path / "editor"

    def write(lines):
        file.write_text(f"#!/bin/sh\n{lines}\n")
        file.chmod(0o700)

    monkeypatch.setenv("EDITOR", str(file))
    monkeypatch.delenv("VISUAL", raising=False)
    return write


def test_the_file_is_edited_as_a_whole_or_not_at_all(omics, own_file, editor, monkeypatch, tmp_path):
    editor('printf "%s" "$TYPED" > "$1"')
    monkeypatch.setenv("TYPED", 'store = "file"')
    ran = omics("config", "edit")
    assert (ran.code, ran.err) == (0, f"omics: changed {own_file}\n")
    assert own_file.read_text() == 'store = "file"'
    monkeypatch.setenv("TYPED", "store = ")
    ran = omics("config", "edit")
    assert ran.code == 2
    assert "settings.draft.toml:1: Invalid value. " in ran.err
    assert own_file.read_text() == 'store = "file"'
    for broken in ("/nonexistent/editor", "vi 'a"):
        monkeypatch.setenv("EDITOR", broken)
        assert f"Cannot start {broken}" in omics("config", "edit").err
    monkeypatch.setenv("EDITOR", "false")
    assert "nothing was changed" in omics("config", "edit").err
    assert (tmp_path / "settings.draft.toml").read_text() == "store = ", "what was typed is kept"


def test_an_edit_undoes_no_change_that_was_made_meanwhile(omics, own_file, editor, tmp_path):
    editor(f"""echo 'store = "keyring"' > '{own_file}'; echo '#' >> "$1" """)
    ran = omics("config", "edit")
    assert (ran.code, own_file.read_text()) == (2, 'store = "keyring"\n')
    kept = tmp_path / "settings.rejected.toml"
    assert (kept.read_text(), str(kept) in ran.err) == ("#\n", True)
    (draft := tmp_path / "settings.draft.toml").write_text("# of an earlier edit")
    os.utime(draft, (0, 0))
    assert omics("config", "edit").code == 2
    assert (kept.read_text(), draft.exists()) == ("# of an earlier edit", False)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (r"""printf '\357\273\277#\r\n' > "$1" """, ""),
        (r"""printf '\377' > "$1" """, "the draft: byte 0 of "),
        ('rm "$1"', "the draft: cannot read "),
    ],
)
def test_an_editor_may_write_other_encodings(omics, own_file, editor, lines, error):
    editor(lines)
    ran = omics("config", "edit")
    assert (ran.code, error in ran.err) == (2 if error else 0, True)
    assert error or own_file.read_bytes() == b"#\n"
