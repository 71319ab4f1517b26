"""Measure what the tests notice: change one place of a module, run the tests that reach it, count the changes that make one fail.

`make mutants` tries 40 changes (mutants) in each of 60 modules, drawn by `SEED`; `make mutants MODULE=omicsdk.core.retry` one
module's. A mutant that no test fails for is printed with its line: either a test is missing or the change is equivalent, in which case
`EQUIVALENT` argues it. They are drawn by a hash of place and text: a change elsewhere in the module leaves most of them the same.

Which tests reach a line is measured once, with coverage, and kept in `REACH`; remove that file after larger changes. The tests of a
mutant run in a fork of a process that has imported pytest, the conftests and the libraries: most take 0.2 seconds.
"""

import argparse
import ast
import collections
import compileall
import contextlib
import copy
import dataclasses
import functools
import hashlib
import importlib
import itertools
import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import coverage
import pytest

ROOT = Path(__file__).parent.parent
SOURCES = {"omicsdk": ROOT / "extensions", "omicsdk_codegen": ROOT / "codegen"}
REACH = ROOT / "build" / "mutants.coverage"
SEED = 20261127
DRAWN = 60
SAMPLE = 40
GOAL = 0.9
MOST_EQUIVALENT = 4
MOST_FUNCTIONAL = 4
MOST_FILES = 12
"""Files of tests that are collected for a mutant, those first that run most of the module."""
MARKS = "not long and not compat"
BUDGET = 2.0
"""Seconds of processor time, after collection, after which no further test is started: what none has noticed by then counts as
survived."""
SECONDS = 20
"""Seconds of processor time after which a mutant's process is killed: it does not end."""
MEMORY = 4 * 1024**3
"""Bytes that the tests of a mutant may take: one that never ends may also collect without end."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "omicsdk.compat.__main__": {
        "_disabling_option: 'EIS' -> 'EISS'": "a letter twice is that letter",
        "_disabling_option: 'WX' -> 'WXX'": "a letter twice is that letter",
    },
    "omicsdk.compat.sevenbridges.http.error_handlers": {
        ": 'HttpClient' -> 'HttpClientt'": "of Handler: a name for type checkers",
        ": 'Response' -> 'Responsee' (occurrence 2)": "of Handler: a name for type checkers",
    },
    "omicsdk.core.page_items": {
        "_list_shape: 'model' -> 'modell'": "of the page's shape: only its model is read",
    },
    "omicsdk.core.sending.wire": {
        "Received.json: 'it is nested too deeply' -> 'it is nested too deeplyy'": "of why: only its word nested is read",
        "_Limit: 0 -> 1": "of least: `start` sets it before it is read",
    },
    "omicsdk.crunch.storage.s3": {
        "S3Storage.open: 'omics-crunch-' -> 'omics-crunch--'": "any name of a temporary folder is right",
        "S3Storage.open: True -> False": "of ignore_errors: the folder was just made, and can be removed",
        "S3Storage.fetch: 'journal' -> 'journall'": "any name in a temporary folder is right",
        "_Spooled.close: True -> False": "of ignore_errors: the folder was made by `open`, and can be removed",
    },
    "omicsdk.fs.copying.fetching": {
        ": 1024 -> 1025": "of _STRIDE: with pieces of any size the copies are the same, only the speed differs",
        ": 200 -> 201": "of _TOGETHER: any number of files may be made durable together",
        "_small_copies: LtE -> Lt": "a file of exactly that size is copied the usual way, with the same result",
        "_sync: 'sync' -> 'syncc'": "the name of threads",
    },
    "omicsdk.fs.copying.records": {
        "Record.present: Eq -> NotEq": "of is_here: whether threads look at a file, which changes the time alone",
        "Record.present: Eq -> NotEq (occurrence 3)": "of is_here: whether threads look at a file, as above",
        "Record.keep: 'file' -> 'filee'": "of is_here: whether threads look at files, as above",
        "Record._fingerprint: And -> Or": "of a condition that only saves requests: without it there is no common checksum",
    },
    "omicsdk.ga4gh.refget": {
        "SequenceDigests.__init__: False -> True": "of usedforsecurity: the digest is the same",
        "_Sequence._check: Lt -> LtE (occurrence 3)": "equal positions were refused before",
    },
    "omicsdk.gen3.manifests.metadata": {
        "ingest_metadata.named: 'named' -> 'namedd'": "a state of rows that are in progress, which the result replaces",
        "ingest_metadata: IsNot -> Is": "of guid_of: whether threads call it, which changes the time alone",
    },
    "omicsdk.gen3.packages": {
        "unpack: '.unpacking-' -> '.unpacking--'": "any name of a temporary folder is right",
    },
    "omicsdk.pangea.field_store": {
        "_is_md5: '0123456789abcdef' -> '0123456789abcdeff'": "a letter twice is that letter",
    },
    "omicsdk.pangea.listings": {
        ": 'Tag' -> 'Tagg'": "of T: a name for type checkers",
        "prefetched_pages: 'omicsdk-pangea-pages' -> 'omicsdk-pangea-pagess'": "the name of threads",
    },
    "omicsdk.portals.atlas_searchers": {
        "AzulSearch._hit: ', ' -> ',  '": "blanks of a title are joined",
        "GdcSearch.hits: 1000 -> 1001": "any number that is above that of the projects",
    },
    "omicsdk.portals.names.written": {
        """: '.,;:\\'"()[]“”‘’' -> '.,;:\\'"()[]“”‘’’'""": "a letter twice is that letter",
    },
    "omicsdk.portals.selection": {
        ": '\\x00' -> '\\x00\\x00'": "of _SLASH: patterns and texts have the same in place of a slash",
        "Sample.add: Gt -> GtE": "an equal digest in place of the same one is no change",
    },
    "omicsdk.sb.storage": {
        "obstacles.obstacle: return '' -> return": "nothing and an empty text are both no obstacle",
    },
    "omicsdk.transfer.downloads.engine": {
        ": 1024 -> 1025": "of ASIDE: which thread drives a request changes the time alone",
        "Downloads.__init__: 'omicsdk-locate' -> 'omicsdk-locatee'": "the name of threads",
    },
    "omicsdk.transfer.engine.options": {
        "EngineOptionsDict: False -> True": "of total: for type checkers",
        "TransferOptionsDict: False -> True": "of total: for type checkers",
    },
    "omicsdk.transfer.filters": {
        ": '!-~' -> '!-~~'": "a letter twice is that letter",
        ": '\\\\t\\\\n\\\\v\\\\f\\\\r ' -> '\\\\t\\\\n\\\\v\\\\f\\\\r  '": "a letter twice is that letter",
    },
    "omicsdk.transfer.journal": {
        "DoneIndex.__init__: 4 -> 5": "some slots stay free, and a search ends at the first: only its length differs",
        "Journal.begin: 1 -> 2": "the keys of parts only have to differ",
        "Journal._done_lines: GtE -> Gt": "of a line after the last sound one the index has no offset",
    },
    "omicsdk.transfer.names": {
        "room_in: '/' -> '//'": "both are the root folder",
    },
    "omicsdk.transfer.scale.runs": {
        ": 'stop' -> 'stopp'": "of _STOP: both sides have the file's name from it",
        "reporting: 12 -> 13": "the names of attempts only have to differ",
    },
    "omicsdk.transfer.uploads.sending": {
        ": 1024 -> 1025": "of BODY_LIMIT: any number that is above the length of an error",
        "Kind: 'ended' -> 'endedd'": "the value of a kind: only its name is read",
        "is_page: 15 -> 16": "both beginnings of a page are shorter",
    },
    "omicsdk_codegen.load_yaml": {
        "_Builder._close: And -> Or": "nothing is merged into a list, and without merged members a mapping keeps its own",
        "_Builder._plain: '-+.0123456789' -> '-+.01234567899'": "a letter twice is that letter",
        "_Open: 1 -> 2": "of key_line: it is set with each key",
    },
}
"""By module: a mutant as it is printed, without its line number, and why no test can tell it from the original."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Add,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A module with one place changed."""

    place: str
    line: int
    before: str
    after: str
    source: str

    @property
    def label(self) -> str:
        return f"{self.place}: {self.before} -> {self.after}"


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a module's source, in the order of their places."""
    # Only the statement of the module that holds a change is written again: to write all takes seconds for a thousand mutants.
    statements = ast.parse(source).body
    texts = [ast.unparse(statement) for statement in statements]
    seen = set(enumerate(texts))
    mutants: list[Mutant] = []
    labels = collections.Counter[str]()
    line = 0
    for number, statement in enumerate(statements):
        for place, node in _places(ast.Module([statement], []), ""):
            line = getattr(node, "lineno", line)  # a function's arguments, for one, have none of their own
            for field, index, old, new in _changes(node):
                _put(node, field, index, new)
                try:
                    text = ast.unparse(statement)
                    changed = "\n".join([*texts[:number], text, *texts[number + 1 :]])
                    mutant = Mutant(place, getattr(old, "lineno", line), _text(old), _text(new), changed)
                finally:
                    _put(node, field, index, old)
                if (number, text) in seen:
                    continue
                seen.add((number, text))
                labels[mutant.label] += 1
                if (occurrence := labels[mutant.label]) > 1:
                    mutant = dataclasses.replace(mutant, after=f"{mutant.after} (occurrence {occurrence})")
                mutants.append(mutant)
    return mutants


