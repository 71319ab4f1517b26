"""Packages of automations: the code that a run executes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import Resource, given

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.automation.resource import Automation
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.transfer.upload import CodePackage
    from omicsdk.core.request import Request


class AutomationPackage(Resource):
    """A version of an automation's code."""

    id = fields.text()
    automation = fields.uuid()
    version = fields.text()
    location = fields.text()
    schema = fields.mapping()
    created_by = fields.text()
    created_on = fields.time()
    archived = fields.switch()
    custom_url = fields.text(read_only=False)
    memory_limit = fields.whole(read_only=False)
    python = fields.text()

    @classmethod
    def query(
        cls,
        automation: Automation | str,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists the packages of an automation.

        Args:
            automation: The automation, or its id.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_automation_packages.build(
            automation_id=identifier(automation), offset=given(offset), limit=given(limit)
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: AutomationPackage | str, api: HttpClient | None = None) -> Self:
        """Gets one package.

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
        automation: Automation | str,
        version: str,
        location: CodePackage | File | str,
        schema: Mapping[str, Any],
        memory_limit: int | None = None,
        python: str | None = None,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes a package of code that was uploaded; `Automation.add_package` does both.

        Args:
            automation: The automation, or its id.
            version: What the version is called.
            location: The uploaded code: what its upload gave, or the id of that.
            schema: Inputs, settings and outputs of the code.
            memory_limit: Mebibytes of memory for a run, None for the platform's default.
            python: The version of Python that runs it, such as "3.8"; None for the platform's default.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: There is no version, location or schema.
            SbgError: The platform answered with an error.
        """
        for what, there in (("version", version), ("location", location), ("schema", schema is not None)):  # pyright: ignore[reportUnnecessaryComparison] - callers may not check types
            if not there:
                raise ValidationError(f"A package needs a {what}", remedy=f"Give {what}.")
        from omicsdk.compat.sevenbridges.transfer.upload import CodePackage

        api = cls._client(api)
        request = api.client.create_automation_package.build(
            automation_id=identifier(automation),
            version=version,
            location=identifier(location.id if isinstance(location, CodePackage) else location),
            schema=schema,
            memory_limit=memory_limit,
            python=python,
        )
        return cls.of(api.call_object(request), api)

    # -- one package

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
        request = self.api.client.update_automation_package.build(package_id=identifier(self), **self._changed())
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
        request = self.api.client.archive_automation_package.build(
            automation_id=identifier(self.automation), package_id=identifier(self)
        )
        return self._acted(self.api.call_object(request), inplace)

    def restore(self, inplace: bool = True) -> Self:
        """Brings it back; arguments and errors as those of `archive`."""
        request = self.api.client.restore_automation_package.build(
            automation_id=identifier(self.automation), package_id=identifier(self)
        )
        return self._acted(self.api.call_object(request), inplace)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_automation_package.build(package_id=identifier(id))
