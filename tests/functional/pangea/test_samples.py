"""Many samples at once; their metadata become a data frame, and a frame becomes metadata: nothing is lost or changed unasked."""

import sys
from collections.abc import Callable

import pandas
import pytest
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup
from omicsdk.core import MissingExtra, NotFound, OmicsError, UsageError
from omicsdk_api.pangea.models.sample import Sample
from pangea_users import create_samples


def frame_of(library: SampleGroup, samples: list[str] | None = None) -> pandas.DataFrame:
    return library.knex.client.metadata_frame("An Org", "A Library", samples)


def save(library: SampleGroup, frame: pandas.DataFrame, **how: bool) -> list[Sample]:
    return library.knex.client.save_metadata_frame("An Org", "A Library", frame, **how)


@pytest.fixture
def library_with_metadata(library: SampleGroup) -> SampleGroup:
    library.sample("s 1", metadata={"city": "Paris", "depth": 5, "by": ["a", {"b": 1}]}).create()
    library.sample("s/2", metadata={"city": "Rome", "ph": 6.5}).create()
    library.sample("none").create()
    return library


@pytest.fixture
def metadata(knex: Knex) -> Callable[[str], object]:
    return lambda name: knex.client.find_sample("An Org", "A Library", name).metadata


def test_a_frame_has_a_row_a_sample(library_with_metadata: SampleGroup):
    frame = frame_of(library_with_metadata)
    assert set(frame.index) == {"s 1", "s/2", "none"}
    assert set(frame.columns) == {"city", "depth", "by", "ph"}
    assert frame.loc["s 1", "by"] == ["a", {"b": 1}]
    assert frame["ph"].isna().sum() == 2
    assert list(frame_of(library_with_metadata, ["s/2"]).columns) == ["city", "ph"]
    assert frame_of(library_with_metadata, ["nope"]).empty


def test_a_frame_that_is_saved_unchanged_changes_nothing(
    library_with_metadata: SampleGroup, metadata: Callable[[str], object]
):
    save(library_with_metadata, frame_of(library_with_metadata), overwrite=True)
    assert metadata("s/2") == {"city": "Rome", "ph": 6.5}
    assert metadata("none") == {}


def test_what_exists_is_kept_added_to_or_replaced(
    library_with_metadata: SampleGroup, metadata: Callable[[str], object]
):
    frame = pandas.DataFrame({"city": ["Oslo", "Bonn"], "n": [1, 2], "ok": [True, False]}, index=["s/2", "none"])
    saved = save(library_with_metadata, frame)
    assert [sample.name for sample in saved] == ["s/2", "none"]
    assert metadata("s/2") == {"city": "Rome", "ph": 6.5}
    assert metadata("none") == {"city": "Bonn", "n": 2, "ok": False}
    save(library_with_metadata, frame, update=True)
    assert metadata("s/2") == {"city": "Oslo", "ph": 6.5, "n": 1, "ok": True}
    save(library_with_metadata, frame[["n"]], overwrite=True)
    assert metadata("s/2") == {"n": 1}


def test_samples_that_do_not_exist_are_made_or_reported_of(
    library_with_metadata: SampleGroup, metadata: Callable[[str], object]
):
    frame = pandas.DataFrame({"city": ["Oslo", None]}, index=["none", "new 🧬"])
    frame["on"] = [pandas.Timestamp(2026, 11, 20), pandas.NaT]
    frame["lanes"] = [pandas.array([1, 2]).to_numpy(), None]  # as lists come from Parquet
    with pytest.raises(NotFound, match="new"):
        save(library_with_metadata, frame)
    assert metadata("none") == {}
    save(library_with_metadata, frame, create=True)
    assert (metadata("none"), metadata("new 🧬")) == (
        {"city": "Oslo", "on": "2026-11-20T00:00:00", "lanes": [1, 2]},
        {},
    )


def test_a_name_that_comes_twice_is_refused(library_with_metadata: SampleGroup):
    with pytest.raises(UsageError, match="'none'"):
        save(library_with_metadata, pandas.DataFrame({"a": [1, 2]}, index=["none", "none"]))


def test_an_outsider_saves_nothing(
    library_with_metadata: SampleGroup, outsider: Knex, metadata: Callable[[str], object]
):
    seen = Organization(outsider, "An Org").sample_group("A Library")
    with pytest.raises(OmicsError):
        save(seen, pandas.DataFrame({"a": [1]}, index=["none"]))
    assert metadata("none") == {}


def test_without_pandas_it_is_reported_what_to_install(library: SampleGroup, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pangea"):
        frame_of(library)


# -- many at once


def test_many_samples_at_once(library: SampleGroup):
    uuids = create_samples(library, ["a", "b/c", "🧬"])
    assert [library.sample(name).get().uuid for name in ("a", "b/c", "🧬")] == uuids
    assert create_samples(library, []) == []
    assert len(create_samples(library, "one text")) == 1
    assert library.sample("one text").get().uuid


def test_many_samples_that_cannot_be(knex: Knex, library: SampleGroup):
    with pytest.raises(ValueError, match="'b' is listed twice"):
        create_samples(library, ["a", "b", "b"])
    with pytest.raises(UsageError, match="is not a library"):
        create_samples(library.org.sample_group("Plain").create(), ["a"])
    with pytest.raises(NotFound, match="Nothing"):
        create_samples(library.org.sample_group("Nothing"), ["a"])
    assert list(library.get_samples()) == []
