"""Who asks, and what they may see and change."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.people import People, Person
from omicsdk.sandbox.pangea.store import Store, Where
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.rest_framework.refusals import Refused, forbidden
from omicsdk.sandbox.rest_framework.service import Askers
from omicsdk.sandbox.service import Call

MEMBER = "member"
"""The link between an organization and those who are in it."""
PRIVILEGED = "privileged_user"
"""The link between a prototype of orders and those who work its orders off."""
ORDER = "work_order"
"""The kind of orders of work for a sample."""


class Access:
    """Who asks, and what they may.

    Args:
        people: The accounts.
        store: The things.
    """

    def __init__(self, people: People, store: Store) -> None:
        self._store = store
        self._askers = Askers(people.by_token)
        self._askers_by_query = Askers(people.by_token, challenge="Token")

    def asker(self, call: Call, *, in_query: bool = False) -> Person | None:
        """Who asks; None for nobody that says who they are.

        Args:
            call: The request.
            in_query: Whether the route takes the token as `?token=`, too.

        Raises:
            Refused: 403 (401 where the query may have it); the token is nobody's.
        """
        if not in_query:
            return self._askers.find(call.headers.get("authorization"))
        token = dict(call.query).get("token")
        return self._askers_by_query.find(call.headers.get("authorization") if not token else f"Token {token}")

    def need(self, call: Call) -> Person:
        """Who asks.

        Raises:
            Refused: 403; nobody that is known.
        """
        return self._askers.need(call.headers.get("authorization"))

    def refusal(self, person: Person | None, detail: str = "") -> Refused:
        """The refusal of what somebody may not do: without a token they are told to have one."""
        if person is None:
            return self._askers.refused()
        return forbidden(detail) if detail else forbidden()

    def check(self, person: Person | None, allowed: bool, detail: str = "") -> None:
        """Refuses what somebody may not do; see `refusal`."""
        if not allowed:
            raise self.refusal(person, detail)

    # -- membership

    def is_member(self, person: Person | None, organization_uuid: str) -> bool:
        """Whether somebody is in an organization."""
        return person is not None and self._store.is_linked(MEMBER, organization_uuid, person.uuid)

    def is_member_anywhere(self, person: Person) -> bool:
        """Whether somebody is in any organization."""
        return bool(self._store.linking(MEMBER, person.uuid))

    def join(self, organization_uuid: str, person: Person) -> None:
        """Puts somebody into an organization."""
        self._store.link(MEMBER, organization_uuid, person.uuid)

    # -- who owns what

    def organization_of(self, thing: Mapping[str, Any]) -> str:
        """The UUID of the organization that owns a group, a sample, an analysis result, or a field of one."""
        if "organization" in thing:
            return thing["organization"]
        return self._store.parent(self.library_of(thing))

    def library_of(self, thing: Mapping[str, Any]) -> str:
        """The UUID of the group that a sample, an analysis result, or a field of one belongs to."""
        match thing:
            case {"library": str(uuid)} | {"sample_group": str(uuid)}:
                return uuid
            case {"sample": str(uuid)}:
                return self._store.parent(uuid)
            case {"analysis_result": str(uuid)}:
                above = self._store.parent(uuid)
                return above if self._store.find("sample_group", above) is not None else self._store.parent(above)
            case _:
                raise KeyError("it belongs to no group")

    def owns(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Whether somebody is in the organization that owns a thing, and so may change it."""
        return self.is_member(person, self.organization_of(thing))

    # -- who may change what

    def may_write(self, call: Call, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Whether somebody may change a sample, a result or a field: its organization's members, and who has an order.

        Args:
            call: The request, whose `work_order_uuid` may name an order.
            person: Who asks.
            thing: The sample, the result or the field.
        """
        return self.owns(person, thing) or self.has_order(call, person, self._sample_of(thing))

    def has_order(self, call: Call, person: Person | None, sample: str) -> bool:
        """Whether the order that a request names is one of a sample, and somebody works off orders of its prototype."""
        named = dict(call.query).get("work_order_uuid", "")
        if not named:
            return False
        try:
            order = self._store.find(ORDER, canonical_uuid(named))
        except Wrong:
            return False
        return order is not None and order["sample"] == sample and self.works_off(person, order["prototype"])

    def works_off(self, person: Person | None, prototype: str) -> bool:
        """Whether somebody is privileged to work off the orders of the prototype of a UUID."""
        return person is not None and self._store.is_linked(PRIVILEGED, prototype, person.uuid)

    def _sample_of(self, thing: Mapping[str, Any]) -> str:
        match thing:
            case {"library": str()}:
                return thing.get("uuid", "")
            case {"sample": str(uuid)}:
                return uuid
            case {"analysis_result": str(uuid)}:
                return self._store.parent(uuid)
            case _:
                return ""

    # -- what may be seen

    def may_see_group(self, person: Person | None, group: Mapping[str, Any]) -> bool:
        """Whether somebody may see a group: a public one, or one of an organization that they are in."""
        return group["is_public"] or self.is_member(person, group["organization"])

    def may_see_sample(self, person: Person | None, sample: Mapping[str, Any]) -> bool:
        """Whether somebody may see a sample: its library decides."""
        library = self._store.find("sample_group", sample["library"])
        return library is not None and self.may_see_group(person, library)

    def may_see_result(self, person: Person | None, result: Mapping[str, Any]) -> bool:
        """Whether somebody may see an analysis result: its group decides, and a private one is for members only."""
        group = self._store.find("sample_group", self.library_of(result))
        if group is None or not self.may_see_group(person, group):
            return False
        return not result["is_private"] or self.is_member(person, group["organization"])

    def visible_groups(self, person: Person | None) -> Where:
        """The groups that somebody may see, as a condition on groups."""
        return Where(
            "(json_extract(fields, '$.is_public') OR parent IN "
            "(SELECT one FROM pangea_links WHERE kind = 'member' AND other = ?))",
            (_known(person),),
        )

    def visible_samples(self, person: Person | None) -> Where:
        """The samples that somebody may see, as a condition on samples."""
        groups = self.visible_groups(person)
        inner = f"SELECT uuid FROM pangea_things WHERE kind = 'sample_group' AND {groups.text}"  # noqa: S608 - our own names
        return Where(f"parent IN ({inner})", groups.values)

    def visible_results(self, person: Person | None, kind: str) -> Where:
        """The analysis results that somebody may see.

        Args:
            person: Who.
            kind: sample_ar or sample_group_ar.
        """
        tables, seen = _owners(kind, "pangea_things")
        return Where(f"EXISTS (SELECT 1 FROM {tables} WHERE {seen})", (_known(person),))  # noqa: S608 - our own names

    def visible_fields(self, person: Person | None, kind: str) -> Where:
        """The fields of analysis results that somebody may see.

        Args:
            person: Who.
            kind: sample_ar_field or sample_group_ar_field.
        """
        tables, seen = _owners(kind.removesuffix("_field"), "result")
        within = f"pangea_things AS result, {tables} WHERE result.uuid = pangea_things.parent AND {seen}"
        return Where(f"EXISTS (SELECT 1 FROM {within})", (_known(person),))  # noqa: S608 - our own names


def _owners(kind: str, result: str) -> tuple[str, str]:
    """The tables that lead from a result to its group, and when somebody may see the result, with one value: their UUID."""
    tables, joined = "pangea_things AS g", f"g.uuid = {result}.parent"
    if kind == "sample_ar":
        tables, joined = "pangea_things AS s, pangea_things AS g", f"s.uuid = {result}.parent AND g.uuid = s.parent"
    public = f"json_extract(g.fields, '$.is_public') AND NOT json_extract({result}.fields, '$.is_private')"
    mine = "EXISTS (SELECT 1 FROM pangea_links AS m WHERE m.kind = 'member' AND m.one = g.parent AND m.other = ?)"
    return tables, f"{joined} AND (({public}) OR {mine})"


def _known(person: Person | None) -> str:
    return person.uuid if person is not None else ""
