"""Volumes: buckets of the user that are connected to the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omicsdk.compat.sevenbridges.enums import VolumeType
from omicsdk.compat.sevenbridges.errors import BadRequest, Conflict
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Listed
from omicsdk.compat.sevenbridges.meta.collection import Collection, VolumeCollection
from omicsdk.compat.sevenbridges.meta.resource import Resource, Savable, Value, identifier, request_of
from omicsdk.compat.sevenbridges.models.member import Membership
from omicsdk.core.redaction import mask_json

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Export, Import, Project


class VolumeService(fields.DictView):
    """The bucket behind a volume: its type, name, prefix, and how it is accessed. Its text masks what is secret."""

    def __repr__(self) -> str:
        return f"<VolumeService {mask_json(dict(self))}>"


class VolumePrefix(Value):
    """A folder on a volume: what the names of the objects in it begin with."""

    href = fields.text()
    prefix = fields.text()
    volume = fields.text()


class VolumeObject(Resource):
    """An object on a volume."""

    _KEY: ClassVar[str] = "location"
    PREFIX: ClassVar[type[VolumePrefix]] = VolumePrefix

    href = fields.text()
    location = fields.text()
    volume = fields.text()
    type = fields.text()
    metadata = fields.mapping()

    def _identity(self) -> tuple[str | None, str | None]:
        return self.field("volume"), self.field("location")


class Volume(Membership, Listed, Savable):
    """A volume."""

    _PATH, _OWNER = "owner/volume", "volume"
    _GET, _LIST, _SAVE, _DELETE = "get_volume", "list_volumes", "update_volume", "delete_volume"

    name = fields.text(read_only=False)
    description = fields.text(read_only=False)
    access_mode = fields.text(read_only=False)
    service = fields.View(VolumeService)
    created_on = fields.time()
    modified_on = fields.time()
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
        """Connect a bucket on Amazon S3 by a key.

        Args:
            name: Name of the volume: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            access_key_id: The key's id.
            secret_access_key: The key.
            access_mode: "RO" to read only, "RW" to write too; see VolumeAccessMode.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored, such as {"sse_algorithm": "AES256"}.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error: it tries the key.
        """
        access = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        service = {"type": VolumeType.S3, "bucket": bucket, "credentials": access}
        return cls._created(
            api, service, prefix, properties, name=name, access_mode=access_mode, description=description
        )

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
        """Connect a bucket on Amazon S3 by a role that the platform takes on.

        Args:
            name: Name of the volume: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            role_arn: The role.
            external_id: The external id that the role wants.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"role_arn": role_arn, "external_id": external_id}
        service = {"type": VolumeType.S3, "bucket": bucket, "credentials": access}
        return cls._created(
            api, service, prefix, properties, name=name, access_mode=access_mode, description=description
        )

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
        """Connect a bucket on Google Cloud Storage by a service account's key.

        Args:
            name: Name of the volume: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            client_email: The service account.
            private_key: Its key.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"client_email": client_email, "private_key": private_key}
        service = {"type": VolumeType.GOOGLE, "bucket": bucket, "credentials": access}
        return cls._created(
            api, service, prefix, properties, name=name, access_mode=access_mode, description=description
        )

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
            name: Name of the volume: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            configuration: The federation's configuration as Google hands it out, as a dictionary or its JSON.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        service = {"type": VolumeType.GOOGLE, "bucket": bucket, "credentials": {"configuration": configuration}}
        return cls._created(
            api, service, prefix, properties, name=name, access_mode=access_mode, description=description
        )

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
        """Connect a bucket on Alibaba's Object Storage Service.

        Args:
            name: Name of the volume: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            endpoint: The URL of the service.
            access_key_id: The key's id.
            secret_access_key: The key.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where the class belongs to none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        service = {"type": VolumeType.OSS, "bucket": bucket, "endpoint": endpoint, "credentials": access}
        return cls._created(
            api, service, prefix, properties, name=name, access_mode=access_mode, description=description
        )

    @classmethod
    def _created(
        cls,
        api: Api | None,
        service: Mapping[str, Any],
        prefix: str | None,
        properties: Mapping[str, Any] | None,
        **volume: str | None,
    ) -> Self:
        more = {"prefix": prefix, "properties": properties}
        service = {**service, **{name: value for name, value in more.items() if value}}
        return cls._asked(
            api, "create_volume", service=service, **{name: value or None for name, value in volume.items()}
        )

    # -- contents

    def list(self, prefix: str | None = None, limit: int | None = 50, fields: str | None = "_all") -> VolumeCollection:
        """List what is on it.

        Args:
            prefix: Only what begins with this. Without a slash at its end a folder is listed itself, with one what is
                in it.
            limit: How many are on a page, from 1 to 100.
            fields: What is notified of each object, by commas; "_all" for all.

        Returns:
            The objects of the first page; folders are its `prefixes`.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = request_of(
            self.api, "list_volume_objects", **self._place(self), prefix=prefix or None, limit=limit, fields=fields
        )
        return VolumeCollection.listed(VolumeObject, request, self.api)

    def get_volume_object_info(self, location: str) -> VolumeObject:
        """Get what is known of an object.

        Args:
            location: Its name on the volume.

        Raises:
            NotFound: There is no such object.
            ValidationError: That is no location.
            SbgError: The platform answered with another error.
        """
        where = identifier(location, "location")
        return VolumeObject._asked(self.api, "get_volume_object", **self._place(self), location=where)

    def get_imports(
        self,
        project: Project | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Import]:
        """List the imports from it; arguments and errors as those of `Import.query`."""
        return self.api.imports.query(project, self, state, offset, limit)

    def get_exports(
        self, state: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[Export]:
        """List the exports to it; arguments and errors as those of `Export.query`."""
        return self.api.exports.query(self, state, offset, limit)

    # -- changing

    def delete(self) -> None:
        """Delete it; what is in the bucket stays there. It has to be inactive.

        Raises:
            SbgError: The platform answered with an error.
        """
        try:
            super().delete()
        except (BadRequest, Conflict) as error:
            if self.field("active"):
                error.remedy = "Cut it off first: set active to False, and save() it."
            raise

    def _rights(self, permissions: Mapping[str, bool]) -> dict[str, bool]:
        return {right: has for right, has in super()._rights(permissions).items() if right != "execute"}
