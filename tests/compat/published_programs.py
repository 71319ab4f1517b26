"""Run programs that others wrote for published clients through the import hook: `published_programs.py PROJECT FOLDER`.

FOLDER is a copy of a published project, such as a checkout of its repository; nothing of it is kept here. Its programs are the scripts,
notebooks and examples of pages that import a published client. Each is run alone against a sandbox, in a copy of its folder. programs.toml
has what is replaced in them (addresses, ids and names that the author had) and why programs are stopped. The results are written to
programs/PROJECT.json; `make docs` makes the table of docs/published-programs.md from it. The exit code is 1 if a program is stopped without
a cause there, or a cause there stops none.
"""

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from doctest import DocTestParser
from fnmatch import fnmatchcase
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from omicsdk.compat import FACES
from omicsdk.sandbox.server import Sandbox

sys.path.insert(0, str(Path(__file__).parent))

from programs_world import contents

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "programs"
SECONDS = 60

_IMPORTS = re.compile(
    rf"^\s*(?:>>>\s*)?(?:from|import(?:\s+[\w.]+(?:\s+as\s+\w+)?\s*,)*)\s+(?:{'|'.join(FACES)})\b", re.MULTILINE
)
_FENCED = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[ ]*(?P<language>[\w.-]*)[^\n]*\n(?P<code>.*?)^[ \t]*(?P=mark)",
    re.MULTILINE | re.DOTALL,
)
_INDENTED = re.compile(
    r"(?:::|\.\. code(?:-block)?:: *(?P<language>\w*))[ ]*\n(?:[ \t]+:.*\n)*(?:[ \t]*\n)+(?P<code>(?:[ \t]+.*\n|[ \t]*\n)+)"
)
_NUMBERED = re.compile(r" \d+$")
_OF_NOTEBOOKS = re.compile(r"^(\s*)(!.*|%%?[a-z].*|\?\w+|\w+\?)$", re.MULTILINE)


class Program(NamedTuple):
    """A program.

    Attributes:
        name: Its file within the project, and the number of an example of a page.
        code: Its text.
    """

    name: str
    code: str


def programs(folder: Path, project: Mapping[str, Any]) -> Iterator[Program]:
    """Yield the programs of a project that import a published client.

    Args:
        folder: The project.
        project: What programs.toml has of it.
    """
    for file in sorted({file for pattern in project["programs"] for file in folder.glob(pattern) if file.is_file()}):
        name = file.relative_to(folder).as_posix()
        if any(fnmatchcase(name, pattern) for pattern in project.get("others", ())):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".py":
            examples = [text]
        elif file.suffix == ".ipynb":
            examples = [_of_notebook(json.loads(text))]
        else:
            examples = list(_of_page(text, whole=project.get("whole_pages", False)))
        examples = [code for code in examples if _IMPORTS.search(code)]
        for number, code in enumerate(examples, 1):
            yield Program(name if len(examples) == 1 else f"{name} {number}", code)


def _of_notebook(notebook: Mapping[str, Any]) -> str:
    cells = notebook.get("cells") or notebook["worksheets"][0]["cells"]
    texts = ["".join(cell.get("source", cell.get("input", ""))) for cell in cells if cell["cell_type"] == "code"]
    texts = [text for text in texts if not re.match(r"\s*%%(?!time|capture)", text)]  # cells in another language
    # Lines for the notebook or a shell.
    return "\n\n".join(_OF_NOTEBOOKS.sub(r"\1pass  # \2", text) for text in texts)


def _of_page(text: str, *, whole: bool) -> Iterator[str]:
    """Yield the examples of a page; one without an import, or each if the page is one program, continues the one before."""
    begun = ""
    for match in sorted([*_FENCED.finditer(text), *_INDENTED.finditer(text)], key=lambda block: block.start()):
        code = textwrap.dedent(match["code"]).strip("\n") + "\n"
        if ">>>" in code:
            code = "".join(
                example.source
                for example in DocTestParser().get_examples(code.replace(">>>", ">>> ").replace(">>>  ", ">>> "))
            )
        language = (match["language"] or "").lower()
        if language not in ("", "python", "python3", "py", "ipython") or not _is_python(code):
            continue
        if not language and not _IMPORTS.search(code) and not whole:
            continue  # output, or a table
        if _IMPORTS.search(code) and not (whole and begun):
            if begun:
                yield begun
            begun = code
        elif begun:
            begun += f"\n{code}"
    if begun:
        yield begun


