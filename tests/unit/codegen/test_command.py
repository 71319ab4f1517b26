"""`omics codegen`: what a user gets for a document of their own."""

import json
import sys
from pathlib import Path

import pytest
from omicsdk.cli.commands import codegen
from omicsdk.cli.main import main
from small_document import DOCUMENT, run_codegen
from small_document import spec as spec


def test_every_fault_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "two.yaml"
    missing = "{schema: {$ref: '#/components/schemas/None'}}"
    spec.write_text(
        DOCUMENT.replace("{schema: {allOf: [{type: string}, {type: integer}]}}", missing).replace(
            "schema: {type: string}}]", "schema: {$ref: '#/components/schemas/Other'}}]"
        )
    )
    assert run_codegen(spec, "--name", "two", "--out", tmp_path / "out", "--strict") == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["omics", "omics"]
    assert ["two.yaml:8: " in lines[0], "two.yaml:9: " in lines[1]] == [True, True]


@pytest.mark.parametrize("name", ["Not-a-name", "class", "json", "omicsdk", "", "a/b", "../x", "1a"])
def test_a_name_that_will_not_do_is_usage(
    name: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_codegen(spec, "--name", name, "--out", tmp_path / "out") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_one_line(
    spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(codegen, "_NEEDED", ("no_such_module",))
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out") == 2
    assert "[codegen]'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_one_line(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "small/src")

    monkeypatch.setattr("omicsdk_codegen.project.write_project", refuse)
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "small") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "small/src" in line
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "small", debug=True) == 1
    assert "PermissionError" in capsys.readouterr().err


