"""The runtime that is copied into generated packages: which modules, and how they become the package's own."""

import ast
import inspect
import io
import json
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from closed_contract import ClosedContract
from grimp import ImportGraph
from omicsdk.core.client import INTERFACE, AsyncClient, Client
from omicsdk.core.errors import STATUS_ERRORS, APIError, error_class
from omicsdk.core.version import __version__
from omicsdk_codegen import error_bodies, naming, plan, runtime, servers
from omicsdk_codegen.options import AS_TEXT, DATES, NATIVE, TypeOptions
from omicsdk_codegen.render import render_package
from omicsdk_codegen.runtime import (
    COMMAND,
    EXPORTS,
    PAGED_COMMAND,
    WEBHOOKS,
    Identity,
    beside,
    closure,
    imported,
    is_edited,
    modules_for,
    relocated,
)
from planned_documents import planned
from small_documents import content, document, object_of, reference

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNS = Identity("dna_runs", "2.1")
MOST_LINES, MOST_FOR_FLOWS, MOST_FOR_COMMAND = 5135, 700, 2035
"""Code lines of the runtime of a plain document, and those that flows of OAuth 2 and the command line add."""
_NO_CODE = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.COMMENT}
_PLACE = re.compile(r"omicsdk\.(?:core\.(?!cli\b)|(?=cli\b))(\w+(?:\.\w+)*)")


def _source(module: str) -> str:
    return _file(module).read_text(encoding="utf-8")


def _file(module: str) -> Path:
    folder = "" if module.startswith("cli.") else "core/"
    return ROOT / f"extensions/omicsdk/{folder}{module.replace('.', '/')}.py"


def _name(module: str) -> str:
    return f"omicsdk.{module}" if module.startswith("cli.") else f"omicsdk.core.{module}"


def _named_by_the_generator() -> set[str]:
    """The modules of core that templates and planners import."""
    folder = ROOT / "codegen/omicsdk_codegen"
    files = [path for kind in ("*.py", "templates/*.jinja") for path in folder.glob(kind)]
    modules = {module for path in files for module in _PLACE.findall(path.read_text(encoding="utf-8"))}
    return {module for module in modules if _file(module).is_file()}


def _contract() -> dict[str, list[str]]:
    return next(contract for contract in PROJECT["tool"]["importlinter"]["contracts"] if contract["type"] == "closed")


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "omicsdk.cli":
            yield from (f"omicsdk.cli.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_the_contract_lists_what_can_be_copied() -> None:
    copied = closure({*_named_by_the_generator(), *EXPORTS, *WEBHOOKS, PAGED_COMMAND})
    assert sorted(map(_name, copied)) == sorted(_contract()["modules"])


def test_all_imports_of_core_are_found() -> None:
    for module in closure({*_named_by_the_generator(), *EXPORTS, PAGED_COMMAND}):
        text = _source(module)
        read = {name for name in _imports(text) if name.startswith("omicsdk")}
        assert {_name(path) for path in imported(text)} == read, module


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


def _code_lines(module: str) -> int:
    """Lines that are neither blank, comments nor docstrings."""
    text, prose, code = _source(module), set[int](), set[int]()
    for node in ast.walk(ast.parse(text)):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            prose.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - prose)


def _response(schema: Any, media_type: str = "application/json", **members: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", **content(schema, media_type)}}, **members}


RUN = reference("Run")
MEDIA_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data",
}
OAUTH = {"flows": {"clientCredentials": {"tokenUrl": "https://a.example/token", "scopes": {}}}, "type": "oauth2"}
PLAIN = document(
    {
        "/runs/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": _response(RUN, operationId="get_run"),
            "put": _response(RUN, requestBody=content(RUN)),
        }
    },
    {"Run": object_of("id", required=("id",), at={"type": "string", "format": "date-time"})},
    openapi="3.2.0",
    servers=[{"url": "https://a.example"}],
)


def _sent(**schemas: object) -> dict[str, object]:
    """An operation with a body of each form."""
    media = {MEDIA_TYPES[form]: {"schema": schema} for form, schema in schemas.items()}
    return {"requestBody": {"content": media}, "responses": {"204": {"description": ""}}}


COMMAND_LINE = {"__main__.py": f"from omicsdk.{COMMAND} import PackageProgram\n"}


