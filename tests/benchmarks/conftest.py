"""Benchmarks are scripts: their folder is put where they find each other."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    yield
    for name in [
        name
        for name in sys.modules
        if name.split(".")[0]
        in (
            "answering",
            "counting",
            "file_access",
            "data_store",
            "data_commons",
            "measuring",
            "script",
            "seven_bridges",
            "transferring",
        )
    ]:
        del sys.modules[name]


@pytest.fixture
def counts():
    """Where a server is that counts, and what it tells."""
    told = {}

    class Counting(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/_counts"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}", told
        server.shutdown()
        serving.join()
