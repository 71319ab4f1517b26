"""The typed clients: the generated ones, with a login by e-mail address and password and with things found by their names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk_api.pangea import AsyncPangeaApi, PangeaApi

from omicsdk.core.errors import ConfigError, NotFound
from omicsdk.core.retry import Retry
from omicsdk.pangea.asking.password_login import AsyncRenewingExchange, PasswordLogin, RenewingExchange
from omicsdk.pangea.asking.routes import is_uuid, named
from omicsdk.pangea.asking.server import RETRIED, endpoint_of
from omicsdk.pangea.asking.token_auth import TokenAuth

if TYPE_CHECKING:
    from omicsdk_api.pangea.models.organization import Organization
    from omicsdk_api.pangea.models.sample import Sample
    from omicsdk_api.pangea.models.sample_group import SampleGroup

    from omicsdk.core.credentials import Credentials

T = TypeVar("T", "Organization", "SampleGroup", "Sample")

_OF_THE_LOGIN = ("timeout", "retry", "environ", "clock")
"""Options of a client that its login is made with, too."""
_ARGUMENTS = """
    Args:
        endpoint: The server's address; by default PANGEA_ENDPOINT, else https://pangeabio.io.
        email: The e-mail address to log in with; without one, and without a token, only what is public can be read.
        password: The password.
        token: A token that was got before, in the place of both.
        options: Those of every generated client: timeout, retry, headers, transport, http2, strict, environ and clock.

    Raises:
        ConfigError: The address isn't one, or an e-mail address has no password.
"""


class Pangea(PangeaApi):
    __doc__ = f"A Pangea server, synchronous: every operation, and things by their names.\n{_ARGUMENTS}"

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        email: str | None = None,
        password: str | None = None,
        token: str | None = None,
        **options: Any,
    ) -> None:
        where = endpoint_of(endpoint)
        options["retry"] = options.get("retry") or Retry(statuses=RETRIED)
        super().__init__(where, credentials=_credentials(where, email, password, token, options), **options)
        held = self._exchange
        self._exchange = RenewingExchange(
            strict=held.strict, follow_redirects=held.follow_redirects, transport=held.transport
        )

    def find_organization(self, name: str) -> Organization:
        """An organization.

        Args:
            name: Its name, or its uuid.

        Raises:
            NotFound: There is none, or it may not be seen.
        """
        if is_uuid(name):
            return self.get_organization(uuid=name)
        return _one(self.list_organizations.iterate(name=name), name, "organization")

    def find_sample_group(self, organization: str, name: str) -> SampleGroup:
        """A group.

        Args:
            organization: The name of the organization that owns it, or its uuid.
            name: Its name, or its uuid.

        Raises:
            NotFound: There is none, or it may not be seen.
            Forbidden: It may not be seen.
        """
        if is_uuid(name):
            return self.get_sample_group(uuid=name)
        if named(name) is not None and _is_segment(organization):
            found = self.get_sample_group_by_name(org=organization, grp=name)
            if found.name == name:
                return found
        owner = self.find_organization(organization)
        return _one(self.list_sample_groups.iterate(name=name, organization_id=owner.uuid), name, "group")

    def find_sample(self, organization: str, group: str, name: str) -> Sample:
        """A sample.

        Args:
            organization: The name of the organization that owns the group, or its uuid.
            group: The name of its library or of another group that it is in, or that one's uuid.
            name: Its name, or its uuid.

        Raises:
            NotFound: There is none, or it may not be seen.
            Forbidden: It may not be seen.
        """
        if is_uuid(name):
            return self.get_sample(uuid=name)
        if named(name) is not None and _is_segment(organization) and _is_segment(group):
            found = self.get_sample_by_name(org=organization, grp=group, sample=name)
            if found.name == name:
                return found
        return _one(self.samples_of(organization, group), name, "sample")

    def samples_of(self, organization: str, group: str) -> Iterator[Sample]:
        """Yields the samples of a group, of all pages.

        Args:
            organization: The name of the organization that owns the group, or its uuid.
            group: The group's name, or its uuid.

        Raises:
            NotFound: There is no such group, or it may not be seen.
            Forbidden: It may not be seen.
        """
        found = self.find_sample_group(organization, group)
        yield from self.list_sample_group_samples.iterate(group_pk=found.uuid)


class AsyncPangea(AsyncPangeaApi):
    __doc__ = f"A Pangea server for asyncio: every operation, and things by their names.\n{_ARGUMENTS}"

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        email: str | None = None,
        password: str | None = None,
        token: str | None = None,
        **options: Any,
    ) -> None:
        where = endpoint_of(endpoint)
        options["retry"] = options.get("retry") or Retry(statuses=RETRIED)
        super().__init__(where, credentials=_credentials(where, email, password, token, options), **options)
        held = self._exchange
        self._exchange = AsyncRenewingExchange(
            strict=held.strict, follow_redirects=held.follow_redirects, transport=held.transport
        )

    async def find_organization(self, name: str) -> Organization:
        """An organization; arguments and errors are those of `Pangea.find_organization`."""
        if is_uuid(name):
            return await self.get_organization(uuid=name)
        return await _async_one(self.list_organizations.iterate(name=name), name, "organization")

    async def find_sample_group(self, organization: str, name: str) -> SampleGroup:
        """A group; arguments and errors are those of `Pangea.find_sample_group`."""
        if is_uuid(name):
            return await self.get_sample_group(uuid=name)
        if named(name) is not None and _is_segment(organization):
            found = await self.get_sample_group_by_name(org=organization, grp=name)
            if found.name == name:
                return found
        owner = await self.find_organization(organization)
        groups = self.list_sample_groups.iterate(name=name, organization_id=owner.uuid)
        return await _async_one(groups, name, "group")

    async def find_sample(self, organization: str, group: str, name: str) -> Sample:
        """A sample; arguments and errors are those of `Pangea.find_sample`."""
        if is_uuid(name):
            return await self.get_sample(uuid=name)
        if named(name) is not None and _is_segment(organization) and _is_segment(group):
            found = await self.get_sample_by_name(org=organization, grp=group, sample=name)
            if found.name == name:
                return found
        return await _async_one(self.samples_of(organization, group), name, "sample")

    async def samples_of(self, organization: str, group: str) -> AsyncIterator[Sample]:
        """Yields the samples of a group, of all pages; arguments and errors are those of `Pangea.samples_of`."""
        found = await self.find_sample_group(organization, group)
        async for sample in self.list_sample_group_samples.iterate(group_pk=found.uuid):
            yield sample


def _credentials(
    endpoint: str, email: str | None, password: str | None, token: str | None, options: Mapping[str, Any]
) -> Credentials | None:
    if token:
        return TokenAuth(token)
    if not email:
        return None
    if not password:
        raise ConfigError(f"There is no password for {email}", remedy="Give password= as well.")
    carried = {name: options[name] for name in _OF_THE_LOGIN if name in options}
    if hasattr(options.get("transport"), "handle_request"):
        carried["transport"] = options["transport"]
    return PasswordLogin(endpoint, email, password, **carried)


def _is_segment(name: str) -> bool:
    return is_uuid(name) or named(name) is not None


def _one(found: Iterator[T], name: str, kind: str) -> T:
    for each in found:
        if each.name == name:
            return each
    raise _missing(name, kind)


async def _async_one(found: AsyncIterator[T], name: str, kind: str) -> T:
    async for each in found:
        if each.name == name:
            return each
    raise _missing(name, kind)


def _missing(name: str, kind: str) -> NotFound:
    return NotFound(f"There is no {kind} {name!r}, or it may not be seen", status=404)
