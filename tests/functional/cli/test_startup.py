"""The modules that help loads. They determine start-up time, so additions to this list must be deliberate."""

import json
import os
import subprocess
import sys

import pytest

OURS = {
    "omicsdk",
    "omicsdk.cli",
    *(
        f"omicsdk.cli.{name}"
        for name in (
            "catalog",
            "help",
            "main",
            "mistakes",
            "options",
            "plugins",
            "services",
        )
    ),
    *("omicsdk.core", "omicsdk.core.lazy", "omicsdk.core.version"),  # by omicsdk itself
    "omicsdk_api",
}
LIBRARY = {"__future__", "_json", "json", "json.decoder", "json.encoder", "json.scanner", "atexit", "gc"}
# The script that installers write imports re; json would too.
OF_RE = {
    *("re", "re._casefix", "re._compiler", "re._constants", "re._parser", "_sre", "copyreg", "enum", "types"),
    *("_types", "collections.abc"),  # of types, from Python 3.14 on
    *(
        "functools",
        "_functools",
        "collections",
        "_collections",
        "itertools",
        "keyword",
        "operator",
        "_operator",
        "reprlib",
    ),
}
WORKFLOWS = {"importlib", "importlib._bootstrap", "importlib._bootstrap_external", "warnings", "_warnings"}

PROBE = """
import sys
before = set(sys.modules)
from omicsdk.cli.main import main
code = main(sys.argv[1:])
loaded = sorted(set(sys.modules) - before)
import json
print(json.dumps({"code": code, "loaded": loaded}), file=sys.stderr)
"""


def loaded_by(*words: str) -> set[str]:
    ran = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    probe = json.loads(ran.stderr)
    assert probe["code"] == 0
    assert ran.stdout.startswith("Usage: omics")
    return set(probe["loaded"])


@pytest.mark.parametrize("words", [("--help",), (), ("help",), ("completion", "-h"), ("doctor", "--help")])
def test_help_loads_no_more_than_it_must(words):
    assert loaded_by(*words) <= OURS | LIBRARY | OF_RE


@pytest.mark.parametrize(
    "words",
    [
        ("dss", "--help"),
        ("dss", "download", "--help"),
        ("dss", "get-bundle", "--help"),
        ("auth", "--help"),
        ("auth", "help"),
        ("auth", "get-v1-user-roles", "--help"),
        ("upload", "--help"),
        ("upload", "files", "--help"),
        ("upload", "api", "get-version", "--help"),
        ("sb", "--help"),
        ("sb", "files", "--help"),
        ("sb", "files", "ls", "--help"),
        ("sb", "api", "get-user", "--help"),
        ("gen3", "--help"),
        ("gen3", "--endpoint", "x", "submit", "--help"),
        ("gen3", "objects", "manifest", "--help"),
        ("gen3", "objects", "manifest", "read", "--help"),
        ("gen3", "api", "fence", "get-status", "--help"),
        ("pangea", "--help"),
        ("pangea", "-e", "x", "tag", "list", "--help"),
        ("pangea", "upload", "metadata", "--help"),
        ("pangea", "api", "get-me", "--help"),
        ("sandbox", "--help"),
        ("sandbox", "up", "--help"),
        ("config", "set", "--help"),
    ],
)
def test_help_of_a_service_adds_its_workflows(words):
    assert loaded_by(*words) <= OURS | LIBRARY | OF_RE | WORKFLOWS


@pytest.mark.sandbox
def test_listing_bundles_loads_nothing_that_uploads_or_verifies(omics_sandbox):
    environ = {**os.environ, **omics_sandbox.environment()}
    words = [sys.executable, "-c", PROBE, "ls", "dss://aws/"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, env=environ)
    probe = json.loads(ran.stderr.splitlines()[-1])
    assert probe["code"] == 0
    assert "omicsdk.fs.stores.dss" in probe["loaded"]
    uploading = {f"omicsdk.transfer.uploads.{name}" for name in ("engine", "job", "sending")}
    further = {*uploading, "omicsdk.fs.copying.comparison", "omicsdk.core.s3_clients", "boto3"}
    assert further & set(probe["loaded"]) == set()
