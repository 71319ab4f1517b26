"""The modules that help loads. They determine start-up time, so additions to this list must be deliberate."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import omicsdk
import omicsdk_api
import pytest
from quiet_server import QuietHandler, serving

OURS = {
    "omicsdk",
    "omicsdk.cli",
    *(
        f"omicsdk.cli.{name}"
        for name in (
            "arguments", "catalog", "dispatch", "help", "main", "mistakes", "options", "plugins", "program",
            "services", "suggestions",
        )
    ),
    *("omicsdk.core", "omicsdk.core.lazy", "omicsdk.core.version"),  # by omicsdk itself
    "omicsdk.core.likeness",  # 70 lines that import nothing, for what is mistyped
    "omicsdk.core.user_folders",  # where aliases are
    "omicsdk_api",
}  # fmt: skip
LIBRARY = {"__future__", "_json", "json", "json.decoder", "json.encoder", "json.scanner", "atexit", "gc"}
# The script that installers write imports re; json would too.
OF_RE = {
    *("re", "re._casefix", "re._compiler", "re._constants", "re._parser", "_sre", "copyreg", "enum", "types"),
    *("_types", "collections.abc"),  # of types, from Python 3.14 on
    *(
        "functools", "_functools", "collections", "_collections", "itertools", "keyword", "operator", "_operator",
        "reprlib",
    ),
}  # fmt: skip
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


CLIENTS = {
    "dataclasses", "inspect", "logging", "boto3", "botocore", "httpx", "ssl", "omicsdk.core.model",
    "omicsdk.core.sending.transport",
}  # fmt: skip
ENGINES = {"concurrent.futures", "shutil", "omicsdk.transfer.engine.options", "omicsdk.transfer.uploads.store"}


def loaded_to_run(environ, *words):
    command = [sys.executable, "-c", PROBE, *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environ})
    probe = json.loads(ran.stderr.splitlines()[-1])
    assert probe["code"] == 0, ran.stderr
    return set(probe["loaded"])


def test_a_command_that_reads_settings_only_imports_neither_typing_nor_copy(tmp_path):
    environ = {"HOME": str(tmp_path)}
    assert not loaded_to_run(environ, "upload", "areas") & (CLIENTS | ENGINES | {"typing", "copy", "weakref"})


@pytest.mark.parametrize("word", ["ls", "cat"])
def test_a_file_of_this_machine_needs_neither_clients_nor_engines(tmp_path, word):
    (tmp_path / "file").write_text("x")
    loaded = loaded_to_run({"HOME": str(tmp_path)}, word, tmp_path / "file")
    assert "omicsdk.fs.stores.local" in loaded
    assert (
        loaded & (CLIENTS | ENGINES | {"pycurl", "pathlib", "datetime", "urllib.parse", "hashlib", "platformdirs"})
        == set()
    )


def test_the_copy_of_a_file_of_this_machine_needs_no_clients(tmp_path):
    (tmp_path / "file").write_text("x")
    loaded = loaded_to_run({"HOME": str(tmp_path)}, "cp", tmp_path / "file", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "x"
    unneeded = {"pycurl._pycurl", "platformdirs", "datetime", "shutil", "string", "argparse", "hashlib", "queue"}
    unneeded |= {"omicsdk.transfer.network.connection_pool"}
    assert loaded & (CLIENTS | unneeded) == set()


@pytest.mark.parametrize(("word", "uri"), [("ls", "s3://bucket/p/"), ("cat", "s3://bucket/p/x")])
def test_an_object_needs_no_more_than_the_client_of_s3(tmp_path, word, uri):
    state = "<IsTruncated>false</IsTruncated>"
    entry = "<Contents><Key>p/x</Key><Size>1</Size></Contents>"

    class Store(QuietHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            listed = f"<ListBucketResult>{state}{entry}</ListBucketResult>".encode()
            body = listed if "list-type" in self.path else b"x"
            self.reply(200, body, etag='"9dd4e461268c8034f5c8564e155c67a6"')

        do_HEAD = do_GET

    with serving(Store) as url:
        keys = {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": str(tmp_path)}
        place = {"AWS_ENDPOINT_URL_S3": url, "NO_PROXY": "127.0.0.1"}
        loaded = loaded_to_run({**keys, **place}, word, uri)
    assert "omicsdk.transfer.s3.client" in loaded
    unneeded = {"argparse", "hmac", "pathlib", "queue"}  # hashlib verifies by the ETag
    unneeded |= {"omicsdk.fs.copying.planning", "pyexpat"} if word == "cat" else set()
    assert loaded & (CLIENTS | ENGINES | unneeded) == set()


LATE = """
import sys
from omicsdk.core.logs import logger, when_needed

log = logger("omicsdk.test")
log.warning("before anything shows records")

def shown(by):
    def begin(ended):
        import logging
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter(f"{by}: %(message)s"))
        logging.getLogger("omicsdk").addHandler(handler)
        ended.callback(logging.getLogger("omicsdk").removeHandler, handler)
    return begin

with when_needed(30, shown("outer")):
    log.info("below the level")
    with when_needed(40, shown("inner")):
        log.info("below both levels")
        assert "logging" not in sys.modules
        log.warning("one")
    log.warning("two")
log.warning("after the end")
with when_needed(30, shown("again")):
    log.warning("three")
"""


def test_the_first_record_that_is_shown_imports_logging():
    ran = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert (ran.stdout.splitlines(), ran.stderr) == (["outer: one", "inner: one", "outer: two", "again: three"], "")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A zip archive of the packages, as of zipapp."""
    path = tmp_path_factory.mktemp("archive") / "omics.pyz"
    with zipfile.ZipFile(path, "w") as target:
        for package in (omicsdk, omicsdk_api):
            folder = Path(package.__file__ or "").parent
            for file in folder.rglob("*"):
                if file.is_file() and file.suffix != ".pyc":
                    target.write(file, f"{folder.name}/{file.relative_to(folder)}")
    return str(path)


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("from omicsdk.cli.main import main; main(['gen3', 'api', 'fence', 'get-status', '--help'])", "Usage: omics gen3 api"),
        ("from omicsdk.cli.main import main; main(['completion', 'bash'])", "# Completion of omics for bash"),
        ("from omicsdk.sandbox.document import read_document; print(read_document('gen3/fence')['openapi'])", "3.1"),
        ("from omicsdk.compat.differences import differences; print(differences('gen3'))", "Differences("),
        ("from omicsdk.cli.demo.data import fasta; print(fasta().decode())", ">NC_001416.1"),
    ],
)  # fmt: skip
def test_files_of_packages_are_read_from_a_zip_archive(archive: str, code: str, output: str) -> None:
    environ = {**os.environ, "PYTHONPATH": archive}
    command = [sys.executable, "-c", f"import omicsdk; assert '.pyz' in omicsdk.__file__; {code}"]
    ran = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60)
    assert ran.stdout.startswith(output), ran.stderr
