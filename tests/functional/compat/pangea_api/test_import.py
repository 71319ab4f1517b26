"""The cost of the import, and the exported names."""

import subprocess
import sys

import pytest
from omicsdk.compat import pangea_api


def loaded_by(line: str) -> set[str]:
    asked = f"import sys; before = set(sys.modules); {line}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "line", ["from omicsdk.compat.pangea_api import Knex", "from omicsdk.compat.pangea_api import User"]
)
def test_heavy_libraries_are_loaded_when_something_is_queried(line: str):
    loaded = loaded_by(line)
    heavy = {
        "httpx",
        "logging",
        "dataclasses",
        "platformdirs",
        "pandas",
        "boto3",
        "pycurl",
        "concurrent.futures",
        "rich",
    }
    heavy |= {"json", "omicsdk.core.credentials", "omicsdk.core.sending.transport"}
    assert loaded & heavy == set()


def test_all_that_is_exported_is_there():
    for name in pangea_api.__all__:
        assert getattr(pangea_api, name) is not None
    assert dir(pangea_api) == pangea_api.__all__
    with pytest.raises(AttributeError, match="nothing"):
        pangea_api.nothing  # noqa: B018 - reading the name is what is tested
