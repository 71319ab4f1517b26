"""Pipelines, tags, buckets of groups; and work orders, found by name, created for samples and groups, with their jobs' states."""

from collections.abc import Iterator

import pytest
from omicsdk.compat.pangea_api import (
    GroupWorkOrder,
    GroupWorkOrderProto,
    JobOrder,
    Knex,
    Organization,
    PangeaForbiddenError,
    PangeaNotFoundError,
    Pipeline,
    PipelineModule,
    RemoteObjectError,
    SampleGroup,
    User,
    WorkOrderProto,
)
from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag
from omicsdk.compat.pangea_api.contrib.tagging.tag_funcs import get_tags_for_sample
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
    assert [(module.name, module.version) for module in again.get_modules()] == [("m", "1.0"), ("n/o", "1.0")]
    module = again.module("n/o", "1.0").get()
    assert (module.uuid, module.metadata, module.dependencies) == (second.uuid, {"x": 1}, [first.uuid])
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
    loaded = Tag(knex, "soil/water ?").get()
    assert (loaded.uuid, loaded.payload) == (tag.uuid, "words")
    assert [sample.name for sample in loaded.get_samples()] == ["s"]
    assert [group.name for group in loaded.get_sample_groups()] == ["A Library"]
    assert [sample.name for sample in loaded.get_random_samples(n=1)] == ["s"]
    assert [tag.name for tag in get_tags_for_sample(knex, sample)] == ["soil/water ?"]
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
    assert [sample.name for sample in tag.get_samples()] == ["s"]
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


WORKER = "worker@example.org"


@pytest.fixture
def worker(sandbox: Sandbox, library: SampleGroup) -> Iterator[Knex]:
    """A user who works orders off, and is a member of nothing."""
    with Knex(sandbox.pangea_url) as knex:
        User(knex, WORKER, "Quite-long-77").register()
        yield knex


@pytest.fixture
def proto(sandbox: Sandbox, worker: Knex) -> str:
    jobs = {"trim": "", "align": ""}
    return sandbox.pangea.add_work_order_prototype("WOP", jobs=jobs, privileged=[WORKER])


@pytest.fixture
def group_proto(sandbox: Sandbox, proto: str) -> str:
    return sandbox.pangea.add_group_work_order_prototype("GWOP", parts=[proto], privileged=[WORKER])


def test_a_kind_is_found_by_uuid_and_by_name(knex: Knex, proto: str, group_proto: str):
    assert WorkOrderProto.from_uuid(knex, proto).name == "WOP"
    assert WorkOrderProto.from_name(knex, "WOP").uuid == proto
    assert GroupWorkOrderProto.from_name(knex, "GWOP").uuid == group_proto
    assert str(GroupWorkOrderProto.from_name(knex, "GWOP")) == f"<Pangea::GroupWorkOrderProto GWOP {group_proto} />"
    for kind in (WorkOrderProto, GroupWorkOrderProto):
        with pytest.raises(PangeaNotFoundError, match="nope"):
            kind.from_name(knex, "nope")
    with pytest.raises(RemoteObjectError):
        WorkOrderProto(knex, proto).create()


def test_what_an_order_is_for_is_fetched_where_it_was_not(
    knex: Knex, library: SampleGroup, proto: str, group_proto: str
):
    library.sample("s 1").create()
    unfetched = Organization(knex, "An Org").sample_group("A Library")
    of, of_groups = WorkOrderProto.from_uuid(knex, proto), GroupWorkOrderProto.from_uuid(knex, group_proto)
    made = of.create_work_order_for_sample(unfetched.sample("s 1"))
    assert of.get_active_work_order_for_sample(unfetched.sample("s 1")).uuid == made.uuid
    assert of_groups.create_work_order_for_sample_group(unfetched).sample_group == library.uuid


def test_an_order_goes_through_its_states(knex: Knex, worker: Knex, library: SampleGroup, proto: str):
    sample = library.sample("s 1").create()
    of = WorkOrderProto.from_uuid(knex, proto)
    with pytest.raises(KeyError):
        of.get_active_work_order_for_sample(sample)
    order = of.create_work_order_for_sample(sample)
    assert (order.name, order.status, order.sample) == ("WOP", "pending", sample.uuid)
    assert of.get_active_work_order_for_sample(sample).uuid == order.uuid
    assert [job.name for job in order.get_job_orders()] == ["trim", "align"]
    with pytest.raises(KeyError):
        order.get_job_order_by_name("sort")

    theirs = WorkOrderProto.from_uuid(worker, proto)
    (active,) = theirs.get_active_work_orders()
    result = active.get_sample().analysis_result("trim").idem()
    for name, status in (("trim", "working"), ("trim", "success"), ("align", "success")):
        job = theirs.get_active_work_orders()[0].get_job_order_by_name(name)
        job.status, job.analysis_result = status, result.uuid
        job.save()
    assert order.refresh().status == "success"
    assert JobOrder.from_uuid(active, str(job.uuid)).analysis_result == result.uuid
    assert theirs.get_active_work_orders(not_status="success") == []
    assert len(theirs.get_active_work_orders(max_num=1, random=True)) == 1


def test_a_groups_order_has_one_for_each_sample(knex: Knex, worker: Knex, library: SampleGroup, group_proto: str):
    names = ["a/b", "s 1"]
    for name in names:
        library.sample(name).create()
    of = GroupWorkOrderProto.from_uuid(knex, group_proto)
    with pytest.raises(KeyError):
        of.get_active_work_order_for_sample_group(library)
    order = of.create_work_order_for_sample_group(library)
    assert order.get_sample_group().uuid == library.uuid
    assert sorted(link["sample_name"] for link in order.work_order_links or ()) == names
    assert {part.name for part in order.get_work_orders()} == {"WOP"}
    theirs = GroupWorkOrderProto.from_uuid(worker, group_proto)
    assert [group_order.uuid for group_order in theirs.get_active_work_orders()] == [order.uuid]
    assert theirs.get_active_work_order_for_sample_group(library).uuid == order.uuid
    assert GroupWorkOrder.from_uuid(knex, str(order.uuid)).status == "pending"
    with pytest.raises(PangeaForbiddenError):  # by its uuid it is for members of the organization only
        GroupWorkOrder.from_uuid(worker, str(order.uuid))
