"""Measure what the tests notice: change one place of a module, run its tests, count the changes that make one fail.

`make mutants` tries 40 changes (mutants) in each module of `MODULES`; `make mutants MODULE=core.retry` one module's. A mutant that no
test fails for is printed with its line: either a test is missing or the change is equivalent, in which case `EQUIVALENT` argues it.

Mutants are drawn by a hash of their place and text, so that a change elsewhere in the module leaves most of them the same.
"""

import argparse
import ast
import collections
import concurrent.futures
import copy
import dataclasses
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "extensions"
SAMPLE = 40
GOAL = 0.9
MOST_EQUIVALENT = 4
#: Bytes of memory that the tests of a mutant may take: one that never ends may also collect without end.
MEMORY = 4 * 1024**3

MODULES: dict[str, tuple[str, ...]] = {
    "core.retry": ("tests/unit/core/test_retry.py",),
    "core.redaction": ("tests/unit/core/test_redaction.py",),
    "core.checksums": ("tests/unit/core/test_checksums.py",),
    "core.paging": ("tests/unit/core/test_paging.py",),
    "core.request": (
        "tests/unit/core/test_request.py",
        "tests/unit/core/test_base_urls.py",
        "tests/unit/core/test_paging.py",
    ),
    "transfer.names": (
        "tests/functional/transfer/test_names.py",
        "tests/unit/transfer/test_names.py",
        "tests/unit/transfer/test_many_names.py",
    ),
    "transfer.network.limits": (
        "tests/unit/transfer/network/test_concurrency.py",
        "tests/unit/transfer/network/test_connections.py",
        "tests/functional/transfer/network/test_throttle.py",
        "tests/unit/transfer/network/test_throttle.py",
    ),
    "transfer.network.plan": ("tests/unit/transfer/test_decisions.py",),
}
"""Modules that reach `GOAL`, each with the tests that must notice."""

FIGURES: dict[str, tuple[str, ...]] = {
    "sb.paths": ("tests/unit/cli/test_sb_paths.py", "tests/unit/cli/test_windows_paths.py"),
    "gen3.records.validation": ("tests/unit/gen3/records/test_validation.py",),
    "fs.copying.planning": ("tests/unit/fs/test_planning.py", "tests/unit/fs/test_selecting.py"),
    "cli.parser": (
        "tests/unit/cli/test_values.py",
        "tests/functional/cli/test_bad_input.py",
        "tests/unit/cli/test_bad_input.py",
    ),
    "sandbox.problems": ("tests/unit/sandbox/sb/test_validation.py",),
}
"""One module of other packages each, for the figure alone."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "core.checksums": {
        ": 1024 -> 1025 (occurrence 3)": "of _CRC_SLICE: slices of any size give the same CRC32C, only the speed differs",
    },
    "transfer.names": {
        "room_in: '/' -> '//'": "both are the root folder",
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
    found: list[Mutant] = []
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
                found.append(mutant)
    return found


def sample_of(mutants: list[Mutant], most: int = SAMPLE) -> list[Mutant]:
    """At most `most` mutants, drawn by hash, in the order of their lines."""
    drawn = sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.label.encode()).digest())[:most]
    return sorted(drawn, key=lambda mutant: mutant.line)


def _places(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    """Each node whose parts may be changed, with the dotted name of the function or class around it.

    The texts of f-strings and of what is raised are messages, which are left alone.
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
    if isinstance(child, ast.If):
        return _text(child.test) == "TYPE_CHECKING"
    if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
        return any(_text(decorator) == "overload" for decorator in child.decorator_list)
    if isinstance(child, ast.Assign):
        return _text(child.targets[0]) == "__slots__"
    if isinstance(parent, ast.Call):
        called = _text(parent.func)
        typed = called in ("cast", "NewType", "ParamSpec", "TypeVar") and child is parent.args[0]
        if typed or (called == "zip" and field == "keywords"):  # strict=True: a fault of the code, if ever
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
    elif isinstance(child, ast.Return) and child.value is not None and _text(child.value) != "None":
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
    elif isinstance(value, str | bytes) and value:
        # Twice a quantifier at the end of a pattern makes it possessive, which mostly matches the same.
        last = value[-1:]
        yield ast.copy_location(ast.Constant(value[:-1] if last in ("+", "*", "?") else value + last), child)


