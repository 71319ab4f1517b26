"""From names that were typed to organizations, groups, samples and results, as the service describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from omicsdk.cli.commands.pangea_access import Access
    from omicsdk.core.operation import Operation

Thing = dict[str, Any]
"""What the service says of something: its fields by name."""

FEW = 50
"""Samples that are asked for by name, one by one; of more the whole list is read."""


def things(operation: Operation, *, limit: int | None = None, **arguments: Any) -> Iterator[Thing]:
    """What a list of the service holds, page by page.

    Args:
        operation: The list.
        limit: So many at most; None for all.
        arguments: Those of the operation.
    """
    left = limit
    for answer in operation.answers(operation.build(**arguments)):
        found: list[Thing] = answer.json()["results"]
        yield from found if left is None else found[:left]
        if left is not None:
            left -= len(found)
            if left <= 0:
                return


def plain(operation: Any, **arguments: Any) -> Any:
    """A call's answer as JSON data.

    Args:
        operation: Which.
        arguments: Its arguments.
    """
    return operation.raw(**arguments).json()


def organization(access: Access, name: str) -> Thing:
    """An organization.

    Args:
        access: The service.
        name: Its name, in any case, or its UUID.

    Raises:
        NotFound: There is none.
    """
    api = access.api
    found = _by_name(
        (name,),
        lambda: plain(api.get_organization_by_name, org=name),
        lambda: _named(things(api.list_organizations, name=name), name),
    )
    if found is None:
        raise _missing(access, f"organization {name!r}")
    return found


def group(access: Access, org: str, name: str) -> Thing:
    """A sample group.

    Args:
        access: The service.
        org: Its organization's name.
        name: Its name.

    Raises:
        NotFound: There is none, or no such organization.
    """
    api = access.api

    def listed() -> Thing | None:
        owner = organization(access, org)["uuid"]
        return _named(things(api.list_sample_groups, name=name, organization_id=owner), name)

    found = _by_name((org, name), lambda: plain(api.get_sample_group_by_name, org=org, grp=name), listed)
    if found is None:
        owner = organization(access, org)
        raise _missing(access, f"sample group {name!r} in the organization {owner['name']!r}")
    return found


def sample(access: Access, org: str, grp: str, name: str) -> Thing:
    """A sample of a group.

    Args:
        access: The service.
        org: The organization's name.
        grp: The group's name.
        name: Its name.

    Raises:
        NotFound: There is none, or no such organization or group.
    """
    api = access.api

    def listed() -> Thing | None:
        return _named(things(api.list_sample_group_samples, group_pk=group(access, org, grp)["uuid"]), name)

    found = _by_name((org, grp, name), lambda: plain(api.get_sample_by_name, org=org, grp=grp, sample=name), listed)
    if found is None:
        where = group(access, org, grp)
        raise _missing(access, f"sample {name!r} in the group {where['name']!r}")
    return found


def samples_of(access: Access, grp: Thing, names: Collection[str] | None = None) -> Iterator[Thing]:
    """The samples of a group; two of different libraries may have one name.

    Args:
        access: The service.
        grp: The group.
        names: Only those of these names; None for all.
    """
    api = access.api
    if names is None:
        yield from things(api.list_sample_group_samples, group_pk=grp["uuid"])
    elif grp["is_library"] and len(names) <= FEW:
        for name in names:
            yield from things(api.list_samples, library_id=grp["uuid"], name=name)
    else:
        wanted = frozenset(names)
        found = things(api.list_sample_group_samples, group_pk=grp["uuid"])
        yield from (each for each in found if each["name"] in wanted)


def sample_result(access: Access, of: Thing, module: str) -> Thing:
    """The result of a module that a sample has; of several the one that was changed last.

    Args:
        access: The service.
        of: The sample.
        module: The module's name.

    Raises:
        NotFound: There is none.
    """
    found = list(things(access.api.list_sample_analysis_results, sample_id=of["uuid"], module_name=module))
    if not found:
        raise _missing(access, f"analysis result of {module!r} of the sample {of['name']!r}")
    return max(found, key=lambda each: str(each["updated_at"]))


def tag(access: Access, name: str) -> Thing:
    """A tag.

    Args:
        access: The service.
        name: Its name.

    Raises:
        NotFound: There is none.
    """
    found = find_tag(access, name)
    if found is None:
        raise _missing(access, f"tag {name!r}")
    return found


def find_tag(access: Access, name: str) -> Thing | None:
    """A tag, or None where there is none of that name.

    Args:
        access: The service.
        name: Its name.
    """
    return _named(things(access.api.list_tags, name=name), name)


def _by_name(names: tuple[str, ...], nested: Callable[[], Thing], listed: Callable[[], Thing | None]) -> Thing | None:
    """Asks by the routes with names, or by a list where a name can't stand in a path."""
    if any("/" in name or name in ("", ".", "..") for name in names):
        return listed()
    try:
        return nested()
    except NotFound:
        return None


def _named(found: Iterator[Thing], name: str) -> Thing | None:
    return next((each for each in found if each["name"] == name), None)


def _missing(access: Access, what: str) -> NotFound:
    seen = "Check the names" if not access.is_anonymous else "Check the names; what isn't public takes a login"
    return NotFound(f"there is no {what}", status=404, remedy=f"{seen}.")
