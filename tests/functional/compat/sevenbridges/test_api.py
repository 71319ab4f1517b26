"""The Api: an attribute for each kind of resources, which belong to it and to no other."""

import subprocess
import sys


def test_importing_the_api_loads_nothing_heavy():
    heavy = [
        "httpx",
        "pycurl",
        "boto3",
        "asyncio",
        "omicsdk_api.sb.client",
        "concurrent.futures",
        "omicsdk.compat.sevenbridges.models.file",
    ]
    code = f"import sys; from omicsdk.compat.sevenbridges import Api; Api; print(*[name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
