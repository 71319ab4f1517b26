"""Listings and models as tables: data frames of pandas and polars have columns, and the command's come first."""

import asyncio
import pickle
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, NamedTuple

import httpx
import pandas
import polars
import pytest
from omicsdk import AsyncAzul, Azul
from omicsdk.core import MissingExtra, UsageError
from omicsdk.core.items import Items, frame_of
from omicsdk.hca.azul.hits import COLUMNS
from omicsdk_api.azul.models import Hit
from omicsdk_api.dss import DssApi
from omicsdk_api.dss.models import FileVersion
from omicsdk_api.sb.models import FilePage

UUID = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
HIT = {
    "entryId": UUID,
    "projects": [{"projectId": [UUID], "projectTitle": ["An atlas of the eye"], "projectShortname": ["Eye"]}],
    "donorOrganisms": [{"genusSpecies": ["Homo sapiens"]}],
    "specimens": [{"organ": ["eye"]}],
    "fileTypeSummaries": [{"format": "loom", "count": 2, "totalSize": 3e9}],
}
PAGE = {"hits": [HIT], "pagination": {"count": 1, "total": 1, "size": 100, "next": None}, "termFacets": {}}
ROW = {"uuid": UUID, "name": "Eye", "species": "Homo sapiens", "organ": "eye", "size": 3_000_000_000}


def _page(request: httpx.Request) -> httpx.Response:
    del request
    return httpx.Response(200, json=PAGE)


@pytest.fixture
def azul() -> Azul:
    return Azul("https://service.example", transport=httpx.MockTransport(_page))


def test_the_frame_of_a_listing_has_the_columns_of_the_command_first(azul: Azul) -> None:
    frame = azul.ls("projects").to_frame()
    assert azul.ls("projects").take(2).to_frame().equals(frame)
    assert tuple(frame.columns) == COLUMNS["projects"]
    assert frame.iloc[0][list(ROW)].to_dict() == ROW


def test_columns_are_chosen_by_name_and_a_wrong_one_names_the_right_ones(azul: Azul) -> None:
    assert azul.ls("projects").to_frame(["organ", "uuid"]).values.tolist() == [["eye", UUID]]
    with pytest.raises(UsageError, match=r"columns: no item has 'organs'") as refused:
        azul.ls("projects").to_frame(["organs"])
    assert refused.value.remedy is not None
    assert "organ" in refused.value.remedy


def test_a_listing_that_was_read_has_no_frame(azul: Azul) -> None:
    assert list(azul.ls("projects").to_frame("name").columns) == ["name"]

    def misspell(items: Items[Any]) -> None:
        with pytest.raises(UsageError, match="no item has"):
            items.to_frame("organs")

    reads: tuple[Callable[[Items[Any]], object], ...] = (
        *(Items[Any].to_frame, list, misspell),
        *(lambda items: list(items.rows()), lambda items: list(items.take(2))),
    )
    for read in reads:
        items = azul.ls("projects")
        read(items)
        with pytest.raises(UsageError, match="items of ls were read"):
            items.to_frame()


def test_an_asynchronous_listing_has_the_same_frame(azul: Azul) -> None:
    transport = httpx.MockTransport(_page)
    blocking: dict[str, Any] = {
        "base_url": "https://service.example",
        "transport": transport,
        "blocking_transport": transport,
    }

    async def frame() -> pandas.DataFrame:
        async with AsyncAzul(**blocking) as client:
            items = client.ls("projects")
            assert [row async for row in items.rows()] == list(azul.ls("projects").rows())
            with pytest.raises(UsageError, match="items of ls were read"):
                await items.to_frame()
            return await client.ls("projects").to_frame()

    pandas.testing.assert_frame_equal(asyncio.run(frame()), azul.ls("projects").to_frame())


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame])
def test_a_listing_and_its_items_are_tables_of_pandas_and_polars(azul: Azul, frame: Any) -> None:
    table = frame(azul.ls("projects"))
    assert sorted(table.columns) == sorted(HIT)
    assert list(table["entryId"]) == [UUID]
    assert list(frame(azul.ls("projects").rows())["name"]) == ["Eye"]


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [((1, 2), "int64"), ((2**53 + 1, None), "Int64"), ((2**63, None), "object"), ((1.5, None), "float64")],
)
def test_integers_are_exact_beside_absent_ones(numbers: tuple[Any, ...], dtype: str) -> None:
    """pandas issue 58306: identifiers became floats where one was absent."""
    frame = frame_of({"id": number} for number in numbers)
    assert (str(frame["id"].dtype), frame["id"].dropna().to_list()) == (dtype, [number for number in numbers if number])


