"""The pages of errors: a case provokes each of its messages, and their commands have the options that they show."""

import errno
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from connect_proxy import ConnectProxy
from disk_space import stating
from loopback import Head, LoopbackServer
from manual import CHECKOUT, Block, blocks, prints
from omicsdk import Dss
from omicsdk.cli.main import main
from omicsdk.sandbox import Rule, Sandbox
from quiet_server import running
from waiting import until

pytestmark = pytest.mark.sandbox

PAGES = [CHECKOUT / "docs" / "troubleshooting.md", *sorted((CHECKOUT / "docs" / "troubleshooting").glob("*.md"))]
TEXT = "".join(page.read_text(encoding="utf-8") for page in PAGES)
ENTRIES = {
    heading: (message, int(code) if code else None)
    for heading, message, code in re.findall(
        r"^## ([^\n]+)\n\n```text\n(.*?)^```\n\n(?:Exit code (\d+)\.)?", TEXT, re.MULTILINE | re.DOTALL
    )
}
"""The messages of the pages, and the exit codes that they state, by the headings above them."""

BUNDLE = "5e1f0a3c-2b64-4c1e-9d57-0a4c8a1b2c3d"
LISTING = ("dss", "get-bundles-all", "--replica", "aws")
SUBSCRIBING = ("dss", "put-subscription", "--replica", "aws", "--callback-url", "http://127.0.0.1:9/")
CLOSED = "http://127.0.0.1:9"
BYTES = "/_objects/*"


class Messages(StringIO):
    """What is written to stderr, for a function that is given each text as well."""

    def __init__(self, heard: Callable[[str], None] | None = None) -> None:
        super().__init__()
        self._heard = heard

    def write(self, text: str, /) -> int:
        if self._heard is not None:
            self._heard(text)
        return super().write(text)


@dataclass
class User:
    """A user in an empty folder and with an empty home, who knows no server but those that a command is given.

    Attributes:
        sandbox: A sandbox with the bundle BUNDLE.
        source: The folder that the bundle was made of.
        folder: The current folder.
        patch: Undone at the end of the case.
        code: The exit code of the last command.
    """

    sandbox: Sandbox
    source: Path
    folder: Path
    patch: pytest.MonkeyPatch
    code: int | None = None

    def variables(self, *without: str, **changed: str) -> dict[str, str]:
        """The variables of the sandbox, some of them left out or changed."""
        return {name: value for name, value in self.sandbox.environment().items() if name not in without} | changed

    def omics(
        self, *words: str, variables: Mapping[str, str] | None = None, heard: Callable[[str], None] | None = None
    ) -> str:
        """What a command prints as messages; each is given to `heard` at once."""
        messages = Messages(heard)
        with self.patch.context() as patched:
            for name, value in (variables or {}).items():
                patched.setenv(name, value)
            patched.setattr(sys, "stdout", TextIOWrapper(BytesIO()))
            patched.setattr(sys, "stderr", messages)
            patched.setattr(sys, "stdin", TextIOWrapper(BytesIO()))
            self.code = main(words)
        return messages.getvalue()

    def download(self, *words: str, heard: Callable[[str], None] | None = None) -> str:
        """The messages of a download of one file of the bundle without retries."""
        what = ("--bundle-uuid", BUNDLE, "--replica", "aws", "--no-metadata", "--data-filter", "*R1*")
        how = ("--download-dir", "data", "--num-retries", "0", "--min-delay-seconds", "0")
        return self.omics("dss", "download", *what, *how, *words, variables=self.variables(), heard=heard)

    def get(self, name: str, text: str, *words: str) -> str:
        """The messages of a download of a list."""
        Path(name).write_text(text, encoding="utf-8")
        return self.omics("get", name, "--to", "got", *words, variables=self.variables())

    def fault(self, action: Any, path: str, **more: Any) -> None:
        """Injects a fault for the rest of the case."""
        self.sandbox.add_faults(Rule(action, path=path, **more))

    def when_stalled(self, act: Callable[[], object]) -> threading.Thread:
        """Acts in a thread once the sandbox holds a request."""

        def wait() -> None:
            until(lambda: self.sandbox.stalled)
            act()

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        return thread


Case = Callable[[User], str]
CASES: dict[str, Case] = {}


def case(heading: str) -> Callable[[Case], Case]:
    """Register what provokes the message below a heading; it gives what was printed."""

    def register(provoke: Case) -> Case:
        assert heading not in CASES
        CASES[heading] = provoke
        return provoke

    return register


