"""Automations: programs that run on the platform; and their packages, members and runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.enums import PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.automation.member import AutomationMember
from omicsdk.compat.sevenbridges.models.automation.package import AutomationPackage
from omicsdk.compat.sevenbridges.models.automation.run import AutomationRun

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup
    from omicsdk.compat.sevenbridges.models.member import Member
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.compat.sevenbridges.models.team import Team
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.core.request import Request


class Automation(Resource):
    """An automation."""

    href = fields.text()
    id = fields.uuid()
    name = fields.text(read_only=False)
    description = fields.text(read_only=False)
    billing_group = fields.uuid(read_only=False)
    owner = fields.text()
    created_by = fields.text()
    created_on = fields.time()
    modified_by = fields.text()
    modified_on = fields.time(read_only=False)
    archived = fields.switch()
    secret_settings = fields.mapping(read_only=False)
    memory_limit = fields.whole(read_only=False)
    project_based = fields.switch(read_only=False)

    @classmethod
    def query(
        cls,
        name: str | None = None,
        include_archived: bool = False,
        project_based: bool | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists automations.

        Args:
            name: Of this name.
            include_archived: Whether those that were put away are listed too.
            project_based: True for those that run in projects only, False for the others.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_automations.build(
            name=given(name),
            include_archived=include_archived,
            project_based=given(project_based),
            offset=given(offset),
            limit=given(limit),
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Automation | str, api: HttpClient | None = None) -> Self:
        """Gets one automation.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is none.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def create(
        cls,
        name: str,
        description: str | None = None,
        billing_group: BillingGroup | str | None = None,
        secret_settings: Mapping[str, Any] | None = None,
        project_based: bool | None = None,
        memory_limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes an automation.

        Args:
            name: What it is called.
            description: What it is about.
            billing_group: Who pays for its runs: a billing group, or its id.
            secret_settings: Settings that nobody is shown.
            project_based: Whether its runs belong to projects.
            memory_limit: Mebibytes of memory for a run, None for the platform's default.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: There is no name.
            SbgError: The platform answered with an error.
        """
        if not name:
            raise ValidationError("An automation needs a name")
        api = cls._client(api)
        request = api.client.create_automation.build(
            name=name,
            description=given(description),
            billing_group=given(identifier(billing_group) if billing_group else None),
            secret_settings=given(secret_settings),
            project_based=given(project_based),
            memory_limit=given(memory_limit),
        )
        return cls.of(api.call_object(request), api)

    @classmethod
    def get_package(cls, package: AutomationPackage | str, api: HttpClient | None = None) -> AutomationPackage:
        """Gets one package; arguments and errors as those of `AutomationPackage.get`."""
        return AutomationPackage.get(package, api=cls._client(api))

    # -- one automation

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was changed.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.update_automation.build(automation_id=identifier(self), **self._changed())
        return self._saved(self.api.call_object(request), inplace)

    def archive(self, inplace: bool = True) -> Self:
        """Puts it away: it is listed no longer, and can't be run.

        Args:
            inplace: Whether this object takes over what the platform tells; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self.api.client.archive_automation.build(automation_id=identifier(self))
        return self._acted(self.api.call_object(request), inplace)

    def restore(self, inplace: bool = True) -> Self:
        """Brings it back; arguments and errors as those of `archive`."""
        request = self.api.client.restore_automation.build(automation_id=identifier(self))
        return self._acted(self.api.call_object(request), inplace)

    # -- its packages

    def get_packages(
        self, offset: int | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> Collection[AutomationPackage]:
        """Lists its packages; arguments and errors as those of `AutomationPackage.query`."""
        return AutomationPackage.query(self, offset=offset, limit=limit, api=self._chosen(api))

    def add_package(
        self,
        version: str,
        file_path: str | os.PathLike[str],
        schema: Mapping[str, Any],
        file_name: str | None = None,
        python: str | None = None,
        retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
        part_size: int | None = PartSize.UPLOAD_RECOMMENDED_SIZE,
        api: HttpClient | None = None,
    ) -> AutomationPackage:
        """Uploads code and makes a package of it.

        Args:
            version: What the version is called.
            file_path: The archive with the code, which isn't empty.
            schema: Inputs, settings and outputs of the code.
            file_name: What the archive is called on the platform; its own name by default.
            python: The version of Python that runs it, such as "3.8"; None for the platform's default.
            retry_count: How many failures in a row end the upload, 6 by default.
            timeout: Seconds for which a silent server is waited for, 300 by default.
            part_size: The size of the upload's parts in bytes, 5 MiB to 5 GiB, 32 MiB by default.
            api: The Api, where this one's isn't meant.

        Returns:
            The package.

        Raises:
            ValidationError: There is no version.
            SbgError: The file isn't there or is empty, or the platform or its storage answered with an error.
        """
        from omicsdk.compat.sevenbridges.transfer.upload import CodePackageUpload

        if not version:
            raise ValidationError("A package needs a version", remedy='Name it, such as "1.0".')
        api = self._chosen(api)
        upload = CodePackageUpload(file_path, self, file_name, part_size, retry_count, timeout, api=api)
        upload.start()
        upload.wait()
        code = upload.result()
        if code is None:
            raise SbgError(f"The upload of {os.fspath(file_path)} was stopped", remedy="Add the package again.")
        return AutomationPackage.create(self, version, code.id, schema, python=python, api=api)

    # -- its members

    def get_members(
        self, offset: int | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> Collection[AutomationMember]:
        """Lists its members; arguments and errors as those of `AutomationMember.query`."""
        return AutomationMember.query(self, offset=offset, limit=limit, api=self._chosen(api))

    def get_member(self, username: User | Member | str, api: HttpClient | None = None) -> AutomationMember:
        """Gets one of its members; errors as those of `AutomationMember.get`.

        Args:
            username: The user, or their name.
            api: The Api, where this one's isn't meant.
        """
        return AutomationMember.get(username, self, api=self._chosen(api))

    def add_member(
        self, user: User | Member | str, permissions: Mapping[str, bool], api: HttpClient | None = None
    ) -> AutomationMember:
        """Makes a user its member; arguments and errors as those of `AutomationMember.add`."""
        return AutomationMember.add(user, permissions, self, api=self._chosen(api))

    def add_team_member(
        self, team: Team | str, permissions: Mapping[str, bool], api: HttpClient | None = None
    ) -> AutomationMember:
        """Makes a team its member; arguments and errors as those of `AutomationMember.add_team`."""
        return AutomationMember.add_team(team, permissions, self, api=self._chosen(api))

    def remove_member(self, user: User | Member | AutomationMember | str, api: HttpClient | None = None) -> None:
        """Ends a user's membership; arguments and errors as those of `AutomationMember.remove`."""
        AutomationMember.remove(user, self, api=self._chosen(api))

    def remove_team_member(self, team: Team | AutomationMember | str, api: HttpClient | None = None) -> None:
        """Ends a team's membership; arguments and errors as those of `AutomationMember.remove_team`."""
        AutomationMember.remove_team(team, self, api=self._chosen(api))

    # -- its runs

    def get_runs(
        self,
        package: AutomationPackage | str | None = None,
        status: str | None = None,
        name: str | None = None,
        created_by: str | None = None,
        created_from: str | date | None = None,
        created_to: str | date | None = None,
        project_id: Project | str | None = None,
        order_by: str | None = None,
        order: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[AutomationRun]:
        """Lists its runs; arguments and errors as those of `AutomationRun.query`."""
        return AutomationRun.query(
            automation=self,
            package=package,
            status=status,
            name=name,
            created_by=created_by,
            created_from=created_from,
            created_to=created_to,
            project_id=project_id,
            order_by=order_by,
            order=order,
            offset=offset,
            limit=limit,
            api=self._chosen(api),
        )

    def _chosen(self, api: HttpClient | None) -> HttpClient:
        return api if api is not None else self.api

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_automation.build(automation_id=identifier(id))

    def __repr__(self) -> str:
        return f"<Automation: id={self.field('id')} name={self.field('name')}>"
