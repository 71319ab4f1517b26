"""Metadata of samples become a data frame, and a frame becomes metadata; nothing is lost or changed unasked."""

import sys
from collections.abc import Callable

import pandas
import pytest
from omicsdk.core.errors import MissingExtra, UsageError
from omicsdk.pangea import Knex, Organization, SampleGroup
from omicsdk.pangea.errors import PangeaGeneralError, PangeaNotFoundError
from omicsdk.pangea.metadata_frames import metadata_frame, save_metadata_frame


@pytest.fixture
def told(library: SampleGroup) -> SampleGroup:
    library.sample("s 1", metadata={"city": "Paris", "depth": 5, "by": ["a", {"b": 1}]}).create()
    library.sample("s/2", metadata={"city": "Rome", "ph": 6.5}).create()
    library.sample("none").create()
    return library


@pytest.fixture
def metadata(knex: Knex) -> Callable[[str], object]:
    library = Organization(knex, "An Org").sample_group("A Library")
    return lambda name: library.sample(name).get().metadata


def test_a_frame_has_a_row_a_sample(told: SampleGroup):
    frame = metadata_frame(told)
    assert set(frame.index) == {"s 1", "s/2", "none"}
    assert set(frame.columns) == {"city", "depth", "by", "ph"}
    assert frame.loc["s 1", "by"] == ["a", {"b": 1}]
    assert frame["ph"].isna().sum() == 2
    assert list(metadata_frame(told, ["s/2"]).columns) == ["city", "ph"]
    assert metadata_frame(told, ["nope"]).empty


def test_a_frame_that_is_saved_unchanged_changes_nothing(told: SampleGroup, metadata: Callable[[str], object]):
    save_metadata_frame(told, metadata_frame(told), overwrite=True)
    assert metadata("s/2") == {"city": "Rome", "ph": 6.5}
    assert metadata("none") == {}


def test_what_is_there_is_kept_added_to_or_replaced(told: SampleGroup, metadata: Callable[[str], object]):
    frame = pandas.DataFrame({"city": ["Oslo", "Bonn"], "n": [1, 2], "ok": [True, False]}, index=["s/2", "none"])
    saved = save_metadata_frame(told, frame)
    assert [each.name for each in saved] == ["s/2", "none"]
    assert metadata("s/2") == {"city": "Rome", "ph": 6.5}
    assert metadata("none") == {"city": "Bonn", "n": 2, "ok": False}
    save_metadata_frame(told, frame, update=True)
    assert metadata("s/2") == {"city": "Oslo", "ph": 6.5, "n": 1, "ok": True}
    save_metadata_frame(told, frame[["n"]], overwrite=True)
    assert metadata("s/2") == {"n": 1}


def test_samples_that_arent_there_are_made_or_told_of(told: SampleGroup, metadata: Callable[[str], object]):
    frame = pandas.DataFrame({"city": ["Oslo", None]}, index=["none", "new 🧬"])
    frame["on"] = [pandas.Timestamp(2026, 11, 20), pandas.NaT]
    with pytest.raises(PangeaNotFoundError, match="new"):
        save_metadata_frame(told, frame)
    assert metadata("none") == {}
    save_metadata_frame(told, frame, create=True)
    assert (metadata("none"), metadata("new 🧬")) == ({"city": "Oslo", "on": "2026-11-20T00:00:00"}, {})


def test_a_name_that_comes_twice_is_refused(told: SampleGroup):
    with pytest.raises(UsageError, match="'none'"):
        save_metadata_frame(told, pandas.DataFrame({"a": [1, 2]}, index=["none", "none"]))


def test_an_outsider_saves_nothing(told: SampleGroup, outsider: Knex, metadata: Callable[[str], object]):
    seen = Organization(outsider, "An Org").sample_group("A Library")
    with pytest.raises(PangeaGeneralError):
        save_metadata_frame(seen, pandas.DataFrame({"a": [1]}, index=["none"]))
    assert metadata("none") == {}


def test_without_pandas_it_is_told_what_to_install(library: SampleGroup, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pangea"):
        metadata_frame(library)