def test_pages_of_operations_are_tables() -> None:
    pages = {"bundles": [{"uuid": UUID, "version": "v"}], "has_more": False}

    def page(request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, json=pages)

    with DssApi("https://dss.example", transport=httpx.MockTransport(page)) as dss:
        assert dss.get_bundles_all.iterate(replica="aws").to_frame().to_dict("records") == pages["bundles"]


def test_without_pandas_the_error_says_how_to_add_it_and_nothing_is_requested(
    azul: Azul, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    listing = azul.ls("projects")
    with pytest.raises(MissingExtra, match="data frames") as missing:
        listing.to_frame()
    assert missing.value.remedy is not None
    assert "[frames]" in missing.value.remedy
    assert next(listing).entry_id == UUID


def test_a_model_is_a_mapping_of_what_was_received() -> None:
    hit = Hit.from_dict({**HIT, "new": {"a": 1}})
    assert isinstance(hit, Mapping)
    assert dict(hit) == {**hit} == hit.to_dict()
    assert (hit["entryId"], hit["new"], hit.get("gone"), "projects" in hit, len(hit)) == (UUID, {"a": 1}, None, True, 6)
    with pytest.raises(KeyError, match="gone"):
        hit["gone"]
    assert hit.entry_id == UUID
    assert pickle.loads(pickle.dumps(hit)) == hit
    assert hit != hit.to_dict()


def test_an_empty_model_is_true_and_a_field_keeps_a_name_of_mappings() -> None:
    assert FileVersion.from_dict({})
    page = FilePage.from_dict({"href": "h", "items": []})
    assert page.items == []
    assert dict(page) == {"href": "h", "items": []}


class Pair(NamedTuple):
    name: str
    size: int


@pytest.mark.parametrize(
    ("item", "row"), [(Pair("a", 1), {"name": "a", "size": 1}), ({"a": 1}, {"a": 1}), ("text", {"value": "text"})]
)
def test_items_of_any_kind_are_rows(item: object, row: dict[str, object]) -> None:
    assert list(Items(iter([item]), "list").rows()) == [row]


def test_a_frame_without_rows_has_the_declared_columns() -> None:
    empty: Items[object] = Items(iter(()), "list", columns=("name", "size"))
    assert list(empty.to_frame().columns) == ["name", "size"]


@pytest.mark.parametrize(
    ("count", "error", "message"),
    [
        (-1, ValueError, r"take\(-1\): a number of items cannot be negative"),
        (2.5, TypeError, r"take\(2.5\): a number of items must be a whole number"),
        (None, TypeError, r"take\(None\): a number of items must be a whole number"),
        ("2", TypeError, r"take\('2'\): a number of items must be a whole number"),
    ],
)
def test_numbers_of_items_are_refused_alike_by_both_clients(count: Any, error: type[Exception], message: str) -> None:
    items = Items(iter("abc"), "list")
    for take in (items.take, items.asynchronous(_nothing()).take):
        with pytest.raises(error, match=message):
            take(count)
    assert list(items.take(10**30)) == ["a", "b", "c"]


async def _nothing() -> AsyncGenerator[str]:
    for item in ():
        yield item


def test_a_frame_has_a_line_for_each_row_and_the_columns_as_chosen() -> None:
    assert frame_of([{}, {}]).shape == (2, 0)
    frame = frame_of([{"a": {"b": [1, 2]}, "c": {}}, {"c": (3, 4)}], ["c", "a.b", "c"])
    assert list(frame.columns) == ["c", "a.b", "c"]
    assert frame.to_numpy().tolist() == [[{}, [1, 2], {}], [(3, 4), None, (3, 4)]]
