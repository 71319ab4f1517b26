"""Automations: programs that run on the platform; their members, packages and runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import unquote

from omicsdk.compat.sevenbridges.enums import AutomationStatus, PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Conversion, acts, gives, lists, sends
from omicsdk.compat.sevenbridges.meta._waiting import Running
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Savable, identifier, request_of
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.models.member import MemberFields
from omicsdk.compat.sevenbridges.models.values import sent
from omicsdk.compat.sevenbridges.transfer.upload import CodePackage, CodePackageUpload
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_object

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, BillingGroup, Member, Project, Team, User
    from omicsdk.core.request import Request


class AutomationMember(MemberFields, Savable, calls="remove_automation_member"):
    """A member of an automation."""

    name = fields.text()

    @classmethod
    @lists("list_automation_members")
    def query(
        cls, automation: Automation | str, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[Self]:
        """List the members of an automation."""
        ...

    @classmethod
    @gives("get_automation_member", names={"id": "username"})
    def get(
        cls, id: User | Member | AutomationMember | str, automation: Automation | str, api: Api | None = None
    ) -> Self:
        """Get one member of an automation, by the user or their name."""
        ...

    @classmethod
    @gives("add_automation_member", names={"user": "username"})
    def add(
        cls,
        user: User | Member | str,
        permissions: Mapping[str, bool],
        automation: Automation | str,
        api: Api | None = None,
    ) -> Self:
        """Make a user a member of an automation."""
        ...

    @classmethod
    @gives("add_automation_member", names={"team": "id"}, type="team")
    def add_team(
        cls, team: Team | str, permissions: Mapping[str, bool], automation: Automation | str, api: Api | None = None
    ) -> Self:
        """Make a team a member of an automation."""
        ...

    @classmethod
    @sends("remove_automation_member", names={"user": "username"})
    def remove(
        cls, user: User | Member | AutomationMember | str, automation: Automation | str, api: Api | None = None
    ) -> None:
        """End a user's membership."""

    @classmethod
    @sends("remove_automation_member", names={"team": "username"})
    def remove_team(
        cls, team: Team | AutomationMember | str, automation: Automation | str, api: Api | None = None
    ) -> None:
        """End a team's membership."""

    # -- one member

    def save(self, inplace: bool = True) -> Self:
        """Save the rights that were changed."""
        self._changed()
        permissions = dict(self.permissions)
        request = request_of(
            self.api, "update_automation_member", **self._path_arguments(self), permissions=permissions
        )
        confirmed = fields.typed(self, "permissions", self.api.call_object(request).get("permissions"), is_object) or {}
        return self._saved({"permissions": {**permissions, **confirmed}}, inplace)

    @classmethod
    def _path_arguments(cls, reference: object) -> dict[str, str]:
        """The ids of the automation and of the member, as the URL of this one has them."""
        href = str(reference.field("href") or "") if isinstance(reference, AutomationMember) else None
        parts = url_parts(href or "").path.rstrip("/").split("/")
        if len(parts) < 3 or parts[-2] != "members":
            raise SbgError(f"The automation of {reference!r} is unknown", remedy="Get it from its automation again.")
        return {"automation_id": unquote(parts[-3]), "username": unquote(parts[-1])}


#: What an upload gave has the id as an attribute.
_CODE: Mapping[str, Conversion] = {"location": lambda _, value: identifier(getattr(value, "id", value))}


