"""The manual's examples: which blocks a page has, and a shell that runs them in the page's order.

Every block of `sh` and `python` of every page is run, so a page needs no test of its own; a page `docs/some-page.md` that has
one, `tests/docs/test_some_page.py`, is left to it. What a page can say to that:

- Variables reach programs and Python only where the page exports them.
- A block of `text` straight behind an example is what the example prints; `…` represents what differs from run to run,
  and a line with nothing else for lines that are left out.
- A block with `title="name"` is a file: it is written into the folder, and a later block runs it.
- `<!-- not run: REASON -->` on the line before a block, with one of REASONS, leaves it out.
- `omics sandbox up` is not run again: one server is shared by the pages, its folder is `sandbox`, its port replaces 8080. Only a
  server of a document (`--spec`) is the page's own, on another port, and ends with the shell.
- `make TARGET` is only looked up in the Makefile. A block of Python with a function `test_...` is run by pytest.
"""

import re
import shlex
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PORT = "8080"
"""The port that the server has on the pages; here it is a free one."""

REASONS = (
    "needs an account",
    "needs a cluster",
    "needs the real archives",
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
        title: The file that it is; empty if it is none.
        reason: Why it is not run; empty if it is.
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
    page_blocks: list[Block] = []
    for match in _FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["rest"])
        line = text.count("\n", 0, match.start("indent")) + 1
        body = (
            re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE) if match["indent"] else match["text"]
        )
        page_blocks.append(Block(match["language"], body, line, title[1] if title else "", match["reason"] or ""))
    return page_blocks


def own_test(page: Path) -> Path:
    """The test of a page whose examples are run one by one, or what starts a folder of its tests; it may not exist."""
    tests = CHECKOUT / "tests" / "docs"
    of_folder = tests / page.stem.removeprefix("coming-from-") / "conftest.py"
    stem = "troubleshooting" if page.parent.name == "troubleshooting" else page.stem.replace("-", "_")
    return of_folder if of_folder.exists() else tests / f"test_{stem}.py"


def manual_pages() -> list[Path]:
    """Every page of the manual that has blocks to run and no test of its own."""
    every = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
    return [page for page in every if not own_test(page).exists() and any(block.is_run for block in blocks(page))]


def prints(expected: str, printed: str) -> str:
    """The first line of what should be printed that is not; empty when all are, in their order.

    Args:
        expected: The page's words; `…` is any text within a line.
        printed: What came.
    """
    left = printed.splitlines()
    for line in expected.splitlines():
        pattern = line.strip()
        if pattern in ("", "…"):
            continue
        shape = re.compile(".*".join(map(re.escape, pattern.split("…"))))
        at = next((number for number, printed_line in enumerate(left) if shape.fullmatch(printed_line.strip())), None)
        if at is None:
            return line
        left = left[at + 1 :]
    return ""


class Shell:
    """The shell in which a reader follows pages: one process, which ends at the first command that fails.

    Variables of a page that are not exported stay in the shell: programs, and blocks of Python, do not see them.

    Args:
        folder: Where.
        variables: Its environment.
        port: The server's.
        seconds: How long a block may take.
        begun: What another shell that has run some pages said of its `state`; this one continues from there.
    """

    def __init__(
        self, folder: Path, variables: dict[str, str], port: str, seconds: float = 100, *, begun: str = ""
    ) -> None:
        self.folder = folder
        self.port = port
        self._variables = variables
        self._seconds = seconds
        self._printed = ""
        self._files = [folder / ".stderr", folder / ".stdout"]
        self._servers: list[subprocess.Popen[str]] = []
        self._process = subprocess.Popen(
            ["bash"], cwd=folder, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._send(f"set -euo pipefail\n{begun}")

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self._process, *self._servers):
            process.kill()
            process.communicate()

    def state(self) -> str:
        """Return the shell's variables and functions, as lines for a shell: exported variables as such, and the others."""
        # What bash keeps constant, such as its version and options, is the same in the other.
        return re.sub(r"^declare -\w*r\w* .*\n", "", self._done("declare -p; declare -f"), flags=re.MULTILINE)

    def follow(self, page: Path) -> None:
        """Run a page from its beginning to its end, and compares what is printed with what the page states of it.

        Raises:
            AssertionError: A block ends with an error, or prints something else; names the page and the line.
        """
        self._printed = ""
        for block in blocks(page):
            try:
                if block.is_run:
                    self._printed = self.run(block)
                elif block.language == "text" and self._printed:
                    lost = prints(block.text.replace(PORT, self.port), self._printed)
                    assert not lost, f"this isn't printed: {lost}\nbut:\n{self._printed}"
            except AssertionError as error:
                raise AssertionError(f"{page.relative_to(CHECKOUT)}, line {block.line}: {error}") from error

    def run(self, block: Block) -> str:
        """Run a block, or writes it where it is a file; return what it printed, errors and messages first."""
        text = block.text.replace(PORT, self.port)
        if block.title:
            return self._written(block.title, text)
        if block.language == "python" and "def test_" in text:
            self._written("test_of_the_reader.py", text)
            # Without a separate folder, pytest would remove at its end what runs before it left: minutes, after a whole run.
            return self._done("python -m pytest -q -p no:cacheprovider --basetemp=of_the_reader test_of_the_reader.py")
        if block.language == "python":
            self._written(".block.py", text)
            return self._done(f"python {shlex.quote(str(self.folder / '.block.py'))}")
        if text.startswith("omics sandbox up") and "--spec" in text:
            return self._serve(text)
        if text.startswith("make "):
            # Running them here would run these tests within themselves: that they can be made is what is tested.
            return "".join(self._planned(line.split()[1]) for line in text.splitlines())
        return "" if text.startswith(("omics sandbox up", "pip install", "python3 -m venv")) else self._done(text)

    def _serve(self, text: str) -> str:
        """Start a server of the page, on a free port."""
        server = subprocess.Popen(
            shlex.split(re.sub(r"--port \d+", "--port 0", text)),
            cwd=self.folder,
            env=self._variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._servers.append(server)
        assert server.stderr is not None
        # Its environment is in the folder once the second line is printed.
        return server.stderr.readline() + server.stderr.readline()

    def _written(self, name: str, text: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return ""

    def _planned(self, target: str) -> str:
        words = ["make", "-n", target]
        return subprocess.run(
            words, cwd=CHECKOUT, env=self._variables, capture_output=True, text=True, check=True
        ).stdout

    def _send(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def _done(self, text: str) -> str:
        assert self._process.stdout is not None
        # In braces it runs in this shell, and whole: a block that cannot be parsed ends the shell, too.
        errors, output = (
            shlex.quote(str(file)) for file in self._files
        )  # absolute: a block may have changed the folder
        self._send(f"{{\n{text}\n}} 2> {errors} > {output} < /dev/null\necho done")
        watch = threading.Timer(self._seconds, self._process.kill)
        watch.start()
        is_done = self._process.stdout.readline() == "done\n"
        watch.cancel()
        logged, printed = (file.read_text(encoding="utf-8", errors="replace") for file in self._files)
        assert is_done, f"it ended with {self._process.wait()}\n{printed}\n{logged}"
        assert "Traceback" not in logged, logged
        return logged + printed
