"""Make the pictures of the sandbox's pages that the manual shows: `python docs/screenshots.py` with Chromium installed."""

import sys
import tempfile
from pathlib import Path

from omicsdk.sandbox import Sandbox

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def main() -> None:
    """Writes docs/assets/sandbox-*.png."""
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
