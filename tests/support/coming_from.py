"""Common tests of the migration pages: the names on them exist, and their examples run."""

import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from published import published_names

DOCS = Path(__file__).parents[2] / "docs"

Run = Callable[[str], SimpleNamespace]


class ComingFrom:
    """The page for those who come from a client.

    Args:
        name: What the page is called behind `coming-from-`.
    """

    def __init__(self, name: str) -> None:
        self.text = (DOCS / f"coming-from-{name}.md").read_text(encoding="utf-8")
        self.examples: dict[str, str] = dict(
            re.findall(r"^<!-- (\S+\.py) -->\n```python\n(.*?)^```$", self.text, re.MULTILINE | re.DOTALL)
        )

    def check_imports(self) -> None:
        """Run every import that the page shows."""
        shown = re.findall(r"`((?:from|import) omicsdk[^`]*)`", self.text)
        assert len(shown) >= 5
        for line in shown:
            exec(line, {})

    def check_commands(self, theirs: str, ours: str) -> int:
        """Asks every command of ours in the page's table for its help; it has the words that theirs has.

        Args:
            theirs: The other client's command.
            ours: The group of our commands.

        Returns:
            How many rows the table has.
        """
        rows = re.findall(rf"^\| `{theirs} ([^`]+)` \| `omics {ours} ([^`]+)` \|", self.text, re.MULTILINE)
        assert [row for row in rows if row[0] != row[1]] == []
        omics = Path(sys.executable).with_name("omics")
        for _, words in rows:
            arguments = [omics, ours, *words.split(), "--help"]
            shown = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
            assert f"Usage: omics {ours} {words}" in shown.stdout, words
        return len(rows)

    def check_all_are_run(self, tests: str) -> None:
        """Look for every example in the file of its tests, and for blocks of Python that are no examples.

        Args:
            tests: The file: each example but begin.py is `run("...")` there.
        """
        source = Path(tests).read_text(encoding="utf-8")
        assert set(self.examples) == set(re.findall(r'\brun\("([^"]+)"\)', source)) | {"begin.py"}
        assert self.text.count("\n```python\n") == len(self.examples)

    @contextmanager
    def running(self) -> Iterator[Run]:
        """Yield what runs an example after the page's first lines, and return the names that both have made.

        The examples run under the published names, by the hook: as the programs that they are of. At its end what can be
        closed of the names is.
        """
        made: dict[str, Any] = {}

        with published_names() as as_published:

            def run(name: str) -> SimpleNamespace:
                for example in ("begin.py", name):
                    exec(compile(as_published(self.examples[example]), example, "exec"), made)
                return SimpleNamespace(**{key: value for key, value in made.items() if key != "__builtins__"})

            yield run
        for value in made.values():
            if hasattr(value, "close") and not isinstance(value, type | ModuleType):
                value.close()


def check_names(text: str) -> None:
    """Look up every name of ours in a text.

    Args:
        text: Markdown; names stand as `omicsdk.module.Name`.
    """
    for path in set(re.findall(r"`(omicsdk(?:\.\w+)+)`", text)):
        try:
            pkgutil.resolve_name(path)
        except (ImportError, AttributeError) as error:
            raise AssertionError(f"{path} isn't there") from error
