"""The runtime that is copied into generated packages: which modules, and how they become the package's own."""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from closed_contract import ClosedContract
from grimp import ImportGraph
from omicsdk.core.client import INTERFACE
from omicsdk.core.version import __version__
from omicsdk_codegen import plan, runtime
from omicsdk_codegen.runtime import EXPORTS, Identity, beside, closure, imported, is_edited, relocated

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNS = Identity("dna_runs", "2.1")
_PLACE = re.compile(r"omicsdk\.core\.(\w+(?:\.\w+)*)")


def _source(module: str) -> str:
    return (ROOT / f"extensions/omicsdk/core/{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def _named_by_the_generator() -> set[str]:
    """The modules of core that templates and planners import."""
    folder = ROOT / "codegen/omicsdk_codegen"
    files = [path for kind in ("*.py", "templates/*.jinja") for path in folder.glob(kind)]
    found = {each for path in files for each in _PLACE.findall(path.read_text(encoding="utf-8"))}
    return {each for each in found if (ROOT / f"extensions/omicsdk/core/{each.replace('.', '/')}.py").is_file()}


def _contract() -> dict[str, list[str]]:
    return next(each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["type"] == "closed")


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_contract_lists_what_can_be_copied() -> None:
    copied = closure({*_named_by_the_generator(), *EXPORTS})
    assert [f"omicsdk.core.{module}" for module in copied] == sorted(_contract()["modules"])


def test_all_imports_of_core_are_found() -> None:
    for module in closure({*_named_by_the_generator(), *EXPORTS}):
        text = _source(module)
        read = {name.removeprefix("omicsdk.core.") for name in _imports(text) if name.startswith("omicsdk")}
        assert imported(text) == read, module


@pytest.mark.parametrize(
    ("imports", "fault"),
    [
        ([("a.one", "a.two"), ("a.one", "json"), ("a.one", "httpx"), ("a.two", "msgspec")], []),
        ([("a.one", "boto3"), ("a.two", "msgspec")], ["a.one -> boto3 is not allowed"]),
        ([("a.one", "a.other"), ("a.two", "msgspec")], ["a.one -> a.other is not allowed"]),
        ([], ["a.two -> msgspec is allowed and does not exist"]),
    ],
)
def test_an_import_that_leaves_the_modules_breaks_the_contract(
    imports: list[tuple[str, str]], fault: list[str]
) -> None:
    graph = ImportGraph()
    for name in ("a.one", "a.two", "a.other"):
        graph.add_module(name)
    for importer, target in imports:
        graph.add_import(importer=importer, imported=target)
    options = {"modules": ["a.one", "a.two"], "packages": ["httpx"], "optional": ["a.two -> msgspec"]}
    check = ClosedContract("closed", {}, options).check(graph, verbose=False)
    assert (check.kept, check.metadata["faults"]) == (not fault, fault)


def test_a_module_that_does_not_exist_breaks_the_contract() -> None:
    options = {"modules": ["a.gone"], "packages": [], "optional": []}
    assert ClosedContract("closed", {}, options).check(ImportGraph(), verbose=False).metadata["faults"] == [
        "a.gone does not exist"
    ]


def test_imports_are_relative_at_each_depth() -> None:
    text = (
        "from omicsdk.core.omit import OMIT\n\nif TYPE_CHECKING:\n    from omicsdk.core.sending.transport import Timeout\n\n\n"
        "def f():\n        from omicsdk.core.dates import written\n"
    )
    for path, inside, root in (
        ("client.py", False, "._runtime."),
        ("operations/a.py", False, ".._runtime."),
        ("bodies.py", True, "."),
        ("sending/wire.py", True, ".."),
    ):
        found = set(_imports(relocated(path, text, RUNS, inside=inside)))
        assert found == {f"{root}omit", f"{root}sending.transport", f"{root}dates"}, path


def test_copies_name_the_package_everywhere() -> None:
    for module in {*closure({*_named_by_the_generator(), *EXPORTS})} - {"version"}:
        text = relocated(f"{module.replace('.', '/')}.py", _source(module), RUNS, inside=True)
        assert re.findall(r"\bomicsdk\b|OMICS_|omics codegen|\w+ in Python\)", text) == [], module


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("logs", 'logging.getLogger("dna_runs.http")'),
        ("model", 'logger("dna_runs.decode")'),
        ("errors", "install_command(f'dna_runs[{extra}]')"),
        ("errors", '"Try again later, or allow more time with timeout=."'),
        ("errors", "the variable DNA_RUNS_RESPONSE_LIMIT"),
        ("sending.transport", '"DNA_RUNS_RESPONSE_LIMIT"'),
        ("sending.connections", 'variables.get("DNA_RUNS_CLIENT_CERT")'),
        ("installation", 'OURS = "dna_runs"'),
        ("version", f'__version__ = "{__version__}"'),
        ("version", 'f"dna_runs/2.1 omicsdk/{__version__} (Python '),
    ],
)
def test_texts_of_copies(module: str, text: str) -> None:
    assert text in relocated(f"{module.replace('.', '/')}.py", _source(module), RUNS, inside=True)


def test_a_clients_docstring_names_the_package() -> None:
    text = "One of omicsdk.core.credentials, or an httpx.Auth. DeviceLogin(client_id) of omicsdk.core.oauth.flows gets tokens."
    assert relocated("client.py", text, RUNS) == (
        "One of the credentials of dna_runs, or an httpx.Auth. DeviceLogin(client_id) of dna_runs gets tokens."
    )
    assert relocated("operations/get_a.py", text, RUNS) == text


def test_files_beside_a_package_import_it() -> None:
    assert beside("from omicsdk.core.bodies import plain\n", RUNS) == "from dna_runs._runtime.bodies import plain\n"
    assert beside("Pass `omicsdk.core.credentials.ApiKey`.", RUNS) == "Pass `dna_runs`."


def test_exports_are_defined_in_their_modules() -> None:
    for module, names in EXPORTS.items():
        tree = ast.parse(_source(module))
        defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        defined |= {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        assert set(names.split()) - defined == set(), module


def test_dependencies_are_those_of_omicsdk() -> None:
    stated = {*PROJECT["project"]["dependencies"]}
    assert set(runtime.DEPENDENCIES) <= stated
    assert list(runtime.FAST) == PROJECT["project"]["optional-dependencies"]["fast"]
    assert runtime.omicsdk_version() == __version__
    assert plan.INTERFACE == INTERFACE


@pytest.mark.parametrize(
    ("version", "bound"),
    [("0.1.0", "omicsdk>=0.1.0,<0.2"), ("0.9.3", "omicsdk>=0.9.3,<0.10"), ("1.4.2", "omicsdk>=1.4.2,<2")],
)
def test_the_bound_ends_where_the_interface_may_change(
    version: str, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "omicsdk_version", lambda: version)
    assert runtime.bound() == bound


def test_a_copy_without_a_stamp_is_not_judged(tmp_path: Path) -> None:
    assert not is_edited(tmp_path / "none")
    (tmp_path / "errors.py").write_text("x = 1\n")
    assert not is_edited(tmp_path)


@pytest.mark.parametrize("stamp", ["", "[]", "{}", json.dumps({"sha256": "0" * 64})])
def test_a_damaged_stamp_is_an_edit(tmp_path: Path, stamp: str) -> None:
    (tmp_path / runtime.STAMP).write_text(stamp)
    assert is_edited(tmp_path)