def sample_of(mutants: list[Mutant], most: int = SAMPLE) -> list[Mutant]:
    """At most `most` mutants, drawn by hash, in the order of their lines."""
    drawn = sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.label.encode()).digest())[:most]
    return sorted(drawn, key=lambda mutant: mutant.line)


def _places(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    """Each node whose parts may be changed, with the dotted name of the function or class around it.

    The texts of f-strings, of what is raised, and other sentences are messages, which are left alone.
    """
    for _, _, child in _parts(node):
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        inner = f"{place}.{child.name}".lstrip(".") if named else place
        yield inner, child
        if not isinstance(child, ast.Raise):
            yield from _places(child, inner)


def _changes(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST, ast.AST]]:
    """The changes of a node's own parts: field, index in a list or None, old part, new part."""
    for field, index, child in _parts(node):
        for new in _replacements(node, field, child):
            yield field, index, child, new


def _parts(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """A node's own parts that may be changed: field, index in a list or None, part.

    Annotations, decorators and what else is there for type checkers does not run, or is not behaviour.
    """
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_declared(node, field, child):
                yield field, index, child


def _is_declared(parent: ast.AST, field: str, child: ast.AST) -> bool:
    """Whether a part only declares something, or only states what is so in any case."""
    if isinstance(child, ast.If | ast.Expr):
        text = _text(child.test if isinstance(child, ast.If) else child.value)
        return text.startswith(("TYPE_CHECKING", "_log.debug", "_log.isEnabledFor"))
    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
        return any(_text(decorator) == "overload" for decorator in child.decorator_list)
    if isinstance(child, ast.Assign):
        return _text(child.targets[0]) in ("__slots__", "TYPE_CHECKING")
    if isinstance(parent, ast.Call):
        called = _text(parent.func)
        typed = called in ("cast", "NewType", "ParamSpec", "TypeVar") and child is parent.args[0]
        if typed or (called == "zip" and field == "keywords"):  # strict=True: a fault of the code, if ever
            return True
        if called.endswith("strip") and field == "args":  # a character twice is that character
            return True
    return isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom)


