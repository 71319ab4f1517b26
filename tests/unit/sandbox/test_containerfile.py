"""The container file against the project: its commands exist and parse, its numbers agree. No image is built."""

import json
import re
import shlex
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.main import main
from omicsdk.sandbox.traffic.server_thread import is_ours

CHECKOUT = Path(__file__).parents[3]
LINES = re.sub(r"\\\n\s*", "", (CHECKOUT / "Containerfile").read_text(encoding="utf-8")).splitlines()
INSTRUCTIONS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]
PROJECT: dict[str, Any] = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _only(name: str) -> str:
    [arguments] = [rest for instruction, rest in INSTRUCTIONS if instruction == name]
    return arguments


def _options(words: list[str]) -> dict[str, str]:
    assert words[:2] == ["omics", "sandbox"]
    return dict(zip(words[3::2], words[4::2], strict=True))


ENTRY = json.loads(_only("ENTRYPOINT"))
START = [*ENTRY, *json.loads(_only("CMD"))]
HEALTH = json.loads(_only("HEALTHCHECK").partition("CMD ")[2])


def test_its_python_is_one_that_the_project_supports():
    version = re.search(r"python:(\d+)\.(\d+)-slim$", _only("FROM"))
    assert version is not None
    least = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"])
    assert least is not None
    assert tuple(map(int, version.groups())) >= tuple(map(int, least.groups()))


def test_it_installs_a_wheel_of_the_project_with_the_sandbox():
    [install] = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "pip install" in rest]
    assert f"{PROJECT['name']}-*.whl" in _only("COPY")
    extras = re.search(r"\[([\w,]+)\]", install)
    assert extras is not None
    assert {"sandbox"} < {*extras[1].split(",")} < PROJECT["optional-dependencies"].keys()
    assert [*PROJECT["scripts"]] == ENTRY


def test_the_builder_is_sent_the_wheel_and_nothing_else():
    lines = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert "*" in lines
    assert [fnmatchcase("dist/omicsdk-0.1.0-py3-none-any.whl", pattern) for pattern in kept] == [True]
    assert _only("COPY").startswith("dist/")


def test_its_server_is_not_root_and_keeps_its_state_in_the_volume():
    names = [name for name, _ in INSTRUCTIONS]
    user = _only("USER")
    assert user not in ("root", "0")
    assert any(name == "RUN" and f"{user}:{user} /state" in rest for name, rest in INSTRUCTIONS)
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert json.loads(_only("VOLUME")) == [_options(START)["--dir"]]


def test_its_ports_are_those_that_the_server_listens_on():
    options = _options(START)
    assert _only("EXPOSE").split() == [options["--port"], options["--s3-port"]]
    assert _options(HEALTH)["--url"] == f"http://127.0.0.1:{options['--port']}"
    assert options["--host"] == "0.0.0.0"


def test_its_licence_is_the_projects():
    licence = PROJECT["license"]
    assert (licence if isinstance(licence, str) else licence["text"]) in _only("LABEL")


@pytest.mark.parametrize(
    ("words", "function"),
    [(START, "omicsdk.cli.commands.sandbox.up"), (HEALTH, "omicsdk.cli.commands.sandbox.status")],
    ids=["start", "health"],
)
def test_its_commands_exist_and_take_their_options(monkeypatch: pytest.MonkeyPatch, words: list[str], function: str):
    taken: list[dict[str, object]] = []
    monkeypatch.setattr(function, lambda **arguments: taken.append(arguments))
    assert main(words[1:]) == 0
    for option, value in _options(words).items():
        assert str(taken[0][option.removeprefix("--").replace("-", "_")]) == value


PAGE = (CHECKOUT / "docs" / "testing-with-the-sandbox.md").read_text(encoding="utf-8")
_, _, SECTION = PAGE.partition("## In a container")


def _runs() -> list[tuple[list[str], list[str]]]:
    """What the page runs by podman: the words before the image's name, and what becomes the container's command."""
    lines = [line for line in SECTION.replace("\\\n", "").splitlines() if line.startswith("podman run ")]
    runs: list[tuple[list[str], list[str]]] = []
    for line in lines:
        words = shlex.split(line)
        image = words.index("omics", 2)
        before, after = words[:image], words[image + 1 :]
        command = [*ENTRY, *after] if after else START
        runs.append((before, command))
    return runs


def test_the_commands_of_the_page_are_accepted(monkeypatch: pytest.MonkeyPatch):
    taken: list[tuple[str, dict[str, Any]]] = []
    for name in ("sandbox.up", "sandbox.load"):
        monkeypatch.setattr(
            f"omicsdk.cli.commands.{name}", lambda name=name, **arguments: taken.append((name, arguments))
        )
    for _, words in _runs():
        assert words[0] == "omics"
        assert main(words[1:]) == 0
    assert [name for name, _ in taken] == ["sandbox.up", "sandbox.up", "sandbox.load"]
    assert [arguments["dir"] for _, arguments in taken] == ["/state"] * 3
    assert [arguments.get("allow_host") for _, arguments in taken[:2]] == [None, ["sandbox", ".sandbox"]]


def test_another_container_reaches_it_by_the_name_that_the_page_allows():
    [(before, words)] = [run for run in _runs() if "--network" in run[0]]
    name = before[before.index("--name") + 1]
    allowed = [words[at + 1] for at, word in enumerate(words) if word == "--allow-host"]
    port = _options(START)["--port"]
    for host in (f"{name}:{port}", f"bucket.{name}", "127.0.0.1"):
        assert is_ours(host, tuple(allowed))
        assert host == "127.0.0.1" or not is_ours(host)
    assert not is_ours(f"other{name}", tuple(allowed))
