"""Every block of Python or shell in the README runs, in the README's order, against the server that it starts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from omicsdk.cli.demo.commands import environment

CHECKOUT = Path(__file__).parents[2]
README = CHECKOUT / "README.md"
PORT = "8080"
"""The port that the README's server has; here it is a free one."""


@dataclass(frozen=True)
class Block:
    """A fenced block: the word after the fence, the text, and the line that it begins in."""

    language: str
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(match[1], match[2], text.count("\n", 0, match.start()) + 1) for match in found]


BLOCKS = blocks(README.read_text(encoding="utf-8"))


@dataclass
class Shell:
    """The shell in which a reader follows the README: its folder, its variables, the server beside it."""

    folder: Path
    variables: dict[str, str]
    port: str = PORT
    server: "subprocess.Popen[str] | None" = None

    def run(self, block: Block) -> str:
        text = block.text.replace(PORT, self.port)
        if block.language == "python" and "def test_" in text:
            return self._pytest(text)
        if block.language == "python":
            return self._done([sys.executable, "-c", text], self.folder)
        if text.startswith("make "):
            return "".join(self._make(line) for line in text.splitlines())
        if text.startswith("omics sandbox up"):
            return self._serve(text)
        return self._bash(text)

    def _done(self, words: list[str], folder: Path) -> str:
        told = subprocess.run(
            words, cwd=folder, env=self.variables, capture_output=True, text=True, timeout=100, check=False
        )
        assert told.returncode == 0, f"{told.stdout}\n{told.stderr}"
        return told.stdout

    def _make(self, line: str) -> str:
        # Running them here would run these tests within themselves: that they can be made is what is tested.
        return self._done(["make", "-n", line.split()[1]], CHECKOUT)

    def _serve(self, text: str) -> str:
        words = text.replace(f"--port {PORT}", "--port 0").split()
        self.server = subprocess.Popen(
            words, cwd=self.folder, env=self.variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self.server.stderr is not None
        told = self.server.stderr.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", told)
        assert match, told
        self.port = match[1]
        # Its environment stands in the folder once the second line is told.
        return told + self.server.stderr.readline()

    def _bash(self, text: str) -> str:
        saved = self.folder / "variables"
        told = self._done(["bash", "-euo", "pipefail", "-c", f"{text}\nenv -0 > {saved}"], self.folder)
        pairs = saved.read_text(encoding="utf-8").split("\0")
        self.variables = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        return told

    def _pytest(self, text: str) -> str:
        (self.folder / "test_of_the_reader.py").write_text(text, encoding="utf-8")
        return self._done([sys.executable, "-m", "pytest", "-q", "test_of_the_reader.py"], self.folder)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples")
    paths = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    paths["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    shell = Shell(tmp_path, environment(paths))
    yield shell
    if shell.server is not None:
        shell.server.terminate()
        _, told = shell.server.communicate(timeout=30)
        assert shell.server.returncode == (1 if os.name == "nt" else 0), told


@pytest.mark.sandbox
@pytest.mark.skipif(shutil.which("bash") is None, reason="the README's shell is bash, which isn't there")
def test_every_block_runs(shell: Shell):
    told: Mapping[int, str] = {}
    for block in BLOCKS:
        if block.language == "mermaid":
            continue
        try:
            told = {**told, block.line: shell.run(block)}
        except AssertionError as error:
            raise AssertionError(f"README.md, line {block.line}: {error}") from error
    everything = "".join(told.values())
    assert "lambda_late_R1.fastq.gz" in everything
    assert "404 not_found" in everything
    assert "1 passed" in everything
    assert "'planned': 10" in everything
    assert "paused 0" in everything
    assert everything.count(".hca/v2/files_2_4/") >= 4


def test_no_block_is_of_another_kind():
    assert {block.language for block in BLOCKS} == {"python", "sh", "mermaid"}
    assert README.read_text(encoding="utf-8").count("\n```") == 2 * len(BLOCKS)


def test_links_lead_to_files():
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert len(links) >= 4
    assert [link for link in links if not (CHECKOUT / link).exists()] == []
