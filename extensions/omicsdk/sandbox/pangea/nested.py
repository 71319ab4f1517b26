"""Reading by names: organization, group, sample, analysis result, field; each may be named by its UUID, too."""

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.resource import KINDS, NoPage, is_uuid, newest
from omicsdk.sandbox.pangea.results import NOUNS
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Record, below, linked_from, named_any_case, with_field, with_uuid
from omicsdk.sandbox.rest_framework.refusals import Refused
from omicsdk.sandbox.service import Call, Reply

_KINDS = {"org": "organization", "grp": "sample_group", "sample": "sample", "module_name": "{}_ar", "field": "{}_field"}
"""The kinds of what the arguments of a path name, with that of what the one before names."""


def _read(pangea: Pangea, call: Call) -> Reply:
    person = pangea.access.principal(call)
    kind: str = ""
    record: Record = {}
    for argument, name in _KINDS.items():
        if argument in call.arguments:
            kind = name.format(kind)
            record = _named(pangea, call, kind, argument, record)
    resource = KINDS[kind](pangea, call)
    resource.person = person
    if not resource.may_see(record):
        raise resource.refusal()
    return Reply(resource.view(record))


def _named(pangea: Pangea, call: Call, kind: str, argument: str, above: Record) -> Record:
    """The object that an argument names; of names that differ in case only, the one that was changed last."""
    text = call.arguments[argument]
    # A text that looks like a UUID is treated as one: such a name is never found.
    where = [with_uuid(text) if is_uuid(text) else named_any_case(text)]
    if above:
        where.append(linked_from(GROUP_SAMPLE, above["uuid"]) if kind == "sample" else below(above["uuid"]))
    replicate = dict(call.query).get("replicate")
    if argument == "module_name" and replicate is not None:
        where.append(with_field("replicate", replicate))
    records = pangea.store.all(kind, *where)
    if not records:
        raise NoPage
    if kind == "organization" and len(records) > 1:
        # Deployed servers fail here with 500, even if one of the names matches exactly.
        raise Refused(400, "More than one organization has this name, but for the case of its letters.")
    return newest(records)


_NAMES = ("organization", "sample_group", "sample", *NOUNS, *(f"{noun}_field" for noun in NOUNS))
HANDLERS = {f"get_{name}_by_name": _read for name in _NAMES}
