"""Servers and gateways that state something else than is true: nothing else than what was asked for is touched.

Each command runs against each store behind a proxy that changes its responses: all of them, or a single one. Afterwards the server
itself is looked at: what lies outside of the command's folder is unchanged, and a source is gone only where its bytes are in place.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lied_stores import READ_ONLY, ROOTS, World
from lying_proxy import COUNTED_MORE, EMPTIED, SHORTENED, Lie
from trials import fault_property

pytestmark = pytest.mark.sandbox

# -- commands


@dataclass(frozen=True)
class Command:
    """A command about the folder `in`.

    Attributes:
        words: Its words; {root} is the store's folder, {uri} its folder `in`, {new} files to put and {up} where to, {object} the same as an
            object of DRS has it, {id} its last name and {here} a folder of this machine. Empty if each platform has its own.
        local: Files of this machine when it begins, by path below {here}.
        moves: How a file that it moves is called at its target, by its path at the source; empty if it moves nothing.
        removes: Whether it may remove what is in the folder `in`.
    """

    words: str
    local: Mapping[str, bytes] = field(default_factory=dict)
    moves: str = ""
    removes: bool = False


#: The downloads of platforms' own groups of commands.
DOWNLOADS = {
    "sb": "sb files download {uri} --download-dir {here}/in",
    "dss": "dss download --bundle-uuid {id} --replica aws --download-dir {here}/in",
    "azul": "azul download --filter projectId={id} --to {here}/in",
    "gen3": "gen3 download {id} --download-dir {here}/in",
    "drs": "drs download {object} --download-dir {here}/in",
}
OURS = {"in/a.txt": b"a", "in/b.txt": b"bb", "beside/k.txt": b"kept"}
COMMANDS = {
    "ls": Command("ls -r {uri}"),
    "cp down": Command("cp -r {uri} {here}/in/", {"beside/k.txt": b"kept"}),
    "get": Command("get {object} --to {here}/in", {"beside/k.txt": b"kept"}),
    "download": Command("", {"beside/k.txt": b"kept"}),
    "cp up": Command("cp -r {new} {up}", {"new/n.txt": b"nnn", "beside/k.txt": b"kept"}),
    "sync down": Command("sync --delete --yes {uri} {here}/in/", OURS),
    "sync up": Command("sync --delete --yes {here}/in/ {root}/in/", OURS, removes=True),
    "rm": Command("rm -r --yes {root}/in/", removes=True),
    "rm a file": Command("rm --yes {root}/in/b.txt", removes=True),
    "mv down": Command("mv {root}/in/ {here}/moved/", {"beside/k.txt": b"kept"}, moves="down", removes=True),
    "mv up": Command("mv {new} {up}", {"new/n.txt": b"nnn", "beside/k.txt": b"kept"}, moves="up"),
    "mv within": Command("mv {root}/in/b.txt {root}/in/renamed.txt", moves="within", removes=True),
}


def spelled(world: World, words: str) -> list[str]:
    """The words of a command with their places, as `Command.words`."""
    bare = world.uri.rstrip("/")
    places = {"root": world.root, "uri": world.uri, "id": bare.rpartition("/")[2], "here": world.folder / "here"}
    # A folder becomes a bundle as a whole.
    places["new"], places["up"] = f"{places['here']}/new", "dss://aws/"
    if world.root:
        places["new"], places["up"] = f"{places['new']}/", f"{world.root}/in/"
    places["object"] = bare if world.scheme == "drs" else world.uri
    return [word.format_map(places) for word in words.split(" ")]


def check(world: World, command: Command, lie: Lie | None, only: int | None, before: Mapping[str, str]) -> int:
    """Run a command while one lies, look at what became of both sides, and return its exit code.

    Args:
        world: The store.
        command: The command.
        lie: The lie.
        only: The number of the one request that is lied about; None for all.
        before: What the server has, and has again afterwards.
    """
    here = world.folder / "here"
    _make(here, command.local)
    words = spelled(world, command.words or DOWNLOADS[world.scheme])
    ended = world.run(lie, only, *words)
    after = world.contents()
    local = {path.relative_to(here).as_posix(): path.read_bytes() for path in here.rglob("*") if path.is_file()}
    message = f"{' '.join(words)}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}"
    try:
        assert "This is a bug" not in message, message
        assert "Traceback" not in message, message
        outside = {name: value for name, value in before.items() if not name.startswith("in/")}
        assert {name: after.get(name) for name in outside} == outside, message
        assert {name for name in after if not name.startswith("in/")} == outside.keys(), message
        assert local.get("beside/k.txt", b"kept") == b"kept", message
        inside = {name for name in before if name.startswith("in/")}
        if not command.removes:
            assert inside <= after.keys(), message
        if command.moves == "down":
            for name in inside - after.keys():
                assert local.get(f"moved/{name.removeprefix('in/')}") == world.files[name], message
        if "new/n.txt" in command.local and (ended.returncode == 0 or "new/n.txt" not in local):
            if world.root:
                assert json.loads(after["in/n.txt"])[0] == len(b"nnn"), message
            else:  # a new bundle
                (file,) = json.loads(ended.stdout)["files"]
                assert world.run(None, None, "cat", file["target"]).stdout == "nnn", message
        if command.moves == "within" and "in/b.txt" not in after:
            assert after["in/renamed.txt"] == before["in/b.txt"], message
        names = {name for name in world.files if name.startswith("in/")}
        is_counted = not (world.states_no_counts and lie in (EMPTIED, SHORTENED))
        if ended.returncode == 0 and is_counted:  # otherwise something may be missing
            if command is COMMANDS["ls"]:
                assert all(name.removeprefix("in/") in ended.stdout for name in names), message
            if command in FETCHING:  # a platform may have folders of its own
                here_now = {name.rpartition("/")[2] for name in local if name.startswith("in/")}
                assert {name.rpartition("/")[2] for name in names} <= here_now, message
        if command is COMMANDS["sync down"] and (is_counted or lie is EMPTIED):
            assert {name for name in command.local if name in world.files or name == "beside/k.txt"} <= local.keys(), (
                message
            )
    finally:
        world.restore(before, after)
    if lie is None:
        # Seven Bridges states no checksum of a file, so that its source is kept.
        keeps = command is COMMANDS["mv down"] and world.root.startswith("sb://")
        assert ended.returncode == (3 if keeps else 0), message
    return ended.returncode


FETCHING = [COMMANDS[name] for name in ("cp down", "sync down", "get", "download")]


def _make(folder: Path, files: Mapping[str, bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


RIGHT, REFUSED = "right file", "refused or partial, nothing else touched"
READING = ("ls", "cp down", "sync down", "get", "download")
CASES = [
    pytest.param(scheme, name, id=f"{scheme}-{name}", marks=pytest.mark.fault(f"omics {name}, {scheme}://", ends=()))
    for scheme in (*ROOTS, *READ_ONLY)
    for name in COMMANDS
    if (scheme in ROOTS or name in READING or (scheme == "dss" and name in ("cp up", "mv up")))
    and (name != "download" or scheme in DOWNLOADS)
    and (name != "get" or scheme not in ("azul", "crunch"))  # which it does not take
]


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """How each run of a test ended, which the page on reliability states."""
    endings: list[str] = []
    yield endings
    order = [case.id for case in CASES].index(request.node.callspec.id)
    request.node.user_properties.append(fault_property(request.node, order, endings))


@pytest.mark.parametrize(("world", "name"), CASES, indirect=["world"])
def test_nothing_else_is_touched(world: World, name: str, counted: list[str]) -> None:
    command, before = COMMANDS[name], world.contents()
    check(world, command, None, None, before)
    assert world.request_count
    for lie in world.lies:
        code = check(world, command, lie, None, before)
        counted.append(RIGHT if code == 0 else REFUSED)
        if (
            lie is COUNTED_MORE
            and world.scheme in ("s3", "sb", "azul")
            and name in ("ls", "cp down", "get", "download")
        ):
            assert code == 3  # what is listed is used, but something may be missing


#: Commands about a bundle whose list of files is lost, and how they end.
EMPTY = {
    "ls {uri}": 0,
    "ls -r {uri}": 0,
    "find {uri}": 0,
    "du {uri}": 0,
    "verify {uri}": 0,
    "verify {uri} --fail-empty": 1,
    "verify {uri} {here}/in": 0,
    "verify {uri} {here}/in --fail-empty": 1,
    "cp -r {uri} {here}/copy/": 0,
    "cp -r {uri} {here}/copy/ --fail-empty": 1,
    "cp -r {uri} s3://omics-staging/x/": 0,
    "sync {uri} {here}/in/": 0,
    "sync {uri} {here}/in/ --fail-empty": 1,
    "sync --delete {uri} {here}/in/": (1, 2),
    "mv {uri} {here}/moved/": 2,
    "rm -r {uri}": 2,
    "get {object} --to {here}/got": 0,
    "get {object} --to {here}/got --fail-empty": 1,
    "download": 0,
    "download --fail-empty": 1,
}


@pytest.mark.parametrize("words", EMPTY)
@pytest.mark.parametrize("world", ["dss", "drs", "gen3"], indirect=True)
def test_a_bundle_without_files_is_a_warning_by_which_nothing_is_removed(world: World, words: str) -> None:
    here = world.folder / "here"
    _make(here, OURS)
    template = words.replace("download", DOWNLOADS[world.scheme])
    ended = world.run(EMPTIED, None, "--yes", *spelled(world, template))
    message = f"{words}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}"
    expected = EMPTY[words]
    assert ended.returncode in ((expected,) if isinstance(expected, int) else expected), message
    assert {name: (here / name).read_bytes() for name in OURS} == OURS
    if expected != 2:
        assert "has no files" in ended.stderr or "its server lists no members" in ended.stderr, message
    if words.startswith(("cp", "get", "download")):
        assert "0 files (0 B)" in ended.stderr, message
    if "--fail-empty" in words:
        assert "nothing to do: no file is selected" in ended.stderr, message


@pytest.mark.long
@pytest.mark.timeout(900)  # a run of the command for each of up to 40 requests and each of ten lies
@pytest.mark.parametrize(("world", "name"), CASES, indirect=["world"])
def test_nothing_else_is_touched_for_any_single_lie(world: World, name: str, counted: list[str]) -> None:
    command, before = COMMANDS[name], world.contents()
    check(world, command, None, None, before)
    for lie in world.lies:
        for only in range(world.request_count):
            counted.append(RIGHT if check(world, command, lie, only, before) == 0 else REFUSED)