def _replacements(parent: ast.AST, field: str, child: ast.AST) -> Iterator[ast.AST]:
    if isinstance(child, ast.cmpop):
        yield _COMPARISONS[type(child)]()
    elif isinstance(child, ast.operator) and type(child) in _OPERATORS:
        yield _OPERATORS[type(child)]()
    elif isinstance(child, ast.boolop):
        yield ast.Or() if isinstance(child, ast.And) else ast.And()
    elif isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
        yield child.operand
    elif isinstance(child, ast.Constant) and not isinstance(parent, ast.Expr):
        yield from _other_constants(child)
    elif isinstance(child, ast.Return) and child.value is not None and _text(child.value) not in ("None", "False"):
        yield ast.copy_location(ast.Return(None), child)
    elif isinstance(child, ast.Break | ast.Continue):
        yield ast.copy_location(ast.Continue() if isinstance(child, ast.Break) else ast.Break(), child)
    elif isinstance(child, ast.Raise | ast.AugAssign) or (
        isinstance(child, ast.Expr) and isinstance(child.value, ast.Call)
    ):
        yield ast.copy_location(ast.Pass(), child)
    if field in ("test", "ifs") and not isinstance(parent, ast.Assert) and not _is_negated_anyway(child):
        yield ast.copy_location(ast.UnaryOp(ast.Not(), copy.deepcopy(child)), child)


