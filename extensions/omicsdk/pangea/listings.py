"""Find organizations, groups and samples by name, and list what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk_api.pangea import PangeaApi
from omicsdk_api.pangea.models.organization import Organization
from omicsdk_api.pangea.models.pangea_user import PangeaUser
from omicsdk_api.pangea.models.sample import Sample
from omicsdk_api.pangea.models.sample_analysis_result import SampleAnalysisResult
from omicsdk_api.pangea.models.sample_group import SampleGroup
from omicsdk_api.pangea.models.tag import Tag

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import NAME, UUID
from omicsdk.core.errors import BadRequest, NotFound, OmicsError, ServerError, UsageError
from omicsdk.core.omit import OMIT
from omicsdk.core.plain_client import exchange_of
from omicsdk.core.type_guards import is_array, is_number
from omicsdk.pangea.batches import Batch, for_each
from omicsdk.pangea.fields import operation
from omicsdk.pangea.responses import Blob, all_listed_by, identified, object_of, unlike, update_order

if TYPE_CHECKING:
    from concurrent.futures import Future


T = TypeVar("T", "Organization", "SampleGroup", "Sample", "Tag")

# Pages of a list that are requested before their turn.
AHEAD = 3
# Samples that one request creates, adds to a group or removes from one.
BATCH = 500
# Samples that are requested one by one, by name; of more the whole list is read.
FEW = 50
_PAGE = re.compile(r"(?<=[?&]page=)\d{1,18}(?=&|$)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID as the server writes it.

    Args:
        text: The text.
    """
    return _UUID.fullmatch(text) is not None


def has_route(name: str) -> bool:
    """Whether a name can be a segment of a route by names: it has no slash, is no UUID (the server would look that up), and not `.` or `..`.

    Args:
        name: The name.
    """
    return bool(name) and "/" not in name and name not in (".", "..") and not is_uuid(name)


def whoami(client: PangeaApi) -> PangeaUser:
    """Show the account that is logged in.

    Raises:
        AuthError: The server refused the login.
        Forbidden: No user is logged in.
    """
    return client.get_me()


def find_organization(client: PangeaApi, name: str) -> Organization:
    """Get an organization by its name or UUID.

    Args:
        name: Name or UUID of the organization.

    Raises:
        NotFound: It does not exist, or is not visible to this user.
    """
    if is_uuid(name):
        return identified(client.get_organization(uuid=name))
    return _named_object(client, all_listed_by(client.list_organizations, name=name), name, f"organization {name!r}")


def find_sample_group(client: PangeaApi, organization: str, name: str) -> SampleGroup:
    """Get a sample group by its name or UUID.

    Args:
        organization: The name of the organization that owns it, or its uuid.
        name: Name or UUID of the sample group.

    Raises:
        NotFound: It does not exist, or is not visible to this user.
        Forbidden: It is not visible to this user.
    """
    if is_uuid(name):
        return identified(client.get_sample_group(uuid=name))
    if has_route(name) and _is_segment(organization):
        group = _by_names(client.get_sample_group_by_name, name, org=organization, grp=name)
        if group is not None:
            return group
    owner = find_organization(client, organization)
    groups = all_listed_by(client.list_sample_groups, name=name, organization_id=owner.uuid)
    return _named_object(client, groups, name, f"sample group {name!r} in the organization {owner.name!r}")


def find_sample(client: PangeaApi, organization: str, group: str, name: str) -> Sample:
    """Get a sample by its name or UUID.

    Args:
        organization: The name of the organization that owns the group, or its uuid.
        group: The name or uuid of its library, or of another group that contains it.
        name: Name or UUID of the sample.

    Raises:
        NotFound: It does not exist, or is not visible to this user.
        Forbidden: It is not visible to this user.
    """
    if is_uuid(name):
        return identified(client.get_sample(uuid=name))
    if has_route(name) and _is_segment(organization) and _is_segment(group):
        sample = _by_names(client.get_sample_by_name, name, org=organization, grp=group, sample=name)
        if sample is not None:
            return sample
    owner = find_sample_group(client, organization, group)
    return _named_object(
        client, group_samples(client, owner, [name]), name, f"sample {name!r} in the group {owner.name!r}"
    )


