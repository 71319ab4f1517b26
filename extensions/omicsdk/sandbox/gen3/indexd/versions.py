"""Versions of a file: records of the same `baseid`."""

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import identifiers, new_rev, told
from omicsdk.sandbox.gen3.indexd.refusals import no_record
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.service import Call, Reply


def create_new_version(index: Index, call: Call) -> Reply:
    """POST /index/{GUID}."""
    body = schemas.sent(call, schemas.RECORD)
    with index.records.transaction():
        older = index.existing(call.arguments["GUID"])
        index.sender(call).needs("update", {*older["authz"], *body.get("authz", ())})
        return Reply(index.create_version(older, body))


def get_versions(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/versions."""
    found = index.versions(call.arguments["GUID"])
    return Reply({str(number): told(each) for number, each in enumerate(found)})


def get_latest_version(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/latest."""
    versioned = arguments.is_true(arguments.text(call, "has_version"))
    found = [each for each in index.versions(call.arguments["GUID"]) if each["version"] is not None or not versioned]
    if not found:
        raise no_record()
    return Reply(told(found[-1]))


def update_versions(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}/versions: who may have all of them."""
    body = schemas.sent(call, schemas.ACCESS)
    rules = {name: sorted(set(words)) for name, words in body.items() if words}
    with index.records.transaction():
        versions = index.versions(call.arguments["GUID"])
        index.sender(call).needs("update", {resource for each in versions for resource in each["authz"]})
        new = [{**each, **rules, "rev": new_rev()} for each in versions]
        for each in new:
            index.records.replace(each)
    return Reply([identifiers(each) for each in new])
