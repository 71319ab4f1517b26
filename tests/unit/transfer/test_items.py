"""Items: their names in messages, what their bytes may come from, and how many there are."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Item, Location
from omicsdk.transfer.items import ItemSource, MappedItems

PLACE = Location("https://a.example/x?signature")
MD5 = {"md5": "0" * 32}


@pytest.mark.parametrize(
    ("fields", "title", "source"),
    [
        ({}, "x", "https://a.example/x"),
        ({"label": "drs://a/1"}, "drs://a/1", "https://a.example/x"),
        ({"label": "one", "locate": lambda: PLACE}, "one", "one"),
        ({"source": "s3://b/x?v=1"}, "x", "s3://b/x"),
    ],
)
def test_an_item_states_its_source_without_secrets(fields: dict[str, Any], title: str, source: str) -> None:
    item = Item(**{"name": "x", "locate": PLACE, **fields})
    assert (item.title, item.stated_source) == (title, source)


def test_bytes_are_an_items_by_its_checksums_or_its_source() -> None:
    item, other, nowhere = Item("x", PLACE), Item("x", Location("https://b.example/x")), Item("x", lambda: PLACE)
    assert (len(item.source_digest), nowhere.source_digest) == (16, "")
    assert item.source_digest == Item("x", Location("https://a.example/x?another")).source_digest
    assert item.source_digest != Item("x", PLACE, label="drs://a/1").source_digest
    assert [item.may_be_from(source) for source in ("", item.source_digest, other.source_digest)] == [True, True, False]
    assert nowhere.may_be_from(item.source_digest)
    assert Item("x", PLACE, checksums=MD5).may_be_from(other.source_digest)
    assert not Item("x", PLACE, checksums=MD5, states=True).may_be_from(other.source_digest)


def test_items_are_counted_when_they_are_checked(tmp_path: Path) -> None:
    sizes = {"a": 3, "b": None, "c": 4}
    source = ItemSource(MappedItems(lambda name: Item(name, PLACE, sizes[name]), sizes))
    assert (source.files, source.once) == (None, False)
    source.check(str(tmp_path), None)
    assert (source.files, source.size, source.unsized) == (3, 7, 1)
