from pathlib import Path

import pytest
from omicsdk_codegen import write
from omicsdk_codegen.__main__ import main
from omicsdk_codegen.write import FormatFailed, formatted, swap_in, tree_of, write_files

GOOD = {"__init__.py": "import os\nfrom collections import abc\nx={'a':os,'b':abc}\n", "data.json": "[]\n"}
DOCUMENT = """\
openapi: 3.0.3
info: {title: Small, version: "1"}
paths:
  /a: {get: {operationId: get_a, summary: Read a., responses: {"200": {description: fine}}}}
"""


def test_a_tree_is_formatted_and_put_in_place(tmp_path: Path) -> None:
    swap_in(GOOD, tmp_path / "deep" / "out")
    text = (tmp_path / "deep/out/__init__.py").read_text()
    assert text == 'import os\nfrom collections import abc\n\nx = {"a": os, "b": abc}\n'
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_what_was_there_goes(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "old.py").write_text("")
    swap_in(GOOD, target)
    assert sorted(path.name for path in target.iterdir()) == ["__init__.py", "data.json"]


def test_a_run_that_fails_leaves_the_old_tree(tmp_path: Path) -> None:
    target = tmp_path / "out"
    swap_in(GOOD, target)
    before = tree_of(target)
    with pytest.raises(FormatFailed, match=r"bad\.py"):
        swap_in({"bad.py": "def ("}, target)
    assert tree_of(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_rename_that_fails_brings_the_old_tree_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    swap_in(GOOD, target)
    before = tree_of(target)
    rename = Path.rename

    def failing(path: Path, to: Path) -> Path:
        if path.name == "new":
            raise OSError(28, "no room")
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="no room"):
        swap_in({"other.py": ""}, target)
    assert tree_of(target) == before


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    for name in ("../x.py", "/x.py", "a/../../x.py"):
        with pytest.raises(ValueError, match="leads out"):
            write_files(tmp_path / "in", {name: ""})


def test_the_form_does_not_depend_on_who_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    once = formatted(GOOD)
    (tmp_path / "ruff.toml").write_text("line-length = 20\n[format]\nquote-style = 'single'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUFF_CONFIG", str(tmp_path / "ruff.toml"))
    assert formatted(GOOD) == once
    monkeypatch.setattr(write.tempfile, "tempdir", str(tmp_path))
    assert formatted(GOOD) == once


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "group/two"):
        (tmp_path / "specs" / name).mkdir(parents=True)
        (tmp_path / "specs" / name / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def _run(command: str) -> int:
    return main([command, "--out", "out"])


def test_all_services_are_generated_and_indexed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("generate") == 0
    assert "out" in capsys.readouterr().err
    index = (project / "out/index.json").read_text()
    entry = '{"title":"Small","commands":[["get-a","Read a."]]}'
    assert index == f'{{"group/two":{entry},"one":{entry}}}\n'
    for path in ("__init__.py", "py.typed", "group/__init__.py", "group/two/client.py", "one/report.json"):
        assert (project / "out" / path).is_file()


def test_drift_is_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check") == 1
    assert _run("generate") == 0
    assert _run("check") == 0
    (project / "out/one/client.py").write_text("# edited\n")
    (project / "out/one/extra.py").write_text("")
    (project / "out/one/py.typed").unlink()
    capsys.readouterr()
    assert _run("check") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["differs: one/client.py", "missing: one/py.typed", "not from a document: one/extra.py"]
    assert "make codegen" in lines[3]


def test_two_runs_write_the_same_bytes(project: Path) -> None:
    assert _run("generate") == 0
    once = tree_of(project / "out")
    assert _run("generate") == 0
    assert tree_of(project / "out") == once


def test_faults_of_all_documents_are_told_and_nothing_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "group/two"):
        (project / "specs" / name / "openapi.yaml").write_text(DOCUMENT.replace("{description: fine}", "{$ref: '#/x'}"))
    assert _run("generate") == 1
    error = capsys.readouterr().err
    assert "specs/one/openapi.yaml:4" in error
    assert "specs/group/two/openapi.yaml:4" in error
    assert not (project / "out").exists()


def test_a_folder_without_documents_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--specs", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "no service is in it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_a_package_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "specs/one").rename(project / "specs/Not-One")
    assert _run("generate") == 1
    assert "Not-One can't be a package's name" in capsys.readouterr().err
