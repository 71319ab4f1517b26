"""`omics codegen`: what a user gets for a document of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_document import DOCUMENT, run_codegen
from small_document import spec as spec


def test_a_project_is_written_that_imports(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "project"
    assert run_codegen(spec, "--name", "small_client", "--out", out) == 0
    output = capsys.readouterr()
    assert output.out == ""
    assert "1 operation, 0 models" in output.err
    assert "1 without a type" in output.err
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "pyproject.toml", "src", "tests"]
    program = "from small_client import SmallClientApi; print(SmallClientApi().get_a, SmallClientApi().base_url)"
    run = subprocess.run([sys.executable, "-c", program], cwd=out / "src", capture_output=True, text=True, check=True)
    assert run.stdout == "<operation get_a: GET /a/{id}> https://small.example\n"


def test_the_project_states_what_it_is(spec: Path, tmp_path: Path) -> None:
    import tomllib

    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    project = tomllib.loads((tmp_path / "out/pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"], project["description"]) == ("small-client", "1.2", 'What it "does".')
    assert "Small \\<b\\>one\\</b\\>" in (tmp_path / "out/README.md").read_text()
    rows = json.loads((tmp_path / "out/src/small_client/report.json").read_text())
    assert [(row["kind"], row["line"], row["certain"]) for row in rows] == [("untyped", 9, True)] * len(rows)
    assert rows


def test_templates_of_the_user(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "templates", tmp_path / "out"
    folder.mkdir()
    (folder / "readme.md.jinja").write_text("{# interface: 1 #}\n<!-- {{ origin }} -->\n# Ours\n")
    client = '{# interface: 1 #}\n{% extends "shipped/client.py.jinja" %}\n{% block members %}\n    team   =   "ours"\n{% endblock %}\n'
    (folder / "client.py.jinja").write_text(client)
    words = (spec, "--name", "small_client", "--out", out, "--templates", folder)
    assert run_codegen(*words) == 0
    assert f"templates of {folder} render: client.py.jinja, readme.md.jinja\n" in capsys.readouterr().err
    assert (out / "README.md").read_text().endswith("# Ours\n")
    text = (out / "src/small_client/client.py").read_text()
    assert text.count('\n    team = "ours"\n') == 2  # formatted, in both clients
    assert run_codegen(*words, "--check") == 0
    assert run_codegen(*words[:-2], "--check") == 1
    assert "differs: src/small_client/client.py" in capsys.readouterr().err

    (folder / "client.py.jinja").write_text(client.replace("team   =", "team = ="))
    assert run_codegen(*words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "client.py" in line
    assert line.endswith(f"Correct a template of {folder / 'client.py.jinja'}, {folder / 'readme.md.jinja'}.")
    assert (out / "src/small_client/client.py").read_text() == text


def test_files_of_the_user_stay(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text("mine\n")
    assert run_codegen(spec, "--name", "small_client", "--out", out) == 0
    assert run_codegen(spec, "--name", "small_client", "--out", out) == 0
    assert (out / "README.md").read_text() == "mine\n"
    assert "README.md already exists" in capsys.readouterr().err


def test_a_fault_leaves_out_what_depends_on_it_and_is_refused_on_request(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(
        DOCUMENT.replace("{allOf: [{type: string}, {type: integer}]}", "{$ref: '#/components/schemas/None'}")
    )
    out = tmp_path / "out"
    words = (spec, "--name", "small_client", "--out", out)
    assert run_codegen(*words, "--strict") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "small.yaml:9: it refers to #/components/schemas/None, which does not exist (" in line
    assert not out.exists()
    assert run_codegen(*words) == 3
    *_, fault, count = capsys.readouterr().err.splitlines()
    assert fault == line.replace("not exist (", "not exist; it is taken as any value (")
    assert count.startswith("omics: 1 part is left out or taken as any value")
    (row,) = json.loads((out / "src/small_client/report.json").read_text())
    assert (row["kind"], row["line"], row["after"]) == ("fault", 9, "it is taken as any value")
    assert row["remedy"].startswith("Correct it")
    assert run_codegen(*words, "--check") == 0
    assert run_codegen("explain", spec, "get_a") == 3
    assert fault in capsys.readouterr().err.splitlines()
    assert run_codegen(*words, "--missing-as-any", "--strict") == 0


def test_a_document_without_an_operation_that_is_left_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "gone.yaml"
    spec.write_text("openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: none.yaml}\n")
    assert run_codegen(spec, "--name", "gone", "--out", tmp_path / "out") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "gone.yaml:4: it refers to none.yaml, which does not exist; the path item is left out" in line
    assert not (tmp_path / "out").exists()


def test_overlays_are_used_and_their_faults_have_their_lines(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "- {target: '$.paths[*].get', update: {x-omics-name: read_it}}\n"
    )
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--overlay", overlay) == 0
    assert (tmp_path / "out/src/small_client/operations/read_it.py").is_file()
    overlay.write_text(overlay.read_text().replace("x-omics-name", "x-omics-nam"))
    assert run_codegen(spec, "--out", tmp_path / "out", "--overlay", overlay) == 1
    assert f"{overlay.name}:4: x-omics-nam of GET /a/{{id}} must be one of " in capsys.readouterr().err


def test_check_lists_what_is_not_as_the_document_states(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = (spec, "--name", "small_client", "--out", out)
    assert run_codegen(*words, "--check") == 1
    assert capsys.readouterr().err == f"omics: {out} does not exist. Generate it without --check.\n"
    assert not out.exists()
    assert run_codegen(*words) == 0
    for file in (path for path in out.rglob("*") if path.is_file()):  # as Git for Windows checks them out
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run_codegen(*words, "--check") == 0
    gone = out / "src/small_client/operations/gone.py"
    gone.write_text((out / "src/small_client/client.py").read_text())
    module = out / "src/small_client/ours/own.py"
    module.parent.mkdir()
    module.write_text("of  users")
    (out / "src/small_client/client.py").write_text("# changed\n")
    (out / "README.md").write_text("my own\n")
    (out / "pyproject.toml").unlink()
    capsys.readouterr()
    assert run_codegen(*words, "--check") == 1
    assert capsys.readouterr().err.splitlines()[:-1] == [
        "omics: differs: src/small_client/client.py",
        "omics: missing: pyproject.toml",
        "omics: not from a document: src/small_client/operations/gone.py",
    ]
    assert run_codegen(*words) == 0
    assert "omics: kept, since not generated: src/small_client/ours/own.py" in capsys.readouterr().err.splitlines()
    assert (module.read_text(), gone.exists()) == ("of  users", False)
    assert run_codegen(*words, "--check") == 0
    capsys.readouterr()
    before = "omics codegen small.yaml --name small_client"
    assert f"\n# Again: {before}\n" in (out / "pyproject.toml").read_text()
    assert run_codegen(*words, "--only", "*", "--check") == 0
    assert run_codegen(*words, "--no-cli", "--check") == 1
    assert f"Use the options that it was generated with: {before}" in capsys.readouterr().err
    stamp = out / "src/small_client/_runtime/stamp.json"
    stamp.write_text(stamp.read_text().replace('"omicsdk": "', '"omicsdk": "9'))
    assert run_codegen(*words, "--no-cli") == 0
    messages = capsys.readouterr().err
    assert f"omics: it was generated with other options before: {before}" in messages
    assert ", which is newer than this one: replaced" in messages
    assert run_codegen(spec, "--name", "renamed_client", "--out", out) == 0
    assert "omics: src/small_client is generated, and no part of this project." in capsys.readouterr().err


TYPED = """\
openapi: 3.1.0
info: {title: Typed, version: '1'}
paths:
  /a:
    get:
      operationId: getA
      parameters:
      - {name: key, in: query, schema: {type: string, format: uuid}}
      - {name: order, in: query, schema: {enum: [up, down]}}
      responses: {'204': {description: None}}
