"""Benchmarks are scripts: their folder is put where they find each other."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from benchmark_modules import benchmarks as benchmarks


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