def find_sample_result(client: PangeaApi, sample: str, module: str) -> SampleAnalysisResult:
    """Find the result of a module that a sample has; of several the newest.

    Args:
        sample: The sample's uuid.
        module: The module's name.

    Raises:
        NotFound: It does not exist, or is not visible to this user.
    """
    return find_result(client, sample, module)


def find_result(
    client: PangeaApi, owner: str, module: str, replicate: str | None = None, *, of_group: bool = False
) -> Any:
    """Find a result of a sample or of a group; of several of a module the newest.

    Args:
        client: The server.
        owner: The UUID of the sample, or of the group.
        module: The module's name.
        replicate: The replicate; None for the newest.
        of_group: Whether the owner is a group.

    Raises:
        NotFound: It does not exist, or is not visible to this user.
    """
    narrowed = {"sample_group_id" if of_group else "sample_id": owner, "module_name": module}
    results = all_listed_by(operation(client, "list_{}_analysis_results", of_group), **narrowed)
    matching = [result for result in results if result.module_name == module and replicate in (None, result.replicate)]
    if not matching:
        which = f" with the replicate {replicate!r}" if replicate else ""
        raise missing(client, f"analysis result of {module!r}{which}")
    return max(matching, key=lambda result: update_order(result.updated_at))


def find_tag(client: PangeaApi, name: str) -> Tag:
    """Get a tag by its name.

    Args:
        name: Name of the tag.

    Raises:
        NotFound: There is none.
    """
    return _named_object(client, all_listed_by(client.list_tags, name=name), name, f"tag {name!r}")


@text_is_one_item
def ensure_tags(client: PangeaApi, names: str | Collection[str]) -> Batch[Tag]:
    """Create tags; existing ones are returned unchanged.

    Args:
        names: Names of the tags.

    Returns:
        The tags, and why others failed.
    """
    created: list[str] = []

    def ensured(name: str) -> Tag:
        try:
            return find_tag(client, name)
        except NotFound:
            tag = ensure_tag(client, name)
            created.append(name)
            return tag

    tags, errors = for_each(list(dict.fromkeys(names)), ensured, str)
    return Batch("created", "tags", tags, len(tags) - len(created), errors)


def ensure_tag(client: PangeaApi, name: str) -> Tag:
    """Get a tag by its name, or create it.

    Args:
        name: Name of the tag.

    Raises:
        Forbidden: No user is logged in.
    """
    return _ensured(lambda: find_tag(client, name), lambda: identified(client.create_tag(name=name)))


def check_bucket(group: SampleGroup) -> None:
    """Refuse uploads into a group without a bucket, before anything is created for them.

    Args:
        group: The library of a sample, or the group of a result.

    Raises:
        UsageError: The server states that it has none.
    """
    if group.to_dict().get("bucket", "") is None:
        raise UsageError(
            f"The group {group.name!r} has no bucket, which files are uploaded to",
            remedy=f"List buckets with: omics pangea list buckets. Then set one: omics pangea groups update {group.uuid} --bucket UUID",
        )


def ensure_sample(client: PangeaApi, library: str, name: str, metadata: dict[str, Any] | None = None) -> Sample:
    """Find a sample of a library; it is created if there is none.

    Args:
        client: The server.
        library: The library's UUID.
        name: The sample's name.
        metadata: The metadata of one that is created.
    """

    def find() -> Sample:
        samples = all_listed_by(client.list_samples, library_id=library, name=name)
        return _named_object(client, samples, name, f"sample {name!r}")

    def create() -> Sample:
        sample = client.create_sample(name=name, library=library, metadata=OMIT if metadata is None else metadata)
        check_fields("create_sample", sample)
        NAME.check(name, sample.name, "create_sample")
        UUID.check(library, sample.library, f"create_sample {name}")
        return identified(sample)

    return _ensured(find, create)


