"""Pipelines, tags, and work orders."""

import os

from noted import Noted
from party import Party


def pipelines(party: Party, note: Noted) -> None:
    pipeline = party.pangea.Pipeline(party.knex, "Some Pipe").create()
    note("the same", party.pangea.Pipeline(party.knex, "Some Pipe").get().uuid == pipeline.uuid)
    note.outcome("a module without a description", lambda: pipeline.module("bare", "1.0").create().name)
    module = pipeline.module("m", "1.0")
    module.description = "d"
    note.outcome("a module", lambda: module.create().version)
    note("the same module", pipeline.module("m", "1.0").get().uuid == module.uuid)
    dependent = pipeline.module("n", "2.0")
    dependent.description = "d"
    dependent.add_dependency(module)
    note.outcome("one that needs it", lambda: dependent.create().name)
    note(
        "modules", sorted(entry["name"] for entry in party.there("pipeline_modules", pipeline=pipeline.uuid)["results"])
    )
    note("found", sorted(entry.name for entry in pipeline.get_modules()))


def tags(party: Party, note: Noted) -> None:
    org = party.organization("Tag Org")
    library = org.sample_group("Tag Lib", is_library=True, is_public=True).create()
    sample = library.sample("s 1").create()
    tag = party.tags.Tag(party.knex, "Some Tag").create()
    note("the same", party.tags.Tag(party.knex, "Some Tag").get().uuid == tag.uuid)
    note.outcome("a sample", lambda: tag(sample))
    note.outcome("a group", lambda: tag(library))
    note.outcome("a tag", lambda: tag(party.tags.Tag(party.knex, "Other Tag").create()))
    note("samples", [sample.name for sample in tag.get_samples()])
    note("groups", [group.name for group in tag.get_sample_groups()])
    note("random ones", [sample.name for sample in tag.get_random_samples(n=3)])
    tags_of = party.tag_functions.get_tags_for_sample
    note.outcome("of the sample", lambda: [tag and tag.name for tag in tags_of(party.knex, sample)])


def orders(party: Party, note: Noted) -> None:
    sample = party.library("Order").sample("s 1").create()
    note.outcome("a prototype by its name", lambda: party.pangea.WorkOrderProto.from_name(party.knex, "WOP").name)
    prototype = party.pangea.WorkOrderProto.from_uuid(party.knex, os.environ["WORK_ORDER_PROTO"])
    note("prototype", prototype.name)
    order = prototype.create_work_order_for_sample(sample)
    note("order", [order.name, order.priority, order.status])
    active = list(prototype.get_active_work_orders())
    note("active", [work_order.uuid == order.uuid for work_order in active])
    note("of the sample", prototype.get_active_work_order_for_sample(sample).uuid == order.uuid)
    note("its sample", order.get_sample().uuid == sample.uuid)
    note("jobs", sorted(job.name for job in order.get_job_orders()))
    job = order.get_job_order_by_name("JOP")
    job.status = "success"
    note.outcome("a job is done", job.save)
    now = party.pangea.WorkOrder.from_uuid(party.knex, order.uuid)
    note("status", [now.status, party.there(f"work_orders/{order.uuid}")["progress_summary"]])


def group_orders(party: Party, note: Noted) -> None:
    library = party.library("Group Order")
    for name in ("a", "b"):
        library.sample(name).create()
    prototype = party.pangea.GroupWorkOrderProto.from_uuid(party.knex, os.environ["GROUP_WORK_ORDER_PROTO"])
    note("prototype", prototype.name)
    order = prototype.create_work_order_for_sample_group(library)
    note("order", [order.name, order.status])
    note("active", [work_order.uuid == order.uuid for work_order in prototype.get_active_work_orders()])
    same = prototype.get_active_work_order_for_sample_group(library)
    note("of the group", same.uuid == order.uuid)
    note("its group", order.get_sample_group().uuid == library.uuid)
    note.outcome("its parts", lambda: len(list(order.get_work_orders())))


GROUPS = (pipelines, tags, orders, group_orders)
