"""The script that creates the published clients' environments, without creating one."""

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location("make_environments", Path(__file__).with_name("make_environments.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def made(script: Any, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Use this interpreter for each new environment, without pip; return the created folders."""
    folders: list[Path] = []
    run = script._run

    def step(name: str, what: str, command: list[str]) -> None:
        if what == "make":
            folder = Path(command[-1])
            assert not folder.exists()
            folder.mkdir()
            folders.append(folder)
        elif what != "install":
            run(name, what, command)

    monkeypatch.setattr(script, "python_of", lambda _: sys.executable)
    monkeypatch.setattr(script, "_run", step)
    return folders


def test_every_environment_is_described(script: Any) -> None:
    environments = script.load()
    assert "hca" in environments
    for environment in environments.values():
        if "npm" in environment:
            assert all(
                re.fullmatch(r".+@\d+\.\d+\.\d+(-(alpha|beta)\.\d+)?", package) for package in environment["npm"]
            )
            assert set(environment) <= {"npm", "script", "for"}
            assert all((script.ROOT / path).is_file() for path in environment.get("script", ()))
            continue
        assert environment["requirements"]
        assert environment["imports"]
        assert set(environment) <= {"requirements", "forced", "imports", "for"}


def test_an_environment_with_a_script_is_created_again_when_that_changes(
    script: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(script, "ROOT", tmp_path)
    environment = {"npm": ["x@1.0.0"], "script": ["made.mjs"]}
    (tmp_path / "made.mjs").write_text("one")
    before = script.fingerprint(environment)
    (tmp_path / "made.mjs").write_text("two")
    assert script.fingerprint(environment) != before


def test_an_environment_is_created_again_when_its_inputs_change(script: Any, made: list[Path], tmp_path: Path) -> None:
    folder, environment = tmp_path / "peers" / "x", {"requirements": ["x==1"], "imports": ["json"]}
    assert not script.is_made(folder, environment)
    script.make("x", environment, folder)
    assert script.is_made(folder, environment)
    changed = {**environment, "requirements": ["x==2"]}
    assert not script.is_made(folder, changed)
    (folder / "left-over").touch()
    script.make("x", changed, folder)
    assert script.is_made(folder, changed)
    assert not (folder / "left-over").exists()
    assert made == [folder, folder]


def test_another_python_is_another_environment(script: Any) -> None:
    assert script.fingerprint({}, "3.11") != script.fingerprint({}, "3.12")


def test_a_client_that_cannot_be_imported_is_reported_as_failed(script: Any, made: list[Path], tmp_path: Path) -> None:
    environment = {"requirements": ["x"], "imports": ["json", "no_such_module"]}
    with pytest.raises(script.NotMade, match=r"import no_such_module in \.peers/x: ModuleNotFoundError"):
        script.make("x", environment, tmp_path / "x")
    assert not script.is_made(tmp_path / "x", environment)


def test_main_does_nothing_when_all_environments_exist(
    script: Any, made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "PEERS", tmp_path)
    environments = {
        "a": {"requirements": ["a"]},
        "b": {"requirements": ["b"]},
        "c": {"requirements": ["c"], "for": ["bench"]},
    }
    monkeypatch.setattr(script, "load", lambda: environments)
    assert script.main(["a"]) == 0
    assert script.main([]) == 0
    assert made == [tmp_path / "a", tmp_path / "b"]
    capsys.readouterr()
    assert script.main([]) == 0
    assert capsys.readouterr().err == ""


def test_main_names_failed_and_unknown_environments(
    script: Any, made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(script, "PEERS", tmp_path)
    broken = {"requirements": ["x"], "imports": ["no_such_module"]}
    monkeypatch.setattr(script, "load", lambda: {"broken": broken, "fine": {"requirements": ["y"]}})
    assert script.main([]) == 1
    assert "could not import no_such_module in .peers/broken" in capsys.readouterr().err
    assert sorted(made) == [tmp_path / "broken", tmp_path / "fine"]
    with pytest.raises(SystemExit):
        script.main(["other"])
    assert "no environment other; there are broken, fine" in capsys.readouterr().err


def test_servers_of_others_are_made_for_their_target_and_by_npm(
    script: Any, made: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def install(name: str, what: str, command: list[str]) -> None:
        Path(command[command.index("--prefix") + 1]).mkdir()
        ran.append(command)

    monkeypatch.setattr(script, "_run", install)
    monkeypatch.setattr(script, "PEERS", tmp_path)
    environments = {"a": {"requirements": ["a"]}, "s": {"npm": ["s@1.0.0"], "for": ["real"]}}
    monkeypatch.setattr(script, "load", lambda: environments)
    assert script.main(["--for", "real"]) == 0
    assert [(command[:2], command[-1]) for command in ran] == [(["npm", "install"], "s@1.0.0")]
    assert capsys.readouterr().err == "real: making .peers/s\n"
    assert script.main(["--for", "real"]) == 0
    assert len(ran) == 1


def test_a_missing_program_is_named(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.shutil, "which", lambda _: None)
    with pytest.raises(script.NotMade, match=r"could not install \.peers/s: npm is not installed"):
        script._run("s", "install", ["npm", "install"])