class AutomationPackage(Gettable, Savable, path="package_id", calls="get_automation_package update_automation_package"):
    """A version of an automation's code."""

    automation = fields.uuid()
    version = location = created_by = python = fields.text()
    schema = fields.mapping()
    created_on = fields.time()
    archived = fields.switch()
    custom_url = fields.text(read_only=False)
    memory_limit = fields.whole(read_only=False)

    @classmethod
    @lists("list_automation_packages")
    def query(
        cls, automation: Automation | str, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[Self]:
        """List the packages of an automation."""
        ...

    @classmethod
    @gives("create_automation_package", needs="version location schema", convert=_CODE, nulls="memory_limit python")
    def create(
        cls,
        automation: Automation | str,
        version: str,
        location: CodePackage | File | str,
        schema: Mapping[str, Any],
        memory_limit: int | None = None,
        python: str | None = None,
        api: Api | None = None,
    ) -> Self:
        """Create a package of code that was uploaded; `Automation.add_package` does both.

        Args:
            location: The uploaded code: what its upload returned, or the id of that.
        """
        ...

    # -- one package

    def archive(self, inplace: bool = True) -> Self:
        """Archive it: it is no longer listed, and cannot be run."""
        return self._acted(self.api.call_object(self._about("archive_automation_package")), inplace)

    def restore(self, inplace: bool = True) -> Self:
        """Restore it."""
        return self._acted(self.api.call_object(self._about("restore_automation_package")), inplace)

    def _about(self, operation: str) -> Request:
        return request_of(self.api, operation, automation_id=identifier(self.automation), **self._path_arguments(self))


_SENT: Mapping[str, Conversion] = dict.fromkeys(("inputs", "settings", "secret_settings"), lambda _, value: sent(value))


class AutomationRun(Running, Savable, path="run_id", calls="get_automation_run update_automation_run"):
    """A run of an automation's package."""

    _ENDED = frozenset(AutomationStatus.terminal_states)
    _CALLED = "Run"

    automation = fields.Part(lambda: Automation)
    package = fields.Part(lambda: AutomationPackage)
    inputs = settings = fields.mapping(read_only=False)
    outputs = execution_details = fields.mapping()
    created_on = fields.time()
    resumed_from = message = project_id = fields.text()
    memory_limit = fields.whole(read_only=False)

    @classmethod
    @lists("list_automation_runs", names={"package": "package_id"})
    def query(
        cls,
        automation: Automation | str | None = None,
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
        api: Api | None = None,
    ) -> Collection[Self]:
        """List runs."""
        ...

    @classmethod
    @gives("create_automation_run", convert=_SENT, inputs={})
    def create(
        cls,
        package: AutomationPackage | str,
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        resume_from: AutomationRun | str | None = None,
        name: str | None = None,
        secret_settings: Mapping[str, Any] | None = None,
        memory_limit: int | None = None,
        api: Api | None = None,
    ) -> Self:
        """Start a run."""
        ...

    @classmethod
    @gives("rerun_automation_run", names={"id": "run_id"}, convert=_SENT)
    def rerun(
        cls,
        id: AutomationRun | str,
        package: AutomationPackage | str | None = None,
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        resume_from: AutomationRun | str | None = None,
        name: str | None = None,
        secret_settings: Mapping[str, Any] | None = None,
        merge: bool = True,
        api: Api | None = None,
    ) -> Self:
        """Start a run like another one, with other values where they are given, and return it.

        Args:
            merge: Whether inputs and settings are added to those of the other run; else they replace them.
        """
        ...

    # -- one run

    def stop(self, api: Api | None = None) -> bytes:
        """Stop it, and return the platform's response; its status changes with `reload`."""
        api = api if api is not None else self.api
        return api.send(request_of(api, "stop_automation_run", **self._path_arguments(self))).content

    def get_log_file(self, api: Api | None = None) -> File | None:
        """The file of its log, without a request; None if the run has none."""
        log_file: object = (self.execution_details or {}).get("log_file")
        if not log_file:
            return None
        data = cast("Mapping[str, Any]", log_file) if isinstance(log_file, Mapping) else {"id": log_file}
        return File.of(data, api if api is not None else self.api)

    def get_state(self, api: Api | None = None) -> dict[str, Any]:
        """Get its steps by their names, as the platform describes them."""
        api = api if api is not None else self.api
        return api.call_object(request_of(api, "get_automation_run_state", **self._path_arguments(self)))

    def _changed(self) -> dict[str, Any]:
        return sent(super()._changed())


class Automation(Gettable, Savable, path="automation_id", calls="get_automation update_automation"):
    """An automation."""

    name = description = fields.text(read_only=False)
    billing_group = fields.uuid(read_only=False)
    owner = created_by = modified_by = fields.text()
    created_on = fields.time()
    modified_on = fields.time(read_only=False)
    archived = fields.switch()
    secret_settings = fields.mapping(read_only=False)
    memory_limit = fields.whole(read_only=False)
    project_based = fields.switch(read_only=False)

    @classmethod
    @lists("list_automations")
    def query(
        cls,
        name: str | None = None,
        include_archived: bool = False,
        project_based: bool | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List automations; archived ones only with `include_archived`.

        Args:
            project_based: True for those that run in projects only, False for the others.
        """
        ...

    @classmethod
    @gives("create_automation", needs="name")
    def create(
        cls,
        name: str,
        description: str | None = None,
        billing_group: BillingGroup | str | None = None,
        secret_settings: Mapping[str, Any] | None = None,
        project_based: bool | None = None,
        memory_limit: int | None = None,
        api: Api | None = None,
    ) -> Self:
        """Create an automation; `project_based` ones run in projects."""
        ...

    @classmethod
    def get_package(cls, package: AutomationPackage | str, api: Api | None = None) -> AutomationPackage:
        """Get one package."""
        return AutomationPackage.get(package, cls._client(api))

    # -- one automation

    @acts("archive_automation")
    def archive(self, inplace: bool = True) -> Self:
        """Archive it: it is no longer listed, and cannot be run."""
        ...

    @acts("restore_automation")
    def restore(self, inplace: bool = True) -> Self:
        """Restore it."""
        ...

    # -- its packages

    @lists("list_automation_packages", of=AutomationPackage)
    def get_packages(
        self, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[AutomationPackage]:
        """List its packages."""
        ...

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
        api: Api | None = None,
    ) -> AutomationPackage:
        """Upload code, an archive at `file_path` which is not empty, and create a package of it."""
        if not version:
            raise ValidationError("A package needs a version", remedy='Name it, such as "1.0".')
        api = self.api if api is None else api
        upload = CodePackageUpload(file_path, self, file_name, part_size, retry_count, timeout, api=api)
        upload.start()
        upload.wait()
        code = upload.result()
        if code is None:
            raise SbgError(f"The upload of {os.fspath(file_path)} was stopped", remedy="Add the package again.")
        return AutomationPackage.create(self, version, code.id, schema, python=python, api=api)

    # -- its members

    @lists("list_automation_members", of=AutomationMember)
    def get_members(
        self, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[AutomationMember]:
        """List its members."""
        ...

    @gives("get_automation_member", of=AutomationMember)
    def get_member(self, username: User | Member | str, api: Api | None = None) -> AutomationMember:
        """Get one of its members."""
        ...

    @gives("add_automation_member", of=AutomationMember, names={"user": "username"})
    def add_member(
        self, user: User | Member | str, permissions: Mapping[str, bool], api: Api | None = None
    ) -> AutomationMember:
        """Make a user its member."""
        ...

    @gives("add_automation_member", of=AutomationMember, names={"team": "id"}, type="team")
    def add_team_member(
        self, team: Team | str, permissions: Mapping[str, bool], api: Api | None = None
    ) -> AutomationMember:
        """Make a team its member."""
        ...

    @sends("remove_automation_member", names={"user": "username"})
    def remove_member(self, user: User | Member | AutomationMember | str, api: Api | None = None) -> None:
        """End a user's membership."""

    @sends("remove_automation_member", names={"team": "username"})
    def remove_team_member(self, team: Team | AutomationMember | str, api: Api | None = None) -> None:
        """End a team's membership."""

    # -- its runs

    @lists("list_automation_runs", of=AutomationRun, names={"package": "package_id"})
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
        api: Api | None = None,
    ) -> Collection[AutomationRun]:
        """List its runs."""
        ...

    def __repr__(self) -> str:
        return f"<Automation: id={self.field('id')} name={self.field('name')}>"
