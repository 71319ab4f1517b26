"""Reading by names: organization, group, sample, analysis result, field; each may be named by its UUID, too."""

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.resource import KINDS, NoPage, is_uuid, newest
from omicsdk.sandbox.pangea.results import NOUNS, OF_SAMPLE, ResultKind
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing, Where, below, linked_from, named_any_case, with_field, with_uuid
from omicsdk.sandbox.rest_framework.refusals import Refused
from omicsdk.sandbox.service import Call, Reply, for_each


def get_organization_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/nested/{org}/."""
    return _reply(pangea, call, "organization", _organization(pangea, call))


def get_sample_group_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/nested/{org}/sample_groups/{grp}/."""
    return _reply(pangea, call, "sample_group", _group(pangea, call))


def get_sample_by_name(pangea: Pangea, call: Call) -> Reply:
    """GET /api/nested/{org}/sample_groups/{grp}/samples/{sample}/: of names that differ in case only, the newest."""
    return _reply(pangea, call, "sample", _sample(pangea, call))


def _result_by_name(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    return _reply(pangea, call, kind.kind, _result(pangea, call, kind))


def _field_by_name(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    result = _result(pangea, call, kind)
    field = _newest(pangea, kind.field_kind, call.arguments["field"], below(result["uuid"]))
    return _reply(pangea, call, kind.field_kind, field)


HANDLERS = for_each(NOUNS, {"get_{}_by_name": _result_by_name, "get_{}_field_by_name": _field_by_name})


def _reply(pangea: Pangea, call: Call, kind: str, thing: Thing) -> Reply:
    person = pangea.access.principal(call)
    if kind != "organization" and not pangea.access.may_see(person, kind, thing["uuid"]):
        raise pangea.access.refusal(person)
    return Reply(KINDS[kind](pangea, call).view(thing))


def _result(pangea: Pangea, call: Call, kind: ResultKind) -> Thing:
    """The one of `?replicate=`, else the one that was changed last."""
    owner = _sample(pangea, call) if kind is OF_SAMPLE else _group(pangea, call)
    replicate = dict(call.query).get("replicate")
    more = [with_field("replicate", replicate)] if replicate is not None else []
    return _newest(pangea, kind.kind, call.arguments["module_name"], below(owner["uuid"]), *more)


def _organization(pangea: Pangea, call: Call) -> Thing:
    organizations = _matching(pangea, "organization", call.arguments["org"])
    if len(organizations) > 1:
        # Deployed servers fail here with 500, even if one of the names matches exactly.
        raise Refused(400, "More than one organization has this name, but for the case of its letters.")
    return organizations[0]


def _group(pangea: Pangea, call: Call) -> Thing:
    return _newest(pangea, "sample_group", call.arguments["grp"], below(_organization(pangea, call)["uuid"]))


def _sample(pangea: Pangea, call: Call) -> Thing:
    inside = linked_from(GROUP_SAMPLE, _group(pangea, call)["uuid"])
    return _newest(pangea, "sample", call.arguments["sample"], inside)


def _newest(pangea: Pangea, kind: str, text: str, *where: Where) -> Thing:
    return newest(_matching(pangea, kind, text, *where))


def _matching(pangea: Pangea, kind: str, text: str, *where: Where) -> list[Thing]:
    """Objects by UUID, or by name without regard to case."""
    # A text that looks like a UUID is treated as one: such a name is never found.
    things = pangea.store.all(kind, with_uuid(text) if is_uuid(text) else named_any_case(text), *where)
    if not things:
        raise NoPage
    return things
