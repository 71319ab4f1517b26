"""The modules that the import of Knex loads, at each start of a program."""

import subprocess
import sys


def test_knex_loads_neither_credentials_nor_what_sends() -> None:
    code = "import sys; from omicsdk.compat.pangea_api import Knex; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "omicsdk.compat.pangea_api.knex" in loaded
    assert {"omicsdk.core.credentials", "omicsdk.core.sending.transport", "httpx", "json"}.isdisjoint(loaded)
