"""Make the pictures of the manual: `python docs/screenshots.py` with Chromium installed.

docs/assets/demo.svg, get.svg and session.svg are commands in a terminal, sandbox-*.png and requests.png pages of the sandbox, report.png the
report of a transfer.
"""

import io
import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omicsdk.sandbox import Sandbox
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
ASSETS = HERE / "assets"
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
COLUMNS = 112
SESSION = (
    "omics ls -l -h dss://aws/{bundle}/",
    "omics cp -r dss://aws/{bundle}/ reads --report report.html",
    "omics verify reads dss://aws/{bundle}/",
    "omics cp -r reads/ sb://{project}/reads/",
    "omics ls -l -h sb://{project}/reads/",
)
"""What a reader of the gallery sees; each command runs against the sandbox."""
GET = (
    "omics get {study} --to fastq",
    "omics ls -l -h fastq/",
    "omics get {study} --to fastq",
)
"""What a reader of the first page sees; the last command finds every file there."""


def main() -> None:
    """Write the pictures into docs/assets/."""
    from chromium import chromium

    demo = subprocess.run([sys.executable, "-m", "omicsdk", "demo"], capture_output=True, text=True, check=True)
    styles = {r"\d\. ": "bold cyan", r"   \$ ": "green"}
    write_terminal("demo", [Text("$ omics demo", "bold"), *(styled(line, styles) for line in demo.stdout.splitlines())])
    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox, chromium(Path(name)) as browser:
        folder = Path(name, "work")
        folder.mkdir()
        write_session(sandbox, folder)
        write_pages(sandbox, folder, browser)


def styled(line: str, styles: dict[str, str]) -> Text:
    """Return a line with the style of the first pattern that it begins with."""
    return Text(line, next((style for pattern, style in styles.items() if re.match(pattern, line)), ""))


def write_terminal(name: str, lines: Iterable[Text]) -> None:
    """Write lines as a terminal shows them."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in lines:
        console.print(line)
    # The library's form loads a font from a server; the reader's own monospaced font will do.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = form.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    picture = console.export_svg(title="omics", code_format=form, unique_id=name)
    (ASSETS / f"{name}.svg").write_text(picture, encoding="utf-8")


def write_session(sandbox: Sandbox, folder: Path) -> None:
    """Write the pictures of the two lists of commands."""
    subprocess.run([sys.executable, HERE.parent / "examples" / "reads.py", folder / "lambda"], check=True)
    bundle = sandbox.seed(folder / "lambda" / "lambda_early")["bundle_uuid"]
    project = sandbox.seed(folder / "lambda" / "lambda_late", service="sb")["project"]
    study = sandbox.seed(folder / "lambda", service="ena")["study"]
    environ = {**os.environ, **sandbox.environment(), "HOME": str(folder), "COLUMNS": str(COLUMNS)}
    for name, templates in (("session", SESSION), ("get", GET)):
        lines = list[Text]()
        for template in templates:
            command = template.format(bundle=bundle, project=project, study=study)
            lines += [Text(f"$ {command}", "bold"), Text.from_ansi(in_terminal(command, folder, environ)), Text()]
        write_terminal(name, lines[:-1])


def in_terminal(command: str, folder: Path, environ: dict[str, str]) -> str:
    """Run a command whose results go to a terminal, and return these with its messages."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "omicsdk", *shlex.split(command)[1:]]
    with os.fdopen(ours, "rb") as terminal:
        done = subprocess.run(words, cwd=folder, env=environ, stdout=theirs, stderr=subprocess.PIPE, text=True)
        os.write(theirs, b"\0")  # a terminal has no end
        os.close(theirs)
        printed = b"".join(iter(lambda: terminal.read(1), b"\0")).decode()
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, words, printed, done.stderr)
    return (printed.replace("\r\n", "\n") + done.stderr).rstrip()


def write_pages(sandbox: Sandbox, folder: Path, browser: Any) -> None:
    """Write the sandbox's pages and the session's report."""
    sandbox.area()
    sandbox.gen3.add_file("reads.fastq", b"ACGT")
    for size, viewport in SIZES.items():
        page = browser.new_context(base_url=sandbox.url, viewport=viewport).new_page()
        page.goto("/")
        page.screenshot(path=ASSETS / f"sandbox-{size}.png")
    page = browser.new_context(viewport=SIZES["desktop"]).new_page()
    for name, address in (
        ("requests", f"{sandbox.url}/_sandbox/pages/requests"),
        ("report", (folder / "report.html").as_uri()),
    ):
        page.goto(address)
        page.screenshot(path=ASSETS / f"{name}.png")


if __name__ == "__main__":
    main()