"""


@pytest.mark.parametrize(
    ("words", "key", "order"),
    [
        ((), "key: str", 'order: Literal["up", "down"] | Omit'),
        (("--types", "native"), "key: UUID | str", 'order: Literal["up", "down"] | Omit'),
        (("--dates", "datetime", "--open-enums"), "key: str", 'order: Literal["up", "down"] | str | Omit'),
    ],
)
def test_types_are_those_of_the_options(
    spec: Path, tmp_path: Path, words: tuple[str, ...], key: str, order: str
) -> None:
    spec.write_text(TYPED)
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", *words) == 0
    text = (tmp_path / "out/src/small_client/operations/get_a.py").read_text()
    assert f"{key} | Omit = OMIT" in text
    assert f"{order} = OMIT" in text


def test_only_operations_of_a_tag(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(
        DOCUMENT.replace("operationId: getA", "operationId: getA\n      tags: [a]").replace('"1.2"', "latest")
    )
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--only", "a") == 0
    assert "omics: version 'latest' cannot be a package's: 0.0.0 is used." in capsys.readouterr().err
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--only", "b") == 1
    assert "The tags are: a." in capsys.readouterr().err


def test_a_package_holds_a_document_to_compare_with(spec: Path, tmp_path: Path) -> None:
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    package = tmp_path / "out/src/small_client"
    for kept in (package / "openapi.json", package, tmp_path / "out"):
        assert run_codegen("diff", kept, spec, "--fail-on-breaking") == 0
    assert run_codegen("diff", tmp_path, spec) == 2


def test_overlays_of_both_documents_and_a_package_are_given_once(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "- {target: '$.paths[*].get.operationId', remove: true}\n"
        "- {target: '$.paths[*].get', update: {x-omics-name: things.read}}\n"
    )
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--overlay", overlay) == 0
    for old in (spec, tmp_path / "out"):
        assert run_codegen("diff", old, spec, "--overlay", overlay, "--fail-on-breaking") == 0
    capsys.readouterr()
    assert run_codegen("explain", spec, "--overlay", overlay) == 0
    assert capsys.readouterr().out.strip() == "things.read  GET /a/{id}"
    assert run_codegen("explain", spec, "read", "--overlay", overlay) == 2
    assert "did you mean things.read?" in capsys.readouterr().err


def test_steps_are_shown_to_watchers(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    output = capsys.readouterr().err
    assert "\r\x1b[Kreading small.yaml...\r\x1b[K" in output
    first = output.split("\n")[0].rpartition("\x1b[K")[2]
    assert first.startswith(f"omics: {tmp_path / 'out'}"), "what is said last takes the steps' place"


SHOP = Path(__file__).parents[2] / "data/codegen/golden/specs/shop"
WITHOUT = [
    word for name in ("cacheprovider", "xdist", "zarr", "anyio", "hypothesispytest") for word in ("-p", f"no:{name}")
]
PYTEST = [sys.executable, "-m", "pytest", "-q", *WITHOUT, "--basetemp=made"]
"""Without plugins that a project's tests don't use; they take as long as all the rest."""


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A project of the golden document, by default without further options."""
    words = (
        SHOP / "openapi.yaml",
        "--overlay",
        SHOP / "overlay.yaml",
        "--name",
        "shop_client",
        "--out",
        tmp_path / "shop",
        *getattr(request, "param", ()),
    )
    assert run_codegen(*words) == 0
    return tmp_path / "shop"


