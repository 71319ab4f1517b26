"""Make the pictures of the manual: `python docs/screenshots.py` with Chromium installed.

docs/assets/sandbox-*.png are the sandbox's front page, docs/assets/demo.svg is `omics demo` in a terminal.
"""

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from omicsdk.sandbox import Sandbox
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
COLUMNS = 112


def main() -> None:
    """Write docs/assets/sandbox-*.png and docs/assets/demo.svg."""
    write_demo()
    write_front_pages()


def write_demo() -> None:
    """Write what `omics demo` prints, as a terminal shows it."""
    demo = subprocess.run([sys.executable, "-m", "omicsdk", "demo"], capture_output=True, text=True, check=True)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ omics demo", "bold"))
    for line in demo.stdout.splitlines():
        style = "bold cyan" if re.match(r"\d\. ", line) else "green" if line.startswith("   $ ") else ""
        console.print(Text(line, style))
    # The library's form loads a font from a server; the reader's own monospaced font will do.
    form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    form = form.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
    picture = console.export_svg(title="omics demo", code_format=form, unique_id="demo")
    (HERE / "assets" / "demo.svg").write_text(picture, encoding="utf-8")


def write_front_pages() -> None:
    """Write the sandbox's front page at the width of a desktop and of a phone."""
    from chromium import chromium

    with tempfile.TemporaryDirectory() as name, Sandbox() as sandbox, chromium(Path(name)) as browser:
        bundle = Path(name) / "bundle"
        bundle.mkdir()
        (bundle / "sample.json").write_text("{}")
        (bundle / "reads.fastq").write_text("@1\nACGT\n+\nIIII\n")
        for _ in range(3):
            sandbox.seed(bundle)
        sandbox.area()
        sandbox.gen3.add_file("reads.fastq", b"ACGT")
        for size, viewport in SIZES.items():
            page = browser.new_context(base_url=sandbox.url, viewport=viewport).new_page()
            page.goto("/")
            page.screenshot(path=HERE / "assets" / f"sandbox-{size}.png")


if __name__ == "__main__":
    main()
