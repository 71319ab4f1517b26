"""Access tokens: got once, kept, renewed early and after a refusal, sent to their commons only."""

import subprocess
import sys

# -- functions


def test_the_login_is_cheap_to_import():
    heavy = {
        "httpx",
        "requests",
        "attrs",
        "asyncio",
        "platformdirs",
        "omicsdk_api",
        "omicsdk.transfer",
        "omicsdk.core.sending.transport",
    }
    code = "import sys; from omicsdk.compat.gen3.auth import Gen3Auth; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy & set(loaded) == set()