def _is_python(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    return True


class Outcome(NamedTuple):
    """The end of a program.

    Attributes:
        program: Its name.
        reason: The last line of its traceback; empty for one that ran to its end.
    """

    program: str
    reason: str


def run(project: Mapping[str, Any], folder: Path, only: str = "*", log: Path | None = None) -> Iterator[Outcome]:
    """Run the programs of a project, each against a sandbox with the contents that programs_world.py gives it.

    Args:
        project: What programs.toml has of it.
        folder: The project.
        only: Pattern of the programs' names.
        log: File to which everything that they print is appended.
    """
    for program in programs(folder, project):
        if not fnmatchcase(program.name, only):
            continue
        with tempfile.TemporaryDirectory(prefix="omics-program-") as made, Sandbox(Path(made) / "sandbox") as sandbox:
            root, home = Path(made) / "project", Path(made) / "home"
            shutil.copytree(folder, root, ignore=shutil.ignore_patterns(".git"))
            place = (
                root
                if project.get("from_root")
                else (
                    root / program.name.rpartition(" ")[0] if _NUMBERED.search(program.name) else root / program.name
                ).parent
            )
            for name, text in project.get("files", {}).items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_text(text, encoding="utf-8")
            values = {"project": str(root), **contents(sandbox, home, project.get("seven_bridges", {}))}
            code = program.code
            for pattern, text, *within in project.get("replaced", ()):
                if all(fnmatchcase(program.name, glob) for glob in within):
                    code = re.sub(pattern, Template(text).substitute(values), code)
            script = place / "omics_program.py"
            script.write_text(code, encoding="utf-8")
            word_lists = (
                words for pattern, *words in project.get("arguments", ()) if fnmatchcase(program.name, pattern)
            )
            words = [Template(word).substitute(values) for word in next(word_lists, ())]
            variables = {name: Template(text).substitute(values) for name, text in project.get("variables", {}).items()}
            environment = {**sandbox.environment(), **variables, "HOME": str(home)}
            yield Outcome(program.name, _reason(script, words, environment, log))


def _reason(script: Path, words: Sequence[str], environment: Mapping[str, str], log: Path | None) -> str:
    # Nothing leaves this machine: programs name servers that may exist.
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    command = [sys.executable, "-m", "omicsdk.compat", script.name, *words]
    variables = {**os.environ, **nowhere, "NO_PROXY": "127.0.0.1,localhost", "MPLBACKEND": "agg", **environment}
    process = subprocess.Popen(
        command, cwd=script.parent, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        output += f"\nTimeout: more than {SECONDS} s".encode()
    text = output.decode(errors="replace")
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"==== {script} {process.returncode}\n{text}\n")
    if process.returncode == 0:
        return ""
    lines = [line for line in text.splitlines() if re.match(r"[\w.]+(?::|$)", line)] or text.splitlines() or ["?"]
    return re.sub(r"\b(127\.0\.0\.1):\d+|/tmp/\S+/(?=[^/\s]*)|\b[0-9a-f]{8}-[0-9a-f-]{27}\b", r"\1", lines[-1])[:200]


def settings() -> dict[str, dict[str, Any]]:
    """Return what programs.toml has of each project, and under `causes` the causes of all."""
    return tomllib.loads((HERE / "programs.toml").read_text(encoding="utf-8"))


def cause_of(outcome: Outcome, causes: Sequence[Mapping[str, str]]) -> int | None:
    """Return the number of the first cause that fits a stopped program; None if none does, or the program ran."""
    if not outcome.reason:
        return None
    for number, cause in enumerate(causes):
        if fnmatchcase(outcome.program, cause.get("program", "*")) and fnmatchcase(
            outcome.reason, cause.get("reason", "*")
        ):
            return number
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a project's programs, write the result, and report what has no cause."""
    projects = settings()
    shared = projects.pop("causes", {"all": []})["all"]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("project", choices=projects)
    parser.add_argument("folder", type=Path, help="the published project")
    parser.add_argument("--only", default="*", help="pattern of programs; nothing is written")
    parser.add_argument("--log", type=Path, help="file for all that they print")
    options = parser.parse_args(arguments)
    causes = [*projects[options.project].get("causes", ()), *shared]
    rows: list[dict[str, Any]] = []
    unexplained = 0
    for outcome in run(projects[options.project], options.folder, options.only, options.log):
        number = cause_of(outcome, causes)
        unexplained += bool(outcome.reason) and number is None
        by = "" if number is None else causes[number]["by"]
        rows.append({"program": outcome.program, "reason": outcome.reason, "by": by, "cause": number})
        print(f"{outcome.program}: {f'{by}: ' * bool(by)}{outcome.reason or 'ran'}", flush=True)
    ran = sum(not row["reason"] for row in rows)
    print(f"{len(rows)} programs, {ran} ran, {unexplained} stopped without a cause")
    stale = set(range(len(projects[options.project].get("causes", ())))) - {row["cause"] for row in rows}
    for number in sorted(stale) if options.only == "*" else ():
        print(f"stops no program: {causes[number]['why']}")
    if options.only == "*":
        text = json.dumps(rows, indent=1, ensure_ascii=False)
        (RESULTS / f"{options.project}.json").write_text(f"{text}\n", encoding="utf-8")
    return int(unexplained > 0 or (options.only == "*" and bool(stale)))


if __name__ == "__main__":
    sys.exit(main())
