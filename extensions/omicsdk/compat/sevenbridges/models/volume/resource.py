"""Volumes: buckets of one's own that are connected with the platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.enums import VolumeType
from omicsdk.compat.sevenbridges.errors import BadRequest, Conflict
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection, VolumeCollection
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.models.volume.members import VolumeMembers, volume_path
from omicsdk.compat.sevenbridges.models.volume.parts import VolumeObject, VolumeService

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.compat.sevenbridges.models.storage_export import Export
    from omicsdk.compat.sevenbridges.models.storage_import import Import
    from omicsdk.core.request import Request


class Volume(VolumeMembers):
    """A volume."""

    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)
    description = fields.text(read_only=False)
    access_mode = fields.text(read_only=False)
    service = fields.View(VolumeService)
    created_on = fields.time()
    modified_on = fields.time()
    active = fields.switch(read_only=False)

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_volume.build(**volume_path(id))

    @classmethod
    def query(
        cls, offset: int | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> Collection[Self]:
        """Lists volumes.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        request = api.client.list_volumes.build(offset=given(offset), limit=given(limit), fields="_all")
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Volume | str, api: HttpClient | None = None) -> Self:
        """Gets a volume.

        Args:
            id: Its id, as owner/name.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such volume, or it may not be seen.
            SbgError: The id isn't one, or the platform answered with another error.
        """
        return cls._got(id, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Connects a bucket on Amazon S3 by a key.

        Args:
            name: What the volume is to be called: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            access_key_id: The key's id.
            secret_access_key: The key.
            access_mode: "RO" to read only, "RW" to write too; see VolumeAccessMode.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored, such as {"sse_algorithm": "AES256"}.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error: it tries the key.
        """
        access = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        service = {"type": VolumeType.S3, "bucket": bucket, "credentials": access}
        return cls._created(name, service, access_mode, description, prefix, properties, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Connects a bucket on Amazon S3 by a role that the platform takes on.

        Args:
            name: What the volume is to be called: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            role_arn: The role.
            external_id: The external id that the role wants.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"role_arn": role_arn, "external_id": external_id}
        service = {"type": VolumeType.S3, "bucket": bucket, "credentials": access}
        return cls._created(name, service, access_mode, description, prefix, properties, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Connects a bucket on Google Cloud Storage by a service account's key.

        Args:
            name: What the volume is to be called: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            client_email: The service account.
            private_key: Its key.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"client_email": client_email, "private_key": private_key}
        service = {"type": VolumeType.GOOGLE, "bucket": bucket, "credentials": access}
        return cls._created(name, service, access_mode, description, prefix, properties, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Connects a bucket on Google Cloud Storage by workload identity federation.

        Args:
            name: What the volume is to be called: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            configuration: The federation's configuration as Google hands it out, as a dictionary or its JSON.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        service = {"type": VolumeType.GOOGLE, "bucket": bucket, "credentials": {"configuration": configuration}}
        return cls._created(name, service, access_mode, description, prefix, properties, api)

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
        api: HttpClient | None = None,
    ) -> Self:
        """Connects a bucket on Alibaba's Object Storage Service.

        Args:
            name: What the volume is to be called: 1 to 32 letters, digits and underscores.
            bucket: The bucket.
            endpoint: Where the service is.
            access_key_id: The key's id.
            secret_access_key: The key.
            access_mode: "RO" to read only, "RW" to write too.
            description: What it is for.
            prefix: What the names of its objects begin with; all by default.
            properties: How objects are stored.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        access = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        service = {"type": VolumeType.OSS, "bucket": bucket, "endpoint": endpoint, "credentials": access}
        return cls._created(name, service, access_mode, description, prefix, properties, api)

    @classmethod
    def _created(
        cls,
        name: str,
        service: Mapping[str, Any],
        access_mode: str,
        description: str | None,
        prefix: str | None,
        properties: Mapping[str, Any] | None,
        api: HttpClient | None,
    ) -> Self:
        api = cls._client(api)
        more = {"prefix": prefix, "properties": properties}
        request = api.client.create_volume.build(
            name=name,
            access_mode=cast("Any", access_mode),
            service=cast("Any", {**service, **{key: value for key, value in more.items() if value}}),
            description=given(description or None),
        )
        return cls.of(api.call_object(request), api)

    # -- what is on it

    def list(self, prefix: str | None = None, limit: int | None = 50, fields: str | None = "_all") -> VolumeCollection:
        """Lists what is on it.

        Args:
            prefix: Only what begins with this. Without a slash at its end a folder is listed itself, with one what is in it.
            limit: How many are on a page, from 1 to 100.
            fields: What is told of each object, by commas; "_all" for all.

        Returns:
            The objects of the first page; folders are its `prefixes`.

        Raises:
            SbgError: The platform answered with an error.
        """
        request = self.api.client.list_volume_objects.build(
            **volume_path(self), prefix=given(prefix or None), limit=given(limit), fields=given(fields)
        )
        return VolumeCollection.fetch(request, self.api)

    def get_volume_object_info(self, location: str) -> VolumeObject:
        """Gets what is known of an object.

        Args:
            location: Its name on the volume.

        Raises:
            NotFound: There is no such object.
            ValidationError: That is no location.
            SbgError: The platform answered with another error.
        """
        request = self.api.client.get_volume_object.build(
            **volume_path(self), location=identifier(location, "location")
        )
        return VolumeObject.of(self.api.call_object(request), self.api)

    def get_imports(
        self,
        project: Project | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Import]:
        """Lists the imports from it; arguments and errors as those of `Import.query`."""
        from omicsdk.compat.sevenbridges.models.storage_import import Import

        return Import.query(project, self, state, offset, limit, self.api)

    def get_exports(
        self, state: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[Export]:
        """Lists the exports to it; arguments and errors as those of `Export.query`."""
        from omicsdk.compat.sevenbridges.models.storage_export import Export

        return Export.query(self, state, offset, limit, self.api)

    # -- changing

    def save(self, inplace: bool = True) -> Self:
        """Saves what was edited. `active = False` cuts it off without deleting it.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was edited.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.update_volume.build(**volume_path(self), **self._changed())
        return self._saved(self.api.call_object(request), inplace)

    def delete(self) -> None:
        """Deletes it; what is in the bucket stays there. It has to be inactive.

        Raises:
            SbgError: The platform answered with an error.
        """
        try:
            self.api.call(self.api.client.delete_volume.build(**volume_path(self)))
        except (BadRequest, Conflict) as error:
            if self.field("active"):
                error.remedy = "Cut it off first: set active to False, and save() it."
            raise