@pytest.fixture
def user(documented: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    for name in [*os.environ]:
        if (
            name.startswith(("OMICS_", "SB_", "GEN3", "HCA_", "DRS_", "CRUNCH_", "PANGEA_", "AWS_"))
            or "PROXY" in name.upper()
        ):
            monkeypatch.delenv(name)
    for name, folder in (("HOME", "home"), ("XDG_CONFIG_HOME", "config"), ("OMICS_STATE_DIR", "state")):
        monkeypatch.setenv(name, str(tmp_path / folder))
        (tmp_path / folder).mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    resolve = socket.getaddrinfo

    def on_this_machine(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host) not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", on_this_machine)
    yield User(documented.sandbox, documented.source, tmp_path / "work", monkeypatch)
    documented.sandbox.fault_book.clear()
    documented.sandbox.release()


@pytest.mark.skipif(os.name == "nt", reason="some messages have words of the system")
@pytest.mark.parametrize("heading", ENTRIES)
def test_a_message_is_printed_with_its_exit_code(heading: str, user: User) -> None:
    message, code = ENTRIES[heading]
    printed = CASES[heading](user)
    lost = prints(message, printed)
    assert not lost, f"this isn't printed: {lost}\nbut:\n{printed}"
    assert user.code == code or (not user.code and code is None), "the page states another exit code, or none"


def test_entries_and_cases_are_the_same() -> None:
    assert sorted(ENTRIES) == sorted(CASES)
    assert len(ENTRIES) == TEXT.count("\n```text\n")
    assert len(ENTRIES) >= 40


def commands(block: Block) -> list[list[str]]:
    """The words of each `omics` command of a block."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("omics ")]


def test_commands_exist_and_have_the_options_that_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    checked = 0
    for words in (
        words for page in PAGES for block in blocks(page) if block.language == "sh" for words in commands(block)
    ):
        options = [word for word in words if word.startswith("--")]
        command = words[: words.index(options[0])] if options else words
        assert main([*command, "--help", *([] if command else ["--all"])]) == 0, words
        shown = capsys.readouterr().out
        assert [option for option in options if option not in shown] == [], words
        checked += 1
    assert checked > 40


# --- Install and start ---------------------------------------------------------------------------------------------


@case("The command omics is not found")
def _(user: User) -> str:
    bash = shutil.which("bash") or "bash"
    return subprocess.run(
        [bash, "-c", "omics"], env={"PATH": str(user.folder)}, capture_output=True, text=True, check=False
    ).stderr


@case("Python is too old")
def _(user: User) -> str:
    required = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    wheel = user.folder / "omicsdk-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        head = f"Metadata-Version: 2.1\nName: omicsdk\nVersion: 1\nRequires-Python: {required}\n"
        file.writestr("omicsdk-1.dist-info/METADATA", head)
        file.writestr("omicsdk-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("omicsdk-1.dist-info/RECORD", "")
    old = ["--python-version", "3.10", "--only-binary", ":all:", "--dest", "old"]
    words = ["download", "--no-index", "--disable-pip-version-check", *old, str(wheel)]
    ran = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False)
    return ran.stderr


@case("An extra is missing")
def _(user: User) -> str:
    Path("api.yaml").write_text("openapi: 3.1.0\n")
    user.patch.setitem(sys.modules, "yaml", None)
    return user.omics("codegen", "api.yaml", "--name", "runs", "--out", "client")


@case("A command is unknown")
def _(user: User) -> str:
    return user.omics("dss", "downlod")


# --- Credentials ---------------------------------------------------------------------------------------------------


@case("No credentials for Seven Bridges")
def _(user: User) -> str:
    return user.omics("ls", "sb://me/my-project/")


@case("No base URL for Gen3")
def _(user: User) -> str:
    return user.omics("gen3", "whoami")


@case("No credentials for django-crunch")
def _(user: User) -> str:
    return user.omics("crunch", "projects", "ls")


@case("No credentials for Pangea")
def _(user: User) -> str:
    return user.omics("pangea", "create", "org", "lab", variables=user.variables("PANGEA_USER", "PANGEA_PASS"))


@case("No credentials for the Data Store")
def _(user: User) -> str:
    return user.omics(*SUBSCRIBING, variables=user.variables("OMICS_DSS_TOKEN"))


@case("Not logged in to a platform")
def _(user: User) -> str:
    return user.omics("whoami", "gen3")


@case("A token is refused (401)")
def _(user: User) -> str:
    return user.omics("sb", "api", "get-current-user", variables=user.variables(SB_AUTH_TOKEN="none-of-it"))


@case("A token has expired")
def _(user: User) -> str:
    return user.omics(*SUBSCRIBING, variables=user.variables(OMICS_DSS_TOKEN=user.sandbox.token(seconds=-60)))


@case("The API key of a commons has expired")
def _(user: User) -> str:
    before, variables = user.sandbox.clock.state(), user.variables()  # the key is signed now
    user.sandbox.clock.advance(31 * 24 * 3600)
    try:
        return user.omics("gen3", "whoami", variables=variables)
    finally:
        user.sandbox.clock.restore(before)


@case("Access is denied (403)")
def _(user: User) -> str:
    user.fault("status", "/sb/v2/user", status=403)
    return user.omics("sb", "api", "get-current-user", variables=user.variables())


@case("Credentials belong to another server")
def _(user: User) -> str:
    return user.omics("sb", "api", "get-current-user", "--base-url", f"{CLOSED}/v2", variables=user.variables())


@case("Others can read a file with a token")
def _(user: User) -> str:
    stored = Path.home() / ".sevenbridges" / "credentials"
    stored.parent.mkdir()
    stored.write_text(f"[default]\napi_endpoint = {user.sandbox.sb_url}\nauth_token = {user.sandbox.sb_token}\n")
    stored.chmod(0o644)
    return user.omics("sb", "api", "get-current-user")


@case("A password of Pangea is wrong")
def _(user: User) -> str:
    return user.omics("pangea", "api", "list-samples", variables=user.variables(PANGEA_PASS="none-of-it"))


@case("credentials.json is missing")
def _(user: User) -> str:
    return user.omics("login", "gen3", "--credentials-file", "credentials.json")


@case("credentials.json is malformed")
def _(user: User) -> str:
    Path("credentials.json").write_text("<html>")
    return user.omics("login", "gen3", "--credentials-file", "credentials.json")


# --- Network -------------------------------------------------------------------------------------------------------


@case("A host's name cannot be resolved")
def _(user: User) -> str:
    return user.omics(*LISTING, "--base-url", "http://dss.example.org/v1")


@case("A connection is refused")
def _(user: User) -> str:
    return user.omics(*LISTING, "--base-url", f"{CLOSED}/v1", "--call-budget", "0.01")


@case("A proxy cannot be reached")
def _(user: User) -> str:
    words = (*LISTING, "--base-url", "http://dss.example.org/v1", "--call-budget", "0.01")
    return user.omics(*words, variables={"http_proxy": CLOSED})


class RefusingProxy(LoopbackServer):
    """Refuses every password."""

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        return False


@case("A proxy refuses the password")
def _(user: User) -> str:
    proxy = RefusingProxy()
    user.patch.setenv("https_proxy", f"http://me:wrong@127.0.0.1:{proxy.port}")
    try:
        Path("urls.txt").write_text("https://data.example.org/f1.bin\n", encoding="utf-8")
        return user.omics("get", "urls.txt", "--to", "got")
    finally:
        proxy.close()


@case("A certificate is not trusted")
def _(user: User) -> str:
    with running(ConnectProxy(user.sandbox.url, "dss.example.org", user.folder)) as url:
        return user.omics(*LISTING, "--base-url", "https://dss.example.org/v1", variables={"https_proxy": url})


@case("Too many requests (429)")
def _(user: User) -> str:
    user.fault("status", "/dss/v1/bundles/all", status=429, retry_after=3600)
    return user.omics(*LISTING, variables=user.variables())


@case("A request times out")
def _(user: User) -> str:
    user.fault("stall", "/dss/v1/bundles/all")
    return user.omics(*LISTING, "--call-timeout", "0.1", "--call-budget", "0.01", variables=user.variables())


@case("A service is unavailable (503)")
def _(user: User) -> str:
    user.fault("status", "/dss/v1/bundles/all", status=503)
    return user.omics(*LISTING, "--call-budget", "0.01", variables=user.variables())


# --- Downloads -----------------------------------------------------------------------------------------------------


@case("Some files failed")
def _(user: User) -> str:
    user.fault("status", BYTES, status=404)
    return user.download("--data-filter", "*R2*")


@case("A checksum is wrong")
def _(user: User) -> str:
    user.fault("wrong", BYTES)
    return user.download()


@case("A file is cut off")
def _(user: User) -> str:
    user.fault("cut", BYTES, at=20)
    return user.download()


@case("A connection is too slow")
def _(user: User) -> str:
    user.fault("stall", BYTES, at=20)
    return user.download("--stall-timeout", "0.1")


@case("The disk is full")
def _(user: User) -> str:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("pwrite", "pwritev"):
        user.patch.setattr(os, name, full)
    return user.download()


@case("The disk is too small")
def _(user: User) -> str:
    user.patch.setattr(os, "statvfs", stating(lambda: (1000, 10_000)))
    return user.download()


@case("Another process uses the folder")
def _(user: User) -> str:
    user.fault("stall", BYTES, at=20)
    for name, value in user.variables().items():
        user.patch.setenv(name, value)

    def first() -> None:
        with Dss() as dss:
            dss.download(BUNDLE, "aws", download_dir="data", no_metadata=True, data_filter=["*R1*"])

    def release(message: str) -> None:
        if "another process" in message:
            user.sandbox.fault_book.clear()
            user.sandbox.release()

    running = threading.Thread(target=first)
    running.start()
    user.when_stalled(lambda: None).join()
    printed = user.download(heard=release)
    running.join()
    return printed


@case("A file has no checksum")
def _(user: User) -> str:
    return user.get("urls.txt", f"{user.sandbox.url}/dss/v1/swagger.json\n", "--require-checksum")


@case("Two files have the same name")
def _(user: User) -> str:
    return user.get("urls.txt", f"{CLOSED}/a/reads.bam\n{CLOSED}/b/reads.bam\n")


@case("A file name is unsafe")
def _(user: User) -> str:
    row = "1\t../reads.bam\td41d8cd98f00b204e9800998ecf8427e\t3\treleased\n"
    return user.get("gdc.txt", f"id\tfilename\tmd5\tsize\tstate\n{row}")


@case("A download was interrupted")
def _(user: User) -> str:
    user.fault("stall", BYTES, at=20)
    user.when_stalled(lambda: os.kill(os.getpid(), signal.SIGINT))
    return user.download()


@case("The time budget is over")
def _(user: User) -> str:
    return user.download("--time-budget", "0.0001")


# --- Lists and manifests -------------------------------------------------------------------------------------------


@case("The format of a list is unknown")
def _(user: User) -> str:
    return user.get("regions.bed", "chrom\tstart\tend\nchr1\t1\t2\n")


@case("A manifest lacks a column")
def _(user: User) -> str:
    Path("reads.tsv").write_text("bundle_uuid\tbundle_version\tfile_name\n")
    return user.omics(
        "dss", "download-manifest", "--manifest", "reads.tsv", "--replica", "aws", variables=user.variables()
    )


@case("A facet is unknown")
def _(user: User) -> str:
    return user.omics("azul", "projects", "ls", "--filter", "organs=eye", variables=user.variables())


@case("The Data Store was retired")
def _(user: User) -> str:
    return user.omics(*LISTING)


# --- URIs and uploads ----------------------------------------------------------------------------------------------


@case("A scheme is unknown")
def _(user: User) -> str:
    return user.omics("ls", "ftp://ftp.example.org/reads/")


@case("A URI is not found")
def _(user: User) -> str:
    return user.omics("ls", "sb://me/my-project/reads.bam", variables=user.variables())


@case("A folder to upload does not exist")
def _(user: User) -> str:
    return user.omics(*_upload("reads", "omics-staging"), variables=user.variables())


@case("A staging bucket is refused")
def _(user: User) -> str:
    return user.omics(*_upload(str(user.source), "other-bucket"), variables=user.variables())


@case("No staging bucket is configured")
def _(user: User) -> str:
    words = ("cp", "-r", str(user.source), "dss://aws/")
    return user.omics(*words, variables=user.variables("OMICS_DSS_STAGING_BUCKET"))


def _upload(folder: str, bucket: str) -> tuple[str, ...]:
    return ("dss", "upload", "--src-dir", folder, "--replica", "aws", "--staging-bucket", bucket)


# --- DRS -----------------------------------------------------------------------------------------------------------


@case("No server is known for a prefix")
def _(user: User) -> str:
    return user.omics("drs", "get", "dg.XYZ/0d8b4c1e")


@case("No DRS server is named")
def _(user: User) -> str:
    return user.omics("drs", "get", "0d8b4c1e")


# --- The sandbox ---------------------------------------------------------------------------------------------------


@case("The port is in use")
def _(user: User) -> str:
    return user.omics("sandbox", "up", "--dir", "new", "--port", user.sandbox.url.rpartition(":")[2])


@case("The folder belongs to an earlier version")
def _(user: User) -> str:
    Path("sandbox").mkdir()
    database = sqlite3.connect("sandbox/state.sqlite")
    database.execute("pragma user_version=1")
    database.close()
    return user.omics("sandbox", "up", "--dir", "sandbox", "--port", "0")


@case("The sandbox is already running")
def _(user: User) -> str:
    return user.omics("sandbox", "up", "--dir", str(user.sandbox.folder), "--port", "0")


# --- Generated clients ---------------------------------------------------------------------------------------------


@case("A document is not found")
def _(user: User) -> str:
    return user.omics("codegen", "api.yaml", "--name", "runs", "--out", "client")


@case("A document is invalid")
def _(user: User) -> str:
    Path("api.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: Runs, version: '1'}\n"
        "components: {schemas: {Runs: {type: array}, List: {$ref: '#/components/schemas/Run'}}}\n"
        "paths: {/runs: {get: {responses: {'200': {description: Runs.}}}}}\n"
    )
    return user.omics("codegen", "api.yaml", "--name", "runs", "--out", "client")
