"""Data that other programs version, as these left them: folders of DVC in a storage, and data sets of git-annex."""

from __future__ import annotations

from pathlib import Path

import omicsdk
import pytest
from omicsdk.portals import ListError
from portal_host import PortalHost

LISTED = b"""[{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": "a.txt"}, \
{"md5": "bb4d4c70dbf83be12357b941bb976023", "relpath": "sub \\u00fc/b c.csv"}]"""


def test_a_folder_of_dvc_is_read_from_the_storage_and_refused_where_it_is_damaged(portal: PortalHost):
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text(f"[core]\nremote = s\n['remote \"s\"']\nurl = {portal.url('store')}\n")
    Path("data.dvc").write_text("outs:\n- md5: f44bab59b97628a67c1a7751f3679c0f.dir\n  hash: md5\n  path: data\n")
    stored = {"f4/4bab59b97628a67c1a7751f3679c0f.dir": LISTED}
    stored |= {"5b/bf5a52328e7439ae6e719dfe712200": b"one\n", "bb/4d4c70dbf83be12357b941bb976023": b"two,\r\n"}
    for name, body in stored.items():
        portal.put(f"store/files/md5/{name}", body)
    assert omicsdk.get("data.dvc", "got").verification["verified"] == 2
    assert Path("got/data/sub ü/b c.csv").read_bytes() == b"two,\r\n"
    portal.put("store/files/md5/f4/4bab59b97628a67c1a7751f3679c0f.dir", LISTED.replace(b"a.txt", b"b.txt"))
    with pytest.raises(
        ListError, match=r"'data' is a folder, whose list of files .* cannot be read \(f44bab.*: dvc fetch"
    ):
        omicsdk.get("data.dvc", "again", retries=0)
