"""Servers and gateways that state something else than is true: nothing else than what was asked for is touched.

Each command runs against each store behind a proxy that changes its answers: all of them, or a single one. Afterwards the server
itself is looked at: what lies outside of the command's folder is unchanged, and a source is gone only where its bytes are in place.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lied_stores import READ_ONLY, ROOTS, World
from lying_proxy import Lie
from trials import marked

pytestmark = pytest.mark.sandbox

# -- commands


@dataclass(frozen=True)
class Command:
    """A command about the folder `in`.

    Attributes:
        words: Its words; {root} is the store's folder, {asked} its folder `in` and {here} a folder of this machine.
        local: Files of this machine when it begins, by path below {here}.
        moves: How a file that it moves is called at its target, by its path at the source; empty if it moves nothing.
        removes: Whether it may remove what is in the folder `in`.
    """

    words: str
    local: Mapping[str, bytes] = field(default_factory=dict)
    moves: str = ""
    removes: bool = False


OURS = {"in/a.txt": b"a", "in/b.txt": b"bb", "beside/k.txt": b"kept"}
COMMANDS = {
    "ls": Command("ls -r {asked}"),
    "cp down": Command("cp -r {asked} {here}/in/", {"beside/k.txt": b"kept"}),
    "cp up": Command("cp -r {here}/new/ {root}/in/", {"new/n.txt": b"nnn", "beside/k.txt": b"kept"}),
    "sync down": Command("sync --delete --yes {asked} {here}/in/", OURS),
    "sync up": Command("sync --delete --yes {here}/in/ {root}/in/", OURS, removes=True),
    "rm": Command("rm -r --yes {root}/in/", removes=True),
    "rm a file": Command("rm --yes {root}/in/b.txt", removes=True),
    "mv down": Command("mv {root}/in/ {here}/moved/", {"beside/k.txt": b"kept"}, moves="down", removes=True),
    "mv up": Command("mv {here}/new/ {root}/in/", {"new/n.txt": b"nnn", "beside/k.txt": b"kept"}, moves="up"),
    "mv within": Command("mv {root}/in/b.txt {root}/in/renamed.txt", moves="within", removes=True),
}


def check(world: World, command: Command, lie: Lie | None, only: int | None) -> int:
    """Run a command while one lies, look at what became of both sides, and return its exit code."""
    here = world.folder / "here"
    _make(here, command.local)
    before = world.contents()
    words = [word.format(root=world.root, asked=world.asked, here=here) for word in command.words.split(" ")]
    ended = world.run(lie, only, *words)
    after = world.contents()
    local = {path.relative_to(here).as_posix(): path.read_bytes() for path in here.rglob("*") if path.is_file()}
    said = f"{' '.join(words)}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}"
    try:
        assert "This is a bug" not in said, said
        assert "Traceback" not in said, said
        outside = {name: value for name, value in before.items() if not name.startswith("in/")}
        assert {name: after.get(name) for name in outside} == outside, said
        assert {name for name in after if not name.startswith("in/")} == outside.keys(), said
        assert local.get("beside/k.txt", b"kept") == b"kept", said
        inside = {name for name in before if name.startswith("in/")}
        if not command.removes:
            assert inside <= after.keys(), said
        if command.moves == "down":
            for name in inside - after.keys():
                assert local.get(f"moved/{name.removeprefix('in/')}") == world.files[name], said
        if command.moves == "up" and "new/n.txt" not in local:
            assert json.loads(after["in/n.txt"])[0] == len(b"nnn"), said
        if command.moves == "within" and "in/b.txt" not in after:
            assert after["in/renamed.txt"] == before["in/b.txt"], said
        if command is COMMANDS["sync down"]:
            assert {name for name in command.local if name in world.files or name == "beside/k.txt"} <= local.keys(), (
                said
            )
    finally:
        world.restore(before, world.contents())
    if lie is None:
        # Seven Bridges states no checksum of a file, so that its source is kept.
        keeps = command is COMMANDS["mv down"] and world.root.startswith("sb://")
        assert ended.returncode == (3 if keeps else 0), said
    return ended.returncode


def _make(folder: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


RIGHT, REFUSED = "right file", "refused, nothing else touched"
READING = ("ls", "cp down", "sync down")
CASES = [
    pytest.param(scheme, name, id=f"{scheme}-{name}", marks=pytest.mark.fault(f"omics {name}, {scheme}://", ends=()))
    for scheme in (*ROOTS, *READ_ONLY)
    for name in COMMANDS
    if scheme in ROOTS or name in READING
]


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """How each run of a test ended, which the page on reliability states."""
    endings: list[str] = []
    yield endings
    section = (request.module.__doc__ or "").partition("\n")[0].rstrip(".")
    name = marked(request.node)[0]
    order = f"{request.node.path.name}:{CASES.index(next(case for case in CASES if case.id == request.node.callspec.id)):05}"
    told = {"section": section, "fault": name, "order": order, "endings": endings}
    request.node.user_properties.append(("fault", told))


@pytest.mark.parametrize(("world", "name"), CASES, indirect=["world"])
def test_nothing_else_is_touched(world: World, name: str, counted: list[str]) -> None:
    command = COMMANDS[name]
    check(world, command, None, None)
    assert world.requests
    for lie in world.lies:
        counted.append(RIGHT if check(world, command, lie, None) == 0 else REFUSED)


@pytest.mark.long
@pytest.mark.parametrize(("world", "name"), CASES, indirect=["world"])
def test_nothing_else_is_touched_for_any_single_lie(world: World, name: str, counted: list[str]) -> None:
    command = COMMANDS[name]
    check(world, command, None, None)
    for lie in world.lies:
        for only in range(world.requests):
            counted.append(RIGHT if check(world, command, lie, only) == 0 else REFUSED)