def _put(node: ast.AST, field: str, index: int | None, child: ast.AST) -> None:
    if index is None:
        setattr(node, field, child)
    else:
        getattr(node, field)[index] = child


def _text(node: ast.AST) -> str:
    return ast.unparse(node) or type(node).__name__


def _outcome(module: str, source: str, tests: tuple[str, ...], seconds: float) -> str:
    """Run tests against a copy of the sources in which one module is another: killed, survived or error."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        shutil.copytree(SOURCES, folder, copy_function=os.symlink, dirs_exist_ok=True)
        path = Path(folder, _path(module).relative_to(SOURCES))
        for own in (path, *path.parent.glob(f"__pycache__/{path.stem}.*.pyc")):  # the others may stay compiled
            own.unlink()
        path.write_text(source)
        environ = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        base = f"--basetemp={folder}/.made"  # or pytest would remove what other runs left, and time out
        command = [sys.executable, "-m", "pytest", "-x", "-q", base, "-m", "not long and not compat", *tests]
        try:
            done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return "killed"
    # 1: tests failed; 2 to 4: what they import did not come up, or collected nothing, which a change of the module caused.
    return "survived" if done.returncode == 0 else "killed"


def _path(module: str) -> Path:
    return SOURCES / "omicsdk" / (module.replace(".", "/") + ".py")


def measure(module: str, tests: tuple[str, ...], jobs: int) -> bool:
    """Try a module's mutants and print those that no test fails for.

    Returns:
        Whether the goal is reached; mutants that are argued to be equivalent do not count.
    """
    source = _path(module).read_text()
    begun = time.monotonic()
    if _outcome(module, source, tests, 600) != "survived":
        sys.exit(f"mutants: the tests of {module} fail without a change: {' '.join(tests)}")
    patience = 30 + 5 * jobs * (time.monotonic() - begun)
    argued = EQUIVALENT.get(module, {})
    everything = mutants_of(source)
    unknown = argued.keys() - {mutant.label for mutant in everything}
    if unknown or len(argued) > MOST_EQUIVALENT:
        sys.exit(f"mutants: EQUIVALENT of {module}: {sorted(unknown) or 'too many'}; correct the list")
    tried = [mutant for mutant in sample_of(everything) if mutant.label not in argued]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        outcomes = list(pool.map(lambda mutant: _outcome(module, mutant.source, tests, patience), tried))
    killed = outcomes.count("killed")
    reached = killed >= GOAL * len(tried)
    print(f"{module:24} {killed} of {len(tried)} killed ({killed / len(tried):.0%}), {len(argued)} argued", flush=True)
    for mutant, outcome in zip(tried, outcomes, strict=True):
        if outcome != "killed":
            print(f"    line {mutant.line}, {mutant.label}", flush=True)
    return reached


def main() -> None:
    """Measure all modules, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="below omicsdk, such as core.retry; all when none is named")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at once")
    arguments = parser.parse_args()
    everything = {**MODULES, **FIGURES}
    missing = [name for name in everything if not _path(name).is_file()]
    missing += [test for tests in everything.values() for test in tests if not (ROOT / test).exists()]
    missing += [name for name in (*arguments.modules, *EQUIVALENT) if name not in everything]
    if missing:
        sys.exit(
            f"mutants: not found: {', '.join(missing)}. Correct MODULES, FIGURES or EQUIVALENT in tests/mutants.py."
        )
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    short = [
        name
        for name in arguments.modules or everything
        if not measure(name, everything[name], arguments.jobs) and name in MODULES
    ]
    if short:
        sys.exit(f"mutants: fewer than {GOAL:.0%} killed in {', '.join(short)}")


if __name__ == "__main__":
    main()
