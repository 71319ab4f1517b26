"""Modules are called as in sevenbridges-python, and requests fail before they reach the platform."""

import subprocess
import sys

import pytest
from omicsdk.compat.sevenbridges import Api, SbgError

BASE = "https://api.example.org/v2"


def test_a_proxy_that_does_not_exist_is_named():
    api = Api(BASE, "t", proxies={"https": "127.0.0.1:1"}, retry_count=0)
    with pytest.raises(SbgError, match=r"proxy http://127\.0\.0\.1:1"):
        api.get("/user")
    api.close()


def test_the_import_of_api_loads_nothing_that_sends_or_reads_responses():
    program = "import sys; from omicsdk.compat.sevenbridges import Api; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "omicsdk.compat.sevenbridges.http.client" in loaded
    heavy = {"attrs", "dataclasses", "httpx", "inspect", "json", "logging", "pathlib", "pycurl", "socket", "ssl"}
    heavy |= {"asyncio", "boto3", "concurrent.futures", "omicsdk.compat.sevenbridges.models.file"}
    heavy |= {"omicsdk.core.client", "omicsdk.core.credentials", "omicsdk.sb", "omicsdk.transfer", "omicsdk_api"}
    assert loaded & heavy == set()