def _runtime_of(types: TypeOptions = AS_TEXT, /, **changes: object) -> set[str]:
    """The modules for the plain document with another operation and other members."""
    operation, has_command = changes.pop("operation", None), changes.pop("has_command", False)
    data = {
        **PLAIN,
        **changes,
        "paths": {**PLAIN["paths"], **({"/runs/more": {"post": operation}} if operation else {})},
    }
    package = planned(data, "runs", types=types)
    files = render_package(package, "Generated for a test.")
    return set(modules_for(package, {**files, **(COMMAND_LINE if has_command else {})}))


def test_the_runtime_of_a_plain_document_is_small() -> None:
    assert sum(map(_code_lines, _runtime_of())) <= MOST_LINES


FORM = object_of("a", file={"type": "string", "format": "binary"})
LISTED = object_of(required=("runs",), runs={"type": "array", "items": RUN})
PAGES = {"style": "link", "items": "runs"}
IN_BODY = {"style": "page", "in": "body", "page": "n", "items": "runs"}
SEARCHED = {"requestBody": content(object_of(n={"type": "integer"}))}
DEEP = {"name": "q", "in": "query", "style": "deepObject", "schema": {"type": "object"}}
CHOICE = {"type": "string", "enum": ["a", "b"]}
KEYS = {"type": "apiKey", "in": "header", "name": "key"}


def _refused(schema: Any) -> dict[str, object]:
    """An operation that states the bodies of an error."""
    return {"responses": {"204": {"description": ""}, "404": {"description": "", **content(schema)}}}


def _secured(scheme: object) -> dict[str, object]:
    return {"components": {**PLAIN["components"], "securitySchemes": {"one": scheme}}, "security": [{"one": []}]}


SIGNED = {"name": "webhook-signature", "in": "header", "schema": {"type": "string"}}
STREAM = {"streaming"}
ITEMS = {"items", "lazy", "rows"}
FILES = {"file_bodies", "forms"}


@pytest.mark.parametrize(
    ("changes", "modules"),
    [
        ({"operation": _response(LISTED, **{"x-omics-pagination": PAGES})}, {*ITEMS, "page_items", "pages"}),
        ({"operation": {**_response(LISTED, **{"x-omics-pagination": IN_BODY}), **SEARCHED}}, {*ITEMS, "page_items", "pages"}),
        ({"operation": _response({"type": "string"}, "text/plain")}, STREAM),
        ({"operation": _response(RUN, "application/jsonl")}, {*STREAM, *ITEMS, "sequences"}),
        ({"operation": _response(RUN, "text/event-stream")}, {*STREAM, *ITEMS, "sequences", "events"}),
        ({"operation": _sent(form=FORM)}, {"forms"}),
        ({"operation": _sent(multipart=FORM)}, FILES),
        ({"operation": _sent(json=RUN, multipart=FORM)}, FILES),
        ({"operation": _response(RUN, parameters=[DEEP])}, {"forms"}),
        ({"operation": _response(RUN, parameters=[{"name": "q", "in": "query", "schema": CHOICE}])}, {"choices"}),
        ({"operation": _response(RUN, servers=[{"url": "https://b.example"}])}, {"servers"}),
        ({"operation": _response(RUN, tags=["lanes"])}, {"groups"}),
        ({"webhooks": {"ended": {"post": _sent(json=RUN)}}}, {"webhooks"}),
        ({"webhooks": {"ended": {"post": {**_sent(json=RUN), "parameters": [SIGNED]}}}}, {"webhooks"}),
        ({"operation": _refused(RUN)}, {"error_data"}),
        (_secured(KEYS), {"security"}),
        (_secured(OAUTH), {"security", "forms", "oauth.flows", "oauth.tokens"}),
    ],
    ids=[
        "pages", "pages by body", "text", "sequence", "events", "form", "files", "several bodies", "styles", "choices", "servers",
        "groups", "webhooks", "signed webhooks", "errors", "security", "flows",
    ],
)  # fmt: skip
def test_what_some_documents_need_is_copied_for_these_alone(changes: dict[str, object], modules: set[str]) -> None:
    assert _runtime_of(**changes) - _runtime_of() == modules


@pytest.mark.parametrize(
    ("form", "types", "modules"),
    [("date-time", DATES, {"dates"}), ("uuid", NATIVE, {"native", "dates"}), ("uuid", frozenset[str](), set[str]())],
)
def test_types_for_formats_are_copied_where_they_are_used(form: str, types: frozenset[str], modules: set[str]) -> None:
    operation = _response({"type": "string", "format": form})
    assert _runtime_of(TypeOptions(types), operation=operation) - _runtime_of() - STREAM == modules


