"""Blocks of statements take effect together, within one another too."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from omicsdk.sandbox.state.database import Database, Table


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


def test_an_inner_block_that_fails_is_undone_and_the_outer_one_continues(database: Database):
    with database.transaction():
        _add(database, "a")
        with pytest.raises(ValueError, match="no"):
            _fail_after(database, "b", "c")
        _add(database, "d")
    assert _words(database) == ["a", "d"]


@dataclass(frozen=True, slots=True)
class Word:
    language: str
    text: str
    count: int
    weight: float | None
    good: bool
    forms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Note:
    number: int
    text: str


def test_rows_of_a_table_are_objects(database: Database):
    table = Table(database, "table_of_words", Word, key="language text", indexes=["count"])
    one, two = Word("en", "omics", 2, 0.5, True, ["omic"]), Word("de", "Omik", 2, None, False, [])
    assert table.add_new(one)
    assert not table.add_new(one)
    table.put_all([two])
    assert table.get("de", "Omik") == two
    assert table.get("de", "omics") is None
    assert table.get("de", None) is None
    assert table.all(order="text DESC") == [one, two]
    assert table.all("weight IS NULL OR weight > ?", 1, count=2) == [two]
    assert table.all(limit=1, offset=1) == [two]
    assert (table.count(good=True), table.count(language=None)) == (1, 2)
    assert table.change("en", "omics", forms=["omes"], good=False)
    assert not table.change("en", "x", good=False)
    assert not table.change("en", None, good=False)
    assert table.first(language="en") == replace(one, forms=["omes"], good=False)
    assert table.remove(language=None) == 0
    assert (table.remove("count > ?", 2), table.remove(language="de"), table.count()) == (0, 1, 1)


def test_a_key_that_is_a_number_counts_up_and_is_never_used_again(database: Database):
    table = Table(database, "notes", Note)
    assert [table.add(Note(0, text)) for text in "abc"] == [1, 2, 3]
    table.remove(number=3)
    assert table.add(Note(0, "d")) == 4
    assert [note.text for note in table.all()] == ["a", "b", "d"]
    database.replace({})
    assert table.add(Note(0, "a")) == 1


def test_rows_are_replaced_where_they_differ_and_nothing_else_is_written(database: Database, tmp_path: Path):
    notes, more = Table(database, "notes", Note), Table(database, "more", Note)
    _add(database, "genome")
    assert [notes.add(Note(0, text)) for text in "abc"] == [1, 2, 3]
    kept = database.contents()
    log = tmp_path / "state.sqlite-wal"
    written = log.stat().st_size
    database.replace(kept)
    assert log.stat().st_size == written
    notes.change(2, text="x")
    notes.add(Note(0, "d"))
    more.add(Note(0, "e"))
    _add(database, "proteome")
    database.replace(kept)
    assert database.contents() == kept
    assert (more.add(Note(0, "e")), notes.add(Note(0, "d"))) == (1, 4)  # numbers continue after those that were kept
    assert _words(database) == ["genome"]


@pytest.mark.parametrize("beginning", ["", "WITH others AS (SELECT 'b') "])
def test_changed_rows_are_counted_whatever_a_statement_begins_with(database: Database, beginning: str):
    # In a Turkish locale sqlite3 recognises INSERT no more than WITH.
    assert database.execute(f"{beginning}INSERT INTO words VALUES ('a'), ('b')") == 2
    assert database.execute(f"{beginning}INSERT OR IGNORE INTO words VALUES ('a')") == 0
    assert database.execute(f"{beginning}DELETE FROM words WHERE word = 'a'") == 1