def ensure_result(
    client: PangeaApi,
    owner: str,
    module: str,
    replicate: str | None = None,
    *,
    of_group: bool = False,
    private: bool,
    metadata: dict[str, Any] | None = None,
) -> Any:
    """Find a result of a sample or of a group, or create it.

    Args:
        client: The server.
        owner: The UUID of the sample, or of the group.
        module: The module's name.
        replicate: The replicate; None for the newest result, and for a random replicate of a new one.
        of_group: Whether the owner is a group.
        private: Whether a new result is visible to members of the organization only.
        metadata: The metadata of a new result.

    Raises:
        OmicsError: The server refused, or made it visible to more users than requested.
    """
    try:
        return find_result(client, owner, module, replicate, of_group=of_group)
    except NotFound:
        about = {"sample_group" if of_group else "sample": owner, "module_name": module, "is_private": private}
        about |= {
            name: value for name, value in (("replicate", replicate), ("metadata", metadata)) if value is not None
        }
        result = operation(client, "create_{}_analysis_result", of_group)(**about)
        check_fields("create_result", result)
        NAME.check(module, result.module_name, "create_result")
        UUID.check(owner, result.sample_group if of_group else result.sample, f"create_result {module}")
    if result.is_private is not private:
        visibility = "private" if private else "public"
        raise OmicsError(
            f"The result of {module!r} ({result.uuid}) was created, but is not {visibility}",
            remedy="Delete it and contact the platform's operators.",
        )
    return identified(result)


def _ensured(find: Callable[[], T], create: Callable[[], T]) -> T:
    try:
        return find()
    except NotFound:
        pass
    try:
        return create()
    except BadRequest as error:  # another program may have been faster
        try:
            return find()
        except NotFound:
            raise error from None


@text_is_one_item
def samples_of(
    client: PangeaApi, organization: str, group: str, names: str | Collection[str] | None = None
) -> Iterator[Sample]:
    """List the samples of a group.

    Includes samples of other libraries that were added to the group.

    Args:
        organization: The name of the organization that owns the group, or its uuid.
        group: The group's name, or its uuid.
        names: Only samples of these names. A sample that a library owns takes precedence over those of its name from other
            libraries; of another group, all of a name are listed.

    Raises:
        NotFound: There is no such group, or it is not visible to this user.
        Forbidden: It is not visible to this user.
    """
    yield from group_samples(client, find_sample_group(client, organization, group), names)


def group_samples(client: PangeaApi, group: SampleGroup, names: Collection[str] | None = None) -> Iterator[Sample]:
    """Iterate over the samples of a group; the same as `samples_of` for a group that was found.

    Args:
        client: The server.
        group: The group.
        names: Only samples of these names.
    """
    requested = None if names is None else dict.fromkeys(names)
    if requested is not None and group.is_library:
        for sample in own_samples(client, group, list(requested)):
            requested.pop(sample.name, None)
            yield sample
        if not requested:
            return
    for sample in map(identified, client.list_sample_group_samples.iterate(group_pk=group.uuid)):
        if requested is None or sample.name in requested:
            yield sample


def own_samples(client: PangeaApi, library: SampleGroup, names: Collection[str]) -> Iterator[Sample]:
    """Iterate over the samples that a library owns.

    Args:
        client: The server.
        library: The library.
        names: Only samples of these names.
    """
    requested = frozenset(names)
    if len(requested) > FEW:
        samples = all_listed_by(client.list_sample_group_samples, group_pk=library.uuid)
    else:
        narrowed = ({"library_id": library.uuid, "name": name} for name in names)
        samples = (sample for criteria in narrowed for sample in all_listed_by(client.list_samples, **criteria))
    yield from (sample for sample in samples if sample.name in requested and sample.library == library.uuid)


