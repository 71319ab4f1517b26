"""`omics ls`, `cat`, `cp`, `sync`, `du` and `verify`, whatever the platform."""

import socket

import pytest
from quiet_server import QuietHandler, serving
from shelf_command import omics as omics
from shelf_command import reads as reads
from shelf_store import shelf as shelf


@pytest.mark.parametrize("listing", [b"{}", b'{"items": null}', b"null", b""])
def test_sync_removes_nothing_when_seven_bridges_responds_without_its_list(omics, tmp_path, monkeypatch, listing):
    """Fewer than ten files and as many as are allowed go without a question: only the listing protects them."""

    class Platform(QuietHandler):
        paths = ()

        def do_GET(self):
            type(self).paths += (self.path.partition("?")[0],)
            body = listing if "/files" in self.path else b'{"id": "o/p", "name": "p", "href": ""}'
            self.reply(200, body, content_type="application/json")

    for name in ("a.txt", "deep/b.txt"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("mine")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(Platform) as url:
        monkeypatch.setenv("SB_API_ENDPOINT", f"{url}/v2")
        monkeypatch.setenv("SB_AUTH_TOKEN", "t")
        for more in ((), ("--max-delete", "2")):
            code, out, err = omics("--yes", "sync", "--delete", *more, "sb://o/p/", "out")
            assert (code, out) == (1, b"")
            assert "is not treated as an empty list" in err or "not JSON" in err
    assert any(path.endswith("/files") for path in Platform.paths)
    assert all((tmp_path / "out" / name).read_text() == "mine" for name in ("a.txt", "deep/b.txt"))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no sockets in folders")
def test_a_socket_is_refused_and_stays(omics, reads, tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        code, out, err = omics("cp", "shelf://p/a.txt", "socket")
        assert (code, out, "a socket of that name exists" in err) == (1, b"", True)
        assert (tmp_path / "socket").is_socket()
