"""Blocks of statements take effect together, within one another too."""

from pathlib import Path

import pytest
from omicsdk.sandbox.state.database import Database


@pytest.fixture
def database(tmp_path: Path):
    database = Database(tmp_path / "state.sqlite")
    database.define(words="word TEXT PRIMARY KEY")
    yield database
    database.close()


def _words(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM words ORDER BY word")]


def _add(database: Database, word: str) -> None:
    database.execute("INSERT INTO words VALUES (?)", (word,))


def _fail_after(database: Database, *words: str) -> None:
    with database.transaction():
        for word in words:
            with database.transaction():
                _add(database, word)
        raise ValueError("no")


def test_a_block_that_fails_leaves_nothing_not_even_of_blocks_within_it(database: Database):
    with pytest.raises(ValueError, match="no"):
        _fail_after(database, "a", "b")
    assert _words(database) == []


def test_an_inner_block_that_fails_is_undone_and_the_outer_one_goes_on(database: Database):
    with database.transaction():
        _add(database, "a")
        with pytest.raises(ValueError, match="no"):
            _fail_after(database, "b", "c")
        _add(database, "d")
    assert _words(database) == ["a", "d"]
