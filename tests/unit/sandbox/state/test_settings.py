"""Settings: the values that each takes, and that changes outlive a restart."""

import re
from math import inf
from pathlib import Path

import pytest
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.settings import Setting, Settings


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
