"""The page on the digital-twin workflow, followed from its beginning in one folder, with a sandbox of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from dtp_page import EXAMPLES
from dtp_project import alone
from omicsdk.cli.demo.walk import environment
from omicsdk.sandbox import Sandbox

#: What the page begins with; the other examples go on from it.
BEGINNING = ("commons.sh", "make_data_set.py", "convert.py", "submit.py")


class Reader:
    """Somebody who follows the page.

    Attributes:
        folder: Where.
        sandbox: The server.
        printed: What each example printed.
    """

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.printed: dict[str, str] = {}

    def within(self, name: str, text: str | None = None) -> SimpleNamespace:
        """Runs a program of the page in this process, and gives the names that it has made."""
        names: dict[str, object] = {}
        exec(compile(EXAMPLES[name] if text is None else text, name, "exec"), names)
        return SimpleNamespace(**{key: value for key, value in names.items() if key != "__builtins__"})

    def python(self, name: str) -> str:
        """Runs a program of the page, and gives what it prints."""
        (self.folder / name).write_text(EXAMPLES[name])
        return self._ran(name, sys.executable, name)

    def shell(self, name: str) -> str:
        """Runs lines of the page, and gives what they print; one that fails ends them."""
        return self._ran(name, "bash", "-euo", "pipefail", "-c", EXAMPLES[name])

    def _ran(self, name: str, *words: str) -> str:
        result = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, timeout=90, check=False)
        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr
        self.printed[name] = result.stdout
        return result.stdout

    def write(self, name: str, **instead: str) -> None:
        """Writes a file of the page, with what is different here."""
        text = EXAMPLES[name]
        for old, new in instead.items():
            assert old in text
            text = text.replace(old, new)
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has a data set, and has converted and submitted it."""
    folder = tmp_path_factory.mktemp("page")
    with Sandbox(folder / "omics-sandbox") as sandbox, pytest.MonkeyPatch.context() as patched:
        alone(patched, folder)
        for name in [name for name in os.environ if name not in environment({})]:
            patched.delenv(name)
        for name, value in sandbox.environment().items():
            patched.setenv(name, value)
        patched.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patched.chdir(folder)
        following = Reader(folder, sandbox)
        for name in BEGINNING:
            (following.shell if name.endswith(".sh") else following.python)(name)
        yield following
