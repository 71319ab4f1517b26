"""The cost of the import, and the exported names."""

import subprocess
import sys

import omicsdk.pangea
import pytest


def loaded_by(line: str) -> set[str]:
    code = f"import sys; before = set(sys.modules); {line}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def test_heavy_libraries_are_loaded_when_something_is_queried():
    loaded = loaded_by("from omicsdk.pangea import Pangea, PasswordLogin")
    heavy = {"httpx", "platformdirs", "pandas", "boto3", "pycurl", "rich"}
    assert loaded & heavy == set()


def test_all_that_is_exported_is_there():
    for name in omicsdk.pangea.__all__:
        assert getattr(omicsdk.pangea, name) is not None
    assert dir(omicsdk.pangea) == omicsdk.pangea.__all__
    with pytest.raises(AttributeError, match="nothing"):
        omicsdk.pangea.nothing  # noqa: B018