def _is_negated_anyway(test: ast.AST) -> bool:
    """Whether another change of a test is its negation already."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn)
    return isinstance(test, ast.Constant) or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))


def _other_constants(child: ast.Constant) -> Iterator[ast.AST]:
    value = child.value
    if isinstance(value, bool):
        yield ast.copy_location(ast.Constant(not value), child)
    elif isinstance(value, int | float):
        yield ast.copy_location(ast.Constant(value + 1), child)
    elif isinstance(value, str | bytes) and value and not _is_sentence(value):
        # Twice a quantifier at the end of a pattern makes it possessive, which mostly matches the same.
        last = value[-1:]
        yield ast.copy_location(ast.Constant(value[:-1] if last in ("+", "*", "?") else value + last), child)


def _is_sentence(value: str | bytes) -> bool:
    return isinstance(value, str) and " " in value and value.endswith(".")


def _put(node: ast.AST, field: str, index: int | None, child: ast.AST) -> None:
    if index is None:
        setattr(node, field, child)
    else:
        getattr(node, field)[index] = child


def _text(node: ast.AST) -> str:
    return ast.unparse(node) or type(node).__name__


def path_of(module: str) -> Path:
    """The file of a module, which is in the folder of sources of its package."""
    return SOURCES.get(module.partition(".")[0], ROOT) / (module.replace(".", "/") + ".py")


def drawn_modules(seed: int) -> list[str]:
    """Draw `DRAWN` modules of at least `SAMPLE` mutants by a hash of the seed and their names."""
    files = [(top, file) for package, top in SOURCES.items() for file in (top / package).rglob("*.py")]
    # What only a JSON file beside it is made of never runs: `make codegen-check` detects each change there.
    files = [(top, file) for top, file in files if file.stem != "__init__" and not file.with_suffix(".json").exists()]
    names = [".".join(file.relative_to(top).with_suffix("").parts) for top, file in files]
    names.sort(key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    large = (name for name in names if len(mutants_of(path_of(name).read_text())) >= SAMPLE)
    return sorted(itertools.islice(large, DRAWN))


@dataclasses.dataclass(frozen=True)
class Tests:
    """The tests of a module: by line, tests or files of them, without what runs at the import; the lines of functions' bodies; and
    the files to collect.

    Files begin with the closest to the module. Functional tests run for a mutant that no unit test notices. Where none was seen to run
    a line, as those that start programs, they are found by names and imports.
    """

    lines: dict[int, set[str]]
    bodies: set[int]
    unit: list[str]
    functional: list[str]

    def of(self, mutant: Mutant) -> set[str]:
        """The tests that run a mutant's line in a function's body, or the lines around it that any runs; otherwise all."""
        before = max((line for line in self.lines if line <= mutant.line), default=mutant.line)
        after = min((line for line in self.lines if line >= mutant.line), default=mutant.line)
        around = (self.lines.get(line, set[str]()) for line in (before, after))
        return set().union(*around if mutant.line in self.bodies else self.lines.values())


def tests_of(module: str, reach: coverage.CoverageData) -> Tests:
    """Find the tests of a module by what they ran when `reach` was measured, what they import, and their names."""
    path = path_of(module)
    same = {f"test_{path.stem}", f"test_{path.stem}s"}
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    bodies = {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}
    lines = collections.defaultdict[int, set[str]](set)
    for line, contexts in reach.contexts_by_lineno(str(path)).items():
        if line not in bodies:
            continue  # a test that imports the module runs it, too
        for test, _, phase in (context.rpartition("|") for context in contexts if context):
            # A fixture of several tests was set up in the first of them alone.
            lines[line].add(test.partition("::")[0] if phase == "setup" else test)
    weights = collections.defaultdict[str, float](float)  # a line that few files run says most about them
    for tests in lines.values():
        for file in (reaching := {test.partition("::")[0] for test in tests}):
            weights[file] += 1 / len(reaching)
    if gone := sorted(file for file in weights if not (ROOT / file).is_file()):
        # pytest would end without a test, as it does for a mutant that cannot be imported.
        sys.exit(f"mutants: not found: {', '.join(gone)}. Remove {REACH}, which is measured again.")
    changed = [
        str(file.relative_to(ROOT))
        for file in ROOT.glob("tests/unit/**/test_*.py")
        if file.stem in same and _is_new(file)
    ]
    files = sorted({*weights, *changed}, key=lambda file: (Path(file).stem not in same, -weights[file]))
    unit = [file for file in files if file.startswith("tests/unit/")]
    if functional := [file for file in files if file not in unit]:
        return Tests(lines, bodies, unit, functional)
    parts = module.removeprefix("omicsdk.").removeprefix("omicsdk_").split(".")
    words = _words(parts)
    folders = {
        _functional_folder(parts),
        _functional_folder(parts[parts.index("commands") + 1 :] if "commands" in parts else parts),
    }
    defined = {path.stem, *(getattr(node, "name", "") for node in tree.body)}
    started = f'"{module.removesuffix(".__main__")}"'  # by `python -m`

    def rank(file: Path) -> tuple[bool, int, Path]:
        text = file.read_text()
        imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        imports = [node for node in imports if f"{module}.".startswith(f"{node.module}.")]
        imported = sum(node.module == module or alias.name in defined for node in imports for alias in node.names)
        shared = len(words & _words(file.relative_to(ROOT / "tests" / "functional").with_suffix("").parts))
        return file.stem not in same, -imported - text.count(started) - shared, file

    command = ROOT.glob(f"tests/functional/cli/test_{'_'.join(parts)}.py")  # of the commands on top of the module
    everywhere = Path(ROOT, "tests", "functional").rglob("test_*.py")
    near = [file for file in everywhere if folders & {*file.parents} or f"from {module} import" in file.read_text()]
    functional = [*command, *sorted(near, key=rank)]
    return Tests(lines, bodies, unit, [os.path.relpath(file, ROOT) for file in functional[:MOST_FUNCTIONAL]])


def _words(parts: Sequence[str]) -> set[str]:
    """The words of the parts of a name, in the singular."""
    return {word.removesuffix("s") for part in parts for word in part.split("_")}


def _functional_folder(parts: Sequence[str]) -> Path:
    """The folder of functional tests that is the closest to a module, by the parts of its name."""
    folder = Path(ROOT, "tests", "functional", *parts)
    return next(parent for parent in (folder, *folder.parents) if parent.is_dir())


@functools.cache
def _is_new(file: Path) -> bool:
    """Whether a file changed after `REACH` was measured."""
    return file.stat().st_mtime > REACH.stat().st_mtime


def reached() -> coverage.CoverageData:
    """Read which tests reach each line; measure it if that was not done."""
    if not REACH.exists():
        REACH.parent.mkdir(exist_ok=True)
        part = REACH.with_suffix(".part")
        words = f"-m pytest -q -n auto -m '{MARKS}' --cov --cov-context=test --cov-report= --cov-fail-under=0 tests/unit tests/functional"
        environ = {**os.environ, "COVERAGE_FILE": str(part)}
        ran = subprocess.run([sys.executable, *shlex.split(words)], cwd=ROOT, env=environ, check=False)
        if ran.returncode not in (0, 1):  # a test that fails only because it is measured reaches its lines, too
            sys.exit("mutants: what the tests reach was not measured")
        part.rename(REACH)
    data = coverage.CoverageData(str(REACH))
    data.read()
    return data


def link_sources(module: str, source: str, folder: Path) -> None:
    """Make a folder of links to the package of a module, in which its file has another text."""
    path = path_of(module)
    top = SOURCES[module.partition(".")[0]]
    inner = path.relative_to(top)
    for parent in (*reversed(inner.parents), inner.parent / "__pycache__"):
        if (folder / parent).is_symlink():
            (folder / parent).unlink()
        (folder / parent).mkdir(exist_ok=True)
        for entry in (top / parent).iterdir():
            if entry != path and not (parent.name == "__pycache__" and entry.name.startswith(f"{path.stem}.")):
                (folder / parent / entry.name).symlink_to(entry)
    (folder / inner).write_text(source)


class Trials:
    """A plugin that runs the tests of each mutant in a fork of pytest's process, `jobs` at once, instead of a session there."""

    def __init__(self, modules: Sequence[str], reach: coverage.CoverageData, jobs: int) -> None:
        self._modules, self._reach, self._jobs = modules, reach, jobs
        self._libraries = set[str]()
        self._files: list[str] | None = None
        self._tests, self._failing = set[str](), set[str]()
        self._budget = BUDGET

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        """Measure the modules, unless this is a fork."""
        if self._files is not None:
            return None
        measured = {module: self.measure(config, module) for module in self._modules}
        killed, tried = (sum(figures) for figures in zip(*measured.values(), strict=True))
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = usage.ru_utime + usage.ru_stime
        print(f"{killed} of {tried} killed ({killed / (tried or 1):.1%}) in {seconds:.0f} s of processor time")
        if short := [module for module, (killed, tried) in measured.items() if killed < GOAL * tried]:
            print(f"mutants: fewer than {GOAL:.0%} killed in {', '.join(short)}", file=sys.stderr)
        if broken := [module for module, (_, tried) in measured.items() if not tried]:
            print(f"mutants: tests fail without a change: of {', '.join(broken)}", file=sys.stderr)
        return int(bool(broken) or killed < GOAL * tried)

    def measure(self, config: pytest.Config, module: str) -> tuple[int, int]:
        """Print the mutants of a module that no test fails for; return how many were killed, and tried: those not argued.

        None are if tests fail for the module without a change.
        """
        source = path_of(module).read_text()
        argued = EQUIVALENT.get(module, {})
        everything = mutants_of(source)
        unknown = argued.keys() - {mutant.label for mutant in everything}
        if unknown or len(argued) > MOST_EQUIVALENT:
            sys.exit(f"mutants: EQUIVALENT of {module}: {sorted(unknown) or 'too many'}; correct the list")
        tests = tests_of(module, self._reach)
        tried = [mutant for mutant in sample_of(everything) if mutant.label not in argued]
        outcomes = self._outcomes(config, module, tests, tried)
        unchanged, failing = Mutant("", 0, "", "", source), {*self._failing}
        check = Tests({0: failing}, set(), sorted({test.partition("::")[0] for test in failing}), [])
        if self._outcomes(config, module, check, [unchanged])[unchanged]:
            print(f"{module:40} tests fail without a change: {' '.join(sorted(self._failing))}", flush=True)
            return 0, 0
        killed = sum(outcomes.values())
        figures = f"{killed} of {len(tried)} killed ({killed / len(tried):.0%}), {len(argued)} argued"
        print(f"{module:40} {figures}{'' if tests.unit else ', no unit test'}", flush=True)
        for mutant in tried:
            if not outcomes[mutant]:
                print(f"    line {mutant.line}, {mutant.label}", flush=True)
        return killed, len(tried)

    def _outcomes(
        self, config: pytest.Config, module: str, tests: Tests, mutants: Sequence[Mutant]
    ) -> dict[Mutant, bool]:
        """Whether a test failed for each mutant."""
        self._failing.clear()
        waiting = [(mutant, tests.unit or tests.functional) for mutant in mutants]
        outcomes = dict[Mutant, bool]()
        running = dict[int, tuple[Mutant, list[str], tempfile.TemporaryDirectory[str]]]()
        while waiting or running:
            if waiting and len(running) < self._jobs:
                mutant, files = waiting.pop()
                folder = tempfile.TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True)
                link_sources(module, mutant.source, Path(folder.name))
                if not (number := os.fork()):
                    self._become(config, tests, files, mutant, folder.name)
                running[number] = mutant, files, folder
                continue
            number, status = os.wait()
            mutant, files, folder = running.pop(number)
            # 5: no test reaches the line. 2 to 4: what tests import did not come up. Negative: a limit ended it.
            outcomes[mutant] = os.waitstatus_to_exitcode(status) not in (0, 5)
            if not outcomes[mutant] and files != tests.functional:
                waiting.append((mutant, tests.functional))
            if (result := Path(folder.name, "result.json")).exists():
                failing, names = json.loads(result.read_text())
                self._failing.update(failing)
                for name in set(names) - self._libraries:
                    self._libraries.add(name)
                    with contextlib.suppress(Exception):  # some can only be imported by others
                        importlib.import_module(name)
            folder.cleanup()
        return outcomes

    def _become(self, config: Any, tests: Tests, files: list[str], mutant: Mutant, folder: str) -> NoReturn:
        """Run the tests of a mutant in this process, a fork, and end it."""
        code = 1
        try:
            for stream in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            sys.path.insert(0, folder)
            os.environ["PYTHONPATH"] = folder
            for name in [name for name in sys.modules if name.partition(".")[0] in SOURCES]:
                del sys.modules[name]
            self._tests = tests.of(mutant)
            direct = {test.partition("::")[0] for test in self._tests}
            if files is tests.functional and direct.isdisjoint(files):  # found by names
                self._tests.clear()
            else:
                files = [file for file in files if file in direct or _is_new(ROOT / file)]
            self._files = config.args = files[:MOST_FILES] if mutant.line else files
            self._budget = BUDGET if mutant.line and files != tests.functional else SECONDS / 2  # sandboxes start
            config.option.basetemp = f"{folder}/made"
            code = config.hook.pytest_cmdline_main(config=config) if config.args else 5
            files_of = {name: str(getattr(module, "__file__", "")) for name, module in sys.modules.items()}
            names = [name for name, file in files_of.items() if "site-packages" in file]
            Path(folder, "result.json").write_text(json.dumps([[*self._failing] or config.args if code else [], names]))
        finally:
            os._exit(code)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out tests that do not reach the mutant, and count the time of the others from now."""
        self._budget += _processor_time()
        if tests := self._tests:
            files = {item.path for item in items if item.nodeid.partition("::")[0] in tests or _is_new(item.path)}
            items[:] = [item for item in items if item.nodeid in tests or item.path in files]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that fails."""
        if report.failed:
            self._failing.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Start no test after `BUDGET`."""
        return _processor_time() > self._budget or None


def _processor_time() -> float:
    return sum(os.times()[:4])


def main() -> None:
    """Measure the modules that are named, or those that are drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as omicsdk.core.retry")
    parser.add_argument("--seed", type=int, default=SEED, help="of the modules that are drawn when none is named")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at once")
    arguments = parser.parse_args()
    if missing := [name for name in (*arguments.modules, *EQUIVALENT) if not path_of(name).is_file()]:
        sys.exit(f"mutants: not found: {', '.join(missing)}. Correct EQUIVALENT in tests/mutants.py.")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads would not survive a fork
    for package, top in SOURCES.items():
        compileall.compile_dir(top / package, quiet=1)
    trials = Trials(arguments.modules or drawn_modules(arguments.seed), reached(), arguments.jobs)
    options = ["-q", "-s", "-x", "-m", MARKS, "--timeout=60", "tests"]
    sys.exit(pytest.main(options, plugins=[trials]))


if __name__ == "__main__":
    main()
