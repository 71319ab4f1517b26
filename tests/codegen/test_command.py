"""`omics codegen`: what a user gets for a document of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.cli.commands import codegen
from omicsdk.cli.main import main

DOCUMENT = """\
openapi: 3.0.3
info: {title: "Small <b>one</b>", version: "1.2", description: "What it \\"does\\"."}
servers: [{url: "https://small.example"}]
paths:
  /a/{id}:
    get:
      operationId: getA
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: fine, content: {application/json: {schema: {allOf: [{type: string}, {type: integer}]}}}}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(DOCUMENT)
    return path


def _run(*words: object, debug: bool = False) -> int:
    return main(["codegen", *map(str, words), *(["--debug"] if debug else [])])


def test_a_project_is_written_that_imports(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "project"
    assert _run(spec, "--name", "small_client", "--out", out) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "1 operation, 0 models" in said.err
    assert "1 without a type" in said.err
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "pyproject.toml", "src", "tests"]
    program = "from small_client import SmallClientApi; print(SmallClientApi().get_a, SmallClientApi().base_url)"
    run = subprocess.run([sys.executable, "-c", program], cwd=out / "src", capture_output=True, text=True, check=True)
    assert run.stdout == "<operation get_a: GET /a/{id}> https://small.example\n"


@pytest.mark.usefixtures("functional")
def test_the_project_says_what_it_is(spec: Path, tmp_path: Path) -> None:
    import tomllib

    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    project = tomllib.loads((tmp_path / "out/pyproject.toml").read_text())["project"]
    assert (project["name"], project["version"], project["description"]) == ("small-client", "1.2", 'What it "does".')
    assert "Small \\<b\\>one\\</b\\>" in (tmp_path / "out/README.md").read_text()
    rows = json.loads((tmp_path / "out/src/small_client/report.json").read_text())
    assert [(row["kind"], row["line"], row["certain"]) for row in rows] == [("untyped", 9, True)] * len(rows)
    assert rows


@pytest.mark.usefixtures("functional")
def test_files_of_the_user_stay(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "README.md").write_text("mine\n")
    assert _run(spec, "--name", "small_client", "--out", out) == 0
    assert _run(spec, "--name", "small_client", "--out", out) == 0
    assert (out / "README.md").read_text() == "mine\n"
    assert "README.md already exists" in capsys.readouterr().err


