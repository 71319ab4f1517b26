"""Runs of automations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.enums import AutomationStatus
from omicsdk.compat.sevenbridges.http.query_times import query_time
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.meta.running import Running
from omicsdk.compat.sevenbridges.models.automation.package import AutomationPackage
from omicsdk.compat.sevenbridges.models.file.values import sent
from omicsdk.core.omit import OMIT, Omit

if TYPE_CHECKING:
    from datetime import date

    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.automation.resource import Automation
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.core.request import Request


def _automation() -> type[Automation]:
    from omicsdk.compat.sevenbridges.models.automation.resource import Automation

    return Automation


class AutomationRun(Running):
    """A run of an automation's package."""

    _ENDED = frozenset(AutomationStatus.terminal_states)

    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)
    automation = fields.Part(_automation)
    package = fields.Part(lambda: AutomationPackage)
    inputs = fields.mapping(read_only=False)
    outputs = fields.mapping()
    settings = fields.mapping(read_only=False)
    created_on = fields.time()
    start_time = fields.time()
    end_time = fields.time()
    resumed_from = fields.text()
    created_by = fields.text()
    status = fields.text()
    message = fields.text()
    execution_details = fields.mapping()
    memory_limit = fields.whole(read_only=False)
    project_id = fields.text()

    @classmethod
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
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists runs.

        Args:
            automation: Of this automation.
            package: Of this package.
            status: In this status, one of AutomationStatus.
            name: Of this name.
            created_by: Begun by this user.
            created_from: Begun at or after this time; text, or a datetime, without zone in UTC.
            created_to: Begun at or before this time.
            project_id: In this project.
            order_by: What they are sorted by.
            order: "asc" or "desc".
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: A time isn't one.
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        chosen: dict[str, Any] = {
            "name": given(name),
            "automation_id": given(identifier(automation) if automation else None),
            "package_id": given(identifier(package) if package else None),
            "status": given(status),
            "created_by": given(created_by),
            "created_from": query_time("created_from", created_from),
            "created_to": query_time("created_to", created_to),
            "project_id": given(identifier(project_id) if project_id else None),
            "order_by": given(order_by),
            "order": given(order),
            "offset": given(offset),
            "limit": given(limit),
        }
        return Collection.fetch(cls, api.client.list_automation_runs.build(**chosen), api)

    @classmethod
    def get(cls, id: AutomationRun | str, api: HttpClient | None = None) -> Self:
        """Gets one run.

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
        package: AutomationPackage | str,
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        resume_from: AutomationRun | str | None = None,
        name: str | None = None,
        secret_settings: Mapping[str, Any] | None = None,
        memory_limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Self:
        """Begins a run.

        Args:
            package: The package, or its id.
            inputs: Its inputs; files as File objects too.
            settings: Its settings.
            resume_from: A run whose finished steps aren't done again.
            name: What it is called.
            secret_settings: Settings that nobody is shown.
            memory_limit: Mebibytes of memory; None for the package's.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.create_automation_run.build(
            package=identifier(package),
            inputs=sent(inputs or {}),
            settings=_sent(settings),
            resume_from=given(identifier(resume_from) if resume_from else None),
            name=given(name),
            secret_settings=_sent(secret_settings),
            memory_limit=given(memory_limit),
        )
        return cls.of(api.call_object(request), api)

    @classmethod
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
        api: HttpClient | None = None,
    ) -> Self:
        """Begins a run like another one.

        Args:
            id: The other run, or its id.
            package: Another package.
            inputs: Other inputs.
            settings: Other settings.
            resume_from: A run whose finished steps aren't done again.
            name: What it is called.
            secret_settings: Other settings that nobody is shown.
            merge: Whether inputs and settings are put over those of the other run; else they stand in their place.
            api: The Api, where this is the class of none.

        Returns:
            The new run.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.rerun_automation_run.build(
            run_id=identifier(id),
            merge=merge,
            package=given(identifier(package) if package else None),
            inputs=_sent(inputs),
            settings=_sent(settings),
            resume_from=given(identifier(resume_from) if resume_from else None),
            name=given(name),
            secret_settings=_sent(secret_settings),
        )
        return cls.of(api.call_object(request), api)

    # -- one run

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
        request = self.api.client.update_automation_run.build(run_id=identifier(self), **sent(self._changed()))
        return self._saved(self.api.call_object(request), inplace)

    def stop(self, api: HttpClient | None = None) -> bytes:
        """Stops it; its status says so after `reload`.

        Args:
            api: The Api, where this one's isn't meant.

        Returns:
            What the platform answers.

        Raises:
            SbgError: The platform answered with an error, such as for a run that has ended.
        """
        api = api if api is not None else self.api
        return api.send(api.client.stop_automation_run.build(run_id=identifier(self))).content

    def get_log_file(self, api: HttpClient | None = None) -> File | None:
        """The file of its log.

        Args:
            api: The Api, where this one's isn't meant.

        Returns:
            The file, of which nothing was asked yet; None when the run has none.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.file import File

        told: object = (self.execution_details or {}).get("log_file")
        if not told:
            return None
        data = cast("Mapping[str, Any]", told) if isinstance(told, Mapping) else {"id": told}
        return File.of(data, api if api is not None else self.api)

    def get_state(self, api: HttpClient | None = None) -> dict[str, Any]:
        """Gets the steps that it went through.

        Args:
            api: The Api, where this one's isn't meant.

        Returns:
            Steps by their names, as the platform tells them.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = api if api is not None else self.api
        return api.call_object(api.client.get_automation_run_state.build(run_id=identifier(self)))

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_automation_run.build(run_id=identifier(id))

    def _where(self) -> str:
        return f"Run {self.field('id')} is {self.field('status')}"


def _sent(values: Mapping[str, Any] | None) -> Mapping[str, Any] | Omit:
    return OMIT if values is None else sent(values)