@pytest.mark.parametrize("shop", [(), ("--types", "native", "--open-enums")], indirect=True, ids=["text", "native"])
def test_a_project_tests_each_operation(shop: Path) -> None:
    run = subprocess.run(PYTEST, cwd=shop, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert f"{1 + 6 * 5} passed" in run.stdout


def test_a_projects_tests_need_no_sandbox(shop: Path) -> None:
    (shop / "without_sandbox.py").write_text("import sys\n\nsys.modules['omicsdk.sandbox.server'] = None\n")
    command = [*PYTEST, "-p", "without_sandbox"]
    run = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert f"{1 + 6 * 4} passed, 1 skipped" in run.stdout


def test_a_projects_tests_find_what_is_wrong(shop: Path) -> None:
    module = shop / "src/shop_client/operations/head_reads.py"
    module.write_text(module.read_text().replace("/reads", "/writes"))
    run = subprocess.run([*PYTEST, "-k", "head_reads"], cwd=shop, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "4 failed" in run.stdout


def test_a_projects_readme_has_every_operation(shop: Path) -> None:
    text = (shop / "README.md").read_text()
    rows = json.loads((shop / "src/shop_client/commands.json").read_text())
    for row in rows:
        name = f"{row['group']}.{row['member']}" if "group" in row else row["name"]
        assert f"- `{name}(" in text
        assert f"`{row['method']} {row['path']}`" in text
    assert "| token | `BearerToken(token)` | A token. |" in text
    assert ", also `.pages`, `.iterate`. " in text
    assert ", also `.stream`.\n" in text
    assert "ShopClientApi(credentials=BearerToken(token))" in text


def test_what_is_lost_is_reported_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "lossy.yaml"
    spec.write_text(
        """openapi: 3.0.3
info: {title: Lossy, version: '1'}
paths:
  /a:
    gett: {responses: {'200': {description: fine}}}
    x-note: {a: b}
    get:
      operationId: getA
      parameters: [{name: q, in: query}, q, {name: q, in: query}]
      responses: {'200': {description: fine}, twohundred: {description: what}}
"""
    )
    out = tmp_path / "out"
    assert run_codegen(spec, "--name", "lossy", "--out", out) == 0
    output = capsys.readouterr().err
    assert "4 lost" in output
    expected = [
        "5: gett is left out: it is no method; did you mean get?",
        "9: parameter 1 is left out",
        "9: left out",
        "10: twohundred is left out: it is no status",
    ]
    assert [words for words in expected if f"lossy.yaml:{words}" not in output] == []
    assert "x-note" not in output
    assert (out / "src/lossy/operations/get_a.py").is_file()
    assert run_codegen(spec, "--name", "lossy", "--out", out, "--strict") == 3
    assert (out / "src/lossy/operations/get_a.py").is_file()


def test_what_its_author_should_correct_is_printed_and_the_client_is_complete(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = "  /b: {get: {operationId: getA, responses: {}}}\n"
    spec.write_text(DOCUMENT.replace("{allOf: [{type: string}, {type: integer}]}", "{type: strnig}") + second)
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    *_, first, last = capsys.readouterr().err.splitlines()
    assert "small.yaml:9: 'strnig' is no type; any value" in first
    assert "Did you mean string?" in first
    assert "small.yaml:10: the operationId getA is that of GET /a/{id} too" in last


def test_a_document_whose_paths_are_empty_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "empty.yaml"
    spec.write_text("openapi: 3.0.3\ninfo: {title: Empty, version: '1'}\npaths: {}\n")
    assert run_codegen(spec, "--name", "empty", "--out", tmp_path / "out") == 3
    assert "empty.yaml:3: no operation is in it" in capsys.readouterr().err


def test_a_root_that_holds_the_document(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run_codegen(spec, "--name", "small", "--out", tmp_path / "out", "--root", ".") == 0
    assert (
        "\n# Again: omics codegen small.yaml --root . --name small\n" in (tmp_path / "out/pyproject.toml").read_text()
    )
    assert run_codegen(spec, "--name", "small", "--out", tmp_path / "out", "--root", tmp_path / "other") == 1
    assert "Name a folder above the document after --root" in capsys.readouterr().err