@pytest.mark.usefixtures("functional")
def test_faults_are_lines_and_nothing_is_written(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(
        DOCUMENT.replace("{allOf: [{type: string}, {type: integer}]}", "{$ref: '#/components/schemas/None'}")
    )
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "small.yaml:9: " in lines[0]
    assert not (tmp_path / "out").exists()
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out", "--missing-as-any") == 0


def test_every_fault_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "two.yaml"
    missing = "{schema: {$ref: '#/components/schemas/None'}}"
    spec.write_text(
        DOCUMENT.replace("{schema: {allOf: [{type: string}, {type: integer}]}}", missing).replace(
            "schema: {type: string}}]", "schema: {$ref: '#/components/schemas/Other'}}]"
        )
    )
    assert _run(spec, "--name", "two", "--out", tmp_path / "out") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["omics", "omics"]
    assert ["two.yaml:8: " in lines[0], "two.yaml:9: " in lines[1]] == [True, True]


@pytest.mark.parametrize("name", ["Not-a-name", "class", "json", "omicsdk", "", "a/b", "../x", "1a"])
def test_a_name_that_will_not_do_is_usage(
    name: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(spec, "--name", name, "--out", tmp_path / "out") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_one_line(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(codegen, "_NEEDED", ("no_such_module",))
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out") == 2
    assert "pip install 'omicsdk[codegen]'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "small/src")

    monkeypatch.setattr("omicsdk_codegen.project.write_project", refuse)
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "small") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "small/src" in line
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "small", debug=True) == 1
    assert "PermissionError" in capsys.readouterr().err


@pytest.mark.usefixtures("functional")
def test_overlays_and_copies_are_used(spec: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "- {target: '$.paths[*].get', update: {x-omics-name: read_it}}\n"
    )
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out", "--overlay", overlay) == 0
    assert (tmp_path / "out/src/small_client/operations/read_it.py").is_file()


@pytest.mark.usefixtures("functional")
def test_check_lists_what_is_not_as_the_document_says(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = (spec, "--name", "small_client", "--out", out)
    assert _run(*words, "--check") == 1
    assert "omics: missing: src/small_client/client.py" in capsys.readouterr().err.splitlines()
    assert not out.exists()
    assert _run(*words) == 0
    assert _run(*words, "--check") == 0
    (out / "src/small_client/client.py").write_text("# changed\n")
    (out / "src/small_client/own.py").write_text("")
    (out / "README.md").write_text("my own\n")
    (out / "pyproject.toml").unlink()
    capsys.readouterr()
    assert _run(*words, "--check") == 1
    assert capsys.readouterr().err.splitlines()[:-1] == [
        "omics: differs: src/small_client/client.py",
        "omics: missing: pyproject.toml",
        "omics: not from a document: src/small_client/own.py",
    ]


@pytest.mark.usefixtures("functional")
def test_only_operations_of_a_tag(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.write_text(DOCUMENT.replace("operationId: getA", "operationId: getA\n      tags: [a]"))
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out", "--only", "a") == 0
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out", "--only", "b") == 1
    assert "There are: a." in capsys.readouterr().err


def test_two_documents_are_compared(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(DOCUMENT.replace("getA", "getB"))
    assert _run("diff", spec, new) == 0
    assert "- `get_a`: is called get_b now" in capsys.readouterr().out
    assert _run("diff", spec, new, "--fail-on-breaking", "--json") == 1
    assert json.loads(capsys.readouterr().out)["breaking"]
    assert _run("diff", spec, spec, "--fail-on-breaking") == 0
    assert _run("diff", spec, tmp_path / "none.yaml") == 2


@pytest.mark.usefixtures("functional")
def test_a_package_holds_a_document_to_compare_with(spec: Path, tmp_path: Path) -> None:
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    package = tmp_path / "out/src/small_client"
    for kept in (package / "openapi.json", package, tmp_path / "out"):
        assert _run("diff", kept, spec, "--fail-on-breaking") == 0
    assert _run("diff", tmp_path, spec) == 2


def test_an_operation_is_explained(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("explain", spec, "getA") == 0
    said = capsys.readouterr()
    assert said.out.startswith("get_a: GET /a/{id}\n")
    assert said.err == ""
    assert _run("explain", spec, "get_a", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "get_a"
    assert _run("explain", spec, "nothing") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.usefixtures("functional")
def test_steps_are_shown_to_whoever_looks_on(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert _run(spec, "--name", "small_client", "--out", tmp_path / "out") == 0
    said = capsys.readouterr().err
    assert "\r\x1b[Kreading small.yaml...\r\x1b[K" in said
    first = said.split("\n")[0].rpartition("\x1b[K")[2]
    assert first.startswith(f"omics: {tmp_path / 'out'}"), "what is said last takes the steps' place"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("small.yaml", "--naem", "x"), "omics: codegen: unknown option --naem. Did you mean --name?"),
        (("diff", "small.yaml"), "omics: codegen diff: NEW is required. See: omics codegen diff --help"),
        (("small.yaml", "--name", "n", "--out", "o", "--dates", "x"), "omics: codegen: --dates: "),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize("words", [("codegen", "diff", "--help"), ("help", "codegen", "diff")])
def test_its_tools_have_help_as_every_command(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: omics codegen diff [options] OLD NEW\n\nCompare two documents")


SHOP = Path(__file__).parent / "golden/specs/shop"
WITHOUT = [
    word for name in ("cacheprovider", "xdist", "zarr", "anyio", "hypothesispytest") for word in ("-p", f"no:{name}")
]
PYTEST = [sys.executable, "-m", "pytest", "-q", *WITHOUT, "--basetemp=made"]
"""Without plugins that a project's tests don't use; they take as long as all the rest."""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project of the golden document."""
    words = (
        SHOP / "openapi.yaml",
        "--overlay",
        SHOP / "overlay.yaml",
        "--name",
        "shop_client",
        "--out",
        tmp_path / "shop",
    )
    assert _run(*words) == 0
    return tmp_path / "shop"


def test_a_project_tests_each_operation(shop: Path) -> None:
    run = subprocess.run(PYTEST, cwd=shop, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert f"{6 * 4} passed" in run.stdout


def test_a_projects_tests_find_what_is_wrong(shop: Path) -> None:
    module = shop / "src/shop_client/operations/head_reads.py"
    module.write_text(module.read_text().replace("/reads", "/writes"))
    run = subprocess.run([*PYTEST, "-k", "head_reads"], cwd=shop, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "4 failed" in run.stdout


@pytest.mark.usefixtures("functional")
def test_a_projects_readme_has_every_operation(shop: Path) -> None:
    text = (shop / "README.md").read_text()
    rows = json.loads((shop / "src/shop_client/commands.json").read_text())
    for row in rows:
        assert f"- `{row['name']}(" in text
        assert f"`{row['method']} {row['path']}`" in text
    assert "| token | `BearerToken(token)` | A token. |" in text
    assert ", in pages. " in text
    assert ", as a stream too. " in text
    assert "ShopClientApi(credentials=BearerToken(token))" in text


@pytest.mark.parametrize(
    "words",
    [["no.yaml", "--name", "n", "--out", "o"], ["diff", "no.yaml", "no.yaml"], [".", "--name", "n", "--out", "o"]],
)
def test_a_document_that_is_none_is_usage(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Use an OpenAPI or Swagger document" in line


def test_a_document_is_not_read_from_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("https://api.example.org/openapi.yaml", "--name", "n", "--out", "o") == 2
    assert "https://api.example.org/openapi.yaml: cannot read a document from a URL. Download it first." in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_a_file_where_the_project_should_go_is_usage(
    spec: Path, tmp_path: Path, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").write_text("mine")
    assert _run(spec, "--name", "n", "--out", tmp_path / "there" / inside) == 2
    assert "a file has that name" in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"


def test_a_document_without_paths_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "empty.yaml"
    spec.write_text('openapi: 3.0.3\ninfo: {title: t, version: "1"}\n')
    assert _run(spec, "--name", "n", "--out", tmp_path / "o") == 1
    assert "there are no paths" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("functional")
def test_what_is_lost_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert _run(spec, "--name", "lossy", "--out", out) == 0
    told = capsys.readouterr().err
    assert "4 lost" in told
    expected = [
        "5: gett is left out: it is no method; did you mean get?",
        "9: parameter 1 is left out",
        "9: left out",
        "10: twohundred is left out: it is no status",
    ]
    assert [words for words in expected if f"lossy.yaml:{words}" not in told] == []
    assert "x-note" not in told
    assert (out / "src/lossy/operations/get_a.py").is_file()
    assert _run(spec, "--name", "lossy", "--out", out, "--strict") == 3
    assert (out / "src/lossy/operations/get_a.py").is_file()


@pytest.mark.usefixtures("functional")
def test_a_document_whose_paths_are_empty_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "empty.yaml"
    spec.write_text("openapi: 3.0.3\ninfo: {title: Empty, version: '1'}\npaths: {}\n")
    assert _run(spec, "--name", "empty", "--out", tmp_path / "out", "--strict") == 3
    assert "empty.yaml:3: no operation is in it" in capsys.readouterr().err


@pytest.mark.usefixtures("functional")
def test_a_root_that_holds_the_document(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").mkdir()
    assert _run(spec, "--name", "small", "--out", tmp_path / "out", "--root", tmp_path) == 0
    assert _run(spec, "--name", "small", "--out", tmp_path / "out", "--root", tmp_path / "other") == 1
    assert "Name a folder above the document after --root" in capsys.readouterr().err


def test_nothing_is_fetched_where_nobody_can_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "far.yaml"
    spec.write_text(DOCUMENT.replace("{type: string}}]", "{$ref: 'https://a.example/s.yaml'}}]"))
    words = (spec, "--name", "far", "--out", tmp_path / "out", "--fetch")
    assert _run(*words) == 1
    assert "--allow-url" in capsys.readouterr().err
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: "n\n", raising=False)
    assert _run(*words) == 1
    asked = "omics: the document refers to:\nomics:   https://a.example\nFetch from there? [y/N]"
    assert asked in capsys.readouterr().err
