"""From names that were typed to organizations, groups, samples and results, as they are at this moment."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.errors import NotFound
from omicsdk.pangea import listings
from omicsdk.pangea.answers import object_of, unlike

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import httpx

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.core.model import Model
    from omicsdk.core.operation import Call

Thing = dict[str, Any]
"""What the service says of something: its fields by name."""

FEW = 50
"""Samples that are asked for by name, one by one; of more the whole list is read."""


def things(operation: Call[..., Any], **arguments: Any) -> Iterator[Thing]:
    """What a list of the service holds, page by page.

    Args:
        operation: The list.
        arguments: Those of the operation.
    """
    for answer in operation.answers(operation.build(**arguments)):
        yield from _listed(answer)


def _listed(answer: httpx.Response) -> list[Thing]:
    try:
        page: object = answer.json()
    except ValueError:
        raise unlike(answer.url.path, "the body", answer.text, "JSON") from None
    found = object_of(page, answer.url.path).get("results")
    if not isinstance(found, list):
        raise unlike(answer.url.path, "results", found, "a list")
    return cast("list[Thing]", found)


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
        name: Its name.

    Raises:
        NotFound: There is none.
    """
    return _there(access, lambda: listings.find_organization(access.api, name), f"organization {name!r}")


def group(access: Access, org: str, name: str) -> Thing:
    """A sample group.

    Args:
        access: The service.
        org: Its organization's name.
        name: Its name.

    Raises:
        NotFound: There is none, or no such organization.
    """
    owner = organization(access, org)
    return _there(
        access,
        lambda: listings.find_sample_group(access.api, owner["uuid"], name),
        f"sample group {name!r} in the organization {org!r}",
    )


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
    found = next(samples_of(access, group(access, org, grp), [name]), None)
    if found is None:
        raise _missing(access, f"sample {name!r} in the group {grp!r}")
    return found


def samples_of(access: Access, grp: Thing, names: Collection[str] | None = None) -> Iterator[Thing]:
    """The samples of a group, those of other libraries that were added to it among them; two may have one name.

    Args:
        access: The service.
        grp: The group.
        names: Only those of these names; None for all.
    """
    wanted = None if names is None else set(names)
    if names is not None and wanted is not None and grp["is_library"] and len(wanted) <= FEW:
        for found in own_samples_of(access, grp, names):
            wanted.discard(found["name"])
            yield found
        if not wanted:
            return
    for found in things(access.api.list_sample_group_samples, group_pk=grp["uuid"]):
        if wanted is None or found["name"] in wanted:
            yield found


def own_samples_of(access: Access, library: Thing, names: Collection[str]) -> Iterator[Thing]:
    """The samples that a library owns.

    Args:
        access: The service.
        library: The library.
        names: Only those of these names.
    """
    wanted = frozenset(names)
    if len(wanted) <= FEW:
        listed = (
            things(access.api.list_samples, library_id=library["uuid"], name=name) for name in dict.fromkeys(names)
        )
        found = chain.from_iterable(listed)
    else:
        found = things(access.api.list_sample_group_samples, group_pk=library["uuid"])
    yield from (each for each in found if each["name"] in wanted and each["library"] == library["uuid"])


def sample_result(access: Access, of: Thing, module: str) -> Thing:
    """The result of a module that a sample has; of several the newest.

    Args:
        access: The service.
        of: The sample.
        module: The module's name.

    Raises:
        NotFound: There is none.
    """
    return _there(
        access,
        lambda: listings.find_sample_result(access.api, of["uuid"], module),
        f"analysis result of {module!r} of the sample {of['name']!r}",
    )


def tag(access: Access, name: str) -> Thing:
    """A tag.

    Args:
        access: The service.
        name: Its name.

    Raises:
        NotFound: There is none.
    """
    return _there(access, lambda: listings.find_tag(access.api, name), f"tag {name!r}")


def _there(access: Access, find: Callable[[], Model], what: str) -> Thing:
    """A thing as the service has it now."""
    try:
        return find().to_dict()
    except NotFound as error:
        raise _missing(access, what) from error


def _missing(access: Access, what: str) -> NotFound:
    seen = "Check the names" if not access.is_anonymous else "Check the names; what isn't public takes a login"
    return NotFound(f"there is no {what}", status=404, remedy=f"{seen}.")
