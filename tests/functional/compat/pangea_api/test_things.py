"""Pipelines, tags, and buckets of groups."""

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, Pipeline, PipelineModule, RemoteObjectError, SampleGroup
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.compat.pangea_api.contrib.tagging.tag_funcs import get_tags_for_sample

# -- pipelines


def test_a_pipeline_and_its_modules(knex: Knex):
    pipeline = Pipeline(knex, "Pipe 1/2 ?").create()
    first = pipeline.module("m", "1.0").create()
    assert first.uuid
    second = pipeline.module("n/o", "1.0", metadata={"x": 1})
    second.add_dependency(first)
    second.create()
    again = Pipeline(knex, "Pipe 1/2 ?").get()
    assert [(each.name, each.version) for each in again.get_modules()] == [("m", "1.0"), ("n/o", "1.0")]
    found = again.module("n/o", "1.0").get()
    assert (found.uuid, found.metadata, found.dependencies) == (second.uuid, {"x": 1}, [first.uuid])
    assert not again.module("m", "2.0").exists()
    assert PipelineModule(knex, again, "m", "2.0").idem().uuid != first.uuid
    assert str(first) == f"<Pangea::PipelineModule m {first.uuid} />"


def test_a_dependency_is_added_later(knex: Knex):
    pipeline = Pipeline(knex, "p").create()
    one, two = pipeline.module("one", "1").create(), pipeline.module("two", "1").create()
    two.add_dependency(one)
    two.save()
    assert Pipeline(knex, "p").module("two", "1").get().dependencies == [one.uuid]
    with pytest.raises(RemoteObjectError, match="does not exist on the server yet"):
        two.add_dependency(pipeline.module("three", "1"))


def test_a_module_on_a_later_page_is_found(knex: Knex):
    pipeline = Pipeline(knex, "p").create()
    for version in (*map(str, range(101)), "a/b"):  # no path by names has a slash in a name: the list is read
        knex.post("pipeline_modules", json={"pipeline": pipeline.uuid, "name": "m", "version": version})
    assert pipeline.module("m", "a/b").get().uuid


def test_a_pipeline_is_changed_and_deleted(knex: Knex):
    pipeline = Pipeline(knex, "p").create()
    pipeline.description = "Words."
    pipeline.save()
    assert Pipeline(knex, "p").get().description == "Words."
    pipeline.delete()
    assert not Pipeline(knex, "p").exists()


# -- tags


def test_tags(knex: Knex, library: SampleGroup):
    sample = library.sample("s").create()
    tag = Tag(knex, "soil/water ?", payload="words")
    tag(sample)
    tag.tag(library, payload="more")
    Tag(knex, "kinds").tag(tag)
    found = Tag(knex, "soil/water ?").get()
    assert (found.uuid, found.payload) == (tag.uuid, "words")
    assert [each.name for each in found.get_samples()] == ["s"]
    assert [each.name for each in found.get_sample_groups()] == ["A Library"]
    assert [each.name for each in found.get_random_samples(n=1)] == ["s"]
    assert [each.name for each in get_tags_for_sample(knex, sample)] == ["soil/water ?"]
    assert next(get_tags_for_sample(knex, sample)).uuid == tag.uuid
    assert str(tag) == f"<Pangea::Contrib::Tag soil/water ? {tag.uuid} />"
    tag.payload = "other words"
    tag.save()
    assert Tag(knex, "soil/water ?").get().payload == "other words"
    tag.delete()
    assert not Tag(knex, "soil/water ?").exists()


def test_a_tag_is_given_to_what_was_not_fetched_and_to_nothing_else(knex: Knex, library: SampleGroup):
    library.sample("s").create()
    tag = Tag(knex, "t")
    tag(Organization(knex, "An Org").sample_group("A Library").sample("s"))
    assert [each.name for each in tag.get_samples()] == ["s"]
    with pytest.raises(TypeError, match="a sample, a group or a tag"):
        tag(library.org)


# -- buckets


def test_a_group_gets_a_bucket(knex: Knex, org: Organization):
    url = "https://s3.example.org"
    bucket = knex.client.create_s3_bucket(name="bkt", endpoint_url=url, organization=str(org.uuid))
    group = org.sample_group("g")
    group.bucket = bucket.uuid
    group.create()
    assert org.sample_group("g").get().bucket == bucket.uuid
    group.bucket = None
    group.save()
    assert Organization(knex, "An Org").sample_group("g").get().bucket is None
