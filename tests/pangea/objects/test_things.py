"""Pipelines, tags, projects, buckets and their keys, and searching."""

import pytest
from omicsdk.pangea import (
    Knex,
    Organization,
    PangeaForbiddenError,
    PangeaNotFoundError,
    PangeaOtherError,
    Pipeline,
    PipelineModule,
    Project,
    RemoteObjectError,
    S3Bucket,
    SampleGroup,
    Tag,
    get_tags_for_sample,
    search,
)
from omicsdk.sandbox import Sandbox

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
    with pytest.raises(RemoteObjectError, match="isn't known to the server yet"):
        two.add_dependency(pipeline.module("three", "1"))


def test_modules_of_all_pages(knex: Knex):
    pipeline = Pipeline(knex, "p").create()
    for number in range(102):
        knex.post("pipeline_modules", json={"pipeline": pipeline.uuid, "name": "m", "version": str(number)})
    assert len({module.version for module in pipeline.get_modules()}) == 102
    assert pipeline.module("m", "101").get().uuid


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
        tag(library.org)  # type: ignore[arg-type]


def test_tagged_samples_of_all_pages(knex: Knex, library: SampleGroup):
    tag = Tag(knex, "t").create()
    for uuid in library.create_samples([f"s{number:03}" for number in range(101)]):
        knex.post(f"contrib/tags/{tag.uuid}/samples", json={"sample_uuid": uuid})
    assert len(list(tag.get_samples())) == 101


# -- projects


def test_a_project_and_its_groups(knex: Knex, library: SampleGroup, anonymous: Knex):
    project = Project(knex, library.org, "A Project").create()
    project.add_sample_group(library)
    again = Project(knex, Organization(knex, "An Org"), "A Project").get()
    assert [group.name for group in again.get_sample_groups()] == ["A Library"]
    again.description = "Words."
    again.save()
    assert Project(knex, library.org, "A Project").get().description == "Words."
    with pytest.raises(PangeaForbiddenError):
        Project(anonymous, Organization(anonymous, "An Org"), "Another").create()
    with pytest.raises(PangeaOtherError, match="already exists"):
        Project(knex, library.org, "A Project").create()
    project.delete()
    assert not Project(knex, library.org, "A Project").exists()


# -- buckets


def test_a_bucket_and_its_key(knex: Knex, org: Organization, outsider: Knex):
    bucket = S3Bucket(knex, org, "bkt", "https://s3.example.org").create()
    with pytest.raises(PangeaNotFoundError):
        bucket.key("AK").get()
    key = bucket.key("AK", "SK").create()
    assert "SK" not in repr(vars(key))
    again = S3Bucket(knex, Organization(knex, "An Org"), "bkt").get()
    assert (again.uuid, again.endpoint_url) == (bucket.uuid, "https://s3.example.org")
    assert again.key("AK").get().uuid == key.uuid
    assert not again.key("other").exists()
    assert not S3Bucket(outsider, Organization(outsider, "An Org"), "bkt").exists()
    assert S3Bucket(knex, org, "bkt", "https://s3.example.org").idem().uuid == bucket.uuid
    assert not S3Bucket(knex, org, "bkt", "https://elsewhere.example.org").exists()
    key.description = "Words."
    key.save()
    assert bucket.key("AK").get().description == "Words."
    key.delete()
    bucket.delete()
    assert not S3Bucket(knex, org, "bkt").exists()


def test_a_group_gets_a_bucket(knex: Knex, org: Organization):
    bucket = S3Bucket(knex, org, "bkt", "https://s3.example.org").create()
    group = org.sample_group("g")
    group.bucket = bucket.uuid
    group.create()
    assert org.sample_group("g").get().bucket == bucket.uuid
    group.bucket = None
    group.save()
    assert Organization(knex, "An Org").sample_group("g").get().bucket is None


# -- searching


def test_searching(knex: Knex, library: SampleGroup, sandbox: Sandbox):
    library.sample("hay").create()
    found = search(knex, "A Library")
    assert library.uuid in [group.uuid for group in found.sample_groups]
    assert [sample.lib.name for sample in search(knex, "hay").samples] == ["A Library"]
    assert [org.name for org in search(knex, "An Org").organizations] == ["An Org"]
    nothing = search(knex, "zzz & ?")
    assert (nothing.samples, nothing.sample_groups, nothing.organizations) == ([], [], [])