def ls(
    client: PangeaApi, organization: str | None = None, group: str | None = None
) -> Iterator[Organization | SampleGroup | Sample]:
    """List organizations, the groups of an organization, or the samples of a group.

    Args:
        organization: The organization's name, or its uuid; None lists all organizations.
        group: The group's name, or its uuid; None lists the organization's groups.

    Raises:
        NotFound: There is no such organization or group, or it is not visible to this user.
        Forbidden: It is not visible to this user.
    """
    if organization is None:
        yield from map(identified, client.list_organizations.iterate())
    elif group is None:
        owner = find_organization(client, organization)
        yield from map(identified, client.list_sample_groups.iterate(organization_id=owner.uuid))
    else:
        yield from samples_of(client, organization, group)


def _by_names(operation: Callable[..., T], name: str, **path: str) -> T | None:
    """Return the response of a route by names; None if it is for another object, since the server ignores case, or it
    cannot decide.
    """
    try:
        match = operation(**path)
    except (
        BadRequest,
        ServerError,
        NotFound,
    ):  # two names that differ in case only; the lists show which does not exist
        return None
    return match if identified(match).name == name else None


def _is_segment(name: str) -> bool:
    return is_uuid(name) or has_route(name)


def _named_object(client: PangeaApi, matches: Iterable[T], name: str, what: str) -> T:
    for match in matches:
        if match.name == name:
            return identified(match)
    raise missing(client, what)


def missing(client: PangeaApi, what: str) -> NotFound:
    """Return the error for an object that does not exist.

    Args:
        client: The server.
        what: What it is, with its name.
    """
    anonymous = exchange_of(client).transport.credentials is None
    remedy = "Check the names; what is not public requires a login." if anonymous else "Check the names."
    return NotFound(f"There is no {what}", status=404, remedy=remedy)


# -- pages that are requested ahead


def prefetched_pages(fetch: Callable[[str], Blob], url: str, following: Callable[[str], str]) -> Iterator[Blob]:
    """Iterate over the pages of a list; the next ones are requested while one is read.

    The first page states how many items there are, so up to AHEAD pages are requested before their turn. Each is used
    only when the one before it names it as the next, so a list that changes meanwhile is read as the server cuts it.

    Args:
        fetch: Requests a page; called in threads.
        url: The URL of the first page.
        following: Makes the URL to request of the one that a page names as the next.

    Raises:
        DecodeError: A page is none, or names one that was read already.
    """
    first = _checked_page(fetch(url), url)
    yield first
    if not first.get("next") or not first["results"]:  # pages are counted: after an empty one there is none
        return
    from omicsdk.core.threads import Workers  # most lists have one page

    coming: dict[str, Future[Blob]] = {}
    read, page = {url}, first
    with Workers(AHEAD, "omicsdk-pangea-pages") as pool:
        while page.get("next") and page["results"]:
            expected = following(page["next"])
            if expected in read:
                raise unlike(url, "next", page["next"], "a page that was not read yet")
            read.add(expected)
            for ahead in _expected(expected, first):
                if ahead not in coming:
                    coming[ahead] = pool.submit(fetch, ahead)
            page = _checked_page(coming.pop(expected).result(), expected)
            yield page


def _checked_page(response: object, url: str) -> Blob:
    page = object_of(response, url)
    if not is_array(page.get("results")):
        raise unlike(url, "results", page.get("results"), "a list")
    if not isinstance(page.get("next"), str | None):
        raise unlike(url, "next", page["next"], "a URL")
    if page.get("count") is not None and not is_number(page["count"]):
        raise unlike(url, "count", page["count"], "a number")
    return page


def _expected(url: str, first: Blob) -> list[str]:
    """A page and those after it, by the count of the first: no page is requested that does not exist any more."""
    size, number = len(first["results"]), _PAGE.search(url)
    if number is None or not size:
        return [url]
    last = -(-(first.get("count") or 0) // size)
    begin = int(number[0])
    return [_PAGE.sub(str(page), url) for page in range(begin, max(begin, min(begin + AHEAD - 1, last)) + 1)]
