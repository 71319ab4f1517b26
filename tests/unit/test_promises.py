"""Promises of SECURITY.md for all code that users run: data stays data, and certificates are verified."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("codegen", "generated", "extensions") for path in (ROOT / folder).rglob("*.py"))

#: What turns data into code, or into any object that it names.
EVALUATING = frozenset({"eval", "exec", "execfile", "__import__"})
UNPICKLING = frozenset(
    f"{module}.{name}"
    for module in ("pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "jsonpickle")
    for name in ("load", "loads", "open", "decode", "Unpickler")
)
UNSAFE_YAML = frozenset(
    f"yaml.{name}" for name in ("load", "load_all", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all")
)
#: Pickles that a process made itself: in its memory, for its workers, or in a temporary file that has no name or is in a folder of its
#: own user only.
OUR_OWN = {
    "extensions/omicsdk/hca/azul/downloads.py",
    "extensions/omicsdk/transfer/scale/runs.py",
    "extensions/omicsdk/transfer/reports/report.py",
    "extensions/omicsdk/portals/plan.py",
}
#: An `__init__` of the fields of a class of ours, as dataclasses makes it: no input is in it.
COMPILED = ("extensions/omicsdk/core/frozen.py", "exec")
#: Arguments and attributes that switch the verification of certificates off.
SWITCHES = frozenset({"verify", "check_hostname", "verify_ssl", "verify_mode"})
UNVERIFIED = frozenset({"CERT_NONE", "_create_unverified_context", "SSL_VERIFYPEER", "SSL_VERIFYHOST"})


def nodes(names: Iterable[str]) -> Iterator[tuple[str, ast.AST]]:
    """All nodes of the modules in which one of some dotted names is, with the module's path."""
    words = {name.partition(".")[0] for name in names}
    parts = re.compile("|".join(rf"\b{name}\b".replace(".", r"[\s\\]*\.[\s\\]*") for name in sorted(names)))
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in words) and parts.search(text):
            place = path.relative_to(ROOT).as_posix()
            yield from ((place, node) for node in ast.walk(ast.parse(text)))


def test_input_is_never_evaluated_or_unpickled() -> None:
    sought = EVALUATING | UNPICKLING | UNSAFE_YAML
    calls = {
        (place, name)
        for place, node in nodes(sought)
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in sought
    }
    assert len(SOURCES) > 1000
    calls.remove(COMPILED)
    assert {place for place, _ in calls} == OUR_OWN
    assert {name for _, name in calls} <= {"pickle.loads", "pickle.load"}


def test_nothing_switches_the_verification_of_certificates_off() -> None:
    locations: list[str] = []
    for place, node in nodes(SWITCHES | UNVERIFIED):
        settings: list[tuple[str, ast.expr]] = []
        if isinstance(node, ast.Assign):
            settings = [(target.attr, node.value) for target in node.targets if isinstance(target, ast.Attribute)]
        elif isinstance(node, ast.Call):
            settings = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Attribute) and node.attr in UNVERIFIED:
            locations.append(f"{place}:{node.lineno}")
        for name, value in settings:
            if name in SWITCHES and isinstance(value, ast.Constant) and not value.value:
                locations.append(f"{place}:{value.lineno}")
    assert locations == []