def test_flows_add_few_lines() -> None:
    assert sum(map(_code_lines, _runtime_of(**_secured(OAUTH)) - _runtime_of(**_secured(KEYS)))) <= MOST_FOR_FLOWS


def test_the_command_line_adds_few_lines_and_nothing_without_it() -> None:
    plain = _runtime_of()
    assert not {module for module in plain if module.startswith("cli.")}
    added = _runtime_of(has_command=True) - plain
    assert COMMAND in added
    assert sum(map(_code_lines, added)) <= MOST_FOR_COMMAND


def test_pages_are_printed_by_the_command_lines_of_documents_with_pages() -> None:
    listing = _response(LISTED, **{"x-omics-pagination": PAGES})
    added = _runtime_of(operation=listing, has_command=True) - _runtime_of(operation=listing)
    assert added - _runtime_of(has_command=True) == {PAGED_COMMAND}
    assert PAGED_COMMAND not in _runtime_of(has_command=True)
    assert f'"omicsdk.{PAGED_COMMAND}"' in _source("cli.operations")


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
        imports = set(_imports(relocated(path, text, RUNS, inside=inside)))
        assert imports == {f"{root}omit", f"{root}sending.transport", f"{root}dates"}, path


def test_copies_name_the_package_everywhere() -> None:
    for module in {*closure({*_named_by_the_generator(), *EXPORTS, PAGED_COMMAND})} - {"version"}:
        text = relocated(f"{module.replace('.', '/')}.py", _source(module), RUNS, inside=True)
        assert re.findall(r"\bomics(?:dk)?\b|OMICS_", text) == [], module


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("logs", 'logger("dna_runs.http")'),
        ("model", 'logger("dna_runs.decode")'),
        ("errors", "install_command(f'dna_runs[{extra}]')"),
        ("errors", '"Try again later, or allow more time with --call-timeout (timeout= in Python)."'),
        ("cli.completion", '"DNA_RUNS_COMPLETE_DEBUG"'),
        ("cli.messages", 'logging.getLogger("dna_runs")'),
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


def test_without_a_command_line_messages_name_arguments_alone() -> None:
    text = relocated("errors.py", _source("errors"), Identity("dna_runs", "2.1", has_command=False), inside=True)
    assert '"Try again later, or allow more time with timeout=."' in text


def test_the_command_line_imports_its_copies() -> None:
    text = "from omicsdk.cli.help import wrapped\nfrom omicsdk.core.errors import UsageError\n    from omicsdk.cli import terminal\n"
    assert imported(text) == {"cli.help", "errors", "cli.terminal"}
    inside = relocated("cli/lists.py", text, RUNS, inside=True)
    assert [*re.findall("from (.*) import", inside)] == ["..cli.help", "..errors", "..cli"]
    assert relocated("__main__.py", text, RUNS).startswith("from ._runtime.cli.help import wrapped\n")


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
    for module, names in {**EXPORTS, **WEBHOOKS}.items():
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
    dependencies = {*PROJECT["project"]["dependencies"]}
    assert set(runtime.DEPENDENCIES) <= dependencies
    extras = PROJECT["project"]["optional-dependencies"]
    assert [list(runtime.FAST), list(runtime.FRAMES)] == [extras["fast"], extras["frames"]]
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


# -- the generator's assumptions about omicsdk.core, which it does not import, are those of omicsdk.core


def test_reserved_names_are_the_public_names_of_the_clients() -> None:
    public = {name for cls in (Client, AsyncClient) for name in dir(cls) if not name.startswith("_")}
    assert public | {"max_items"} == naming.RESERVED


def test_no_server_variable_is_called_as_an_argument_of_the_clients() -> None:
    arguments = {name for cls in (Client, AsyncClient) for name in inspect.signature(cls).parameters}
    assert arguments | {"server", "servers", "options"} == servers.CLIENT_ARGUMENTS


def test_the_interface_is_the_same() -> None:
    assert plan.INTERFACE == INTERFACE


def test_error_classes_are_those_of_their_statuses() -> None:
    assert {status: cls.__name__ for status, cls in STATUS_ERRORS.items()} == error_bodies.ERROR_CLASSES
    for status in range(400, 600):
        assert error_bodies.error_class(str(status)) == error_class(status).__name__
    classes = {error_class(status) for status in range(400, 600)} - {APIError}
    assert {cls.__name__: cls.__bases__[0].__name__ for cls in classes} == error_bodies.PARENTS
