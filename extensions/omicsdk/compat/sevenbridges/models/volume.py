"""Volumes: buckets of the user that are connected to the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omicsdk.compat.sevenbridges.enums import VolumeType
from omicsdk.compat.sevenbridges.errors import BadRequest, Conflict
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Listable
from omicsdk.compat.sevenbridges.meta.collection import Collection, VolumeCollection
from omicsdk.compat.sevenbridges.meta.resource import Resource, Savable, Value, identifier, request_of
from omicsdk.compat.sevenbridges.models.member import Membership
from omicsdk.core.redaction import mask_json

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Export, Import, Project


_CALLS = "get_volume list_volumes update_volume delete_volume"


class VolumeService(fields.DictView):
    """The bucket behind a volume: its type, name, prefix, and how it is accessed. Its text masks what is secret."""

    def __repr__(self) -> str:
        return f"<VolumeService {mask_json(dict(self))}>"


class VolumePrefix(Value):
    """A folder on a volume: what the names of the objects in it begin with."""

    href = prefix = volume = fields.text()


class VolumeObject(Resource, key="location"):
    """An object on a volume."""

    PREFIX: ClassVar[type[VolumePrefix]] = VolumePrefix

    href = location = volume = type = fields.text()
    metadata = fields.mapping()

    def _identity(self) -> tuple[str | None, str | None]:
        return self.field("volume"), self.field("location")


class Volume(Membership, Listable, Savable, path="owner/volume", calls=_CALLS):
    """A volume."""

    _OWNER = "volume"

    name = description = access_mode = fields.text(read_only=False)
    service = fields.View(VolumeService)
    created_on = modified_on = fields.time()
    active = fields.switch(read_only=False)

    # -- connecting a bucket

    @classmethod
    def create_s3_volume(
        cls,
        name: str,
        bucket: str,
        access_key_id: str,
        secret_access_key: str,
        access_mode: str,
        description: str | None = None,
        prefix: str | None = None,
        properties: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Connect a bucket on Amazon S3 by a key, which the platform tries."""
        return cls._created(VolumeType.S3, "access_key_id secret_access_key", locals())

    @classmethod
    def create_s3_volume_role_auth(
        cls,
        name: str,
        bucket: str,
        role_arn: str,
        external_id: str,
        access_mode: str,
        description: str | None = None,
        prefix: str | None = None,
        properties: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Connect a bucket on Amazon S3 by a role that the platform takes on, with the external id that the role requires."""
        return cls._created(VolumeType.S3, "role_arn external_id", locals())

    @classmethod
    def create_google_volume(
        cls,
        name: str,
        bucket: str,
        client_email: str,
        private_key: str,
        access_mode: str,
        description: str | None = None,
        prefix: str | None = None,
        properties: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Connect a bucket on Google Cloud Storage by a service account, its email and key."""
        return cls._created(VolumeType.GOOGLE, "client_email private_key", locals())

    @classmethod
    def create_google_iam_volume(
        cls,
        name: str,
        bucket: str,
        configuration: Mapping[str, Any] | str,
        access_mode: str,
        description: str | None = None,
        prefix: str | None = None,
        properties: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Connect a bucket on Google Cloud Storage by workload identity federation.

        Args:
            configuration: The federation's configuration from Google, as a dictionary or JSON text.
        """
        return cls._created(VolumeType.GOOGLE, "configuration", locals())

    @classmethod
    def create_oss_volume(
        cls,
        name: str,
        bucket: str,
        endpoint: str,
        access_key_id: str,
        secret_access_key: str,
        access_mode: str,
        description: str | None = None,
        prefix: str | None = None,
        properties: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Connect a bucket on Alibaba's Object Storage Service, at the URL `endpoint`."""
        return cls._created(VolumeType.OSS, "access_key_id secret_access_key", locals())

    @classmethod
    def _created(cls, kind: str, access: str, arguments: Mapping[str, Any]) -> Self:
        """Create a volume of the arguments of a method above; `access` names those that are the bucket's credentials."""
        credentials = {name: arguments[name] for name in access.split()}
        more = {name: arguments[name] for name in ("endpoint", "prefix", "properties") if arguments.get(name)}
        service = {"type": kind, "bucket": arguments["bucket"], **more, "credentials": credentials}
        volume = {name: arguments[name] or None for name in ("name", "access_mode", "description")}
        return cls._from_operation(arguments["api"], "create_volume", service=service, **volume)

    # -- contents

    def list(self, prefix: str | None = None, limit: int | None = 50, fields: str | None = "_all") -> VolumeCollection:
        """List its objects; folders are the `prefixes` of the page.

        Args:
            prefix: Beginning of the names. Without a slash at its end a folder is listed itself, with one its contents.
        """
        chosen = {"prefix": prefix or None, "limit": limit, "fields": fields}
        request = request_of(self.api, "list_volume_objects", **self._path_arguments(self), **chosen)
        return VolumeCollection.page_of(VolumeObject, request, self.api)

    def get_volume_object_info(self, location: str) -> VolumeObject:
        """Get the description of an object by its name on the volume."""
        where = identifier(location, "location")
        return VolumeObject._from_operation(self.api, "get_volume_object", **self._path_arguments(self), location=where)

    def get_imports(
        self,
        project: Project | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Import]:
        """List the imports from it."""
        return self.api.imports.query(project, self, state, offset, limit)

    def get_exports(
        self, state: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[Export]:
        """List the exports to it."""
        return self.api.exports.query(self, state, offset, limit)

    # -- changing

    def delete(self) -> None:
        """Delete it; what is in the bucket stays there. It has to be inactive."""
        try:
            super().delete()
        except (BadRequest, Conflict) as error:
            if self.field("active"):
                error.remedy = "Cut it off first: set active to False, and save() it."
            raise

    def _rights(self, permissions: Mapping[str, bool]) -> dict[str, bool]:
        return {right: has for right, has in super()._rights(permissions).items() if right != "execute"}
