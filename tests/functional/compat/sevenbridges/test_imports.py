"""Modules of resources are called as in sevenbridges-python; none needs itself in a roundabout way when it is imported."""

import subprocess
import sys


def test_the_import_of_api_loads_nothing_that_sends_or_reads_responses():
    program = "import sys; from omicsdk.compat.sevenbridges import Api; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "omicsdk.compat.sevenbridges.http.client" in loaded
    heavy = {"attrs", "dataclasses", "httpx", "inspect", "json", "logging", "pathlib", "pycurl", "socket", "ssl"}
    heavy |= {"asyncio", "boto3", "concurrent.futures", "omicsdk.compat.sevenbridges.models.file"}
    heavy |= {"omicsdk.core.client", "omicsdk.core.credentials", "omicsdk.sb", "omicsdk.transfer", "omicsdk_api"}
    assert loaded & heavy == set()
