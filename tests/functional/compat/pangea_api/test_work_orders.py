"""Work orders: found by name, created for samples and groups, their jobs' states reported by those who may."""

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
    RemoteObjectError,
    SampleGroup,
    User,
    WorkOrderProto,
)
from omicsdk.sandbox import Sandbox

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
    (found,) = theirs.get_active_work_orders()
    result = found.get_sample().analysis_result("trim").idem()
    for name, status in (("trim", "working"), ("trim", "success"), ("align", "success")):
        job = theirs.get_active_work_orders()[0].get_job_order_by_name(name)
        job.status, job.analysis_result = status, result.uuid
        job.save()
    assert order.refresh().status == "success"
    assert JobOrder.from_uuid(found, str(job.uuid)).analysis_result == result.uuid
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
    assert {each.name for each in order.get_work_orders()} == {"WOP"}
    theirs = GroupWorkOrderProto.from_uuid(worker, group_proto)
    assert [each.uuid for each in theirs.get_active_work_orders()] == [order.uuid]
    assert theirs.get_active_work_order_for_sample_group(library).uuid == order.uuid
    assert GroupWorkOrder.from_uuid(knex, str(order.uuid)).status == "pending"
    with pytest.raises(PangeaForbiddenError):  # by its uuid it is for members of the organization only
        GroupWorkOrder.from_uuid(worker, str(order.uuid))
