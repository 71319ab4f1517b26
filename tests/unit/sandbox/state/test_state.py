"""The sandbox's state: the clock that tests move, settings, and snapshots of everything as one file."""

import asyncio
import io
import json
import re
import tarfile
from math import inf
from pathlib import Path

import pytest
from omicsdk.sandbox import load_snapshot
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import SCHEMA_VERSION, Database
from omicsdk.sandbox.state.folder import note_address
from omicsdk.sandbox.state.settings import Setting, Settings


class Real:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def real() -> Real:
    return Real()


@pytest.fixture
def clock(real) -> Clock:
    return Clock(real)


def test_time_runs_and_jumps(clock, real):
    assert clock.now() == 1000
    real.now += 5
    assert clock.now() == 1005
    assert clock.advance(60) == 1065
    real.now += 1
    assert clock.state() == {"now": 1066, "frozen": False, "offset": 60}


def test_time_stands_still(clock, real):
    clock.freeze()
    real.now += 100
    assert clock.now() == 1000
    assert clock.advance(7) == 1007
    assert clock.resume() == 1007
    real.now += 1
    assert clock.now() == 1008
    assert clock.freeze(5) == 5


def test_time_does_not_go_back(clock):
    for seconds in (-1, float("nan")):
        with pytest.raises(ValueError, match="only moves forward"):
            clock.advance(seconds)


def test_a_saved_state_is_taken_up(clock, real):
    clock.advance(60)
    later = Clock(real)
    later.restore(clock.state())
    assert later.now() == 1060
    clock.freeze()
    later.restore(clock.state())
    real.now += 9
    assert later.now() == 1060
    later.reset()
    assert later.now() == 1009


def test_listeners_hear_each_move_until_they_are_taken_back(clock):
    heard = []
    forget = clock.on_change(lambda: heard.append(clock.now()))
    clock.freeze()
    clock.advance(1)
    forget()
    forget()
    clock.resume()
    assert heard == [1000, 1001]


def test_waiting_in_a_loop_ends_when_time_is_moved(clock):
    clock.freeze()

    async def wait() -> float:
        sleeper = asyncio.create_task(clock.sleep_until(clock.now() + 10))
        await asyncio.sleep(0)
        for _ in range(2):
            assert not sleeper.done()
            clock.advance(5)
            await asyncio.sleep(0)
        await sleeper
        return clock.now()

    assert asyncio.run(wait()) == 1010


def test_a_moment_that_has_passed_is_not_waited_for():
    clock = Clock()
    clock.freeze(1000)
    began = clock.now()
    clock.advance(5)  # before the wait begins
    asyncio.run(asyncio.wait_for(clock.sleep_until(began + 5), 60))


@pytest.fixture
def database(tmp_path: Path):
    database = Database(tmp_path / "state.sqlite")
    yield database
    database.close()


def declared(database: Database) -> Settings:
    settings = Settings(database)
    settings.declare(
        Setting("s.count", 2, "Objects."),
        Setting("s.is_on", False, "Whether."),
        Setting("s.mode", "real", "How.", ("helpful", "real")),
        Setting("s.names", "", "Patterns."),
    )
    return settings


def test_changed_values_outlive_a_restart(database: Database):
    first = declared(database)
    assert (first.number("s.count"), first.flag("s.is_on"), first.text("s.mode")) == (2, False, "real")
    first.turn({"s.count": 1.5, "s.names": "a*"})
    first.turn({"s.count": 0, "s.is_on": True, "s.mode": "helpful"})
    for settings in (first, declared(database)):
        assert (settings.number("s.count"), settings.flag("s.is_on")) == (0, True)
        assert (settings.text("s.mode"), settings.text("s.names")) == ("helpful", "a*")
    assert first.all()["s.mode"] == {"value": "helpful", "default": "real", "meaning": "How."}
    with pytest.raises(TypeError, match="is a text"):
        first.number("s.mode")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("s.none", 1, "unknown setting 's.none'; known are s.count, s.is_on, s.mode, s.names"),
        ("s.is_on", "yes", "s.is_on takes true or false, not 'yes'"),
        ("s.names", 5, "s.names takes a text, not 5"),
        ("s.count", -1, "s.count takes 0 or more, not -1"),
        ("s.count", True, "s.count takes 0 or more, not True"),
        ("s.count", inf, "s.count takes 0 or more, not inf"),
        ("s.mode", "nice", "s.mode takes helpful or real, not 'nice'"),
    ],
)
def test_a_value_that_a_setting_does_not_take_changes_none(database: Database, name: str, value: object, message: str):
    settings = declared(database)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        settings.turn({"s.count": 5, name: value})
    assert settings.number("s.count") == 2


def _about_of(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "about.tar"
    entry = tarfile.TarInfo("snapshot.json")
    entry.size = len(content)
    with tarfile.open(path, "w") as archive:
        archive.addfile(entry, io.BytesIO(content.encode()))
    return path


def _about(tmp_path: Path, **changes: object) -> Path:
    description = {"format": 1, "schema": SCHEMA_VERSION, "version": "9", "made": 0.0, "contents": 0, "bytes": 0}
    return _about_of(tmp_path, json.dumps(description | changes))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "[" * 60_000])
def test_one_that_reveals_nothing_of_itself_is_refused(tmp_path: Path, content):
    with pytest.raises(ValueError, match=r"is not a snapshot of a sandbox: snapshot\.json cannot be read"):
        load_snapshot(_about_of(tmp_path, content), tmp_path / "second")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 2}, f"omicsdk 9 with layout 2.{SCHEMA_VERSION}"),
        ({"schema": SCHEMA_VERSION + 1}, f"reads 1.{SCHEMA_VERSION}"),
        ({}, "no state.sqlite"),
    ],
)
def test_one_of_another_release_is_refused(tmp_path: Path, changes, words):
    with pytest.raises(ValueError, match=words):
        load_snapshot(_about(tmp_path, **changes), tmp_path / "second")


def test_an_address_is_replaced_in_one_piece(tmp_path: Path):
    """A process that has the file of the former address open reads that one whole."""
    note_address(tmp_path, "http://127.0.0.1:1")
    with (tmp_path / "running.json").open() as former:
        note_address(tmp_path, "http://127.0.0.1:2")
        assert json.load(former) == {"url": "http://127.0.0.1:1"}
    assert json.loads((tmp_path / "running.json").read_text()) == {"url": "http://127.0.0.1:2"}
