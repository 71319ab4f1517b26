"""Benchmarks are scripts: their folder is put where they find each other."""

import json

import pytest
from benchmark_modules import benchmarks as benchmarks
from quiet_server import QuietHandler, serving


@pytest.fixture
def counts():
    """Where a server is that counts, and what it tells."""
    payload = {}

    class Counting(QuietHandler):
        def do_GET(self):
            assert self.path == "/_counts"
            self.reply(200, json.dumps(payload).encode())

    with serving(Counting) as url:
        yield url, payload
