"""Samples: where they are, and where they move."""

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, RemoteObjectError, Sample, SampleGroup
from omicsdk.compat.pangea_api.blob_constructors import (
    org_from_blob,
    sample_ar_from_blob,
    sample_ar_from_uuid,
    sample_from_blob,
    sample_from_uuid,
    sample_group_from_blob,
    sample_group_from_uuid,
)


def test_a_sample_that_was_saved_keeps_its_library(knex: Knex, library: SampleGroup):
    sample = library.sample("s").create()
    sample.metadata = {"x": 1}
    sample.save()
    assert sample.lib is library
    assert sample.nested_url() == "nested/An%20Org/sample_groups/A%20Library/samples/s"
    assert sample.analysis_result("m").create().uuid
    sample.description = "More."
    sample.save()
    assert library.sample("s").get().description == "More."


def test_a_sample_moves_to_another_library(knex: Knex, library: SampleGroup):
    other = library.org.sample_group("Other", is_library=True).create()
    sample = library.sample("s").create()
    sample.change_library(other)
    assert library.sample("s").exists()
    sample.save()
    assert (sample.lib, sample.library) == (other, other.uuid)
    assert not library.sample("s").exists()
    assert Organization(knex, "An Org").sample_group("Other").sample("s").get().uuid == sample.uuid
    sample.change_library(str(library.uuid))
    sample.save()
    assert (sample.lib.name, sample.lib.org.name) == ("A Library", "An Org")
    sample.lib = other
    sample.save()
    assert sample.library == other.uuid
    assert list(library.get_samples()) == []


def test_a_sample_is_created_in_a_library_only(knex: Knex, library: SampleGroup):
    plain = library.org.sample_group("Plain").create()
    with pytest.raises(RemoteObjectError, match=r"is not a library.*add_sample\(\)"):
        plain.sample("s").create()
    with pytest.raises(RemoteObjectError, match=r"Library 'Nothing' not found.*is_library=True"):
        library.org.sample_group("Nothing").sample("s").create()
    assert not library.org.sample_group("Nothing").exists()
    assert Organization(knex, "An Org").sample_group("A Library").sample("s").create().uuid
    assert library.org.sample_group("New", is_library=True).sample("s").create().uuid


def test_a_library_with_a_change_and_a_blank_description_is_no_obstacle(knex: Knex, library: SampleGroup):
    library.long_description = "Changed."
    assert library.sample("s").create().uuid
    assert Organization(knex, "An Org").sample_group("A Library").get().long_description == "Changed."


def test_a_sample_in_a_group_that_is_not_its_library(knex: Knex, library: SampleGroup):
    sample = library.sample("a/b").create()
    library.org.sample_group("Plain").create().add_sample(sample).save()
    plain = Organization(knex, "An Org").sample_group("Plain")
    loaded = plain.sample("a/b").get()
    assert (loaded.uuid, loaded.lib.uuid) == (sample.uuid, library.uuid)
    assert not plain.sample("c/d").exists()
    loaded.metadata = {"x": 1}
    loaded.save()
    assert library.sample("a/b").get().library == library.uuid


def test_texts(knex: Knex, library: SampleGroup):
    sample = library.sample("s 1").create()
    assert repr(sample) == str(sample) == f"<Pangea::Sample s 1 {sample.uuid} />"
    assert str(library) == f"<Pangea::SampleGroup A Library {library.uuid} />"
    assert library.pre_hash().startswith("SG")
    assert library.org.pre_hash() == "ORGAn Org"
    assert sample.pre_hash().startswith("SAMPLE")


def test_a_name_that_is_a_number(knex: Knex, library: SampleGroup):
    assert library.sample(7).create().name == "7"
    assert library.sample("7").exists()


# -- of what the server states, and by uuid


def test_objects_by_their_uuids(knex: Knex, library: SampleGroup):
    made = library.sample("s", metadata={"x": 1}).create()
    result = made.analysis_result("m").create()
    sample = sample_from_uuid(knex, str(made.uuid))
    assert (sample.name, sample.metadata, sample.lib.name, sample.lib.org.name) == (
        "s",
        {"x": 1},
        "A Library",
        "An Org",
    )
    assert sample_group_from_uuid(knex, str(library.uuid)).is_library
    assert sample_ar_from_uuid(knex, str(result.uuid)).sample.lib.name == "A Library"
    sample.metadata = {"x": 2}
    sample.save()
    assert library.sample("s").get().metadata == {"x": 2}


def test_objects_of_what_the_server_states(knex: Knex, library: SampleGroup):
    made = library.sample("s").create()
    blob = knex.get(f"samples/{made.uuid}")
    sample = sample_from_blob(knex, blob)
    assert sample._already_fetched
    assert not sample._modified
    assert sample.get() is sample
    assert not sample_from_blob(knex, blob, already_fetched=False)._already_fetched
    assert sample_from_blob(knex, blob, modified=True)._modified
    assert sample_group_from_blob(knex, blob["library_obj"]).org.uuid == library.org.uuid
    assert org_from_blob(knex, blob["library_obj"]["organization_obj"]).name == "An Org"
    result = made.analysis_result("m").create()
    assert isinstance(sample_ar_from_blob(knex, knex.get(f"sample_ars/{result.uuid}")).sample, Sample)
