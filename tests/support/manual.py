"""The manual's examples: which blocks a page has, and a shell that runs them in the page's order.

Every block of `sh` and `python` of every page is run, so a page needs no test of its own; a page `docs/some-page.md` that has
one, `tests/docs/test_some_page.py`, is left to it. What a page can say to that:

- A block of `text` straight behind an example is what the example prints; `…` stands for what differs from run to run,
  and a line with nothing else for lines that are left out.
- A block with `title="name"` is a file: it is written into the folder, and a later block runs it.
- `<!-- not run: REASON -->` on the line before a block, with one of REASONS, leaves it out.
- `omics sandbox up` isn't run again: one server is shared by the pages, its folder is `sandbox`, its port stands in for 8080.
- `make TARGET` is only looked up in the Makefile. A block of Python with a function `test_...` is run by pytest.
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PORT = "8080"
"""The port that the server has on the pages; here it is a free one."""

REASONS = (
    "needs an account",
    "needs a cluster",
    "goes on until it is stopped",
    "asks on a terminal",
    "is of another program",
    "is a module of a package",
)
"""Why a block may be left out."""

_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]*) -->\n)?"
    r"^(?P<indent>[ ]*)```(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)^(?P=indent)```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_RUN = ("sh", "python")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        language: The word behind the fence.
        text: What is in it.
        line: The line of the page that it begins in, from 1.
        title: The file that it is; empty when it is none.
        reason: Why it isn't run; empty when it is.
    """

    language: str
    text: str
    line: int
    title: str = ""
    reason: str = ""

    @property
    def is_run(self) -> bool:
        """Whether it is run, or written as a file."""
        return not self.reason and bool(self.language in _RUN or self.title)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in its order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["rest"])
        line = text.count("\n", 0, match.start("indent")) + 1
        body = (
            re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE) if match["indent"] else match["text"]
        )
        found.append(Block(match["language"], body, line, title[1] if title else "", match["reason"] or ""))
    return found


def own_test(page: Path) -> Path:
    """The test of a page whose examples are run one by one, or what starts a folder of its tests; it may not exist."""
    tests = CHECKOUT / "tests" / "docs"
    of_folder = tests / page.stem.removeprefix("coming-from-") / "conftest.py"
    return of_folder if of_folder.exists() else tests / f"test_{page.stem.replace('-', '_')}.py"


def manual_pages() -> list[Path]:
    """Every page of the manual that has blocks to run and no test of its own."""
    every = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
    return [page for page in every if not own_test(page).exists() and any(block.is_run for block in blocks(page))]


def prints(expected: str, printed: str) -> str:
    """The first line of what should be printed that isn't; empty when all are, in their order.

    Args:
        expected: The page's words; `…` is any text within a line.
        printed: What came.
    """
    left = printed.splitlines()
    for line in expected.splitlines():
        wanted = line.strip()
        if wanted in ("", "…"):
            continue
        shape = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        at = next((number for number, each in enumerate(left) if shape.fullmatch(each.strip())), None)
        if at is None:
            return line
        left = left[at + 1 :]
    return ""


@dataclass
class Shell:
    """The shell in which a reader follows a page.

    Attributes:
        folder: Where.
        variables: Its variables, those that the page sets included.
        port: The server's.
        seconds: How long a block may take.
    """

    folder: Path
    variables: dict[str, str]
    port: str
    seconds: float = 100
    told: list[str] = field(default_factory=list[str])

    def follow(self, page: Path) -> None:
        """Runs a page from its beginning to its end, and compares what is printed with what the page says of it.

        Raises:
            AssertionError: A block ends with an error, or prints something else; names the page and the line.
        """
        for block in blocks(page):
            try:
                if block.is_run:
                    self.told.append(self.run(block))
                elif block.language == "text" and self.told:
                    lost = prints(block.text.replace(PORT, self.port), self.told[-1])
                    assert not lost, f"this isn't printed: {lost}\nbut:\n{self.told[-1]}"
            except AssertionError as error:
                raise AssertionError(f"{page.relative_to(CHECKOUT)}, line {block.line}: {error}") from error

    def run(self, block: Block) -> str:
        """Runs a block, or writes it where it is a file; gives what it printed, errors and messages first."""
        text = block.text.replace(PORT, self.port)
        if block.title:
            path = self.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return ""
        if block.language == "python" and "def test_" in text:
            (self.folder / "test_of_the_reader.py").write_text(text, encoding="utf-8")
            # Without a folder of its own, pytest would remove at its end what runs before it left: minutes, after a whole run.
            words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=of_the_reader"]
            return self._done([*words, "test_of_the_reader.py"])
        if block.language == "python":
            return self._done([sys.executable, "-c", text])
        if text.startswith("make "):
            # Running them here would run these tests within themselves: that they can be made is what is tested.
            return "".join(self._done(["make", "-n", line.split()[1]], CHECKOUT) for line in text.splitlines())
        return "" if text.startswith(("omics sandbox up", "pip install", "python3 -m venv")) else self._bash(text)

    def _bash(self, text: str) -> str:
        # -a: variables that a block sets are there in the next one, as in the reader's shell.
        saved = self.folder / ".variables"
        told = self._done(["bash", "-aeuo", "pipefail", "-c", f"{text}\nenv -0 > {saved}"])
        pairs = saved.read_text(encoding="utf-8").split("\0")
        self.variables = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        return told

    def _done(self, words: list[str], folder: Path | None = None) -> str:
        ran = subprocess.run(
            words,
            cwd=folder or self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        assert ran.returncode == 0, f"it ended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran.stderr + ran.stdout