def test_two_documents_are_compared(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(DOCUMENT.replace("getA", "getB"))
    assert run_codegen("diff", spec, new) == 0
    assert "- `get_a`: is called get_b now" in capsys.readouterr().out
    assert run_codegen("diff", spec, new, "--fail-on-breaking", "--json") == 1
    assert json.loads(capsys.readouterr().out)["breaking"]
    assert run_codegen("diff", spec, spec, "--fail-on-breaking") == 0
    assert run_codegen("diff", spec, tmp_path / "none.yaml") == 2


def test_paging_is_suggested_as_an_overlay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, overlay = tmp_path / "paged.yaml", tmp_path / "overlay.yaml"
    listed = "{type: object, properties: {a: {type: array, items: {type: string}}, next_cursor: {type: string}}}"
    spec.write_text(
        "openapi: 3.0.3\ninfo: {title: Paged, version: '1'}\npaths:\n  /a:\n    get:\n"
        "      parameters: [{name: cursor, in: query, schema: {type: string}}]\n"
        f"      responses: {{200: {{description: ok, content: {{application/json: {{schema: {listed}}}}}}}}}\n"
    )
    assert run_codegen("suggest", spec) == 0
    output = capsys.readouterr()
    assert output.err == f"omics: {spec}: 1 operation recognised as paged, 0 uncertain\n"
    overlay.write_text(output.out)
    assert run_codegen("suggest", spec, "--overlay", overlay, "--json") == 0
    output = capsys.readouterr()
    assert output.err == f"omics: {spec}: 0 operations recognised as paged, 0 uncertain\n"
    assert json.loads(output.out)["actions"] == [{"target": "$.info", "update": {}}]
    assert run_codegen("explain", spec, "GET /a", "--overlay", overlay) == 0
    assert "  pages  by token; iterate gives str of a  " in capsys.readouterr().out


def test_an_operation_is_explained(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_codegen("explain", spec, "getA") == 0
    output = capsys.readouterr()
    assert output.out.startswith("get_a: GET /a/{id}\n")
    assert output.err == ""
    assert run_codegen("explain", spec, "get_a", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "get_a"
    assert run_codegen("explain", spec, "nothing") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("sugest", "small.yaml"),
            "omics: unknown command 'sugest'. Did you mean suggest? For an argument of that name: omics codegen sugest",
        ),
        (("lint", "small.yaml"), "omics: unknown command 'lint'. Use omics codegen diff or omics codegen explain or "),
        (("diff", "/dev/null", "small.yaml"), "omics: codegen diff: /dev/null: is no file, as <(...) of a shell. "),
        (("small.yaml", "--naem", "x"), "omics: codegen: unknown option --naem. Did you mean --name?"),
        (("diff", "small.yaml"), "omics: codegen diff: NEW is required. See: omics codegen diff --help"),
        (("small.yaml", "--name", "n", "--out", "o", "--dates", "x"), "omics: codegen: --dates: "),
        (("small.yaml", "--name", "n", "--out", "o", "--types", "x"), "omics: codegen: --types: "),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_codegen(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(message)


@pytest.mark.parametrize("words", [("codegen", "diff", "--help"), ("help", "codegen", "diff")])
def test_its_tools_have_help_as_every_command(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: omics codegen diff [options] OLD NEW\n\nCompare two documents")


@pytest.mark.parametrize(
    "words",
    [["no.yaml", "--name", "n", "--out", "o"], ["diff", "no.yaml", "no.yaml"], [".", "--name", "n", "--out", "o"]],
)
def test_a_document_that_is_none_is_usage(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_codegen(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Use an OpenAPI or Swagger document" in line


def test_a_document_is_read_from_a_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_codegen("https://api.example.org/api?as=json", "--name", "n", "--out", "o") == 2
    assert (
        "cannot read a document from a URL. "
        "Download it first: curl -fsSo openapi.json 'https://api.example.org/api?as=json'; see:"
    ) in capsys.readouterr().err
    assert run_codegen("https://ada:canary@api.example.org/api", "--name", "n", "--out", "o") == 2
    assert "canary" not in capsys.readouterr().err
    assert run_codegen("-", "--name", "n", "--out", "o") == 2
    assert "cannot read a document from standard input. Save it in a file" in capsys.readouterr().err


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_a_file_where_the_project_should_go_is_usage(
    spec: Path, tmp_path: Path, inside: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").write_text("mine")
    assert run_codegen(spec, "--name", "n", "--out", tmp_path / "there" / inside) == 2
    assert "a file has that name" in capsys.readouterr().err
    assert (tmp_path / "there").read_text() == "mine"


def test_nothing_is_fetched_where_no_user_can_confirm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "far.yaml"
    spec.write_text(DOCUMENT.replace("{type: string}}]", "{$ref: 'https://a.example/s.yaml'}}]"))
    words = (spec, "--name", "far", "--out", tmp_path / "out", "--fetch", "--strict")
    assert run_codegen(*words) == 1
    assert "--allow-url" in capsys.readouterr().err
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: "n\n", raising=False)
    assert run_codegen(*words) == 1
    question = "omics: the document refers to:\nomics:   https://a.example\nFetch from there? [y/N]"
    assert question in capsys.readouterr().err


# -- projects, whose files are not formatted here: that is a process

LOSSY = """\
openapi: 3.0.3
info: {title: Lossy, version: '1'}
paths:
  /a:
    gett: {responses: {'200': {description: fine}}}
    get:
      operationId: getA
      tags: [a]
      parameters: [{name: q, in: query}, q]
      responses: {'200': {description: fine, content: {application/json: {schema: {type: strnig}}}}}
  /b: {get: {operationId: getB, tags: [b], responses: {}}}
"""


@pytest.fixture
def unformatted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk_codegen.write._format", lambda names: None)


@pytest.mark.usefixtures("unformatted")
def test_a_project_is_compared_with_the_options_that_it_was_generated_with(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, overlay = tmp_path / "out", tmp_path / "overlay.yaml"
    name = "{target: '$.paths[*].get', update: {x-omics-name: read_it}}"
    overlay.write_text(f"overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\nactions:\n- {name}\n")
    words = (spec, "--out", out, "--name", "small_client", "--overlay", overlay, "--open-enums", "--only", "GET /a*")
    assert run_codegen(*words, "--check") == 1
    assert capsys.readouterr().err == f"omics: {out} does not exist. Generate it without --check.\n"
    assert run_codegen(*words) == 0
    package = out / "src" / "small_client"
    files = sum(path.is_file() and "_runtime" not in path.parts for path in package.rglob("*"))
    counts, differing, *_ = capsys.readouterr().err.splitlines()
    assert counts.startswith(f"omics: {package}: 1 operation, 0 models, ")
    assert int(counts.split(", ")[2].removesuffix(" files")) <= files
    assert differing.startswith(f"omics: {package / 'report.json'} lists what differs from the document: ")
    assert "1 without a type" in differing
    again = "omics codegen small.yaml --only 'GET /a*' --overlay overlay.yaml --open-enums --name small_client"
    assert f"\n# Again: {again}\n" in (out / "pyproject.toml").read_text()
    assert run_codegen(*words, "--check") == 0
    assert f"{out} is up to date with {spec} (" in capsys.readouterr().err
    (package / "commands.json").write_text("[]")
    assert run_codegen(*words, "--check") == 1
    *_, last = capsys.readouterr().err.splitlines()
    assert last == f"omics: {out} differs from {spec}. Generate it again without --check."
    assert run_codegen(*words, "--no-cli", "--check") == 1
    assert f"Use the options that it was generated with: {again}" in capsys.readouterr().err
    for old in (out, package):  # whose document has the overlay already, which would find nothing to remove
        overlay.write_text(
            overlay.read_text().replace(f"- {name}", "- {target: '$.paths[*].get.operationId', remove: true}")
        )
        assert run_codegen("diff", old, spec, "--overlay", overlay, "--json") == 0
        assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("unformatted")
def test_what_is_lost_or_should_be_corrected_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, out = tmp_path / "lossy.yaml", tmp_path / "out"
    spec.write_text(LOSSY)
    assert run_codegen(spec, "--name", "lossy", "--out", out) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "2 lost" in lines[1]
    assert [line.removeprefix(f"omics: {spec}:").partition(" (")[0] for line in lines[2:]] == [
        "5: gett is left out: it is no method; did you mean get?",
        "9: parameter 1 is left out: it isn't a mapping",
        "10: 'strnig' is no type; any value",
    ]
    assert run_codegen(spec, "--name", "lossy", "--out", out, "--strict", "--only", "b") == 3
    output = capsys.readouterr().err
    assert "left out by --only b" in output
    spec.write_text(LOSSY.replace("type: strnig", "$ref: '#/none'"))
    assert run_codegen(spec, "--name", "lossy", "--out", out) == 3
    assert "\nomics: 1 part is left out or taken as any value" in capsys.readouterr().err
    spec.write_text(LOSSY[: LOSSY.index("  /a:")].replace("paths:", "paths: {}"))
    assert run_codegen(spec, "--name", "lossy", "--out", out) == 3
    spec.write_text(LOSSY)
    assert run_codegen(spec, "--name", "lossy", "--out", out, "--templates", tmp_path / "none") == 2
    assert "not a folder" in capsys.readouterr().err
    assert run_codegen("templates", "cleint.py.jinja") == 2
    assert "unknown template cleint.py.jinja" in capsys.readouterr().err
