"""The public names. Adding or removing one is a decision that this table records."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from public_names import SURFACE

#: Loading any of these makes `import omicsdk` slow; they wait until they are needed.
HEAVY = [
    "httpx",
    "pycurl",
    "boto3",
    "botocore",
    "pandas",
    "rich",
    "starlette",
    "jinja2",
    "jsonref",
    "click",
    "requests",
    "anyio",
    "attr",
    "logging",
    "typing",
    "re",
    "ssl",
    "json",
]


# What omicsdk.compat needs to replaces published packages (importlib.abc) loads typing and re.
@pytest.mark.parametrize("module", [module for module in SURFACE if not module.startswith("omicsdk.compat")])
def test_importing_loads_nothing_heavy(module):
    probe = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    # -S: site may import what an environment's own .pth files ask for
    paths = [str(Path(importlib.import_module("omicsdk").__file__).parent.parent)]
    code = f"import sys; sys.path[:0] = {paths!r}; {probe}"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "name",
    [
        "errors",
        "retry",
        "sending.connections",
        "credentials",
        "redaction",
        "settings.config",
        "token_file",
        "sending.transport",
        "client",
    ],
)
def test_what_decides_does_not_need_httpx(name):
    code = f"import sys, omicsdk.core.{name}; print('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_nothing_is_printed_unless_logging_is_set_up():
    code = (
        "import logging\n"
        "from omicsdk.core.logs import http_log, logger\n"
        "http_log.warning('not for users')\n"
        "logger('omicsdk').error('nor this')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("module", ["httpx", "pandas"])
def test_annotations_import_no_library(module: str) -> None:
    code = f"import sys, omicsdk; omicsdk.Gen3; omicsdk.TransferReport; omicsdk.Credentials; assert {module!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
